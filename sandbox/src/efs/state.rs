//! What EFS keeps in one region.

use serde::{Deserialize, Serialize};

use crate::life::Life;
use crate::table::{Row, tables};
use crate::world::Tags;

tables! { "efs" =>
    #[doc = "The file systems of one region, and what belongs to them."]
    pub(crate) struct Efs {
        file_systems: FileSystem,
        mount_targets: MountTarget,
        access_points: AccessPoint,
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FileSystem {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) created_ms: u64,
    pub(crate) life: Life,
    pub(crate) encrypted: bool,
    pub(crate) kms_key_id: Option<String>,
    pub(crate) performance_mode: String,
    pub(crate) throughput_mode: String,
    pub(crate) mibps: Option<f64>,
    /// When provisioned throughput was last decreased, in milliseconds since 1970.
    pub(crate) decreased_ms: Option<u64>,
    pub(crate) zone: Option<String>,
    pub(crate) tags: Tags,
    pub(crate) lifecycle_policies: Vec<serde_json::Value>,
    pub(crate) backup: bool,
    pub(crate) policy: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct MountTarget {
    pub(crate) id: String,
    pub(crate) file_system: String,
    pub(crate) subnet: String,
    pub(crate) interface: String,
    pub(crate) life: Life,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct AccessPoint {
    pub(crate) id: String,
    pub(crate) file_system: String,
    pub(crate) token: String,
    pub(crate) posix_user: Option<serde_json::Value>,
    pub(crate) root_directory: serde_json::Value,
    pub(crate) tags: Tags,
}

impl Row for FileSystem {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        vec![("token", &self.token)]
    }

    fn due(&self) -> Option<u64> {
        self.life.until
    }
}

impl Row for MountTarget {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        vec![("file_system", &self.file_system), ("subnet", &self.subnet)]
    }

    fn due(&self) -> Option<u64> {
        self.life.until
    }
}

impl Row for AccessPoint {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        vec![("file_system", &self.file_system), ("token", &self.token)]
    }
}
