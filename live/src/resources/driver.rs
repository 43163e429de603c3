//! The driver's objects: whose they are, and how far they have come.

mod made;
mod objects;
mod pods;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use efs::Inputs;
use efs::resources::driver::{
    Call, Foreign, Missing, Pods, Rollout, Version, away, max_unavailable, version_of_image,
};
use failure::failure;
use inputs::printable;
use job::{Goal, Job};
use k8s_openapi::api::apps::v1::{DaemonSet, Deployment};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::storage::v1::CSIDriver;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::api::{DeleteParams, ListParams};
use plan::Scope;

use crate::cluster::{Kube, is_ready, node_of};
use crate::context::{Context, Done};
use crate::meaning::kubernetes::lacks_image;
use crate::progress::Line;
use crate::stop::{Reason, Stopped};
use crate::wait::LAST_PODS;
use crate::watch::Watch;
pub(crate) use made::{Installed, installed};
pub(crate) use objects::controller;
use objects::{NAMES, objects_of, origin};

/// The generation of a DaemonSet's newest template, among its annotations, and that of a pod's,
/// among its labels (`k8s.io/api/apps/v1`, `DeprecatedTemplateGeneration` and
/// `DaemonSetTemplateGenerationKey` of `k8s.io/api/extensions/v1beta1`).
const GENERATION: &str = "deprecated.daemonset.template.generation";
const TEMPLATE: &str = "pod-template-generation";

/// What was found of the driver's objects.
#[derive(Default)]
pub(crate) struct Objects {
    pub(crate) rollouts: Vec<Rollout>,
    pub(crate) foreign: Vec<Foreign>,
    /// The pods of the controller, see [`pods::observe`].
    pub(crate) pods: Pods,
    /// The version that the controller runs, where its image tells.
    pub(crate) running: Option<Version>,
    /// Whether EKS applied any of them.
    pub(crate) applied_by_eks: bool,
}

/// A workload of the driver: how far it is, how its pods are selected, and the generation of its
/// newest template, where it says so.
struct Workload {
    rollout: Rollout,
    selector: Option<LabelSelector>,
    generation: Option<String>,
}

/// The driver's Deployment and DaemonSet, wherever they are.
pub(crate) async fn observe(kube: &Kube, namespace: &str) -> anyhow::Result<Objects> {
    let (deployments, daemon_sets) = tokio::try_join!(
        objects_of::<Deployment>(kube, namespace, NAMES[0]),
        objects_of::<DaemonSet>(kube, namespace, NAMES[1]),
    )?;
    let mut objects =
        Objects { running: deployments.iter().find_map(running), ..Objects::default() };
    let found = deployments
        .iter()
        .map(|found| (&found.metadata, deployment(found)))
        .chain(daemon_sets.iter().map(|found| (&found.metadata, daemon_set(found))));
    for (metadata, workload) in found {
        let origin = origin(metadata);
        objects.applied_by_eks |= origin.is_applied_by_eks();
        match Foreign::of(origin, namespace) {
            Some(foreign) if objects.foreign.contains(&foreign) => {}
            Some(foreign) => objects.foreign.push(foreign),
            None => objects.rollouts.push(explained(kube, namespace, workload).await),
        }
    }
    Ok(objects)
}

/// The version of the driver among the containers of its controller: all of its versions call that
/// container `efs-plugin` (the chart's `templates/controller-deployment.yaml`).
fn running(controller: &Deployment) -> Option<Version> {
    let pod = controller.spec.as_ref()?.template.spec.as_ref()?;
    let driver = pod.containers.iter().find(|container| container.name == "efs-plugin")?;
    version_of_image(driver.image.as_deref()?)
}

/// The same, with the credentials of the controller's pods where a plan depends on them.
pub(crate) async fn observe_with_pods(
    goal: &Goal,
    inputs: &Inputs,
    kube: &Kube,
) -> anyhow::Result<Objects> {
    let namespace = &inputs.driver.namespace;
    let (objects, pods) =
        tokio::try_join!(observe(kube, namespace), pods::observe(goal, inputs, kube))?;
    Ok(Objects { pods, ..objects })
}

/// A rollout with what its missing pods say. That only explains: where it cannot be read, a
/// rollout is as far as its status says.
async fn explained(kube: &Kube, namespace: &str, workload: Workload) -> Rollout {
    let Workload { mut rollout, selector, generation } = workload;
    let Some(selector) = selector.filter(|_| !rollout.is_complete()) else { return rollout };
    let (pods, nodes) = tokio::join!(kube.pods_of(namespace, &selector), kube.nodes_away());
    let pods = pods.unwrap_or_default();
    let updated = |pod: &Pod| {
        let labels = pod.metadata.labels.as_ref();
        let of_pod = labels.and_then(|labels| labels.get(TEMPLATE));
        generation.is_none() || of_pod == generation.as_ref()
    };
    let missing = pods.iter().filter(|pod| !is_ready(pod));
    let missing = missing.map(|pod| Missing { node: node_of(pod), updated: updated(pod) });
    let missing: Vec<Missing> = missing.collect();
    rollout.away = away(&missing, &nodes.unwrap_or_default());
    rollout.why = kube.why_not_ready(namespace, &pods).await.unwrap_or_default();
    rollout
}

