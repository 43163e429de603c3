//! Finding Helm, and telling what is wrong with it.

use anyhow::{Context, bail};
use job::{Helm, HelmVersion};

use crate::tools::TOOLS;

/// What to do about Helm's absence, besides installing it.
const OTHERWISE: &str =
    "or leave documents with `--manifests DIR`, or the driver alone with `--driver skip`";

/// Helm, in a version that knows all that is asked of it.
pub(crate) fn find() -> anyhow::Result<Helm> {
    let tool = TOOLS.iter().find(|tool| tool.name == "helm").context("helm is not pinned")?;
    let Some(found) = tool.find()? else {
        bail!(
            "`helm` was not found in PATH; what now: `cargo xtask tools install helm` builds it, {OTHERWISE}"
        );
    };
    let place = found.path.display();
    let Some(version) = HelmVersion::parse(&found.version) else {
        bail!(
            "`{place}` does not tell its version, but `{}`; what now: `cargo xtask tools install helm` builds one that does",
            found.version
        );
    };
    if version < HelmVersion::OLDEST {
        bail!(
            "`{place}` is Helm {version}, and {} is the oldest that can be used; what now: upgrade it, or {}",
            HelmVersion::OLDEST,
            "take it out of PATH and run `cargo xtask tools install helm`"
        );
    }
    Ok(Helm { program: found.path, version })
}
