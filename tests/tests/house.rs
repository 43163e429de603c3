//! The rules of the house: arrows, lints, docs and rooms.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tests::workspace;
use toml::{Table, Value};

/// The crates, and what each may depend on of ours. A new one is drawn here first.
const ARROWS: &[(&str, &[&str])] = &[
    ("bench", &["efs", "inputs", "job", "network"]),
    ("control-plane", &["supervised"]),
    ("directory", &["efs"]),
    ("e2e", &["control-plane", "efs", "emulators", "job", "supervised"]),
    ("emulators", &["supervised"]),
    ("live", &["directory", "efs", "graphscope", "job", "kubernetes", "network", "timeline"]),
    ("modules/csi/efs", &["inputs", "kubernetes", "network"]),
    ("modules/graphscope", &["efs", "inputs", "kubernetes"]),
    ("modules/inputs", &[]),
    ("modules/job", &["efs", "graphscope", "network"]),
    ("modules/kubernetes", &["inputs"]),
    ("modules/network", &["inputs"]),
    ("modules/timeline", &[]),
    ("sandbox", &[]),
    ("supervised", &[]),
    ("tests", &["control-plane", "emulators"]),
    ("xtask", &["directory", "efs", "graphscope", "inputs", "job", "kubernetes", "network"]),
];

/// What a pure crate never depends on: networks, clocks, files, processes.
const IMPURE: &[&str] = &[
    "tokio",
    "aws-config",
    "aws-sdk-efs",
    "aws-sdk-ec2",
    "kube",
    "ureq",
    "axum",
    "xshell",
    "tempfile",
    "fastrand",
    "anyhow",
];

fn manifest(krate: &str) -> Table {
    let path = workspace().join(krate).join("Cargo.toml");
    std::fs::read_to_string(&path)
        .unwrap()
        .parse()
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn dependencies(manifest: &Table) -> Vec<String> {
    let of = |name: &str| manifest.get(name).and_then(Value::as_table).cloned().unwrap_or_default();
    of("dependencies").into_iter().map(|(name, _)| name).collect()
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") && !path.ends_with(".git") {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

#[test]
fn the_workspace_has_the_crates_that_are_drawn() {
    let members: Vec<String> = manifest(".")["workspace"]["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| member.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(members, ARROWS.iter().map(|(krate, _)| *krate).collect::<Vec<_>>());
}

#[test]
fn arrows_run_as_they_are_drawn() {
    let ours: BTreeMap<String, &str> = ARROWS
        .iter()
        .map(|(krate, _)| (manifest(krate)["package"]["name"].as_str().unwrap().to_owned(), *krate))
        .collect();
    for (krate, allowed) in ARROWS {
        let found: Vec<String> = dependencies(&manifest(krate))
            .into_iter()
            .filter(|name| ours.contains_key(name))
            .collect();
        assert_eq!(found, *allowed, "{krate}");
    }
}

#[test]
fn modules_know_no_network_clock_or_file() {
    for (krate, _) in ARROWS.iter().filter(|(krate, _)| krate.starts_with("modules/")) {
        for dependency in dependencies(&manifest(krate)) {
            assert!(!IMPURE.contains(&dependency.as_str()), "{krate} depends on {dependency}");
        }
        let mut files = Vec::new();
        sources(&workspace().join(krate).join("src"), &mut files);
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            for word in [
                "std::fs",
                "std::net::Tcp",
                "std::time::Instant",
                "SystemTime",
                "std::env::",
                "std::process",
            ] {
                assert!(!text.contains(word), "{} uses {word}", file.display());
            }
        }
    }
}

#[test]
fn the_light_door_does_not_link_the_aws_sdk() {
    let found = dependencies(&manifest("xtask"));
    let heavy = |name: &&String| {
        name.starts_with("aws-") || ["tokio", "kube", "live"].contains(&name.as_str())
    };
    assert_eq!(found.iter().filter(heavy).count(), 0, "{found:?}");
}

#[test]
fn versions_lints_and_licences_are_stated_once_at_the_top() {
    for (krate, _) in ARROWS {
        let manifest = manifest(krate);
        assert_eq!(manifest["lints"]["workspace"].as_bool(), Some(true), "{krate}");
        for field in ["version", "edition", "rust-version", "license"] {
            assert_eq!(
                manifest["package"][field]["workspace"].as_bool(),
                Some(true),
                "{krate}: {field}"
            );
        }
        for section in ["dependencies", "dev-dependencies"] {
            let Some(section) = manifest.get(section).and_then(Value::as_table) else { continue };
            for (name, value) in section {
                assert!(
                    value.get("workspace").is_some(),
                    "{krate} states a version of {name} of its own"
                );
            }
        }
    }
}

#[test]
fn every_file_says_first_what_it_is_and_stays_one_room() {
    let mut files = Vec::new();
    sources(&workspace(), &mut files);
    assert!(files.len() > 50, "the files were not found");
    let mut large = 0;
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        assert!(text.starts_with("//! "), "{} does not say what it is", file.display());
        let lines = text.lines().count();
        large += usize::from(lines > 400);
        assert!(lines <= 600, "{} has {lines} lines", file.display());
    }
    assert!(large * 10 <= files.len(), "{large} of {} files have over 400 lines", files.len());
}

#[test]
fn subcommands_say_which_they_are() {
    let mut files = Vec::new();
    sources(&workspace().join("xtask/src/commands"), &mut files);
    for file in files.iter().filter(|file| !file.ends_with("mod.rs")) {
        let text = std::fs::read_to_string(file).unwrap();
        assert!(text.starts_with("//! Subcommand: cargo xtask "), "{}", file.display());
    }
}

#[test]
fn there_is_no_toolchain_file_as_it_would_make_rustup_download() {
    assert!(
        !workspace().join("rust-toolchain").exists()
            && !workspace().join("rust-toolchain.toml").exists()
    );
}

#[test]
fn the_aws_sdk_is_compiled_once_for_the_programs_and_the_tests() {
    // What `cargo xtask` builds, alone or for an end-to-end run, against what `cargo test` builds.
    let features = |packages: &[&str], edges: &str| -> Vec<String> {
        let shell = xshell::Shell::new().unwrap();
        shell.change_dir(workspace());
        let cargo = std::env::var_os("CARGO").unwrap();
        let format = "{p} {f}";
        let tree = xshell::cmd!(
            shell,
            "{cargo} tree --locked --offline --prefix none --format {format} --edges {edges} {packages...}"
        );
        let mut lines: Vec<String> = tree
            .quiet()
            .read()
            .unwrap()
            .lines()
            .map(|line| line.trim_end_matches(" (*)").to_owned())
            .collect();
        lines.sort();
        lines.dedup();
        lines
    };
    let all = features(&["--workspace"], "normal,build,dev");
    for packages in [
        &["--package=live", "--package=sandbox"][..],
        &["--package=live", "--package=sandbox", "--package=e2e"],
    ] {
        let different: Vec<String> = features(packages, "normal,build")
            .into_iter()
            .filter(|line| all.binary_search(line).is_err())
            .collect();
        assert_eq!(different, [""; 0], "name these features in `live/Cargo.toml`");
    }
}
