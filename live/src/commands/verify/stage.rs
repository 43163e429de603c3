//! Where a proof takes place: its namespace and claim, the pods in it, and their end.

use failure::{Help, failure};
use kubernetes::label::VERIFY;
use kubernetes::proof::Placement;
use serde_json::json;

use crate::cluster::{Kube, PodProgress};
use crate::log;
use crate::meaning::kubernetes::lacks_image;
use crate::progress::{Line, Progress};
use crate::stop::{Reason, Stop};
use crate::wait::{NAMESPACE_REMOVAL, within};
use crate::watch::Watch;

/// The namespace and the claim of a proof.
pub(super) struct Stage {
    pub(super) kube: Kube,
    /// The label by which everything of the proof is found.
    pub(super) nonce: String,
    pub(super) namespace: String,
    pub(super) claim: String,
    /// Whether the claim is somebody's, and stays.
    pub(super) existing: bool,
    /// Where its pods may run.
    placement: Placement,
    pods: Watch<Vec<PodProgress>>,
}

impl Stage {
    pub(super) fn new(
        kube: &Kube,
        nonce: &str,
        (namespace, claim): (&str, &str),
        existing: bool,
        placement: &Placement,
    ) -> Stage {
        let looks = (kube.clone(), namespace.to_owned(), nonce.to_owned());
        let pods = Watch::new(move || {
            let (kube, namespace, nonce) = looks.clone();
            async move { kube.pods_of_proof(&namespace, &nonce).await }
        });
        Stage {
            kube: kube.clone(),
            nonce: nonce.to_owned(),
            namespace: namespace.to_owned(),
            claim: claim.to_owned(),
            existing,
            placement: placement.clone(),
            pods,
        }
    }

    /// Makes a pod or a Job, where it may run.
    pub(super) async fn create(&self, document: &str) -> anyhow::Result<()> {
        self.kube.create_placed(document, &self.placement).await
    }

    /// Makes namespace and claim, unless the claim is somebody's.
    pub(super) async fn prepare(
        &self,
        namespace: &str,
        claim: &str,
        stop: &Stop,
    ) -> anyhow::Result<()> {
        let secret = self.placement.image_pull_secret.as_ref();
        if self.existing {
            return match secret {
                Some((there, name)) if *there != self.namespace => Err(failure(
                    format!("the Secret `{there}/{name}` is not in the namespace of the claim"),
                    format!(
                        "name one of `{}` with `--image-pull-secret`: nothing is copied into a \
                         namespace that is somebody's",
                        self.namespace
                    ),
                )),
                _ => Ok(()),
            };
        }
        self.kube.create_from(namespace).await?;
        self.kube.create_from(claim).await?;
        if let Some((from, name)) = secret {
            let labels = json!({VERIFY: self.nonce});
            self.kube.copy_secret((from, name), &self.namespace, labels).await?;
        }
        // Pods are refused until the controllers have made it.
        let looks = (self.kube.clone(), self.namespace.clone());
        let account = Watch::new(move || {
            let (kube, namespace) = looks.clone();
            async move { kube.has_default_account(&namespace).await }
        });
        stop.or(account.until(|there| there.then_some(()))).await?
    }

    /// Waits until `judge` finds in the pods what it is after.
    pub(super) async fn until<R>(
        &self,
        line: &Line,
        stop: &Stop,
        judge: impl FnMut(&Vec<PodProgress>) -> Option<R>,
    ) -> anyhow::Result<R> {
        stop.or(self.pods.until(judge)).await.inspect_err(|_| line.failed("stopped"))?
    }

