//! From what a command was called with to the one job that is handed to `live`.

use std::path::Path;
use std::process::ExitCode;

use efs::costs::Prices;
use job::{
    ClusterTarget, ContextChoice, Destination, Goal, Job, Order, Pace, Sandbox, Session, Work,
};

use crate::command_line::{again, recorded};
use crate::deployment::{self, Deployment};
use crate::diagnostic::wrong;
use crate::flags::{DeploymentArgs, InputFlags, LogFormat, Run, Workload};
use crate::print::print;
use crate::{helm, live, prices, sandbox};

/// Which modules of the file a command is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Selection {
    /// The storage, and the networks that it refers to.
    Storage,
    Workloads,
    Everything,
}

/// What a command was called with.
pub(crate) struct Request<'a> {
    pub(crate) deployment: &'a DeploymentArgs,
    workload: Option<&'a InputFlags<Workload>>,
    pub(crate) run: &'a Run,
    selection: Selection,
}

impl<'a> Request<'a> {
    /// A command about these modules.
    pub(crate) fn new(deployment: &'a DeploymentArgs, run: &'a Run, selection: Selection) -> Self {
        Request { deployment, workload: None, run, selection }
    }

    /// The same with flags for a workload, of which there must be one.
    pub(crate) fn with_workload(mut self, flags: &'a InputFlags<Workload>) -> Self {
        self.workload = Some(flags);
        self
    }

    /// Reads the deployment, builds what is needed, and hands the job over.
    pub(crate) fn hand_over(&self, goal: Goal, yes: bool) -> anyhow::Result<ExitCode> {
        let deployment = self.read(self.deployment)?;
        if self.lacks_workloads([&deployment]) {
            let file = self.deployment.config.as_ref();
            return wrong(
                &file.map_or("clockwork.hcl".into(), |path| path.to_string_lossy()),
                "the file has no module of `./modules/graphscope`",
                "add `module \"NAME\" { source = \"./modules/graphscope\" … }`, or give `--workload-kind`",
            );
        }
        let target = self.target(&deployment, &goal)?;
        let prices = prices::read(self.run.prices.as_deref())?;
        let folder = build(self.run)?;
        let session = self.session(&folder, prices)?;
        let work = Work::Run(Box::new(self.job(deployment, goal, target, yes)?));
        self.order(&Order { session, work }, &folder)
    }

    /// The deployment of these arguments, with the flags of the workload.
    pub(crate) fn read(&self, args: &DeploymentArgs) -> anyhow::Result<Deployment> {
        match self.workload {
            Some(flags) => deployment::read_with(args, flags),
            None => deployment::read(args),
        }
    }

