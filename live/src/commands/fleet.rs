//! Many deployments in one process: each as on its own, and all at one rate of calls.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

use efs::Outputs;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use inputs::counted;
use job::{Fleet, Goal, Job, Output, Session};
use serde::Serialize;

use super::connection::Connection;
use super::deployment::carry_out;
use crate::aws::Account;
use crate::outcome::{Ending, Outcome};
use crate::report::{self, millis};
use crate::stop::{Reason, Stop};
use crate::trace::Trace;

/// What came of one deployment.
#[derive(Serialize)]
struct Deployment {
    name: String,
    changed: usize,
    aws_calls: usize,
    elapsed_ms: u64,
    /// Of its storage, where it has one module of it.
    outputs: Option<Outputs>,
    /// The same by label, where it has several.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    modules: BTreeMap<String, Outputs>,
    /// Why it is not what it should be.
    error: Option<String>,
}

#[derive(Serialize)]
struct Result {
    deployments: Vec<Deployment>,
    changed: usize,
    failed: usize,
    aws_calls: usize,
    elapsed_ms: u64,
}

/// Carries all of them out; one that fails keeps no other from its end.
pub(super) async fn run(
    fleet: &Fleet,
    session: &Session,
    endpoint: Option<&str>,
    stop: &Stop,
) -> anyhow::Result<ExitCode> {
    let account = Account::new(Some(fleet.rate));
    let whole = Trace::new();
    let mut in_progress = FuturesUnordered::new();
    let mut ended = BTreeMap::new();
    for (name, job) in &fleet.jobs {
        let mut rates = Vec::new();
        for (_, inputs) in job.storage() {
            rates.extend(account.rate(&inputs.aws_region, endpoint).await);
        }
        let room = async {
            for rate in &rates {
                rate.has_room().await;
            }
        };
        tokio::pin!(room);
        // Those in progress continue while the next one waits for its turn.
        loop {
            tokio::select! {
                () = &mut room => break,
                Some(one) = in_progress.next() => keep(&mut ended, one),
                _ = stop.stopped() => break,
            }
        }
        if stop.reason().is_some() {
            break;
        }
        in_progress.push(Box::pin(one(&account, (name, job), session, endpoint, stop)));
        // The first calls of the new one are queued before the next is let in.
        tokio::task::yield_now().await;
    }
    while let Some(one) = in_progress.next().await {
        keep(&mut ended, one);
    }
    Ok(summarize(fleet, session, ended, &whole, stop))
}

fn keep(ended: &mut BTreeMap<String, Deployment>, one: Deployment) {
    ended.insert(one.name.clone(), one);
}

async fn one(
    account: &Account,
    (name, job): (&str, &Job),
    session: &Session,
    endpoint: Option<&str>,
    stop: &Stop,
) -> Deployment {
    let trace = Arc::new(Trace::new());
    let connection = Connection::new(job, session, (account, endpoint), &trace, stop).await;
    let connection = connection.named(name, &trace);
    let outcome = match carry_out(&connection).await {
        Ok(outcome) => outcome,
        Err(error) => Outcome::unchanged(Ending::Failed(vec![error])),
    };
    let error = outcome.message(&session.again);
    if let Some(error) = &error {
        connection.progress.say(error);
    }
    let mut modules: BTreeMap<String, Outputs> = match outcome.ending {
        Ending::Done(outputs) => outputs.into_iter().collect(),
        _ => BTreeMap::new(),
    };
    let outputs = if modules.len() == 1 { modules.pop_first() } else { None };
    Deployment {
        name: name.to_owned(),
        changed: outcome.changed,
        aws_calls: connection.calls.count(),
        elapsed_ms: millis(trace.elapsed()),
        outputs: outputs.map(|(_, outputs)| outputs),
        modules,
        error,
    }
}

/// The result, in the order of the files, with what was not begun.
fn summarize(
    fleet: &Fleet,
    session: &Session,
    mut ended: BTreeMap<String, Deployment>,
    whole: &Trace,
    stop: &Stop,
) -> ExitCode {
    let not_begun = |name: &str| Deployment {
        name: name.to_owned(),
        changed: 0,
        aws_calls: 0,
        elapsed_ms: 0,
        outputs: None,
        modules: BTreeMap::new(),
        error: Some("not begun".to_owned()),
    };
    let names = fleet.jobs.iter().map(|(name, _)| name);
    let deployments: Vec<Deployment> =
        names.map(|name| ended.remove(name).unwrap_or_else(|| not_begun(name))).collect();
    let result = Result {
        changed: deployments.iter().map(|one| one.changed).sum(),
        failed: deployments.iter().filter(|one| one.error.is_some()).count(),
        aws_calls: deployments.iter().map(|one| one.aws_calls).sum(),
        elapsed_ms: millis(whole.elapsed()),
        deployments,
    };
    match session.output {
        Output::Json => report::json(&result),
        Output::Text => report::text(&table(fleet, &result)),
    }
    if let Some(reason) = stop.reason() {
        eprintln!("{}", reason.as_str());
    }
    if result.failed == 0 {
        return ExitCode::SUCCESS;
    }
    eprintln!("help: fix the causes, then `{}` resumes", session.again);
    match stop.reason() {
        Some(reason @ Reason::Interrupted) => {
            Outcome::unchanged(Ending::Stopped { reason, left: Vec::new() }).code()
        }
        _ => ExitCode::FAILURE,
    }
}

fn table(fleet: &Fleet, result: &Result) -> String {
    let width = result.deployments.iter().map(|one| one.name.chars().count()).max().unwrap_or(0);
    let lines = result.deployments.iter().map(|one| {
        let changes = counted(one.changed, "change");
        let end = match (&one.error, &one.outputs) {
            (Some(error), _) => format!("failed: {}", error.lines().next().unwrap_or_default()),
            (None, Some(outputs)) => format!("{changes}, {}", outputs.file_system_id),
            (None, None) => changes,
        };
        format!("{:width$}  {end}\n", one.name)
    });
    let verb = match fleet.jobs.first() {
        Some((_, Job { goal: Goal::Destroy { .. }, .. })) => "destroyed",
        _ => "deployed",
    };
    let done = result.deployments.len() - result.failed;
    let seconds =
        u32::try_from(result.elapsed_ms / 100).map_or(0.0, |tenths| f64::from(tenths) / 10.0);
    format!(
        "{}\n{done} of {} {verb}: {}, {}, {seconds:.1} s.",
        lines.collect::<String>(),
        result.deployments.len(),
        counted(result.changed, "change"),
        counted(result.aws_calls, "AWS call"),
    )
}
