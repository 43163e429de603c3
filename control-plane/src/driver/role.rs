//! What newer provisioners than a chart's own may do beside what the chart lets them do.

use serde_json::json;

use crate::cluster::Cluster;

/// Lets the provisioner patch volumes. From 5.0 on it holds each volume by a finalizer until the
/// driver has deleted it; charts before 3.0.6 do not let it take the finalizer away again, and the
/// driver's deletion, tried once more, is denied, as an access point that is gone has no tags.
///
/// # Errors
/// If the API server does not take the role or its binding.
pub fn complete_provisioner_role(cluster: &Cluster) -> anyhow::Result<()> {
    let rbac = "/apis/rbac.authorization.k8s.io/v1";
    let metadata = json!({"name": "clockwork-provisioner"});
    let patching =
        json!({"apiGroups": [""], "resources": ["persistentvolumes"], "verbs": ["patch"]});
    cluster.create(
        &format!("{rbac}/clusterroles"),
        &json!({"metadata": metadata, "rules": [patching]}),
    )?;
    let account = json!({
        "kind": "ServiceAccount",
        "namespace": "kube-system",
        "name": "efs-csi-controller-sa",
    });
    let role = json!({
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "ClusterRole",
        "name": "clockwork-provisioner",
    });
    cluster.create(
        &format!("{rbac}/clusterrolebindings"),
        &json!({"metadata": metadata, "roleRef": role, "subjects": [account]}),
    )?;
    Ok(())
}
