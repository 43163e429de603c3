//! The file system's part of a plan, and its row.

use std::collections::BTreeSet;

use inputs::plain;
use network::Tags;
use plan::{
    Action, Change, ChangeId, Difference, Known, Loss, Mutability, Plan, Property, Refusal, Row,
    Scope, Wait, compare,
};

use super::before::{not_ours, not_there};
use super::call::Call;
use super::limits::{archived, excluded, is_replica, never_changes, once_a_day, stops_archiving};
use super::protection::OverwriteProtection;
use super::replicating::{self, Ended, as_wanted};
use super::spec::{FileSystem, FileSystemSource, Group, KIND, PROPERTIES, Spec, TAGS};
use super::standing::{Standing, backups_left, judged};
use crate::ids::FileSystemId;
use crate::life_cycle::LifeCycle;
use crate::owner::Owner;
use crate::users::Replication;

/// The file system as a deployment wants it.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a word of its own")]
pub struct Wanted<'a> {
    pub owner: &'a Owner,
    pub source: &'a FileSystemSource,
    /// The tags of everything that is created.
    pub tags: &'a Tags,
    /// Whether clients may have mounted it: a mount target is available.
    pub mounted: bool,
    /// Whether a file-system policy of somebody else may be overwritten.
    pub replace_policy: bool,
    /// Whether a replication that is there may be ended for another one.
    pub replace_replication: bool,
    /// Whether nobody said if it should be backed up.
    pub backup_by_default: bool,
    /// The file system of before that is its own from now on, in place of one that it makes.
    pub imported: Option<&'a FileSystemId>,
}

/// The file system as the rest of the plan needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    pub id: Known<FileSystemId>,
    /// What must be done before it can be used.
    pub needs: Vec<ChangeId>,
    /// Whether it is our own, so that its mount targets are ours too.
    pub own: bool,
    /// The one zone that takes a target, where it is a One Zone file system.
    pub one_zone: Option<String>,
}

impl Planned {
    fn own(id: Known<FileSystemId>, needs: Vec<ChangeId>, one_zone: Option<String>) -> Planned {
        Planned { id, needs, own: true, one_zone }
    }
}

/// Plans the file system.
pub fn plan<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    wanted: &Wanted,
    found: Option<&FileSystem>,
) -> Planned {
    match (wanted.source, found) {
        (FileSystemSource::Adopted(id), found) => adopt(plan, scope, wanted, id, found),
        (FileSystemSource::Own(spec), None) => match wanted.imported {
            Some(id) => {
                plan.refusals.push(not_there(scope, wanted.owner, id));
                Planned::own(Known::Now(id.clone()), Vec::new(), spec.availability_zone.clone())
            }
            None => create(plan, scope, wanted, spec, Vec::new()),
        },
        (FileSystemSource::Own(spec), Some(found))
            if found.life_cycle.is_leaving() && wanted.imported.is_none() =>
        {
            let gone = gone(plan, scope, found);
            create(plan, scope, wanted, spec, vec![gone])
        }
        (FileSystemSource::Own(spec), Some(found)) => {
            let needs = usable(plan, scope, found);
            if wanted.owner.owns(&found.tags) || wanted.imported.is_some() {
                update(plan, scope, (spec, wanted), found, &needs);
            } else {
                plan.refusals.push(not_ours(scope, found));
            }
            Planned::own(Known::Now(found.id.clone()), needs, found.spec.availability_zone.clone())
        }
    }
}

/// Plans the deletion of our own, after `needs`, with the data that is lost; the answer is what
/// must be done before it is gone. Its mount targets are among `needs`.
pub fn remove<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    found: &FileSystem,
    needs: Vec<ChangeId>,
    lost: Vec<Loss>,
) -> ChangeId {
    let change =
        Change::new(Action::Delete, scope.id("file_system.delete"), scope.address(KIND, None))
            .because("the deployment is destroyed")
            .needing(needs)
            .showing([
                Difference::gone("file_system_id", &found.id),
                Difference::gone("creation_token", &found.creation_token),
                Difference::gone("metered_size", found.size()),
            ])
            .losing(lost)
            .calling(Call::Delete { id: found.id.clone() });
    let id = change.id.clone();
    plan.changes.push(change);
    id
}

