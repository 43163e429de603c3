//! The volumes of a cluster on a file system and on its copy, and their claims, as they are found.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::ids::FileSystemId;

/// The annotation of a volume with the claim that it is for: between the deletion of a claim and its
/// creation, nothing else has it.
pub(super) const CLAIM: &str = "clockwork-codex/claim";
/// The annotation of a volume with the name of the one whose place it takes.
pub(super) const MOVED_FROM: &str = "clockwork-codex/moved-from";

/// The volumes on either file system, and the claims that they name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Moved {
    pub volumes: Vec<MovedVolume>,
    /// Volumes on the source that no driver of EFS mounts, such as those of kind `nfs`: nothing moves
    /// them.
    pub others: Vec<String>,
    /// As `NAMESPACE/NAME`.
    pub claims: BTreeMap<String, MovedClaim>,
}

/// A volume of the EFS driver.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MovedVolume {
    pub name: String,
    pub handle: String,
    /// `Available`, `Bound`, `Released` or `Failed`.
    pub phase: String,
    pub reclaim_policy: String,
    pub uid: Option<String>,
    /// The claim that it is bound to or kept for, as `NAMESPACE/NAME`.
    pub claim: Option<String>,
    /// The object, with `metadata` and `spec`.
    pub object: Value,
}

/// A claim that exists.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MovedClaim {
    pub uid: Option<String>,
    pub volume: Option<String>,
    pub used_by: Vec<String>,
    /// The object, with `metadata` and `spec`.
    pub object: Value,
}

impl Moved {
    /// The pods that use the claims, each once.
    pub(super) fn used_by(&self) -> Vec<String> {
        let mut all: Vec<String> =
            self.claims.values().flat_map(|claim| claim.used_by.clone()).collect();
        all.sort();
        all.dedup();
        all
    }
}

impl MovedVolume {
    pub(super) fn annotation(&self, name: &str) -> Option<&str> {
        self.object["metadata"]["annotations"][name].as_str()
    }

    /// Whether it is on a file system.
    pub(super) fn is_on(&self, id: &FileSystemId) -> bool {
        let handle = self.handle.strip_prefix("efs:").unwrap_or(&self.handle);
        handle.split(':').next() == Some(id.as_str())
    }

    /// The access point that its handle names.
    pub(super) fn access_point(&self) -> Option<&str> {
        self.handle.rsplit(':').next().filter(|last| last.starts_with("fsap-"))
    }

    /// The name of the volume in its place on another file system: the same for every run.
    pub(super) fn name_on(&self, id: &FileSystemId) -> String {
        let moved_before = |rest: &str| FileSystemId::try_from(format!("fs-{rest}")).is_ok();
        let split = self.name.rsplit_once("-fs-").filter(|(_, rest)| moved_before(rest));
        format!("{}-{id}", split.map_or(self.name.as_str(), |(origin, _)| origin))
    }
}
