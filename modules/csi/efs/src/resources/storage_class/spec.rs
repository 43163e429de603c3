//! A StorageClass: its inputs, its properties, and one that exists.

use std::collections::{BTreeMap, BTreeSet};

use kubernetes::{MANAGED_BY, MANAGER, Preconditions};
use plan::{Known, Mutability, Property, Unset, Value, equal, map, set};
use serde::{Deserialize, Serialize};

use crate::owner::{OUR_PREFIX, Owner};
use crate::provisioner_secret::ProvisionerSecret;
pub use crate::users::GidRange;
use crate::users::Reference;

/// The annotation that makes a StorageClass the default one.
pub const DEFAULT_CLASS: &str = "storageclass.kubernetes.io/is-default-class";

inputs::words! {
    /// What happens to a volume whose claim is gone.
    pub enum ReclaimPolicy {
        /// It goes too.
        Delete = "Delete",
        /// It stays.
        Retain = "Retain",
    }
}

inputs::words! {
    /// When a volume is made.
    pub enum VolumeBindingMode {
        /// With its claim.
        Immediate = "Immediate",
        /// With the first pod that uses the claim.
        WaitForFirstConsumer = "WaitForFirstConsumer",
    }
}

/// What the inputs say of the class; the file system is not known there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageClassInputs {
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
    /// The zone whose mount target the driver prefers for volumes of another account.
    pub az: Option<String>,
    /// The Secret with the role by which the driver calls EFS for a file system of another account.
    pub provisioner_secret: Option<ProvisionerSecret>,
    /// Whether pods go to the zone of a One Zone file system.
    pub enforce_zone_affinity: Option<bool>,
    /// Whether the driver tags access points.
    pub enable_tagging: Option<bool>,
    /// Where it finds the file system's id, if not in itself.
    pub file_system_reference: Option<Reference>,
    pub reclaim_policy: ReclaimPolicy,
    pub volume_binding_mode: VolumeBindingMode,
    /// The zones to which pods go whose claims wait for them; none where any is right.
    pub allowed_topologies: Vec<String>,
    pub mount_options: Vec<String>,
    pub allow_volume_expansion: bool,
    /// The user's labels.
    pub labels: BTreeMap<String, String>,
    /// The user's annotations.
    pub annotations: BTreeMap<String, String>,
    /// Whether claims without a class get this one.
    pub default: bool,
}

/// The range of a class that names none
/// (<https://github.com/kubernetes-sigs/aws-efs-csi-driver/blob/master/docs/parameters.md>).
pub const DEFAULT_GID_RANGE: GidRange = (50_000, 7_000_000);

impl StorageClassInputs {
    /// The zone whose mount target its volumes are mounted by, from every zone: the mount option
    /// `az` of efs-utils. The parameter [`az`](Self::az) is another thing, for volumes of another
    /// account (the driver's `docs/parameters.md`).
    pub fn mounted_in(&self) -> Option<&str> {
        self.mount_options.iter().find_map(|option| option.strip_prefix("az="))
    }

    /// Whether its pods may go to a zone.
    pub(crate) fn may_go_to(&self, zone: &str) -> bool {
        self.allowed_topologies.is_empty() || self.allowed_topologies.iter().any(|it| it == zone)
    }

    /// The class of a One Zone file system, whose plain name resolves in its own zone only: nodes
    /// of other zones mount it with this option (EFS User Guide, "Mounting One Zone file systems").
    #[must_use]
    pub fn of_one_zone(mut self, zone: Option<&str>) -> Self {
        if let Some(zone) = zone
            && self.mounted_in().is_none()
        {
            self.mount_options.push(format!("az={zone}"));
        }
        self
    }

    /// The group ids that the driver hands out for it; none where user and group are given.
    pub(crate) fn hands_out(&self) -> Option<GidRange> {
        let fixed = self.uid.is_some() && self.gid.is_some();
        (!fixed).then(|| self.gid_range.unwrap_or(DEFAULT_GID_RANGE))
    }
}

/// The label of nodes by which pods go to a zone.
pub const ZONE_KEY: &str = "topology.kubernetes.io/zone";

/// A term of `allowedTopologies`, as one text.
pub fn topology(key: &str, values: &[String]) -> String {
    format!("{key}={}", values.join(","))
}

/// The properties of a class, wanted or found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    pub provisioner: String,
    pub reclaim_policy: String,
    pub volume_binding_mode: String,
    /// Where volumes may be made, each as `KEY=VALUE,VALUE`.
    pub allowed_topologies: Vec<String>,
    pub mount_options: Vec<String>,
    /// The driver's parameters, all of them text.
    pub parameters: BTreeMap<String, Known<String>>,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
    pub allow_volume_expansion: bool,
}

