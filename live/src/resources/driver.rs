//! The driver's objects: whose they are, and how far they have come.

use std::collections::BTreeSet;
use std::path::Path;

use efs::resources::driver::{Call, Foreign, Origin, Rollout};
use inputs::printable;
use job::Job;
use k8s_openapi::api::apps::v1::{DaemonSet, Deployment};
use k8s_openapi::api::storage::v1::CSIDriver;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use kube::Resource;
use kube::api::{DeleteParams, ListParams};
use kube::core::NamespaceResourceScope;
use plan::Scope;

use crate::cluster::{Kube, Object};
use crate::context::{Context, Done};
use crate::progress::Line;
use crate::watch::Watch;

/// The label that chart, manifests and add-on give the driver's objects
/// (`app.kubernetes.io/name`); the chart's `nameOverride` changes its value.
const LABEL: &str = "app.kubernetes.io/name=aws-efs-csi-driver";

/// The names of its Deployment and its DaemonSet, unless somebody chose others.
const NAMES: [&str; 2] = ["efs-csi-controller", "efs-csi-node"];

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
    let (deployments, daemon_sets) = tokio::try_join!(
        installed::<Deployment>(kube, namespace, NAMES[0]),
        installed::<DaemonSet>(kube, namespace, NAMES[1]),
    )?;
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

/// The objects of the driver of one kind: by its label, by their usual name, and in our namespace by
/// our release, whatever names and labels its values give them.
async fn installed<K>(kube: &Kube, namespace: &str, name: &str) -> anyhow::Result<Vec<K>>
where
    K: Object + Resource<Scope = NamespaceResourceScope>,
{
    let labelled = ListParams::default().labels(LABEL);
    let named = ListParams::default().fields(&format!("metadata.name={name}"));
    let everything = ListParams::default();
    let (all, ours) = (kube.all::<K>(), kube.within::<K>(namespace));
    let (labelled, named, mut ours) = tokio::try_join!(
        kube.list(&all, &labelled),
        kube.list(&all, &named),
        kube.list(&ours, &everything),
    )?;
    ours.retain(|found| Foreign::of(origin(found.meta()), namespace).is_none());
    let mut known = BTreeSet::new();
    let every = labelled.into_iter().chain(named).chain(ours);
    Ok(every.filter(|found| known.insert(found.meta().uid.clone())).collect())
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

fn name(metadata: &ObjectMeta) -> String {
    printable(metadata.name.as_deref().unwrap_or_default())
}

fn selector(found: &Deployment) -> Option<LabelSelector> {
    found.spec.as_ref().map(|spec| spec.selector.clone())
}

fn deployment(found: &Deployment) -> Rollout {
    let status = found.status.clone().unwrap_or_default();
    let updated = status.updated_replicas.unwrap_or(0);
    Rollout {
        name: format!("deployment/{}", name(&found.metadata)),
        ready: updated.min(status.ready_replicas.unwrap_or(0)),
        desired: found.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1),
        current: status.observed_generation >= found.metadata.generation,
        why: None,
    }
}

fn daemon_set(found: &DaemonSet) -> Rollout {
    let status = found.status.clone().unwrap_or_default();
    Rollout {
        name: format!("daemonset/{}", name(&found.metadata)),
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
