//! The volumes of a deployment's own access points, and their claims.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use efs::Inputs;
use efs::resources::persistent_volume::{
    Call, ClaimSpec, Found, FoundClaim, FoundVolume, KIND, Spec, unwanted_claims, volume_name,
};
use futures_util::future::try_join_all;
use k8s_openapi::api::core::v1::{Namespace, PersistentVolume, PersistentVolumeClaim};
use kube::Api;
use kube::api::ListParams;
use kubernetes::{MANAGED_BY, MANAGER, Preconditions};
use plan::Known;
use serde_json::{Value, json};
use tokio::try_join;

use crate::cluster::Kube;
use crate::context::{Context, Done};
use crate::progress::Line;
use crate::resources::claim::{nobody_uses, pods_of};
use crate::users;
use crate::watch::Watch;

/// The volumes of a cluster: those of the deployment's own access points with their claims, and
/// all of them as users of a file system.
pub(crate) async fn observe(
    kube: &Kube,
    inputs: &Inputs,
    (plans, destroys): (bool, bool),
) -> anyhow::Result<(Found, Vec<efs::Volume>)> {
    let all = kube.all::<PersistentVolume>();
    let both = |found: PersistentVolume| Some((read(&found), users::volume(&found)));
    let all = kube.list_each(&all, &ListParams::default(), both).await?;
    let (mine, others): (Vec<Option<FoundVolume>>, Vec<Option<efs::Volume>>) =
        all.into_iter().unzip();
    let owner = inputs.owner();
    let wanted: BTreeSet<String> = inputs
        .access_points
        .iter()
        .flatten()
        .filter(|(_, point)| point.volume.is_some())
        .map(|(name, _)| volume_name(&owner, name))
        .collect();
    let is_ours =
        |volume: &FoundVolume| volume.point(&owner).is_some() || wanted.contains(&volume.name);
    let volumes: Vec<FoundVolume> = mine.into_iter().flatten().filter(is_ours).collect();
    let points = inputs.access_points.iter().flatten();
    let asked = points.filter_map(|(_, point)| point.volume.as_ref()?.claim.clone());
    let asked: BTreeSet<(String, String)> = asked.collect();
    let held = volumes.iter().filter_map(|volume| {
        let (namespace, name) = volume.spec.claim.as_ref()?.split_once('/')?;
        Some((namespace.to_owned(), name.to_owned()))
    });
    let names: BTreeSet<(String, String)> = held.chain(asked.iter().cloned()).collect();
    let going = match &inputs.access_points {
        Some(points) if plans => unwanted_claims(&owner, points, &volumes),
        _ => BTreeSet::new(),
    };
    let with_pods = |name| destroys || going.contains(name);
    let claims = try_join_all(names.iter().map(|name| claim(kube, name, with_pods(name))));
    let namespaces =
        async { if plans { missing_namespaces(kube, &asked).await } else { Ok(BTreeSet::new()) } };
    let (claims, missing_namespaces) = try_join!(claims, namespaces)?;
    let claims: BTreeMap<String, FoundClaim> = claims.into_iter().flatten().collect();
    Ok((Found { volumes, claims, missing_namespaces }, others.into_iter().flatten().collect()))
}

fn read(found: &PersistentVolume) -> Option<FoundVolume> {
    let (metadata, spec) = (&found.metadata, found.spec.as_ref()?);
    let capacity = spec.capacity.as_ref().and_then(|capacity| capacity.get("storage"));
    let claim = spec
        .claim_ref
        .as_ref()
        .and_then(|claim| Some(format!("{}/{}", claim.namespace.as_ref()?, claim.name.as_ref()?)));
    let status = found.status.as_ref();
    Some(FoundVolume {
        name: metadata.name.clone()?,
        spec: Spec {
            handle: spec.csi.as_ref().map(|csi| Known::Now(csi.volume_handle.clone())),
            size: capacity.map(|quantity| quantity.0.clone()).unwrap_or_default(),
            mount_options: spec.mount_options.clone().unwrap_or_default(),
            reclaim_policy: spec.persistent_volume_reclaim_policy.clone().unwrap_or_default(),
            claim,
        },
        phase: status.and_then(|status| status.phase.clone()).unwrap_or_default(),
        annotations: metadata.annotations.clone().unwrap_or_default(),
        managed: is_managed(metadata.labels.as_ref()),
        preconditions: Preconditions {
            uid: metadata.uid.clone(),
            resource_version: metadata.resource_version.clone(),
        },
    })
}

fn is_managed(labels: Option<&BTreeMap<String, String>>) -> bool {
    labels.and_then(|labels| labels.get(MANAGED_BY)).is_some_and(|by| by == MANAGER)
}

