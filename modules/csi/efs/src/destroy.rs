//! The plan that takes a deployment down.

use inputs::plain;
use kubernetes::claim::Claim;
use plan::{ChangeId, Scope};

use crate::actual::Actual;
use crate::adopt_existing::ADOPT_EXISTING;
use crate::calls::Plan;
use crate::class_set;
use crate::cluster::Cluster;
use crate::data;
use crate::denied::in_cluster;
use crate::deployment::DriverPart;
use crate::documents;
use crate::guard::guard;
use crate::identity;
use crate::ids::FileSystemId;
use crate::inputs::{DeletionPolicy, Inputs};
use crate::managed_driver;
use crate::own_group::rules_outside;
use crate::owner::Owner;
use crate::resources::file_system::{FileSystem, FileSystemSource};
use crate::resources::iam_role::Stays;
use crate::resources::{
    addon, driver, file_system, ingress, mount_target, security_group, storage_class,
};
use crate::static_access;
use crate::users::Replication;

/// What has to be done so that nothing of the deployment is left: first the
/// documents, so that nobody makes new claims; then the mount targets and the
/// rules, and the file system last.
///
/// What lacks our tags stays, and so does an adopted file system with all its
/// mount targets: EFS cannot tag them, so ours cannot be distinguished from others. A file system that
/// holds data, or that anything else uses, is refused.
pub fn destroy(scope: &Scope, inputs: &Inputs, actual: &Actual) -> Plan {
    let driver = DriverPart::Own { of_this_job: &[] };
    let part = Part { driver, going: &[], policies: &[], delete_data: &[] };
    destroy_part(scope, inputs, actual, &part)
}

/// A module among those that are destroyed together.
pub(crate) struct Part<'a> {
    pub(crate) driver: DriverPart<'a>,
    /// The classes that the other modules delete, by the change that does.
    pub(crate) going: &'a [(ChangeId, &'a str)],
    /// The policies in the driver's role that the other modules delete.
    pub(crate) policies: &'a [String],
    /// The file systems whose data may be deleted.
    pub(crate) delete_data: &'a [FileSystemId],
}

/// [`destroy`] as part of the removal of several modules.
pub(crate) fn destroy_part(
    scope: &Scope,
    inputs: &Inputs,
    actual: &Actual,
    part: &Part<'_>,
) -> Plan {
    let (mut plan, owner) = (Plan::default(), inputs.owner());
    plan.details.entry("zones").or_default();
    let going: Vec<&str> = part.going.iter().map(|(_, class)| *class).collect();
    let (unmounted, rest) = static_access::remove(&mut plan, scope, inputs, actual);
    let (others, ours) = without_our_replication(inputs, &rest);
    let (actual, found) = (&others, others.file_system.as_ref());
    let users = found.map(|found| data::users(actual, &owner, found, &going)).unwrap_or_default();
    let kept = found.and_then(|found| kept(inputs, actual, found, part.delete_data));
    let mounted = kept.as_ref().and_then(|_| data::may_be_mounted(actual, &owner));
    let removed = remove_class(&mut plan, scope, (inputs, &owner), (actual, mounted), part.driver);
    static_access::first(&mut plan, &unmounted, &removed);
    remove_identity(&mut plan, scope, &owner, actual, (part, &removed));
    // Those in a group that goes go with it.
    let rules = rules_outside(&actual.network.ingress_rules, &actual.own_groups);
    let Some(found) = found else {
        ingress::remove_all(&mut plan, scope, &owner, &rules, &removed);
        remove_groups(&mut plan, scope, actual, &removed);
        return plan;
    };
    data::show(&mut plan, &users);
    if let Some(note) = kept {
        plan.notes.push(note);
        keep_groups(&mut plan, actual);
        keep_rules(&mut plan, scope, (&owner, actual), (found, &users), &removed);
        return plan;
    }
    // Before the file system: a deployment that starts meanwhile and still sees a rule
    // then sees the file system too, waits for it, and looks again.
    let revoked = ingress::remove_all(&mut plan, scope, &owner, &rules, &removed);
    if !owner.owns(&found.tags) {
        plan.refusals.push(match &inputs.imported {
            Some(_) => file_system::not_taken_over(scope, found),
            None => file_system::not_ours(scope, found),
        });
    } else if found.life_cycle.is_leaving() {
        file_system::gone(&mut plan, scope, found);
        remove_groups(&mut plan, scope, actual, &removed);
    } else {
        guard(&mut plan, scope, (actual, &owner.region), (found, &users), part.delete_data);
        let mut needs = [removed.clone(), unmounted].concat();
        // After the last look for users, as they may keep the file system, and its replication.
        let ended = file_system::end_replication(&mut plan, scope, found, &ours, &removed);
        needs.extend(ended.clone());
        needs.extend(part.going.iter().map(|(change, _)| change.clone()));
        if found.life_cycle.is_coming() {
            needs.push(file_system::available(&mut plan, scope, found));
        }
        let targets = &actual.mount_targets;
        let gone = mount_target::remove_all(&mut plan, scope, &found.id, targets, &needs);
        needs.extend(gone.clone());
        needs.extend(remove_groups(&mut plan, scope, actual, &needs));
        needs.extend(revoked);
        let last = file_system::remove(&mut plan, scope, found, needs, data::lost(&users));
        look_again(&mut plan, actual, (found, &ours), &Steps { removed, ended, gone, last });
    }
    plan
}

