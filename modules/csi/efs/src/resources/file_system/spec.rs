//! A file system: its properties, and one that exists.

use std::collections::BTreeMap;

use kubernetes::{readable, used};
use network::Tags;
use plan::{Known, Mutability, Property, Unset, Value, equal, map, set};
use serde::{Deserialize, Serialize};

use super::policy::{Policy, same_statement, shown_statements};
use super::protection::{BackupPolicy, OverwriteProtection};
use super::throughput::Throughput;
use crate::ids::FileSystemId;
use crate::life_cycle::LifeCycle;

/// The kind of resource, as it stands in addresses.
pub const KIND: &str = "file_system";

inputs::words! {
    /// A performance mode; immutable.
    pub open enum PerformanceMode {
        /// The one that AWS recommends.
        GeneralPurpose = "generalPurpose",
        /// More operations per second at a higher latency; excludes elastic throughput.
        MaxIo = "maxIO",
    }
}

inputs::words! {
    /// What makes files move between storage classes. A file moves to a colder one when it
    /// was not read for so long, and back when it is read.
    pub enum Transition {
        ToIa = "transition_to_ia",
        ToArchive = "transition_to_archive",
        ToPrimary = "transition_to_primary_storage_class",
    }
}

impl Transition {
    /// When it can happen, from the soonest on, as EFS writes it
    /// (<https://docs.aws.amazon.com/efs/latest/ug/API_LifecyclePolicy.html>).
    pub fn rules(self) -> &'static [&'static str] {
        match self {
            Transition::ToPrimary => &["AFTER_1_ACCESS"],
            Transition::ToIa | Transition::ToArchive => &[
                "AFTER_1_DAY",
                "AFTER_7_DAYS",
                "AFTER_14_DAYS",
                "AFTER_30_DAYS",
                "AFTER_60_DAYS",
                "AFTER_90_DAYS",
                "AFTER_180_DAYS",
                "AFTER_270_DAYS",
                "AFTER_365_DAYS",
            ],
        }
    }
}

/// The transitions that are on, with their rules; the others are off.
pub type Lifecycle = BTreeMap<Transition, String>;

/// Every transition with its rule, or `off`.
fn transitions(lifecycle: &Lifecycle) -> BTreeMap<String, Known<String>> {
    let rule = |transition| lifecycle.get(transition).map_or("off", String::as_str).to_owned();
    let all = Transition::ALL.iter();
    all.map(|one| (one.as_str().to_owned(), Known::Now(rule(one)))).collect()
}

/// The properties of a file system, wanted or found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// Whether it is encrypted at rest.
    pub encrypted: bool,
    /// The key; where none is wanted, the AWS managed one.
    pub kms_key_id: Option<String>,
    /// The zone of a One Zone file system, which stores in that one only.
    pub availability_zone: Option<String>,
    pub performance_mode: PerformanceMode,
    pub throughput: Throughput,
    /// `None` where any is right, or where it was not looked at.
    pub lifecycle: Option<Lifecycle>,
    /// `None` where any is right, or where it was not looked at.
    pub backup: Option<BackupPolicy>,
    /// `None` where any is right.
    pub overwrite_protection: Option<OverwriteProtection>,
    /// `None` where there is none, or should be none.
    pub policy: Option<Policy>,
    /// Where it is replicated to, by the keys of the input; of one that was found also its
    /// `status` with EFS's `message`, when it was `last_replicated`, and the `account` of the copy.
    /// Wanted, an empty one is none; `None` where nobody asks.
    pub replication: Option<BTreeMap<String, String>>,
}

/// The properties that change together, by one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    Throughput,
    Lifecycle,
    Backup,
    Protection,
    Policy,
    Replication,
}

impl Group {
    /// Whether `CreateFileSystem` sets these properties already.
    pub(super) fn is_set_by_creation(self) -> bool {
        match self {
            Group::Throughput | Group::Backup => true,
            Group::Lifecycle | Group::Protection | Group::Policy | Group::Replication => false,
        }
    }

    /// Why the call is made, without a full stop.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Group::Throughput => "the throughput differs",
            Group::Lifecycle => "the lifecycle policy differs",
            Group::Backup => "the backup policy differs",
            Group::Protection => "the replication overwrite protection differs",
            Group::Policy => "the file-system policy differs",
            Group::Replication => "it is not replicated",
        }
    }
}

/// Whether a file system is encrypted as was asked. AWS may encrypt where nobody asked for it
/// (<https://github.com/hashicorp/terraform-provider-aws/pull/49999>), and no file system is ever
/// decrypted: more than was asked for is no difference.
fn encrypted_enough(found: &str, wanted: &str) -> bool {
    wanted == found || (wanted == "false" && found == "true")
}