/// Plans the end of a replication from a file system that is deleted; the answer is whether there
/// is one. The copy stays: EFS makes it a file system like any other.
pub(crate) fn end_replication<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    found: &FileSystem,
    replications: &[Replication],
    needs: &[ChangeId],
) -> Option<ChangeId> {
    let ours = replications.iter().find(|it| it.source == found.id.as_str())?;
    let why = "the deployment is destroyed, and EFS deletes no file system that is replicated";
    Some(replicating::end(plan, scope, &Ended::of(found, ours), (why, needs)))
}

/// Its row in a status.
pub fn row(found: Option<&FileSystem>) -> Row {
    let Some(found) = found else { return Row::missing("file system", "-") };
    Row {
        resource: "file system",
        name: found.id.to_string(),
        state: plain(found.life_cycle.as_str()),
        detail: plain(&found.summary()),
        healthy: found.life_cycle == LifeCycle::Available,
    }
}

/// The groups of what is wanted that creation does not set.
fn set_after_creation(spec: &Spec) -> BTreeSet<Group> {
    // A new file system is protected: "Protection is enabled by default"
    // (`UpdateFileSystemProtection`).
    let as_created = |group: Group| {
        let protected = spec.overwrite_protection == Some(OverwriteProtection::Enabled);
        group.is_set_by_creation() || (group == Group::Protection && protected)
    };
    let group = |property: &Property<Spec, Group>| match property.change {
        Mutability::InPlace(group) => {
            (!as_created(group) && !property.rows(spec).is_empty()).then_some(group)
        }
        Mutability::Never | Mutability::Replaces => None,
    };
    PROPERTIES.iter().filter_map(group).collect()
}

/// Waits until a file system is available; the wait's id.
pub fn available<C: From<Call>>(plan: &mut Plan<C>, scope: &Scope, found: &FileSystem) -> ChangeId {
    let id = scope.id("file_system.available");
    plan.waits.push(Wait {
        id: id.clone(),
        address: scope.address(KIND, None),
        reason: format!("{} is {}", found.id, found.life_cycle.as_str()),
        call: Call::UntilAvailable { id: found.id.clone() }.into(),
    });
    id
}

/// Waits until a file system is gone; the wait's id.
pub fn gone<C: From<Call>>(plan: &mut Plan<C>, scope: &Scope, found: &FileSystem) -> ChangeId {
    let id = scope.id("file_system.gone");
    plan.waits.push(Wait {
        id: id.clone(),
        address: scope.address(KIND, None),
        reason: format!("{} is being deleted", found.id),
        call: Call::UntilGone { id: found.id.clone() }.into(),
    });
    id
}

/// Plans one that is used as it is.
fn adopt<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    wanted: &Wanted,
    id: &FileSystemId,
    found: Option<&FileSystem>,
) -> Planned {
    let mut planned =
        Planned { id: Known::Now(id.clone()), needs: Vec::new(), own: false, one_zone: None };
    if let Some(found) = found {
        planned.needs = usable(plan, scope, found);
        planned.one_zone.clone_from(&found.spec.availability_zone);
        plan.notes.push(format!("{id} is adopted: nothing of it is changed or deleted"));
    } else {
        plan.refusals.push(not_there(scope, wanted.owner, id));
    }
    planned
}

/// Waits for what becomes available, and refuses what will never be usable.
fn usable<C: From<Call>>(plan: &mut Plan<C>, scope: &Scope, found: &FileSystem) -> Vec<ChangeId> {
    if found.life_cycle == LifeCycle::Available {
        return Vec::new();
    }
    if found.life_cycle.is_coming() {
        return vec![available(plan, scope, found)];
    }
    plan.refusals.push(Refusal::new(
        scope.address(KIND, None),
        format!("{} is in the state `{}`", found.id, found.life_cycle.as_str().escape_debug()),
        "look at it in the EFS console; another `storage_class_name` makes another file system",
    ));
    Vec::new()
}