/// What was observed, but for the replications that the inputs ask for, which a destroy ends; and
/// these.
fn without_our_replication(inputs: &Inputs, actual: &Actual) -> (Actual, Vec<Replication>) {
    let mut others = actual.clone();
    let is_asked_for = match &inputs.file_system {
        FileSystemSource::Own(spec) => spec.replication.is_some(),
        FileSystemSource::Adopted(_) => false,
    };
    let Some(found) = actual.file_system.as_ref().filter(|_| is_asked_for) else {
        return (others, Vec::new());
    };
    let ours = others.replications.extract_if(.., |it| it.source == found.id.as_str()).collect();
    (others, ours)
}

/// Plans to delete the class and the driver in a cluster, or the documents in a directory.
fn remove_class(
    plan: &mut Plan,
    scope: &Scope,
    (inputs, owner): (&Inputs, &Owner),
    (actual, mounted): (&Actual, Option<String>),
    driver: DriverPart<'_>,
) -> Vec<ChangeId> {
    let Some(cluster) = &actual.cluster else {
        let mut removed = documents::remove_all(plan, scope, inputs, actual, mounted);
        if !matches!(driver, DriverPart::Others { .. }) {
            let of = (scope, inputs);
            removed.extend(managed_driver::remove(plan, of, actual, None, &removed.clone()));
        }
        return removed;
    };
    // Where the file system stays, so does what is on it: nobody mounts a volume without a claim,
    // and Kubernetes keeps it.
    let stays = inputs.keeps_file_system();
    let (kept, held): (Vec<&Claim>, Vec<&Claim>) =
        cluster.claims.iter().partition(|claim| stays && claim.retained);
    plan.notes.extend(kept.iter().map(|claim| volume_stays(claim)));
    let held: Vec<String> =
        held.iter().map(|claim| format!("{} ({})", claim.address(), claim.phase)).collect();
    let found = cluster.storage_class.as_ref();
    // Before the deployment's own, after which nobody claims from any.
    let beside = class_set::remove_beside(plan, scope, inputs, cluster);
    let mut removed = storage_class::remove(plan, scope, owner, found, (&held, stays));
    for change in plan.changes.iter_mut().filter(|change| removed.contains(&change.id)) {
        change.needs.extend(beside.last().cloned());
    }
    removed.extend(beside.into_iter().rev());
    let part = (&removed.clone()[..], driver);
    removed.extend(remove_driver(plan, scope, inputs, (actual, cluster), part));
    in_cluster(plan, inputs, cluster);
    removed
}

