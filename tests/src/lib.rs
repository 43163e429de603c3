//! Support for tests that run the programs, as a person or CI would.
#![allow(
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::return_self_not_must_use,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

mod api;
mod aws;
pub mod clients;
mod clustered;
mod job;
mod storage;
mod world;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use xshell::{Shell, cmd};

pub use api::EmptyCluster;
pub use aws::{Answer, Aws, until};
pub use clustered::{Clustered, control_plane, serve_files};
pub use job::Job;
pub use storage::{Storage, Trial};
pub use world::{Call, Ran, World, says_at_its_limit};

/// The top of the workspace.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The text of a page for users, by its path in the workspace.
pub fn page(path: &str) -> String {
    std::fs::read_to_string(workspace().join(path)).unwrap()
}

/// The pages for users, each by its path in the workspace: the README, and `docs/` in the order
/// of their names.
pub fn pages() -> Vec<String> {
    let folder = workspace().join("docs").read_dir().unwrap();
    let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut pages: Vec<String> = names.map(|name| format!("docs/{name}")).collect();
    pages.sort_unstable();
    pages.insert(0, "README.md".to_owned());
    pages
}

/// Cargo's target folder, which the test itself was built into.
pub fn target() -> PathBuf {
    // target/debug/deps/NAME-HASH
    std::env::current_exe().unwrap().ancestors().nth(3).unwrap().to_owned()
}

/// The folder that holds the programs, built from what is checked out.
pub fn programs() -> &'static Path {
    static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        // As `cargo xtask` does it: the front door alone, then what it hands jobs to.
        front_door();
        build(&["--package=live", "--package=sandbox"])
    })
}

/// The folder that holds `xtask`, for tests that need nothing of what takes minutes to compile.
pub fn front_door() -> &'static Path {
    static FRONT_DOOR: OnceLock<PathBuf> = OnceLock::new();
    FRONT_DOOR.get_or_init(|| build(&["--package=xtask"]))
}

/// The sandbox, for tests that need no other program: without `live` it builds in seconds.
///
/// Where `live` is there already both are built, or their common dependencies would be
/// compiled with other features again and again. `CLOCKWORK_SANDBOX_PROGRAM` names another
/// build of it to test.
pub fn sandbox() -> &'static Path {
    static SANDBOX: OnceLock<PathBuf> = OnceLock::new();
    SANDBOX.get_or_init(|| {
        if let Some(program) = std::env::var_os("CLOCKWORK_SANDBOX_PROGRAM") {
            program.into()
        } else if folder().join("live").exists() {
            programs().join("sandbox")
        } else {
            build(&["--package=sandbox"]).join("sandbox")
        }
    })
}

/// Writes a program that is a text, such as a Helm of a test's own.
///
/// Another program writes it: a file that this one has open for writing is also open in
/// whatever another test starts at that moment, and Linux runs no such file (`ETXTBSY`).
pub fn write_program(path: &Path, text: &str) {
    let shell = Shell::new().unwrap();
    cmd!(shell, "install -m 755 /dev/stdin {path}").stdin(text).quiet().run().unwrap();
}

/// Copies a program to a place from where it is run, by a process of its own for the same reason.
pub fn copy_program(from: &Path, to: &Path) {
    let shell = Shell::new().unwrap();
    cmd!(shell, "cp --link {from} {to}")
        .quiet()
        .ignore_stderr()
        .run()
        .or_else(|_| cmd!(shell, "cp {from} {to}").quiet().run())
        .unwrap();
}

/// The folder that this test's programs are in: it is `target/debug/deps/NAME-HASH` itself.
fn folder() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().unwrap().parent().unwrap().to_owned()
}

/// Builds packages with the profile of the test itself; returns the folder of programs.
fn build(packages: &[&str]) -> PathBuf {
    let shell = Shell::new().unwrap();
    shell.change_dir(workspace());
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let folder = folder();
    let target = folder.parent().unwrap();
    let profile = if cfg!(debug_assertions) { None } else { Some("--release") };
    let mut build = cmd!(
        shell,
        "{cargo} build --quiet --locked --target-dir {target} {profile...} {packages...}"
    );
    for (name, _) in std::env::vars_os() {
        // Build scripts watch what Cargo set for this test's package.
        let variable = name.to_string_lossy();
        if variable.starts_with("CARGO_MANIFEST_") || variable.starts_with("CARGO_PKG_") {
            build = build.env_remove(name);
        }
    }
    build.quiet().run().expect("the programs build");
    folder
}
