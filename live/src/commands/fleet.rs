//! Many deployments in one process: each as by itself, and all at one rate of calls.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

use efs::Outputs;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use job::{Command, Fleet, Job, Output};
use serde::Serialize;

use super::INTERRUPTED;
use super::deployment::{Finished, Over, carry_out};
use crate::aws::Account;
use crate::progress::Progress;
use crate::report;
use crate::stop::{Reason, Stop};
use crate::trace::Trace;

/// What came of one deployment.
#[derive(Serialize)]
struct Told {
    name: String,
    changed: usize,
    aws_calls: usize,
    elapsed_ms: u64,
    outputs: Option<Outputs>,
    /// Why it is not what it should be.
    error: Option<String>,
}

#[derive(Serialize)]
struct Result {
    deployments: Vec<Told>,
    changed: usize,
    failed: usize,
    aws_calls: usize,
    elapsed_ms: u64,
}

/// Carries all of them out; one that fails keeps no other from its end.
pub(super) async fn run(
    fleet: &Fleet,
    local: Option<&str>,
    stop: &Stop,
) -> anyhow::Result<ExitCode> {
    let account = Account::new(Some(fleet.rate));
    let whole = Trace::new();
    let mut under_way = FuturesUnordered::new();
    let mut told = BTreeMap::new();
    for (name, job) in &fleet.jobs {
        let endpoint = local.or(job.endpoint_url.as_deref());
        let rate = account.rate(&job.inputs.aws_region, endpoint).await;
        let room = async {
            if let Some(rate) = &rate {
                rate.has_room().await;
            }
        };
        tokio::pin!(room);
        // Those that are at it go on while the next one waits for its turn.
        loop {
            tokio::select! {
                () = &mut room => break,
                Some(one) = under_way.next() => keep(&mut told, one),
                _ = stop.stopped() => break,
            }
        }
        if stop.reason().is_some() {
            break;
        }
        under_way.push(Box::pin(one(&account, name, job, endpoint, stop)));
        // The first calls of the new one stand in the line before the next is let in.
        tokio::task::yield_now().await;
    }
    while let Some(one) = under_way.next().await {
        keep(&mut told, one);
    }
    Ok(tell(fleet, told, &whole, stop))
}

fn keep(told: &mut BTreeMap<String, Told>, one: Told) {
    told.insert(one.name.clone(), one);
}

async fn one(
    account: &Account,
    name: &str,
    job: &Job,
    endpoint: Option<&str>,
    stop: &Stop,
) -> Told {
    let trace = Arc::new(Trace::new());
    let aws = account.connect(job, endpoint, &trace).await;
    let progress = Progress::named(name, &trace);
    let (changed, outputs, error) = match carry_out(job, &aws, &progress, stop).await {
        Ok(Finished::Done { changed, outputs }) => (changed, outputs, None),
        Ok(Finished::Over { changed, over: Over { code: _, why } }) => (changed, None, Some(why)),
        Err(error) => (0, None, Some(report::failures(&[error]))),
    };
    if let Some(error) = &error {
        progress.say(error);
    }
    Told {
        name: name.to_owned(),
        changed,
        aws_calls: aws.calls.count(),
        elapsed_ms: millis(trace.elapsed()),
        outputs,
        error,
    }
}

fn millis(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The result, in the order of the files; what was not begun is told too.
fn tell(fleet: &Fleet, mut told: BTreeMap<String, Told>, whole: &Trace, stop: &Stop) -> ExitCode {
    let deployments: Vec<Told> = fleet
        .jobs
        .iter()
        .map(|(name, _)| {
            told.remove(name).unwrap_or_else(|| Told {
                name: name.clone(),
                changed: 0,
                aws_calls: 0,
                elapsed_ms: 0,
                outputs: None,
                error: Some("not begun".to_owned()),
            })
        })
        .collect();
    let result = Result {
        changed: deployments.iter().map(|one| one.changed).sum(),
        failed: deployments.iter().filter(|one| one.error.is_some()).count(),
        aws_calls: deployments.iter().map(|one| one.aws_calls).sum(),
        elapsed_ms: millis(whole.elapsed()),
        deployments,
    };
    let failed = result.failed;
    match fleet.output {
        Output::Json => report::json(&result),
        Output::Text => report::text(&table(fleet, &result)),
    }
    if let Some(reason) = stop.reason() {
        eprintln!("{}", reason.as_str());
    }
    if failed > 0 {
        eprintln!("What now: mend the causes; `{}` goes on from here", fleet.again);
    }
    match (failed, stop.reason()) {
        (0, _) => ExitCode::SUCCESS,
        (_, Some(Reason::Interrupted)) => ExitCode::from(INTERRUPTED),
        _ => ExitCode::FAILURE,
    }
}

fn table(fleet: &Fleet, result: &Result) -> String {
    let width = result.deployments.iter().map(|one| one.name.chars().count()).max().unwrap_or(0);
    let lines = result.deployments.iter().map(|one| {
        let end = match (&one.error, &one.outputs) {
            (Some(error), _) => format!("failed: {}", error.lines().next().unwrap_or_default()),
            (None, Some(outputs)) => format!("{} changes, {}", one.changed, outputs.file_system_id),
            (None, None) => format!("{} changes", one.changed),
        };
        format!("{:width$}  {end}\n", one.name)
    });
    let verb = match fleet.jobs.first() {
        Some((_, Job { command: Command::Destroy, .. })) => "destroyed",
        _ => "deployed",
    };
    let done = result.deployments.len() - result.failed;
    let seconds =
        u32::try_from(result.elapsed_ms / 100).map_or(0.0, |tenths| f64::from(tenths) / 10.0);
    format!(
        "{}\n{done} of {} {verb}: {} changes, {} AWS calls, {seconds:.1} s.",
        lines.collect::<String>(),
        result.deployments.len(),
        result.changed,
        result.aws_calls,
    )
}
