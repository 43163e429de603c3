//! The calls that the rest is made of, with errors that name the call and its remedy.

use std::fmt::Debug;

use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use kube::core::NamespaceResourceScope;
use kube::{Api, Error, Resource};
use kubernetes::MANAGER;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Kube;
use super::errors::explain;
use crate::meaning::kubernetes as codes;
use crate::wait::{API_SERVER, retry};

/// What every object is here.
pub(crate) trait Object:
    Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned
{
}

impl<T: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned> Object for T {}

/// A resource as permissions name it, such as `storageclasses.storage.k8s.io`.
fn resource<K: Object>() -> String {
    let (plural, group) = (K::plural(&()), K::group(&()));
    if group.is_empty() { plural.into_owned() } else { format!("{plural}.{group}") }
}

/// Repeats a call until it succeeds or fails for good: all of ours name what they want and
/// not what they do, so that doing it twice changes nothing. The client itself obeys what
/// the server says of its load (429 and 503, with `Retry-After`).
pub(crate) async fn patiently<T, F>(call: impl Fn() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    retry(API_SERVER, is_passing, call).await
}

/// Whether the same call may succeed in a moment.
fn is_passing(error: &Error) -> bool {
    match error {
        Error::Api(status) => codes::may_be_repeated(status),
        // The connection was cut before the whole response was here.
        Error::HyperError(_) | Error::ReadEvents(_) => true,
        Error::Service(error) => !is_refused(&**error),
        _ => false,
    }
}

/// Whether nobody listens there at all: waiting would only delay the message.
fn is_refused(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            return io.kind() == std::io::ErrorKind::ConnectionRefused;
        }
        next = error.source();
    }
    let text = error.to_string();
    text.contains("dns error") || text.contains("timed out") || text.contains("Connect")
}

impl Kube {
    /// An object by name; `None` where there is none.
    pub(crate) async fn get<K: Object>(
        &self,
        api: &Api<K>,
        name: &str,
    ) -> anyhow::Result<Option<K>> {
        let got = patiently(|| api.get_opt(name)).await;
        got.map_err(|error| self.failed::<K>("get", name, error))
    }

    /// All objects that the parameters choose.
    pub(crate) async fn list<K: Object>(
        &self,
        api: &Api<K>,
        which: &ListParams,
    ) -> anyhow::Result<Vec<K>> {
        let list = patiently(|| api.list(which)).await;
        list.map(|list| list.items).map_err(|error| self.failed::<K>("list", "", error))
    }

    /// Applies an object, server-side.
    pub(crate) async fn apply<K: Object>(
        &self,
        api: &Api<K>,
        name: &str,
        object: &Value,
    ) -> anyhow::Result<()> {
        let how = PatchParams::apply(MANAGER).force();
        let patch = Patch::Apply(object);
        let applied = patiently(|| api.patch(name, &how, &patch)).await;
        applied.map(drop).map_err(|error| self.failed::<K>("patch", name, error))
    }

    /// Merges a change into an object.
    pub(crate) async fn merge<K: Object>(
        &self,
        api: &Api<K>,
        name: &str,
        change: &Value,
    ) -> anyhow::Result<()> {
        let (how, patch) = (PatchParams::default(), Patch::Merge(change));
        let merged = patiently(|| api.patch(name, &how, &patch)).await;
        merged.map(drop).map_err(|error| self.failed::<K>("patch", name, error))
    }

    /// Deletes an object; one that is not there any more is fine.
    pub(crate) async fn delete<K: Object>(
        &self,
        api: &Api<K>,
        name: &str,
        how: &DeleteParams,
    ) -> anyhow::Result<()> {
        match patiently(|| api.delete(name, how)).await {
            Ok(_) => Ok(()),
            Err(Error::Api(status)) if codes::is_not_found(&status) => Ok(()),
            Err(error) => Err(self.failed::<K>("delete", name, error)),
        }
    }

    /// An error of a call, such as `patch storageclasses.storage.k8s.io/efs-sc`.
    pub(crate) fn failed<K: Object>(&self, verb: &str, name: &str, error: Error) -> anyhow::Error {
        let slash = if name.is_empty() { "" } else { "/" };
        explain(&format!("{verb} {}{slash}{name}", resource::<K>()), &self.name, error)
    }

    /// The objects of the whole cluster.
    pub(crate) fn all<K: Object>(&self) -> Api<K> {
        Api::all(self.client.clone())
    }

    /// The objects of a namespace.
    pub(crate) fn within<K>(&self, namespace: &str) -> Api<K>
    where
        K: Object + Resource<Scope = NamespaceResourceScope>,
    {
        Api::namespaced(self.client.clone(), namespace)
    }
}
