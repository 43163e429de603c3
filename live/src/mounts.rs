//! What a cluster runs that may have mounts: read only where a plan takes mount targets away.

use std::collections::BTreeMap;

use efs::{Actual, Desired, Pod, Running};
use k8s_openapi::api::core::v1 as core;

use crate::cluster::Kube;
use crate::target::Target;
use crate::users;

/// Reads who may have mounts, where the plan would take a mount target away. An ordinary run
/// costs no call for it.
pub(crate) async fn of_disturbed(
    desired: Option<&Desired>,
    target: &Target,
    actual: &mut Actual,
) -> anyhow::Result<()> {
    let Some(desired) = desired else { return Ok(()) };
    let Some(there) = target.cluster() else { return Ok(()) };
    if !efs::disturbs_mounts(desired, actual) {
        return Ok(());
    }
    let (running, volumes) = tokio::try_join!(running(&there.kube), users::volumes(&there.kube))?;
    if let Some(cluster) = &mut actual.cluster {
        cluster.running = running;
        cluster.volumes = volumes;
    }
    Ok(())
}

/// The pods with their nodes; `None` where this identity may not see all pods.
async fn running(kube: &Kube) -> anyhow::Result<Option<Running>> {
    let pods = kube.pods_if_allowed(|found| pod(&found));
    let (pods, nodes) = tokio::try_join!(pods, kube.nodes())?;
    Ok(pods.map(|pods| Running { pods, zones: zones(&nodes) }))
}

/// The zones of nodes, by their well-known label
/// (<https://kubernetes.io/docs/reference/labels-annotations-taints/#topologykubernetesiozone>).
fn zones(nodes: &[core::Node]) -> BTreeMap<String, String> {
    let zone = |node: &core::Node| {
        let labels = node.metadata.labels.as_ref()?;
        let zone = labels.get("topology.kubernetes.io/zone")?;
        Some((node.metadata.name.clone()?, zone.clone()))
    };
    nodes.iter().filter_map(zone).collect()
}

/// A pod that runs on a node, with what it may mount; one that ended has no mounts.
fn pod(found: &core::Pod) -> Option<Pod> {
    let phase = found.status.as_ref().and_then(|status| status.phase.as_deref());
    if matches!(phase, Some("Succeeded" | "Failed")) {
        return None;
    }
    let spec = found.spec.as_ref()?;
    let name = found.metadata.name.as_deref()?;
    let namespace = found.metadata.namespace.as_deref().unwrap_or_default();
    let (mut claims, mut servers) = (Vec::new(), Vec::new());
    for volume in spec.volumes.iter().flatten() {
        if let Some(claim) = &volume.persistent_volume_claim {
            claims.push(format!("{namespace}/{}", claim.claim_name));
        }
        if volume.ephemeral.is_some() {
            // Its claim is named after both
            // (<https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/>).
            claims.push(format!("{namespace}/{name}-{}", volume.name));
        }
        servers.extend(volume.nfs.as_ref().map(|nfs| nfs.server.clone()));
    }
    let node = spec.node_name.clone()?;
    Some(Pod { name: format!("{namespace}/{name}"), node, claims, servers })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pod_names_its_claims_and_servers_unless_it_ended_or_has_no_node() {
        let found = |node: Option<&str>, phase: &str| {
            let found = json!({
                "metadata": { "name": "engine-0", "namespace": "graphs" },
                "spec": { "nodeName": node, "containers": [], "volumes": [
                    { "name": "data", "persistentVolumeClaim": { "claimName": "datasets" } },
                    { "name": "scratch", "ephemeral": {} },
                    { "name": "old", "nfs": { "server": "10.0.0.4", "path": "/" } },
                    { "name": "none", "emptyDir": {} },
                ] },
                "status": { "phase": phase },
            });
            pod(&serde_json::from_value(found).unwrap())
        };
        let running = found(Some("node-1"), "Running").unwrap();
        assert_eq!(running.name, "graphs/engine-0");
        assert_eq!(running.claims, ["graphs/datasets", "graphs/engine-0-scratch"]);
        assert_eq!(running.servers, ["10.0.0.4"]);
        assert_eq!(found(Some("node-1"), "Succeeded"), None);
        assert_eq!(found(None, "Pending"), None);
    }
}
