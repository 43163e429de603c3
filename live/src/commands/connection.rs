//! What every command works with: the job, its clients, and how it is watched.

use std::sync::Arc;

use inputs::counted;
use job::{Job, Session};

use crate::aws::{Account, Calls};
use crate::observe::{Clients, Observed, observe};
use crate::outcome::Ending;
use crate::progress::Progress;
use crate::stop::Stop;
use crate::target::Target;
use crate::trace::Trace;

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
        for (_, inputs) in job.storage() {
            let region = &inputs.aws_region;
            if !clients.contains_key(region) {
                let aws = account.connect(region, endpoint, &calls).await;
                clients.insert(region.clone(), aws);
            }
        }
        let progress = Progress::new(trace);
        Connection { job, session, clients, calls, progress, stop }
    }

    /// The same as one of many deployments, by name.
    pub(super) fn named(mut self, name: &str, trace: &Arc<Trace>) -> Self {
        self.progress = Progress::named(name, trace);
        self
    }

    /// Observes everything, or ends where it is time to stop.
    pub(super) async fn observe(
        &self,
        target: &Target,
    ) -> anyhow::Result<Result<Observed, Ending>> {
        let line = self.progress.line("observing");
        tokio::select! {
            observed = observe(self.job, &self.clients, target) => {
                let observed = observed?;
                let mut what: Vec<&str> = self.clients.keys().map(String::as_str).collect();
                what.extend(target.cluster().map(|cluster| cluster.kube.name.as_str()));
                line.done(&format!("read {} in {}", what.join(", "), counted(self.calls.count(), "call")));
                Ok(Ok(observed))
            }
            reason = self.stop.stopped() => {
                line.failed("stopped");
                Ok(Err(Ending::Stopped { reason, left: Vec::new() }))
            }
        }
    }
}
