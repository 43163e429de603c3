//! What was observed of a cluster in one run, as plain data.

use kubernetes::claim::Claim;

use crate::resources::driver::Found;
use crate::resources::storage_class::StorageClass;
use crate::users::{OtherClass, Volume};

/// A cluster.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cluster {
    /// How people call it: its context, or its address.
    pub name: String,
    /// The StorageClass of our name.
    pub storage_class: Option<StorageClass>,
    /// Other StorageClasses of the driver.
    pub other_classes: Vec<OtherClass>,
    pub driver: Found,
    /// The claims and volumes of our class.
    pub claims: Vec<Claim>,
    /// The volumes of the driver and those that mount over NFS, of any class or of none.
    pub volumes: Vec<Volume>,
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
