//! The configuration files of a node.

use std::path::Path;

use anyhow::Context;
use serde_json::{Value, json};

/// The socket of containerd.
pub(super) const CONTAINERD: &str = "/run/containerd/containerd.sock";

/// How containerd keeps images.
pub(super) const SNAPSHOTTER: &str = "overlayfs";

/// The image of pods' sandboxes.
pub(super) const PAUSE: &str = "docker.io/clockwork/pause:1";

/// The address of the API server's service: the first one of the range that the control plane
/// hands out.
pub(super) const SERVICE: &str = "10.0.0.1";

/// The address of the node, on the loopback of its own network.
pub(super) const HOST: &str = "10.99.0.1";

/// Where the node is.
pub(super) const REGION: &str = "eu-west-1";
pub(super) const ZONE: &str = "eu-west-1a";

/// What kubelets report of the node: where the cloud provider would say that it is.
pub(super) fn labels() -> String {
    format!(
        "--node-labels=topology.kubernetes.io/zone={ZONE},topology.kubernetes.io/region={REGION}"
    )
}

/// The instance of the node.
const INSTANCE: &str = "i-00000000000000001";

/// Writes them into the folder; pods are put below the control group.
pub(super) fn write(folder: &Path, control_group: &str) -> anyhow::Result<()> {
    let networks = folder.join("networks");
    std::fs::create_dir_all(&networks).context("creating a folder for networks")?;
    for (path, text) in [
        (networks.join("10-pods.conflist"), network().to_string()),
        (folder.join("containerd.toml"), containerd(&networks)),
        (folder.join("kubelet.json"), kubelet(control_group).to_string()),
    ] {
        std::fs::write(&path, text).with_context(|| format!("writing `{}`", path.display()))?;
    }
    Ok(())
}

/// A network of point-to-point links: pods reach the node, and nothing else.
fn network() -> Value {
    json!({
        "cniVersion": "0.4.0",
        "name": "pods",
        "plugins": [{
            "type": "ptp",
            "ipMasq": false,
            "ipam": {
                "type": "host-local",
                "dataDir": "/run/clockwork/addresses",
                "ranges": [[{"subnet": "10.98.0.0/16"}]],
                "routes": [{"dst": "0.0.0.0/0"}],
            },
        }],
    })
}

/// Machines that are containers themselves do not let the killer's scores be lowered.
fn containerd(networks: &Path) -> String {
    let networks = networks.display();
    format!(
        r#"version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
[grpc]
address = "{CONTAINERD}"
[plugins."io.containerd.cri.v1.images"]
snapshotter = "{SNAPSHOTTER}"
[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "{PAUSE}"
[plugins."io.containerd.cri.v1.runtime"]
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true
[plugins."io.containerd.cri.v1.runtime".cni]
bin_dirs = ["/usr/lib/cni"]
conf_dir = "{networks}"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
"#
    )
}

fn kubelet(control_group: &str) -> Value {
    json!({
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "containerRuntimeEndpoint": format!("unix://{CONTAINERD}"),
        // The form of the AWS cloud provider, from which the driver takes the instance's id.
        "providerID": format!("aws:///{ZONE}/{INSTANCE}"),
        "address": HOST,
        "authentication": {"anonymous": {"enabled": true}, "webhook": {"enabled": false}},
        "authorization": {"mode": "AlwaysAllow"},
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": control_group,
        "failCgroupV1": false,
        "failSwapOn": false,
        "oomScoreAdj": 0,
        "localStorageCapacityIsolation": false,
        "resolvConf": "",
        "makeIPTablesUtilChains": false,
        // Images are never deleted and pods never evicted for a full disk of somebody else's.
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "evictionHard": {"memory.available": "0%", "nodefs.available": "0%", "imagefs.available": "0%"},
        "syncFrequency": "5s",
        "registryPullQPS": 0,
        "kubeAPIQPS": 100,
        "kubeAPIBurst": 200,
    })
}
