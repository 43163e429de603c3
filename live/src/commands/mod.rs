//! The commands, each in a room of its own.

mod deployment;
mod expand;
mod status;
mod verify;

use std::process::ExitCode;

use anyhow::bail;
use job::{Command, Job, Target};

use crate::aws::Aws;
use crate::cluster::InCluster;
use crate::sandbox::LocalAws;
use crate::stop::{Reason, Stop};

pub(crate) use deployment::Observed;

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
    let result = match &job.command {
        Command::Plan { .. }
        | Command::Deploy
        | Command::Destroy
        | Command::PlanWorkloads { .. }
        | Command::DeployWorkloads { .. }
        | Command::DestroyWorkloads { .. } => Box::pin(deployment::run(job, &aws, &stop)).await,
        Command::Status => Box::pin(status::run(job, &aws, &stop)).await,
        Command::Expand => Box::pin(expand::run(job, &aws, &stop)).await,
        Command::Verify(asked) => verify::run(job, asked, &stop).await,
    };
    if let Some(local) = local {
        local.stop().await;
    }
    result
}

/// The target, where it is a cluster.
async fn connect(job: &Job) -> anyhow::Result<Option<InCluster>> {
    match &job.target {
        Target::Directory(_) => Ok(None),
        Target::Cluster(cluster) => InCluster::connect(cluster, job).await.map(Some),
    }
}

/// The target, for what makes sense in a cluster only.
async fn connect_to_cluster(job: &Job) -> anyhow::Result<InCluster> {
    match connect(job).await? {
        Some(cluster) => Ok(cluster),
        None => bail!("this needs a cluster; what now: name it with `--context`"),
    }
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
