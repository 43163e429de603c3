//! The crates, the dependencies between them, and what all of their manifests share.

use std::collections::BTreeMap;

use tests::workspace;
use toml::{Table, Value};

use crate::sources;

/// The crates of the workspace, and which of them each one depends on.
const DEPENDENCIES: &[(&str, &[&str])] = &[
    ("bench", &["efs", "failure", "inputs", "job", "network", "plan"]),
    ("control-plane", &["emulators", "supervised"]),
    ("directory", &["failure"]),
    ("e2e", &["control-plane", "emulators", "failure", "job", "supervised"]),
    ("emulators", &["failure", "supervised"]),
    ("failure", &["inputs"]),
    (
        "live",
        &[
            "directory",
            "efs",
            "failure",
            "graphscope",
            "inputs",
            "job",
            "kubernetes",
            "network",
            "place",
            "plan",
            "timeline",
        ],
    ),
    ("modules/csi/efs", &["inputs", "kubernetes", "network", "place", "plan"]),
    ("modules/graphscope", &["inputs", "kubernetes", "plan"]),
    ("modules/inputs", &[]),
    ("modules/job", &["efs", "graphscope", "kubernetes", "network", "place", "plan"]),
    ("modules/kubernetes", &["inputs", "plan"]),
    ("modules/network", &["inputs"]),
    ("modules/place", &["inputs", "plan"]),
    ("modules/plan", &["inputs"]),
    ("modules/timeline", &[]),
    ("sandbox", &[]),
    ("supervised", &[]),
    ("tests", &["control-plane", "emulators"]),
    (
        "xtask",
        &[
            "directory",
            "efs",
            "failure",
            "graphscope",
            "inputs",
            "job",
            "kubernetes",
            "network",
            "plan",
        ],
    ),
];

/// What pure crates never depend on, as it does I/O.
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

#[test]
fn the_workspace_has_the_crates_of_the_list() {
    let members: Vec<String> = manifest(".")["workspace"]["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| member.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(members, DEPENDENCIES.iter().map(|(krate, _)| *krate).collect::<Vec<_>>());
}

#[test]
fn crates_depend_on_each_other_as_listed() {
    let ours: BTreeMap<String, &str> = DEPENDENCIES
        .iter()
        .map(|(krate, _)| (manifest(krate)["package"]["name"].as_str().unwrap().to_owned(), *krate))
        .collect();
    for (krate, allowed) in DEPENDENCIES {
        let found: Vec<String> = dependencies(&manifest(krate))
            .into_iter()
            .filter(|name| ours.contains_key(name))
            .collect();
        assert_eq!(found, *allowed, "{krate}");
    }
}

#[test]
fn modules_use_no_network_clock_file_or_process() {
    for (krate, _) in DEPENDENCIES.iter().filter(|(krate, _)| krate.starts_with("modules/")) {
        for dependency in dependencies(&manifest(krate)) {
            assert!(!IMPURE.contains(&dependency.as_str()), "{krate} depends on {dependency}");
        }
        for file in sources(&workspace().join(krate).join("src")) {
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
fn xtask_does_not_link_the_aws_sdk() {
    let found = dependencies(&manifest("xtask"));
    let heavy = |name: &&String| {
        name.starts_with("aws-") || ["tokio", "kube", "live"].contains(&name.as_str())
    };
    assert_eq!(found.iter().filter(heavy).count(), 0, "{found:?}");
}

#[test]
fn versions_lints_and_licences_are_stated_once_at_the_top() {
    for (krate, _) in DEPENDENCIES {
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
                    "{krate} states a version of {name}, instead of the workspace"
                );
            }
        }
    }
}

#[test]
fn files_of_subcommands_begin_with_their_command() {
    let files = sources(&workspace().join("xtask/src/commands"));
    for file in files.iter().filter(|file| !file.ends_with("mod.rs")) {
        let text = std::fs::read_to_string(file).unwrap();
        assert!(text.starts_with("//! Subcommand: cargo xtask "), "{}", file.display());
    }
}

#[test]
fn no_toolchain_file_makes_rustup_download_another_compiler() {
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
        &["--package=xtask"][..],
        &["--package=live", "--package=sandbox"],
        &["--package=live", "--package=sandbox", "--package=e2e"],
    ] {
        let different: Vec<String> = features(packages, "normal,build")
            .into_iter()
            .filter(|line| all.binary_search(line).is_err())
            .collect();
        assert_eq!(different, [""; 0], "name these features in the `Cargo.toml` of {packages:?}");
    }
}
