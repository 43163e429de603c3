//! The access points of a deployment's own and their volumes, where the inputs say which there are.

use efs::resources::file_system::FileSystem;
use efs::resources::persistent_volume::Found as StaticVolumes;
use efs::{AccessPoint, Inputs, Volume};
use job::Goal;
use tokio::try_join;

use crate::aws::Aws;
use crate::cluster::Kube;
use crate::resources::persistent_volume;
use crate::users;

/// The access points of a file system, where the inputs say which of their own there are.
pub(crate) async fn points(
    inputs: &Inputs,
    aws: &Aws,
    file_system: Option<&FileSystem>,
) -> anyhow::Result<Vec<AccessPoint>> {
    match file_system.filter(|_| inputs.access_points.is_some()) {
        Some(found) => users::access_points(aws, &found.id).await,
        None => Ok(Vec::new()),
    }
}

/// The volumes of the deployment's own access points, and all volumes as users of a file system:
/// read for a destroy, and where the inputs say which access points there are.
pub(crate) async fn volumes(
    goal: &Goal,
    inputs: &Inputs,
    kube: &Kube,
) -> anyhow::Result<(StaticVolumes, Vec<Volume>)> {
    let (plans, destroys) = (goal.plans(), goal.destroys());
    let declared = inputs.access_points.is_some() && (plans || *goal == Goal::Status);
    if !destroys && !declared {
        return Ok((StaticVolumes::default(), Vec::new()));
    }
    // Only a destroy takes a file system from pods that mount it without a volume.
    let by_pods =
        async { if destroys { users::mounted_by_pods(kube).await } else { Ok(Vec::new()) } };
    let of_cluster = persistent_volume::observe(kube, inputs, (plans, destroys));
    let ((mine, mut all), by_pods) = try_join!(of_cluster, by_pods)?;
    all.extend(by_pods);
    Ok((mine, all))
}
