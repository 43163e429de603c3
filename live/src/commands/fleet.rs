//! Many deployments in one process: each as on its own, and all at one rate of calls.

use std::collections::BTreeMap;
use std::sync::Arc;

use efs::Outputs;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use inputs::counted;
use job::{Fleet, Goal, Job, Output, Session};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tracing::Instrument;

use super::connection::Connection;
use super::ended;
use crate::audit::{Audit, Trail};
use crate::aws::Account;
use crate::log::{self, millis};
use crate::outcome::{Conclusion, Ending, Failed, Made, Outcome, Shown};
use crate::report;
use crate::stop::Stop;
use crate::trace::Trace;
use crate::wait::unless;

/// What came of one deployment.
#[derive(Serialize)]
struct Deployed {
    name: String,
    changed: usize,
    aws_calls: usize,
    elapsed_ms: u64,
    /// Of its storage, where it has one module of it.
    outputs: Option<Outputs>,
    /// The same by label, where it has several.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    modules: BTreeMap<String, Outputs>,
    /// Of the `output` blocks of its file.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    file_outputs: BTreeMap<String, Value>,
    /// Its plan, status or proof, as the command prints it for one deployment.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Box<RawValue>>,
    /// The account and the cluster.
    places: Vec<Value>,
    /// Why it is not what it should be.
    error: Option<String>,
    /// The same result for people.
    #[serde(skip)]
    text: Option<String>,
    /// What that result says.
    #[serde(skip)]
    conclusion: Conclusion,
}

impl Deployed {
    /// One of which nothing is known yet.
    fn new(name: &str) -> Deployed {
        Deployed {
            name: name.to_owned(),
            changed: 0,
            aws_calls: 0,
            elapsed_ms: 0,
            outputs: None,
            modules: BTreeMap::new(),
            file_outputs: BTreeMap::new(),
            result: None,
            places: Vec::new(),
            error: None,
            text: None,
            conclusion: Conclusion::Fine,
        }
    }
}

#[derive(Serialize)]
struct Result {
    deployments: Vec<Deployed>,
    changed: usize,
    failed: usize,
    aws_calls: usize,
    elapsed_ms: u64,
}

/// Carries all of them out; one that fails keeps no other from its end.
pub(super) async fn run(
    fleet: &Fleet,
    session: &Session,
    (account, endpoint): (&Account, Option<&str>),
    audit: Option<&Arc<Audit>>,
    stop: &Stop,
) -> Outcome {
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
        let turn = async {
            while let Ok(one) = unless(&mut room, next(&mut in_progress)).await {
                keep(&mut ended, one);
            }
        };
        if stop.or(turn).await.is_err() || stop.reason().is_some() {
            break;
        }
        in_progress.push(Box::pin(one(account, (name, job), session, endpoint, audit, stop)));
        // The first calls of the new one are queued before the next is let in.
        tokio::task::yield_now().await;
    }
    while let Some(one) = in_progress.next().await {
        keep(&mut ended, one);
    }
    let outcome = summarize(fleet, session, ended, &whole, stop);
    if let Some(message) = outcome.message(&session.again) {
        log::say(&message);
    }
    outcome
}

/// The next one of those in progress that ends; there is no end of none.
async fn next<T: Future>(in_progress: &mut FuturesUnordered<T>) -> T::Output {
    match in_progress.next().await {
        Some(one) => one,
        None => std::future::pending().await,
    }
}

fn keep(ended: &mut BTreeMap<String, Deployed>, one: Deployed) {
    ended.insert(one.name.clone(), one);
}

