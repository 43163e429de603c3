//! Replication to another file system, which EFS makes, or which is there.

use std::collections::BTreeMap;

use plan::{Refusal, Scope};

use super::spec::{FileSystem, KIND, Spec};

/// What a plan may do about a replication: one that is there never changes, so that what EFS does
/// not answer of it counts as it is wanted.
pub(super) fn as_wanted(wanted: &Spec, found: Spec) -> Spec {
    let (Some(wants), Some(has)) = (&wanted.replication, &found.replication) else {
        return found;
    };
    let unseen = ["availability_zone_name", "kms_key_id", "role_arn"];
    let unseen =
        unseen.into_iter().filter_map(|key| Some((key.to_owned(), wants.get(key)?.clone())));
    let replication: BTreeMap<String, String> = unseen.chain(has.clone()).collect();
    Spec { replication: Some(replication), ..found }
}

/// A replication that should go elsewhere than the one that is there: a file system has one, and
/// EFS changes none (`CreateReplicationConfiguration`).
pub(super) fn elsewhere(scope: &Scope, wanted: &Spec, found: &FileSystem) -> Option<Refusal> {
    let (wants, has) = (wanted.replication.as_ref()?, found.spec.replication.as_ref()?);
    let differs = ["region", "file_system_id"]
        .iter()
        .any(|key| wants.get(*key).is_some_and(|wants| has.get(*key) != Some(wants)));
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
