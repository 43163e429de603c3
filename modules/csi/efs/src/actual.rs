//! What was observed in one run, as plain data.

use network::Observed;
use plan::files::Files;

use crate::cluster::Cluster;
use crate::identity::IdentityFound;
use crate::key::Key;
use crate::resources::addon;
use crate::resources::file_system::FileSystem;
use crate::resources::mount_target::MountTarget;
use crate::resources::security_group;
use crate::users::{AccessPoint, Replication};

/// Everything that was observed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Actual {
    /// Subnets, security groups and rules.
    pub network: Observed,
    /// The file system with our token, or the adopted one.
    pub file_system: Option<FileSystem>,
    /// The key that the inputs name, where the file system is still to be made.
    pub key: Option<Key>,
    pub mount_targets: Vec<MountTarget>,
    /// Its access points, where it may be deleted or taken over.
    pub access_points: Vec<AccessPoint>,
    /// How many access points it has, for a status.
    pub access_point_count: Option<usize>,
    /// The security groups that the deployment made, where they were looked for.
    pub own_groups: Vec<security_group::Found>,
    /// The replications that it is part of, where it may be deleted.
    pub replications: Vec<Replication>,
    /// Whether an emulator that lacks the operation keeps those from being known.
    pub replications_unknown: bool,
    /// Its policy as JSON, where it may be deleted.
    pub policy: Option<String>,
    /// The driver's identity in AWS, where it was looked at.
    pub identity: Option<IdentityFound>,
    /// The driver as an EKS add-on, where it was looked at.
    pub addon: Option<addon::Observed>,
    /// The file system that the class or its document names, where that is another one than the
    /// deployment's and exists.
    pub named_before: Option<NamedBefore>,
    /// The documents that are there, by file name, where the target is a directory.
    pub documents: Files,
    /// The modules whose documents are in the same directory and rely on the driver among
    /// these, although this run does not remove them.
    pub driver_users: Vec<String>,
    /// Other documents of the directory that need the driver, by their paths.
    pub driver_documents: Vec<String>,
    /// The cluster, where the target is one.
    pub cluster: Option<Cluster>,
}

/// A file system that a class names, and that is not its deployment's.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedBefore {
    pub file_system: FileSystem,
    /// How many access points it has, where the target is a directory.
    pub access_points: usize,
}

impl Actual {
    /// The addresses of the mount targets, which volumes may name in place of the file system.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = &str> {
        let ipv4 = self.mount_targets.iter().filter_map(|target| target.ip_address.as_deref());
        let ipv6 = self.mount_targets.iter().filter_map(|target| target.ipv6_address.as_deref());
        ipv4.chain(ipv6)
    }
}
