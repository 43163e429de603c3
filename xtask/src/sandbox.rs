//! Where the local AWS keeps its state, and runs against it their documents.

use std::path::PathBuf;

use anyhow::Context;

use crate::live;

/// The environment variable that names another file for the sandbox's state.
const SANDBOX_STATE: &str = "CLOCKWORK_SANDBOX_STATE";

/// The file that holds the sandbox's state.
pub(crate) fn state() -> anyhow::Result<PathBuf> {
    match std::env::var_os(SANDBOX_STATE).filter(|path| !path.is_empty()) {
        Some(path) => {
            std::path::absolute(PathBuf::from(path)).context("reading CLOCKWORK_SANDBOX_STATE")
        }
        None => Ok(live::target()?.join("sandbox/state.json")),
    }
}

/// Where runs with `--sandbox` leave their documents: beside the state, as the
/// documents of one AWS make no sense in another.
pub(crate) fn manifests() -> anyhow::Result<PathBuf> {
    Ok(state()?.with_file_name("manifests"))
}
