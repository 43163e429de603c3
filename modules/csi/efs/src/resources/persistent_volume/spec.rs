//! The properties of a volume and of its claim, and those that exist.

use std::collections::{BTreeMap, BTreeSet};

use kubernetes::Preconditions;
use plan::{Known, Mutability, Property, Unset, Value, equal, later, set};

use crate::owner::{OUR_PREFIX, Owner};

/// The kind of resource, as it stands in addresses.
pub const KIND: &str = "persistent_volume";

/// The properties of a volume, wanted or found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// `fs-X::fsap-Y`, which drivers of all versions mount.
    pub handle: Option<Known<String>>,
    /// As Kubernetes writes quantities; nominal.
    pub size: String,
    pub mount_options: Vec<String>,
    pub reclaim_policy: String,
    /// `NAMESPACE/NAME` of the claim that it waits for.
    pub claim: Option<String>,
}

/// The properties, in the order in which plans show them. "spec.persistentvolumesource is
/// immutable after creation" (Kubernetes, `ValidatePersistentVolumeUpdate`).
pub const PROPERTIES: &[Property<Spec>] = &[
    Property {
        name: "volumeHandle",
        value: Value::One(|spec| spec.handle.as_ref().and_then(later)),
        // A driver of chart 4.0.0 or later writes `efs:` before it.
        same: |found, wanted| found.strip_prefix("efs:").unwrap_or(found) == wanted,
        unset: Unset::Leave,
        change: Mutability::Replaces,
    },
    Property {
        name: "claimRef",
        value: Value::One(|spec| spec.claim.as_ref().and_then(set)),
        same: equal,
        unset: Unset::Leave,
        change: Mutability::Replaces,
    },
    Property {
        name: "capacity",
        value: Value::One(|spec| set(&spec.size)),
        same: same_size,
        unset: Unset::Leave,
        change: Mutability::InPlace(()),
    },
    Property {
        name: "mountOptions",
        value: Value::List(|spec| spec.mount_options.iter().cloned().map(Known::Now).collect()),
        same: equal,
        unset: Unset::Remove,
        change: Mutability::InPlace(()),
    },
    Property {
        name: "persistentVolumeReclaimPolicy",
        value: Value::One(|spec| set(&spec.reclaim_policy)),
        same: equal,
        unset: Unset::Leave,
        change: Mutability::InPlace(()),
    },
];

fn same_size(found: &str, wanted: &str) -> bool {
    kubernetes::bytes(found) == kubernetes::bytes(wanted)
}

/// The properties of a claim, wanted or found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClaimSpec {
    pub volume: Option<String>,
    /// `""`, so that no provisioner makes a volume for it.
    pub class: Option<String>,
    pub size: Option<String>,
}

/// Kubernetes changes nothing of a claim but its size, and that only where a class provisions its
/// volume ("only dynamically provisioned pvc can be resized", its admission plugin
/// `PersistentVolumeClaimResize`).
pub const CLAIM_PROPERTIES: &[Property<ClaimSpec>] = &[
    never("volumeName", |spec| spec.volume.as_ref().and_then(set), equal),
    never("storageClassName", |spec| spec.class.as_ref().and_then(set), equal),
    never("storage", |spec| spec.size.as_ref().and_then(set), same_size),
];

const fn never(
    name: &'static str,
    value: fn(&ClaimSpec) -> Option<Known<String>>,
    same: fn(&str, &str) -> bool,
) -> Property<ClaimSpec> {
    let (value, unset, change) = (Value::One(value), Unset::Leave, Mutability::Never);
    Property { name, value, same, unset, change }
}

/// A volume that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundVolume {
    pub name: String,
    pub spec: Spec,
    /// `Available`, `Bound`, `Released` or `Failed`.
    pub phase: String,
    pub annotations: BTreeMap<String, String>,
    /// Whether this project made it.
    pub managed: bool,
    /// What a deletion of it takes.
    pub preconditions: Preconditions,
}

/// A claim that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundClaim {
    pub spec: ClaimSpec,
    /// `Pending`, `Bound` or `Lost`.
    pub phase: String,
    /// Whether this project made it.
    pub managed: bool,
    /// The pods that use it, where that was looked at.
    pub used_by: Vec<String>,
    pub uid: Option<String>,
}

/// What was found of the volumes of a deployment's access points.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Those that carry a deployment's marks, and those of the names that are wanted.
    pub volumes: Vec<FoundVolume>,
    /// The claims that are wanted and those that the volumes name, as `NAMESPACE/NAME`.
    pub claims: BTreeMap<String, FoundClaim>,
    /// The namespaces of wanted claims that do not exist.
    pub missing_namespaces: BTreeSet<String>,
}

/// The annotations by which a volume is known: label values are too short for some names.
pub fn marks(owner: &Owner, point: &str) -> BTreeMap<String, String> {
    [
        ("cluster", owner.cluster.as_str()),
        ("storage-class", owner.storage_class.as_str()),
        ("access-point", point),
    ]
    .into_iter()
    .map(|(key, value)| (format!("{OUR_PREFIX}{key}"), value.to_owned()))
    .collect()
}

impl FoundVolume {
    /// The access point that it is for, where a deployment made it.
    pub fn point(&self, owner: &Owner) -> Option<&str> {
        let point = self.annotations.get(&format!("{OUR_PREFIX}access-point"))?;
        let mut marks = marks(owner, point).into_iter();
        let ours = self.managed && marks.all(|(key, it)| self.annotations.get(&key) == Some(&it));
        ours.then_some(point)
    }
}

/// The name of the volume of an access point. A name of an access point has no dot in it, so that
/// no two deployments of a cluster give the same.
pub fn volume_name(owner: &Owner, point: &str) -> String {
    format!("{}.{point}", owner.storage_class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_a_spec_is_in_the_table() {
        let spec = Spec {
            handle: set("fs-00000001::fsap-00000001"),
            size: "1Gi".to_owned(),
            mount_options: vec!["iam".to_owned()],
            reclaim_policy: "Retain".to_owned(),
            claim: Some("graphs/data".to_owned()),
        };
        // A new field does not compile until it is here, and then it must be in the table.
        let Spec { handle: _, size: _, mount_options: _, reclaim_policy: _, claim: _ } = &spec;
        assert_eq!(PROPERTIES.len(), 5);
        for property in PROPERTIES {
            assert!(!property.rows(&spec).is_empty(), "{} reads nothing", property.name);
        }
        let claim = ClaimSpec {
            volume: Some("efs-sc.data".to_owned()),
            class: Some(String::new()),
            size: Some("1Gi".to_owned()),
        };
        let ClaimSpec { volume: _, class: _, size: _ } = &claim;
        assert_eq!(CLAIM_PROPERTIES.len(), 3);
        for property in CLAIM_PROPERTIES {
            assert!(!property.rows(&claim).is_empty(), "{} reads nothing", property.name);
        }
    }
}
