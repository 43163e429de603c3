//! The nodes of a cluster, as far as they decide where the driver's controller runs and where
//! volumes can be mounted.

use std::collections::{BTreeMap, BTreeSet};

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
    pub labels: BTreeMap<String, String>,
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
        warnings.extend(without_daemon_set(inputs, &able));
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

/// The processors that the driver's images are built for, all of its versions (`ALL_ARCH_linux` in
/// the Makefile of aws-efs-csi-driver).
const PROCESSORS: [&str; 2] = ["amd64", "arm64"];

/// Why the DaemonSet of the driver runs on no node of a kind, and what to do about it.
fn never(node: &Node) -> Option<(String, &'static str)> {
    if node.fargate {
        let remedy = "no Fargate profile may select pods with its volumes";
        return Some(("Fargate runs no DaemonSet".to_owned(), remedy));
    }
    if node.windows {
        let remedy = "give pods with its volumes the `nodeSelector` `kubernetes.io/os: linux`";
        return Some(("the driver is for Linux, and they run Windows".to_owned(), remedy));
    }
    let arch = node.labels.get("kubernetes.io/arch")?;
    let remedy = "give pods with its volumes a `nodeSelector` of `kubernetes.io/arch`";
    let known = PROCESSORS.contains(&arch.as_str());
    (!known).then(|| (format!("the driver has no image for {}", ::inputs::plain(arch)), remedy))
}

/// Why the values keep the DaemonSet off a node, and what to do about it. The chart of each version
/// tolerates every taint unless `node.tolerations` says otherwise, and so it runs on nodes with GPUs
/// and on those of Bottlerocket.
fn kept_off(values: &Value, node: &Node) -> Option<(String, &'static str)> {
    let given = values.pointer("/node/tolerations").and_then(Value::as_array);
    let shut = |taint: &&Taint| given.is_some_and(|given| !is_tolerated(given, taint));
    if let Some(taint) = node.taints.iter().find(shut) {
        let why =
            format!("`node.tolerations` leaves out their taint {}", ::inputs::plain(&taint.key));
        return Some((
            why,
            "add it there, or leave `node.tolerations` out: the chart tolerates all",
        ));
    }
    let mut selected =
        values.pointer("/node/nodeSelector").and_then(Value::as_object).into_iter().flatten();
    let (key, _) = selected
        .find(|(key, value)| node.labels.get(*key).map(String::as_str) != value.as_str())?;
    let why = format!("`node.nodeSelector` asks for the label {}", ::inputs::plain(key));
    Some((why, "give them the label, or leave `node.nodeSelector` out"))
}

/// The nodes of a cluster on which no pod mounts a volume, by what keeps the driver off them, each
/// with its remedy.
fn unserved(
    nodes: &[Node],
    why: impl Fn(&Node) -> Option<(String, &'static str)>,
) -> Vec<(String, &'static str)> {
    let mut causes: BTreeMap<(String, &str), Vec<&str>> = BTreeMap::new();
    for node in nodes {
        if let Some(cause) = why(node) {
            causes.entry(cause).or_default().push(&node.name);
        }
    }
    let told = |((why, remedy), names): ((String, &'static str), Vec<&str>)| {
        let more = match names.len() {
            0..=3 => String::new(),
            all => format!(" and {} more", all - 3),
        };
        let first: Vec<String> = names.iter().take(3).map(|name| ::inputs::plain(name)).collect();
        let first = first.join(", ");
        let what = format!(
            "the driver does not run on {first}{more}, and pods there that mount its volumes do not \
             start: {why}"
        );
        (what, remedy)
    };
    causes.into_iter().map(told).collect()
}

/// The nodes that never take the driver, where others do.
pub(crate) fn notes(inputs: &Inputs, nodes: &[Node]) -> Vec<String> {
    if inputs.driver.mode == DriverMode::Skip || !nodes.iter().any(Node::takes_driver) {
        return Vec::new();
    }
    let told = unserved(nodes, never).into_iter();
    told.map(|(what, remedy)| format!("{what}; {remedy}")).collect()
}

/// The nodes that the values keep it off.
fn without_daemon_set(inputs: &Inputs, able: &[&Node]) -> Vec<Warning> {
    let values = inputs.driver.given_values();
    let able: Vec<Node> =
        able.iter().copied().filter(|node| never(node).is_none()).cloned().collect();
    let told = unserved(&able, |node| kept_off(&values, node)).into_iter();
    told.map(|(what, remedy)| Warning::new(what, remedy)).collect()
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
                ::inputs::counted(open.len(), "node")
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
