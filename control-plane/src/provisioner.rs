//! A stand-in for the driver's provisioner: it creates volumes for claims on the driver's
//! classes, and deletes released volumes whose reclaim policy is `Delete`. It is held to the
//! same end-to-end steps as the driver itself.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use k8s_openapi::jiff::Timestamp;
use serde_json::{Value, json};

use crate::class::{Answer, Class};
use crate::cluster::Cluster;
use crate::efs::{Efs, NewAccessPoint};
use crate::json::text;
use crate::repeated::Repeated;

/// The name of the EFS CSI driver: the provisioner of its classes.
pub(crate) const DRIVER: &str = "efs.csi.aws.com";

/// The annotation that names the provisioner of a volume; only its own are deleted.
const PROVISIONED_BY: &str = "pv.kubernetes.io/provisioned-by";

/// The annotation by which the scheduler says that a pod that uses a claim has a node.
pub(crate) const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";

/// What the volumes are.
#[derive(Debug, Clone)]
pub enum Source {
    /// CSI volumes of access points that do not exist, for clusters without an AWS.
    MadeUp,
    /// CSI volumes of access points, as the driver creates them; nothing here can mount them.
    AccessPoints(Efs),
    /// None: every claim gets this error of the driver as an event, as the provisioner writes it.
    Refused(String),
    /// Folders of this machine that all nodes have mounted.
    HostPath {
        /// The path on this machine.
        here: PathBuf,
        /// The path on the nodes.
        mounted: String,
    },
}

/// A running stand-in; dropping this value stops it.
pub struct Provisioner {
    _provisioning: Repeated,
}

impl Provisioner {
    /// Serves the cluster of the kubeconfig.
    ///
    /// # Errors
    /// If the kubeconfig cannot be read.
    pub fn start(kubeconfig: &Path, source: Source) -> anyhow::Result<Provisioner> {
        let cluster = Cluster::connect(kubeconfig)?;
        let provisioning = Repeated::start(Duration::from_millis(100), move || {
            // What fails now, for a conflict for instance, is tried again in the next round.
            let _ = provision(&cluster, &source);
        });
        Ok(Provisioner { _provisioning: provisioning })
    }
}

fn provision(cluster: &Cluster, source: &Source) -> anyhow::Result<()> {
    let classes = cluster.list("/apis/storage.k8s.io/v1/storageclasses")?;
    let volumes = cluster.list("/api/v1/persistentvolumes")?;
    for claim in cluster.list("/api/v1/persistentvolumeclaims")? {
        let class_name = text(&claim, "/spec/storageClassName");
        let class = classes.iter().find(|found| {
            text(found, "/metadata/name") == class_name && text(found, "/provisioner") == DRIVER
        });
        let name = name_of_volume(&claim);
        if let Some(class) = class
            && text(&claim, "/status/phase") == "Pending"
            && text(&claim, "/spec/volumeName").is_empty()
            && !volumes.iter().any(|volume| text(volume, "/metadata/name") == name)
            && has_consumer(class, &claim)
        {
            if let Source::Refused(answer) = source {
                // Where the event is there already, it says the same.
                let _ = refuse(cluster, &claim, answer);
                continue;
            }
            let made = Class::read(cluster, class).and_then(|it| volume(&it, &claim, source));
            let volume = match made.map_err(anyhow::Error::downcast::<Answer>) {
                Ok(volume) => volume,
                Err(Ok(Answer(answer))) => {
                    let _ = refuse(cluster, &claim, &answer);
                    continue;
                }
                Err(Err(error)) => return Err(error),
            };
            let _ = cluster.create("/api/v1/persistentvolumes", &volume);
        }
    }
    for volume in volumes {
        let released = text(&volume, "/status/phase") == "Released";
        let delete = text(&volume, "/spec/persistentVolumeReclaimPolicy") == "Delete";
        if released && delete && volume["metadata"]["annotations"][PROVISIONED_BY] == DRIVER {
            let name = text(&volume, "/metadata/name");
            delete_access_point(source, &volume)?;
            cluster.delete(&format!("/api/v1/persistentvolumes/{name}"))?;
        }
    }
    Ok(())
}

/// Whether a volume is made for the claim now: of a class that waits for pods, once the scheduler
/// has written the node of one into it
/// (<https://kubernetes.io/docs/concepts/storage/storage-classes/#volume-binding-mode>).
fn has_consumer(class: &Value, claim: &Value) -> bool {
    let waits = text(class, "/volumeBindingMode") == "WaitForFirstConsumer";
    !waits || claim["metadata"]["annotations"][SELECTED_NODE].is_string()
}

/// Writes the event of a claim for which the driver made no volume, once.
fn refuse(cluster: &Cluster, claim: &Value, answer: &str) -> anyhow::Result<()> {
    let (namespace, name) = (text(claim, "/metadata/namespace"), text(claim, "/metadata/name"));
    let class = text(claim, "/spec/storageClassName");
    let now = Timestamp::now().to_string();
    let event = json!({
        "metadata": {"name": format!("{name}.refused"), "namespace": namespace},
        "involvedObject": {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "namespace": namespace,
            "name": name,
            "uid": claim["metadata"]["uid"],
        },
        "type": "Warning",
        "reason": "ProvisioningFailed",
        "message": format!("failed to provision volume with StorageClass \"{class}\": {answer}"),
        "source": {"component": DRIVER},
        "firstTimestamp": now,
        "lastTimestamp": now,
    });
    cluster.create(&format!("/api/v1/namespaces/{namespace}/events"), &event).map(drop)
}

