//! Claims and volumes of a class.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use efs::Claim;
use graphscope::FoundClaim;
use k8s_openapi::api::core::v1::{Namespace, PersistentVolume, PersistentVolumeClaim, Pod};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kube::Api;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use serde_json::json;

use super::Kube;
use super::calls::patiently;

/// The claims of a class, and those of its volumes that no claim holds any more.
pub(crate) async fn claims(kube: &Kube, class: &str) -> anyhow::Result<Vec<Claim>> {
    let everything = ListParams::default();
    let (claims, pods) = (kube.all::<PersistentVolumeClaim>(), kube.all::<Pod>());
    let (claims, volumes, pods) = tokio::try_join!(
        kube.list(&claims, &everything),
        kube.volumes(),
        kube.list(&pods, &everything)
    )?;
    let users = users(&pods);
    let claims: Vec<PersistentVolumeClaim> =
        claims.into_iter().filter(|claim| class_of(claim) == Some(class)).collect();
    let mut told: Vec<Claim> = claims.iter().map(|claim| observed(claim, &users)).collect();
    let free = volumes.iter().filter(|volume| {
        let of_class = volume.spec.as_ref().and_then(|spec| spec.storage_class_name.as_deref());
        let held = |claim: &PersistentVolumeClaim| {
            claim.spec.as_ref().and_then(|spec| spec.volume_name.as_ref())
                == volume.metadata.name.as_ref()
        };
        of_class == Some(class) && !claims.iter().any(held)
    });
    told.extend(free.map(|volume| Claim {
        namespace: String::new(),
        name: volume.metadata.name.clone().unwrap_or_default(),
        phase: volume.status.as_ref().and_then(|status| status.phase.clone()).unwrap_or_default(),
        volume: volume.metadata.name.clone(),
        ..Claim::default()
    }));
    told.sort_by_key(Claim::address);
    Ok(told)
}

impl Kube {
    /// The claims of a workload's namespace that have its names or its label, or that its chart made.
    pub(crate) async fn claims_of_workload(
        &self,
        inputs: &graphscope::Inputs,
    ) -> anyhow::Result<Vec<FoundClaim>> {
        let everything = ListParams::default();
        let (claims, pods): (Api<PersistentVolumeClaim>, Api<Pod>) =
            (self.within(&inputs.namespace), self.within(&inputs.namespace));
        let (claims, pods) =
            tokio::try_join!(self.list(&claims, &everything), self.list(&pods, &everything))?;
        let users = users(&pods);
        let wanted: Vec<String> = inputs.claims().into_iter().map(|claim| claim.name).collect();
        let label = |claim: &PersistentVolumeClaim, name: &str| {
            claim.metadata.labels.as_ref().and_then(|labels| labels.get(name).cloned())
        };
        let found = claims.iter().map(|claim| FoundClaim {
            claim: observed(claim, &users),
            class: class_of(claim).map(str::to_owned),
            ours: label(claim, "app.kubernetes.io/managed-by").as_deref()
                == Some("clockwork-codex")
                && label(claim, "clockwork-codex/workload").as_ref() == Some(&inputs.name),
            // A StatefulSet gives the claims of its pods the labels that it selects them by.
            // Those of the charts below it have another name, and the same release.
            of_release: label(claim, "app.kubernetes.io/instance").as_ref() == Some(&inputs.name),
        });
        let mut found: Vec<FoundClaim> = found
            .filter(|it| it.ours || it.of_release || wanted.contains(&it.claim.name))
            .collect();
        found.sort_by(|a, b| a.claim.name.cmp(&b.claim.name));
        Ok(found)
    }

    /// The pods that use a claim.
    pub(crate) async fn users_of(
        &self,
        namespace: &str,
        name: &str,
    ) -> anyhow::Result<Vec<String>> {
        let pods: Vec<Pod> = self.list(&self.within(namespace), &ListParams::default()).await?;
        let key = (namespace.to_owned(), name.to_owned());
        let users = users(&pods).remove(&key).unwrap_or_default();
        Ok(users.into_iter().map(|user| user.pod).collect())
    }

    /// Deletes a claim; one that is not there any more is fine.
    pub(crate) async fn delete_claim(&self, namespace: &str, name: &str) -> anyhow::Result<()> {
        let how = DeleteParams::default();
        self.delete::<PersistentVolumeClaim>(&self.within(namespace), name, &how).await
    }

