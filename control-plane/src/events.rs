//! Events of pods, as a kubelet writes them.

use k8s_openapi::jiff::Timestamp;
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::json::text;

/// Writes a warning about a pod, with its reason and message, once for each kind of them.
///
/// # Errors
/// If the API server does not take it, or has it already.
pub(crate) fn warn(
    cluster: &Cluster,
    pod: &Value,
    kind: &str,
    (reason, message): (&str, &str),
) -> anyhow::Result<()> {
    let (namespace, name) = (text(pod, "/metadata/namespace"), text(pod, "/metadata/name"));
    let now = Timestamp::now().to_string();
    let event = json!({
        "metadata": {"name": format!("{name}.{kind}"), "namespace": namespace},
        "involvedObject": {
            "apiVersion": "v1",
            "kind": "Pod",
            "namespace": namespace,
            "name": name,
            "uid": pod["metadata"]["uid"],
        },
        "type": "Warning",
        "reason": reason,
        "message": message,
        "source": {"component": "kubelet"},
        "firstTimestamp": now,
        "lastTimestamp": now,
    });
    cluster.create(&format!("/api/v1/namespaces/{namespace}/events"), &event).map(drop)
}
