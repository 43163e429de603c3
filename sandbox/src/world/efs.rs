//! What EFS keeps in one region.

use serde::{Deserialize, Serialize};

use crate::life::Life;
use crate::table::{Row, tables};
use crate::tags::Tags;

tables! { "efs" =>
    #[doc = "The file systems of one region, and what belongs to them."]
    pub(crate) struct Efs {
        file_systems: FileSystem,
        mount_targets: MountTarget,
        access_points: AccessPoint,
    }
}

tables! { "efs-global" =>
    #[doc = "What EFS keeps of several regions at once."]
    pub(crate) struct EfsGlobal {
        replications: Replication,
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FileSystem {
    pub(crate) id: String,
    pub(crate) token: String,
    /// Milliseconds since 1970, like all that end in `_ms` here.
    pub(crate) created_ms: u64,
    pub(crate) life: Life,
    pub(crate) encrypted: bool,
    /// The ARN of the key, where it is encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kms_key: Option<String>,
    pub(crate) performance_mode: PerformanceMode,
    pub(crate) throughput: Throughput,
    /// When the mode or the provisioned amount was last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) throughput_changed_ms: Option<u64>,
    /// The zone of a One Zone file system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) zone: Option<OneZone>,
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub(crate) tags: Tags,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) lifecycle: Vec<LifecyclePolicy>,
    /// The backup policy, once there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) backup: Option<Backup>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) policy: Option<String>,
    pub(crate) protection: Protection,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metered: Option<Metered>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum PerformanceMode {
    #[serde(rename = "generalPurpose")]
    GeneralPurpose,
    #[serde(rename = "maxIO")]
    MaxIo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ThroughputMode {
    Bursting,
    Provisioned,
    Elastic,
}

/// A throughput mode, and its amount where it is provisioned.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Throughput {
    pub(crate) mode: ThroughputMode,
    /// MiB per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mibps: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct OneZone {
    /// Such as `us-east-1a`.
    pub(crate) name: String,
    /// Such as `use1-az1`.
    pub(crate) id: String,
}

/// One transition, as the API writes it.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(clippy::struct_field_names, reason = "each is a transition to somewhere")]
pub(crate) struct LifecyclePolicy {
    #[serde(rename = "TransitionToIA", skip_serializing_if = "Option::is_none")]
    pub(crate) to_ia: Option<String>,
    #[serde(rename = "TransitionToPrimaryStorageClass", skip_serializing_if = "Option::is_none")]
    pub(crate) to_primary: Option<String>,
    #[serde(rename = "TransitionToArchive", skip_serializing_if = "Option::is_none")]
    pub(crate) to_archive: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Backup {
    pub(crate) enabled: bool,
    /// Until when it is `ENABLING` or `DISABLING`.
    pub(crate) until_ms: u64,
}

/// Replication overwrite protection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Protection {
    Enabled,
    Disabled,
    /// It is the destination of a replication, and read-only.
    Replicating,
}

/// The bytes that a file system was last metered to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Metered {
    pub(crate) standard: u64,
    pub(crate) infrequent: u64,
    pub(crate) archive: u64,
    pub(crate) at_ms: u64,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) posix_user: Option<PosixUser>,
    pub(crate) root_directory: RootDirectory,
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub(crate) tags: Tags,
    pub(crate) life: Life,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PosixUser {
    pub(crate) uid: u64,
    pub(crate) gid: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) secondary_gids: Option<Vec<u64>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RootDirectory {
    #[serde(default = "RootDirectory::root")]
    pub(crate) path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) creation_info: Option<CreationInfo>,
}

impl RootDirectory {
    /// The whole file system, where no path is given.
    pub(crate) fn root() -> String {
        "/".to_owned()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreationInfo {
    pub(crate) owner_uid: u64,
    pub(crate) owner_gid: u64,
    pub(crate) permissions: String,
}

/// A replication from one file system to another, of the same region or of two.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Replication {
    pub(crate) id: String,
    pub(crate) source: Side,
    pub(crate) destination: Side,
    pub(crate) role_arn: Option<String>,
    /// The account of the destination, where that is another one: nothing of it is kept here.
    #[serde(default)]
    pub(crate) to_account: Option<String>,
    pub(crate) created_ms: u64,
    /// When the first copy is complete, and the state `ENABLED`.
    pub(crate) enabled_ms: u64,
    /// From one copy to the next.
    pub(crate) interval_ms: u64,
    /// When somebody deleted it, and when it is gone.
    pub(crate) deleted: Option<(u64, u64)>,
    /// A state that was set through `/_sandbox/efs`.
    pub(crate) forced: Option<Forced>,
    /// What becomes of the destination, until its region has seen it.
    pub(crate) arrival: Option<Arrival>,
    /// What the source held, and since when, as far as no copy has brought it yet: at most the
    /// size that the next read in the destination's region brings, and the one behind it.
    pub(crate) sizes: Vec<Metered>,
}

/// A state of a replication that does not come by itself, such as `ERROR` or `PAUSED`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Forced {
    pub(crate) status: String,
    pub(crate) message: Option<String>,
    /// Nothing is copied from then on.
    pub(crate) since_ms: u64,
}

/// One end of a replication.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Side {
    pub(crate) region: String,
    pub(crate) file_system: String,
    /// Whether this side still has the configuration: `LOCAL_CONFIGURATION_ONLY` removes one.
    pub(crate) configured: bool,
}

/// What becomes of the destination when a replication starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Arrival {
    /// A file system that is made for it.
    New(Box<FileSystem>),
    /// One that was there.
    Existing,
}

impl Row for FileSystem {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        vec![("token", &self.token)]
    }

    fn due(&self) -> Option<u64> {
        self.life.until
    }

    fn settle(&mut self, now: u64) {
        self.life.settle(now);
    }
}

impl Row for MountTarget {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        vec![("file_system", &self.file_system), ("subnet", &self.subnet)]
    }

    fn due(&self) -> Option<u64> {
        self.life.until
    }

    fn settle(&mut self, now: u64) {
        self.life.settle(now);
    }
}

impl Row for AccessPoint {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        vec![("file_system", &self.file_system), ("token", &self.token)]
    }

    fn due(&self) -> Option<u64> {
        self.life.until
    }

    fn settle(&mut self, now: u64) {
        self.life.settle(now);
    }
}

impl Replication {
    /// Whether something of it is still to be brought about in its destination's region.
    /// Of most replications nothing is, however many there are.
    pub(crate) fn is_pending(&self) -> bool {
        let unknown = !(self.source.configured || self.destination.configured);
        let copying = self.destination.configured && !self.sizes.is_empty();
        self.arrival.is_some() || self.deleted.is_some() || unknown || copying
    }
}

impl Row for Replication {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        let mut keys = vec![
            ("file_system", self.source.file_system.as_str()),
            ("file_system", self.destination.file_system.as_str()),
        ];
        if self.is_pending() {
            keys.push(("pending", self.destination.region.as_str()));
        }
        keys
    }
}
