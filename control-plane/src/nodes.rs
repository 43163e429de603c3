//! Stand-in nodes, for machines where no kubelet can run.
//!
//! Their Node and CSINode objects are what the EFS driver and its provisioner read. Pods run
//! as [`Kubelet`] describes, and claims get volumes from [`Provisioner`] or from the driver itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use k8s_openapi::jiff::Timestamp;
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::driver::{Controllers, Logs, RealDriver};
use crate::failed::{Failed, has};
use crate::json::text;
use crate::kubelet::Kubelet;
use crate::nfs::NfsClients;
use crate::provisioner::{DRIVER, Provisioner, Source};
use crate::repeated::Repeated;

/// How often kubelets update the status of their node.
const HEARTBEAT: Duration = Duration::from_secs(10);

const REGION: &str = "eu-west-1";

/// The zones of [`REGION`]; nodes are spread over them.
const ZONES: [&str; 3] = ["eu-west-1a", "eu-west-1b", "eu-west-1c"];

/// The label by which Kubernetes knows a node's zone, and the driver its volumes' topology.
const ZONE_LABEL: &str = "topology.kubernetes.io/zone";

/// Who makes the volumes of claims.
#[derive(Debug, Clone)]
pub enum Driver {
    /// A stand-in for the driver's provisioner.
    StandIn(Source),
    /// The driver itself, as soon as its chart is installed.
    Real(Box<RealDriver>),
}

impl Driver {
    /// The URL of the AWS that has the volumes.
    fn aws(&self) -> Option<&str> {
        match self {
            Driver::StandIn(Source::AccessPoints(efs)) => Some(efs.url()),
            Driver::StandIn(_) => None,
            Driver::Real(driver) => Some(&driver.aws),
        }
    }
}

/// Running stand-in nodes; dropping this value stops them.
pub struct Nodes {
    #[expect(dead_code, reason = "dropping it stops it")]
    provisioner: Option<Provisioner>,
    #[expect(dead_code, reason = "dropping it stops it")]
    kubelet: Repeated,
    cluster: Cluster,
    failed: Failed,
    folder: PathBuf,
    logs: Logs,
}

impl Nodes {
    /// The folder that stands in for EFS: a folder below it for each volume, by the volume's name.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The logs of the real driver's programs so far, by pod and program.
    pub fn logs(&self) -> BTreeMap<String, String> {
        self.logs.read()
    }

    /// Registers `count` nodes, runs the pods that are bound to them, and provisions volumes
    /// that are made up.
    ///
    /// # Errors
    /// If the API server cannot be reached or refuses a node.
    pub fn start(kubeconfig: &Path, count: usize) -> anyhow::Result<Nodes> {
        Nodes::start_with(kubeconfig, count, Driver::StandIn(Source::MadeUp))
    }

    /// The same without a provisioner: claims wait for one.
    ///
    /// # Errors
    /// If the API server cannot be reached or refuses a node.
    pub fn alone(kubeconfig: &Path, count: usize) -> anyhow::Result<Nodes> {
        Nodes::start_driven(kubeconfig, count, None)
    }

    /// The same with a driver of choice.
    ///
    /// # Errors
    /// If the API server cannot be reached or refuses a node, or the driver cannot call AWS.
    pub fn start_with(kubeconfig: &Path, count: usize, driver: Driver) -> anyhow::Result<Nodes> {
        Nodes::start_driven(kubeconfig, count, Some(driver))
    }

    fn start_driven(
        kubeconfig: &Path,
        count: usize,
        driver: Option<Driver>,
    ) -> anyhow::Result<Nodes> {
        let cluster = Cluster::connect(kubeconfig)?;
        let nodes: Vec<Node> = (1..=count).map(Node::new).collect();
        let volumes = tempfile::tempdir().context("creating a folder for volumes")?;
        let folder = volumes.path().to_owned();
        for node in &nodes {
            node.register(&cluster)?;
        }
        let zones = nodes.iter().map(|node| (node.name.clone(), node.zone)).collect();
        let aws = driver.as_ref().and_then(Driver::aws);
        let clients = aws.and_then(|url| NfsClients::of(url, REGION, zones));
        let names: Vec<String> = nodes.into_iter().map(|node| node.name).collect();
        let logs = Logs::default();
        let (provisioner, controllers) = match driver {
            None => (None, None),
            Some(Driver::StandIn(source)) => (Some(Provisioner::start(kubeconfig, source)?), None),
            Some(Driver::Real(driver)) => (None, Some(Controllers::new(*driver, logs.clone())?)),
        };
        let failed = Failed::default();
        let kubelets = (names.clone(), Arc::clone(&failed));
        let client = Cluster::connect(kubeconfig)?;
        let mut kubelet = Kubelet::new(client, kubelets, volumes, controllers, clients);
        let not_ready = Arc::clone(&failed);
        let mut last_heartbeat = Instant::now();
        let repeated = Repeated::start(Duration::from_millis(50), move || {
            // What fails now, for a conflict for instance, is tried again in the next round.
            let _ = kubelet.sync_pods();
            if last_heartbeat.elapsed() > HEARTBEAT {
                last_heartbeat = Instant::now();
                for name in &names {
                    let _ = heartbeat(&cluster, name, !has(&not_ready, name));
                }
            }
        });
        let cluster = Cluster::connect(kubeconfig)?;
        Ok(Nodes { provisioner, kubelet: repeated, cluster, failed, folder, logs })
    }