    /// Whether the command is about workloads, and none of these deployments has one.
    pub(crate) fn lacks_workloads<'d>(
        &self,
        deployments: impl IntoIterator<Item = &'d Deployment>,
    ) -> bool {
        let has_one = |deployment: &Deployment| deployment.workloads().next().is_some();
        self.workload.is_some() && !deployments.into_iter().any(has_one)
    }

    /// One job of one deployment.
    pub(crate) fn job(
        &self,
        deployment: Deployment,
        goal: Goal,
        target: Destination,
        yes: bool,
    ) -> anyhow::Result<Job> {
        let timeline = self.run.timeline.as_deref().map(std::path::absolute).transpose()?;
        let outputs = deployment.outputs.clone();
        let mut places: Vec<_> = deployment.storage().map(|(_, inputs)| inputs.place()).collect();
        places.sort();
        places.dedup();
        let modules = match self.selection {
            Selection::Storage => deployment.without_workloads(),
            Selection::Workloads => deployment.only_workloads(),
            Selection::Everything => deployment.modules,
        };
        Ok(Job { goal, modules, outputs, places, target, wait: !self.run.no_wait, yes, timeline })
    }

    /// What holds for the whole run; programs are in `folder`.
    pub(crate) fn session(&self, folder: &Path, prices: Option<Prices>) -> anyhow::Result<Session> {
        let run = self.run;
        let log = job::LogFormat::from(run.log_format);
        let sandbox = if run.sandbox {
            Some(Sandbox { program: folder.join("sandbox"), state: sandbox::state()? })
        } else {
            None
        };
        Ok(Session {
            output: run.output.into(),
            timeout: run.timeout,
            pace: match sandbox {
                Some(_) => Pace::Emulator,
                None => Pace::of(run.endpoint_url.as_deref()),
            },
            endpoint_url: run.endpoint_url.clone(),
            sandbox,
            verbosity: run.verbose,
            // Logs are kept, and read by others than who typed the command.
            again: if log == job::LogFormat::Json { recorded() } else { again() },
            command: recorded(),
            log,
            audit: run.audit.as_deref().map(std::path::absolute).transpose()?,
            prices,
        })
    }

    /// Hands an order over, or prints it for tests that start `live` themselves.
    pub(crate) fn order(&self, order: &Order, folder: &Path) -> anyhow::Result<ExitCode> {
        if self.run.print_job {
            print(serde_json::to_string(order)? + "\n")?;
            return Ok(ExitCode::SUCCESS);
        }
        match live::hand_over(order, folder)? {}
    }

    /// Where Kubernetes objects go; what a cluster needs is looked for now, before anything is built.
    fn target(&self, deployment: &Deployment, goal: &Goal) -> anyhow::Result<Destination> {
        let run = self.run;
        if is_in_cluster(goal)
            && (run.manifests.is_some() || (run.sandbox && run.context.is_none()))
        {
            let place = if run.manifests.is_some() { "--manifests" } else { "--sandbox" };
            return wrong(place, NEEDS_CLUSTER, "give `--context`");
        }
        if let Some(directory) = &run.manifests {
            return Ok(Destination::Directory(directory.clone()));
        }
        if run.sandbox && run.context.is_none() {
            return Ok(Destination::Directory(sandbox::manifests()?.join(deployment.folder())));
        }
        let context = run.context.clone().map_or(ContextChoice::Current, ContextChoice::Named);
        let helm = self.helm([deployment], goal)?;
        Ok(Destination::Cluster(ClusterTarget { context, helm }))
    }

    /// Helm, where the goal needs it for one of these deployments.
    pub(crate) fn helm<'d>(
        &self,
        deployments: impl IntoIterator<Item = &'d Deployment>,
        goal: &Goal,
    ) -> anyhow::Result<Option<job::Helm>> {
        let (mut installs, mut addon, mut workloads) = (false, false, false);
        for deployment in deployments {
            installs |= deployment.installs_chart();
            addon |= deployment.has_addon();
            workloads |= deployment.workloads().next().is_some();
        }
        workloads &= matches!(self.selection, Selection::Workloads | Selection::Everything);
        match goal {
            Goal::AccessPoints(_)
            | Goal::Outputs(_)
            | Goal::Expand
            | Goal::Verify(_)
            | Goal::Identify => Ok(None),
            // A command that only looks shows what can be seen without Helm.
            Goal::Status => Ok(helm::find().ok().filter(|_| installs)),
            _ if workloads || installs => Ok(Some(helm::find()?)),
            _ if addon => Ok(helm::find().ok()),
            _ => Ok(None),
        }
    }
}

/// What is wrong where a goal that works in a cluster is given a directory.
pub(crate) const NEEDS_CLUSTER: &str =
    "this command works in a cluster, and `--manifests` writes documents";

/// Whether a goal makes sense in a cluster only.
pub(crate) fn is_in_cluster(goal: &Goal) -> bool {
    matches!(goal, Goal::Expand | Goal::Verify(_))
}

/// Builds the programs that are handed over to.
///
/// Always both: alone, `live` would have other features of shared crates, and the AWS
/// SDK would be compiled once for AWS and once for the sandbox.
pub(crate) fn build(run: &Run) -> anyhow::Result<std::path::PathBuf> {
    live::build_as(&["live", "sandbox"], run.log_format == LogFormat::Json)
}
