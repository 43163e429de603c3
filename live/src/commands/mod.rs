//! The commands, each in a room of its own.

mod deployment;
mod expand;
mod fleet;
mod status;
mod verify;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::bail;
use job::{Command, Job, Order, Target};

use crate::aws::Account;
use crate::cluster::InCluster;
use crate::sandbox::LocalAws;
use crate::stop::{Reason, Stop};
use crate::trace::Trace;
use deployment::Over;

pub(crate) use deployment::Observed;

/// The exit code of an interrupted run, as shells have it for Ctrl-C.
const INTERRUPTED: u8 = 130;

/// Carries out what was ordered, and stops the local AWS whatever came of it.
pub(crate) async fn carry_out(order: &Order) -> anyhow::Result<ExitCode> {
    let (timeout, sandbox) = match order {
        Order::Run(job) => (job.timeout, &job.sandbox),
        Order::Fleet(fleet) => (fleet.timeout, &fleet.sandbox),
    };
    let stop = Stop::new(timeout);
    let local = match sandbox {
        Some(sandbox) => Some(LocalAws::start(sandbox).await?),
        None => None,
    };
    let url = local.as_ref().map(LocalAws::url);
    let result = match order {
        Order::Run(job) => Box::pin(one(job, url, &stop)).await,
        Order::Fleet(asked) => Box::pin(fleet::run(asked, url, &stop)).await,
    };
    if let Some(local) = local {
        local.stop().await;
    }
    result
}

/// One job, and its timeline whatever came of it.
async fn one(job: &Job, local: Option<&str>, stop: &Stop) -> anyhow::Result<ExitCode> {
    let trace = Arc::new(Trace::new());
    let endpoint = local.or(job.endpoint_url.as_deref());
    let aws = Account::new(None).connect(job, endpoint, &trace).await;
    let result = match &job.command {
        Command::Plan { .. }
        | Command::Deploy
        | Command::Destroy
        | Command::PlanWorkloads { .. }
        | Command::DeployWorkloads { .. }
        | Command::DestroyWorkloads { .. } => {
            Box::pin(deployment::run(job, &aws, &trace, stop)).await
        }
        Command::Status => Box::pin(status::run(job, &aws, &trace, stop)).await,
        Command::Expand => Box::pin(expand::run(job, &aws, &trace, stop)).await,
        Command::Verify(asked) => verify::run(job, asked, &trace, stop).await,
    };
    if let Some(path) = &job.timeline {
        directory::write_file(path, &timeline::page(&trace.timeline(&job.again))?)?;
        eprintln!("The timeline is in `{}`.", path.display());
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

/// Why a run stopped early, what is left, and what goes on from there.
fn stopped(job: &Job, reason: Reason, left: &str) -> Over {
    let again = &job.again;
    let (code, more) = match reason {
        Reason::Interrupted => (ExitCode::from(INTERRUPTED), ""),
        Reason::TimedOut => (ExitCode::FAILURE, "; `--timeout` gives it longer"),
    };
    let why = format!("{}\n{left}\nWhat now: `{again}` goes on from here{more}", reason.as_str());
    Over { code, why }
}

impl Over {
    /// Says why; the exit code.
    fn told(self) -> ExitCode {
        eprintln!("{}", self.why);
        self.code
    }
}
