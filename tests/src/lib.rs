//! Support for tests that run the programs, as a person or CI would.
#![allow(
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::return_self_not_must_use,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

mod aws;
pub mod clients;
mod clustered;
mod job;
mod storage;
mod world;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use xshell::{Shell, cmd};

pub use aws::{Answer, Aws};
pub use clustered::{Clustered, control_plane, serve_files};
pub use job::Job;
pub use storage::{Storage, Trial};
pub use world::{Call, Ran, World};

/// The top of the workspace.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Cargo's target folder, which the test itself was built into.
pub fn target() -> PathBuf {
    // target/debug/deps/NAME-HASH
    std::env::current_exe().unwrap().ancestors().nth(3).unwrap().to_owned()
}

/// The sandbox's program; `CLOCKWORK_SANDBOX_PROGRAM` names another build of it to test.
pub fn sandbox() -> PathBuf {
    std::env::var_os("CLOCKWORK_SANDBOX_PROGRAM")
        .map_or_else(|| programs().join("sandbox"), PathBuf::from)
}

/// The folder that holds the programs, built from what is checked out.
pub fn programs() -> &'static Path {
    static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let shell = Shell::new().unwrap();
        shell.change_dir(workspace());
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        // target/debug/deps/NAME-HASH of the test itself.
        let test = std::env::current_exe().unwrap();
        let folder = test.parent().unwrap().parent().unwrap().to_owned();
        let target = folder.parent().unwrap();
        // As `cargo xtask` does it: the front door alone, then what it hands jobs to.
        for packages in [&["--package=xtask"][..], &["--package=live", "--package=sandbox"]] {
            // The profile of the test itself.
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
        }
        folder
    })
}
