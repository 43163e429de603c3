//! Carries a plan out: every step as soon as what it needs is through.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use efs::{
    FileSystemRef, Inputs, LifeCycle, MountTarget, MountTargetOutput, Operation, Outputs, Plan,
    Rollout, Until, dns_name,
};
use job::{Command, Job, Target};
use network::{FileSystemId, MountTargetId};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::aws::{Aws, Changes, Stopped};
use crate::cluster::InCluster;
use crate::commands::Observed;
use crate::helm::Helm;
use crate::progress::{Line, Progress};
use crate::stop::{Reason, Stop};
use crate::watch::Watch;

/// How long calls under way may take when the time is over.
const GRACE: Duration = Duration::from_secs(2);

/// How a run ended.
pub(crate) enum Ended {
    /// All of the plan is carried out.
    Done(Option<Outputs>),
    /// It was told to stop.
    Stopped {
        /// By whom.
        reason: Reason,
        /// What was not carried out, with its last state.
        left: Vec<String>,
    },
    /// Something failed; what did not need it was carried out.
    Failed(Vec<anyhow::Error>),
}

/// What a step did to the mount targets, for the outputs.
enum Effect {
    None,
    Target(MountTarget),
    Gone(MountTargetId),
}

/// A step or a wait.
#[derive(Clone)]
struct Node {
    id: String,
    address: String,
    needs: BTreeSet<String>,
    work: Work,
}

#[derive(Clone)]
enum Work {
    Step(Operation),
    Wait(Until),
}

/// What all steps share.
struct World {
    changes: Changes,
    inputs: Inputs,
    target: Place,
    /// Whether something failed, so that nobody waits any longer for what may never come.
    failing: watch::Sender<bool>,
}

/// Where Kubernetes objects go.
enum Place {
    Directory(PathBuf),
    Cluster(Box<InCluster>),
}

impl World {
    fn directory(&self) -> anyhow::Result<&Path> {
        match &self.target {
            Place::Directory(path) => Ok(path),
            Place::Cluster(_) => bail!("the plan has a document, and the target is a cluster"),
        }
    }

    fn cluster(&self) -> anyhow::Result<&InCluster> {
        match &self.target {
            Place::Cluster(cluster) => Ok(cluster),
            Place::Directory(_) => {
                bail!("the plan changes a cluster, and the target is a directory")
            }
        }
    }

    fn helm(&self) -> anyhow::Result<&Helm> {
        self.cluster()?
            .helm
            .as_ref()
            .context("the plan has a release, and the driver is left alone")
    }

    /// The id of the file system that a step names.
    fn file_system<'a>(&'a self, reference: &'a FileSystemRef) -> anyhow::Result<&'a str> {
        match reference {
            FileSystemRef::Known(id) => Ok(id.as_str()),
            FileSystemRef::AfterApply => self
                .changes
                .file_system()
                .map(FileSystemId::as_str)
                .context("the file system was not created before what names it"),
        }
    }
}

