//! Many clusters in one process: an API server for each path `/NAME`, which keeps what it is sent.
//!
//! It is a stand-in at the network boundary, for the memory of those who talk to clusters: a real
//! API server for each takes more than the machine has. It knows the kinds that the driver's chart
//! and a deployment make, merges patches member by member, and allows everything.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::protobuf;

/// Group and version, and what there is of them: plural, kind, and whether it is namespaced.
const KINDS: &[(&str, &[(&str, &str, bool)])] = &[
    (
        "v1",
        &[
            ("configmaps", "ConfigMap", true),
            ("events", "Event", true),
            ("namespaces", "Namespace", false),
            ("nodes", "Node", false),
            ("persistentvolumeclaims", "PersistentVolumeClaim", true),
            ("persistentvolumes", "PersistentVolume", false),
            ("pods", "Pod", true),
            ("secrets", "Secret", true),
            ("serviceaccounts", "ServiceAccount", true),
            ("services", "Service", true),
        ],
    ),
    (
        "apps/v1",
        &[
            ("daemonsets", "DaemonSet", true),
            ("deployments", "Deployment", true),
            ("statefulsets", "StatefulSet", true),
        ],
    ),
    ("policy/v1", &[("poddisruptionbudgets", "PodDisruptionBudget", true)]),
    (
        "rbac.authorization.k8s.io/v1",
        &[
            ("clusterrolebindings", "ClusterRoleBinding", false),
            ("clusterroles", "ClusterRole", false),
            ("rolebindings", "RoleBinding", true),
            ("roles", "Role", true),
        ],
    ),
    (
        "storage.k8s.io/v1",
        &[("csidrivers", "CSIDriver", false), ("storageclasses", "StorageClass", false)],
    ),
];

/// The objects of all clusters, by their paths, and how many writes there were.
#[derive(Default)]
struct Kept {
    objects: BTreeMap<String, Value>,
    writes: u64,
}

/// The running API servers, which end with this value.
pub(super) struct Api {
    _runtime: tokio::runtime::Runtime,
    address: SocketAddr,
    kept: Arc<Mutex<Kept>>,
}

impl Api {
    pub(super) fn start() -> anyhow::Result<Api> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .context("starting the async runtime")?;
        let kept = Arc::<Mutex<Kept>>::default();
        let app = Router::new().fallback(serve).with_state(Arc::clone(&kept));
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?;
        runtime.spawn(async move { axum::serve(listener, app).await });
        Ok(Api { _runtime: runtime, address, kept })
    }

    /// Writes a kubeconfig with a context for each of these clusters, whose user gets a token from a
    /// program, as with EKS.
    pub(super) fn write_kubeconfig(
        &self,
        names: &[String],
        program: &Path,
        path: &Path,
    ) -> anyhow::Result<()> {
        let all = |of: &dyn Fn(&str) -> Value| names.iter().map(|name| of(name)).collect::<Value>();
        let exec = json!({
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": program,
            "interactiveMode": "Never",
        });
        let server = |name: &str| format!("http://{}/{name}", self.address);
        let kubeconfig = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": names.first(),
            "contexts": all(&|name| {
                json!({ "name": name, "context": { "cluster": name, "user": "bench" } })
            }),
            "clusters": all(&|name| json!({ "name": name, "cluster": { "server": server(name) } })),
            "users": [{ "name": "bench", "user": { "exec": exec } }],
        });
        std::fs::write(path, kubeconfig.to_string()).context("writing the kubeconfig")
    }

    /// How many objects there are whose path ends so.
    pub(super) fn count(&self, end: &str) -> usize {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.objects.keys().filter(|path| path.ends_with(end)).count()
    }
}

