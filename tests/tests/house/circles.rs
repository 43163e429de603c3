//! The files of a crate import each other without circles.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use tests::workspace;

use crate::imports::{Imports, circles, describe, imports};
use crate::modules::Crate;
use crate::sources;

/// The root files of every crate: libraries, programs, tests, benchmarks, examples and fuzz
/// targets.
fn roots() -> Vec<PathBuf> {
    let is_root = |file: &&PathBuf| {
        let name = file.file_name().unwrap_or_default();
        let folders: Vec<_> = file.iter().rev().skip(1).take(2).collect();
        let in_folder = |at: usize, names: &[&str]| {
            folders.get(at).is_some_and(|folder| names.iter().any(|name| folder == name))
        };
        match name.to_str() {
            Some("build.rs") => file.with_file_name("Cargo.toml").exists(),
            Some("lib.rs") => in_folder(0, &["src"]),
            Some("main.rs") => in_folder(0, &["src"]) || in_folder(1, &["tests", "examples"]),
            Some(_) => {
                in_folder(0, &["tests", "benches", "examples", "targets"])
                    && file
                        .ancestors()
                        .nth(2)
                        .is_some_and(|folder| folder.join("Cargo.toml").exists())
            }
            None => false,
        }
    };
    sources(&workspace()).iter().filter(is_root).cloned().collect()
}

fn read(file: &Path) -> Option<String> {
    std::fs::read_to_string(file).ok()
}

/// The folder of a file's crate, within the workspace.
fn package(file: &Path) -> String {
    let root = file.ancestors().find(|folder| folder.join("Cargo.toml").exists()).unwrap();
    root.strip_prefix(workspace()).unwrap().display().to_string()
}

#[test]
fn every_file_is_part_of_a_crate() {
    let crates: Vec<Crate> = roots().iter().map(|root| Crate::read(root, &read)).collect();
    let known: BTreeSet<&Path> = crates.iter().flat_map(Crate::files).collect();
    let sources = sources(&workspace());
    let unknown: Vec<&PathBuf> =
        sources.iter().filter(|file| !known.contains(file.as_path())).collect();
    assert!(unknown.is_empty(), "no `mod` leads to these files: {unknown:#?}");
}

#[test]
fn no_files_of_a_crate_import_each_other_in_a_circle() {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for root in roots() {
        let imports = imports(&Crate::read(&root, &read));
        for circle in circles(&imports) {
            *found.entry(package(&root)).or_default() += &describe(&circle, &imports, &workspace());
        }
    }
    // Shown by `cargo test --package tests --test house circle -- --nocapture`.
    for (package, circles) in &found {
        println!("{package}:\n{circles}");
    }
    let all: String = found.into_values().collect();
    assert!(all.is_empty(), "{all}");
}

/// The services of the sandbox stand on the world, and the world on none of them.
#[test]
fn no_folders_of_the_sandbox_import_each_other_in_a_circle() {
    let root = workspace().join("sandbox/src/lib.rs");
    let folder = root.parent().unwrap();
    let part = |file: &Path| {
        let inner = file.strip_prefix(folder).unwrap();
        // Tests use the whole of the crate, and are used by nothing.
        let is_test = inner
            .iter()
            .any(|name| ["tests", "tests.rs", "testing.rs"].map(Some).contains(&name.to_str()));
        (!is_test).then(|| folder.join(inner.iter().next().unwrap()))
    };
    let mut between = Imports::new();
    for ((from, to), names) in imports(&Crate::read(&root, &read)) {
        if let (Some(from), Some(to)) = (part(&from), part(&to))
            && from != to
        {
            between.entry((from, to)).or_default().extend(names);
        }
    }
    assert!(between.len() > 50, "the imports were not read: {}", between.len());
    let found: String =
        circles(&between).iter().map(|circle| describe(circle, &between, &workspace())).collect();
    assert!(found.is_empty(), "{found}");
}

/// The imports and circles of a crate that is given as texts, its root file first.
fn of_texts(files: &[(&str, &str)]) -> (Vec<String>, Vec<Vec<String>>) {
    let read = |file: &Path| {
        let found = files.iter().find(|(name, _)| Path::new(name) == file);
        found.map(|(_, text)| (*text).to_owned())
    };
    let imports = imports(&Crate::read(Path::new(files[0].0), &read));
    let edges = imports.iter().map(|((from, to), names)| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        format!("{} -> {}: {}", from.display(), to.display(), names.join(", "))
    });
    let circles = circles(&imports).into_iter().map(|circle| {
        circle.into_iter().map(|file| file.display().to_string()).collect::<Vec<_>>()
    });
    (edges.collect(), circles.collect())
}

