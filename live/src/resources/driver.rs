//! The driver's objects: whose they are, and how far they have come.

use std::path::Path;

use efs::resources::driver::{Call, Foreign, Origin, Rollout};
use inputs::printable;
use job::Job;
use k8s_openapi::api::apps::v1::{DaemonSet, Deployment};
use k8s_openapi::api::storage::v1::CSIDriver;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use kube::api::{DeleteParams, ListParams};
use plan::Scope;

use crate::cluster::Kube;
use crate::context::{Context, Done};
use crate::progress::Line;
use crate::watch::Watch;

const CONTROLLER: &str = "efs-csi-controller";
const NODE: &str = "efs-csi-node";

/// What was found of the driver's objects.
#[derive(Default)]
pub(crate) struct Objects {
    pub(crate) rollouts: Vec<Rollout>,
    pub(crate) foreign: Vec<Foreign>,
    /// The selectors of the pods of rollouts that are not complete.
    behind: Vec<LabelSelector>,
}

/// The driver's Deployment and DaemonSet, wherever they are.
pub(crate) async fn observe(kube: &Kube, namespace: &str) -> anyhow::Result<Objects> {
    let named = |name: &str| ListParams::default().fields(&format!("metadata.name={name}"));
    let (controllers, nodes) = (named(CONTROLLER), named(NODE));
    let (deployments, daemon_sets) = (kube.all::<Deployment>(), kube.all::<DaemonSet>());
    let (deployments, daemon_sets) =
        tokio::try_join!(kube.list(&deployments, &controllers), kube.list(&daemon_sets, &nodes))?;
    let mut objects = Objects::default();
    let found = deployments
        .iter()
        .map(|found| (&found.metadata, deployment(found), selector(found)))
        .chain(daemon_sets.iter().map(|found| {
            let selector = found.spec.as_ref().map(|spec| spec.selector.clone());
            (&found.metadata, daemon_set(found), selector)
        }));
    for (metadata, rollout, selector) in found {
        match Foreign::of(origin(metadata), namespace) {
            Some(foreign) if objects.foreign.contains(&foreign) => {}
            Some(foreign) => objects.foreign.push(foreign),
            None => {
                if !rollout.is_complete() {
                    objects.behind.extend(selector);
                }
                objects.rollouts.push(rollout);
            }
        }
    }
    Ok(objects)
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
        Call::UntilReady { namespace } => {
            ready(context, namespace, line).await?;
            Ok(Done::that("runs"))
        }
        Call::DeleteCsiDriver { name } => {
            let kube = &context.cluster()?.kube;
            let how = DeleteParams::default();
            kube.delete::<CSIDriver>(&kube.all(), name, &how).await?;
            Ok(Done::default())
        }
    }
}

/// Waits until the driver runs everywhere, and says meanwhile why it does not.
async fn ready(context: &Context, namespace: &str, line: &Line) -> anyhow::Result<()> {
    let of = (context.cluster()?.kube.clone(), namespace.to_owned());
    let watch = Watch::new(move || {
        let (kube, namespace) = of.clone();
        async move { rollouts(&kube, &namespace).await }
    });
    let complete = |rollouts: &Vec<Rollout>| {
        let behind: Vec<String> =
            rollouts.iter().filter(|rollout| !rollout.is_complete()).map(shown).collect();
        if behind.is_empty() && !rollouts.is_empty() {
            return Some(());
        }
        line.observed(&behind.join("; "));
        None
    };
    context.wait_unless_failing(&watch, complete).await
}

/// The rollouts of our own installation, with the reasons of those that are behind.
async fn rollouts(kube: &Kube, namespace: &str) -> anyhow::Result<Vec<Rollout>> {
    let Objects { mut rollouts, behind, .. } = observe(kube, namespace).await?;
    let mut reasons = Vec::new();
    for selector in &behind {
        reasons.push(kube.why_not_ready(namespace, selector).await?);
    }
    let behind = rollouts.iter_mut().filter(|rollout| !rollout.is_complete());
    for (rollout, why) in behind.zip(reasons) {
        rollout.why = why;
    }
    Ok(rollouts)
}

fn shown(rollout: &Rollout) -> String {
    let Rollout { name, ready, desired, current: _, why } = rollout;
    let why = why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
    format!("{name} {ready} of {desired}{why}")
}

/// What an object says of where it comes from.
fn origin(metadata: &ObjectMeta) -> Origin {
    let annotation =
        |name: &str| metadata.annotations.as_ref()?.get(name).map(|value| printable(value));
    let managers = metadata.managed_fields.iter().flatten();
    Origin {
        release: annotation("meta.helm.sh/release-name"),
        release_namespace: annotation("meta.helm.sh/release-namespace"),
        managed_by: metadata
            .labels
            .as_ref()
            .and_then(|labels| labels.get("app.kubernetes.io/managed-by").cloned()),
        field_managers: managers.filter_map(|entry| entry.manager.clone()).collect(),
        namespace: metadata.namespace.clone().unwrap_or_default(),
    }
}

fn selector(found: &Deployment) -> Option<LabelSelector> {
    found.spec.as_ref().map(|spec| spec.selector.clone())
}

fn deployment(found: &Deployment) -> Rollout {
    let status = found.status.clone().unwrap_or_default();
    let updated = status.updated_replicas.unwrap_or(0);
    Rollout {
        name: format!("deployment/{CONTROLLER}"),
        ready: updated.min(status.ready_replicas.unwrap_or(0)),
        desired: found.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1),
        current: status.observed_generation >= found.metadata.generation,
        why: None,
    }
}

fn daemon_set(found: &DaemonSet) -> Rollout {
    let status = found.status.clone().unwrap_or_default();
    Rollout {
        name: format!("daemonset/{NODE}"),
        ready: status.updated_number_scheduled.unwrap_or(0).min(status.number_ready),
        desired: status.desired_number_scheduled,
        current: status.observed_generation >= found.metadata.generation,
        why: None,
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
