//! `expand-volumes`: completes what claims ask for.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

use efs::Actual;
use job::Job;

use super::deployment::{Carried, Observed, Runner, failed};
use super::{connect_to_cluster, stopped};
use crate::aws::Aws;
use crate::progress::Progress;
use crate::stop::Stop;
use crate::trace::Trace;
use crate::{cluster, report};

pub(super) async fn run(
    job: &Job,
    aws: &Aws,
    trace: &Arc<Trace>,
    stop: &Stop,
) -> anyhow::Result<ExitCode> {
    let target = connect_to_cluster(job).await?;
    let progress = Progress::new(trace);
    let line = progress.line("observing");
    let cluster = tokio::select! {
        cluster = cluster::observe(&target.kube, None, &job.inputs, &job.command) => cluster?,
        reason = stop.stopped() => {
            line.failed("given up");
            return Ok(stopped(job, reason, "Nothing was changed.").told());
        }
    };
    line.done(&format!("read {} claims in `{}`", cluster.claims.len(), cluster.name));
    let plan = efs::expand(&job.module, &job.inputs, &cluster);
    let actual = Actual { cluster: Some(cluster), ..Actual::default() };
    let observed = Observed { workloads: BTreeMap::new(), desired: None, actual };
    let target = Some(Arc::new(target));
    let runner = Runner { job, aws, progress: &progress, stop, asks: true };
    match runner.carry_out(target, &plan, &observed).await? {
        Carried::Over { over, .. } => Ok(over.told()),
        Carried::Raced { errors, .. } => Ok(failed(job, &errors).told()),
        Carried::Through(_) => {
            let told = report::Told {
                changed: plan.steps.len(),
                calls: aws.calls.count(),
                rounds: aws.calls.rounds(),
                elapsed: progress.elapsed(),
            };
            report::done(job, &told, None)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
