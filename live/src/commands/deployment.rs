//! `plan-efs`, `deploy-efs`, `destroy-efs`: observe, plan, ask, carry out, report.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::bail;
use efs::{Plan, Styled};
use job::{Command, Job, Output, Target};

use super::{connect, stopped};
use crate::aws::{Aws, observe};
use crate::cluster::{self, InCluster};
use crate::progress::Progress;
use crate::run::{self, Ended};
use crate::stop::Stop;
use crate::{consent, report, workloads};

pub(super) async fn run(job: &Job, aws: &Aws, stop: &Stop) -> anyhow::Result<ExitCode> {
    let progress = Progress::new();
    let target = connect(job).await?;
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
    let mut plan = match (&job.command, &observed.desired) {
        (Command::Destroy, _) => efs::destroy(&job.module, &job.inputs, &observed.actual),
        (Command::DestroyWorkloads { .. }, _) => Plan::default(),
        (_, Some(desired)) => efs::plan(desired, &observed.actual),
        (_, None) => bail!(
            "the network told nothing; what now: give `subnet_ids` and `security_group_id` themselves"
        ),
    };
    for (label, inputs) in &job.workloads {
        let Some(actual) = observed.workloads.get(label) else { continue };
        plan.append(match job.command {
            Command::DeployWorkloads { delete_data }
            | Command::PlanWorkloads { delete_data, .. } => {
                graphscope::plan(label, inputs, actual, &plan.class_steps(), delete_data)?
            }
            Command::DestroyWorkloads { delete_data } => {
                graphscope::destroy(label, inputs, actual, delete_data)
            }
            _ => continue,
        });
    }
    if let Command::Plan { detailed_exitcode } | Command::PlanWorkloads { detailed_exitcode, .. } =
        job.command
    {
        return Ok(show(job, &plan, detailed_exitcode));
    }
    carry_out(job, aws, target, &plan, &observed, &progress, stop).await
}

/// Shows the plan, asks where that is needed, and carries it out.
pub(super) async fn carry_out(
    job: &Job,
    aws: &Aws,
    target: Option<InCluster>,
    plan: &Plan,
    observed: &Observed,
    progress: &Progress,
    stop: &Stop,
) -> anyhow::Result<ExitCode> {
    report::plan(&Styled { plan, colour: progress.colour() });
    if !plan.refusals.is_empty() {
        eprintln!("Nothing was changed.");
        return Ok(ExitCode::FAILURE);
    }
    let consent = tokio::select! {
        consent = consent::given(job, plan) => consent?,
        reason = stop.stopped() => {
            eprintln!();
            return Ok(stopped(job, reason, "Nothing was changed."));
        }
    };
    if !consent {
        return Ok(ExitCode::FAILURE);
    }
    match run::run(job, aws, target, plan, observed, progress, stop).await {
        Ended::Done(outputs) => {
            let told = report::Told {
                plan,
                calls: aws.calls.count(),
                rounds: aws.calls.rounds(),
                elapsed: progress.elapsed(),
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
pub(super) async fn everything(
    aws: &Aws,
    target: Option<&InCluster>,
    job: &Job,
) -> anyhow::Result<Observed> {
    let cluster = async {
        match target {
            None => Ok(None),
            Some(InCluster { kube, helm, .. }) => {
                let inputs = &job.inputs;
                let observed = cluster::observe(kube, helm.as_ref(), inputs, &job.command);
                Box::pin(observed).await.map(Some)
            }
        }
    };
    let workloads = async {
        match target {
            None => Ok(BTreeMap::new()),
            Some(InCluster { kube, workloads: all, .. }) => {
                Box::pin(workloads::observe(kube, all, job.command.plans())).await
            }
        }
    };
    let (mut observed, cluster, workloads) =
        tokio::try_join!(observe(aws, job), cluster, workloads)?;
    observed.actual.cluster = cluster;
    if target.is_some() {
        observed.workloads = workloads;
    }
    Ok(observed)
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
    pub(crate) workloads: BTreeMap<String, graphscope::Actual>,
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
        let mut workloads = BTreeMap::new();
        if let Target::Directory(directory) = &job.target {
            actual.documents = directory::read(directory)?;
            workloads = workloads::read(directory, &job.workloads)?;
        }
        let desired = desired.map(|desired| efs::Desired { wait_for_driver: job.wait, ..desired });
        Ok(Observed { workloads, desired, actual })
    }
}
