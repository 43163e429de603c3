//! The plan that takes a deployment down.

use super::{
    Action, Difference, Operation, Plan, Resource, Step, address, deploy, documents, driver,
    file_system, ingress, mount_targets, storage_class,
};
use crate::actual::{Actual, FileSystem, LifeCycle};
use crate::inputs::{FileSystemInputs, Inputs};
use crate::placement::is_leaving;

/// What has to be done so that nothing of the deployment is left: first the
/// documents, so that nobody makes new claims; then the mount targets, the
/// file system, and the rules.
///
/// What lacks our tags stays, and so does an adopted file system with all its
/// mount targets: EFS cannot tag them, so ours cannot be told from others.
pub fn destroy(module: &str, inputs: &Inputs, actual: &Actual) -> Plan {
    let mut plan = Plan::default();
    let owner = inputs.owner();
    let removed = match &actual.cluster {
        None => documents::remove_all(&mut plan, module, &owner, actual),
        Some(cluster) => {
            let class = storage_class::remove(&mut plan, module, &owner, cluster);
            let release = driver::remove(&mut plan, module, &inputs.driver, cluster, &class);
            plan.refusals.extend(deploy::denied(&plan, cluster));
            plan.refusals.extend(deploy::another_cluster(&owner, cluster));
            plan.notes.push(deploy::goes_to(cluster));
            class.into_iter().chain(release).collect()
        }
    };
    let mut last = removed.clone();
    match (&inputs.file_system, &actual.file_system) {
        (_, None) => {}
        (FileSystemInputs::Adopted(id), Some(_)) => {
            plan.notes.push(format!("{id} was adopted: it stays, with all its mount targets"));
        }
        (FileSystemInputs::Own { .. }, Some(found)) => {
            let address = address(module, Resource::FileSystem, None);
            if !owner.owns(&found.tags) {
                plan.refusals.push(file_system::not_ours(address, found));
            } else if is_leaving(&found.life_cycle) {
                last = vec![file_system::gone(&mut plan, &address, found)];
            } else {
                last = vec![take_down(&mut plan, module, address, found, actual, &removed)];
            }
        }
    }
    ingress::revoke_all(&mut plan, module, &owner, actual, &last);
    plan
}

/// Targets first, then the file system; the id of the last step.
fn take_down(
    plan: &mut Plan,
    module: &str,
    address: String,
    found: &FileSystem,
    actual: &Actual,
    removed: &[String],
) -> String {
    let mut needs = removed.to_vec();
    if matches!(found.life_cycle, LifeCycle::Creating | LifeCycle::Updating) {
        let id = "file_system.available".to_owned();
        plan.waits.push(super::Wait {
            id: id.clone(),
            address: address.clone(),
            reason: format!("{} is {}", found.id, found.life_cycle.as_str()),
            until: super::Until::FileSystemAvailable(found.id.clone()),
        });
        needs.push(id);
    }
    let mut targets = Vec::new();
    let mut by_zone: Vec<_> = actual.mount_targets.iter().collect();
    by_zone.sort_by(|a, b| a.availability_zone.cmp(&b.availability_zone));
    for target in by_zone {
        if is_leaving(&target.life_cycle) {
            let wait = mount_targets::gone(module, target);
            targets.push(wait.id.clone());
            plan.waits.push(wait);
            continue;
        }
        let id = format!("mount_target.{}.delete", target.availability_zone);
        let mut step = mount_targets::delete(module, target, &id, "the deployment is taken down");
        step.needs.clone_from(&needs);
        plan.steps.push(step);
        targets.push(id);
    }
    needs.extend(targets);
    let id = "file_system.delete".to_owned();
    plan.steps.push(Step {
        id: id.clone(),
        action: Action::Delete,
        resource: Resource::FileSystem,
        address,
        reason: "the deployment is taken down".to_owned(),
        needs,
        differences: vec![
            Difference::gone("file_system_id", &found.id),
            Difference::gone("creation_token", &found.creation_token),
        ],
        operation: Operation::DeleteFileSystem { file_system: found.id.clone() },
    });
    id
}
