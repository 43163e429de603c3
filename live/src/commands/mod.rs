//! The commands, each in a room of its own.

mod connection;
mod deployment;
mod expand;
mod file_outputs;
mod fleet;
mod goal;
mod plan;
mod status;
mod verify;

use std::process::ExitCode;
use std::sync::Arc;

use job::{Job, Order, Session, Work};

use crate::aws::Account;
use crate::sandbox::LocalAws;
use crate::stop::Stop;
use crate::trace::Trace;
use connection::Connection;

/// Carries out what was ordered, and stops the local AWS whatever came of it.
pub(crate) async fn carry_out(order: &Order) -> anyhow::Result<ExitCode> {
    let Order { session, work } = order;
    let stop = Stop::new(session.timeout);
    let local = match &session.sandbox {
        Some(sandbox) => Some(LocalAws::start(sandbox).await?),
        None => None,
    };
    let endpoint = local.as_ref().map(LocalAws::url).or(session.endpoint_url.as_deref());
    let result = match work {
        Work::Run(job) => Box::pin(one(job, session, endpoint, &stop)).await,
        Work::Fleet(fleet) => Box::pin(fleet::run(fleet, session, endpoint, &stop)).await,
    };
    if let Some(local) = local {
        local.stop().await;
    }
    result
}

/// One job, and its timeline whatever came of it.
async fn one(
    job: &Job,
    session: &Session,
    endpoint: Option<&str>,
    stop: &Stop,
) -> anyhow::Result<ExitCode> {
    let trace = Arc::new(Trace::new());
    let account = Account::new(None);
    let connection = Connection::new(job, session, (&account, endpoint), &trace, stop).await;
    let outcome = goal::reach(&connection).await;
    if let Some(path) = &job.timeline {
        directory::write_file(path, &timeline::page(&trace.timeline(&session.again))?)?;
        eprintln!("The timeline is in `{}`.", path.display());
    }
    deployment::finish(&connection, &outcome?)
}
