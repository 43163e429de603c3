//! The objects of a proof: made, seen, deleted.

use anyhow::{Context, bail};
use k8s_openapi::api::core::v1::{
    Namespace, PersistentVolume, PersistentVolumeClaim, Pod, ServiceAccount,
};
use kube::Api;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use serde_json::Value;

use super::driver::reason;
use super::{FIELD_MANAGER, Kube, printable};

/// How far a pod has come.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Its name.
    pub(crate) name: String,
    /// Whether its container runs, or ran.
    pub(crate) started: bool,
    /// Its termination message, once it has ended.
    pub(crate) ended: Option<String>,
    /// Why it does not run.
    pub(crate) why: Option<String>,
}

impl Kube {
    /// Applies a namespace, claim or pod.
    pub(crate) async fn create_from(&self, document: &str) -> anyhow::Result<()> {
        let object: Value =
            serde_norway::from_str(document).context("reading a document that was rendered")?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (name, namespace) =
            (text(&object["metadata"]["name"]), text(&object["metadata"]["namespace"]));
        let how = PatchParams::apply(FIELD_MANAGER).force();
        let apply = Patch::Apply(&object);
        let client = self.client.clone();
        let (resource, done) = match object["kind"].as_str() {
            Some("Namespace") => {
                let api: Api<Namespace> = Api::all(client);
                ("namespaces", api.patch(&name, &how, &apply).await.map(drop))
            }
            Some("PersistentVolumeClaim") => {
                let api: Api<PersistentVolumeClaim> = Api::namespaced(client, &namespace);
                ("persistentvolumeclaims", api.patch(&name, &how, &apply).await.map(drop))
            }
            Some("Pod") => {
                let api: Api<Pod> = Api::namespaced(client, &namespace);
                ("pods", api.patch(&name, &how, &apply).await.map(drop))
            }
            other => bail!("{other:?} is no object of a proof"),
        };
        done.map_err(|error| self.explain(&format!("patch {resource}/{name}"), error))
    }

    /// Whether the namespace has the account that its pods run as.
    pub(crate) async fn has_default_account(&self, namespace: &str) -> anyhow::Result<bool> {
        let api: Api<ServiceAccount> = Api::namespaced(self.client.clone(), namespace);
        let found = api.get_opt("default").await;
        Ok(found.map_err(|error| self.explain("get serviceaccounts/default", error))?.is_some())
    }

    /// The phase of a claim, where it is there.
    pub(crate) async fn claim_phase(
        &self,
        namespace: &str,
        name: &str,
    ) -> anyhow::Result<Option<String>> {
        let api: Api<PersistentVolumeClaim> = Api::namespaced(self.client.clone(), namespace);
        let found = api.get_opt(name).await;
        let found = found.map_err(|error| self.explain("get persistentvolumeclaims", error))?;
        Ok(found.and_then(|claim| claim.status?.phase).map(|phase| printable(&phase)))
    }

    /// The pods of a proof.
    pub(crate) async fn seen(&self, namespace: &str, nonce: &str) -> anyhow::Result<Vec<Seen>> {
        let api: Api<Pod> = Api::namespaced(self.client.clone(), namespace);
        let ours = ListParams::default().labels(&format!("clockwork-codex/verify={nonce}"));
        let list = api.list(&ours).await.map_err(|error| self.explain("list pods", error))?;
        Ok(list.iter().map(seen).collect())
    }

    /// Deletes a pod; one that is not there any more is fine.
    pub(crate) async fn delete_pod(&self, namespace: &str, name: &str) -> anyhow::Result<()> {
        let api: Api<Pod> = Api::namespaced(self.client.clone(), namespace);
        match api.delete(name, &DeleteParams::default()).await {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
            Err(error) => Err(self.explain(&format!("delete pods/{name}"), error)),
        }
    }

    /// The volume of a claim, where it has one.
    pub(crate) async fn volume_of(
        &self,
        namespace: &str,
        name: &str,
    ) -> anyhow::Result<Option<String>> {
        let api: Api<PersistentVolumeClaim> = Api::namespaced(self.client.clone(), namespace);
        let found = api.get_opt(name).await;
        let found = found.map_err(|error| self.explain("get persistentvolumeclaims", error))?;
        Ok(found.and_then(|claim| claim.spec?.volume_name))
    }

    /// Whether a namespace, and a volume, are gone.
    pub(crate) async fn are_gone(
        &self,
        namespace: &str,
        volume: Option<&str>,
    ) -> anyhow::Result<bool> {
        let namespaces: Api<Namespace> = Api::all(self.client.clone());
        let found = namespaces.get_opt(namespace).await;
        if found.map_err(|error| self.explain("get namespaces", error))?.is_some() {
            return Ok(false);
        }
        let Some(volume) = volume else { return Ok(true) };
        let volumes: Api<PersistentVolume> = Api::all(self.client.clone());
        let found = volumes.get_opt(volume).await;
        Ok(found.map_err(|error| self.explain("get persistentvolumes", error))?.is_none())
    }

    /// Deletes a namespace with all that is in it; Kubernetes goes on by itself.
    pub(crate) async fn delete_namespace(&self, name: &str) -> anyhow::Result<()> {
        let api: Api<Namespace> = Api::all(self.client.clone());
        match api.delete(name, &DeleteParams::default()).await {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
            Err(error) => Err(self.explain(&format!("delete namespaces/{name}"), error)),
        }
    }
}

fn seen(pod: &Pod) -> Seen {
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
    Seen {
        name: pod.metadata.name.clone().unwrap_or_default(),
        started: states.iter().any(|state| state.running.is_some() || state.terminated.is_some()),
        ended: ended.map(|message| printable(&message)),
        why: reason(pod).map(|why| printable(&why)),
    }
}
