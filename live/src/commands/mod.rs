//! The commands, each in a room of its own.

mod access_points;
mod connection;
mod deployment;
mod expand;
mod file_outputs;
mod fleet;
mod goal;
mod made;
mod outputs;
mod plan;
mod planning;
mod saved;
mod status;
mod verify;

use std::process::ExitCode;
use std::sync::Arc;

use job::{Fleet, Job, Order, Output, Session, Work};

use crate::aws::Account;
use crate::outcome::{Ending, Failed, Outcome};
use crate::report::{Summary, done, json, text};
use crate::sandbox::LocalAws;
use crate::stop::Stop;
use crate::trace::Trace;
use connection::Connection;

/// Carries out what was ordered, and stops the local AWS whatever came of it.
pub(crate) async fn carry_out(order: &Order) -> ExitCode {
    let Order { session, work } = order;
    let stop = Stop::new(session.timeout);
    let outcome = match start_sandbox(session, &stop).await {
        Err(error) => Err(error),
        Ok(local) => {
            let endpoint = local.as_ref().map(LocalAws::url).or(session.endpoint_url.as_deref());
            let outcome = match work {
                Work::Run(job) => Box::pin(one(job, session, endpoint, &stop)).await,
                Work::Fleet(fleet) => Box::pin(many(fleet, session, endpoint, &stop)).await,
            };
            if let Some(local) = local {
                local.stop().await;
            }
            outcome
        }
    };
    let outcome = outcome.unwrap_or_else(|error| {
        let outcome = Outcome::unchanged(Ending::from(error));
        if let Some(message) = outcome.message(&session.again) {
            eprintln!("{message}");
        }
        outcome
    });
    outcome.code()
}

async fn start_sandbox(session: &Session, stop: &Stop) -> anyhow::Result<Option<LocalAws>> {
    match &session.sandbox {
        Some(sandbox) => stop.or(LocalAws::start(sandbox)).await?.map(Some),
        None => Ok(None),
    }
}

/// All jobs of a fleet, with one rate of calls.
async fn many(
    fleet: &Fleet,
    session: &Session,
    endpoint: Option<&str>,
    stop: &Stop,
) -> anyhow::Result<Outcome> {
    let account = Account::new(Some(fleet.rate))?;
    Ok(fleet::run(fleet, session, (&account, endpoint), stop).await)
}

/// One job, and its timeline whatever came of it.
async fn one(
    job: &Job,
    session: &Session,
    endpoint: Option<&str>,
    stop: &Stop,
) -> anyhow::Result<Outcome> {
    let trace = Arc::new(Trace::new());
    let account = Account::new(None)?;
    let connection = Connection::new(job, session, (&account, endpoint), &trace, stop).await;
    let result = goal::reach(&connection).await;
    let result = result.and_then(|outcome| report(&connection, outcome));
    if let Some(path) = &job.timeline {
        directory::write_file(path, &timeline::page(&trace.timeline(&session.again))?)?;
        eprintln!("The timeline is in `{}`.", path.display());
    }
    result
}

/// Reports how a run ended, and what it did.
fn report(connection: &Connection<'_>, outcome: Outcome) -> anyhow::Result<Outcome> {
    let Connection { job, session, calls, progress, .. } = connection;
    if let Some(message) = outcome.message(&session.again) {
        progress.say(&message);
    }
    if let Ending::Shown(shown) = &outcome.ending {
        match session.output {
            Output::Json => json(&shown.document),
            Output::Text => text(&shown.text),
        }
    }
    // What can be used although something failed is a result too.
    let made = match &outcome.ending {
        Ending::Done(made) => Some((made, &[][..])),
        Ending::Failed(Failed { errors, made, .. }) if !made.modules.is_empty() => {
            Some((made, errors.as_slice()))
        }
        _ => None,
    };
    if let Some((made, errors)) = made {
        let summary = Summary {
            errors,
            changed: outcome.changed,
            calls: calls.count(),
            rounds: calls.rounds(),
            elapsed: progress.elapsed(),
            places: connection.places(),
            made,
        };
        done(&job.goal, session.output, &summary)?;
    }
    Ok(outcome)
}
