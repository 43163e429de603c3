//! The calls that the rest is made of, with errors that name the call and its remedy.

use std::fmt::Debug;

use kube::api::{DeleteParams, ListParams, Patch, PatchParams, Preconditions};
use kube::core::NamespaceResourceScope;
use kube::{Api, Error, Resource};
use kubernetes::MANAGER;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Kube;
use super::errors::explain;
use crate::meaning::kubernetes as codes;
use crate::raced::Raced;
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

/// How many objects a response lists at most, as in kubectl: an API server that is asked for
/// 20,000 at once holds all of them, and so does its answer.
const PAGE: u32 = 500;

/// What is kept of the objects that the parameters choose, page by page: a large cluster is never
/// held as a whole. Where the server has forgotten the state that the pages are of, the listing
/// begins anew.
async fn paged<K: Object, T>(
    api: &Api<K>,
    which: &ListParams,
    keep: impl Fn(K) -> Option<T>,
) -> Result<Vec<T>, Error> {
    let mut all = Vec::new();
    let mut next = which.clone().limit(PAGE);
    loop {
        match patiently(|| api.list(&next)).await {
            Ok(page) => {
                all.extend(page.items.into_iter().filter_map(&keep));
                match page.metadata.continue_.filter(|token| !token.is_empty()) {
                    Some(token) => next = next.continue_token(&token),
                    None => return Ok(all),
                }
            }
            Err(Error::Api(status)) if codes::is_gone(&status) && next.continue_token.is_some() => {
                let page = patiently(|| api.list(which)).await?;
                return Ok(page.items.into_iter().filter_map(keep).collect());
            }
            Err(error) => return Err(error),
        }
    }
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

    /// An object by name, where there is one; `None` where this identity may not read it.
    pub(crate) async fn get_if_allowed<K: Object>(
        &self,
        api: &Api<K>,
        name: &str,
    ) -> anyhow::Result<Option<Option<K>>> {
        match patiently(|| api.get_opt(name)).await {
            Ok(found) => Ok(Some(found)),
            Err(Error::Api(status)) if codes::is_forbidden(&status) => Ok(None),
            Err(error) => Err(self.failed::<K>("get", name, error)),
        }
    }

    /// All objects that the parameters choose.
    pub(crate) async fn list<K: Object>(
        &self,
        api: &Api<K>,
        which: &ListParams,
    ) -> anyhow::Result<Vec<K>> {
        self.list_each(api, which, Some).await
    }

    /// What is kept of each of them: of many large objects, only what is asked about.
    pub(crate) async fn list_each<K: Object, T>(
        &self,
        api: &Api<K>,
        which: &ListParams,
        keep: impl Fn(K) -> Option<T>,
    ) -> anyhow::Result<Vec<T>> {
        paged(api, which, keep).await.map_err(|error| self.failed::<K>("list", "", error))
    }

    /// The same; `None` where this identity may not list them.
    pub(crate) async fn list_if_allowed<K: Object, T>(
        &self,
        api: &Api<K>,
        which: &ListParams,
        keep: impl Fn(K) -> Option<T>,
    ) -> anyhow::Result<Option<Vec<T>>> {
        match paged(api, which, keep).await {
            Ok(all) => Ok(Some(all)),
            Err(Error::Api(status)) if codes::is_forbidden(&status) => Ok(None),
            Err(error) => Err(self.failed::<K>("list", "", error)),
        }
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

    /// Deletes the object that was observed; one that is not there any more is fine. Another one
    /// of its name stays, as does one that somebody changed since: a reason to plan again.
    pub(crate) async fn delete_observed<K: Object>(
        &self,
        api: &Api<K>,
        name: &str,
        observed: &kubernetes::Preconditions,
    ) -> anyhow::Result<()> {
        self.delete_exactly(api, name, observed, DeleteParams::default()).await
    }

    /// The same, and what belongs to the object stays and belongs to nobody.
    pub(crate) async fn orphan_observed<K: Object>(
        &self,
        api: &Api<K>,
        name: &str,
        observed: &kubernetes::Preconditions,
    ) -> anyhow::Result<()> {
        self.delete_exactly(api, name, observed, DeleteParams::orphan()).await
    }

    async fn delete_exactly<K: Object>(
        &self,
        api: &Api<K>,
        name: &str,
        observed: &kubernetes::Preconditions,
        how: DeleteParams,
    ) -> anyhow::Result<()> {
        let kubernetes::Preconditions { uid, resource_version } = observed.clone();
        let preconditions = Some(Preconditions { uid, resource_version });
        let how = DeleteParams { preconditions, ..how };
        // What the same call meets again is no conflict that passes.
        let conflict =
            |error: &Error| matches!(error, Error::Api(status) if codes::is_conflict(status));
        let passing = |error: &Error| is_passing(error) && !conflict(error);
        match retry(API_SERVER, passing, || api.delete(name, &how)).await {
            Ok(_) => Ok(()),
            Err(Error::Api(status)) if codes::is_not_found(&status) => Ok(()),
            Err(error) => {
                let raced = conflict(&error);
                let error = self.failed::<K>("delete", name, error);
                let what = || Raced(format!("another client changed `{name}` meanwhile"));
                Err(if raced { error.context(what()) } else { error })
            }
        }
    }

    /// An error of a call, such as `patch storageclasses.storage.k8s.io/efs-sc`.
    pub(crate) fn failed<K: Object>(&self, verb: &str, name: &str, error: Error) -> anyhow::Error {
        let slash = if name.is_empty() { "" } else { "/" };
        let what = format!("{verb} {}{slash}{name}", resource::<K>());
        explain(&what, &self.name, error, self.program.as_ref())
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

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::{Arc, Mutex};

    use http::{Request, Response};
    use k8s_openapi::api::storage::v1::StorageClass;
    use kube::Client;
    use kube::client::Body;
    use serde_json::json;

    use super::*;

    /// A cluster that answers everything with this status, and the bodies of its requests.
    fn answering(code: u16) -> (Kube, Arc<Mutex<Vec<Value>>>) {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let answer = move |request: Request<Body>| {
            let seen = Arc::clone(&seen);
            async move {
                let body = request.into_body().collect_bytes().await.unwrap();
                seen.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
                let reason = if code == 409 { "Conflict" } else { "NotFound" };
                let status = json!({
                    "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                    "reason": reason, "message": "Precondition failed", "code": code,
                });
                let body = Body::from(serde_json::to_vec(&status).unwrap());
                Ok::<_, Infallible>(Response::builder().status(code).body(body).unwrap())
            }
        };
        let client = Client::new(tower::service_fn(answer), "default");
        let access = place::Access::default();
        (Kube { client, name: "dev".to_owned(), context: None, access, program: None }, requests)
    }

    #[tokio::test]
    async fn an_object_is_deleted_as_it_was_observed_or_not_at_all() {
        let observed = kubernetes::Preconditions {
            uid: Some("4b1c".to_owned()),
            resource_version: Some("17".to_owned()),
        };
        let (kube, requests) = answering(409);
        let deleted = kube.delete_observed::<StorageClass>(&kube.all(), "efs-sc", &observed).await;
        let error = deleted.unwrap_err();
        assert!(error.downcast_ref::<Raced>().is_some(), "a reason to plan again: {error:#}");
        let requests = requests.lock().unwrap().clone();
        let expected = json!({ "uid": "4b1c", "resourceVersion": "17" });
        assert_eq!(requests[0]["preconditions"], expected);
        assert_eq!(requests.len(), 1, "the same call would meet the same conflict");

        let (kube, _) = answering(404);
        kube.delete_observed::<StorageClass>(&kube.all(), "efs-sc", &observed).await.unwrap();
    }

    /// A cluster of so many classes, which forgets the state of a listing after its first page.
    fn listing(count: usize, forgets: bool) -> (Kube, Arc<Mutex<Vec<String>>>) {
        let queries = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&queries);
        let answer = move |request: Request<Body>| {
            let query = request.uri().query().unwrap_or_default().to_owned();
            seen.lock().unwrap().push(query.clone());
            async move {
                let number = |name: &str| {
                    let pair = query.split('&').find_map(|pair| pair.strip_prefix(name));
                    pair.and_then(|value| value.parse::<usize>().ok())
                };
                let (from, limit) = (number("continue=").unwrap_or(0), number("limit="));
                if forgets && from > 0 {
                    let status = json!({
                        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                        "reason": "Expired", "message": "too old", "code": 410,
                    });
                    let body = Body::from(serde_json::to_vec(&status).unwrap());
                    return Ok(Response::builder().status(410).body(body).unwrap());
                }
                let to = limit.map_or(count, |limit| count.min(from + limit));
                let items: Vec<Value> = (from..to)
                    .map(|n| json!({"metadata": {"name": format!("c{n}")}, "provisioner": "p"}))
                    .collect();
                let next = if to < count { to.to_string() } else { String::new() };
                let list = json!({
                    "kind": "StorageClassList", "apiVersion": "storage.k8s.io/v1",
                    "metadata": {"continue": next}, "items": items,
                });
                let body = Body::from(serde_json::to_vec(&list).unwrap());
                Ok::<_, Infallible>(Response::new(body))
            }
        };
        let client = Client::new(tower::service_fn(answer), "default");
        let access = place::Access::default();
        (Kube { client, name: "dev".to_owned(), context: None, access, program: None }, queries)
    }

    #[tokio::test]
    async fn a_long_list_comes_in_pages_and_begins_anew_where_the_server_forgot_it() {
        let all = async |kube: &Kube| {
            let all = kube.list::<StorageClass>(&kube.all(), &ListParams::default()).await.unwrap();
            let mut names: Vec<_> = all.into_iter().filter_map(|it| it.metadata.name).collect();
            names.sort();
            names.dedup();
            names.len()
        };
        let (kube, queries) = listing(1100, false);
        assert_eq!(all(&kube).await, 1100);
        assert_eq!(queries.lock().unwrap().len(), 3, "500, 500 and 100");
        let (kube, queries) = listing(1100, true);
        assert_eq!(all(&kube).await, 1100);
        assert_eq!(queries.lock().unwrap().len(), 3, "a page, the refusal, and all at once");
        let (kube, queries) = listing(3, false);
        assert_eq!((all(&kube).await, queries.lock().unwrap().len()), (3, 1));
    }
}
