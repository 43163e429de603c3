//! What a deployment tells once it is there.

use network::{FileSystemId, MountTargetId, SubnetId};
use serde::Serialize;

/// The module's outputs; [`crate::OUTPUTS`] says what each is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outputs {
    /// The registered StorageClass.
    pub storage_class_name: String,
    /// The file system.
    pub file_system_id: FileSystemId,
    /// The name to mount it by.
    pub file_system_dns_name: String,
    /// One per Availability Zone, sorted by zone.
    pub mount_targets: Vec<MountTargetOutput>,
    /// The cluster that holds the class, where one was the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The directory that holds the documents, where one was the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifests: Option<String>,
}

/// A mount target, as told to others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MountTargetOutput {
    /// The zone that it serves.
    pub availability_zone: String,
    /// Its id.
    pub mount_target_id: MountTargetId,
    /// Its subnet.
    pub subnet_id: SubnetId,
    /// Its address.
    pub ip_address: Option<String>,
}

/// The DNS name of a file system
/// (<https://docs.aws.amazon.com/efs/latest/ug/mounting-fs-mount-cmd-dns-name.html>);
/// China has a suffix of its own.
pub fn dns_name(file_system: &FileSystemId, region: &str) -> String {
    let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("{file_system}.efs.{region}.amazonaws.com{suffix}")
}
