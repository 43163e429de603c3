//! Images that cannot be pulled, as a kubelet reports them.

use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::events::warn;
use crate::json::text;

/// The top-level domain that no resolver knows (RFC 2606): nobody pulls from a registry below it.
const NOWHERE: &str = ".invalid";

/// How the kubelet calls it once it has tried in vain.
const BACK_OFF: &str = "ImagePullBackOff";

/// Reports the containers of a pod whose images cannot be pulled, where there are some, in the words
/// of the kubelet (`pkg/kubelet/images/image_manager.go`). The pod stays pending.
///
/// # Errors
/// If the API server does not take the status.
pub(crate) fn reported(cluster: &Cluster, pod: &Value, path: &str) -> anyhow::Result<bool> {
    let containers = pod["spec"]["containers"].as_array().into_iter().flatten();
    let missing: Vec<&Value> = containers.filter(|it| is_nowhere(text(it, "/image"))).collect();
    let Some(first) = missing.first() else { return Ok(false) };
    let reason = "/status/containerStatuses/0/state/waiting/reason";
    if text(pod, reason) == BACK_OFF {
        return Ok(true);
    }
    // Where the event is there already, it says the same.
    let _ = tell(cluster, pod, text(first, "/image"));
    let statuses: Vec<Value> = missing.into_iter().map(waiting).collect();
    let status = json!({"status": {"phase": "Pending", "containerStatuses": statuses}});
    cluster.merge(&format!("{path}/status"), &status)?;
    Ok(true)
}

/// Whether an image is of a registry that does not exist.
fn is_nowhere(image: &str) -> bool {
    let host = image.split_once('/').map_or("", |(host, _)| host);
    host.split(':').next().is_some_and(|host| host.ends_with(NOWHERE))
}

/// What the container runtime says of an image.
fn failure(image: &str) -> String {
    let host = image.split('/').next().unwrap_or_default();
    format!(
        "failed to pull and unpack image \"{image}\": failed to resolve reference \"{image}\": dial tcp: \
         lookup {host}: no such host"
    )
}

fn waiting(container: &Value) -> Value {
    let image = text(container, "/image");
    let message = format!("Back-off pulling image \"{image}\": ErrImagePull: {}", failure(image));
    json!({
        "name": container["name"],
        "image": image,
        "imageID": "",
        "restartCount": 0,
        "ready": false,
        "started": false,
        "state": {"waiting": {"reason": BACK_OFF, "message": message}},
    })
}

/// Writes the event of a pod whose image was not pulled, once.
fn tell(cluster: &Cluster, pod: &Value, image: &str) -> anyhow::Result<()> {
    let message = format!("Failed to pull image \"{image}\": {}", failure(image));
    warn(cluster, pod, "image", ("Failed", &message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_registry_that_exists_nowhere_has_no_images() {
        for (image, nowhere) in [
            ("mirror.invalid/efs/driver:v1", true),
            ("mirror.invalid:5000/efs/driver@sha256:00", true),
            ("amazon/aws-efs-csi-driver:v1.5.6", false),
            ("busybox", false),
            ("mirror.example.com/a.invalid/b", false),
        ] {
            assert_eq!(is_nowhere(image), nowhere, "{image}");
        }
    }
}