/// A claim by namespace and name, where it exists; with its pods where it may be deleted.
async fn claim(
    kube: &Kube,
    (namespace, name): &(String, String),
    with_pods: bool,
) -> anyhow::Result<Option<(String, FoundClaim)>> {
    let claims: Api<PersistentVolumeClaim> = kube.within(namespace);
    let Some(found) = kube.get(&claims, name).await? else { return Ok(None) };
    let used_by = if with_pods { pods_of(kube, namespace, name).await? } else { Vec::new() };
    let spec = found.spec.clone().unwrap_or_default();
    let requests = spec.resources.and_then(|resources| resources.requests);
    let claim = FoundClaim {
        spec: ClaimSpec {
            volume: spec.volume_name,
            class: spec.storage_class_name,
            size: requests.and_then(|all| Some(all.get("storage")?.0.clone())),
        },
        phase: found.status.and_then(|status| status.phase).unwrap_or_default(),
        managed: is_managed(found.metadata.labels.as_ref()),
        used_by,
        uid: found.metadata.uid,
    };
    Ok(Some((format!("{namespace}/{name}"), claim)))
}

/// The namespaces of these claims that do not exist; of those that nobody may look at, none.
async fn missing_namespaces(
    kube: &Kube,
    claims: &BTreeSet<(String, String)>,
) -> anyhow::Result<BTreeSet<String>> {
    let names: BTreeSet<&String> = claims.iter().map(|(namespace, _)| namespace).collect();
    let looked = try_join_all(names.into_iter().map(|name| async move {
        let found = kube.get_if_allowed::<Namespace>(&kube.all(), name).await?;
        anyhow::Ok(matches!(found, Some(None)).then(|| name.clone()))
    }));
    Ok(looked.await?.into_iter().flatten().collect())
}

/// Carries a call out.
pub(crate) async fn carry_out(context: &Context, call: &Call, line: &Line) -> anyhow::Result<Done> {
    let kube = &context.cluster()?.kube;
    match call {
        Call::Apply { name, document } => {
            line.state("applying");
            let text = document.resolve(|change| context.results.of(change))?;
            let volume: Value = serde_norway::from_str(&text)
                .with_context(|| format!("reading the {KIND} that was rendered"))?;
            kube.apply::<PersistentVolume>(&kube.all(), name, &volume).await?;
            Ok(Done::that("applied"))
        }
        Call::Delete { name, preconditions } => {
            line.state("deleting");
            kube.delete_observed::<PersistentVolume>(&kube.all(), name, preconditions).await?;
            gone(context, kube, name, preconditions.uid.clone()).await?;
            Ok(Done::that("destroyed; its files stay"))
        }
        Call::Retain { name, uid } => {
            line.state("keeping its files");
            let change = json!({
                "metadata": { "uid": uid },
                "spec": { "persistentVolumeReclaimPolicy": "Retain" },
            });
            kube.merge::<PersistentVolume>(&kube.all(), name, &change).await?;
            Ok(Done::that("its files are kept"))
        }
        Call::ApplyClaim { namespace, name, document } => {
            line.state("applying");
            let claim: Value =
                serde_norway::from_str(document).context("reading a claim that was rendered")?;
            let claims: Api<PersistentVolumeClaim> = kube.within(namespace);
            kube.apply(&claims, name, &claim).await?;
            Ok(Done::that("applied"))
        }
        Call::DeleteClaim { namespace, name, uid } => {
            nobody_uses(context, kube, (namespace, name), line).await?;
            line.state("deleting");
            let claims: Api<PersistentVolumeClaim> = kube.within(namespace);
            let observed = Preconditions { uid: uid.clone(), resource_version: None };
            kube.delete_observed(&claims, name, &observed).await?;
            claim_gone(context, kube, (namespace, name), uid.clone()).await?;
            Ok(Done::that("destroyed; its files stay"))
        }
    }
}

/// Waits until a claim is gone: Kubernetes keeps it while a pod may use it, and what is applied
/// meanwhile would go with it.
async fn claim_gone(
    context: &Context,
    kube: &Kube,
    (namespace, name): (&str, &str),
    uid: Option<String>,
) -> anyhow::Result<()> {
    let of = (kube.clone(), namespace.to_owned(), name.to_owned());
    let watch = Watch::new(move || {
        let (kube, namespace, name) = of.clone();
        async move { kube.get(&kube.within::<PersistentVolumeClaim>(&namespace), &name).await }
    });
    let is_gone = |found: &Option<PersistentVolumeClaim>| {
        let there = found.as_ref().is_some_and(|found| found.metadata.uid == uid);
        (!there).then_some(())
    };
    context.wait(&watch, is_gone).await
}

/// Waits until a volume is gone: Kubernetes keeps it until its claim lets it go, and what is
/// applied meanwhile would go with it.
async fn gone(
    context: &Context,
    kube: &Kube,
    name: &str,
    uid: Option<String>,
) -> anyhow::Result<()> {
    let of = (kube.clone(), name.to_owned());
    let watch = Watch::new(move || {
        let (kube, name) = of.clone();
        async move { kube.get::<PersistentVolume>(&kube.all(), &name).await }
    });
    let is_gone = |found: &Option<PersistentVolume>| {
        let there = found.as_ref().is_some_and(|found| found.metadata.uid == uid);
        (!there).then_some(())
    };
    context.wait(&watch, is_gone).await
}
