//! Claims, and the volumes of a class.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use graphscope::FoundClaim;
use graphscope::resources::claim::Call;
use graphscope::resources::stateful_set::StatefulSet;
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim, Pod};
use kube::Api;
use kube::api::{ListParams, Patch, PatchParams};
use kubernetes::claim::{Claim, Expand};
use kubernetes::{MANAGED_BY, MANAGER, Preconditions};
use serde_json::json;

use crate::cluster::{Kube, patiently};
use crate::context::{Context, Done};
use crate::progress::Line;
use crate::watch::Watch;

/// The claims of a deployment's classes, and those of their volumes that no claim holds any more.
pub(crate) async fn observe(kube: &Kube, inputs: &efs::Inputs) -> anyhow::Result<Vec<Claim>> {
    let is_ours = |class: Option<&str>| class.is_some_and(|class| inputs.has_class(class));
    let everything = ListParams::default();
    let (claims, pods) = (kube.all::<PersistentVolumeClaim>(), kube.all::<Pod>());
    let of_class = |claim: PersistentVolumeClaim| is_ours(class_of(&claim)).then_some(claim);
    let (claims, volumes, pods) = tokio::try_join!(
        kube.list_each(&claims, &everything, of_class),
        volumes(kube),
        kube.list_each(&pods, &everything, used_by)
    )?;
    let users = users(pods);
    let held: BTreeSet<&String> =
        claims.iter().filter_map(|claim| claim.spec.as_ref()?.volume_name.as_ref()).collect();
    let mut found: Vec<Claim> = claims.iter().map(|claim| read(claim, &users)).collect();
    let free = volumes.iter().filter(|volume| {
        let of_class = volume.spec.as_ref().and_then(|spec| spec.storage_class_name.as_deref());
        let is_held = volume.metadata.name.as_ref().is_some_and(|name| held.contains(name));
        is_ours(of_class) && !is_held
    });
    found.extend(free.map(|volume| {
        let phase = volume.status.as_ref().and_then(|status| status.phase.clone());
        let policy =
            volume.spec.as_ref().and_then(|spec| spec.persistent_volume_reclaim_policy.as_deref());
        // One that is bound is so by a claim that names its class in another way.
        let is_free = matches!(phase.as_deref(), Some("Released" | "Available"));
        Claim {
            namespace: String::new(),
            name: volume.metadata.name.clone().unwrap_or_default(),
            phase: phase.unwrap_or_default(),
            volume: volume.metadata.name.clone(),
            retained: policy == Some("Retain") && is_free,
            ..Claim::default()
        }
    }));
    found.sort_by_key(Claim::address);
    Ok(found)
}

/// The claims of a workload's namespace that have its names or its label, or that its chart made
/// for the pods of these `StatefulSets`, or of others.
pub(crate) async fn observe_workload(
    kube: &Kube,
    inputs: &graphscope::Inputs,
    (sets, may_delete): (&[StatefulSet], bool),
) -> anyhow::Result<Vec<FoundClaim>> {
    let everything = ListParams::default();
    let (claims, pods): (Api<PersistentVolumeClaim>, Api<Pod>) =
        (kube.within(&inputs.namespace), kube.within(&inputs.namespace));
    let (claims, pods) = tokio::try_join!(
        kube.list(&claims, &everything),
        kube.list_each(&pods, &everything, used_by)
    )?;
    let users = users(pods);
    let wanted: Vec<String> = inputs.claims().into_iter().map(|claim| claim.name).collect();
    let label = |claim: &PersistentVolumeClaim, name: &str| {
        claim.metadata.labels.as_ref().and_then(|labels| labels.get(name).cloned())
    };
    let found = claims.iter().map(|claim| FoundClaim {
        claim: read(claim, &users),
        class: class_of(claim).map(str::to_owned),
        access_modes: claim
            .spec
            .iter()
            .filter_map(|spec| spec.access_modes.clone())
            .flatten()
            .collect(),
        ours: label(claim, MANAGED_BY).as_deref() == Some(MANAGER)
            && label(claim, kubernetes::label::WORKLOAD).as_ref() == Some(&inputs.name),
        // A StatefulSet gives the claims of its pods the labels that it selects them by.
        // Those of the charts below it have another name, and the same release.
        of_release: label(claim, "app.kubernetes.io/instance").as_ref() == Some(&inputs.name),
        reclaim_policy: None,
        of_pod: claim
            .metadata
            .name
            .as_ref()
            .is_some_and(|name| sets.iter().any(|set| set.template_of(name).is_some())),
    });
    let of_workload =
        |it: &FoundClaim| it.ours || it.of_release || it.of_pod || wanted.contains(&it.claim.name);
    let mut found: Vec<FoundClaim> = found.filter(of_workload).collect();
    found.sort_by(|a, b| a.claim.name.cmp(&b.claim.name));
    if may_delete && !found.is_empty() {
        // Volumes are of the whole cluster, and not everybody may list them: it only explains.
        let volumes = volumes(kube).await.unwrap_or_default();
        for claim in &mut found {
            let of_claim = volumes.iter().find(|it| it.metadata.name == claim.claim.volume);
            claim.reclaim_policy = of_claim
                .filter(|_| claim.claim.volume.is_some())
                .and_then(|volume| volume.spec.as_ref()?.persistent_volume_reclaim_policy.clone());
        }
    }
    Ok(found)
}

