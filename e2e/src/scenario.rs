//! The end-to-end scenario: everything is started, every step is run, and everything is
//! removed whatever the outcome.

use std::time::Instant;

use anyhow::bail;
use job::EndToEnd;

use crate::aws::Aws;
use crate::cluster::TestCluster;
use crate::interrupt::Interrupt;
use crate::report::Report;
use crate::runner::Runner;
use crate::steps::{storage, workloads};

/// Runs the scenario, and writes the report.
///
/// # Errors
/// The first step that failed, or what could not be started or written.
pub(crate) fn run(
    job: &EndToEnd,
    report: &mut Report,
    interrupt: &Interrupt,
) -> anyhow::Result<()> {
    let started = start(job, report).map(|runner| {
        if let Some(stand_in) = runner.cluster.stand_in {
            Report::note(stand_in);
        }
        let outcome = steps(&runner, report);
        if outcome.is_err() {
            match runner.cluster.write_logs(&report.logs()) {
                Ok(()) => Report::note(&format!("logs are in {}", report.logs().display())),
                Err(error) => Report::note(&format!("no logs: {error:#}")),
            }
            if !job.keep {
                clean_up(&runner);
            }
        }
        (runner, outcome)
    });
    // Before the wait of `--keep`, so that the report is there while everything still runs.
    report.write()?;
    let (runner, outcome) = started?;
    if job.keep {
        let aws = runner.aws;
        runner.cluster.keep(&aws.url, interrupt);
    }
    outcome
}

/// Starts AWS and the cluster side by side: each takes seconds.
fn start<'a>(job: &'a EndToEnd, report: &mut Report) -> anyhow::Result<Runner<'a>> {
    let (aws, cluster) = std::thread::scope(|scope| {
        let aws = scope.spawn(|| timed(|| Aws::start(job)));
        let cluster = timed(|| TestCluster::start(job));
        (aws.join(), cluster)
    });
    let aws = aws.unwrap_or_else(|_| timed(|| bail!("starting AWS panicked; this is a bug")));
    let name = format!("start {}", job.aws.as_str());
    let aws = report.timed_step(&name, aws, |aws: &Aws| aws.url.clone())?;
    let name = format!("start {}", job.cluster.as_str());
    let mut cluster =
        report.timed_step(&name, cluster, |cluster: &TestCluster| cluster.description.clone())?;
    cluster.add_nodes(job, &aws)?;
    Ok(Runner { job, aws, cluster })
}

/// The result of a start, and how many seconds it took.
fn timed<T>(start: impl FnOnce() -> anyhow::Result<T>) -> (anyhow::Result<T>, f64) {
    let started = Instant::now();
    (start(), started.elapsed().as_secs_f64())
}

fn steps(runner: &Runner, report: &mut Report) -> anyhow::Result<()> {
    storage::deploy(runner, report)?;
    match &runner.job.workload_charts {
        Some(charts) => workloads::run(runner, charts, report)?,
        None => report.skip("workloads", "no charts were given (`--workload-charts`)"),
    }
    storage::destroy(runner, report)
}

/// After a failed step: a cluster or an account that was there before is left as it was found.
fn clean_up(runner: &Runner) {
    let outcome = workloads::clean_up(runner).and_then(|()| storage::clean_up(runner));
    if let Err(error) = outcome {
        Report::note(&format!("clean-up failed, and some resources are left: {error:#}"));
    }
}
