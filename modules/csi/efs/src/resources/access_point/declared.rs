//! The access points that a deployment makes itself: their properties, and one that is wanted.

use std::collections::BTreeMap;

use network::Tags;
use plan::{Known, Mutability, Property, Unset, Value, compare, equal, map, set};
use serde::{Deserialize, Serialize};

use crate::ids::AccessPointId;
use crate::owner::{OUR_PREFIX, Owner};
use crate::resources::persistent_volume::volume_name;
use crate::users::{AccessPoint, CreationInfo, PosixUser};

/// The ids of access points, as they were planned, by name.
pub(crate) type Points = BTreeMap<String, Known<AccessPointId>>;

/// An access point as the inputs have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessPointInputs {
    /// One of before that is the deployment's own from now on.
    pub existing: Option<AccessPointId>,
    /// Its directory of the file system.
    pub path: String,
    /// Whoever mounts through it is this user, whatever the process is.
    pub posix_user: Option<PosixUser>,
    /// How EFS makes that directory, where it does not exist.
    pub creation_info: Option<CreationInfo>,
    pub tags: Tags,
    /// Whether it stays when the inputs do not name it any more, or the deployment goes.
    pub retain: bool,
    pub volume: Option<VolumeInputs>,
}

/// A volume that mounts an access point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeInputs {
    /// As Kubernetes writes quantities; nominal.
    pub size: String,
    pub mount_options: Vec<String>,
    /// The claim that is bound to it, as namespace and name.
    pub claim: Option<(String, String)>,
}

/// The properties of an access point, wanted or found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    pub path: String,
    pub posix_user: Option<PosixUser>,
    pub creation_info: Option<CreationInfo>,
    pub tags: Tags,
}

/// The properties, in the order in which plans show them. EFS has no call that changes an access
/// point but for its tags (EFS API Reference, "Actions").
pub const PROPERTIES: &[Property<Spec>] = &[
    Property {
        name: "root_directory.path",
        value: Value::One(|spec| set(&spec.path)),
        same: equal,
        unset: Unset::Leave,
        change: Mutability::Replaces,
    },
    Property {
        name: "posix_user",
        value: Value::Each {
            entries: |spec| posix_user(spec.posix_user.as_ref()),
            row: |key| format!("posix_user.{key}"),
        },
        same: equal,
        unset: Unset::Remove,
        change: Mutability::Replaces,
    },
    // Without it any is right: it counts only until the directory exists.
    Property {
        name: "root_directory.creation_info",
        value: Value::Each {
            entries: |spec| creation_info(spec.creation_info.as_ref()),
            row: |key| format!("root_directory.creation_info.{key}"),
        },
        same: equal,
        unset: Unset::Leave,
        change: Mutability::Replaces,
    },
    Property {
        name: "tags",
        value: Value::Each { entries: |spec| map(&spec.tags), row: |key| format!("tags[{key:?}]") },
        same: equal,
        unset: Unset::Leave,
        change: Mutability::InPlace(()),
    },
];

fn posix_user(user: Option<&PosixUser>) -> BTreeMap<String, Known<String>> {
    let Some(PosixUser { uid, gid, secondary_gids }) = user else { return BTreeMap::new() };
    let mut secondary = secondary_gids.clone();
    secondary.sort_unstable();
    let secondary: Vec<String> = secondary.iter().map(ToString::to_string).collect();
    let mut all = BTreeMap::from([
        ("uid".to_owned(), Known::Now(uid.to_string())),
        ("gid".to_owned(), Known::Now(gid.to_string())),
    ]);
    if !secondary.is_empty() {
        all.insert("secondary_gids".to_owned(), Known::Now(secondary.join(", ")));
    }
    all
}

fn creation_info(info: Option<&CreationInfo>) -> BTreeMap<String, Known<String>> {
    let Some(CreationInfo { owner_uid, owner_gid, permissions }) = info else {
        return BTreeMap::new();
    };
    // EFS takes three digits or four, and means the same by `755` and `0755`.
    let permissions = permissions.trim_start_matches('0');
    let permissions = if permissions.is_empty() { "0" } else { permissions };
    BTreeMap::from([
        ("owner_uid".to_owned(), Known::Now(owner_uid.to_string())),
        ("owner_gid".to_owned(), Known::Now(owner_gid.to_string())),
        ("permissions".to_owned(), Known::Now(permissions.to_owned())),
    ])
}

/// The tag with the name that the inputs give an access point: EFS itself knows only ids.
fn name_tag() -> String {
    format!("{OUR_PREFIX}access-point")
}

