//! Claims and volumes of a class.

use std::collections::BTreeMap;

use efs::Claim;
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim, Pod};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kube::Api;
use kube::api::{ListParams, Patch, PatchParams};
use serde_json::json;

use super::Kube;

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
        requested: None,
        capacity: None,
        wants_more: false,
        used_by: Vec::new(),
    }));
    told.sort_by_key(Claim::address);
    Ok(told)
}

impl Kube {
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
        let found = claims.get_status(name).await.map_err(|error| failed("get", error))?;
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
        let changed =
            claims.patch_status(name, &PatchParams::default(), &Patch::Merge(&change)).await;
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

/// The pods that use a claim, by namespace and claim.
fn users(pods: &[Pod]) -> BTreeMap<(String, String), Vec<String>> {
    let mut users: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
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
                users.entry(key).or_default().extend(pod.metadata.name.clone());
            }
        }
    }
    users
}

fn observed(
    claim: &PersistentVolumeClaim,
    users: &BTreeMap<(String, String), Vec<String>>,
) -> Claim {
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
    let used_by = users.get(&(namespace.clone(), name.clone())).cloned().unwrap_or_default();
    Claim {
        namespace,
        name,
        phase: status.phase.unwrap_or_default(),
        volume: spec.volume_name,
        requested: requested.map(|quantity| quantity.0),
        capacity: capacity.map(|quantity| quantity.0),
        wants_more,
        used_by,
    }
}

fn quantity(quantity: &Quantity) -> Option<f64> {
    efs::bytes(&quantity.0)
}
