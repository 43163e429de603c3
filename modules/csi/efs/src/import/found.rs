//! What was found of a file system.

use std::collections::BTreeMap;

use network::IngressRule;

use crate::owner::OUR_PREFIX;
use crate::resources::file_system::FileSystem;
use crate::resources::mount_target::MountTarget;
use crate::resources::{security_group, storage_class};
use crate::users::{AccessPoint, Replication};

/// A file system with all that belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub region: String,
    /// With what takes calls of its own to read.
    pub file_system: FileSystem,
    /// With their security groups.
    pub mount_targets: Vec<MountTarget>,
    pub access_points: Vec<AccessPoint>,
    /// Those that it is the source or the destination of.
    pub replications: Vec<Replication>,
    /// The security groups that the deployment of the block's names made.
    pub own_groups: Vec<security_group::Found>,
    /// The ingress rules that it made.
    pub own_rules: Vec<IngressRule>,
    /// The StorageClass on it, where a cluster was looked at that has one.
    pub class: Option<storage_class::Spec>,
    /// Whether that cluster has a driver that this project did not install.
    pub has_driver: bool,
}

impl Found {
    /// The mount targets that clients mount through, or will.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &MountTarget> {
        let stays = |target: &&MountTarget| {
            !target.life_cycle.is_leaving() && !target.life_cycle.is_broken()
        };
        self.mount_targets.iter().filter(stays)
    }
}

/// The tags that are the user's: without those of deployments, and of AWS and of controllers, which
/// set them themselves.
pub(super) fn own_tags(
    tags: &BTreeMap<String, String>,
) -> impl Iterator<Item = (String, String)> + '_ {
    let user = |key: &str| {
        ![OUR_PREFIX, "aws:", "services.k8s.aws/"].iter().any(|prefix| key.starts_with(prefix))
    };
    let all = tags.iter().filter(move |(key, _)| user(key));
    all.map(|(key, value)| (key.clone(), value.clone()))
}
