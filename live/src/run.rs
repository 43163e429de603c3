//! Carries a plan out: every step as soon as what it needs is through.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use efs::{LifeCycle, MountTarget, MountTargetOutput, Outputs, Plan, dns_name};
use job::{Command, Job, Target};
use network::MountTargetId;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::aws::{Aws, Changes, Stopped};
use crate::cluster::InCluster;
use crate::commands::Observed;
use crate::progress::{Line, Progress};
use crate::steps::{Effect, Place, Work, World, carry_out};
use crate::stop::{Reason, Stop};

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
        /// How many steps were carried out.
        done: usize,
    },
    /// Something failed; what did not need it was carried out.
    Failed {
        /// What failed.
        errors: Vec<anyhow::Error>,
        /// How many steps were carried out all the same.
        done: usize,
    },
}

/// A step or a wait.
#[derive(Clone)]
struct Node {
    id: String,
    address: String,
    needs: BTreeSet<String>,
    work: Work,
}

pub(crate) async fn run(
    job: &Job,
    aws: &Aws,
    target: Option<Arc<InCluster>>,
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
            (Some(cluster), _) => Place::Cluster(cluster),
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
    let mut done = 0;
    loop {
        if errors.is_empty() && stop.reason().is_none() {
            for node in ready.extract_if(.., |node| node.needs.is_subset(&through)) {
                let line = progress.line(&node.address);
                under_way.insert(node.id.clone(), line.clone());
                let world = Arc::clone(&world);
                tasks.spawn(async move {
                    let result = carry_out(&world, &node.work, &line).await;
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
                done += usize::from(matches!(node.work, Work::Step(_)));
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
        return Ended::Failed { errors, done };
    }
    if let Some(reason) = stop.reason() {
        let waiting = under_way.values().map(|line| format!("{} ({})", line.name(), line.last()));
        let left: Vec<String> =
            waiting.chain(ready.iter().map(|node| node.address.clone())).collect();
        if !left.is_empty() {
            return Ended::Stopped { reason, left, done };
        }
    }
    if !ready.is_empty() {
        let stuck: Vec<String> = ready.into_iter().map(|node| node.id).collect();
        let error =
            anyhow::anyhow!("the plan has steps that wait for each other: {}", stuck.join(", "));
        return Ended::Failed { errors: vec![error], done };
    }
    Ended::Done(told(job, &world, targets))
}

/// What a run that is through tells of the deployment; nothing where it was taken down.
fn told(
    job: &Job,
    world: &World,
    targets: BTreeMap<MountTargetId, MountTarget>,
) -> Option<Outputs> {
    match job.command {
        Command::Destroy
        | Command::DestroyWorkloads { .. }
        | Command::PlanWorkloads { .. }
        | Command::Status
        | Command::Expand
        | Command::Verify(_) => None,
        Command::Plan { .. } | Command::Deploy | Command::DeployWorkloads { .. } => {
            world.changes.file_system().map(|id| Outputs {
                storage_class_name: job.inputs.storage_class.name.clone(),
                file_system_id: id.clone(),
                file_system_dns_name: dns_name(id, &job.inputs.aws_region),
                mount_targets: outputs(targets.into_values()),
                cluster: world.cluster().ok().map(|cluster| cluster.kube.name.clone()),
                manifests: world.directory().ok().map(|path| path.display().to_string()),
            })
        }
    }
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
