//! The rules of the code: dependencies between crates, imports within them, sizes, docs,
//! the glossary, where error codes and remedies stand, and what CI runs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod circles;
mod codes;
mod dependencies;
mod docs;
mod glossary;
mod ignored;
mod imports;
mod modules;
mod pages;
mod remedies;
mod resources;
mod sizes;

use std::path::{Path, PathBuf};

/// Every Rust file below a folder, sorted.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") && !path.ends_with(".git") {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}
