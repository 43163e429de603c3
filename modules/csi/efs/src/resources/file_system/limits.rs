//! What EFS does not change of a file system, or not now.

use std::collections::BTreeSet;

use inputs::plain;
use plan::{Forbidden, Refusal, Scope};

use super::protection::OverwriteProtection;
use super::spec::{FileSystem, Group, KIND, Lifecycle, Spec, THROUGHPUT_FROM, Transition};
use super::throughput::Throughput;
use crate::ids::FileSystemId;

/// Throughput that a lifecycle policy excludes which no input is about.
pub(super) fn excluded(
    scope: &Scope,
    id: &FileSystemId,
    wanted: &Spec,
    found: &Spec,
) -> Option<Refusal> {
    let elastic = wanted.throughput == Throughput::Elastic;
    if elastic || wanted.lifecycle.is_some() || !stops_archiving(wanted, found) {
        return None;
    }
    Some(Refusal::new(
        scope.address(KIND, None),
        format!("files of {id} move to Archive, which needs elastic throughput"),
        "keep `throughput_mode = \"elastic\"`, or give a `lifecycle_policy` without \
         `transition_to_archive`",
    ))
}

/// Files in Archive, which keep a file system elastic whatever becomes of its lifecycle policy: they
/// leave that class only when they are read
/// (<https://docs.aws.amazon.com/efs/latest/ug/storage-classes.html>).
pub(super) fn archived(scope: &Scope, wanted: &Spec, found: &FileSystem) -> Option<Refusal> {
    let bytes = found.metered_in.archive.filter(|bytes| *bytes > 0)?;
    let leaves =
        found.spec.throughput == Throughput::Elastic && wanted.throughput != Throughput::Elastic;
    leaves.then(|| {
        Refusal::new(
            scope.address(KIND, None),
            format!(
                "{} has {bytes} bytes in Archive, as last metered, which needs elastic throughput",
                found.id
            ),
            "keep `throughput_mode = \"elastic\"`; files leave Archive when they are read with \
             `transition_to_primary_storage_class`",
        )
    })
}

/// When a change of the throughput is possible, where it may have to wait: the mode changes, and
/// the amount decreases, once in 24 hours (`UpdateFileSystem`, `TooManyRequests`). Only EFS knows
/// when the last change was, and says so when it refuses one.
pub(super) fn once_a_day(
    wanted: &Spec,
    found: &FileSystem,
    groups: &BTreeSet<Group>,
) -> Option<String> {
    let amounts = (found.spec.throughput.mibps(), wanted.throughput.mibps());
    let increases = matches!(amounts, (Some(before), Some(after)) if after > before);
    if !groups.contains(&Group::Throughput) || increases {
        return None;
    }
    let when = match found.tags.get(THROUGHPUT_FROM) {
        Some(from) => format!("as it said, from {} UTC on", plain(from)),
        None => "once in 24 hours".to_owned(),
    };
    Some(format!(
        "EFS changes the throughput of {} {when}: before that, a run leaves it as it is, goes on \
         with everything else, and the next one tries again",
        found.id
    ))
}

/// What a destination of a replication does not take: EFS answers `ReplicationAlreadyExists` to a
/// change of its protection (`UpdateFileSystemProtection`), and a source "can't already be a source or
/// destination file system in another replication configuration" (`CreateReplicationConfiguration`).
pub(super) fn is_replica(
    scope: &Scope,
    id: &FileSystemId,
    groups: &BTreeSet<Group>,
    found: &Spec,
) -> Option<Refusal> {
    let replicating = found.overwrite_protection == Some(OverwriteProtection::Replicating);
    let (what, input) = match replicating {
        true if groups.contains(&Group::Replication) => {
            ("EFS does not replicate it in turn", "replication")
        }
        true if groups.contains(&Group::Protection) => {
            ("EFS sets its protection itself", "replication_overwrite_protection")
        }
        _ => return None,
    };
    Some(Refusal::new(
        scope.address(KIND, None),
        format!("{id} is the destination of a replication, and {what}"),
        format!("leave `{input}` out while it is one, or delete the replication first"),
    ))
}

/// Whether files no longer move to Archive, which must be so before elastic throughput
/// ends, as it must begin before files do
/// (<https://docs.aws.amazon.com/efs/latest/ug/storage-classes.html>).
pub(super) fn stops_archiving(wanted: &Spec, found: &Spec) -> bool {
    let archives = |lifecycle: &Lifecycle| lifecycle.contains_key(&Transition::ToArchive);
    found.lifecycle.as_ref().is_some_and(archives)
        && !wanted.lifecycle.as_ref().is_some_and(archives)
}

/// A difference that EFS never resolves.
pub(super) fn never_changes(scope: &Scope, id: &FileSystemId, forbidden: &Forbidden) -> Refusal {
    let Forbidden { attribute, found, wanted } = forbidden;
    let have = found.as_deref().unwrap_or("none").escape_debug();
    Refusal::new(
        scope.address(KIND, None),
        format!(
            "`{attribute}` of {id} is `{have}` and cannot become `{wanted}`: EFS never changes it"
        ),
        format!(
            "set `{attribute}` back, or give another `storage_class_name` to get a second file system and move the data"
        ),
    )
}
