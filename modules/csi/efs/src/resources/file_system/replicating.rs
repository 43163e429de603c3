//! Replication to another file system, which EFS makes, or which is there.

use std::collections::BTreeMap;

use inputs::plain;
use plan::{Refusal, Scope, Warning};

use super::spec::{FileSystem, KIND, Spec};

type Replication = BTreeMap<String, String>;

/// Whether a replication ends: what is wanted is made after it.
pub fn is_leaving(found: &Replication) -> bool {
    found.get("status").is_some_and(|status| is_leaving_status(status))
}

/// The same by the status that EFS names.
pub(crate) fn is_leaving_status(status: &str) -> bool {
    status == "DELETING"
}

/// The id of a file system that is given by it, or by its ARN.
fn id(destination: &str) -> &str {
    destination.rsplit('/').next().unwrap_or(destination)
}

/// Whether a replication that is there has what is wanted under a key.
fn is_right(key: &str, wants: &str, has: &Replication) -> bool {
    has.get(key).is_some_and(|has| has == wants || (key == "file_system_id" && has == id(wants)))
}

/// Whether a replication that is there goes where the wanted one is to go.
pub fn goes_where(wants: &Replication, has: &Replication) -> bool {
    ["region", "file_system_id"]
        .iter()
        .all(|key| wants.get(*key).is_none_or(|wants| is_right(key, wants, has)))
}

/// What a plan may do about a replication: one that is there never changes, so that what EFS does
/// not answer of it counts as it is wanted.
pub(super) fn as_wanted(wanted: &Spec, found: Spec) -> Spec {
    let (Some(wants), Some(has)) = (&wanted.replication, &found.replication) else {
        return found;
    };
    if is_leaving(has) {
        return Spec { replication: None, ..found };
    }
    let mut replication = has.clone();
    for (key, wants) in wants {
        let unseen = ["availability_zone_name", "kms_key_id", "role_arn"].contains(&key.as_str());
        if unseen || is_right(key, wants, has) {
            replication.insert(key.clone(), wants.clone());
        }
    }
    Spec { replication: Some(replication), ..found }
}

/// A replication that should go elsewhere than the one that is there: a file system has one, and
/// EFS changes none (`CreateReplicationConfiguration`).
pub(super) fn elsewhere(scope: &Scope, wanted: &Spec, found: &FileSystem) -> Option<Refusal> {
    let (wants, has) = (wanted.replication.as_ref()?, found.spec.replication.as_ref()?);
    if is_leaving(has) {
        return None;
    }
    let differs = !goes_where(wants, has);
    let text = |key: &str| has.get(key).map_or("?", String::as_str).escape_debug().to_string();
    differs.then(|| {
        Refusal::new(
            scope.address(KIND, None),
            format!(
                "{} is replicated to {} in {}, and EFS never changes a replication",
                found.id,
                text("file_system_id"),
                text("region")
            ),
            "set `replication` to what there is, or delete the replication first: its copy stays, \
             and can be written to then",
        )
    })
}

/// A replication that failed: "ERROR: the replication configuration is in a failed state and is
/// unrecoverable" (EFS User Guide, "Viewing replication details").
pub(super) fn failed(found: &FileSystem) -> Option<Warning> {
    let has = found.spec.replication.as_ref()?;
    let text = |key: &str| plain(has.get(key).map_or("?", String::as_str));
    has.get("status").is_some_and(|status| status == "ERROR").then(|| {
        let (to, region) = (text("file_system_id"), text("region"));
        Warning::new(
            format!(
                "the replication of {} to {to} in {region} failed: nothing is copied",
                found.id
            ),
            format!(
                "end it by `aws efs delete-replication-configuration --source-file-system-id {}`, \
                 which keeps the copy, and run the same command again: it makes another",
                found.id
            ),
        )
    })
}
