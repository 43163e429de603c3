//! Reading EFS into plain data.

use anyhow::Context;
use aws_sdk_efs::types::{FileSystemDescription, MountTargetDescription};
use efs::{FileSystem, LifeCycle, MountTarget};
use network::{FileSystemId, MountTargetId, NetworkInterfaceId, SubnetId, VpcId};

use super::Aws;
use super::errors::{explain, is};

/// How a file system is looked up.
#[derive(Debug, Clone)]
pub(crate) enum Lookup {
    /// By the token that it was created with.
    Token(String),
    /// By its id.
    Id(FileSystemId),
}

/// A mount target with the interface that tells its security groups.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) target: MountTarget,
    pub(crate) interface: Option<NetworkInterfaceId>,
}

impl Aws {
    /// The file system, if there is one.
    pub(crate) async fn file_system(&self, lookup: &Lookup) -> anyhow::Result<Option<FileSystem>> {
        let call = self.efs.describe_file_systems();
        let call = match lookup {
            Lookup::Token(token) => call.creation_token(token),
            Lookup::Id(id) => call.file_system_id(id.as_str()),
        };
        match call.send().await {
            Ok(answer) => answer.file_systems().first().map(file_system).transpose(),
            Err(error) if is(&error, "FileSystemNotFound") => Ok(None),
            Err(error) => {
                Err(explain("elasticfilesystem:DescribeFileSystems", &self.region, error))
            }
        }
    }

    /// The mount targets of a file system; nothing where it does not exist.
    pub(crate) async fn mount_targets(
        &self,
        id: &FileSystemId,
    ) -> anyhow::Result<Option<Vec<Seen>>> {
        let mut pages =
            self.efs.describe_mount_targets().file_system_id(id.as_str()).into_paginator().send();
        let mut seen = Vec::new();
        while let Some(page) = pages.next().await {
            match page {
                Ok(page) => {
                    for target in page.mount_targets() {
                        seen.push(mount_target(target)?);
                    }
                }
                Err(error) if is(&error, "FileSystemNotFound") => return Ok(None),
                Err(error) => {
                    return Err(explain(
                        "elasticfilesystem:DescribeMountTargets",
                        &self.region,
                        error,
                    ));
                }
            }
        }
        Ok(Some(seen))
    }
}

pub(super) fn file_system(told: &FileSystemDescription) -> anyhow::Result<FileSystem> {
    Ok(FileSystem {
        id: FileSystemId::try_from(told.file_system_id()).context("reading a file system")?,
        life_cycle: LifeCycle::parse(told.life_cycle_state().as_str()),
        creation_token: told.creation_token().to_owned(),
        encrypted: told.encrypted().unwrap_or(false),
        kms_key_id: told.kms_key_id().map(str::to_owned),
        performance_mode: told.performance_mode().as_str().to_owned(),
        throughput_mode: told
            .throughput_mode()
            .map_or("bursting", aws_sdk_efs::types::ThroughputMode::as_str)
            .to_owned(),
        provisioned_throughput_in_mibps: told.provisioned_throughput_in_mibps(),
        availability_zone: told.availability_zone_name().map(str::to_owned),
        metered_bytes: told.size_in_bytes().and_then(|size| u64::try_from(size.value()).ok()),
        tags: told
            .tags()
            .iter()
            .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
            .collect(),
    })
}

pub(super) fn mount_target(told: &MountTargetDescription) -> anyhow::Result<Seen> {
    let place = || format!("reading the mount target `{}`", told.mount_target_id().escape_debug());
    let interface = told.network_interface_id().map(NetworkInterfaceId::try_from).transpose();
    let vpc = told.vpc_id().map(VpcId::try_from).transpose();
    Ok(Seen {
        target: MountTarget {
            id: MountTargetId::try_from(told.mount_target_id()).with_context(place)?,
            life_cycle: LifeCycle::parse(told.life_cycle_state().as_str()),
            subnet_id: SubnetId::try_from(told.subnet_id()).with_context(place)?,
            vpc_id: vpc.with_context(place)?,
            availability_zone: told.availability_zone_name().unwrap_or_default().to_owned(),
            ip_address: told.ip_address().map(str::to_owned),
            security_groups: None,
        },
        interface: interface.with_context(place)?,
    })
}
