//! A large cluster as an API server shows it: lists in pages, of objects as large as real ones.
//!
//! It is a stand-in at the network boundary: filling a real API server with as much takes minutes.
//! Whatever it does not have is an empty list, or is not found.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// What there is in the cluster.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    /// Pods, each with a claim of its own.
    pub(super) pods: usize,
    /// The first of the claims have a volume of the driver's.
    pub(super) volumes: usize,
}

struct Cluster {
    size: Size,
    file_system: String,
    access_points: Vec<String>,
}

/// A running API server, which ends with this value.
pub(super) struct Api {
    _runtime: tokio::runtime::Runtime,
    address: SocketAddr,
}

impl Api {
    /// Serves a cluster of this size, whose volumes are these access points of the file system.
    pub(super) fn start(
        size: Size,
        file_system: &str,
        access_points: &[String],
    ) -> anyhow::Result<Api> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .context("starting the async runtime")?;
        let cluster = Cluster {
            size,
            file_system: file_system.to_owned(),
            access_points: access_points.to_vec(),
        };
        let app = Router::new().fallback(serve).with_state(Arc::new(cluster));
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?;
        runtime.spawn(async move { axum::serve(listener, app).await });
        Ok(Api { _runtime: runtime, address })
    }

    /// Writes a kubeconfig whose only context is this cluster.
    pub(super) fn write_kubeconfig(&self, path: &Path) -> anyhow::Result<()> {
        let kubeconfig = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "bench",
            "contexts": [{ "name": "bench", "context": { "cluster": "bench", "user": "bench" } }],
            "clusters": [{ "name": "bench", "cluster": { "server": format!("http://{}", self.address) } }],
            "users": [{ "name": "bench", "user": { "token": "bench" } }],
        });
        std::fs::write(path, kubeconfig.to_string()).context("writing the kubeconfig")
    }
}

async fn serve(
    State(cluster): State<Arc<Cluster>>,
    method: Method,
    uri: Uri,
    body: String,
) -> Response {
    let (status, answer) = match method {
        Method::GET => cluster.get(uri.path(), uri.query().unwrap_or_default()),
        // Reviews of what the caller may do: everything.
        _ => (StatusCode::CREATED, allowed(&body)),
    };
    (status, [(header::CONTENT_TYPE, "application/json")], answer.to_string()).into_response()
}

fn allowed(review: &str) -> Value {
    let mut review: Value = serde_json::from_str(review).unwrap_or_default();
    review["status"] = json!({ "allowed": true });
    review
}

impl Cluster {
    fn get(&self, path: &str, query: &str) -> (StatusCode, Value) {
        if path == "/version" {
            let version = json!({ "major": "1", "minor": "36", "gitVersion": "v1.36.3",
                "gitCommit": "", "gitTreeState": "", "buildDate": "", "goVersion": "",
                "compiler": "", "platform": "" });
            return (StatusCode::OK, version);
        }
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let group = if parts[0] == "api" { 2 } else { 3 };
        let below = parts.get(group..).unwrap_or_default();
        let chosen = match below {
            [plural] | ["namespaces", _, plural] => *plural,
            _ => return (StatusCode::NOT_FOUND, not_found()),
        };
        let parameter = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, value)| *key == name && !value.is_empty()).map(|(_, value)| value)
        };
        let number = |name| parameter(name).and_then(|value| value.parse::<usize>().ok());
        let everywhere = below.len() == 1 && parameter("labelSelector").is_none();
        let all = if everywhere { self.count(chosen) } else { 0 };
        let first = number("continue").unwrap_or(0);
        let last = all.min(first + number("limit").unwrap_or(all));
        let items: Vec<Value> = (first..last).map(|number| self.object(chosen, number)).collect();
        let next = if last < all { last.to_string() } else { String::new() };
        let page = json!({
            "apiVersion": "v1",
            "kind": "List",
            "metadata": { "resourceVersion": "1", "continue": next },
            "items": items,
        });
        (StatusCode::OK, page)
    }

    fn count(&self, plural: &str) -> usize {
        match plural {
            "pods" | "persistentvolumeclaims" => self.size.pods,
            "persistentvolumes" => self.size.volumes,
            _ => 0,
        }
    }

    fn object(&self, plural: &str, number: usize) -> Value {
        match plural {
            "pods" => pod(number),
            "persistentvolumeclaims" => claim(number, number < self.size.volumes),
            _ => self.volume(number),
        }
    }

    fn volume(&self, number: usize) -> Value {
        let handle = format!("{}::{}", self.file_system, self.access_points[number]);
        json!({
            "metadata": metadata(&format!("pvc-{number}"), None),
            "spec": {
                "accessModes": ["ReadWriteMany"],
                "capacity": { "storage": "5Gi" },
                "claimRef": { "namespace": "graphs", "name": format!("data-{number}") },
                "csi": { "driver": "efs.csi.aws.com", "volumeHandle": handle },
                "persistentVolumeReclaimPolicy": "Delete",
                "storageClassName": "efs-sc",
            },
            "status": { "phase": "Bound" },
        })
    }
}

fn not_found() -> Value {
    json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "not found", "reason": "NotFound", "code": 404 })
}

/// Metadata as large as what controllers and server-side apply leave behind.
fn metadata(name: &str, namespace: Option<&str>) -> Value {
    let fields: serde_json::Map<String, Value> = (0..40)
        .map(|field| (format!("f:field-{field}"), json!({ "f:one": {}, "f:other": {} })))
        .collect();
    json!({
        "name": name,
        "namespace": namespace,
        "uid": format!("uid-of-{name}"),
        "resourceVersion": "1",
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "labels": { "app.kubernetes.io/name": "graphs", "pod-template-hash": "7d9c8b6f5" },
        "managedFields": [{ "manager": "kube-controller-manager", "operation": "Update",
            "apiVersion": "v1", "time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1",
            "fieldsV1": fields }],
    })
}

fn claim(number: usize, bound: bool) -> Value {
    let class = if bound { "efs-sc" } else { "gp3" };
    json!({
        "metadata": metadata(&format!("data-{number}"), Some("graphs")),
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "resources": { "requests": { "storage": "5Gi" } },
            "storageClassName": class,
            "volumeName": format!("pvc-{number}"),
        },
        "status": { "phase": "Bound", "capacity": { "storage": "5Gi" } },
    })
}

fn pod(number: usize) -> Value {
    let environment: Vec<Value> = (0..30)
        .map(|variable| json!({ "name": format!("VARIABLE_{variable}"), "value": "a value of it" }))
        .collect();
    json!({
        "metadata": metadata(&format!("engine-{number}"), Some("graphs")),
        "spec": {
            "nodeName": format!("node-{}", number % 400),
            "containers": [{ "name": "engine", "image": "registry/engine:1", "env": environment,
                "volumeMounts": [{ "name": "data", "mountPath": "/data" }] }],
            "volumes": [{ "name": "data",
                "persistentVolumeClaim": { "claimName": format!("data-{number}") } }],
        },
        "status": { "phase": "Running", "podIP": "10.0.0.1" },
    })
}
