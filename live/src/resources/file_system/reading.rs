//! What EFS says of a file system, as its properties.

use anyhow::Context as _;
use aws_sdk_efs::types::{FileSystemDescription, FileSystemSize, ThroughputMode};
use efs::resources::file_system::{
    FileSystem, MeteredIn, OverwriteProtection, PerformanceMode, Spec, Throughput,
};
use efs::{FileSystemId, LifeCycle};

use crate::aws::moment;

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
            .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
            .collect(),
    })
}

fn metered_in(size: &FileSystemSize) -> MeteredIn {
    let bytes = |value: Option<i64>| value.and_then(|bytes| u64::try_from(bytes).ok());
    MeteredIn {
        standard: bytes(size.value_in_standard()),
        ia: bytes(size.value_in_ia()),
        archive: bytes(size.value_in_archive()),
    }
}