/// Carries a call out.
pub(crate) async fn carry_out(context: &Context, call: &Call, line: &Line) -> anyhow::Result<Done> {
    let kube = &context.cluster()?.kube;
    match call {
        Call::Apply { namespace, name, document } => {
            line.state("applying");
            let claim: serde_json::Value =
                serde_norway::from_str(document).context("reading a claim that was rendered")?;
            let claims: Api<PersistentVolumeClaim> = kube.within(namespace);
            kube.apply(&claims, name, &claim).await?;
            Ok(Done::that("applied"))
        }
        Call::Grow { namespace, name, uid, size } => {
            line.state("growing");
            let claims: Api<PersistentVolumeClaim> = kube.within(namespace);
            // With the id, the API server changes no other claim of that name.
            let change = json!({
                "metadata": {"uid": uid},
                "spec": {"resources": {"requests": {"storage": size}}},
            });
            kube.merge(&claims, name, &change).await?;
            Ok(Done::that("grown"))
        }
        Call::Delete { namespace, name, uid } => {
            nobody_uses(context, kube, (namespace, name), line).await?;
            line.state("deleting");
            let claims: Api<PersistentVolumeClaim> = kube.within(namespace);
            // Its version may differ: pods that went since are written into it.
            let observed = Preconditions { uid: uid.clone(), resource_version: None };
            kube.delete_observed(&claims, name, &observed).await?;
            Ok(Done::that("destroyed"))
        }
    }
}

/// The conditions of a claim that say that a resize is in progress or failed, and would stay for ever
/// (<https://pkg.go.dev/k8s.io/api/core/v1#PersistentVolumeClaimConditionType>).
const RESIZING: [&str; 4] =
    ["Resizing", "FileSystemResizePending", "ControllerResizeError", "NodeResizeError"];

/// Gives a claim and its volume the capacity that the claim asks for: the
/// volume first, as the claim's status promises what the volume has.
pub(crate) async fn expand(context: &Context, call: &Expand, line: &Line) -> anyhow::Result<Done> {
    let Expand { namespace, name, volume, capacity } = call;
    let kube = &context.cluster()?.kube;
    line.state("expanding");
    let change = json!({"spec": {"capacity": {"storage": capacity}}});
    kube.merge::<PersistentVolume>(&kube.all(), volume, &change).await?;
    let claims: Api<PersistentVolumeClaim> = kube.within(namespace);
    let gone = RESIZING.map(|condition| json!({"$patch": "delete", "type": condition}));
    let change = json!({"status": {
        "capacity": {"storage": capacity},
        "conditions": gone,
        "allocatedResources": null,
        "allocatedResourceStatuses": null,
    }});
    // Strategic: it takes conditions away by their type, whatever others there are.
    let (how, patch) = (PatchParams::default(), Patch::Strategic(&change));
    let changed = patiently(|| claims.patch_status(name, &how, &patch)).await;
    changed.map_err(|error| {
        kube.failed::<PersistentVolumeClaim>("patch", &format!("{name}/status"), error)
    })?;
    Ok(Done::that("expanded"))
}