/// The tag of one that is to stay: once the inputs do not name it any more, nothing else says so.
fn deletion_tag() -> String {
    format!("{OUR_PREFIX}deletion-policy")
}

/// The tag of one that has or had a volume: what is without the tag, no volume of ours names. It is
/// never taken off, as a volume may stay in a cluster that nobody looks at.
fn volume_tag() -> String {
    format!("{OUR_PREFIX}volume")
}

impl AccessPointInputs {
    /// Its properties, for a deployment whose inputs have these tags.
    pub(super) fn spec(&self, name: &str, owner: &Owner, tags: &Tags) -> Spec {
        // Every field is looked at: a new one does not compile until somebody says what it means.
        let AccessPointInputs {
            existing: _, // `ours` looks for it.
            path,
            posix_user,
            creation_info,
            tags: own,
            retain,
            volume,
        } = self;
        let mut all = tags.clone();
        all.insert("Name".to_owned(), name.to_owned());
        all.extend(own.clone());
        all.extend(owner.marks());
        all.insert(name_tag(), name.to_owned());
        let policy = if *retain { "retain" } else { "delete" };
        all.insert(deletion_tag(), policy.to_owned());
        if volume.is_some() {
            all.insert(volume_tag(), volume_name(owner, name));
        }
        Spec {
            path: path.clone(),
            posix_user: posix_user.clone(),
            creation_info: creation_info.clone(),
            tags: all,
        }
    }
}

impl AccessPoint {
    /// The name by which a deployment's inputs made it, where they did.
    pub fn declared_by(&self, owner: &Owner) -> Option<&str> {
        let named = self.tags.get(&name_tag())?;
        (owner.owns(&self.tags) && !self.life_cycle.is_leaving()).then_some(named)
    }

    /// Whether it is the one that the inputs have under a name: it was made by them, or they take
    /// it over by its id.
    pub(crate) fn is_of(&self, owner: &Owner, name: &str, inputs: &AccessPointInputs) -> bool {
        let taken = inputs.existing.as_ref() == Some(&self.id) && !self.life_cycle.is_leaving();
        self.declared_by(owner) == Some(name) || taken
    }

    /// The name by which some deployment's inputs made it, where they did.
    pub(crate) fn declared_name(&self) -> Option<&str> {
        self.tags.get(&name_tag()).map(String::as_str)
    }

    /// Whether the inputs that made it said that it stays.
    pub(crate) fn is_retained(&self) -> bool {
        self.tags.get(&deletion_tag()).is_some_and(|policy| policy == "retain")
    }

    /// Whether the inputs that made it ever gave it a volume.
    pub(crate) fn had_volume(&self) -> bool {
        self.tags.contains_key(&volume_tag())
    }

    /// Whether it stays when its deployment goes and the file system does not: another's, or one
    /// of ours that is retained.
    pub(crate) fn stays_declared(&self, owner: &Owner) -> bool {
        self.declared_by(owner).is_none() || self.is_retained()
    }

    pub(super) fn spec(&self) -> Spec {
        // Every field is looked at: a new one does not compile until somebody says what it means.
        let AccessPoint {
            id: _,
            life_cycle: _,   // What leaves is nobody's any more.
            client_token: _, // It may have been another one's before.
            account: _,
            path,
            posix_user,
            creation_info,
            tags,
        } = self;
        Spec {
            path: path.clone(),
            posix_user: posix_user.clone(),
            creation_info: creation_info.clone(),
            tags: tags.clone(),
        }
    }
}

/// Whether an access point is one of these properties, or becomes one by its tags. One that failed
/// does not: nobody mounts through it.
pub(super) fn fits(spec: &Spec, point: &AccessPoint) -> bool {
    !point.life_cycle.is_broken() && !compare(PROPERTIES, spec, Some(&point.spec())).replaces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_a_spec_is_in_the_table() {
        let spec = Spec {
            path: "/data".to_owned(),
            posix_user: Some(PosixUser { uid: 1001, gid: 1001, secondary_gids: vec![7] }),
            creation_info: Some(CreationInfo {
                owner_uid: 1001,
                owner_gid: 1001,
                permissions: "0750".to_owned(),
            }),
            tags: Tags::from([("team".to_owned(), "graphs".to_owned())]),
        };
        // A new field does not compile until it is here, and then it must be in the table.
        let Spec { path: _, posix_user: _, creation_info: _, tags: _ } = &spec;
        assert_eq!(PROPERTIES.len(), 4);
        for property in PROPERTIES {
            assert!(!property.rows(&spec).is_empty(), "{} reads nothing", property.name);
        }
    }
}