/// That a volume stays, and how its data is used again.
fn volume_stays(volume: &Claim) -> String {
    plain(&format!(
        "the {} stays, and its data: once a deployment has the driver back, a claim binds it by \
         `volumeName`, when `spec.claimRef` is taken off the volume",
        volume.address()
    ))
}

/// Plans the removal of the driver's identity, after the driver.
fn remove_identity(
    plan: &mut Plan,
    scope: &Scope,
    owner: &Owner,
    actual: &Actual,
    (part, removed): (&Part<'_>, &[ChangeId]),
) {
    let Some(found) = &actual.identity else { return };
    let mut found = found.clone();
    if let Some(role) = &mut found.role {
        role.others.retain(|name| !part.policies.contains(name));
    }
    let goes = |kind: &str| plan.changes.iter().any(|change| change.address.kind == kind);
    let uninstalled = goes(driver::KIND) || goes(addon::KIND);
    let managed = actual.addon.as_ref().is_some_and(|observed| observed.found.is_some());
    let installed =
        actual.cluster.as_ref().is_some_and(|cluster| cluster.driver.release.is_some()) || managed;
    let stays = match part.driver {
        DriverPart::Others { .. } => Stays::Silently,
        _ if installed && !uninstalled => Stays::Because("the driver stays".to_owned()),
        _ if documents::keep_driver(plan, actual) => {
            Stays::Because("the driver stays among the documents".to_owned())
        }
        _ => Stays::No,
    };
    identity::remove(plan, scope, (owner, &found), stays, removed);
}

/// The steps of a destroy, in their order.
struct Steps {
    /// The class and the driver, or the documents.
    removed: Vec<ChangeId>,
    /// The end of our replication.
    ended: Option<ChangeId>,
    /// The mount targets.
    gone: Vec<ChangeId>,
    /// The file system.
    last: ChangeId,
}

/// Looks for users once more when the class or its documents are gone, so that no claim is made
/// any more, and again before the first mount target goes, as the driver's removal takes its time.
/// Where an earlier run or a person removed these, that look is the only one. It comes first in
/// every step that takes the file system from its users: they run side by side.
fn look_again(
    plan: &mut Plan,
    actual: &Actual,
    (found, ours): (&FileSystem, &[Replication]),
    steps: &Steps,
) {
    let access_points = actual.access_points.iter().map(|point| point.id.clone()).collect();
    let addresses = actual.addresses().map(str::to_owned).collect();
    let replicas = ours.iter().map(|it| it.destination.clone()).collect();
    let id = found.id.clone();
    let mut look =
        file_system::Call::StillUnused { id, access_points, addresses, replicas, again: false };
    // The class goes first in a cluster, and the last document last.
    let removed = &steps.removed;
    let after = if actual.cluster.is_some() { removed.first() } else { removed.last() };
    if let Some(change) = plan.changes.iter_mut().find(|change| Some(&change.id) == after) {
        change.calls.push(look.clone().into());
        if actual.cluster.is_none() || removed.len() == 1 {
            return;
        }
        if let file_system::Call::StillUnused { again, .. } = &mut look {
            *again = true;
        }
    }
    // Targets that are leaving already are waited for, and are no changes.
    let deletes = plan.changes.iter().any(|change| steps.gone.contains(&change.id));
    let before = if deletes { &steps.gone[..] } else { std::slice::from_ref(&steps.last) };
    let is_before = |id: &ChangeId| before.contains(id) || steps.ended.as_ref() == Some(id);
    for change in plan.changes.iter_mut().filter(|change| is_before(&change.id)) {
        change.calls.insert(0, look.clone().into());
    }
}

/// Why the file system stays, where it does, and how to use it again.
fn kept(
    inputs: &Inputs,
    actual: &Actual,
    found: &FileSystem,
    delete_data: &[FileSystemId],
) -> Option<String> {
    let id = &found.id;
    if let FileSystemSource::Adopted(id) = &inputs.file_system {
        return Some(format!("{id} was adopted: it stays, with all its mount targets"));
    }
    if inputs.deletion_policy == DeletionPolicy::Delete || found.life_cycle.is_leaving() {
        return None;
    }
    let targets = match actual.mount_targets.len() {
        1 => "1 mount target".to_owned(),
        count => format!("{count} mount targets"),
    };
    let though = if delete_data.contains(id) { ", whatever `--delete-data` says" } else { "" };
    Some(format!(
        "{id} stays with its data and {targets}, as `deletion_policy` is `retain`{though}: \
         `deploy-efs {ADOPT_EXISTING}` with the same inputs takes it over again, and \
         `file_system_id = \"{id}\"` adopts it in another deployment"
    ))
}

/// Plans to delete the security groups that the deployment made, once nothing has them.
fn remove_groups(
    plan: &mut Plan,
    scope: &Scope,
    actual: &Actual,
    needs: &[ChangeId],
) -> Vec<ChangeId> {
    let why = "the deployment is destroyed";
    security_group::remove(plan, scope, &actual.own_groups, why, needs)
}

/// Says which groups stay with the mount targets of a file system that stays.
fn keep_groups(plan: &mut Plan, actual: &Actual) {
    let groups = actual.own_groups.iter();
    plan.notes.extend(
        groups.map(|group| format!("{} stays, as the mount targets that stay have it", group.id)),
    );
}

/// Takes the rules of a deployment back whose file system stays, unless anybody may mount it
/// through them.
fn keep_rules(
    plan: &mut Plan,
    scope: &Scope,
    (owner, actual): (&Owner, &Actual),
    (found, users): (&FileSystem, &[data::User]),
    removed: &[ChangeId],
) {
    let rules = &actual.network.ingress_rules;
    if users.is_empty() {
        ingress::remove_all(plan, scope, owner, rules, removed);
        return;
    }
    for rule in rules.iter().filter(|rule| owner.owns(&rule.tags)) {
        plan.notes.push(format!(
            "the ingress rule {} of {} stays: {} is in use, and may be mounted through it",
            rule.id, rule.group_id, found.id
        ));
    }
}

/// Plans to uninstall the driver, as a release or as an add-on, where that is this module's part.
fn remove_driver(
    plan: &mut Plan,
    scope: &Scope,
    inputs: &Inputs,
    (actual, cluster): (&Actual, &Cluster),
    (removed, part): (&[ChangeId], DriverPart<'_>),
) -> Vec<ChangeId> {
    let (going, after) = match part {
        DriverPart::Others { .. } => return Vec::new(),
        DriverPart::Own { .. } => (&[][..], &[][..]),
        DriverPart::Last { classes, after } => (classes, after),
    };
    // The claims of these are looked at, and refuse the destroy. Claims of a class that the inputs
    // do not name any more are not: their volumes keep the driver.
    let own = |class: &str| inputs.has_class(class);
    let others = cluster.other_classes.iter().map(|class| class.name.as_str());
    let classes: Vec<String> =
        others.filter(|class| !going.contains(class)).map(str::to_owned).collect();
    let of_others = cluster
        .volumes
        .iter()
        .filter(|volume| volume.of_driver && !volume.class.as_deref().is_some_and(own));
    let volumes: Vec<String> = of_others.map(|volume| volume.name.clone()).collect();
    let others = driver::Others { classes: &classes, volumes: &volumes };
    let needs = [removed, after].concat();
    let mut gone: Vec<ChangeId> =
        managed_driver::remove(plan, (scope, inputs), actual, Some(others), &needs)
            .into_iter()
            .collect();
    gone.extend(driver::remove(plan, scope, &inputs.driver, (&cluster.driver, others), &needs));
    gone
}