    /// Applies a claim of a workload, in a namespace that is made where it is
    /// missing, and completes it where it asks for more than it has.
    pub(crate) async fn apply_claim(
        &self,
        namespace: &str,
        name: &str,
        document: &str,
    ) -> anyhow::Result<()> {
        if self.get::<Namespace>(&self.all(), namespace).await?.is_none() {
            let object = json!({
                "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace},
            });
            self.apply::<Namespace>(&self.all(), namespace, &object).await?;
        }
        let claim: serde_json::Value =
            serde_norway::from_str(document).context("reading a claim that was rendered")?;
        let claims: Api<PersistentVolumeClaim> = self.within(namespace);
        self.apply(&claims, name, &claim).await?;
        let Some(found) = self.get(&claims, name).await? else { return Ok(()) };
        let found = observed(&found, &BTreeMap::new());
        if let (true, "Bound", Some(volume), Some(requested)) =
            (found.wants_more, found.phase.as_str(), &found.volume, &found.requested)
        {
            self.expand(namespace, name, volume, requested).await?;
        }
        Ok(())
    }

    /// Gives a claim and its volume the capacity that the claim asks for: the
    /// volume first, as the claim's status promises what the volume has.
    pub(crate) async fn expand(
        &self,
        namespace: &str,
        name: &str,
        volume: &str,
        capacity: &str,
    ) -> anyhow::Result<()> {
        let change = json!({"spec": {"capacity": {"storage": capacity}}});
        self.merge::<PersistentVolume>(&self.all(), volume, &change).await?;
        let claims: Api<PersistentVolumeClaim> = self.within(namespace);
        let failed = |verb: &str, error| {
            self.failed::<PersistentVolumeClaim>(verb, &format!("{name}/status"), error)
        };
        let found =
            patiently(|| claims.get_status(name)).await.map_err(|error| failed("get", error))?;
        let conditions = found.status.and_then(|status| status.conditions).unwrap_or_default();
        // What says that a resize is on its way would stay for ever.
        let kept: Vec<_> =
            conditions.into_iter().filter(|condition| !condition.type_.contains("Resiz")).collect();
        let change = json!({"status": {
            "capacity": {"storage": capacity},
            "conditions": kept,
            "allocatedResources": null,
            "allocatedResourceStatuses": null,
        }});
        let (how, patch) = (PatchParams::default(), Patch::Merge(&change));
        let changed = patiently(|| claims.patch_status(name, &how, &patch)).await;
        changed.map(drop).map_err(|error| failed("patch", error))
    }

    /// All volumes.
    pub(super) async fn volumes(&self) -> anyhow::Result<Vec<PersistentVolume>> {
        self.list(&self.all(), &ListParams::default()).await
    }
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

fn users(pods: &[Pod]) -> Users {
    let mut users = Users::new();
    for pod in pods {
        let ended = pod
            .status
            .as_ref()
            .and_then(|status| status.phase.as_deref())
            .is_some_and(|phase| phase == "Succeeded" || phase == "Failed");
        let volumes = pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten());
        for claim in volumes.filter_map(|volume| volume.persistent_volume_claim.as_ref()) {
            if !ended {
                let key =
                    (pod.metadata.namespace.clone().unwrap_or_default(), claim.claim_name.clone());
                users.entry(key).or_default().push(User {
                    pod: pod.metadata.name.clone().unwrap_or_default(),
                    node: pod.spec.as_ref().and_then(|spec| spec.node_name.clone()),
                });
            }
        }
    }
    users
}

fn observed(claim: &PersistentVolumeClaim, users: &Users) -> Claim {
    let namespace = claim.metadata.namespace.clone().unwrap_or_default();
    let name = claim.metadata.name.clone().unwrap_or_default();
    let spec = claim.spec.clone().unwrap_or_default();
    let status = claim.status.clone().unwrap_or_default();
    let requested =
        spec.resources.and_then(|resources| resources.requests?.get("storage").cloned());
    let capacity = status.capacity.and_then(|capacity| capacity.get("storage").cloned());
    let wants_more = match (&requested, &capacity) {
        (Some(requested), Some(capacity)) => {
            quantity(requested).zip(quantity(capacity)).is_some_and(|(asked, had)| asked > had)
        }
        _ => false,
    };
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
        wants_more,
        used_by: users.iter().map(|user| user.pod.clone()).collect(),
        nodes,
        used_bytes: None,
    }
}

fn quantity(quantity: &Quantity) -> Option<f64> {
    efs::bytes(&quantity.0)
}
