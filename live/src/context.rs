//! What all calls of a run share: where they go, what earlier ones resulted in,
//! and when to stop.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail};
use efs::resources::file_system::{FileSystem, Replica};
use efs::resources::mount_target::MountTarget;
use efs::{FileSystemId, MountTargetId};
use network::SecurityGroupId;
use plan::{ChangeId, Known};
use tokio::sync::{OnceCell, watch};

use crate::audit::Trail;
use crate::aws::Aws;
use crate::stop::{Stop, Stopped};
use crate::target::{InCluster, Target};
use crate::wait::unless;
use crate::watch::{Awaited, Watch, Watches};

/// What all calls of a run share.
pub(crate) struct Context {
    pub(crate) target: Target,
    pub(crate) results: Results,
    pub(crate) stop: Stop,
    /// What is recorded of the run.
    pub(crate) trail: Arc<Trail>,
    /// Whether something failed, so that nobody waits any longer for what may never come.
    pub(crate) failing: watch::Sender<bool>,
    /// Who came to use a file system since the plan was made: one look for all steps that take it
    /// from its users, which begin side by side.
    pub(crate) newcomers: Newcomers,
    /// One look for everybody who waits for the same file system.
    pub(crate) file_systems: Watches<(Aws, FileSystemId), Option<FileSystem>>,
    /// The same for its mount targets; nothing where it does not exist.
    pub(crate) mount_targets: Watches<(Aws, FileSystemId, Awaited), Option<Vec<MountTarget>>>,
}

/// Who was found, as soon as somebody has looked.
type Found = Arc<OnceCell<Vec<String>>>;

/// What was found, by file system.
#[derive(Debug, Default)]
pub(crate) struct Newcomers {
    /// By the file system, and whether it was looked at before.
    found: Mutex<BTreeMap<(FileSystemId, bool), Found>>,
}

impl Newcomers {
    /// What `look` finds, or found before; one that failed is made again.
    pub(crate) async fn of(
        &self,
        (id, again): (&FileSystemId, bool),
        look: impl Future<Output = anyhow::Result<Vec<String>>>,
    ) -> anyhow::Result<Vec<String>> {
        let cell = Arc::clone(lock(&self.found).entry((id.clone(), again)).or_default());
        cell.get_or_try_init(|| look).await.cloned()
    }
}

impl Context {
    /// The directory, where the target is one.
    pub(crate) fn directory(&self) -> anyhow::Result<&Path> {
        match &self.target {
            Target::Directory(path) => Ok(path),
            Target::Cluster(_) => bail!("the plan has a document, and the target is a cluster"),
        }
    }

    /// The cluster, where the target is one.
    pub(crate) fn cluster(&self) -> anyhow::Result<&InCluster> {
        match &self.target {
            Target::Cluster(cluster) => Ok(cluster),
            Target::Directory(_) => {
                bail!("the plan changes a cluster, and the target is a directory")
            }
        }
    }

    /// Waits, unless the run is to stop.
    pub(crate) async fn wait<T: Send + Sync + 'static, R>(
        &self,
        watch: &Watch<T>,
        judge: impl FnMut(&T) -> Option<R>,
    ) -> anyhow::Result<R> {
        self.stop.or(watch.until(judge)).await.map_err(|_| anyhow::Error::new(Stopped))?
    }

    /// Pauses between two attempts, unless the run is to stop.
    pub(crate) async fn pause(&self, time: Duration) -> anyhow::Result<()> {
        self.stop.or(tokio::time::sleep(time)).await.map_err(|_| anyhow::Error::new(Stopped))
    }

    /// The same as a wait, and no longer than until something else of the run fails: what it is for may
    /// never come then.
    pub(crate) async fn wait_unless_failing<T: Send + Sync + 'static, R>(
        &self,
        watch: &Watch<T>,
        judge: impl FnMut(&T) -> Option<R>,
    ) -> anyhow::Result<R> {
        let mut failing = self.failing.subscribe();
        let failed = failing.wait_for(|failing| *failing);
        let found = unless(failed, self.wait(watch, judge)).await;
        found.unwrap_or_else(|_| Err(anyhow::Error::new(Stopped)))
    }
}

/// What changes resulted in.
#[derive(Debug, Default)]
pub(crate) struct Results {
    ids: Mutex<BTreeMap<ChangeId, String>>,
    /// The mount targets that there are, by file system.
    targets: Mutex<BTreeMap<FileSystemId, BTreeMap<MountTargetId, MountTarget>>>,
    /// The replications that the run made or ended, by their source.
    replicas: Mutex<BTreeMap<FileSystemId, Option<Replica>>>,
}

