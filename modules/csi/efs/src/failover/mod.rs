//! A file system takes over from the one that it is a copy of: everything that the deployment has
//! is there first, then the replication ends, and then class and volumes go to it.

mod anew;
mod asked;
mod back;
mod judged;
mod moved;
mod volumes;

use inputs::plain;
use kubernetes::{RenderError, claim};
use plan::{Any, ChangeId, Refusal, Scope, Warning, files};

use crate::actual::Actual;
use crate::calls::Plan;
use crate::data::other_classes;
use crate::desired::Desired;
use crate::ids::FileSystemId;
use crate::life_cycle::LifeCycle;
use crate::resources::file_system::{self, FileSystem, FileSystemSource, OverwriteProtection};
use crate::resources::replica::{self, Side, Stage};
use crate::resources::{access_point, mount_target, persistent_volume, storage_class};
use crate::together::plan_together;
use crate::users::Replication;

pub use asked::{
    Failing, Failover, LOSE_WRITES_SINCE, Moment, OVERWRITE, SOURCE_LOST, WRITES_STOPPED_AT,
    Writes, source_of,
};
use asked::{Standing, shown, standing};
pub use moved::{Moved, MovedClaim, MovedVolume};

/// What has to be done so that the file systems of these modules take over from those that they are
/// copies of. Modules whose file system is the copy of no other are left alone.
///
/// # Errors
/// If a document cannot be rendered.
pub fn failover_together(
    modules: &[(&Desired, &Actual, &Failing)],
    how: &Failover,
) -> Result<Vec<Plan>, RenderError> {
    if let Some(from) = &how.replicate_from {
        let alone = modules.len() == 1;
        return Ok(modules.iter().map(|module| back::plan(module, (from, how), alone)).collect());
    }
    let all = modules.iter();
    let after: Vec<Actual> =
        all.map(|(desired, actual, failing)| afterwards(desired, actual, failing)).collect();
    let modules_after: Vec<(&Desired, &Actual)> =
        modules.iter().zip(&after).map(|((desired, ..), actual)| (*desired, actual)).collect();
    let plans = plan_together(&modules_after)?;
    let modules = modules.iter().zip(plans);
    Ok(modules.map(|(module, plan)| take_over(plan, module, how)).collect())
}

/// What will be there when the replication has ended and the claims of the deployment's own volumes
/// are free: by it the rest is planned.
fn afterwards(desired: &Desired, actual: &Actual, failing: &Failing) -> Actual {
    let mut after = actual.clone();
    let Some(found) = &mut after.file_system else { return after };
    let source = match standing(found, failing) {
        Standing::Copy(source, _) | Standing::UnderWay(source) => source,
        Standing::InAws(source) if actual.cluster.is_some() => source,
        Standing::InAws(_) | Standing::ToProve(_) | Standing::Own => return after,
    };
    // "The destination file system becomes Writeable and its replication overwrite protection is
    // re-enabled" (`DeleteReplicationConfiguration`).
    if found.spec.overwrite_protection == Some(OverwriteProtection::Replicating) {
        found.spec.overwrite_protection = Some(OverwriteProtection::Enabled);
    }
    // Where it is copied to from now on is another decision: EFS would make a new file system.
    if let FileSystemSource::Own(wanted) = &desired.inputs.file_system {
        found.spec.replication.clone_from(&wanted.replication);
    }
    if after.named_before.as_ref().is_some_and(|it| it.file_system.id == source.file_system) {
        after.named_before = None;
    }
    volumes::release(desired, &mut after, failing, &source.file_system);
    after
}