#[test]
fn two_files_that_name_each_other_are_a_circle() {
    let (edges, circles) = of_texts(&[
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "use crate::b::Second; pub struct First(Second);"),
        ("b.rs", "pub struct Second; fn back(first: super::a::First) {}"),
        ("c.rs", "use crate::a::First;"),
    ]);
    assert_eq!(edges, ["a.rs -> b.rs: Second", "b.rs -> a.rs: First", "c.rs -> a.rs: First"]);
    assert_eq!(circles, [["a.rs", "b.rs"]]);
}

#[test]
fn a_reexport_counts_towards_the_file_that_defines_the_item() {
    let (edges, circles) = of_texts(&[
        ("lib.rs", "mod shapes; mod user; pub use shapes::Circle;"),
        (
            "shapes/mod.rs",
            "mod round; mod square; pub use round::*; pub(crate) use square::Square as Box;",
        ),
        ("shapes/round.rs", "pub struct Circle; fn other(square: super::Box) {}"),
        ("shapes/square.rs", "pub struct Square;"),
        (
            "user.rs",
            "use crate::Circle; fn all(square: crate::shapes::Box, round: crate::shapes::Circle) {}",
        ),
    ]);
    assert_eq!(
        edges,
        [
            "shapes/round.rs -> shapes/square.rs: Box",
            "user.rs -> shapes/round.rs: Circle",
            "user.rs -> shapes/square.rs: Box",
        ]
    );
    assert_eq!(circles, [[""; 0]; 0]);
}

#[test]
fn a_parent_that_uses_its_child_and_is_used_by_it_is_in_a_circle() {
    let (edges, circles) = of_texts(&[
        ("lib.rs", "mod child; pub struct Shared; pub fn run() { child::run() }"),
        ("child.rs", "use super::Shared; pub fn run() {}"),
    ]);
    assert_eq!(edges, ["child.rs -> lib.rs: Shared", "lib.rs -> child.rs: run"]);
    assert_eq!(circles, [["child.rs", "lib.rs"]]);
}

#[test]
fn calling_a_method_that_another_file_gives_to_a_type_is_an_import() {
    let (edges, circles) = of_texts(&[
        ("lib.rs", "mod a; mod b; mod c;"),
        (
            "a.rs",
            "pub struct A; impl A { fn own(&self) { self.more(); show!(self.shown(), self.field); \
             self.twice() } fn plain(&self) {} }",
        ),
        ("b.rs", "impl super::a::A { fn more(&self) {} fn twice(&self) {} fn field(&self) {} }"),
        (
            "c.rs",
            "use crate::a::A; impl A { fn shown(&self) {} fn new() {} } struct C; \
             impl C { fn twice(&self) { self.plain(); self.new() } }",
        ),
    ]);
    let expected =
        ["a.rs -> b.rs: more", "a.rs -> c.rs: shown", "b.rs -> a.rs: A", "c.rs -> a.rs: A"];
    assert_eq!(edges, expected);
    assert_eq!(circles, [["a.rs", "b.rs", "c.rs"]]);
}

#[test]
fn a_variable_with_the_name_of_a_reexported_function_is_no_import() {
    let (edges, _) = of_texts(&[
        (
            "lib.rs",
            "mod a; mod b; pub use a::plan; pub use b::{apply, check}; \
             fn all(plan: u8) { show(plan); println!(\"{}\", plan); apply(); assert!(check(plan)) }",
        ),
        ("a.rs", "pub fn plan() {}"),
        ("b.rs", "pub fn apply() {} pub fn check() {}"),
    ]);
    assert_eq!(edges, ["lib.rs -> b.rs: apply, check"]);
}

#[test]
fn imports_of_modules_and_mentions_in_macros_are_followed_to_the_item() {
    let (edges, _) = of_texts(&[
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "use crate::b; fn shown() { println!(\"{}\", b::text(crate::c::MAX.field)) }"),
        ("b.rs", "pub fn text(number: u8) {}"),
        ("c.rs", "use std::fmt; pub const MAX: u8 = 1; mod inner { use super::MAX; }"),
    ]);
    assert_eq!(edges, ["a.rs -> b.rs: text", "a.rs -> c.rs: MAX"]);
}

#[test]
fn what_a_macro_defines_counts_towards_the_file_of_its_module() {
    let (edges, _) = of_texts(&[
        ("lib.rs", "mod ids; mod user; #[macro_use] mod macros;"),
        ("macros.rs", "#[macro_export] macro_rules! id { ($name:ident) => { pub struct $name; } }"),
        ("ids.rs", "crate::id!(FileSystemId);"),
        ("user.rs", "use crate::ids::FileSystemId;"),
    ]);
    assert_eq!(edges, ["ids.rs -> macros.rs: id", "user.rs -> ids.rs: FileSystemId"]);
}