fn volume(class: &Class<'_>, claim: &Value, source: &Source) -> anyhow::Result<Value> {
    let uid = text(claim, "/metadata/uid");
    let file_system = &class.file_system;
    let object = class.object;
    let name = name_of_volume(claim);
    let mut volume = json!({
        "metadata": {"name": name, "annotations": {PROVISIONED_BY: DRIVER}},
        "spec": {
            "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
            "accessModes": claim["spec"]["accessModes"],
            "persistentVolumeReclaimPolicy": object["reclaimPolicy"],
            "mountOptions": object["mountOptions"],
            "storageClassName": object["metadata"]["name"],
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": claim["metadata"]["namespace"],
                "name": claim["metadata"]["name"],
                "uid": uid,
            },
        },
    });
    let mut csi = |access_point: &str| {
        let handle = format!("{file_system}::{access_point}");
        volume["spec"]["csi"] = json!({"driver": DRIVER, "volumeHandle": handle});
    };
    match source {
        Source::MadeUp => csi(&format!("fsap-{uid}")),
        Source::AccessPoints(efs) => {
            csi(&create_access_point(efs, class, (claim, &name))?);
            let attributes = class.attributes(efs)?;
            if attributes.is_object() {
                volume["spec"]["csi"]["volumeAttributes"] = attributes;
            }
            if let Some(zone) = class.zone(efs)? {
                volume["spec"]["nodeAffinity"] = only_in(&zone);
            }
        }
        Source::Refused(_) => {}
        Source::HostPath { here, mounted } => {
            create_folder(here, uid)?;
            let path = format!("{mounted}/{uid}");
            volume["spec"]["hostPath"] = json!({"path": path, "type": "Directory"});
        }
    }
    Ok(volume)
}

fn name_of_volume(claim: &Value) -> String {
    format!("pvc-{}", text(claim, "/metadata/uid"))
}

/// The token of a volume's access point: of the claim's name alone where the class reuses access
/// points, and of the volume's otherwise (`CreateVolume` of the driver's `pkg/driver/controller.go`).
fn token<'a>(class: &Class<'_>, claim: &'a Value, volume: &'a str) -> &'a str {
    let reuses = class.parameter("reuseAccessPoint") == "true";
    if reuses { text(claim, "/metadata/name") } else { volume }
}

/// Creates the access point of a volume as its class says, or finds that of its token; returns its id.
fn create_access_point(
    efs: &Efs,
    class: &Class<'_>,
    (claim, volume): (&Value, &str),
) -> anyhow::Result<String> {
    let (file_system, token) = (class.file_system.as_str(), token(class, claim, volume));
    let number = |name: &str| class.parameter(name).parse::<u64>().ok();
    let (uid, gid) = match (number("uid"), number("gid")) {
        (Some(uid), Some(gid)) => (uid, gid),
        (uid, gid) => {
            let range = (number("gidRangeStart"), number("gidRangeEnd"));
            let free = free_gid(efs, file_system, range)?;
            (uid.unwrap_or(free), gid.unwrap_or(free))
        }
    };
    let path = class.directory(claim, volume);
    let perms = class.parameter("directoryPerms");
    let tagged = class.tags();
    efs.create(token, &NewAccessPoint { file_system, path: &path, uid, gid, perms, tagged })
}

/// The nodes of a zone, as a volume requires them.
fn only_in(zone: &str) -> Value {
    let there = json!({
        "key": "topology.kubernetes.io/zone", "operator": "In", "values": [zone],
    });
    json!({ "required": { "nodeSelectorTerms": [{ "matchExpressions": [there] }] } })
}

/// The lowest group id of the range that no access point has. The driver's own range where the
/// class names none: `DefaultGidMin` and `DefaultGidMax` of its `pkg/driver/controller.go`.
fn free_gid(
    efs: &Efs,
    file_system: &str,
    range: (Option<u64>, Option<u64>),
) -> anyhow::Result<u64> {
    let taken: Vec<u64> =
        efs.access_points(file_system)?.into_iter().map(|found| found.gid).collect();
    let (first, last) = (range.0.unwrap_or(50_000), range.1.unwrap_or(51_000));
    (first..=last)
        .find(|gid| !taken.contains(gid))
        .with_context(|| format!("{file_system} has no free group id"))
}

/// Deletes the access point of a released volume.
fn delete_access_point(source: &Source, volume: &Value) -> anyhow::Result<()> {
    let Source::AccessPoints(efs) = source else { return Ok(()) };
    match text(volume, "/spec/csi/volumeHandle").rsplit_once("::") {
        Some((_, id)) => efs.delete(id),
        None => Ok(()),
    }
}

/// Creates the folder of a volume, writable for every user that pods may run as.
fn create_folder(here: &Path, uid: &str) -> std::io::Result<()> {
    let folder = here.join(uid);
    std::fs::create_dir_all(&folder)?;
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777))
}
