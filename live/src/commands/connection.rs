//! What every command works with: the job, its clients, and how it is watched.

use std::sync::{Arc, OnceLock};

use failure::Failure;
use inputs::counted;
use job::{Job, Session};
use place::Verdict;

use crate::audit::Trail;
use crate::aws::{Account, Calls};
use crate::observe::{Clients, Observed, observe};
use crate::places;
use crate::progress::Progress;
use crate::stop::Stop;
use crate::target::{InCluster, Target};
use crate::trace::Trace;
use crate::without_cluster;

/// One job with all that it takes to carry it out.
pub(super) struct Connection<'a> {
    pub(super) job: &'a Job,
    pub(super) session: &'a Session,
    /// The AWS clients, by region.
    pub(super) clients: Clients,
    /// The calls of all clients together.
    pub(super) calls: Arc<Calls>,
    pub(super) progress: Progress,
    pub(super) stop: &'a Stop,
    /// What is recorded of the run.
    pub(super) trail: Arc<Trail>,
    places: OnceLock<Vec<Verdict>>,
}

impl<'a> Connection<'a> {
    /// Prepares clients for the regions of the job; nothing is called yet.
    pub(super) async fn new(
        job: &'a Job,
        session: &'a Session,
        (account, endpoint): (&Account, Option<&str>),
        trace: &Arc<Trace>,
        stop: &'a Stop,
    ) -> Self {
        let calls = Arc::new(Calls::new(session.verbosity, trace));
        let mut clients = Clients::new();
        let regions = job.storage().map(|(_, inputs)| &inputs.aws_region);
        for region in regions.chain(job.places.iter().map(|wanted| &wanted.region)) {
            if !clients.contains_key(region) {
                let aws = account.connect(region, endpoint, &calls).await;
                clients.insert(region.clone(), aws);
            }
        }
        let progress = Progress::new(trace);
        let (trail, places) = (Arc::default(), OnceLock::new());
        Connection { job, session, clients, calls, progress, stop, trail, places }
    }

    /// The same as one of many deployments, by name.
    pub(super) fn named(mut self, name: &str, trace: &Arc<Trace>) -> Self {
        self.progress = Progress::named(name, trace);
        self
    }

    /// The same, recorded in an audit file.
    pub(super) fn recorded(mut self, trail: Trail) -> Self {
        self.trail = Arc::new(trail);
        self
    }

    /// Whether account, region and cluster belong together; empty before anything was observed.
    pub(super) fn places(&self) -> &[Verdict] {
        self.places.get().map_or(&[], Vec::as_slice)
    }

    /// Looks at the places of the job, once.
    pub(super) async fn look_at_places(&self, target: &Target) {
        if self.places.get().is_none() {
            let found = places::judge(self.job, &self.clients, target).await;
            self.trail.place(&found);
            if let Some(caller) = found.iter().find_map(|verdict| verdict.caller.as_ref()) {
                let run = tracing::Span::current();
                run.record("account", &caller.account).record("principal", &caller.arn);
            }
            // Nobody else looks meanwhile, and the same would be found.
            let _ = self.places.set(found);
        }
    }

    /// An error of looking, with the contradiction that may well be its cause.
    pub(super) fn misplaced(&self, error: anyhow::Error) -> anyhow::Error {
        match self.places().iter().find_map(|verdict| verdict.refusals.first()) {
            Some(refusal) => {
                error.context(Failure::new(refusal.reason.clone(), refusal.remedy.clone()))
            }
            None => error,
        }
    }

    /// Connects to the target, unless it is time to stop.
    pub(super) async fn connect(&self) -> anyhow::Result<Target> {
        let target = self.stop.or(Target::connect(self.job)).await?;
        target.map_err(|error| match self.job.storage().next() {
            Some(_) => without_cluster::unconnected(&self.job.goal, error),
            None => error,
        })
    }

    /// The same for what makes sense in a cluster only.
    pub(super) async fn connect_to_cluster(&self) -> anyhow::Result<Arc<InCluster>> {
        self.stop.or(Target::connect_to_cluster(self.job)).await?
    }

    /// Observes everything, unless it is time to stop.
    pub(super) async fn observe(&self, target: &Target) -> anyhow::Result<Observed> {
        let line = self.progress.line("observing");
        let all = async {
            tokio::join!(observe(self.job, &self.clients, target), self.look_at_places(target)).0
        };
        let observed = self.stop.or(all).await.inspect_err(|_| line.failed("stopped"))?;
        let observed = observed.map_err(|error| self.misplaced(error))?;
        line.done(&self.read(target));
        Ok(observed)
    }

    /// What was read, and with how many AWS calls where AWS was part of it.
    fn read(&self, target: &Target) -> String {
        let calls = self.calls.count();
        let mut what: Vec<String> =
            if calls == 0 { Vec::new() } else { self.clients.keys().cloned().collect() };
        match target {
            Target::Cluster(cluster) => what.push(cluster.kube.name.clone()),
            Target::Directory(path) if what.is_empty() => what.push(path.display().to_string()),
            Target::Directory(_) => {}
        }
        let what = what.join(", ");
        if calls == 0 {
            return format!("read {what}");
        }
        format!("read {what} in {}", counted(calls, "call"))
    }
}
