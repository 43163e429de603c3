//! The way back, first half: the file system that was the source is made the copy of the one that took
//! over, and then fails over as any copy does.

use inputs::plain;
use plan::{Loss, Refusal};

use super::asked::{Failing, Failover, OVERWRITE, Standing, shown, standing};
use crate::actual::Actual;
use crate::calls::Plan;
use crate::desired::Desired;
use crate::resources::file_system::{self, FileSystem, OverwriteProtection};
use crate::resources::replica::{self, Side};
use crate::users::Replication;

/// Plans a replication from `from` to the file system of a module.
pub(super) fn plan(
    (desired, actual, failing): &(&Desired, &Actual, &Failing),
    (from, how): (&Side, &Failover),
    alone: bool,
) -> Plan {
    let scope = &desired.scope;
    let mut plan = Plan { unchanged: "No changes. It is replicated already.", ..Plan::default() };
    let address = scope.address(file_system::KIND, None);
    let refusal =
        |(reason, remedy): (String, String)| Refusal::new(&address, plain(&reason), plain(&remedy));
    let Some(found) = &actual.file_system else {
        let why = "there is no file system that could be overwritten".to_owned();
        plan.refusals.push(refusal((why, "deploy it first, or set `file_system_id`".to_owned())));
        return plan;
    };
    if let Standing::Copy(side, replication) = standing(found, failing)
        && side == *from
    {
        plan.details.entry("replication").or_default().push(shown(replication, &side));
        return plan;
    }
    let against = against((found, failing), (from, how), alone);
    plan.refusals.extend(against.into_iter().map(refusal));
    let protected = found.spec.overwrite_protection != Some(OverwriteProtection::Disabled);
    let sides = (from, &found.id, desired.inputs.aws_region.as_str());
    let left = source_of_another(found, failing);
    replica::replicate(&mut plan, scope, sides, (protected, left), lost(found, from));
    plan.notes.push(format!(
        "the first copy may take hours, and is not waited for; {from} is written to meanwhile, and \
         `cargo xtask failover` without `--replicate-from` completes the way back"
    ));
    plan
}

/// The replication that it is the source of.
fn source_of_another<'a>(found: &FileSystem, failing: &'a Failing) -> Option<&'a Replication> {
    failing.replications.iter().find(|it| it.source == found.id.as_str())
}

/// What stands against it, with the remedies.
fn against(
    (found, failing): (&FileSystem, &Failing),
    (from, how): (&Side, &Failover),
    alone: bool,
) -> Vec<(String, String)> {
    let (id, mut against) = (&found.id, Vec::new());
    let mut push = |why: String, remedy: &str| against.push((why, remedy.to_owned()));
    if !alone {
        let why = "the file has several modules, and one file system is overwritten";
        push(why.to_owned(), "give `--module LABEL`");
    }
    match standing(found, failing) {
        Standing::Copy(side, _) => push(
            format!("{id} is the copy of {side} already"),
            "fail over to it first, or end that replication",
        ),
        Standing::UnderWay(side) => push(
            format!("a failover from {side} to {id} is not complete"),
            "complete it: the same command without `--replicate-from`",
        ),
        Standing::InAws(_) | Standing::ToProve(_) | Standing::Own => {}
    }
    if from.file_system == *id {
        push(
            format!("{id} is that file system itself"),
            "name the file system that took over, and its region",
        );
    }
    if let Some(lasting) = source_of_another(found, failing).filter(|it| is_copied(it)) {
        push(
            format!("{id} is copied to {} now", lasting.destination),
            &format!("fail over to {} first", lasting.destination),
        );
    }
    let users = failing.volumes.used_by();
    if !users.is_empty() {
        push(
            format!("pods use {id}, which becomes read-only: {}", users.join(", ")),
            "stop them, such as by scaling what runs them to 0",
        );
    }
    if how.overwrite.as_ref() != Some(id) {
        let size = found.size();
        push(
            format!("all that {id} holds and {from} does not is lost: {size}, as last metered"),
            &format!("give `{OVERWRITE} {id}` where that may go"),
        );
    }
    against
}

/// Whether copies are made of it: one that failed has been taken over.
fn is_copied(found: &Replication) -> bool {
    !["ERROR", "DELETING"].contains(&found.status.as_str())
}

fn lost(found: &FileSystem, from: &Side) -> Vec<Loss> {
    vec![Loss {
        what: format!("files of {}", found.id),
        shown: plain(&format!("files in {} that are not in {from}: {}", found.id, found.size())),
    }]
}
