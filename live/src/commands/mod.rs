//! The commands, each in a room of its own.

mod access_points;
mod connection;
mod deployment;
mod ended;
mod expand;
mod failover;
mod file_outputs;
mod fleet;
mod goal;
mod identify;
mod import;
mod made;
mod outputs;
mod plan;
mod planning;
mod saved;
mod status;
mod terraform;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use job::{Fleet, Job, Order, Output, Session, Work};
use tracing::Instrument;

use crate::audit::{Audit, Trail};
use crate::aws::Account;
use crate::log;
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
    let outcome = match prepare(session, &stop).await {
        Err(error) => Err(error),
        Ok((audit, local)) => {
            let endpoint = local.as_ref().map(LocalAws::url).or(session.endpoint_url.as_deref());
            let outcome = match work {
                Work::Run(job) => {
                    Box::pin(one(job, session, endpoint, audit.as_ref(), &stop)).await
                }
                Work::Fleet(fleet) => {
                    Box::pin(many(fleet, session, endpoint, audit.as_ref(), &stop)).await
                }
                Work::Import(wanted) => {
                    Box::pin(import::run(wanted, session, endpoint, &stop)).await
                }
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
            log::error(&message);
        }
        outcome
    });
    outcome.code()
}

/// Opens the audit file, and starts the local AWS, where the session has them.
async fn prepare(
    session: &Session,
    stop: &Stop,
) -> anyhow::Result<(Option<Arc<Audit>>, Option<LocalAws>)> {
    let open = |path: &PathBuf| Audit::open(path, &session.command).map(Arc::new);
    let audit = session.audit.as_ref().map(open).transpose()?;
    let local = match &session.sandbox {
        Some(sandbox) => Some(stop.or(LocalAws::start(sandbox)).await??),
        None => None,
    };
    Ok((audit, local))
}

/// Asks for what credentials need of a person, before anything is shown, where a job calls AWS.
async fn sign_in<'j>(
    account: &Account,
    jobs: impl IntoIterator<Item = &'j Job>,
    endpoint: Option<&str>,
    stop: &Stop,
) -> anyhow::Result<()> {
    let region = jobs.into_iter().find_map(|job| {
        let place = job.places.iter().map(|place| &place.region).next();
        job.storage().next().map(|(_, inputs)| &inputs.aws_region).or(place)
    });
    match region {
        Some(region) => stop.or(account.sign_in(region, endpoint)).await?,
        None => Ok(()),
    }
}

/// All jobs of a fleet, with one rate of calls.
async fn many(
    fleet: &Fleet,
    session: &Session,
    endpoint: Option<&str>,
    audit: Option<&Arc<Audit>>,
    stop: &Stop,
) -> anyhow::Result<Outcome> {
    let account = Account::new(Some(fleet.rate))?;
    sign_in(&account, fleet.jobs.iter().map(|(_, job)| job), endpoint, stop).await?;
    Ok(fleet::run(fleet, session, (&account, endpoint), audit, stop).await)
}

/// One job, and its timeline whatever came of it.
async fn one(
    job: &Job,
    session: &Session,
    endpoint: Option<&str>,
    audit: Option<&Arc<Audit>>,
    stop: &Stop,
) -> anyhow::Result<Outcome> {
    let trace = Arc::new(Trace::new());
    let account = Account::new(None)?;
    sign_in(&account, [job], endpoint, stop).await?;
    let connection = Connection::new(job, session, (&account, endpoint), &trace, stop).await;
    let connection = connection.recorded(Trail::new(audit, None));
    let run = ended::span(job, None);
    let outcome = match ended::reach(&connection).instrument(run.clone()).await {
        Ok(outcome) => outcome,
        Err(error) => Outcome::unchanged(Ending::from(error)),
    };
    let result = run.in_scope(|| report(&connection, outcome));
    if let Some(path) = &job.timeline {
        directory::write_file(path, &timeline::page(&trace.timeline(&session.again))?)?;
        log::say(&format!("The timeline is in `{}`.", path.display()));
    }
    result
}

/// Reports how a run ended, and what it did.
fn report(connection: &Connection<'_>, outcome: Outcome) -> anyhow::Result<Outcome> {
    let Connection { job, session, calls, progress, .. } = connection;
    ended::tell(connection, &outcome);
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
