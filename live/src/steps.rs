//! Steps and waits: what each of them does.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use efs::{FileSystemRef, Inputs, MountTarget, Operation, Rollout, Until};
use network::{FileSystemId, MountTargetId};
use tokio::sync::watch;

use crate::aws::{Changes, Stopped};
use crate::cluster::InCluster;
use crate::helm::Helm;
use crate::progress::Line;
use crate::watch::Watch;

/// What a step did to the mount targets, for the outputs.
pub(crate) enum Effect {
    None,
    Target(MountTarget),
    Gone(MountTargetId),
}

/// What a step or a wait does.
#[derive(Clone)]
pub(crate) enum Work {
    Step(Operation),
    Wait(Until),
}

/// What all steps share.
pub(crate) struct World {
    pub(crate) changes: Changes,
    pub(crate) inputs: Inputs,
    pub(crate) target: Place,
    /// Whether something failed, so that nobody waits any longer for what may never come.
    pub(crate) failing: watch::Sender<bool>,
}

/// Where Kubernetes objects go.
pub(crate) enum Place {
    Directory(PathBuf),
    Cluster(Arc<InCluster>),
}

impl World {
    /// The directory, where the target is one.
    pub(crate) fn directory(&self) -> anyhow::Result<&Path> {
        match &self.target {
            Place::Directory(path) => Ok(path),
            Place::Cluster(_) => bail!("the plan has a document, and the target is a cluster"),
        }
    }

    /// The cluster, where the target is one.
    pub(crate) fn cluster(&self) -> anyhow::Result<&InCluster> {
        match &self.target {
            Place::Cluster(cluster) => Ok(cluster),
            Place::Directory(_) => {
                bail!("the plan changes a cluster, and the target is a directory")
            }
        }
    }

    fn helm(&self) -> anyhow::Result<&Helm> {
        self.cluster()?
            .helm
            .as_ref()
            .context("the plan has a release, and the driver is left alone")
    }

    /// Helm for the release of a workload.
    fn helm_of(&self, label: &str) -> anyhow::Result<&Helm> {
        let workloads = &self.cluster()?.workloads;
        workloads
            .get(label)
            .and_then(|workload| workload.helm.as_ref())
            .with_context(|| format!("the plan has a workload `{label}` that is not there"))
    }

    /// The id of the file system that a step names.
    fn file_system<'a>(&'a self, reference: &'a FileSystemRef) -> anyhow::Result<&'a str> {
        match reference {
            FileSystemRef::Known(id) => Ok(id.as_str()),
            FileSystemRef::AfterApply => self
                .changes
                .file_system()
                .map(FileSystemId::as_str)
                .context("the file system was not created before what names it"),
        }
    }
}

/// One step or wait; the answer is what to tell, and what it did to the targets.
#[expect(
    clippy::too_many_lines,
    reason = "an arm for each operation, none of which decides anything"
)]
pub(crate) async fn carry_out(
    world: &World,
    work: &Work,
    line: &Line,
) -> anyhow::Result<(String, Effect)> {
    let changes = &world.changes;
    let told = |text: &str| Ok((text.to_owned(), Effect::None));
    match work {
        Work::Wait(Until::DriverReady) => {
            driver_ready(world, line).await?;
            told("runs")
        }
        Work::Wait(until) => wait(changes, until, line).await,
        Work::Step(operation) => match operation {
            Operation::CreateFileSystem(asked) => {
                let made = changes.create_file_system(asked, line).await?;
                Ok((format!("created {}", made.id), Effect::None))
            }
            Operation::UpdateThroughput { file_system, throughput } => {
                changes.update_throughput(file_system, *throughput, line).await?;
                told("updated")
            }
            Operation::TagFileSystem { file_system, tags } => {
                changes.tag_file_system(file_system, tags, line).await?;
                told("tagged")
            }
            Operation::DeleteFileSystem { file_system } => {
                changes.delete_file_system(file_system, line).await?;
                told("destroyed")
            }
            Operation::CreateMountTarget(asked) => {
                let made = changes.create_mount_target(asked, line).await?;
                Ok((format!("created {}", made.id), Effect::Target(made)))
            }
            Operation::ReplaceMountTarget { old, new } => {
                changes.delete_mount_target(old, line).await?;
                let made = changes.create_mount_target(new, line).await?;
                Ok((format!("replaced {old} by {}", made.id), Effect::Target(made)))
            }
            Operation::SetSecurityGroups { mount_target, security_groups } => {
                changes.set_security_groups(mount_target, security_groups, line).await?;
                told("updated")
            }
            Operation::DeleteMountTarget { mount_target } => {
                changes.delete_mount_target(mount_target, line).await?;
                Ok(("destroyed".to_owned(), Effect::Gone(mount_target.clone())))
            }
            Operation::AuthorizeIngress { group, source, tags } => {
                changes.authorize(group, source, tags, line).await?;
                told("created")
            }
            Operation::RevokeIngress { group, rule } => {
                changes.revoke(group, rule, line).await?;
                told("destroyed")
            }
            Operation::WriteDocument { document, file_system } => {
                let id = match file_system {
                    None => "",
                    Some(reference) => world.file_system(reference)?,
                };
                let text = document.render_for(&world.inputs, id)?;
                directory::write(world.directory()?, *document, &text)?;
                told("written")
            }
            Operation::RemoveDocument { document } => {
                directory::remove(world.directory()?, *document)?;
                told("removed")
            }
            Operation::WriteFile { path, text } => {
                directory::write_file(&world.directory()?.join(path), text)?;
                told("written")
            }
            Operation::RemoveFile { path } => {
                directory::remove_file(&world.directory()?.join(path))?;
                told("removed")
            }
            Operation::ApplyStorageClass { file_system, replace } => {
                let id = world.file_system(file_system)?;
                line.state("applying");
                world.cluster()?.kube.apply_class(&world.inputs, id, *replace).await?;
                told(if *replace { "replaced" } else { "applied" })
            }
            Operation::DeleteStorageClass { name } => {
                world.cluster()?.kube.delete_class(name).await?;
                told("destroyed")
            }
            Operation::UpgradeRelease { stuck, wait } => {
                world.helm()?.upgrade(*stuck, line).await?;
                if *wait {
                    driver_ready(world, line).await?;
                    return told("runs");
                }
                told("released")
            }
            Operation::ApplyClaim { namespace, name, document } => {
                world.cluster()?.kube.apply_claim(namespace, name, document).await?;
                told("applied")
            }
            Operation::DeleteClaim { namespace, name } => {
                nobody_uses(world, namespace, name, line).await?;
                world.cluster()?.kube.delete_claim(namespace, name).await?;
                told("destroyed")
            }
            Operation::UpgradeWorkload { workload, stuck } => {
                world.helm_of(workload)?.upgrade(*stuck, line).await?;
                told("released")
            }
            Operation::UninstallWorkload { workload } => {
                world.helm_of(workload)?.uninstall().await?;
                told("destroyed")
            }
            Operation::ExpandClaim { namespace, name, volume, capacity } => {
                let kube = &world.cluster()?.kube;
                kube.expand(namespace, name, volume, capacity).await?;
                told("expanded")
            }
            Operation::UninstallRelease => {
                line.state("uninstalling");
                world.helm()?.uninstall().await?;
                world.cluster()?.kube.delete_csi_driver().await?;
                told("destroyed")
            }
        },
    }
}

