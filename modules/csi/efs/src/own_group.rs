//! The deployment's own security group within a plan: which is used, and which go.

use network::{IngressRule, SecurityGroupId, Subnet};
use plan::{ChangeId, Known};

use crate::actual::Actual;
use crate::calls::Plan;
use crate::desired::Desired;
use crate::resources::file_system::FileSystemSource;
use crate::resources::mount_target;
use crate::resources::security_group::{self, Found};

/// Plans the group, where the inputs ask for one; the answer is what is desired with its id, and
/// the groups of the deployment that are no longer wanted: all where no input asks for one, and
/// those of another name or of other VPCs than that of the subnets.
pub(crate) fn own_group(
    plan: &mut Plan,
    desired: &Desired,
    actual: &Actual,
    subnets: &[&Subnet],
) -> (Desired, Vec<Found>) {
    let (owner, tags) = (desired.inputs.owner(), desired.inputs.all_tags());
    let found = &actual.own_groups;
    // One that the inputs list stays, whoever made it.
    let is_listed = |id: &SecurityGroupId| {
        let of_each = desired.inputs.mount_targets.values().flat_map(|it| &it.security_groups);
        desired.security_groups.iter().filter_map(Known::now).chain(of_each).any(|it| it == id)
    };
    if !desired.inputs.has_own_group() {
        let going = found.iter().filter(|group| !is_listed(&group.id)).cloned().collect();
        return (desired.clone(), going);
    }
    // Without a subnet that exists, the plan is refused.
    let Some(vpc) = subnets.first().map(|subnet| &subnet.vpc_id) else {
        return (desired.clone(), Vec::new());
    };
    let name = desired.inputs.own_group_name();
    let wanted = security_group::Wanted { owner: &owner, name: &name, vpc, tags: &tags };
    let id = security_group::plan(plan, &desired.scope, &wanted, found);
    let going = found.iter().filter(|it| !wanted.is_met_by(it) && !is_listed(&it.id));
    let going = going.cloned().collect();
    (desired.with_own_group(&id), going)
}

/// The groups among those of the mount targets that the deployment made.
pub(crate) fn own_groups(desired: &Desired, actual: &Actual) -> Vec<SecurityGroupId> {
    let wanted =
        |id: &SecurityGroupId| desired.security_groups.iter().any(|group| group.now() == Some(id));
    let found = actual.own_groups.iter().map(|found| &found.id);
    found.filter(|id| wanted(id)).cloned().collect()
}

/// The rules that are in none of these groups: those of a group that goes go with it.
pub(crate) fn rules_outside(rules: &[IngressRule], groups: &[Found]) -> Vec<IngressRule> {
    let within = |rule: &&IngressRule| groups.iter().any(|group| group.id == rule.group_id);
    rules.iter().filter(|rule| !within(rule)).cloned().collect()
}

/// The ids of groups.
pub(crate) fn ids_of(groups: &[Found]) -> Vec<SecurityGroupId> {
    groups.iter().map(|group| group.id.clone()).collect()
}

/// Plans to delete groups that no mount target has any more once all that the plan does with
/// these is done. Nothing of the targets of an adopted file system is changed: what they have stays.
pub(crate) fn remove_groups(plan: &mut Plan, desired: &Desired, actual: &Actual, going: &[Found]) {
    let adopted = matches!(desired.inputs.file_system, FileSystemSource::Adopted(_));
    let has = |id: &SecurityGroupId| {
        actual
            .mount_targets
            .iter()
            .any(|it| it.security_groups.iter().flatten().any(|has| has == id))
    };
    let (stay, go): (Vec<&Found>, Vec<&Found>) =
        going.iter().partition(|group| adopted && has(&group.id));
    plan.notes.extend(stay.into_iter().map(|group| {
        format!("{} stays, as mount targets of the adopted file system have it", group.id)
    }));
    let of_targets = plan.changes.iter().filter(|it| it.address.kind == mount_target::KIND);
    let needs: Vec<ChangeId> = of_targets.map(|change| change.id.clone()).collect();
    security_group::remove(plan, &desired.scope, go, "no input asks for it any more", &needs);
}
