//! A Helm release: the driver's, or a workload's.

use anyhow::Context as _;
use kubernetes::release::{Call, Release, Wanted};

use crate::context::{Context, Done};
use crate::helm::Helm;
use crate::progress::Line;

/// A release as it is.
pub(crate) async fn observe(helm: &Helm, wanted: &Wanted) -> anyhow::Result<Option<Release>> {
    helm.release(wanted).await
}

/// Carries a call out.
pub(crate) async fn carry_out(context: &Context, call: &Call, line: &Line) -> anyhow::Result<Done> {
    let helm = context.cluster()?.helm.as_ref();
    let helm = helm.context("the plan has a release, and Helm was not looked for")?;
    match call {
        Call::Upgrade { release, stuck } => {
            let values = release.values.resolve(|change| context.results.of(change))?;
            helm.upgrade(release, &values, *stuck, line).await?;
            Ok(Done::that("released"))
        }
        Call::Uninstall(id) => {
            line.state("uninstalling");
            helm.uninstall(id).await?;
            Ok(Done::that("destroyed"))
        }
    }
}
