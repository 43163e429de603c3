//! What was observed of a cluster in one run, as plain data.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::documents::Immutable;
use crate::driver::Driver;
use crate::inputs::rules::{MANAGED_BY, OUR_PREFIX};
use crate::tags::Owner;

/// A cluster.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cluster {
    /// How people call it: its context, or its address.
    pub name: String,
    /// The StorageClass of our name.
    pub storage_class: Option<StorageClass>,
    /// Other StorageClasses of the driver.
    pub other_classes: Vec<String>,
    /// The driver.
    pub driver: Driver,
    /// The claims and volumes of our class.
    pub claims: Vec<Claim>,
    /// The volumes of the driver that are of other classes, or of none.
    pub other_volumes: Vec<String>,
    /// The keys of the nodes' taints.
    pub taints: Vec<String>,
    /// What the identity may not do of what a deployment does, such as
    /// `patch storageclasses.storage.k8s.io`.
    pub denied: Vec<String>,
}

impl Cluster {
    /// The EKS cluster that the context names, where it is named as the AWS CLI
    /// (`arn:aws:eks:REGION:ACCOUNT:cluster/NAME`) or eksctl
    /// (`USER@NAME.REGION.eksctl.io`) name it.
    pub fn eks_name(&self) -> Option<&str> {
        eks_name(&self.name)
    }
}

/// The EKS cluster that a context is named after, if it is.
pub fn eks_name(context: &str) -> Option<&str> {
    if context.starts_with("arn:") {
        return context.split_once(":cluster/").map(|(_, name)| name);
    }
    let named = context.strip_suffix(".eksctl.io")?;
    let cluster = named.rsplit_once('@').map_or(named, |(_, cluster)| cluster);
    cluster.rsplit_once('.').map(|(name, _region)| name)
}

/// A StorageClass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageClass {
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
    /// The labels that we set.
    pub our_labels: BTreeSet<String>,
    /// The annotations that we set.
    pub our_annotations: BTreeSet<String>,
    /// What of it cannot be changed.
    pub immutable: Immutable,
    /// Whether claims may ask for more.
    pub allow_volume_expansion: bool,
}

impl StorageClass {
    /// Whether this deployment made it.
    pub fn is_of(&self, owner: &Owner) -> bool {
        self.is_ours() && self.cluster() == Some(owner.cluster.as_str())
    }

    /// Whether some deployment made it.
    pub fn is_ours(&self) -> bool {
        self.labels.get(MANAGED_BY).is_some_and(|value| value == "clockwork-codex")
    }

    /// The cluster that it says it was made for.
    pub fn cluster(&self) -> Option<&str> {
        self.annotations.get(&format!("{OUR_PREFIX}cluster")).map(String::as_str)
    }
}

/// A claim on our class, or a volume of it that no claim holds any more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// Its namespace; empty for a volume without a claim.
    pub namespace: String,
    /// Its name, or that of the volume.
    pub name: String,
    /// `Pending`, `Bound`, `Lost`; `Released`, `Available` or `Failed` for a volume without a claim.
    pub phase: String,
    /// The volume.
    pub volume: Option<String>,
    /// What it asks for, as Kubernetes writes quantities.
    pub requested: Option<String>,
    /// What it has, as Kubernetes writes quantities.
    pub capacity: Option<String>,
    /// Whether it asks for more than it has.
    pub wants_more: bool,
    /// The pods that use it.
    pub used_by: Vec<String>,
    /// The nodes that those pods run on.
    pub nodes: Vec<String>,
    /// How many bytes its files take, where a node measures that.
    pub used_bytes: Option<u64>,
}

impl Claim {
    /// As people name it: `NAMESPACE/NAME`, or the volume.
    pub fn address(&self) -> String {
        if self.namespace.is_empty() {
            format!("volume {}", self.name)
        } else {
            format!("{}/{}", self.namespace, self.name)
        }
    }
}
