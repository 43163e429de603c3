//! The access points of a deployment's own, and the volumes and claims that mount them.

use kubernetes::RenderError;
use plan::{Action, Change, ChangeId, Known, Scope};

use crate::actual::Actual;
use crate::calls::{Call, Plan};
use crate::cluster::Cluster;
use crate::desired::Desired;
use crate::documents_beside::VOLUMES;
use crate::ids::FileSystemId;
use crate::inputs::Inputs;
use crate::owner::Owner;
use crate::resources::access_point::{self, Declared, FoundPoints, Points};
use crate::resources::mount_target::Ready;
use crate::resources::persistent_volume;
use crate::users::{AccessPoint, Volume};

/// Plans the access points of the inputs, where these say which there are.
pub(crate) fn points(
    plan: &mut Plan,
    desired: &Desired,
    actual: &Actual,
    (file_system, needs): (&Known<FileSystemId>, &[ChangeId]),
) -> Points {
    let Some(points) = &desired.inputs.access_points else { return Points::new() };
    let owner = desired.inputs.owner();
    let tags = desired.inputs.all_tags();
    let wanted = Declared { owner: &owner, points, tags: &tags, file_system, needs };
    let volumes = volumes_of_others(&owner, actual);
    let found = FoundPoints {
        access_points: &actual.access_points,
        volumes: volumes.as_deref(),
        document: document(actual),
    };
    let points = access_point::declare(plan, &desired.scope, &wanted, found);
    if let Some(id) = file_system.now() {
        let made = |change: &&Change<Call>| {
            change.address.kind == access_point::KIND && change.action == Action::Create
        };
        let new = plan.changes.iter().filter(made).count();
        plan.warnings.extend(access_point::near_quota(id, actual.access_points.len(), new));
    }
    points
}

/// The volumes of the cluster, but for those of the deployment's own access points.
fn volumes_of_others(owner: &Owner, actual: &Actual) -> Option<Vec<Volume>> {
    let cluster = actual.cluster.as_ref()?;
    let own = |volume: &&Volume| !is_own(owner, cluster, volume);
    Some(cluster.volumes.iter().filter(own).cloned().collect())
}

/// The document of the deployment's own volumes.
fn document(actual: &Actual) -> Option<&str> {
    actual.documents.get(VOLUMES).map(String::as_str)
}

/// Whether an access point of this name is there that its inputs said to retain.
fn is_retained(owner: &Owner, actual: &Actual, name: &str) -> bool {
    let mut points = actual.access_points.iter();
    points.any(|it| it.declared_by(owner) == Some(name) && it.is_retained())
}

fn is_own(owner: &Owner, cluster: &Cluster, volume: &Volume) -> bool {
    let mut all = cluster.static_volumes.volumes.iter();
    all.any(|it| it.name == volume.name && it.point(owner).is_some())
}

/// Plans the volumes and claims in a cluster. Access points that are replaced go after their
/// volumes name others.
pub(crate) fn volumes(
    plan: &mut Plan,
    desired: &Desired,
    (actual, cluster): (&Actual, &Cluster),
    ((file_system, ready), ids): ((&Known<FileSystemId>, &Ready), &Points),
) -> Result<(), RenderError> {
    let Some(points) = &desired.inputs.access_points else { return Ok(()) };
    let owner = desired.inputs.owner();
    let zone = desired.inputs.storage_class.mounted_in();
    let wanted = persistent_volume::Wanted { owner: &owner, points, ids, file_system, zone };
    let found = &cluster.static_volumes;
    let stays = |name: &str| is_retained(&owner, actual, name);
    let done = persistent_volume::plan(plan, &desired.scope, &wanted, (found, &stays), ready)?;
    after_volumes(plan, &desired.scope, actual, &done);
    Ok(())
}

/// Has the deletions of access points come after these changes.
fn after_volumes(plan: &mut Plan, scope: &Scope, actual: &Actual, done: &[ChangeId]) {
    let removals: Vec<ChangeId> = actual
        .access_points
        .iter()
        .map(|point| access_point::removal_id(scope, &point.id))
        .collect();
    for change in plan.changes.iter_mut().filter(|change| removals.contains(&change.id)) {
        change.needs.extend(done.iter().cloned());
    }
}

/// Plans the deletion of the volumes and claims, and of the access points of a file system that
/// stays; the answer is what must be done before the driver goes, and what is seen without them.
pub(crate) fn remove(
    plan: &mut Plan,
    scope: &Scope,
    inputs: &Inputs,
    actual: &Actual,
) -> (Vec<ChangeId>, Actual) {
    let owner = inputs.owner();
    let (removed, mut rest) = remove_volumes(plan, scope, &owner, actual);
    if inputs.keeps_file_system() && actual.file_system.is_some() {
        let found = FoundPoints {
            access_points: &actual.access_points,
            volumes: rest.cluster.as_ref().map(|cluster| &cluster.volumes[..]),
            document: document(actual),
        };
        access_point::remove_declared(plan, scope, &owner, found, &removed);
        let stays = |it: &AccessPoint| it.stays_declared(&owner) || found.may_be_named(it);
        rest.access_points.retain(stays);
    }
    (removed, rest)
}

/// Plans the deletion of the volumes and claims; the answer is what was planned, and what is seen
/// of the cluster without them.
fn remove_volumes(
    plan: &mut Plan,
    scope: &Scope,
    owner: &Owner,
    actual: &Actual,
) -> (Vec<ChangeId>, Actual) {
    let mut rest = actual.clone();
    let Some(cluster) = &mut rest.cluster else { return (Vec::new(), rest) };
    let retained = |name: &str| is_retained(owner, actual, name);
    let found = cluster.static_volumes.clone();
    let (removed, names) = persistent_volume::remove(plan, scope, owner, &found, retained);
    cluster.volumes.retain(|volume| !names.contains(&volume.name));
    (removed, rest)
}

/// Has these changes come before those: the driver unmounts volumes that go.
pub(crate) fn first(plan: &mut Plan, before: &[ChangeId], those: &[ChangeId]) {
    for change in plan.changes.iter_mut().filter(|change| those.contains(&change.id)) {
        change.needs.extend(before.iter().cloned());
    }
}
