//! The calls that change something. Each may be repeated: what somebody did
//! already, or undid meanwhile, is an answer and not a failure.

mod file_system;
mod ingress;
mod mount_target;

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use efs::{FileSystem, FileSystemRef, LifeCycle, Owner};
use network::FileSystemId;

use super::Aws;
use super::errors::Raced;
use super::read::{Lookup, Seen};
use crate::stop::Stop;
use crate::watch::Watch;

/// Changes one deployment, with one look for everybody who waits.
#[derive(Debug)]
pub(crate) struct Changes {
    aws: Aws,
    owner: Owner,
    stop: Stop,
    /// The file system that everything belongs to, once it is known.
    file_system: Arc<OnceLock<FileSystemId>>,
    file_systems: Watch<Option<FileSystem>>,
    /// Nothing where the file system is not there.
    targets: Watch<Option<Vec<Seen>>>,
}

/// A wait that ended because the run is to stop.
#[derive(Debug)]
pub(crate) struct Stopped;

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("stopped before it was through")
    }
}

impl std::error::Error for Stopped {}

/// How long something that should be there is not. What was just made may not be
/// listed yet, and a look may be answered from the past; what stays away was deleted.
#[derive(Debug, Default)]
struct Absence {
    seen: bool,
    since: Option<Instant>,
}

impl Absence {
    /// It is there.
    fn ended(&mut self) {
        *self = Absence { seen: true, since: None };
    }

    /// What it belongs to is not there either: it need not be seen to be missed.
    fn with_all_else(&mut self) {
        self.seen = true;
    }

    /// It is not there; an error once that is no longer the list being late. Whoever
    /// gives up too early only looks again.
    fn told(&mut self, what: &str) -> Option<anyhow::Error> {
        let since = *self.since.get_or_insert_with(Instant::now);
        let patience = Duration::from_secs(if self.seen { 2 } else { 8 });
        (since.elapsed() >= patience).then(|| {
            anyhow!(Raced(format!("{what} is not there any more: another run deleted it")))
        })
    }
}

impl Changes {
    /// Starts with the file system that was observed, if any.
    pub(crate) fn new(aws: &Aws, owner: Owner, stop: &Stop, found: Option<&FileSystem>) -> Self {
        let file_system = Arc::new(OnceLock::new());
        if let Some(found) = found
            .filter(|found| !matches!(found.life_cycle, LifeCycle::Deleting | LifeCycle::Deleted))
        {
            let _ = file_system.set(found.id.clone());
        }
        let (a, id) = (aws.clone(), Arc::clone(&file_system));
        let token = owner.creation_token();
        let file_systems = Watch::new(move || {
            let (aws, lookup) =
                (a.clone(), id.get().cloned().map_or(Lookup::Token(token.clone()), Lookup::Id));
            async move { aws.file_system(&lookup).await }
        });
        let (a, id) = (aws.clone(), Arc::clone(&file_system));
        let targets = Watch::new(move || {
            let (aws, id) = (a.clone(), id.get().cloned());
            async move {
                match id {
                    Some(id) => aws.mount_targets(&id).await,
                    None => Ok(None),
                }
            }
        });
        Changes { aws: aws.clone(), owner, stop: stop.clone(), file_system, file_systems, targets }
    }

    /// The file system that everything belongs to, once it is known.
    pub(crate) fn file_system(&self) -> Option<&FileSystemId> {
        self.file_system.get()
    }

    fn resolve(&self, reference: &FileSystemRef) -> anyhow::Result<FileSystemId> {
        match reference {
            FileSystemRef::Known(id) => Ok(id.clone()),
            FileSystemRef::AfterApply => self
                .file_system()
                .cloned()
                .context("the file system was not created before what needs it"),
        }
    }

    /// Waits, unless the run is to stop.
    pub(crate) async fn wait<T: Send + Sync + 'static, R>(
        &self,
        watch: &Watch<T>,
        judge: impl FnMut(&T) -> Option<R>,
    ) -> anyhow::Result<R> {
        tokio::select! {
            found = watch.until(judge) => found,
            _ = self.stop.stopped() => Err(anyhow!(Stopped)),
        }
    }
}
