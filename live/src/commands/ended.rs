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
        Goal::Identify => "identify",
    };
    let place = job.places.first();
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
    connection.trail.ends(how, changed)?;
    result
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