/// Waits until no pod uses a claim; those of a release that goes take a moment.
pub(crate) async fn nobody_uses(
    context: &Context,
    kube: &Kube,
    (namespace, name): (&str, &str),
    line: &Line,
) -> anyhow::Result<()> {
    let of = (kube.clone(), namespace.to_owned(), name.to_owned());
    let watch = Watch::new(move || {
        let (kube, namespace, name) = of.clone();
        async move {
            let pods = kube.within::<Pod>(&namespace);
            let pods = kube.list_each(&pods, &ListParams::default(), used_by).await?;
            let users = users(pods).remove(&(namespace, name)).unwrap_or_default();
            Ok(users.into_iter().map(|user| user.pod).collect::<Vec<String>>())
        }
    });
    let none = |users: &Vec<String>| {
        line.observed(&format!("used by {}", users.join(", ")));
        users.is_empty().then_some(())
    };
    context.wait(&watch, none).await
}

/// All volumes.
async fn volumes(kube: &Kube) -> anyhow::Result<Vec<PersistentVolume>> {
    kube.list(&kube.all(), &ListParams::default()).await
}

fn class_of(claim: &PersistentVolumeClaim) -> Option<&str> {
    claim.spec.as_ref()?.storage_class_name.as_deref()
}

/// A pod that uses a claim, and its node.
#[derive(Debug, Clone)]
struct User {
    pod: String,
    node: Option<String>,
}

/// The pods that use claims, by namespace and claim.
type Users = BTreeMap<(String, String), Vec<User>>;

fn users(pods: Vec<Uses>) -> Users {
    let mut users = Users::new();
    for (namespace, claims, user) in pods {
        for claim in claims {
            users.entry((namespace.clone(), claim)).or_default().push(user.clone());
        }
    }
    users
}

/// The pods that use a claim.
pub(crate) async fn pods_of(
    kube: &Kube,
    namespace: &str,
    name: &str,
) -> anyhow::Result<Vec<String>> {
    let pods = kube.within::<Pod>(namespace);
    let pods = kube.list_each(&pods, &ListParams::default(), used_by).await?;
    let users = users(pods).remove(&(namespace.to_owned(), name.to_owned())).unwrap_or_default();
    Ok(users.into_iter().map(|user| user.pod).collect())
}

/// The namespace of a pod, the claims that it uses, and what is told of it.
type Uses = (String, Vec<String>, User);

/// What a pod uses; one that ended uses nothing.
fn used_by(pod: Pod) -> Option<Uses> {
    let phase = pod.status.and_then(|status| status.phase);
    if phase.is_some_and(|phase| phase == "Succeeded" || phase == "Failed") {
        return None;
    }
    let spec = pod.spec?;
    let volumes = spec.volumes.into_iter().flatten();
    let claims: Vec<String> =
        volumes.filter_map(|volume| Some(volume.persistent_volume_claim?.claim_name)).collect();
    let user = User { pod: pod.metadata.name.unwrap_or_default(), node: spec.node_name };
    (!claims.is_empty()).then(|| (pod.metadata.namespace.unwrap_or_default(), claims, user))
}

fn read(claim: &PersistentVolumeClaim, users: &Users) -> Claim {
    let namespace = claim.metadata.namespace.clone().unwrap_or_default();
    let name = claim.metadata.name.clone().unwrap_or_default();
    let spec = claim.spec.clone().unwrap_or_default();
    let status = claim.status.clone().unwrap_or_default();
    let requested =
        spec.resources.and_then(|resources| resources.requests?.get("storage").cloned());
    let capacity = status.capacity.and_then(|capacity| capacity.get("storage").cloned());
    let users = users.get(&(namespace.clone(), name.clone())).map_or(&[][..], Vec::as_slice);
    let nodes: BTreeSet<&String> = users.iter().filter_map(|user| user.node.as_ref()).collect();
    let nodes = nodes.into_iter().cloned().collect();
    Claim {
        namespace,
        name,
        phase: status.phase.unwrap_or_default(),
        volume: spec.volume_name,
        requested: requested.map(|quantity| quantity.0),
        capacity: capacity.map(|quantity| quantity.0),
        used_by: users.iter().map(|user| user.pod.clone()).collect(),
        nodes,
        used_bytes: None,
        uid: claim.metadata.uid.clone(),
        retained: false,
        why: None,
    }
}
