//! The module's inputs: from what was given to values that AWS and Kubernetes
//! are known to accept.

pub(crate) mod directory;
mod parse;
pub(crate) mod rules;
mod schema;

use std::collections::BTreeMap;

use ipnet::IpNet;
use network::{FileSystemId, SecurityGroupId, SubnetId};
use serde::{Deserialize, Serialize};

use crate::driver::DriverInputs;

pub use schema::{INPUTS, OUTPUTS};

/// The module's inputs, checked. The names are those of [`INPUTS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inputs {
    /// The AWS region.
    pub aws_region: String,
    /// The EKS cluster.
    pub cluster_name: String,
    /// Where the mount targets go.
    pub subnet_ids: Subnets,
    /// The security group of the mount targets.
    pub security_group_id: Group,
    /// The CSI driver.
    pub driver: DriverInputs,
    /// The user's tags.
    pub tags: BTreeMap<String, String>,
    /// The file system to create, or the one to adopt.
    pub file_system: FileSystemInputs,
    /// Whose NFS traffic must be admitted.
    pub nfs_clients: NfsClients,
    /// The StorageClass.
    pub storage_class: StorageClassInputs,
}

/// The subnets, or the network module that tells them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subnets {
    /// Given by id.
    Listed(Vec<SubnetId>),
    /// The output `private_subnets` of the network module.
    FromNetwork,
}

/// The security group, or the network module that tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Given by id.
    Listed(SecurityGroupId),
    /// The output `security_group_id` of the network module.
    FromNetwork,
}

/// The file system to create, or the one to adopt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileSystemInputs {
    /// One of our own.
    Own {
        /// Whether it is encrypted at rest.
        encrypted: bool,
        /// The key, where not the AWS managed one.
        kms_key_id: Option<String>,
        /// The performance mode.
        performance_mode: PerformanceMode,
        /// The throughput mode.
        throughput: Throughput,
    },
    /// An existing one, of which nothing is changed or deleted.
    Adopted(FileSystemId),
}

/// A performance mode; immutable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PerformanceMode {
    /// The one that AWS recommends.
    GeneralPurpose,
    /// More operations per second at a higher latency; excludes elastic throughput.
    #[serde(rename = "maxIO")]
    MaxIo,
}

impl PerformanceMode {
    /// The mode as AWS writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            PerformanceMode::GeneralPurpose => "generalPurpose",
            PerformanceMode::MaxIo => "maxIO",
        }
    }
}

/// A throughput mode; can be changed in place.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Throughput {
    /// Follows the load.
    Elastic,
    /// Follows the size.
    Bursting,
    /// Fixed, in MiB/s.
    Provisioned(f64),
}

impl Throughput {
    /// The mode as AWS writes it.
    pub fn mode(self) -> &'static str {
        match self {
            Throughput::Elastic => "elastic",
            Throughput::Bursting => "bursting",
            Throughput::Provisioned(_) => "provisioned",
        }
    }

    /// The provisioned throughput in MiB/s, where there is one.
    pub fn mibps(self) -> Option<f64> {
        match self {
            Throughput::Provisioned(mibps) => Some(mibps),
            Throughput::Elastic | Throughput::Bursting => None,
        }
    }
}

/// Whose NFS traffic the mount targets' security group must admit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NfsClients {
    /// The nodes' security group.
    pub security_group_id: Option<SecurityGroupId>,
    /// The nodes' addresses.
    pub cidr: Option<IpNet>,
}

/// The StorageClass as its user wants it; the file system is not known here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageClassInputs {
    /// Its name.
    pub name: String,
    /// Permissions of each volume's root directory, in octal.
    pub directory_perms: String,
    /// POSIX user id of each volume.
    pub uid: Option<u32>,
    /// POSIX group id of each volume.
    pub gid: Option<u32>,
    /// First and last group id that the driver may hand out.
    pub gid_range: Option<(u32, u32)>,
    /// Directory under which volumes are made.
    pub base_path: Option<String>,
    /// Pattern of each volume's directory.
    pub sub_path_pattern: Option<String>,
    /// Whether a unique id is added to that pattern.
    pub ensure_unique_directory: Option<bool>,
    /// Whether a claim of the same name gets the same access point.
    pub reuse_access_point: Option<bool>,
    /// What happens to a volume whose claim is gone.
    pub reclaim_policy: ReclaimPolicy,
    /// When a volume is made.
    pub volume_binding_mode: VolumeBindingMode,
    /// Mount options.
    pub mount_options: Vec<String>,
    /// Whether claims may ask for more.
    pub allow_volume_expansion: bool,
    /// The user's labels.
    pub labels: BTreeMap<String, String>,
    /// The user's annotations.
    pub annotations: BTreeMap<String, String>,
    /// Whether claims without a class get this one.
    pub default: bool,
}

/// What happens to a volume whose claim is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReclaimPolicy {
    /// It goes too.
    Delete,
    /// It stays.
    Retain,
}

impl ReclaimPolicy {
    /// The policy as Kubernetes writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            ReclaimPolicy::Delete => "Delete",
            ReclaimPolicy::Retain => "Retain",
        }
    }
}

/// When a volume is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum VolumeBindingMode {
    /// With its claim.
    Immediate,
    /// With the first pod that uses the claim.
    WaitForFirstConsumer,
}

impl VolumeBindingMode {
    /// The mode as Kubernetes writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            VolumeBindingMode::Immediate => "Immediate",
            VolumeBindingMode::WaitForFirstConsumer => "WaitForFirstConsumer",
        }
    }
}
