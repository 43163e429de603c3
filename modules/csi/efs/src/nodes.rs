//! The nodes of a cluster, as far as they decide where the driver's controller runs and where
//! volumes can be mounted.

use std::collections::BTreeSet;

use plan::Warning;
use serde_json::Value;

use crate::chart::{ChartVersion, TOLERATED};
use crate::inputs::Inputs;
use crate::resources::driver::DriverMode;

/// A node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    pub name: String,
    /// Its Availability Zone.
    pub zone: Option<String>,
    /// Whether it runs Windows.
    pub windows: bool,
    /// Whether it is of Fargate, and runs one pod.
    pub fargate: bool,
    pub taints: Vec<Taint>,
}

/// What keeps pods off a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taint {
    pub key: String,
    pub value: String,
    /// `NoSchedule`, `NoExecute` or `PreferNoSchedule`.
    pub effect: String,
}

impl Taint {
    /// The taint `KEY=VALUE:EFFECT`.
    pub fn new(
        key: impl Into<String>,
        value: impl Into<String>,
        effect: impl Into<String>,
    ) -> Taint {
        Taint { key: key.into(), value: value.into(), effect: effect.into() }
    }
}

impl Node {
    /// Whether it takes the driver's pods at all: they are Linux containers, and those of the
    /// DaemonSet are not for Fargate.
    ///
    /// Sources: Amazon EKS User Guide, "Use elastic file system storage with Amazon EFS"
    /// (considerations); aws-efs-csi-driver issue 340.
    fn takes_driver(&self) -> bool {
        !self.windows && !self.fargate
    }
}

/// What of the nodes will cause trouble. Nothing is said where no node is known: an autoscaler
/// may make them.
pub(crate) fn warnings(inputs: &Inputs, nodes: &[Node], zones: &BTreeSet<String>) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let able: Vec<&Node> = nodes.iter().filter(|node| node.takes_driver()).collect();
    if nodes.is_empty() {
        return warnings;
    }
    if inputs.driver.mode != DriverMode::Skip {
        warnings.extend(controller(inputs, &able));
    }
    let without: BTreeSet<&str> = able
        .iter()
        .filter_map(|node| node.zone.as_deref())
        .filter(|zone| !zones.is_empty() && !zones.contains(*zone))
        .collect();
    // The name that has the zone of the mount target in it resolves in every zone.
    if !without.is_empty() && inputs.storage_class.mounted_in().is_none() {
        let zones: Vec<&str> = without.into_iter().collect();
        warnings.push(Warning::new(
            format!(
                "nodes are in {}, where no mount target will be: the name of the file system does \
                 not resolve there, and pods that mount it do not start",
                zones.join(", ")
            ),
            "add a subnet of each of these zones to `subnet_ids`, or keep the pods off them",
        ));
    }
    warnings
}

/// Whether the pods of the controller find a node.
fn controller(inputs: &Inputs, able: &[&Node]) -> Option<Warning> {
    if able.is_empty() {
        return Some(Warning::new(
            "no node takes the driver: all of them are of Fargate or run Windows, and its pods \
             stay pending",
            "add a node group of Linux instances",
        ));
    }
    let tolerations = tolerations(inputs);
    let (open, closed): (Vec<&Node>, Vec<&Node>) = able
        .iter()
        .partition(|node| node.taints.iter().all(|taint| is_tolerated(&tolerations, taint)));
    if open.is_empty() {
        let mut keys: Vec<&str> = closed
            .iter()
            .flat_map(|node| &node.taints)
            .filter(|taint| !is_tolerated(&tolerations, taint))
            .map(|taint| taint.key.as_str())
            .collect();
        keys.sort_unstable();
        keys.dedup();
        return Some(Warning::new(
            format!(
                "every node has a taint that the driver's controller does not tolerate ({}): its \
                 pods stay pending, and no claim is bound",
                keys.join(", ")
            ),
            "name them in `driver_tolerations`, or set `controller.tolerations` in `helm_values`",
        ));
    }
    let replicas = replicas(inputs);
    if shares_ports(inputs) && replicas > open.len() as u64 {
        return Some(Warning::new(
            format!(
                "the driver's controller has {replicas} replicas, each with the ports of a node of \
                 its own, and {} that it can run on: the others stay pending",
                inputs::counted(open.len(), "node")
            ),
            "lower `driver_replicas`, or `replicaCount` in `helm_values`",
        ));
    }
    None
}

/// The tolerations of the controller: those of the inputs in place of the chart's own. Charts of
/// 2.4 have none; of later ones, those of 4.x are known.
fn tolerations(inputs: &Inputs) -> Vec<Value> {
    match inputs.driver.given_values().pointer("/controller/tolerations") {
        Some(Value::Array(given)) => given.clone(),
        _ if inputs.driver.version < ChartVersion::SUB_PATH_PATTERN => Vec::new(),
        _ => TOLERATED.map(|key| serde_json::json!({"key": key, "operator": "Exists"})).to_vec(),
    }
}

/// Whether pods with these tolerations may run in spite of a taint.
///
/// Source: Kubernetes documentation, "Taints and Tolerations". `node.kubernetes.io/…` are taints
/// of conditions that pass.
fn is_tolerated(tolerations: &[Value], taint: &Taint) -> bool {
    let passes = taint.key.starts_with("node.kubernetes.io/")
        || taint.key.starts_with("node.cloudprovider.kubernetes.io/");
    passes
        || taint.effect == "PreferNoSchedule"
        || tolerations.iter().any(|toleration| {
            let text = |key: &str| toleration.get(key).and_then(Value::as_str).unwrap_or_default();
            let exists = text("operator") == "Exists";
            let key = text("key") == taint.key || (exists && text("key").is_empty());
            let value = exists || text("value") == taint.value;
            key && value && [taint.effect.as_str(), ""].contains(&text("effect"))
        })
}

/// How many pods the controller has, by the value that its chart reads.
fn replicas(inputs: &Inputs) -> u64 {
    let key = if inputs.driver.version.reads_controller_replica_count() {
        "/controller/replicaCount"
    } else {
        "/replicaCount"
    };
    inputs.driver.given_values().pointer(key).and_then(Value::as_u64).unwrap_or(2)
}

/// Whether the controller is on the network of its node in any case, so that two of them cannot
/// share one: charts of driver 1.5.6 have no switch for it.
fn shares_ports(inputs: &Inputs) -> bool {
    inputs.driver.version < ChartVersion::SUB_PATH_PATTERN
}
