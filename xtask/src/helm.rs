//! Finding Helm, and what is wrong with it.

use anyhow::Context;
use failure::failure;
use job::{Helm, HelmVersion};

use crate::tools::TOOLS;

/// What to do about Helm's absence, besides installing it.
const OTHERWISE: &str =
    "or leave documents with `--manifests DIR`, or the driver alone with `--driver skip`";

/// Helm, in a version that knows all that is asked of it.
pub(crate) fn find() -> anyhow::Result<Helm> {
    let tool = TOOLS.iter().find(|tool| tool.name == "helm").context("helm is not pinned")?;
    let Some(found) = tool.find()? else {
        return Err(failure(
            "`helm` was not found in PATH",
            format!("`cargo xtask tools install helm` builds it, {OTHERWISE}"),
        ));
    };
    let place = found.path.display();
    let Some(version) = HelmVersion::parse(&found.version) else {
        return Err(failure(
            format!("`{place}` does not print its version, but `{}`", found.version),
            "`cargo xtask tools install helm` builds one that does",
        ));
    };
    if version < HelmVersion::OLDEST {
        return Err(failure(
            format!(
                "`{place}` is Helm {version}, and {} is the oldest supported",
                HelmVersion::OLDEST
            ),
            "upgrade it, or take it out of PATH and run `cargo xtask tools install helm`",
        ));
    }
    Ok(Helm { program: found.path, version })
}