    /// What ended a proof, where it is not that an image cannot be had: more time would not help.
    pub(super) async fn without_image(&self, image: &str, error: anyhow::Error) -> anyhow::Error {
        if error.downcast_ref() != Some(&Reason::TimedOut) {
            return error;
        }
        let pods = self.kube.pods_of_proof(&self.namespace, &self.nonce).await;
        let mut reasons = pods.unwrap_or_default().into_iter().filter_map(|pod| pod.why);
        match reasons.find(|why| lacks_image(why)) {
            Some(why) => failure(
                format!("the image `{image}` cannot be pulled: {why}"),
                "correct `--image`, or let the nodes reach its registry; more time does not help",
            ),
            None => error,
        }
    }

    /// After a failure: what pods and claim say.
    pub(super) async fn show_state(&self) {
        let Stage { kube, namespace, claim, .. } = self;
        let Ok(pods) = kube.pods_of_proof(namespace, &self.nonce).await else { return };
        for pod in pods {
            let state = match (&pod.ended, pod.started) {
                (Some(message), _) => format!("ended: {}", message.trim().replace('\n', ", ")),
                (None, true) => "running".to_owned(),
                (None, false) => pod.why.clone().unwrap_or_else(|| "not started".to_owned()),
            };
            log::say(&format!("pod {}: {state}", pod.name));
            if let Ok(Some(warning)) = kube.newest_warning(namespace, &pod.name).await {
                log::say(&format!("pod {}: {warning}", pod.name));
            }
        }
        if let Ok((Some(phase), _)) = kube.claim(namespace, claim).await {
            log::say(&format!("claim {claim}: {phase}"));
        }
        if let Ok(Some(warning)) = kube.newest_warning(namespace, claim).await {
            log::say(&format!("claim {claim}: {warning}"));
        }
    }

    /// Removes what the proof made: all of it, or its pods and Jobs on a claim that is somebody's.
    pub(super) async fn clean_up(&self, progress: &Progress, stop: &Stop) -> anyhow::Result<()> {
        let line = progress.line("cleaning up");
        let done = if self.existing {
            self.kube.delete_run(&self.namespace, &self.nonce).await.map(|()| true)
        } else {
            line.state("removing what the proof made");
            self.remove_namespace(stop).await
        };
        match done {
            Ok(true) => {
                line.done("removed what the proof made");
                Ok(())
            }
            Ok(false) => {
                let namespace = &self.namespace;
                line.failed(&format!("Kubernetes is still removing the namespace `{namespace}`"));
                Ok(())
            }
            Err(error) => {
                line.failed("failed");
                Err(error).help(
                    "removing the proof",
                    format!(
                        "remove it with `kubectl delete namespace,jobs,pods --selector \
                         {VERIFY}={}`",
                        self.nonce
                    ),
                )
            }
        }
    }

    /// Removes the namespace of the proof; whether it and its volume are gone in
    /// time, so that a destroy right afterwards finds nothing in its way.
    async fn remove_namespace(&self, stop: &Stop) -> anyhow::Result<bool> {
        let (_, volume) = self.kube.claim(&self.namespace, &self.claim).await?;
        self.kube.delete_namespace(&self.namespace).await?;
        let looks = (self.kube.clone(), self.namespace.clone(), volume);
        let gone = Watch::new(move || {
            let (kube, namespace, volume) = looks.clone();
            async move { kube.are_gone(&namespace, volume.as_deref()).await }
        });
        let wait = within(NAMESPACE_REMOVAL, gone.until(|gone| gone.then_some(())));
        // What was stopped is cleaned up all the same; a second Ctrl-C ends even that at once.
        let gone = match stop.reason() {
            Some(_) => wait.await,
            None => stop.or(wait).await.ok().flatten(),
        };
        gone.map_or(Ok(false), |gone| gone.map(|()| true))
    }
}

/// How far these pods are, and why not further.
pub(super) fn behind(pods: &[&PodProgress], of: usize) -> String {
    let ended = pods.iter().filter(|pod| pod.ended.is_some()).count();
    let why = pods.iter().find_map(|pod| pod.why.as_ref());
    let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
    format!("{ended} of {of} pods done{why}")
}