/// Whether the cluster runs the EKS Pod Identity Agent: EKS installs it as a DaemonSet of this name
/// in `kube-system` (<https://docs.aws.amazon.com/eks/latest/userguide/pod-id-agent-setup.html>).
pub(crate) async fn pod_identity_agent(kube: &Kube) -> anyhow::Result<bool> {
    let named = ListParams::default().fields("metadata.name=eks-pod-identity-agent");
    Ok(!kube.list(&kube.all::<DaemonSet>(), &named).await?.is_empty())
}

/// Carries a call out.
pub(crate) async fn carry_out(context: &Context, call: &Call, line: &Line) -> anyhow::Result<Done> {
    match call {
        Call::UntilReady { namespace } => Ok(Done::that(ready(context, namespace, line).await?)),
        Call::GiveCredentials { namespace, wanted, wait } => {
            pods::give_credentials(context, (namespace, wanted, *wait), line).await
        }
        Call::DeleteCsiDriver { name, observed } => {
            let kube = &context.cluster()?.kube;
            let all = kube.all::<CSIDriver>();
            match observed {
                Some(observed) => kube.delete_observed(&all, name, observed).await?,
                None => kube.delete(&all, name, &DeleteParams::default()).await?,
            }
            Ok(Done::default())
        }
        Call::LeaveToEks { release, revision } => {
            let kube = &context.cluster()?.kube;
            line.state("leaving its objects to EKS");
            kube.take_from_helm(release).await?;
            kube.forget_release(release, *revision).await?;
            Ok(Done::that("left to EKS"))
        }
        Call::GiveToHelm { release } => {
            let cluster = context.cluster()?;
            let helm = cluster.helm.as_ref().context("the plan has a release, and no Helm")?;
            line.state("giving its objects to Helm");
            let objects = helm.rendered(release).await?;
            let given = cluster.kube.give_to_helm(&objects, &release.id).await?;
            Ok(Done::that(format!("gave {given} objects to Helm")))
        }
    }
}

/// Waits until the driver runs on every node that can run it, and says meanwhile why it does
/// not. The last pods that `maxUnavailable` lets be missing are waited for a moment longer.
async fn ready(context: &Context, namespace: &str, line: &Line) -> anyhow::Result<String> {
    let of = (context.cluster()?.kube.clone(), namespace.to_owned());
    let watch = Watch::new(move || {
        let (kube, namespace) = of.clone();
        async move { Ok(observe(&kube, &namespace).await?.rollouts) }
    });
    let mut last = LastPods::new(LAST_PODS);
    let judge = |rollouts: &Vec<Rollout>| {
        let partly: Vec<String> = rollouts
            .iter()
            .filter(|it| !it.is_complete() || it.done() < it.desired)
            .map(Rollout::shown)
            .collect();
        let complete = !rollouts.is_empty() && rollouts.iter().all(Rollout::is_complete);
        if complete || last.are_given_up(rollouts) {
            return Some(partly);
        }
        line.observed(&partly.join("; "));
        None
    };
    let partly = match context.wait_unless_failing(&watch, judge).await {
        Err(error) if error.is::<Stopped>() => return Err(without_image(context, line, error)),
        waited => waited?,
    };
    Ok(if partly.is_empty() { "runs".to_owned() } else { format!("runs: {}", partly.join("; ")) })
}

/// What ended a wait at its time limit where an image is missing: more time would not help.
fn without_image(context: &Context, line: &Line, error: anyhow::Error) -> anyhow::Error {
    let last = line.last();
    if context.stop.reason() != Some(Reason::TimedOut) || !lacks_image(&last) {
        return error;
    }
    failure(
        format!("an image cannot be pulled: {last}"),
        "correct the image in `helm_values`, or let the nodes reach its registry; more time does not \
         help",
    )
}

/// For how long a rollout has had all but the pods that may be missing, and nothing changed.
struct LastPods {
    patience: Duration,
    since: Option<(Instant, Vec<i32>)>,
}

impl LastPods {
    fn new(patience: Duration) -> LastPods {
        LastPods { patience, since: None }
    }

    /// Whether these rollouts are as complete as they become.
    fn are_given_up(&mut self, rollouts: &[Rollout]) -> bool {
        if rollouts.is_empty() || !rollouts.iter().all(Rollout::is_enough) {
            self.since = None;
            return false;
        }
        let done: Vec<i32> = rollouts.iter().map(Rollout::done).collect();
        match &self.since {
            Some((since, before)) if *before == done => since.elapsed() >= self.patience,
            _ => {
                self.since = Some((Instant::now(), done));
                false
            }
        }
    }
}