impl Results {
    /// A change resulted in something with this id.
    pub(crate) fn add(&self, change: &ChangeId, id: String) {
        lock(&self.ids).insert(change.clone(), id);
    }

    /// What a change resulted in, as text.
    pub(crate) fn of(&self, change: &ChangeId) -> anyhow::Result<String> {
        let known = lock(&self.ids).get(change).cloned();
        known.with_context(|| format!("`{change}` was not carried out before what needs it"))
    }

    /// A value that is known by now.
    pub(crate) fn resolve<T>(&self, value: &Known<T>) -> anyhow::Result<T>
    where
        T: Clone + TryFrom<String>,
        T::Error: std::error::Error + Send + Sync + 'static,
    {
        match value {
            Known::Now(value) => Ok(value.clone()),
            Known::After(change) => Ok(T::try_from(self.of(change)?)?),
        }
    }

    /// A file system is replicated there from now on, or no more.
    pub(crate) fn set_replica(&self, source: &FileSystemId, replica: Option<Replica>) {
        lock(&self.replicas).insert(source.clone(), replica);
    }

    /// Where a file system is replicated to: as the run made or ended it, or as it was before.
    pub(crate) fn replica(
        &self,
        source: &FileSystemId,
        before: impl FnOnce() -> Option<Replica>,
    ) -> Option<Replica> {
        let made = lock(&self.replicas).get(source).cloned();
        made.unwrap_or_else(before)
    }

    /// A mount target is there.
    pub(crate) fn add_target(&self, file_system: &FileSystemId, target: MountTarget) {
        let mut targets = lock(&self.targets);
        targets.entry(file_system.clone()).or_default().insert(target.id.clone(), target);
    }

    /// A mount target has other security groups now.
    pub(crate) fn set_security_groups(
        &self,
        file_system: &FileSystemId,
        id: &MountTargetId,
        groups: Option<Vec<SecurityGroupId>>,
    ) {
        let mut targets = lock(&self.targets);
        if let Some(target) = targets.get_mut(file_system).and_then(|all| all.get_mut(id)) {
            target.security_groups = groups;
        }
    }

    /// A mount target is gone.
    pub(crate) fn remove_target(&self, file_system: &FileSystemId, id: &MountTargetId) {
        if let Some(targets) = lock(&self.targets).get_mut(file_system) {
            targets.remove(id);
        }
    }

    /// The mount targets of a file system.
    pub(crate) fn targets(&self, file_system: &FileSystemId) -> Vec<MountTarget> {
        let targets = lock(&self.targets);
        targets.get(file_system).into_iter().flat_map(|targets| targets.values().cloned()).collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere leaves a map as the last whole insertion left it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a call did.
#[derive(Debug, Default)]
pub(crate) struct Done {
    /// For the person who watches, where there is something to say.
    pub(crate) summary: Option<String>,
    /// The id of what the change results in.
    pub(crate) id: Option<String>,
}

impl Done {
    /// A call that did this.
    pub(crate) fn that(summary: impl Into<String>) -> Done {
        Done { summary: Some(summary.into()), id: None }
    }

    /// A call that created something.
    pub(crate) fn created(id: impl ToString) -> Done {
        let id = id.to_string();
        Done { summary: Some(format!("created {id}")), id: Some(id) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn steps_that_begin_side_by_side_share_one_look() {
        let (newcomers, looks) = (Newcomers::default(), AtomicUsize::new(0));
        let id = FileSystemId::try_from("fs-00000001").unwrap();
        let look = |found: anyhow::Result<Vec<String>>| {
            let looks = &looks;
            async move {
                looks.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                found
            }
        };
        let failed = newcomers.of((&id, false), look(Err(anyhow::anyhow!("throttled")))).await;
        assert_eq!(failed.unwrap_err().to_string(), "throttled");
        let one = || newcomers.of((&id, false), look(Ok(vec!["the volume pv-1".to_owned()])));
        let (a, b, c) = tokio::join!(one(), one(), one());
        for found in [a, b, c] {
            assert_eq!(found.unwrap(), ["the volume pv-1"]);
        }
        assert_eq!(looks.load(Ordering::SeqCst), 2, "the one that failed, and one for all three");
        let later = newcomers.of((&id, true), look(Ok(Vec::new()))).await;
        assert!(later.unwrap().is_empty(), "what was seen before says nothing of later");
    }
}
