//! `expand-volumes`: completes what claims ask for.

use std::collections::BTreeMap;
use std::process::ExitCode;

use efs::Actual;
use job::Job;

use super::deployment::{Observed, carry_out};
use super::{connect_to_cluster, stopped};
use crate::aws::Aws;
use crate::cluster;
use crate::progress::Progress;
use crate::stop::Stop;

pub(super) async fn run(job: &Job, aws: &Aws, stop: &Stop) -> anyhow::Result<ExitCode> {
    let target = connect_to_cluster(job).await?;
    let progress = Progress::new();
    let line = progress.line("observing");
    let cluster = tokio::select! {
        cluster = cluster::observe(&target.kube, None, &job.inputs, &job.command) => cluster?,
        reason = stop.stopped() => {
            line.failed("given up");
            return Ok(stopped(job, reason, "Nothing was changed."));
        }
    };
    line.done(&format!("read {} claims in `{}`", cluster.claims.len(), cluster.name));
    let plan = efs::expand(&job.module, &job.inputs, &cluster);
    let actual = Actual { cluster: Some(cluster), ..Actual::default() };
    let observed = Observed { workloads: BTreeMap::new(), desired: None, actual };
    carry_out(job, aws, Some(target), &plan, &observed, &progress, stop).await
}
