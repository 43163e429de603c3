//! Creating, changing and deleting mount targets.

use anyhow::anyhow;
use efs::{CreateMountTarget, LifeCycle, MountTarget};
use network::{MountTargetId, SecurityGroupId};

use super::{Absence, Changes};
use crate::aws::errors::{Raced, explain, is};
use crate::aws::read::{Seen, mount_target};
use crate::progress::Line;

impl Changes {
    pub(crate) async fn create_mount_target(
        &self,
        asked: &CreateMountTarget,
        line: &Line,
    ) -> anyhow::Result<MountTarget> {
        let id = self.resolve(&asked.file_system)?;
        let created = loop {
            line.state("creating");
            let call = self
                .aws
                .efs
                .create_mount_target()
                .file_system_id(id.as_str())
                .subnet_id(asked.subnet.as_str())
                .security_groups(asked.security_group.as_str());
            match call.send().await {
                Ok(told) => {
                    let told = aws_sdk_efs::types::MountTargetDescription::builder()
                        .mount_target_id(told.mount_target_id())
                        .file_system_id(told.file_system_id())
                        .subnet_id(told.subnet_id())
                        .life_cycle_state(told.life_cycle_state().clone())
                        .set_ip_address(told.ip_address().map(str::to_owned))
                        .set_network_interface_id(told.network_interface_id().map(str::to_owned))
                        .set_availability_zone_name(
                            told.availability_zone_name().map(str::to_owned),
                        )
                        .set_vpc_id(told.vpc_id().map(str::to_owned))
                        .build()?;
                    break Some(mount_target(&told)?.target);
                }
                // Another run was faster: its target serves as well.
                Err(error) if is(&error, "MountTargetConflict") => break None,
                Err(error) if is(&error, "IncorrectFileSystemLifeCycleState") => {
                    self.file_system_available(line).await?;
                }
                Err(error) => {
                    return Err(explain(
                        "elasticfilesystem:CreateMountTarget",
                        &self.aws.region,
                        error,
                    ));
                }
            }
        };
        if let Some(created) = created.filter(|created| created.life_cycle == LifeCycle::Available)
        {
            return Ok(created);
        }
        self.target_available(line, |target| target.availability_zone == asked.availability_zone)
            .await
    }

    /// Waits until a target is available.
    pub(crate) async fn target_available(
        &self,
        line: &Line,
        which: impl Fn(&MountTarget) -> bool,
    ) -> anyhow::Result<MountTarget> {
        line.state("waiting until available");
        let mut absence = Absence::default();
        let judge = |seen: &Option<Vec<Seen>>| {
            if seen.is_none() {
                absence.with_all_else();
            }
            let targets = seen.iter().flatten().map(|seen| &seen.target);
            let Some(target) = targets.filter(|target| which(target)).max_by_key(|target| {
                !matches!(target.life_cycle, LifeCycle::Deleting | LifeCycle::Deleted)
            }) else {
                return absence.told("the mount target").map(Err);
            };
            absence.ended();
            line.observed(target.life_cycle.as_str());
            match &target.life_cycle {
                LifeCycle::Available => Some(Ok(target.clone())),
                LifeCycle::Deleting | LifeCycle::Deleted => {
                    Some(Err(anyhow!(Raced(format!("another run is deleting {}", target.id)))))
                }
                LifeCycle::Other(state) => {
                    Some(Err(anyhow!("{} is in the state `{}`", target.id, state.escape_debug())))
                }
                LifeCycle::Creating | LifeCycle::Updating => None,
            }
        };
        self.wait(&self.targets, judge).await?
    }

    pub(crate) async fn delete_mount_target(
        &self,
        id: &MountTargetId,
        line: &Line,
    ) -> anyhow::Result<()> {
        line.state("deleting");
        match self.aws.efs.delete_mount_target().mount_target_id(id.as_str()).send().await {
            Ok(_) => {}
            Err(error) if is(&error, "MountTargetNotFound") => return Ok(()),
            Err(error) => {
                return Err(explain(
                    "elasticfilesystem:DeleteMountTarget",
                    &self.aws.region,
                    error,
                ));
            }
        }
        self.target_gone(id, line).await
    }

    /// Waits until a target is gone.
    pub(crate) async fn target_gone(&self, id: &MountTargetId, line: &Line) -> anyhow::Result<()> {
        line.state("waiting until gone");
        let judge = |seen: &Option<Vec<Seen>>| {
            let Some(seen) = seen.iter().flatten().find(|seen| seen.target.id == *id) else {
                return Some(());
            };
            line.observed(seen.target.life_cycle.as_str());
            (seen.target.life_cycle == LifeCycle::Deleted).then_some(())
        };
        self.wait(&self.targets, judge).await
    }

    pub(crate) async fn set_security_groups(
        &self,
        id: &MountTargetId,
        groups: &[SecurityGroupId],
        line: &Line,
    ) -> anyhow::Result<()> {
        loop {
            line.state("updating");
            let call = self
                .aws
                .efs
                .modify_mount_target_security_groups()
                .mount_target_id(id.as_str())
                .set_security_groups(Some(groups.iter().map(ToString::to_string).collect()));
            match call.send().await {
                Ok(_) => return Ok(()),
                Err(error) if is(&error, "IncorrectMountTargetState") => {
                    self.target_available(line, |target| target.id == *id).await?;
                }
                Err(error) => {
                    let call = "elasticfilesystem:ModifyMountTargetSecurityGroups";
                    return Err(explain(call, &self.aws.region, error));
                }
            }
        }
    }
}
