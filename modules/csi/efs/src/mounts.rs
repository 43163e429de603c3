//! Who has mounts of a file system: the pods of a cluster, and whose mount target each uses.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::actual::Actual;
use crate::ids::FileSystemId;
use crate::resources::mount_target::MountTarget;
use crate::users::Volume;

/// The pods that have mounts through one mount target, by their nodes.
pub(crate) type Mounts = BTreeMap<String, BTreeSet<String>>;

/// The pods that have mounts of a file system through `target`.
///
/// Its name resolves to the target of the node's zone
/// (<https://docs.aws.amazon.com/efs/latest/ug/mounting-fs-mount-cmd-dns-name.html>); a volume
/// may name a zone or an address instead. A node whose zone is not known, or has no target, may
/// have mounted any of them.
pub(crate) fn through(actual: &Actual, id: &FileSystemId, target: &MountTarget) -> Mounts {
    let mut mounts = Mounts::new();
    let Some(cluster) = &actual.cluster else { return mounts };
    let Some(running) = &cluster.running else { return mounts };
    let served = |zone: &str| actual.mount_targets.iter().any(|it| it.availability_zone == zone);
    for pod in &running.pods {
        let claimed = |volume: &&Volume| {
            volume.claim.as_ref().is_some_and(|claim| pod.claims.contains(claim))
        };
        let of_claims = cluster.volumes.iter().filter(claimed).cloned();
        let direct =
            pod.servers.iter().map(|server| Volume { handle: server.clone(), ..Volume::default() });
        let mut volumes = of_claims.chain(direct);
        let zone = running.zones.get(&pod.node).filter(|zone| served(zone));
        let uses = |volume: Volume| {
            let by_address = actual.addresses().find(|it| volume.address() == Some(*it));
            match (by_address, volume.zone(id)) {
                (Some(address), _) => target.ip_address.as_deref() == Some(address),
                (None, _) if !volume.names(id) => false,
                (None, Some(named)) => named == target.availability_zone,
                (None, None) => zone.is_none_or(|zone| *zone == target.availability_zone),
            }
        };
        if volumes.any(uses) {
            mounts.entry(pod.node.clone()).or_default().insert(pod.name.clone());
        }
    }
    mounts
}

/// How many pods of a node are named to people; programs read all of them.
const NAMED: usize = 8;

/// Mounts as people read them: a line for each node.
pub(crate) fn lines(mounts: &Mounts) -> Vec<String> {
    let line = |(node, pods): (&String, &BTreeSet<String>)| {
        let named: Vec<&str> = pods.iter().take(NAMED).map(String::as_str).collect();
        let more = match pods.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("node {node}: {}{more}", named.join(", "))
    };
    mounts.iter().map(line).collect()
}

/// Mounts as programs read them.
pub(crate) fn value(target: &MountTarget, mounts: &Mounts) -> Value {
    let nodes = mounts.iter().map(|(node, pods)| json!({ "name": node, "pods": pods }));
    json!({
        "mount_target_id": target.id,
        "availability_zone": target.availability_zone,
        "nodes": nodes.collect::<Vec<_>>(),
    })
}