/// The properties, in the order in which plans show them. Their names are those
/// of the inputs.
pub const PROPERTIES: &[Property<Spec, Group>] = &[
    Property {
        name: "encrypted",
        value: Value::One(|spec| set(spec.encrypted)),
        same: encrypted_enough,
        unset: Unset::Leave,
        change: Mutability::Never,
    },
    Property {
        name: "kms_key_id",
        value: Value::One(|spec| spec.kms_key_id.as_ref().and_then(set)),
        same: same_key,
        unset: Unset::Chosen(|spec| spec.encrypted.then_some("alias/aws/elasticfilesystem")),
        change: Mutability::Never,
    },
    Property {
        name: "availability_zone_name",
        value: Value::One(|spec| spec.availability_zone.as_ref().and_then(set)),
        same: equal,
        unset: Unset::Leave,
        change: Mutability::Never,
    },
    Property {
        name: "performance_mode",
        value: Value::One(|spec| set(spec.performance_mode.as_str())),
        same: equal,
        unset: Unset::Leave,
        change: Mutability::Never,
    },
    Property {
        name: "throughput_mode",
        value: Value::One(|spec| set(spec.throughput.mode())),
        same: equal,
        unset: Unset::Leave,
        change: Mutability::InPlace(Group::Throughput),
    },
    Property {
        name: "provisioned_throughput_in_mibps",
        value: Value::One(|spec| spec.throughput.mibps().and_then(set)),
        same: equal,
        unset: Unset::Remove,
        change: Mutability::InPlace(Group::Throughput),
    },
    Property {
        name: "lifecycle_policy",
        value: Value::Each {
            entries: |spec| spec.lifecycle.as_ref().map(transitions).unwrap_or_default(),
            row: |key| format!("lifecycle_policy[{key:?}]"),
        },
        same: equal,
        unset: Unset::Leave,
        change: Mutability::InPlace(Group::Lifecycle),
    },
    Property {
        name: "backup_policy",
        value: Value::One(|spec| spec.backup.and_then(|backup| set(backup.as_str()))),
        same: equal,
        unset: Unset::Leave,
        change: Mutability::InPlace(Group::Backup),
    },
    Property {
        name: "replication_overwrite_protection",
        value: Value::One(|spec| {
            spec.overwrite_protection.as_ref().and_then(|it| set(it.as_str()))
        }),
        same: equal,
        unset: Unset::Chosen(|_| Some("ENABLED")),
        change: Mutability::InPlace(Group::Protection),
    },
    Property {
        name: "file_system_policy",
        value: Value::Each {
            entries: |spec| shown_statements(spec.policy.as_ref()),
            row: |key| format!("file_system_policy[{key:?}]"),
        },
        same: same_statement,
        // A policy that nobody wants any more goes; `policy.rs` says which ones are looked at.
        unset: Unset::Remove,
        change: Mutability::InPlace(Group::Policy),
    },
    Property {
        name: "replication",
        value: Value::Each {
            entries: |spec| spec.replication.as_ref().map(map).unwrap_or_default(),
            row: |key| format!("replication[{key:?}]"),
        },
        same: equal,
        unset: Unset::Leave,
        change: Mutability::InPlace(Group::Replication),
    },
];

/// The tags; those that others added stay.
pub(super) const TAGS: &[Property<Tags>] = &[Property {
    name: "tags",
    value: Value::Each { entries: map, row: |key| format!("tags[{key:?}]") },
    same: equal,
    unset: Unset::Leave,
    change: Mutability::InPlace(()),
}];

/// The tag with the time from which EFS changes the throughput again, as it said when it refused.
pub const THROUGHPUT_FROM: &str = "clockwork-codex/throughput-from";

/// Whether a key is named by an alias, or by the ARN of one.
pub(crate) fn is_alias(key: &str) -> bool {
    key.starts_with("alias/") || key.contains(":alias/")
}

/// EFS answers with the key's ARN; people may give its id, or an alias, which the ARN does not show:
/// `crate::key` compares what that leads to.
fn same_key(found: &str, wanted: &str) -> bool {
    is_alias(wanted)
        || found == wanted
        || found.rsplit_once("key/").is_some_and(|(_, id)| id == wanted)
}

/// What EFS meters in an empty file system, in bytes: its root directory, which has 2 KiB of
/// metadata and one increment of 4 KiB
/// (<https://docs.aws.amazon.com/efs/latest/ug/metered-sizes.html>).
pub const EMPTY_BYTES: u64 = 6 * 1024;

