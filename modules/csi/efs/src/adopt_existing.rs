//! Whether a deployment may take over data of before, as people allow it.

use serde::{Deserialize, Serialize};

use crate::ids::FileSystemId;

/// The flag that lets a deployment take over data of before.
pub const ADOPT_EXISTING: &str = "--adopt-existing";

/// The file systems whose data of before a deployment may take over without being asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdoptExisting {
    #[default]
    None,
    /// Whichever it finds.
    Any,
    /// These, as the deployments of several files have one answer each.
    These(Vec<FileSystemId>),
}

impl AdoptExisting {
    /// Whether this file system is named, as what overwrites it takes.
    pub(crate) fn names(&self, id: &FileSystemId) -> bool {
        matches!(self, AdoptExisting::These(ids) if ids.contains(id))
    }

    /// Whether the data of this file system may be taken over.
    pub(crate) fn includes(&self, id: &FileSystemId) -> bool {
        match self {
            AdoptExisting::None => false,
            AdoptExisting::Any => true,
            AdoptExisting::These(ids) => ids.contains(id),
        }
    }
}
