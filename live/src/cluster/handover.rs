//! Handing the objects of a release from Helm to EKS and back: none of them is deleted.

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use kube::core::{ApiResource, DynamicObject, GroupVersionKind, NamespaceResourceScope};
use kube::{Api, Error, Resource};
use kubernetes::MANAGED_BY;
use kubernetes::release::{Id, Storage};
use serde_json::{Value, json};

use super::Kube;
use super::calls::{Object, patiently};
use super::errors::explain;
use super::releases::helm_storage;
use crate::meaning::kubernetes as codes;
use crate::raced::Raced;

/// The annotations by which Helm knows what is its own: with them and the label
/// `app.kubernetes.io/managed-by=Helm`, an installation adopts what is there (Helm's release notes of
/// 3.2).
const RELEASE: &str = "meta.helm.sh/release-name";
const NAMESPACE: &str = "meta.helm.sh/release-namespace";

/// The kinds of the driver's chart that belong to no namespace.
const OF_THE_CLUSTER: &[&str] =
    &["ClusterRole", "ClusterRoleBinding", "CSIDriver", "PriorityClass", "StorageClass"];

impl Kube {
    /// Gives those of these objects that are there to a release of Helm; the answer is how many.
    pub(crate) async fn give_to_helm(&self, objects: &[Value], id: &Id) -> anyhow::Result<usize> {
        let change = json!({ "metadata": {
            "labels": { (MANAGED_BY): "Helm" },
            "annotations": { (RELEASE): id.name, (NAMESPACE): id.namespace },
        } });
        let mut given = 0;
        for object in objects {
            let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
            let (Some(version), Some(kind), Some(name)) =
                (text("/apiVersion"), text("/kind"), text("/metadata/name"))
            else {
                continue;
            };
            let (group, version) = version.split_once('/').unwrap_or(("", version));
            let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
            let api: Api<DynamicObject> = if OF_THE_CLUSTER.contains(&kind) {
                Api::all_with(self.client.clone(), &resource)
            } else {
                let namespace = text("/metadata/namespace").unwrap_or(&id.namespace);
                Api::namespaced_with(self.client.clone(), namespace, &resource)
            };
            let (how, patch) = (PatchParams::default(), Patch::Merge(&change));
            match patiently(|| api.patch(name, &how, &patch)).await {
                Ok(_) => given += 1,
                Err(Error::Api(status)) if codes::is_not_found(&status) => {}
                Err(error) => {
                    let what = format!("patch {}/{name}", resource.plural);
                    return Err(explain(&what, &self.name, error, self.program.as_ref()));
                }
            }
        }
        Ok(given)
    }

    /// Takes Helm's annotations off the workloads of a release.
    pub(crate) async fn take_from_helm(&self, id: &Id) -> anyhow::Result<()> {
        self.take_kind_from_helm::<Deployment>(id).await?;
        self.take_kind_from_helm::<DaemonSet>(id).await
    }

    async fn take_kind_from_helm<K>(&self, id: &Id) -> anyhow::Result<()>
    where
        K: Object + Resource<Scope = NamespaceResourceScope>,
    {
        let api: Api<K> = self.within(&id.namespace);
        let change =
            json!({ "metadata": { "annotations": { (RELEASE): null, (NAMESPACE): null } } });
        for found in self.list(&api, &ListParams::default()).await? {
            let annotation = |name: &str| found.meta().annotations.as_ref()?.get(name).cloned();
            let of_release = annotation(RELEASE).as_ref() == Some(&id.name)
                && annotation(NAMESPACE).as_ref() == Some(&id.namespace);
            if let Some(name) = found.meta().name.as_ref().filter(|_| of_release) {
                self.merge(&api, name, &change).await?;
            }
        }
        Ok(())
    }

    /// Deletes all records of a release whose latest revision is still this one; nothing of what it
    /// installed is touched.
    pub(crate) async fn forget_release(&self, id: &Id, revision: u64) -> anyhow::Result<()> {
        match helm_storage() {
            Some(Storage::ConfigMap) => self.forget_in::<ConfigMap>(id, revision).await,
            Some(Storage::Secret) | None => self.forget_in::<Secret>(id, revision).await,
        }
    }

    async fn forget_in<K>(&self, id: &Id, revision: u64) -> anyhow::Result<()>
    where
        K: Object + Resource<Scope = NamespaceResourceScope>,
    {
        let api: Api<K> = self.within(&id.namespace);
        let which = ListParams::default().labels(&format!("owner=helm,name={}", id.name));
        let records = self.list(&api, &which).await?;
        let of = |record: &K| record.meta().labels.as_ref()?.get("version")?.parse::<u64>().ok();
        let latest = records.iter().filter_map(of).max();
        // Those that an interrupted run left are older ones.
        if latest.is_some_and(|latest| latest > revision) {
            let Id { name, namespace } = id;
            let what =
                format!("another run changed the release `{name}` in `{namespace}` meanwhile");
            return Err(Raced(what).into());
        }
        // The latest goes last: as long as it is there, another run sees what is left to do.
        let mut records: Vec<&K> = records.iter().collect();
        records.sort_by_key(|record| of(record));
        for record in records {
            let name = record.meta().name.as_deref().unwrap_or_default();
            self.delete(&api, name, &DeleteParams::default()).await?;
        }
        Ok(())
    }
}