pub(crate) async fn run(
    job: &Job,
    aws: &Aws,
    target: Option<InCluster>,
    plan: &Plan,
    observed: &Observed,
    progress: &Progress,
    stop: &Stop,
) -> Ended {
    let found = observed.actual.file_system.as_ref();
    let world = Arc::new(World {
        changes: Changes::new(aws, job.inputs.owner(), stop, found),
        inputs: job.inputs.clone(),
        target: match (target, &job.target) {
            (Some(cluster), _) => Place::Cluster(Box::new(cluster)),
            (None, Target::Directory(path)) => Place::Directory(path.clone()),
            (None, Target::Cluster(_)) => Place::Directory(PathBuf::new()),
        },
        failing: watch::Sender::new(false),
    });
    let mut targets: BTreeMap<MountTargetId, MountTarget> = observed
        .actual
        .mount_targets
        .iter()
        .filter(|target| !matches!(target.life_cycle, LifeCycle::Deleting | LifeCycle::Deleted))
        .map(|target| (target.id.clone(), target.clone()))
        .collect();
    let mut ready = nodes(plan);
    let mut through: BTreeSet<String> = BTreeSet::new();
    let mut under_way: BTreeMap<String, Line> = BTreeMap::new();
    let mut tasks = JoinSet::new();
    let mut errors = Vec::new();
    loop {
        if errors.is_empty() && stop.reason().is_none() {
            for node in ready.extract_if(.., |node| node.needs.is_subset(&through)) {
                let line = progress.line(&node.address);
                under_way.insert(node.id.clone(), line.clone());
                let world = Arc::clone(&world);
                tasks.spawn(async move {
                    let result = carry_out(&world, &node, &line).await;
                    (node, line, result)
                });
            }
        }
        let next = tokio::select! {
            next = tasks.join_next() => next,
            () = grace_is_over(stop) => break,
        };
        match next {
            None => break,
            Some(Ok((node, line, Ok((told, effect))))) => {
                line.done(&told);
                match effect {
                    Effect::None => {}
                    Effect::Target(target) => drop(targets.insert(target.id.clone(), target)),
                    Effect::Gone(id) => drop(targets.remove(&id)),
                }
                under_way.remove(&node.id);
                through.insert(node.id);
            }
            Some(Ok((_, line, Err(error)))) if error.is::<Stopped>() => {
                line.failed(&format!("left {}", line.last()));
            }
            Some(Ok((node, line, Err(error)))) => {
                line.failed("failed");
                under_way.remove(&node.id);
                errors.push(error.context(format!("carrying out {}", node.address)));
                world.failing.send_replace(true);
            }
            Some(Err(panic)) => errors.push(
                anyhow::Error::new(panic).context("a step ended by a defect; please report it"),
            ),
        }
    }
    if !errors.is_empty() {
        return Ended::Failed(errors);
    }
    if let Some(reason) = stop.reason() {
        let waiting = under_way.values().map(|line| format!("{} ({})", line.name(), line.last()));
        let left: Vec<String> =
            waiting.chain(ready.iter().map(|node| node.address.clone())).collect();
        if !left.is_empty() {
            return Ended::Stopped { reason, left };
        }
    }
    if !ready.is_empty() {
        let stuck: Vec<String> = ready.into_iter().map(|node| node.id).collect();
        return Ended::Failed(vec![anyhow::anyhow!(
            "the plan has steps that wait for each other: {}",
            stuck.join(", ")
        )]);
    }
    Ended::Done(match job.command {
        Command::Destroy | Command::Status | Command::Expand | Command::Verify(_) => None,
        Command::Plan { .. } | Command::Deploy => world.changes.file_system().map(|id| Outputs {
            storage_class_name: job.inputs.storage_class.name.clone(),
            file_system_id: id.clone(),
            file_system_dns_name: dns_name(id, &job.inputs.aws_region),
            mount_targets: outputs(targets.into_values()),
            cluster: world.cluster().ok().map(|cluster| cluster.kube.name.clone()),
            manifests: world.directory().ok().map(|path| path.display().to_string()),
        }),
    })
}

/// Calls under way may end after an interrupt; after the time given they have little left.
async fn grace_is_over(stop: &Stop) {
    match stop.stopped().await {
        Reason::TimedOut => tokio::time::sleep(GRACE).await,
        Reason::Interrupted => std::future::pending().await,
    }
}

fn nodes(plan: &Plan) -> Vec<Node> {
    let steps = plan.steps.iter().map(|step| Node {
        id: step.id.clone(),
        address: step.address.clone(),
        needs: step.needs.iter().cloned().collect(),
        work: Work::Step(step.operation.clone()),
    });
    let waits = plan.waits.iter().map(|wait| Node {
        id: wait.id.clone(),
        address: wait.address.clone(),
        needs: BTreeSet::new(),
        work: Work::Wait(wait.until.clone()),
    });
    waits.chain(steps).collect()
}

fn outputs(targets: impl Iterator<Item = MountTarget>) -> Vec<MountTargetOutput> {
    let mut outputs: Vec<MountTargetOutput> = targets
        .map(|target| MountTargetOutput {
            availability_zone: target.availability_zone,
            mount_target_id: target.id,
            subnet_id: target.subnet_id,
            ip_address: target.ip_address,
        })
        .collect();
    outputs.sort_by(|a, b| a.availability_zone.cmp(&b.availability_zone));
    outputs
}

