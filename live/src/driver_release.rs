//! Observing the driver's release, and its chart where that must be looked at.

use efs::Inputs;
use efs::resources::driver::{DriverMode, needs_chart};
use job::Goal;

use crate::resources::release;
use crate::target::InCluster;

/// The driver's release, and its chart where that must be looked at.
pub(crate) async fn observe(
    goal: &Goal,
    inputs: &Inputs,
    target: &InCluster,
) -> anyhow::Result<(Option<kubernetes::release::Release>, Option<kubernetes::FoundChart>)> {
    let skips = inputs.driver.mode == DriverMode::Skip || *goal == Goal::Expand;
    let owner = inputs.owner();
    let wanted = inputs.driver(&owner);
    let release = wanted.release()?;
    let Some(helm) = target.helm.as_ref().filter(|_| !skips) else {
        if inputs.driver.mode == DriverMode::Addon && goal.plans() {
            release::without_helm(&target.kube, &release.id).await?;
        }
        return Ok((None, None));
    };
    if inputs.driver.mode.has_chart() {
        helm.can_fetch(&release)?;
    }
    let found = release::observe(helm, &release).await?;
    let needed = goal.plans() && needs_chart(&wanted, found.as_ref())?;
    let chart = if needed { Some(helm.chart(&release).await?) } else { None };
    Ok((found, chart))
}