/// Makes of the plan of a deployment the one of a failover.
fn take_over(
    plan: Plan,
    (desired, actual, failing): &(&Desired, &Actual, &Failing),
    how: &Failover,
) -> Plan {
    let scope = &desired.scope;
    let Some(found) = &actual.file_system else { return no_file_system(scope) };
    let (source, replication) = match standing(found, failing) {
        Standing::Copy(source, replication) => (source, Some(replication)),
        Standing::InAws(source) if actual.cluster.is_none() => return in_aws(found, &source),
        Standing::InAws(source) if how.writes == Writes::Unsaid => {
            return written_since(scope, &found.id, &source);
        }
        Standing::UnderWay(source) | Standing::InAws(source) => (source, None),
        Standing::ToProve(source) => return to_prove(scope, (found, &source), (actual, how)),
        Standing::Own => return nothing(found),
    };
    let mut plan = plan;
    // It is not so of a failover.
    plan.notes.retain(|note| !note.starts_with(&format!("{} is adopted", found.id)));
    let promotion = replication.map(|replication| {
        plan.details.entry("replication").or_default().push(shown(replication, &source));
        promote(&mut plan, desired, (actual, found, failing), (&source, replication), how)
    });
    let sides = (&source, &found.id);
    let complete = volumes::plan(&mut plan, desired, (actual, failing), sides, promotion.as_ref());
    plan.warnings.extend(left_behind(actual, &source.file_system));
    plan.warnings.extend(not_moved(&failing.volumes.others, &source));
    if actual.cluster.is_none() {
        plan.warnings.push(Warning::new(
            format!("no cluster is looked at: its volumes that are on {source} stay there"),
            "where there are some, run the same with `--context` too: it moves them",
        ));
    }
    let complete = complete && failing.volumes.others.is_empty();
    if let (Some(missing), false) = (failing.denied.first(), plan.changes.is_empty()) {
        plan.refusals.push(Refusal::new(
            persistent_volume::KIND,
            format!("this identity may not {}", failing.denied.join(", ")),
            format!("ask for these permissions in the cluster, beginning with `{missing}`"),
        ));
    }
    if complete {
        let all = plan.changes.iter().map(|change| change.id.clone()).collect();
        let stage = match &actual.cluster {
            None => Stage::InAws(source.clone()),
            Some(_) if how.proves => Stage::ToProve(source.clone()),
            Some(_) => Stage::Complete(source.clone()),
        };
        replica::complete(&mut plan, scope, (&stage, &found.id), all);
    }
    plan
}

fn no_file_system(scope: &Scope) -> Plan {
    let mut plan = Plan::default();
    plan.refusals.push(Refusal::new(
        scope.address(file_system::KIND, None),
        "there is no file system that could take over",
        "set `file_system_id` to the copy, which `cargo xtask status` of the source's file shows",
    ));
    plan
}

/// Volumes that name the source and are not the driver's: whoever mounts them goes on writing to it.
fn not_moved(others: &[String], source: &Side) -> Option<Warning> {
    (!others.is_empty()).then(|| {
        Warning::new(
            format!(
                "volumes that are not of the EFS driver stay on {source}: {}",
                others.join(", ")
            ),
            "make them anew for the file system that took over, and run it again",
        )
    })
}

fn nothing(found: &FileSystem) -> Plan {
    let note = format!("{} is the copy of no other file system, and can be written to", found.id);
    Plan {
        unchanged: "No changes. There is nothing to take over.",
        notes: vec![note],
        ..Plan::default()
    }
}

/// A run without this cluster ended the replication, and its pods could write to the source since.
fn written_since(scope: &Scope, id: &FileSystemId, source: &Side) -> Plan {
    let mut plan = Plan::default();
    plan.refusals.push(Refusal::new(
        scope.address(replica::KIND, None),
        format!(
            "{id} took over from {source} without this cluster: what its pods have written to that \
             since is not in {id}"
        ),
        format!(
            "give `{WRITES_STOPPED_AT} TIME` where they had stopped before the last copy, or \
             `{LOSE_WRITES_SINCE} TIME` with the time of that copy"
        ),
    ));
    plan
}

/// Nothing is left to do but in a cluster, where there is one.
fn in_aws(found: &FileSystem, source: &Side) -> Plan {
    let note = format!(
        "{} took over from {source}, and no cluster was looked at: the same command with `--context` \
         moves the class and the volumes that one has on {source}",
        found.id
    );
    Plan {
        unchanged: "No changes. There is nothing to take over in AWS.",
        notes: vec![note],
        ..Plan::default()
    }
}