async fn one(
    account: &Account,
    (name, job): (&str, &Job),
    session: &Session,
    endpoint: Option<&str>,
    audit: Option<&Arc<Audit>>,
    stop: &Stop,
) -> Deployed {
    let trace = Arc::new(Trace::new());
    let connection = Connection::new(job, session, (account, endpoint), &trace, stop).await;
    let trail = Trail::new(audit, Some(name));
    let connection = connection.named(name, &trace).recorded(trail);
    let run = ended::span(job, Some(name));
    let outcome = match ended::reach(&connection).instrument(run.clone()).await {
        Ok(outcome) => outcome,
        Err(error) => Outcome::unchanged(Ending::from(error)),
    };
    run.in_scope(|| ended::tell(&connection, &outcome));
    let message = outcome.message(&session.again);
    let mut ended = Deployed {
        changed: outcome.changed,
        aws_calls: connection.calls.count(),
        elapsed_ms: millis(trace.elapsed()),
        places: report::places(connection.places()),
        error: message,
        ..Deployed::new(name)
    };
    match outcome.ending {
        Ending::Done(Made { modules, file })
        | Ending::Failed(Failed { made: Made { modules, file }, .. }) => {
            (ended.modules, ended.file_outputs) = (modules.into_iter().collect(), file);
        }
        Ending::Shown(shown) => {
            let Shown { text, document, conclusion, problem } = shown;
            (ended.text, ended.result, ended.conclusion) = (Some(text), Some(document), conclusion);
            ended.error = problem;
        }
        Ending::Refused { .. }
        | Ending::Unplanned(_)
        | Ending::Stopped { .. }
        | Ending::Fleet { .. } => {}
    }
    if ended.modules.len() == 1 {
        ended.outputs = ended.modules.pop_first().map(|(_, outputs)| outputs);
    }
    ended
}

/// The result, in the order of the files, with what was not begun.
fn summarize(
    fleet: &Fleet,
    session: &Session,
    mut ended: BTreeMap<String, Deployed>,
    whole: &Trace,
    stop: &Stop,
) -> Outcome {
    let not_begun =
        |name: &str| Deployed { error: Some("not begun".to_owned()), ..Deployed::new(name) };
    let names = fleet.jobs.iter().map(|(name, _)| name);
    let deployments: Vec<Deployed> =
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
        Output::Text => report::text(&for_people(fleet, &result)),
    }
    let only_shows = result.deployments.iter().all(|one| one.changed == 0 && one.result.is_some());
    let ending = Ending::Fleet {
        failed: result.failed,
        stopped: stop.reason(),
        // The strongest of what the results say.
        shown: result
            .deployments
            .iter()
            .map(|one| one.conclusion)
            .max()
            .unwrap_or(Conclusion::Fine),
        resumable: !only_shows,
    };
    Outcome { changed: result.changed, ending }
}

/// What people read: every result under its name, then a line for each.
fn for_people(fleet: &Fleet, result: &Result) -> String {
    let shown = result.deployments.iter().filter_map(|one| {
        let text = one.text.as_ref()?;
        Some(format!("{}:\n\n{text}\n\n", one.name))
    });
    shown.collect::<String>() + &table(fleet, result)
}

fn table(fleet: &Fleet, result: &Result) -> String {
    let width = result.deployments.iter().map(|one| one.name.chars().count()).max().unwrap_or(0);
    let lines = result.deployments.iter().map(|one| {
        let changes = counted(one.changed, "change");
        let end = match (&one.error, &one.outputs, &one.text) {
            (Some(error), ..) => format!("failed: {}", error.lines().next().unwrap_or_default()),
            (None, Some(outputs), _) => format!("{changes}, {}", outputs.file_system_id),
            // What a plan, a status or a proof says stands above.
            (None, None, Some(_)) => counted(one.aws_calls, "AWS call"),
            (None, None, None) => changes,
        };
        let accounts: Vec<&str> =
            one.places.iter().filter_map(|place| place["account"].as_str()).collect();
        let place = match accounts.as_slice() {
            [] => String::new(),
            accounts => format!(" (account {})", accounts.join(", ")),
        };
        format!("{:width$}  {end}{place}\n", one.name)
    });
    let verb = fleet.jobs.first().map_or("done", |(_, job)| match job.goal {
        Goal::Plan { .. } => "planned",
        Goal::Deploy { .. } => "deployed",
        Goal::Destroy { .. } => "destroyed",
        Goal::Status | Goal::Outputs(_) => "read",
        Goal::AccessPoints(_) => "looked at",
        Goal::Expand => "expanded",
        Goal::Verify(_) => "proved",
        Goal::Failover(_) => "failed over",
        Goal::Identify => "identified",
    });
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