fn create<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    wanted: &Wanted,
    spec: &Spec,
    needs: Vec<ChangeId>,
) -> Planned {
    let (token, tags) = (wanted.owner.creation_token(), wanted.tags.clone());
    let mut change = Change::new(Action::Create, scope.id(KIND), scope.address(KIND, None))
        .because("no file system has this deployment's creation token")
        .needing(needs)
        .showing([Difference::later("file_system_id"), Difference::set("creation_token", &token)])
        .showing(compare(PROPERTIES, spec, None).differences)
        .showing(compare(TAGS, &tags, None).differences)
        .calling(Call::Create {
            token,
            spec: Box::new(spec.clone()),
            tags,
            marks: wanted.owner.marks(),
        });
    let id = change.id.clone();
    for group in set_after_creation(spec) {
        let of = Known::After(id.clone());
        change = change.calling(Call::Put { of, group, spec: Box::new(spec.clone()) });
    }
    plan.changes.push(change);
    Planned::own(Known::After(id.clone()), vec![id], spec.availability_zone.clone())
}

/// The groups in the order of their calls; the lifecycle first where it stops archiving.
fn in_order(groups: &BTreeSet<Group>, stops_archiving: bool) -> Vec<Group> {
    let mut groups: Vec<Group> = groups.iter().copied().collect();
    if stops_archiving {
        groups.sort_by_key(|group| *group != Group::Lifecycle);
    }
    groups
}

/// Sets the tags that a file system lacks, or has with other values.
fn missing_tags(tags: &Tags, found: &FileSystem) -> Call {
    let mut missing = tags.clone();
    missing.retain(|key, value| found.tags.get(key) != Some(value));
    Call::Tag { of: Known::Now(found.id.clone()), tags: missing }
}

fn update<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    (spec, deployment): (&Spec, &Wanted),
    found: &FileSystem,
    needs: &[ChangeId],
) {
    // Every field is looked at: a new one does not compile until somebody says what it means.
    let FileSystem {
        id,
        life_cycle: _,     // `usable` judges it.
        created: _,        // EFS says so,
        account: _,        // and whose it is.
        creation_token: _, // It was found by this, or by its id, and so it is right.
        spec: found_spec,
        metered_bytes: _, // What users wrote,
        metered_in: _,    // in which storage classes,
        metered_at: _,    // and since when EFS knows.
        tags: found_tags,
    } = found;
    let standing = Standing { mounted: deployment.mounted, replace: deployment.replace_policy };
    let mut has = as_wanted(spec, judged(plan, scope, (spec, found), standing));
    if deployment.backup_by_default {
        has = backups_left(plan, spec, id.as_str(), has);
    }
    let specs = compare(PROPERTIES, spec, Some(&has));
    let tagged = compare(TAGS, deployment.tags, Some(found_tags));
    plan.refusals.extend(specs.forbidden.iter().map(|one| never_changes(scope, id, one)));
    plan.refusals.extend(excluded(scope, id, spec, found_spec));
    plan.refusals.extend(archived(scope, spec, found));
    plan.refusals.extend(is_replica(scope, id, &specs.groups, found_spec));
    plan.notes.extend(once_a_day(spec, found, &specs.groups));
    let replicated = (spec, deployment.replace_replication);
    replicating::plan(plan, scope, replicated, (found, &deployment.owner.region), needs);
    let groups = in_order(&specs.groups, stops_archiving(spec, found_spec));
    let mut reasons: Vec<&str> = groups.iter().map(|group| group.reason()).collect();
    let put = |group| Call::Put { of: Known::Now(id.clone()), group, spec: Box::new(spec.clone()) };
    let mut calls: Vec<Call> = groups.into_iter().map(put).collect();
    if !tagged.groups.is_empty() {
        let call = missing_tags(deployment.tags, found);
        if deployment.owner.owns(found_tags) {
            reasons.push("tags are missing or differ");
            calls.push(call);
        } else {
            // First, as policies may allow changes of what carries these tags only.
            reasons.insert(0, "the deployment takes it over");
            calls.insert(0, call);
        }
    }
    if calls.is_empty() {
        return;
    }
    let mut change = Change::new(Action::Update, scope.id(KIND), scope.address(KIND, None))
        .because(reasons.join("; "))
        .needing(needs.to_vec())
        .showing(specs.differences)
        .showing(tagged.differences);
    change.calls.extend(calls.into_iter().map(C::from));
    plan.changes.push(change);
}
