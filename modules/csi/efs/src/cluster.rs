//! What was observed of a cluster in one run, as plain data.

use std::collections::BTreeMap;

use kubernetes::claim::Claim;

use crate::nodes::Node;
use crate::referred::Referred;
use crate::resources::driver::Found;
use crate::resources::persistent_volume;
use crate::resources::storage_class::StorageClass;
use crate::users::{OtherClass, Running, Volume};

/// A cluster.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cluster {
    /// How people call it: its context, or its address.
    pub name: String,
    /// The StorageClass of our name.
    pub storage_class: Option<StorageClass>,
    /// The StorageClasses that the deployment has beside it, or is to have.
    pub classes_beside: BTreeMap<String, StorageClass>,
    /// What the classes of the inputs refer to, by their names.
    pub referred: BTreeMap<String, Referred>,
    /// Other StorageClasses of the driver.
    pub other_classes: Vec<OtherClass>,
    pub driver: Found,
    /// The claims and volumes of our class.
    pub claims: Vec<Claim>,
    /// The volumes of the driver and those that mount over NFS, of any class or of none.
    pub volumes: Vec<Volume>,
    /// The volumes of the deployment's own access points, where they were looked at.
    pub static_volumes: persistent_volume::Found,
    /// Whether it runs the EKS Pod Identity Agent, where that was looked at.
    pub pod_identity_agent: bool,
    /// What it runs, where a plan takes mount targets away and this identity may see it.
    pub running: Option<Running>,
    /// Its nodes, where this identity may see them.
    pub nodes: Vec<Node>,
    /// The other StorageClasses that claims without a class may get.
    pub default_classes: Vec<String>,
    /// What the identity may not do of what a deployment does, such as
    /// `patch storageclasses.storage.k8s.io`.
    pub denied: Vec<String>,
}
