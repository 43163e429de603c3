//! The objects of a proof: made, seen, deleted.

use anyhow::{Context, bail};
use failure::failure;
use inputs::printable;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{
    Namespace, PersistentVolume, PersistentVolumeClaim, Pod, Secret, ServiceAccount,
};
use kube::api::{DeleteParams, ListParams};
use kubernetes::label::{PART, VERIFY};
use kubernetes::proof::Placement;
use serde_json::{Value, json};

use super::Kube;
use super::pods::reason;

/// How far a pod has come.
#[derive(Debug, Clone)]
pub(crate) struct PodProgress {
    pub(crate) name: String,
    /// The part of an example that it belongs to.
    pub(crate) part: Option<String>,
    /// Whether its container runs, or ran.
    pub(crate) started: bool,
    /// Its termination message, once it has ended.
    pub(crate) ended: Option<String>,
    /// Why it does not run.
    pub(crate) why: Option<String>,
}

impl Kube {
    /// Applies a namespace, claim, pod or Job.
    pub(crate) async fn create_from(&self, document: &str) -> anyhow::Result<()> {
        self.create_placed(document, &Placement::default()).await
    }

    /// The same, with where its pods may run.
    pub(crate) async fn create_placed(
        &self,
        document: &str,
        placement: &Placement,
    ) -> anyhow::Result<()> {
        let mut object: Value =
            serde_norway::from_str(document).context("reading a document that was rendered")?;
        placement.apply(&mut object);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (name, namespace) =
            (text(&object["metadata"]["name"]), text(&object["metadata"]["namespace"]));
        match object["kind"].as_str() {
            Some("Namespace") => self.apply::<Namespace>(&self.all(), &name, &object).await,
            Some("PersistentVolumeClaim") => {
                self.apply::<PersistentVolumeClaim>(&self.within(&namespace), &name, &object).await
            }
            Some("Job") => self.apply::<Job>(&self.within(&namespace), &name, &object).await,
            Some("Pod") => self.apply::<Pod>(&self.within(&namespace), &name, &object).await,
            other => bail!("{other:?} is not an object of a proof"),
        }
    }

    /// Copies the Secret that images are pulled with from one namespace to another, under the same
    /// name and with these labels.
    pub(crate) async fn copy_secret(
        &self,
        (namespace, name): (&str, &str),
        into: &str,
        labels: Value,
    ) -> anyhow::Result<()> {
        let found = self.get::<Secret>(&self.within(namespace), name).await?.ok_or_else(|| {
            failure(
                format!("there is no Secret `{namespace}/{name}`"),
                "name one of type `kubernetes.io/dockerconfigjson` with `--image-pull-secret`",
            )
        })?;
        let copy = json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": into, "labels": labels},
            "type": found.type_,
            "data": found.data,
        });
        self.apply::<Secret>(&self.within(into), name, &copy).await
    }

    /// Whether the namespace has the account that its pods run as.
    pub(crate) async fn has_default_account(&self, namespace: &str) -> anyhow::Result<bool> {
        let found = self.get::<ServiceAccount>(&self.within(namespace), "default").await?;
        Ok(found.is_some())
    }

    /// The phase and the volume of a claim, where it is there and has them.
    pub(crate) async fn claim(
        &self,
        namespace: &str,
        name: &str,
    ) -> anyhow::Result<(Option<String>, Option<String>)> {
        let found = self.get::<PersistentVolumeClaim>(&self.within(namespace), name).await?;
        let Some(claim) = found else { return Ok((None, None)) };
        let phase = claim.status.and_then(|status| status.phase).map(|phase| printable(&phase));
        Ok((phase, claim.spec.and_then(|spec| spec.volume_name)))
    }

    /// The pods of a proof.
    pub(crate) async fn pods_of_proof(
        &self,
        namespace: &str,
        nonce: &str,
    ) -> anyhow::Result<Vec<PodProgress>> {
        let ours = ListParams::default().labels(&format!("{VERIFY}={nonce}"));
        let pods: Vec<Pod> = self.list(&self.within(namespace), &ours).await?;
        Ok(pods.iter().map(progress).collect())
    }

    /// Deletes a pod; one that is not there any more is fine.
    pub(crate) async fn delete_pod(&self, namespace: &str, name: &str) -> anyhow::Result<()> {
        self.delete::<Pod>(&self.within(namespace), name, &DeleteParams::default()).await
    }

    /// Deletes the Jobs and pods of a proof, and leaves everything else of the namespace.
    pub(crate) async fn delete_run(&self, namespace: &str, nonce: &str) -> anyhow::Result<()> {
        let ours = ListParams::default().labels(&format!("{VERIFY}={nonce}"));
        let jobs: Vec<Job> = self.list(&self.within(namespace), &ours).await?;
        let how = DeleteParams::background();
        for name in jobs.into_iter().filter_map(|job| job.metadata.name) {
            self.delete::<Job>(&self.within(namespace), &name, &how).await?;
        }
        for pod in self.pods_of_proof(namespace, nonce).await? {
            self.delete_pod(namespace, &pod.name).await?;
        }
        Ok(())
    }

    /// Whether a namespace, and a volume, are gone.
    pub(crate) async fn are_gone(
        &self,
        namespace: &str,
        volume: Option<&str>,
    ) -> anyhow::Result<bool> {
        if self.get::<Namespace>(&self.all(), namespace).await?.is_some() {
            return Ok(false);
        }
        match volume {
            None => Ok(true),
            Some(name) => Ok(self.get::<PersistentVolume>(&self.all(), name).await?.is_none()),
        }
    }

    /// Deletes a namespace with all that is in it; Kubernetes finishes on its own.
    pub(crate) async fn delete_namespace(&self, name: &str) -> anyhow::Result<()> {
        self.delete::<Namespace>(&self.all(), name, &DeleteParams::default()).await
    }
}

fn progress(pod: &Pod) -> PodProgress {
    let statuses = pod.status.iter().flat_map(|status| status.container_statuses.iter().flatten());
    let states: Vec<_> = statuses.filter_map(|container| container.state.clone()).collect();
    let terminated = states.iter().find_map(|state| state.terminated.clone());
    let evicted = pod.status.as_ref().and_then(|status| {
        let failed = status.phase.as_deref() == Some("Failed");
        let why = status.message.clone().or(status.reason.clone()).unwrap_or_default();
        failed.then(|| format!("failed={why}"))
    });
    let ended = terminated
        .map(|ended| {
            let message = ended.message.unwrap_or_default();
            if ended.exit_code != 0 && !message.contains("failed=") {
                format!("{message}\nfailed=it ended with {}", ended.exit_code)
            } else {
                message
            }
        })
        .or(evicted);
    PodProgress {
        name: pod.metadata.name.clone().unwrap_or_default(),
        part: pod.metadata.labels.as_ref().and_then(|labels| labels.get(PART).cloned()),
        started: states.iter().any(|state| state.running.is_some() || state.terminated.is_some()),
        ended: ended.map(|message| printable(&message)),
        why: reason(pod).map(|why| printable(&why)),
    }
}
