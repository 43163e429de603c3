//! Creating, changing and deleting the file system.

use anyhow::{Context, anyhow, bail};
use aws_sdk_efs::types::{PerformanceMode as SdkPerformance, Tag, ThroughputMode};
use efs::{CreateFileSystem, FileSystem, LifeCycle, Throughput};
use network::{FileSystemId, Tags};

use super::{Absence, Changes};
use crate::aws::errors::{Raced, explain, is};
use crate::aws::read::Lookup;
use crate::progress::Line;

impl Changes {
    pub(crate) async fn create_file_system(
        &self,
        asked: &CreateFileSystem,
        line: &Line,
    ) -> anyhow::Result<FileSystem> {
        line.state("creating");
        let call = self
            .aws
            .efs
            .create_file_system()
            .creation_token(&asked.creation_token)
            .encrypted(asked.encrypted)
            .set_kms_key_id(asked.kms_key_id.clone())
            .performance_mode(SdkPerformance::from(asked.performance_mode.as_str()))
            .throughput_mode(ThroughputMode::from(asked.throughput.mode()))
            .set_provisioned_throughput_in_mibps(asked.throughput.mibps())
            .set_tags(Some(efs_tags(&asked.tags)?));
        let (id, state) = match call.send().await {
            Ok(told) => (
                FileSystemId::try_from(told.file_system_id())?,
                LifeCycle::parse(told.life_cycle_state().as_str()),
            ),
            // Another run was faster; some emulators do not say which one it is.
            Err(error) if is(&error, "FileSystemAlreadyExists") => {
                let lookup = Lookup::Token(asked.creation_token.clone());
                let found = self.aws.file_system(&lookup).await?;
                let found = found
                    .context("a file system with this creation token exists and cannot be found")?;
                if !self.owner.owns(&found.tags) {
                    bail!(
                        "{} has this deployment's creation token, but not its tags; run the same command again to see the choices",
                        found.id
                    );
                }
                (found.id, found.life_cycle)
            }
            Err(error) => {
                return Err(explain("elasticfilesystem:CreateFileSystem", &self.aws.region, error));
            }
        };
        let _ = self.file_system.set(id.clone());
        if state == LifeCycle::Available
            && let Some(found) = self.aws.file_system(&Lookup::Id(id)).await?
        {
            return Ok(found);
        }
        self.file_system_available(line).await
    }

    /// Waits until the file system is available.
    pub(crate) async fn file_system_available(&self, line: &Line) -> anyhow::Result<FileSystem> {
        line.state("waiting until available");
        let mut absence = Absence::default();
        let judge = |found: &Option<FileSystem>| {
            let Some(found) = found.as_ref() else {
                return absence.told("the file system").map(Err);
            };
            absence.ended();
            line.observed(found.life_cycle.as_str());
            match &found.life_cycle {
                LifeCycle::Available => Some(Ok(found.clone())),
                LifeCycle::Creating | LifeCycle::Updating => None,
                LifeCycle::Deleting | LifeCycle::Deleted => {
                    Some(Err(anyhow!(Raced(format!("another run is deleting {}", found.id)))))
                }
                LifeCycle::Other(state) => {
                    Some(Err(anyhow!("{} is in the state `{}`", found.id, state.escape_debug())))
                }
            }
        };
        self.wait(&self.file_systems, judge).await?
    }

    /// Waits until the file system of that id is gone.
    pub(crate) async fn file_system_gone(
        &self,
        id: &FileSystemId,
        line: &Line,
    ) -> anyhow::Result<()> {
        line.state("waiting until gone");
        let judge = |found: &Option<FileSystem>| {
            let Some(found) = found.as_ref().filter(|found| found.id == *id) else {
                return Some(());
            };
            line.observed(found.life_cycle.as_str());
            (found.life_cycle == LifeCycle::Deleted).then_some(())
        };
        self.wait(&self.file_systems, judge).await
    }

    pub(crate) async fn update_throughput(
        &self,
        id: &FileSystemId,
        asked: Throughput,
        line: &Line,
    ) -> anyhow::Result<FileSystem> {
        line.state("updating");
        let call = self
            .aws
            .efs
            .update_file_system()
            .file_system_id(id.as_str())
            .throughput_mode(ThroughputMode::from(asked.mode()))
            .set_provisioned_throughput_in_mibps(asked.mibps());
        if let Err(error) = call.send().await {
            // A run beside this one may have done it.
            let same = |found: &FileSystem| {
                found.throughput_mode == asked.mode()
                    && found.provisioned_throughput_in_mibps == asked.mibps()
            };
            let lookup = Lookup::Id(id.clone());
            let raced = is(&error, "BadRequest") || is(&error, "IncorrectFileSystemLifeCycleState");
            if !(raced && self.aws.file_system(&lookup).await?.is_some_and(|found| same(&found))) {
                return Err(explain("elasticfilesystem:UpdateFileSystem", &self.aws.region, error));
            }
        }
        self.file_system_available(line).await
    }

    pub(crate) async fn tag_file_system(
        &self,
        id: &FileSystemId,
        tags: &Tags,
        line: &Line,
    ) -> anyhow::Result<()> {
        line.state("tagging");
        let call =
            self.aws.efs.tag_resource().resource_id(id.as_str()).set_tags(Some(efs_tags(tags)?));
        call.send()
            .await
            .map_err(|error| explain("elasticfilesystem:TagResource", &self.aws.region, error))?;
        Ok(())
    }

    pub(crate) async fn delete_file_system(
        &self,
        id: &FileSystemId,
        line: &Line,
    ) -> anyhow::Result<()> {
        loop {
            line.state("deleting");
            match self.aws.efs.delete_file_system().file_system_id(id.as_str()).send().await {
                Ok(_) => break,
                Err(error) if is(&error, "FileSystemNotFound") => return Ok(()),
                // A target that is still on its way out, or one that a run beside this one made.
                Err(error) if is(&error, "FileSystemInUse") => {
                    line.state("waiting until its mount targets are gone");
                    let left = self.wait(&self.targets, |seen| {
                        let mut seen = seen.iter().flatten();
                        let stays = seen
                            .clone()
                            .find(|seen| seen.target.life_cycle == LifeCycle::Available);
                        match stays {
                            Some(seen) => Some(Some(seen.target.id.clone())),
                            None => seen.next().is_none().then_some(None),
                        }
                    });
                    if let Some(target) = left.await? {
                        bail!(Raced(format!(
                            "{id} has the mount target {target}, which was not there when the plan was made"
                        )));
                    }
                }
                Err(error) => {
                    return Err(explain(
                        "elasticfilesystem:DeleteFileSystem",
                        &self.aws.region,
                        error,
                    ));
                }
            }
        }
        self.file_system_gone(id, line).await
    }
}

fn efs_tags(tags: &Tags) -> anyhow::Result<Vec<Tag>> {
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    Ok(tags.iter().map(tag).collect::<Result<_, _>>()?)
}
