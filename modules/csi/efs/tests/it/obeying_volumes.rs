//! A cluster of the world for plans, as it obeys calls about volumes and claims at once.

use efs::Actual;
use efs::resources::persistent_volume::{self, ClaimSpec, FoundClaim, FoundVolume};
use kubernetes::{MANAGED_BY, MANAGER, Preconditions};
use plan::Known;
use serde_json::Value;

use crate::obeying::Resolve;

/// A cluster, as it obeys a call about volumes and claims: it binds them at once.
pub(crate) fn volume(call: &persistent_volume::Call, resolve: Resolve<'_>, actual: &mut Actual) {
    let found = &mut actual.cluster.as_mut().unwrap().static_volumes;
    match call {
        persistent_volume::Call::Apply { name, document } => {
            let volume = read(&document.resolve(resolve).unwrap());
            assert_eq!(volume.name, *name);
            let same = |it: &FoundVolume| it.name == *name;
            if let Some(old) = found.volumes.iter().find(|it| same(it)) {
                assert_eq!(old.spec.handle, volume.spec.handle, "Forbidden: immutable");
            }
            found.volumes.retain(|it| !same(it));
            found.volumes.push(volume);
        }
        persistent_volume::Call::Delete { name, .. } => {
            let before = found.volumes.len();
            found.volumes.retain(|it| it.name != *name);
            assert!(found.volumes.len() < before, "NotFound: {name}");
        }
        persistent_volume::Call::Retain { .. } => panic!("only a failover does that"),
        persistent_volume::Call::ApplyClaim { namespace, name, document } => {
            let claim = kubernetes::parsed("claim", document).unwrap();
            let text =
                |pointer: &str| claim.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
            let volume = text("/spec/volumeName").unwrap();
            for it in found.volumes.iter_mut().filter(|it| it.name == volume) {
                "Bound".clone_into(&mut it.phase);
            }
            let claim = FoundClaim {
                spec: ClaimSpec {
                    volume: Some(volume),
                    class: text("/spec/storageClassName"),
                    size: text("/spec/resources/requests/storage"),
                },
                phase: "Bound".to_owned(),
                managed: text("/metadata/labels/app.kubernetes.io~1managed-by")
                    .is_some_and(|by| by == MANAGER),
                used_by: Vec::new(),
                uid: Some("c1".to_owned()),
            };
            found.claims.insert(format!("{namespace}/{name}"), claim);
        }
        persistent_volume::Call::DeleteClaim { namespace, name, .. } => {
            let gone = found.claims.remove(&format!("{namespace}/{name}")).unwrap();
            assert_eq!(gone.used_by, [""; 0]);
            for it in
                found.volumes.iter_mut().filter(|it| gone.spec.volume == Some(it.name.clone()))
            {
                "Released".clone_into(&mut it.phase);
            }
        }
    }
}

/// A volume as it is found after this document was applied.
fn read(document: &str) -> FoundVolume {
    let volume = kubernetes::parsed("volume", document).unwrap();
    let text = |pointer: &str| volume.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let claim = text("/spec/claimRef/namespace").zip(text("/spec/claimRef/name"));
    let options = volume["spec"]["mountOptions"].as_array().cloned().unwrap_or_default();
    assert_eq!(volume["metadata"]["labels"][MANAGED_BY], MANAGER);
    FoundVolume {
        name: text("/metadata/name").unwrap(),
        spec: persistent_volume::Spec {
            handle: text("/spec/csi/volumeHandle").map(Known::Now),
            size: text("/spec/capacity/storage").unwrap(),
            mount_options: options.iter().map(|it| it.as_str().unwrap().to_owned()).collect(),
            reclaim_policy: text("/spec/persistentVolumeReclaimPolicy").unwrap(),
            claim: claim.map(|(namespace, name)| format!("{namespace}/{name}")),
        },
        phase: "Available".to_owned(),
        annotations: serde_json::from_value(volume["metadata"]["annotations"].clone()).unwrap(),
        managed: true,
        preconditions: Preconditions { uid: Some("v1".to_owned()), resource_version: None },
    }
}
