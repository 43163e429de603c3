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
    let (claims, volumes, pods) = tokio::try_join!(
        list::<PersistentVolumeClaim>(kube, "persistentvolumeclaims"),
        kube.volumes(),
        list::<Pod>(kube, "pods")
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
        let volumes: Api<PersistentVolume> = Api::all(self.client.clone());
        let how = PatchParams::default();
        let change = json!({"spec": {"capacity": {"storage": capacity}}});
        volumes
            .patch(volume, &how, &Patch::Merge(&change))
            .await
            .map_err(|error| self.explain(&format!("patch persistentvolumes/{volume}"), error))?;
        let claims: Api<PersistentVolumeClaim> = Api::namespaced(self.client.clone(), namespace);
        let resource = format!("persistentvolumeclaims/{name}/status");
        let found = claims.get_status(name).await;
        let found = found.map_err(|error| self.explain(&format!("get {resource}"), error))?;
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
        claims
            .patch_status(name, &how, &Patch::Merge(&change))
            .await
            .map_err(|error| self.explain(&format!("patch {resource}"), error))?;
        Ok(())
    }

    /// All volumes.
    pub(super) async fn volumes(&self) -> anyhow::Result<Vec<PersistentVolume>> {
        let api: Api<PersistentVolume> = Api::all(self.client.clone());
        let list = api.list(&ListParams::default()).await;
        Ok(list.map_err(|error| self.explain("list persistentvolumes", error))?.items)
    }
}

async fn list<T>(kube: &Kube, resource: &str) -> anyhow::Result<Vec<T>>
where
    T: kube::Resource<DynamicType = ()> + Clone + std::fmt::Debug + serde::de::DeserializeOwned,
{
    let api: Api<T> = Api::all(kube.client.clone());
    let list = api.list(&ListParams::default()).await;
    Ok(list.map_err(|error| kube.explain(&format!("list {resource}"), error))?.items)
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
