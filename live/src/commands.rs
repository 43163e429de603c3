//! The commands: observe, plan, ask, carry out, report.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::bail;
use efs::{Plan, Styled};
use job::{Command, Job, Output, Target};

use crate::aws::{Aws, observe};
use crate::cluster::{self, InCluster};
use crate::progress::Progress;
use crate::run::{Ended, run};
use crate::sandbox::LocalAws;
use crate::stop::{Reason, Stop};
use crate::{consent, report};

/// The exit code of an interrupted run, as shells have it for Ctrl-C.
const INTERRUPTED: u8 = 130;

/// Carries out one job, and stops the local AWS whatever came of it.
pub(crate) async fn carry_out(job: &Job) -> anyhow::Result<ExitCode> {
    let stop = Stop::new(job.timeout);
    let local = match &job.sandbox {
        Some(sandbox) => Some(LocalAws::start(sandbox).await?),
        None => None,
    };
    let endpoint = local.as_ref().map(LocalAws::url).or(job.endpoint_url.as_deref());
    let aws = Aws::connect(job, endpoint).await;
    let result = command(job, &aws, &stop).await;
    if let Some(local) = local {
        local.stop().await;
    }
    result
}

async fn command(job: &Job, aws: &Aws, stop: &Stop) -> anyhow::Result<ExitCode> {
    let started = Instant::now();
    let progress = Progress::new();
    let target = match &job.target {
        Target::Directory(_) => None,
        Target::Cluster(cluster) => Some(InCluster::connect(cluster, &job.inputs).await?),
    };
    let observed = {
        let line = progress.line("observing");
        let observed = tokio::select! {
            observed = everything(aws, target.as_ref(), job) => observed?,
            reason = stop.stopped() => {
                line.failed("given up");
                return Ok(stopped(job, reason, "Nothing was changed."));
            }
        };
        line.done(&format!("read {} in {} calls", job.inputs.aws_region, aws.calls.count()));
        observed
    };
    let plan = match (&job.command, &observed.desired) {
        (Command::Destroy, _) => efs::destroy(&job.module, &job.inputs, &observed.actual),
        (_, Some(desired)) => efs::plan(desired, &observed.actual),
        (_, None) => bail!(
            "the network told nothing; what now: give `subnet_ids` and `security_group_id` themselves"
        ),
    };
    if let Command::Plan { detailed_exitcode } = job.command {
        return Ok(show(job, &plan, detailed_exitcode));
    }
    report::plan(&Styled { plan: &plan, colour: progress.colour() });
    if !plan.refusals.is_empty() {
        eprintln!("Nothing was changed.");
        return Ok(ExitCode::FAILURE);
    }
    let consent = tokio::select! {
        consent = consent::given(job, &plan) => consent?,
        reason = stop.stopped() => {
            eprintln!();
            return Ok(stopped(job, reason, "Nothing was changed."));
        }
    };
    if !consent {
        return Ok(ExitCode::FAILURE);
    }
    match run(job, aws, target, &plan, &observed, &progress, stop).await {
        Ended::Done(outputs) => {
            let told = report::Told {
                plan: &plan,
                calls: aws.calls.count(),
                rounds: aws.calls.rounds(),
                elapsed: started.elapsed(),
            };
            report::done(job, &told, outputs.as_ref())?;
            Ok(ExitCode::SUCCESS)
        }
        Ended::Stopped { reason, left } => {
            Ok(stopped(job, reason, &format!("Left: {}.", left.join(", "))))
        }
        Ended::Failed(errors) => {
            for error in &errors {
                report::failure(error);
            }
            eprintln!(
                "What was done stays. What now: mend the cause; `{}` goes on from here",
                job.again
            );
            Ok(ExitCode::FAILURE)
        }
    }
}

/// AWS and the cluster, side by side.
async fn everything(aws: &Aws, target: Option<&InCluster>, job: &Job) -> anyhow::Result<Observed> {
    let cluster = async {
        match target {
            None => Ok(None),
            Some(InCluster { kube, helm }) => {
                let inputs = &job.inputs;
                cluster::observe(kube, helm.as_ref(), inputs, &job.command).await.map(Some)
            }
        }
    };
    let (mut observed, cluster) = tokio::try_join!(observe(aws, job), cluster)?;
    observed.actual.cluster = cluster;
    Ok(observed)
}

/// Says why a run stopped early, what is left, and what goes on from there.
fn stopped(job: &Job, reason: Reason, left: &str) -> ExitCode {
    eprintln!("{}\n{left}", reason.as_str());
    let again = &job.again;
    match reason {
        Reason::Interrupted => {
            eprintln!("What now: `{again}` goes on from here");
            ExitCode::from(INTERRUPTED)
        }
        Reason::TimedOut => {
            eprintln!("What now: `{again}` goes on from here; `--timeout` gives it longer");
            ExitCode::FAILURE
        }
    }
}

/// Prints the plan as the result.
fn show(job: &Job, plan: &Plan, detailed_exitcode: bool) -> ExitCode {
    match job.output {
        Output::Json => report::json(plan),
        Output::Text => report::text(&Styled { plan, colour: report::stdout_colour() }),
    }
    let changes = !plan.is_empty();
    match (plan.refusals.is_empty(), detailed_exitcode, changes) {
        (false, _, _) => ExitCode::FAILURE,
        (true, true, true) => ExitCode::from(2),
        (true, _, _) => ExitCode::SUCCESS,
    }
}

/// What was observed, and what it should be; the latter is not needed to destroy.
pub(crate) struct Observed {
    pub(crate) desired: Option<efs::Desired>,
    pub(crate) actual: efs::Actual,
}

impl Observed {
    /// Puts what AWS told and what the directory holds together.
    pub(crate) fn new(
        job: &Job,
        desired: Option<efs::Desired>,
        mut actual: efs::Actual,
    ) -> anyhow::Result<Self> {
        if let Target::Directory(directory) = &job.target {
            actual.documents = directory::read(directory)?;
        }
        let desired = desired.map(|desired| efs::Desired { wait_for_driver: job.wait, ..desired });
        Ok(Observed { desired, actual })
    }
}