/// An earlier run made everything, and was stopped before pods had proved it.
fn to_prove(
    scope: &Scope,
    (found, source): (&FileSystem, &Side),
    (actual, how): (&Actual, &Failover),
) -> Plan {
    if actual.cluster.is_none() || how.proves {
        let note = format!("{} took over from {source}, and no pods have proved it yet", found.id);
        return Plan {
            unchanged: "No changes. Everything is on the copy.",
            notes: vec![note],
            ..Plan::default()
        };
    }
    let mut plan = Plan::default();
    let stage = Stage::Complete(source.clone());
    replica::complete(&mut plan, scope, (&stage, &found.id), Vec::new());
    plan
}

/// What is on the file system only once it can be written to, or names it: all of it comes after.
const AFTER: [&str; 6] = [
    file_system::KIND,
    access_point::KIND,
    storage_class::KIND,
    persistent_volume::KIND,
    claim::KIND,
    files::KIND,
];

/// Plans the end of the replication, between what must be there first and what comes after; the
/// answer is the id of the change.
fn promote(
    plan: &mut Plan,
    desired: &Desired,
    (actual, found, failing): (&Actual, &FileSystem, &Failing),
    (source, replication): (&Side, &Replication),
    how: &Failover,
) -> ChangeId {
    let scope = &desired.scope;
    let judged = judged::judge(scope, (&found.id, source), (replication, failing), how);
    plan.refusals.extend(judged.refusal);
    plan.warnings.extend(judged.warning);
    let (mut first, targets) = prepare(plan, scope, actual);
    if let Some(wait) = judged.wait {
        first.push(replica::until_copied(plan, scope, &found.id, wait));
    }
    // "Do not use this mode for same-account, same-region replication"
    // (`DeleteReplicationConfiguration`).
    let local = how.source_lost && replication.is_between_regions();
    let lost = (local, judged.lost);
    replica::plan(plan, scope, (source, &found.id, replication), (first, targets), lost);
    replica::promotion_id(scope)
}

/// Puts the end of the replication before everything that is on the file system or names it; the
/// answer is all else, which comes first: there is no way back after it.
fn prepare(plan: &mut Plan, scope: &Scope, actual: &Actual) -> (Vec<ChangeId>, Any) {
    let promotion = replica::promotion_id(scope);
    let mut after: Vec<ChangeId> = Vec::new();
    for change in &mut plan.changes {
        let waits_for_it = change.needs.iter().any(|need| after.contains(need));
        if AFTER.contains(&change.address.kind) || waits_for_it {
            after.push(change.id.clone());
            change.needs.push(promotion.clone());
        }
    }
    for check in &mut plan.checks {
        check.needs.push(promotion.clone());
    }
    let first = plan.changes.iter().filter(|change| !after.contains(&change.id));
    let (targets, first): (Vec<_>, Vec<_>) =
        first.partition(|change| change.address.kind == mount_target::KIND);
    let ids = |changes: Vec<&plan::Change<crate::calls::Call>>| -> Vec<ChangeId> {
        changes.into_iter().map(|change| change.id.clone()).collect()
    };
    let mut first = ids(first);
    first.extend(plan.waits.iter().map(|wait| wait.id.clone()));
    let stands = actual.mount_targets.iter().any(|it| it.life_cycle == LifeCycle::Available);
    let targets = ids(targets);
    // One zone is enough to mount it, as for the class.
    let least = usize::from(!stands && !targets.is_empty());
    (first, Any { of: targets, least })
}

/// The classes of others that stay on the source.
fn left_behind(actual: &Actual, source: &FileSystemId) -> Option<Warning> {
    let is_on_it = |name: &&str| *name == source.as_str();
    let classes = other_classes(actual);
    let names: Vec<&str> = classes
        .filter(|class| class.file_system.as_deref().as_ref().is_some_and(is_on_it))
        .map(|class| class.name.as_str())
        .collect();
    (!names.is_empty()).then(|| {
        Warning::new(
            plain(&format!(
                "classes that this deployment did not make stay on {source}: {}",
                names.join(", ")
            )),
            "move them yourself, with whoever made them",
        )
    })
}