async fn serve(
    State(kept): State<Arc<Mutex<Kept>>>,
    method: Method,
    uri: Uri,
    body: Bytes,
) -> Response {
    let path = uri.path().trim_matches('/');
    let (cluster, path) = path.split_once('/').unwrap_or((path, ""));
    if path.starts_with("openapi/") {
        // A document without any schema, as protocol buffers: nothing is validated here.
        let kind = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
        return ([(header::CONTENT_TYPE, kind)], Body::empty()).into_response();
    }
    let (status, answer) = match (&method, discovered(path)) {
        (&Method::GET, Some(found)) => (StatusCode::OK, found),
        _ if path.contains("accessreviews") => {
            let mut review: Value = serde_json::from_slice(&body).unwrap_or_default();
            review["status"] = json!({ "allowed": true });
            (StatusCode::CREATED, review)
        }
        _ => {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            match Place::of(path) {
                Some(place) => {
                    let query = uri.query().unwrap_or_default();
                    kept.answer(&method, (cluster, &place), query, &body)
                }
                None => not_found(),
            }
        }
    };
    (status, [(header::CONTENT_TYPE, "application/json")], answer.to_string()).into_response()
}

fn not_found() -> (StatusCode, Value) {
    let status = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "not found", "reason": "NotFound", "code": 404 });
    (StatusCode::NOT_FOUND, status)
}

/// What clients ask to learn which kinds there are.
fn discovered(path: &str) -> Option<Value> {
    let named = KINDS.iter().filter_map(|(version, _)| version.split_once('/'));
    let groups = named.map(|(group, version)| {
        let one = json!({ "groupVersion": format!("{group}/{version}"), "version": version });
        json!({ "name": group, "versions": [one], "preferredVersion": one })
    });
    match path {
        "version" => {
            return Some(json!({ "major": "1", "minor": "36", "gitVersion": "v1.36.3",
                "gitCommit": "", "gitTreeState": "", "buildDate": "", "goVersion": "",
                "compiler": "", "platform": "" }));
        }
        "api" => return Some(json!({ "kind": "APIVersions", "versions": ["v1"] })),
        "apis" => {
            let groups: Vec<Value> = groups.collect();
            return Some(json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups }));
        }
        _ => {}
    }
    let version = path.strip_prefix("apis/").or_else(|| path.strip_prefix("api/"))?;
    let (version, kinds) = KINDS.iter().find(|(known, _)| *known == version)?;
    let verbs = ["create", "delete", "get", "list", "patch", "update"];
    let resources = kinds.iter().map(|(plural, kind, namespaced)| {
        json!({ "name": plural, "singularName": kind.to_lowercase(), "kind": kind,
            "namespaced": namespaced, "verbs": verbs })
    });
    let resources: Vec<Value> = resources.collect();
    Some(json!({ "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version,
        "resources": resources }))
}

/// What a path leads to.
struct Place<'a> {
    /// `v1`, or group and version.
    version: &'a str,
    kind: &'static str,
    namespace: Option<&'a str>,
    plural: &'a str,
    name: Option<&'a str>,
}