    /// A node fails: it is not ready from now on, and runs no more pods.
    ///
    /// # Errors
    /// If the API server does not take its status.
    pub fn fail(&self, name: &str) -> anyhow::Result<()> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        heartbeat(&self.cluster, name, false)
    }
}

/// A node as EKS has it: an EC2 instance in a zone.
#[derive(Debug)]
struct Node {
    name: String,
    instance_id: String,
    zone: &'static str,
}

impl Node {
    /// The node of a number, counted from 1.
    fn new(number: usize) -> Node {
        Node {
            name: format!("stand-in-{number}"),
            instance_id: format!("i-{number:017x}"),
            zone: ZONES[(number - 1) % ZONES.len()],
        }
    }

    fn object(&self) -> Value {
        let Node { name, instance_id, zone } = self;
        let labels = json!({
            "kubernetes.io/hostname": name,
            "kubernetes.io/os": "linux",
            "topology.kubernetes.io/region": REGION,
            ZONE_LABEL: zone,
        });
        json!({
            "metadata": {"name": name, "labels": labels},
            // The form of the AWS cloud provider, from which the driver takes the instance's id.
            "spec": {"providerID": format!("aws:///{zone}/{instance_id}")},
        })
    }

    /// What a kubelet writes once the driver has registered with it. From version 2.3.0 on,
    /// the driver does not work without it.
    fn csi_node(&self, node_uid: &str) -> Value {
        let owner = json!({
            "apiVersion": "v1",
            "kind": "Node",
            "name": self.name,
            "uid": node_uid,
        });
        let driver = json!({
            "name": DRIVER,
            "nodeID": self.instance_id,
            "topologyKeys": [ZONE_LABEL],
        });
        json!({
            "metadata": {"name": self.name, "ownerReferences": [owner]},
            "spec": {"drivers": [driver]},
        })
    }

    fn register(&self, cluster: &Cluster) -> anyhow::Result<()> {
        let created = cluster.create("/api/v1/nodes", &self.object())?;
        let csi_node = self.csi_node(text(&created, "/metadata/uid"));
        cluster.create("/apis/storage.k8s.io/v1/csinodes", &csi_node)?;
        let capacity = json!({"cpu": "8", "memory": "16Gi", "pods": "110"});
        let status = json!({"capacity": capacity, "allocatable": capacity});
        let path = format!("/api/v1/nodes/{}", self.name);
        cluster.merge(&format!("{path}/status"), &json!({"status": status}))?;
        heartbeat(cluster, &self.name, true)?;
        // The API server taints a new node as not ready; this one is ready now.
        cluster.merge(&path, &json!({"spec": {"taints": null}}))?;
        Ok(())
    }
}

/// Reports whether a node is ready. Without a report for 40 s, the controllers mark it as
/// unreachable and evict its pods.
fn heartbeat(cluster: &Cluster, name: &str, is_ready: bool) -> anyhow::Result<()> {
    let ready = json!({
        "type": "Ready",
        "status": if is_ready { "True" } else { "False" },
        "reason": "StandIn",
        "lastHeartbeatTime": format!("{:.0}", Timestamp::now()),
    });
    let status = json!({"status": {"conditions": [ready]}});
    cluster.merge(&format!("/api/v1/nodes/{name}/status"), &status).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_instances_spread_over_the_zones() {
        let nodes: Vec<Value> = (1..=4).map(|number| Node::new(number).object()).collect();
        let zones: Vec<&str> = nodes
            .iter()
            .map(|node| text(node, "/metadata/labels/topology.kubernetes.io~1zone"))
            .collect();
        assert_eq!(zones, ["eu-west-1a", "eu-west-1b", "eu-west-1c", "eu-west-1a"]);
        assert_eq!(nodes[1]["spec"]["providerID"], "aws:///eu-west-1b/i-00000000000000002");
        let ids: std::collections::BTreeSet<&str> =
            nodes.iter().map(|node| text(node, "/spec/providerID")).collect();
        assert_eq!(ids.len(), nodes.len(), "each is an instance of its own");
    }

    #[test]
    fn a_csi_node_names_the_instance_and_the_label_that_its_node_has() {
        let node = Node::new(3);
        let csi_node = node.csi_node("uid-3");
        let driver = &csi_node["spec"]["drivers"][0];
        assert_eq!(driver["name"], "efs.csi.aws.com");
        assert!(text(&node.object(), "/spec/providerID").ends_with(text(driver, "/nodeID")));
        let key = text(driver, "/topologyKeys/0");
        assert_eq!(node.object()["metadata"]["labels"][key], "eu-west-1c");
        assert_eq!(csi_node["metadata"]["name"], node.object()["metadata"]["name"]);
        assert_eq!(csi_node["metadata"]["ownerReferences"][0]["uid"], "uid-3");
    }
}
