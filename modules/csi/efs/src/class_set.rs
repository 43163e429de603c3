//! The classes of a deployment: its own, and those beside it on the same file system.

use kubernetes::RenderError;
use plan::{ChangeId, Known, Row, Scope};

use crate::actual::Actual;
use crate::calls::Plan;
use crate::class_references;
use crate::cluster::Cluster;
use crate::desired::Desired;
use crate::ids::FileSystemId;
use crate::inputs::Inputs;
use crate::resources::driver;
use crate::resources::mount_target::Ready;
use crate::resources::storage_class;

/// Plans all classes in a cluster, after `ready`.
pub(crate) fn plan(
    plan: &mut Plan,
    desired: &Desired,
    cluster: &Cluster,
    (file_system, ready): (&Known<FileSystemId>, &Ready),
) -> Result<(), RenderError> {
    let Desired { scope, inputs, .. } = desired;
    let owner = inputs.owner();
    if let Some(id) = file_system.now().filter(|_| !inputs.driver.assumed) {
        for class in inputs.classes() {
            let (class, others) = ((class, id.as_str()), &cluster.other_classes);
            plan.refusals.extend(driver::shared_range(scope, &inputs.driver, class, others));
        }
    }
    let own = inputs.storage_class(&owner, file_system);
    let found = (cluster.name.as_str(), cluster.storage_class.as_ref());
    storage_class::plan(plan, scope, &own, found, ready)?;
    for class in inputs.classes_beside(&owner, file_system) {
        let found = cluster.classes_beside.get(&class.inputs.name);
        storage_class::plan(plan, scope, &class, (cluster.name.as_str(), found), ready)?;
    }
    let why = "the inputs do not name it any more; claims and volumes of it stay as they are";
    let stays = |name: &str| inputs.has_class(name);
    storage_class::remove_beside(plan, scope, &owner, &cluster.classes_beside, (why, stays));
    class_references::judge(plan, desired, cluster, file_system);
    Ok(())
}

/// Plans the deletion of the classes beside the deployment's own, which goes after them.
pub(crate) fn remove_beside(
    plan: &mut Plan,
    scope: &Scope,
    inputs: &Inputs,
    cluster: &Cluster,
) -> Vec<ChangeId> {
    let why = ("the deployment is destroyed", |_: &str| false);
    storage_class::remove_beside(plan, scope, &inputs.owner(), &cluster.classes_beside, why)
}

/// The classes that a destroy deletes, by the changes that do.
pub(crate) fn going<'a>(
    scope: &Scope,
    inputs: &'a Inputs,
    actual: &'a Actual,
) -> Vec<(ChangeId, &'a str)> {
    let Some(cluster) = &actual.cluster else { return Vec::new() };
    let owner = inputs.owner();
    let own = cluster.storage_class.as_ref().filter(|found| found.is_of(&owner));
    let own = own.map(|_| (storage_class::removal_id(scope), inputs.storage_class.name.as_str()));
    let beside = cluster.classes_beside.iter().filter(|(_, found)| found.is_beside(&owner));
    let beside =
        beside.map(|(name, _)| (storage_class::removal_id_beside(scope, name), name.as_str()));
    own.into_iter().chain(beside).collect()
}

/// Their rows in a status.
pub(crate) fn rows(inputs: &Inputs, cluster: &Cluster, id: Option<&FileSystemId>) -> Vec<Row> {
    let owner = inputs.owner();
    let row = |name: &str, found| storage_class::row((&owner, name), found, id);
    let own = row(&inputs.storage_class.name, cluster.storage_class.as_ref());
    let beside = inputs
        .storage_classes
        .iter()
        .map(|class| row(class.name.as_str(), cluster.classes_beside.get(&class.name)));
    std::iter::once(own).chain(beside).collect()
}