fn name(metadata: &ObjectMeta) -> String {
    printable(metadata.name.as_deref().unwrap_or_default())
}

fn deployment(found: &Deployment) -> Workload {
    let status = found.status.clone().unwrap_or_default();
    let spec = found.spec.as_ref();
    let updated = status.updated_replicas.unwrap_or(0);
    // Those of the template before may be the ready ones: they are waited for to go, as by
    // `kubectl rollout status`.
    let old = status.replicas.unwrap_or(0).saturating_sub(updated).max(0);
    let rollout = Rollout {
        name: format!("deployment/{}", name(&found.metadata)),
        desired: spec.and_then(|spec| spec.replicas).unwrap_or(1),
        updated,
        ready: status.ready_replicas.unwrap_or(0).saturating_sub(old).max(0),
        current: status.observed_generation >= found.metadata.generation,
        ..Rollout::default()
    };
    Workload { rollout, selector: spec.map(|spec| spec.selector.clone()), generation: None }
}

fn daemon_set(found: &DaemonSet) -> Workload {
    let status = found.status.clone().unwrap_or_default();
    let spec = found.spec.as_ref();
    let strategy = spec.and_then(|spec| spec.update_strategy.as_ref());
    // Pods are replaced by whoever deletes them: which are of the newest template says nothing.
    let by_hand = strategy.and_then(|it| it.type_.as_deref()) == Some("OnDelete");
    let limit = strategy.and_then(|it| it.rolling_update.as_ref()?.max_unavailable.as_ref());
    let limit = limit.map(|limit| match limit {
        IntOrString::Int(count) => count.to_string(),
        IntOrString::String(text) => text.clone(),
    });
    let desired = status.desired_number_scheduled;
    let rollout = Rollout {
        name: format!("daemonset/{}", name(&found.metadata)),
        desired,
        updated: if by_hand { desired } else { status.updated_number_scheduled.unwrap_or(0) },
        ready: status.number_ready,
        current: status.observed_generation >= found.metadata.generation,
        may_lack: limit.and_then(|limit| max_unavailable(&limit, desired)).unwrap_or(0),
        ..Rollout::default()
    };
    let annotations = found.metadata.annotations.as_ref();
    Workload {
        rollout,
        selector: spec.map(|spec| spec.selector.clone()),
        generation: annotations.and_then(|all| all.get(GENERATION).cloned()),
    }
}

/// The modules that rely on the driver among this one's documents, beyond this job.
pub(crate) fn users_of_documents(
    job: &Job,
    label: &str,
    directory: &Path,
) -> anyhow::Result<Vec<String>> {
    let mut users = Vec::new();
    for user in job.driver_documents(label).users() {
        if job.storage().any(|(of_job, _)| of_job == user) {
            continue;
        }
        let folder = directory.join(Scope::among(user).path(""));
        if !directory::read(&folder, efs::DOCUMENTS)?.is_empty() {
            users.push(user.clone());
        }
    }
    Ok(users)
}

/// The documents of a directory that need the driver and are not those of this job, nor of the
/// modules of its file.
pub(crate) fn other_documents(job: &Job, directory: &Path) -> anyhow::Result<Vec<String>> {
    let labels = job.storage().flat_map(|(label, _)| job.driver_documents(label).users());
    let folders: Vec<String> = labels.map(|label| Scope::among(label).path("")).collect();
    let owners: Vec<_> = job.storage().map(|(_, inputs)| inputs.owner()).collect();
    let all = directory::yaml_files(directory)?;
    let others = all.into_iter().filter(|(path, text)| {
        let known = folders.iter().any(|folder| path.starts_with(folder));
        !known && !owners.iter().any(|owner| owner.wrote(text)) && efs::needs_driver(text)
    });
    Ok(others.map(|(path, _)| printable(&path)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rollouts(ready: i32) -> Vec<Rollout> {
        let name = "daemonset/efs-csi-node".to_owned();
        let (desired, updated, may_lack) = (10, 10, 1);
        vec![Rollout {
            name,
            desired,
            updated,
            ready,
            current: true,
            may_lack,
            ..Rollout::default()
        }]
    }

    #[test]
    fn pods_that_may_be_missing_are_given_up_once_nothing_changes_any_more() {
        let mut last = LastPods::new(Duration::from_hours(1));
        assert!(!last.are_given_up(&rollouts(9)), "it may come in a moment");
        assert!(!last.are_given_up(&rollouts(9)));
        last.patience = Duration::ZERO;
        assert!(last.are_given_up(&rollouts(9)));
        assert!(!last.are_given_up(&rollouts(8)), "more is missing than may be");
        assert!(!last.are_given_up(&[]), "there is no driver");
    }
}
