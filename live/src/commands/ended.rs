//! A command from its first record to its last: what it is told as in the log and in the audit
//! file, beside what it does.

use failure::{Failure, advice};
use inputs::printable;
use job::{Goal, Job};
use tracing::Span;
use tracing::field::Empty;

use super::connection::Connection;
use super::goal;
use crate::log::{self, millis};
use crate::outcome::{Ending, Failed, Outcome};
use crate::stop::Reason;

/// What all events of a run have in common; account and identity are filled in when they are
/// known.
pub(super) fn span(job: &Job, deployment: Option<&str>) -> Span {
    let goal = match job.goal {
        Goal::Plan { .. } => "plan",
        Goal::Deploy { .. } => "deploy",
        Goal::Destroy { .. } => "destroy",
        Goal::Status => "status",
        Goal::AccessPoints(_) => "access-points",
        Goal::Outputs(_) => "outputs",
        Goal::Expand => "expand",
        Goal::Verify(_) => "verify",
        Goal::Failover(_) => "failover",
        Goal::Identify => "identify",
    };
    let place = job.places.first();
    let place = place.filter(|one| job.places.iter().all(|other| other.cluster == one.cluster));
    tracing::info_span!(
        "run",
        goal,
        deployment,
        cluster = place.map(|place| place.cluster.as_str()),
        account = Empty,
        principal = Empty,
    )
}

/// Reaches the goal of a job, with a record of its beginning and of its end.
pub(super) async fn reach(connection: &Connection<'_>) -> anyhow::Result<Outcome> {
    connection.trail.begins()?;
    let result = connection.trail.run(goal::reach(connection)).await;
    let (how, changed) = match &result {
        Ok(outcome) => (outcome.word(), outcome.changed),
        Err(error) if error.is::<Reason>() => ("stopped", 0),
        Err(_) => ("failed", 0),
    };
    match connection.trail.ends(how, changed) {
        Ok(()) => result,
        Err(unrecorded) => match result {
            Ok(outcome) => with_error(outcome, unrecorded),
            Err(error) => Err(error.context(format!("{unrecorded:#}"))),
        },
    }
}

/// A run whose end could not be recorded: it fails, and tells what it did all the same.
fn with_error(outcome: Outcome, error: anyhow::Error) -> anyhow::Result<Outcome> {
    let mut failed = match outcome.ending {
        Ending::Done(made) => Failed { made, ..Failed::default() },
        Ending::Failed(failed) => failed,
        Ending::Stopped { left, .. } => Failed { held_back: left, ..Failed::default() },
        _ => return Err(error),
    };
    failed.errors.push(error);
    Ok(Outcome { changed: outcome.changed, ending: Ending::Failed(failed) })
}

/// Says how a run ended: in words for people, or an event for each error and one for the end.
pub(super) fn tell(connection: &Connection<'_>, outcome: &Outcome) {
    let Connection { session, progress, calls, .. } = connection;
    if !log::is_json() {
        if let Some(message) = outcome.message(&session.again) {
            progress.say(&message);
        }
        return;
    }
    match &outcome.ending {
        Ending::Unplanned(error) => log_error(error),
        Ending::Failed(Failed { errors, .. }) => errors.iter().for_each(log_error),
        Ending::Refused { why, remedy } => log::error(&advice(why, remedy.as_deref())),
        _ => {
            if let Some(message) = outcome.message(&session.again) {
                log::say(&message);
            }
        }
    }
    tracing::info!(
        event = "ended",
        result = outcome.word(),
        changed = outcome.changed,
        aws_calls = calls.count(),
        duration_ms = millis(progress.elapsed()),
    );
}

/// An error with all that led to it, and its remedy.
fn log_error(error: &anyhow::Error) {
    let help = error.downcast_ref::<Failure>().map(|failure| printable(failure.remedy()));
    tracing::error!(event = "error", message = printable(&format!("{error:#}")), help);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::outcome::Made;

    #[test]
    fn a_run_whose_end_is_not_recorded_fails_and_keeps_what_it_made() {
        let file = BTreeMap::from([("id".to_owned(), json!("fs-1"))]);
        let done = Ending::Done(Made { modules: Vec::new(), file: file.clone() });
        let outcome = Outcome { changed: 3, ending: done };
        let told = with_error(outcome, anyhow::anyhow!("the disk is full")).unwrap();
        let Ending::Failed(failed) = told.ending else { panic!("{told:?}") };
        assert_eq!((told.changed, failed.errors.len(), failed.made.file), (3, 1, file));
    }
}
