//! From what a command was called with to the one job that is handed to `live`.

use std::path::Path;
use std::process::ExitCode;

use efs::resources::driver::DriverMode;
use job::{ClusterTarget, ContextChoice, Destination, Goal, Job, Order, Sandbox, Session, Work};

use crate::deployment::{self, Deployment};
use crate::diagnostic::wrong;
use crate::flags::{DeploymentArgs, InputFlags, Run, Workload};
use crate::print::print;
use crate::{helm, live, sandbox};

/// Which modules of the file a command is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Selection {
    /// The storage, and the networks that it refers to.
    Storage,
    /// The same, where it makes sense for one class only.
    OneStorage,
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
        let deployment = match self.workload {
            Some(flags) => deployment::read_with(self.deployment, flags)?,
            None => deployment::read(self.deployment)?,
        };
        let place = || {
            let file = self.deployment.config.as_ref();
            file.map_or("clockwork.hcl".into(), |path| path.to_string_lossy())
        };
        if self.workload.is_some() && deployment.workloads().next().is_none() {
            return wrong(
                &place(),
                "the file has no module of `./modules/graphscope`",
                "add `module \"NAME\" { source = \"./modules/graphscope\" … }`, or give `--workload-kind`",
            );
        }
        if self.selection == Selection::OneStorage && deployment.storage().count() > 1 {
            return wrong(
                &place(),
                "the file has several modules of `./modules/csi/efs`, and this command is about one class",
                "name one with `--module`",
            );
        }
        let target = self.target(&deployment, &goal)?;
        let folder = build()?;
        let session = self.session(&folder)?;
        let work = Work::Run(Box::new(self.job(deployment, goal, target, yes)?));
        self.order(&Order { session, work }, &folder)
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
        let modules = match self.selection {
            Selection::Storage | Selection::OneStorage => deployment.without_workloads(),
            Selection::Workloads => deployment.only_workloads(),
            Selection::Everything => deployment.modules,
        };
        Ok(Job { goal, modules, target, wait: !self.run.no_wait, yes, timeline })
    }

    /// What holds for the whole run; programs are in `folder`.
    pub(crate) fn session(&self, folder: &Path) -> anyhow::Result<Session> {
        let run = self.run;
        let sandbox = if run.sandbox {
            Some(Sandbox { program: folder.join("sandbox"), state: sandbox::state()? })
        } else {
            None
        };
        Ok(Session {
            output: run.output.into(),
            timeout: run.timeout,
            endpoint_url: run.endpoint_url.clone(),
            sandbox,
            verbosity: run.verbose,
            again: again(),
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
        let in_cluster = matches!(goal, Goal::Expand | Goal::Verify(_));
        if in_cluster && (run.manifests.is_some() || (run.sandbox && run.context.is_none())) {
            let place = if run.manifests.is_some() { "--manifests" } else { "--sandbox" };
            return wrong(
                place,
                "this command works in a cluster, and `--manifests` writes documents",
                "give `--context`",
            );
        }
        if let Some(directory) = &run.manifests {
            return Ok(Destination::Directory(directory.clone()));
        }
        if run.sandbox && run.context.is_none() {
            return Ok(Destination::Directory(sandbox::manifests()?.join(deployment.folder())));
        }
        let context = run.context.clone().map_or(ContextChoice::Current, ContextChoice::Named);
        Ok(Destination::Cluster(ClusterTarget { context, helm: self.helm(deployment, goal)? }))
    }

    /// Helm, where the goal needs it.
    fn helm(&self, deployment: &Deployment, goal: &Goal) -> anyhow::Result<Option<job::Helm>> {
        let installs =
            deployment.storage().any(|(_, inputs)| inputs.driver.mode != DriverMode::Skip);
        let workloads = matches!(self.selection, Selection::Workloads | Selection::Everything)
            && deployment.workloads().next().is_some();
        match goal {
            Goal::Expand | Goal::Verify(_) => Ok(None),
            // A command that only looks shows what can be seen without Helm.
            Goal::Status => Ok(helm::find().ok().filter(|_| installs)),
            _ if workloads || installs => Ok(Some(helm::find()?)),
            _ => Ok(None),
        }
    }
}

/// Builds the programs that are handed over to.
///
/// Always both: alone, `live` would have other features of shared crates, and the AWS
/// SDK would be compiled once for AWS and once for the sandbox.
pub(crate) fn build() -> anyhow::Result<std::path::PathBuf> {
    live::build(&["live", "sandbox"])
}

/// The command line, as a person would type it again.
fn again() -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,@%+".contains(c);
    let quoted = std::env::args().skip(1).map(|arg| {
        if !arg.is_empty() && arg.chars().all(plain) {
            arg
        } else {
            format!("'{}'", arg.replace('\'', "'\\''"))
        }
    });
    std::iter::once("cargo xtask".to_owned()).chain(quoted).collect::<Vec<_>>().join(" ")
}
