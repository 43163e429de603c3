//! What was observed in one run, as plain data.

use std::collections::BTreeMap;

use network::{FileSystemId, MountTargetId, Observed, SecurityGroupId, SubnetId, Tags, VpcId};

use crate::cluster::Cluster;

/// Everything that was observed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Actual {
    /// Subnets, security groups and rules.
    pub network: Observed,
    /// The file system with our token, or the adopted one.
    pub file_system: Option<FileSystem>,
    /// Its mount targets.
    pub mount_targets: Vec<MountTarget>,
    /// The documents that are there, by file name, where the target is a directory.
    pub documents: BTreeMap<String, String>,
    /// The cluster, where the target is one.
    pub cluster: Option<Cluster>,
}

/// The states that EFS names for file systems and mount targets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LifeCycle {
    /// Not usable yet.
    Creating,
    /// In use.
    Available,
    /// In use, while a change is carried out.
    Updating,
    /// On its way out.
    Deleting,
    /// Gone; still listed for a moment.
    Deleted,
    /// Broken, or a state that EFS did not have when this was written.
    Other(String),
}

impl LifeCycle {
    /// The state that EFS calls `text`.
    pub fn parse(text: &str) -> LifeCycle {
        match text {
            "creating" => LifeCycle::Creating,
            "available" => LifeCycle::Available,
            "updating" => LifeCycle::Updating,
            "deleting" => LifeCycle::Deleting,
            "deleted" => LifeCycle::Deleted,
            other => LifeCycle::Other(other.to_owned()),
        }
    }

    /// The state as EFS calls it.
    pub fn as_str(&self) -> &str {
        match self {
            LifeCycle::Creating => "creating",
            LifeCycle::Available => "available",
            LifeCycle::Updating => "updating",
            LifeCycle::Deleting => "deleting",
            LifeCycle::Deleted => "deleted",
            LifeCycle::Other(text) => text,
        }
    }
}

/// A file system.
#[derive(Debug, Clone, PartialEq)]
pub struct FileSystem {
    /// Its id.
    pub id: FileSystemId,
    /// Its state.
    pub life_cycle: LifeCycle,
    /// The token that it was created with.
    pub creation_token: String,
    /// Whether it is encrypted at rest.
    pub encrypted: bool,
    /// The ARN of its key, where it is encrypted.
    pub kms_key_id: Option<String>,
    /// `generalPurpose` or `maxIO`.
    pub performance_mode: String,
    /// `elastic`, `bursting` or `provisioned`.
    pub throughput_mode: String,
    /// MiB/s, where provisioned.
    pub provisioned_throughput_in_mibps: Option<f64>,
    /// The zone of a One Zone file system.
    pub availability_zone: Option<String>,
    /// The size of all files in bytes, as AWS last metered it.
    pub metered_bytes: Option<u64>,
    /// Its tags.
    pub tags: Tags,
}

/// A mount target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountTarget {
    /// Its id.
    pub id: MountTargetId,
    /// Its state.
    pub life_cycle: LifeCycle,
    /// Its subnet.
    pub subnet_id: SubnetId,
    /// Its VPC.
    pub vpc_id: Option<VpcId>,
    /// Its Availability Zone.
    pub availability_zone: String,
    /// Its address, once it has one.
    pub ip_address: Option<String>,
    /// Its security groups, sorted; `None` where they could not be read.
    pub security_groups: Option<Vec<SecurityGroupId>>,
}
