//! `verify`: proves that pods share a volume, in general or by an example workload.

mod example;
mod shared_mount;
mod stage;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::bail;
use efs::{Finding, Report};
use job::{Job, Output, Verify};
use serde_json::json;

use super::{connect_to_cluster, stopped};
use crate::progress::Progress;
use crate::report;
use crate::stop::{Reason, Stop};
use crate::trace::Trace;

/// What came of it.
enum Outcome {
    Judged(Vec<Finding>, Vec<(&'static str, f64)>),
    Stopped(Reason),
}

impl Outcome {
    fn is_proof(&self) -> bool {
        matches!(self, Outcome::Judged(findings, _) if findings.iter().all(|finding| finding.shown))
    }
}

pub(super) async fn run(
    job: &Job,
    asked: &Verify,
    trace: &Arc<Trace>,
    stop: &Stop,
) -> anyhow::Result<ExitCode> {
    let kube = connect_to_cluster(job).await?.kube;
    let nonce = format!("{:08x}", fastrand::u32(..));
    let progress = Progress::new(trace);
    let started = Instant::now();
    let (stage, outcome) = match asked.example {
        None => shared_mount::run(&kube, job, asked, nonce, &progress, stop).await?,
        Some(example) => example::run(&kube, job, asked, example, nonce, &progress, stop).await?,
    };
    if !outcome.as_ref().is_ok_and(Outcome::is_proof) {
        stage.tell_what_was_seen().await;
    }
    if asked.keep {
        eprintln!("Kept: the pods in the namespace `{}`", stage.namespace);
    } else {
        stage.clean_up(&progress).await?;
    }
    let (findings, times) = match outcome? {
        Outcome::Stopped(reason) => return Ok(stopped(job, reason, "Nothing was proved.").told()),
        Outcome::Judged(findings, times) => (findings, times),
    };
    let proved = findings.iter().all(|finding| finding.shown);
    match job.output {
        Output::Json => report::json(&json!({
            "proved": proved,
            "workload": asked.example,
            "findings": findings,
            "seconds": times.iter().copied().collect::<BTreeMap<_, _>>(),
            "elapsed_ms": u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        })),
        Output::Text => report::text(&table(&findings, &times)),
    }
    Ok(if proved { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn table(findings: &[Finding], times: &[(&str, f64)]) -> String {
    let mut text = String::new();
    for Finding { what, shown, detail } in findings {
        let mark = if *shown { "shown    " } else { "NOT SHOWN" };
        text.push_str(&format!("{mark}  {what} ({detail})\n"));
    }
    let times: Vec<String> =
        times.iter().map(|(what, seconds)| format!("{what} after {seconds:.1} s")).collect();
    text.push_str(&format!("\n{}", times.join(", ")));
    text
}

/// A pod that gave up ends the proof with its own words.
fn nobody_gave_up(reports: &[Report]) -> anyhow::Result<()> {
    match reports.iter().find_map(Report::failure) {
        Some(why) => bail!("a pod gave up: {why}"),
        None => Ok(()),
    }
}