/// Waits until no pod uses a claim; those of a release that goes take a moment.
async fn nobody_uses(
    world: &World,
    namespace: &str,
    name: &str,
    line: &Line,
) -> anyhow::Result<()> {
    let (kube, claim) = (world.cluster()?.kube.clone(), (namespace.to_owned(), name.to_owned()));
    let users = Watch::new(move || {
        let (kube, (namespace, name)) = (kube.clone(), claim.clone());
        async move { kube.users_of(&namespace, &name).await }
    });
    let none = |users: &Vec<String>| {
        line.observed(&format!("used by {}", users.join(", ")));
        users.is_empty().then_some(())
    };
    world.changes.wait(&users, none).await
}

/// Waits until the driver runs everywhere, and says meanwhile why it does not.
async fn driver_ready(world: &World, line: &Line) -> anyhow::Result<()> {
    let kube = world.cluster()?.kube.clone();
    let namespace = world.inputs.driver.namespace.clone();
    let rollouts = Watch::new(move || {
        let (kube, namespace) = (kube.clone(), namespace.clone());
        async move { kube.rollouts(&namespace).await }
    });
    let complete = |rollouts: &Vec<Rollout>| {
        let behind: Vec<String> =
            rollouts.iter().filter(|rollout| !rollout.is_complete()).map(told_of).collect();
        if behind.is_empty() && !rollouts.is_empty() {
            return Some(());
        }
        line.observed(&behind.join("; "));
        None
    };
    let mut failing = world.failing.subscribe();
    tokio::select! {
        ready = world.changes.wait(&rollouts, complete) => ready,
        _ = failing.wait_for(|failing| *failing) => bail!(Stopped),
    }
}

fn told_of(rollout: &Rollout) -> String {
    let Rollout { name, ready, desired, current: _, why } = rollout;
    let why = why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
    format!("{name} {ready} of {desired}{why}")
}

async fn wait(changes: &Changes, until: &Until, line: &Line) -> anyhow::Result<(String, Effect)> {
    match until {
        Until::FileSystemAvailable(_) => {
            changes.file_system_available(line).await?;
            Ok(("available".to_owned(), Effect::None))
        }
        Until::FileSystemGone(id) => {
            changes.file_system_gone(id, line).await?;
            Ok(("gone".to_owned(), Effect::None))
        }
        Until::MountTargetAvailable(id) => {
            let target = changes.target_available(line, |target| target.id == *id).await?;
            Ok(("available".to_owned(), Effect::Target(target)))
        }
        Until::MountTargetGone(id) => {
            changes.target_gone(id, line).await?;
            Ok(("gone".to_owned(), Effect::Gone(id.clone())))
        }
        Until::DriverReady => bail!("the driver is waited for elsewhere"),
    }
}