/// A file system that exists.
#[derive(Debug, Clone, PartialEq)]
pub struct FileSystem {
    pub id: FileSystemId,
    pub life_cycle: LifeCycle,
    /// When it was created, as RFC 3339 writes times.
    pub created: Option<String>,
    /// The AWS account that it belongs to.
    pub account: Option<String>,
    /// The token that it was created with.
    pub creation_token: String,
    pub spec: Spec,
    /// The size of all files in bytes, as AWS last metered it.
    pub metered_bytes: Option<u64>,
    /// The same by storage class.
    pub metered_in: super::metered::MeteredIn,
    /// When that was, as RFC 3339 writes times; EFS meters for the first time within an hour
    /// or so of the creation.
    pub metered_at: Option<String>,
    pub tags: Tags,
}

impl FileSystem {
    /// Whether it holds more than an empty one, as far as that was metered.
    pub fn holds_files(&self) -> bool {
        self.metered_bytes.is_none_or(|bytes| bytes > EMPTY_BYTES)
    }

    /// Its size as people read it, and when it was metered.
    pub(crate) fn size(&self) -> String {
        match (self.metered_bytes, &self.metered_at) {
            (Some(bytes), Some(at)) => format!("{} as metered at {at}", readable(bytes)),
            (Some(0), None) => "not metered yet".to_owned(),
            (Some(bytes), None) => readable(bytes),
            (None, _) => "of unknown size".to_owned(),
        }
    }

    /// What a status says of it beside its id and state.
    pub(super) fn summary(&self) -> String {
        let encrypted = if self.spec.encrypted { "encrypted" } else { "not encrypted" };
        let zone = self.spec.availability_zone.as_ref().map(|zone| format!("One Zone in {zone}"));
        let parts =
            [Some(self.spec.throughput.mode().to_owned()), Some(encrypted.to_owned()), zone];
        let lifecycle = self.spec.lifecycle.iter().flatten();
        let lifecycle = lifecycle.map(|(one, rule)| format!("{} {rule}", one.as_str()));
        let backups = self.spec.backup.map(|backup| match backup {
            BackupPolicy::Enabled => "backups".to_owned(),
            BackupPolicy::Disabled => "no backups".to_owned(),
        });
        let is_default = |it: &&OverwriteProtection| **it != OverwriteProtection::Enabled;
        let protection = self.spec.overwrite_protection.as_ref().filter(is_default);
        let protection = protection.map(|it| format!("overwrite protection {}", it.as_str()));
        let policy = self.spec.policy.as_ref().map(Policy::summary);
        let settings = lifecycle.chain(backups).chain(protection).chain(policy);
        let parts: Vec<String> = parts.into_iter().flatten().chain(settings).collect();
        parts.join(", ") + &used(self.metered_bytes)
    }
}

/// The file system to create, or the one to adopt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "there is one in a deployment")]
pub enum FileSystemSource {
    /// One of our own.
    Own(Spec),
    /// An existing one, of which nothing is changed or deleted.
    Adopted(FileSystemId),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_a_spec_is_in_the_table() {
        let spec = Spec {
            encrypted: true,
            kms_key_id: Some("key".to_owned()),
            availability_zone: Some("eu-west-1a".to_owned()),
            performance_mode: PerformanceMode::MaxIo,
            throughput: Throughput::Provisioned(64.0),
            lifecycle: Some(Lifecycle::new()),
            backup: Some(BackupPolicy::Enabled),
            overwrite_protection: Some(OverwriteProtection::Enabled),
            policy: Policy::found(r#"{ "Statement": [{ "Effect": "Allow" }] }"#),
            replication: Some(BTreeMap::from([("region".to_owned(), "eu-central-1".to_owned())])),
        };
        // A new field does not compile until it is here, and then it must be in the table.
        let Spec {
            encrypted: _,
            kms_key_id: _,
            availability_zone: _,
            performance_mode: _,
            throughput: _,
            lifecycle: _,
            backup: _,
            overwrite_protection: _,
            policy: _,
            replication: _,
        } = &spec;
        let names: Vec<&str> = PROPERTIES.iter().map(|property| property.name).collect();
        let inputs: Vec<&str> = crate::INPUTS.iter().map(|input| input.name).collect();
        for property in PROPERTIES {
            assert!(!property.rows(&spec).is_empty(), "{} reads nothing", property.name);
            assert!(inputs.contains(&property.name), "{} is no input", property.name);
            // Its data would go with it, and `update` plans no replacement.
            let replaces = matches!(property.change, Mutability::Replaces);
            assert!(!replaces, "{} would differ without a call", property.name);
        }
        assert_eq!(names.len(), 11);
    }
}