impl<'a> Place<'a> {
    fn of(path: &'a str) -> Option<Place<'a>> {
        let rest = path.strip_prefix("apis/").or_else(|| path.strip_prefix("api/"))?;
        let in_group = |version: &str| rest.strip_prefix(version)?.strip_prefix('/');
        let (version, kinds) = KINDS.iter().find(|(version, _)| in_group(version).is_some())?;
        let parts: Vec<&str> = in_group(version)?.split('/').collect();
        let (namespace, plural, name) = match parts.as_slice() {
            ["namespaces", namespace, plural] if *plural != "status" => {
                (Some(*namespace), *plural, None)
            }
            ["namespaces", namespace, plural, name, ..] => (Some(*namespace), *plural, Some(*name)),
            [plural] => (None, *plural, None),
            [plural, name, ..] => (None, *plural, Some(*name)),
            [] => return None,
        };
        let (_, kind, _) = kinds.iter().find(|(known, ..)| *known == plural)?;
        Some(Place { version, kind, namespace, plural, name })
    }

    /// The path of one object of a cluster.
    fn path(&self, cluster: &str, name: &str) -> String {
        let Place { version, namespace, plural, .. } = self;
        format!("{cluster}/{version}/{plural}/{}/{name}", namespace.unwrap_or_default())
    }
}

impl Kept {
    fn answer(
        &mut self,
        method: &Method,
        (cluster, place): (&str, &Place<'_>),
        query: &str,
        body: &[u8],
    ) -> (StatusCode, Value) {
        let sent = || {
            let object = protobuf::object(body);
            object.unwrap_or_else(|| serde_json::from_slice(body).unwrap_or_default())
        };
        let Some(name) = place.name else {
            if method == Method::GET {
                return (StatusCode::OK, self.list(cluster, place, query));
            }
            let object = sent();
            let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
            return (StatusCode::CREATED, self.keep(cluster, place, &name, object, query));
        };
        let path = place.path(cluster, name);
        let found = self.objects.get(&path).cloned();
        match (method, found) {
            (&Method::GET, Some(object)) => (StatusCode::OK, object),
            (&Method::PUT, _) => (StatusCode::OK, self.keep(cluster, place, name, sent(), query)),
            (&Method::PATCH, Some(mut object)) => {
                merge(&mut object, &sent());
                (StatusCode::OK, self.keep(cluster, place, name, object, query))
            }
            (&Method::PATCH, None) if query.contains("fieldManager") => {
                (StatusCode::CREATED, self.keep(cluster, place, name, sent(), query))
            }
            (&Method::DELETE, Some(object)) => {
                self.objects.remove(&path);
                (StatusCode::OK, object)
            }
            _ => not_found(),
        }
    }

    fn list(&self, cluster: &str, place: &Place<'_>, query: &str) -> Value {
        let Place { version, kind, namespace, plural, name: _ } = place;
        let start = match namespace {
            Some(namespace) => format!("{cluster}/{version}/{plural}/{namespace}/"),
            None => format!("{cluster}/{version}/{plural}/"),
        };
        let all = self.objects.range(start.clone()..);
        let below = all.take_while(|(path, _)| path.starts_with(&start)).map(|(_, object)| object);
        let items: Vec<&Value> = below.filter(|object| is_selected(object, query)).collect();
        json!({
            "apiVersion": version,
            "kind": format!("{kind}List"),
            "metadata": { "resourceVersion": self.writes.to_string() },
            "items": items,
        })
    }

    /// Keeps an object, unless it is only tried; returns it as it is then.
    fn keep(
        &mut self,
        cluster: &str,
        place: &Place<'_>,
        name: &str,
        mut object: Value,
        query: &str,
    ) -> Value {
        self.writes += 1;
        object["apiVersion"] = json!(place.version);
        object["kind"] = json!(place.kind);
        let metadata = &mut object["metadata"];
        metadata["resourceVersion"] = json!(self.writes.to_string());
        if metadata["uid"].is_null() {
            metadata["uid"] = json!(format!("00000000-0000-4000-8000-{:012}", self.writes));
            metadata["creationTimestamp"] = json!("2026-01-01T00:00:00Z");
        }
        if let Some(namespace) = place.namespace {
            metadata["namespace"] = json!(namespace);
        }
        if !query.contains("dryRun") {
            self.objects.insert(place.path(cluster, name), object.clone());
        }
        object
    }
}

/// Whether an object has the labels that a list is limited to, as Helm asks for its records.
fn is_selected(object: &Value, query: &str) -> bool {
    let selector = query.split('&').find_map(|pair| pair.strip_prefix("labelSelector="));
    let decoded = selector.unwrap_or_default().replace("%3D", "=").replace("%2C", ",");
    let wanted = decoded.split(',').filter_map(|pair| pair.split_once('='));
    let mut wanted = wanted.map(|(key, value)| (key.replace("%2F", "/"), value.to_owned()));
    wanted.all(|(key, value)| object["metadata"]["labels"][key] == value)
}

/// A merge patch (RFC 7396), which is good enough for what is measured here.
fn merge(object: &mut Value, patch: &Value) {
    let Some(members) = patch.as_object() else {
        *object = patch.clone();
        return;
    };
    for (name, value) in members {
        if value.is_null() {
            object.as_object_mut().map(|object| object.remove(name));
        } else if value.is_object() && object[name].is_object() {
            merge(&mut object[name], value);
        } else {
            object[name] = value.clone();
        }
    }
}
