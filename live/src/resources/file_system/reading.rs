//! What EFS says of a file system, as its properties.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use aws_sdk_efs::types::{FileSystemDescription, FileSystemSize, ThroughputMode};
use efs::resources::file_system::{
    FileSystem, MeteredIn, OverwriteProtection, PerformanceMode, Spec, THROUGHPUT_FROM, Throughput,
};
use efs::{FileSystemId, LifeCycle};

use crate::aws::{moment, second};

/// The properties of a file system that `DescribeFileSystems` returns.
pub(super) fn read(found: &FileSystemDescription) -> anyhow::Result<FileSystem> {
    let mode = found.throughput_mode().map_or("bursting", ThroughputMode::as_str);
    Ok(FileSystem {
        id: FileSystemId::try_from(found.file_system_id()).context("reading a file system")?,
        life_cycle: LifeCycle::parse(found.life_cycle_state().as_str()),
        created: Some(moment(found.creation_time())),
        account: Some(found.owner_id().to_owned()).filter(|account| !account.is_empty()),
        creation_token: found.creation_token().to_owned(),
        spec: Spec {
            encrypted: found.encrypted().unwrap_or(false),
            kms_key_id: found.kms_key_id().map(str::to_owned),
            availability_zone: found.availability_zone_name().map(str::to_owned),
            performance_mode: PerformanceMode::parse(found.performance_mode().as_str()),
            throughput: Throughput::found(mode, found.provisioned_throughput_in_mibps()),
            // Each of these takes a call of its own.
            lifecycle: None,
            backup: None,
            overwrite_protection: found
                .file_system_protection()
                .and_then(|it| it.replication_overwrite_protection())
                .map(|it| OverwriteProtection::parse(it.as_str())),
            policy: None,
            replication: None,
        },
        metered_bytes: found.size_in_bytes().and_then(|size| u64::try_from(size.value()).ok()),
        metered_in: found.size_in_bytes().map(metered_in).unwrap_or_default(),
        metered_at: found.size_in_bytes().and_then(|size| size.timestamp()).map(moment),
        tags: found
            .tags()
            .iter()
            .filter(|tag| tag.key() != THROUGHPUT_FROM || is_to_come(tag.value(), now()))
            .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
            .collect(),
    })
}

/// Whether the time that EFS named once, from which it changes the throughput again, is still to
/// come: one that is past says nothing of the last change any more. One that nobody can read is
/// shown as it is.
fn is_to_come(time: &str, now: u64) -> bool {
    second(time).is_none_or(|second| second > now)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn metered_in(size: &FileSystemSize) -> MeteredIn {
    let bytes = |value: Option<i64>| value.and_then(|bytes| u64::try_from(bytes).ok());
    MeteredIn {
        standard: bytes(size.value_in_standard()),
        ia: bytes(size.value_in_ia()),
        archive: bytes(size.value_in_archive()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_for_the_throughput_is_known_until_it_is_past() {
        let (time, at) = ("2026-05-04T09:12:40Z", 1_777_885_960);
        assert!(is_to_come(time, at - 1));
        assert!(!is_to_come(time, at));
        assert!(is_to_come("some day", at), "it is shown as it is");
    }
}