/// The properties, in the order in which plans show them. What Kubernetes never
/// lets anyone change in a StorageClass
/// (<https://kubernetes.io/docs/concepts/storage/storage-classes/>) means delete
/// and create.
pub const PROPERTIES: &[Property<Spec>] = &[
    replacing("provisioner", Value::One(|spec| set(&spec.provisioner))),
    replacing("reclaimPolicy", Value::One(|spec| set(&spec.reclaim_policy))),
    replacing("volumeBindingMode", Value::One(|spec| set(&spec.volume_binding_mode))),
    replacing(
        "allowedTopologies",
        Value::List(|spec| spec.allowed_topologies.iter().cloned().map(Known::Now).collect()),
    ),
    replacing(
        "mountOptions",
        Value::List(|spec| spec.mount_options.iter().cloned().map(Known::Now).collect()),
    ),
    replacing(
        "parameters",
        Value::Each {
            entries: |spec| spec.parameters.clone(),
            row: |key| format!("parameters.{key}"),
        },
    ),
    in_place(
        "labels",
        Value::Each { entries: |spec| map(&spec.labels), row: |key| format!("labels[{key:?}]") },
    ),
    in_place(
        "annotations",
        Value::Each {
            entries: |spec| map(&spec.annotations),
            row: |key| format!("annotations[{key:?}]"),
        },
    ),
    in_place("allowVolumeExpansion", Value::One(|spec| set(spec.allow_volume_expansion))),
];

const fn replacing(name: &'static str, value: Value<Spec>) -> Property<Spec> {
    Property { name, value, same: equal, unset: Unset::Remove, change: Mutability::Replaces }
}

const fn in_place(name: &'static str, value: Value<Spec>) -> Property<Spec> {
    Property { name, value, same: equal, unset: Unset::Remove, change: Mutability::InPlace(()) }
}

/// The properties that force a replacement.
pub fn immutable() -> impl Iterator<Item = &'static Property<Spec>> {
    PROPERTIES.iter().filter(|property| property.change == Mutability::Replaces)
}

/// A class that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageClass {
    pub spec: Spec,
    /// The labels that we set.
    pub our_labels: BTreeSet<String>,
    /// The annotations that we set.
    pub our_annotations: BTreeSet<String>,
    /// What a deletion of it takes.
    pub preconditions: Preconditions,
    /// The file system that a reference among its parameters leads to.
    pub referred: Option<String>,
    /// Why that is not known, where the reference could not be followed.
    pub unknown: Option<String>,
}

impl StorageClass {
    /// Whether this deployment made it.
    pub fn is_of(&self, owner: &Owner) -> bool {
        let own = self.deployment().is_none_or(|it| it == owner.storage_class);
        self.is_of_cluster(owner) && own
    }

    /// Whether this deployment made it beside its own class.
    pub fn is_beside(&self, owner: &Owner) -> bool {
        self.is_of_cluster(owner) && self.deployment() == Some(owner.storage_class.as_str())
    }

    fn is_of_cluster(&self, owner: &Owner) -> bool {
        self.is_ours() && self.cluster() == Some(owner.cluster.as_str())
    }

    /// The class by which the deployment is named that made it beside that one.
    fn deployment(&self) -> Option<&str> {
        self.spec.annotations.get(&format!("{OUR_PREFIX}storage-class")).map(String::as_str)
    }

    /// Whether some deployment made it.
    pub fn is_ours(&self) -> bool {
        self.spec.labels.get(MANAGED_BY).is_some_and(|value| value == MANAGER)
    }

    /// The cluster that it says it was made for.
    pub fn cluster(&self) -> Option<&str> {
        self.spec.annotations.get(&format!("{OUR_PREFIX}cluster")).map(String::as_str)
    }

    /// The file system that it names.
    pub fn file_system(&self) -> Option<&str> {
        let own = self.spec.parameters.get("fileSystemId").and_then(Known::now);
        own.or(self.referred.as_ref()).map(String::as_str)
    }

    /// Its properties without what others added: what others set stays, and what
    /// we set and want no more goes.
    pub(super) fn spec_beside(&self, wanted: &Spec) -> Spec {
        let beside = |found: &BTreeMap<String, String>,
                      ours: &BTreeSet<String>,
                      wanted: &BTreeMap<String, String>| {
            let mut kept = found.clone();
            kept.retain(|key, _| ours.contains(key) || wanted.contains_key(key));
            kept
        };
        // Every field is looked at: a new one does not compile until somebody says what it means.
        let StorageClass {
            spec,
            our_labels,
            our_annotations,
            preconditions: _, // For its deletion.
            referred: _,      // Ours name it themselves,
            unknown: _,       // without a reference.
        } = self;
        Spec {
            labels: beside(&spec.labels, our_labels, &wanted.labels),
            annotations: beside(&spec.annotations, our_annotations, &wanted.annotations),
            ..spec.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_a_spec_is_in_the_table() {
        let one = || BTreeMap::from([("a".to_owned(), "b".to_owned())]);
        let spec = Spec {
            provisioner: "efs.csi.aws.com".to_owned(),
            reclaim_policy: "Delete".to_owned(),
            volume_binding_mode: "Immediate".to_owned(),
            allowed_topologies: vec![topology(ZONE_KEY, &["eu-west-1a".to_owned()])],
            mount_options: vec!["tls".to_owned()],
            parameters: map(&one()),
            labels: one(),
            annotations: one(),
            allow_volume_expansion: true,
        };
        // A new field does not compile until it is here, and then it must be in the table.
        let Spec {
            provisioner: _,
            reclaim_policy: _,
            volume_binding_mode: _,
            allowed_topologies: _,
            mount_options: _,
            parameters: _,
            labels: _,
            annotations: _,
            allow_volume_expansion: _,
        } = &spec;
        assert_eq!(PROPERTIES.len(), 9);
        for property in PROPERTIES {
            assert!(!property.rows(&spec).is_empty(), "{} reads nothing", property.name);
        }
    }
}