/// One step or wait; the answer is what to tell, and what it did to the targets.
async fn carry_out(world: &World, node: &Node, line: &Line) -> anyhow::Result<(String, Effect)> {
    let changes = &world.changes;
    let told = |text: &str| Ok((text.to_owned(), Effect::None));
    match &node.work {
        Work::Wait(Until::DriverReady) => {
            driver_ready(world, line).await?;
            told("runs")
        }
        Work::Wait(until) => wait(changes, until, line).await,
        Work::Step(operation) => match operation {
            Operation::CreateFileSystem(asked) => {
                let made = changes.create_file_system(asked, line).await?;
                Ok((format!("created {}", made.id), Effect::None))
            }
            Operation::UpdateThroughput { file_system, throughput } => {
                changes.update_throughput(file_system, *throughput, line).await?;
                told("updated")
            }
            Operation::TagFileSystem { file_system, tags } => {
                changes.tag_file_system(file_system, tags, line).await?;
                told("tagged")
            }
            Operation::DeleteFileSystem { file_system } => {
                changes.delete_file_system(file_system, line).await?;
                told("destroyed")
            }
            Operation::CreateMountTarget(asked) => {
                let made = changes.create_mount_target(asked, line).await?;
                Ok((format!("created {}", made.id), Effect::Target(made)))
            }
            Operation::ReplaceMountTarget { old, new } => {
                changes.delete_mount_target(old, line).await?;
                let made = changes.create_mount_target(new, line).await?;
                Ok((format!("replaced {old} by {}", made.id), Effect::Target(made)))
            }
            Operation::SetSecurityGroups { mount_target, security_groups } => {
                changes.set_security_groups(mount_target, security_groups, line).await?;
                told("updated")
            }
            Operation::DeleteMountTarget { mount_target } => {
                changes.delete_mount_target(mount_target, line).await?;
                Ok(("destroyed".to_owned(), Effect::Gone(mount_target.clone())))
            }
            Operation::AuthorizeIngress { group, source, tags } => {
                changes.authorize(group, source, tags, line).await?;
                told("created")
            }
            Operation::RevokeIngress { group, rule } => {
                changes.revoke(group, rule, line).await?;
                told("destroyed")
            }
            Operation::WriteDocument { document, file_system } => {
                let id = match file_system {
                    None => "",
                    Some(reference) => world.file_system(reference)?,
                };
                let text = document.render_for(&world.inputs, id)?;
                directory::write(world.directory()?, *document, &text)?;
                told("written")
            }
            Operation::RemoveDocument { document } => {
                directory::remove(world.directory()?, *document)?;
                told("removed")
            }
            Operation::ApplyStorageClass { file_system, replace } => {
                let id = world.file_system(file_system)?;
                line.state("applying");
                world.cluster()?.kube.apply_class(&world.inputs, id, *replace).await?;
                told(if *replace { "replaced" } else { "applied" })
            }
            Operation::DeleteStorageClass { name } => {
                world.cluster()?.kube.delete_class(name).await?;
                told("destroyed")
            }
            Operation::UpgradeRelease { stuck, wait } => {
                world.helm()?.upgrade(*stuck, line).await?;
                if *wait {
                    driver_ready(world, line).await?;
                    return told("runs");
                }
                told("released")
            }
            Operation::ExpandClaim { namespace, name, volume, capacity } => {
                let kube = &world.cluster()?.kube;
                kube.expand(namespace, name, volume, capacity).await?;
                told("expanded")
            }
            Operation::UninstallRelease => {
                line.state("uninstalling");
                world.helm()?.uninstall().await?;
                told("destroyed")
            }
        },
    }
}

/// Waits until the driver runs everywhere, and says meanwhile why it does not.
async fn driver_ready(world: &World, line: &Line) -> anyhow::Result<()> {
    let kube = world.cluster()?.kube.clone();
    let namespace = world.inputs.driver.namespace.clone();
    let rollouts = Watch::new(move || {
        let (kube, namespace) = (kube.clone(), namespace.clone());
        async move { kube.rollouts(&namespace).await }
    });
    let complete = |rollouts: &Vec<Rollout>| {
        let behind: Vec<String> =
            rollouts.iter().filter(|rollout| !rollout.is_complete()).map(told_of).collect();
        if behind.is_empty() && !rollouts.is_empty() {
            return Some(());
        }
        line.observed(&behind.join("; "));
        None
    };
    let mut failing = world.failing.subscribe();
    tokio::select! {
        ready = world.changes.wait(&rollouts, complete) => ready,
        _ = failing.wait_for(|failing| *failing) => bail!(Stopped),
    }
}

fn told_of(rollout: &Rollout) -> String {
    let Rollout { name, ready, desired, current: _, why } = rollout;
    let why = why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
    format!("{name} {ready} of {desired}{why}")
}

async fn wait(changes: &Changes, until: &Until, line: &Line) -> anyhow::Result<(String, Effect)> {
    match until {
        Until::FileSystemAvailable(_) => {
            changes.file_system_available(line).await?;
            Ok(("available".to_owned(), Effect::None))
        }
        Until::FileSystemGone(id) => {
            changes.file_system_gone(id, line).await?;
            Ok(("gone".to_owned(), Effect::None))
        }
        Until::MountTargetAvailable(id) => {
            let target = changes.target_available(line, |target| target.id == *id).await?;
            Ok(("available".to_owned(), Effect::Target(target)))
        }
        Until::MountTargetGone(id) => {
            changes.target_gone(id, line).await?;
            Ok(("gone".to_owned(), Effect::Gone(id.clone())))
        }
        Until::DriverReady => bail!("the driver is waited for elsewhere"),
    }
}
