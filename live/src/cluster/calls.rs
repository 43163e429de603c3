//! The calls that the rest is made of, with errors that name the call and its remedy.

use std::fmt::Debug;

use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use kube::core::NamespaceResourceScope;
use kube::{Api, Error, Resource};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{FIELD_MANAGER, Kube, explain};

/// What every object is here.
pub(super) trait Object:
    Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned
{
}

impl<T: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned> Object for T {}

/// A resource as permissions name it, such as `storageclasses.storage.k8s.io`.
fn resource<K: Object>() -> String {
    let (plural, group) = (K::plural(&()), K::group(&()));
    if group.is_empty() { plural.into_owned() } else { format!("{plural}.{group}") }
}

impl Kube {
    /// An object by name; `None` where there is none.
    pub(super) async fn get<K: Object>(
        &self,
        api: &Api<K>,
        name: &str,
    ) -> anyhow::Result<Option<K>> {
        api.get_opt(name).await.map_err(|error| self.failed::<K>("get", name, error))
    }

    /// All objects that the parameters choose.
    pub(super) async fn list<K: Object>(
        &self,
        api: &Api<K>,
        which: &ListParams,
    ) -> anyhow::Result<Vec<K>> {
        let list = api.list(which).await;
        list.map(|list| list.items).map_err(|error| self.failed::<K>("list", "", error))
    }

    /// Applies an object, server-side.
    pub(super) async fn apply<K: Object>(
        &self,
        api: &Api<K>,
        name: &str,
        object: &Value,
    ) -> anyhow::Result<()> {
        let how = PatchParams::apply(FIELD_MANAGER).force();
        let applied = api.patch(name, &how, &Patch::Apply(object)).await;
        applied.map(drop).map_err(|error| self.failed::<K>("patch", name, error))
    }

    /// Merges a change into an object.
    pub(super) async fn merge<K: Object>(
        &self,
        api: &Api<K>,
        name: &str,
        change: &Value,
    ) -> anyhow::Result<()> {
        let merged = api.patch(name, &PatchParams::default(), &Patch::Merge(change)).await;
        merged.map(drop).map_err(|error| self.failed::<K>("patch", name, error))
    }

    /// Deletes an object; one that is not there any more is fine.
    pub(super) async fn delete<K: Object>(
        &self,
        api: &Api<K>,
        name: &str,
        how: &DeleteParams,
    ) -> anyhow::Result<()> {
        match api.delete(name, how).await {
            Ok(_) => Ok(()),
            Err(Error::Api(status)) if status.code == 404 => Ok(()),
            Err(error) => Err(self.failed::<K>("delete", name, error)),
        }
    }

    /// An error of a call, such as `patch storageclasses.storage.k8s.io/efs-sc`.
    pub(super) fn failed<K: Object>(&self, verb: &str, name: &str, error: Error) -> anyhow::Error {
        let slash = if name.is_empty() { "" } else { "/" };
        explain(&format!("{verb} {}{slash}{name}", resource::<K>()), &self.name, error)
    }

    /// The objects of the whole cluster.
    pub(super) fn all<K: Object>(&self) -> Api<K> {
        Api::all(self.client.clone())
    }

    /// The objects of a namespace.
    pub(super) fn within<K>(&self, namespace: &str) -> Api<K>
    where
        K: Object + Resource<Scope = NamespaceResourceScope>,
    {
        Api::namespaced(self.client.clone(), namespace)
    }
}
