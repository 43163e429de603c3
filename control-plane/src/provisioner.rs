//! A stand-in for the driver's provisioner: claims on its classes get volumes,
//! and volumes that are let go are deleted where their class says so.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::nodes::text;
use crate::repeated::Repeated;

/// The driver whose claims get volumes.
const DRIVER: &str = "efs.csi.aws.com";

/// Says which volumes are ours to delete.
const BY: &str = "pv.kubernetes.io/provisioned-by";

/// What is behind the volumes.
#[derive(Debug, Clone)]
pub enum Source {
    /// What the driver makes: an access point, which nothing here mounts.
    AccessPoint,
    /// A folder of this machine that all nodes have.
    HostPath {
        /// Where it is here.
        here: PathBuf,
        /// Where the nodes have it.
        mounted: String,
    },
}

/// A running stand-in. It ends with this value.
pub struct Provisioner {
    _provisioning: Repeated,
}

impl Provisioner {
    /// Serves the cluster that the kubeconfig leads to.
    ///
    /// # Errors
    /// Where the kubeconfig cannot be read.
    pub fn start(kubeconfig: &Path, source: Source) -> anyhow::Result<Provisioner> {
        let cluster = Cluster::connect(kubeconfig)?;
        let provisioning = Repeated::start(Duration::from_millis(100), move || {
            // What fails now, for a conflict for instance, is tried again.
            let _ = provision(&cluster, &source);
        });
        Ok(Provisioner { _provisioning: provisioning })
    }
}

fn provision(cluster: &Cluster, source: &Source) -> anyhow::Result<()> {
    let classes = cluster.list("/apis/storage.k8s.io/v1/storageclasses")?;
    for claim in cluster.list("/api/v1/persistentvolumeclaims")? {
        let class = text(&claim, "/spec/storageClassName");
        let ours = classes.iter().find(|found| {
            text(found, "/metadata/name") == class && text(found, "/provisioner") == DRIVER
        });
        if let Some(class) = ours
            && text(&claim, "/status/phase") == "Pending"
        {
            make_folder(source, text(&claim, "/metadata/uid"))?;
            let _ = cluster.create("/api/v1/persistentvolumes", &volume(class, &claim, source));
        }
    }
    for volume in cluster.list("/api/v1/persistentvolumes")? {
        let released = text(&volume, "/status/phase") == "Released";
        let delete = text(&volume, "/spec/persistentVolumeReclaimPolicy") == "Delete";
        if released && delete && volume["metadata"]["annotations"][BY] == DRIVER {
            let name = text(&volume, "/metadata/name");
            cluster.delete(&format!("/api/v1/persistentvolumes/{name}"))?;
        }
    }
    Ok(())
}

fn volume(class: &Value, claim: &Value, source: &Source) -> Value {
    let uid = text(claim, "/metadata/uid");
    let file_system = text(class, "/parameters/fileSystemId");
    let mut volume = json!({
        "metadata": {"name": format!("pvc-{uid}"), "annotations": {BY: DRIVER}},
        "spec": {
            "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
            "accessModes": claim["spec"]["accessModes"],
            "persistentVolumeReclaimPolicy": class["reclaimPolicy"],
            "storageClassName": class["metadata"]["name"],
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": claim["metadata"]["namespace"],
                "name": claim["metadata"]["name"],
                "uid": uid,
            },
        },
    });
    match source {
        Source::AccessPoint => {
            let handle = format!("{file_system}::fsap-{uid}");
            volume["spec"]["csi"] = json!({"driver": DRIVER, "volumeHandle": handle});
        }
        Source::HostPath { here: _, mounted } => {
            let path = format!("{mounted}/{uid}");
            volume["spec"]["hostPath"] = json!({"path": path, "type": "Directory"});
        }
    }
    volume
}

/// The folder of a volume, for whoever its pods run as.
fn make_folder(source: &Source, uid: &str) -> std::io::Result<()> {
    let Source::HostPath { here, mounted: _ } = source else { return Ok(()) };
    let folder = here.join(uid);
    std::fs::create_dir_all(&folder)?;
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777))
}
