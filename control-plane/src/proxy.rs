//! A proxy in front of the API server, which can bring trouble, and which stands
//! in for the kubelets that the API server would ask.
//!
//! What happens to a request is drawn from the seed, its method, its path and how
//! often it was made, and not from when it came: a seed that failed fails again.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::Response;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::kubeconfig::{CONTEXT, write_private};
use crate::nodes::text;

/// The largest request that is passed on; a release's record is far below.
const LARGEST: usize = 8 * 1024 * 1024;

/// How long a watch lasts that is cut.
const WATCHED: Duration = Duration::from_millis(200);

/// How much trouble, and which.
#[derive(Debug, Clone, Copy)]
pub struct Trouble {
    /// What all chances are drawn from.
    pub seed: u64,
    /// How many requests in a hundred meet with some.
    pub percent: u64,
}

/// A running proxy. It ends with this value.
pub struct ApiProxy {
    url: String,
    kubeconfig: PathBuf,
    shared: Arc<Shared>,
    _runtime: Runtime,
}

struct Shared {
    client: Client,
    /// The folders of volumes, by the volumes' names.
    volumes: Option<PathBuf>,
    state: Mutex<Met>,
}

/// What requests meet with.
#[derive(Default)]
struct Met {
    trouble: Option<Trouble>,
    /// How often each request was made since the trouble began.
    made: BTreeMap<String, u64>,
    /// What was brought about.
    brought: Vec<String>,
}

impl ApiProxy {
    /// Serves what `kubeconfig` leads to, at an address of its own, which another
    /// kubeconfig in `folder` leads to. `volumes` are the folders of
    /// [`Nodes`](crate::Nodes), which it measures as kubelets do.
    ///
    /// # Errors
    /// Where the kubeconfig cannot be read or no port is free.
    pub fn start(
        kubeconfig: &Path,
        folder: &Path,
        volumes: Option<&Path>,
    ) -> anyhow::Result<ApiProxy> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .context("starting a runtime")?;
        let upstream = Kubeconfig::read_from(kubeconfig)
            .with_context(|| format!("reading `{}`", kubeconfig.display()))?;
        let (listener, client) = runtime.block_on(async {
            let options = KubeConfigOptions::default();
            let config = Config::from_custom_kubeconfig(upstream, &options).await?;
            let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
            anyhow::Ok((listener, Client::try_from(config)?))
        })?;
        let url = format!("http://{}", listener.local_addr()?);
        let path = folder.join("proxied.kubeconfig");
        let user = json!({"name": CONTEXT, "user": {"token": "the proxy has its own"}});
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": CONTEXT,
            "clusters": [{"name": CONTEXT, "cluster": {"server": url}}],
            "users": [user],
            "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": CONTEXT}}],
        });
        write_private(&path, &config.to_string())?;
        let shared = Arc::new(Shared {
            client,
            volumes: volumes.map(Path::to_owned),
            state: Mutex::default(),
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Ok(ApiProxy { url, kubeconfig: path, shared, _runtime: runtime })
    }

    /// Where it answers.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The kubeconfig that leads through the proxy.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Brings trouble from now on, or none any more; the answer is what was brought until now.
    pub fn bring(&self, trouble: Option<Trouble>) -> Vec<String> {
        let mut met = self.shared.met();
        std::mem::replace(&mut *met, Met { trouble, ..Met::default() }).brought
    }
}

/// What can happen to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    TooMany,
    Unavailable,
    Internal,
    Conflict,
    CutBefore,
    CutAfter,
    CutWatch,
}

impl Shared {
    fn met(&self) -> std::sync::MutexGuard<'_, Met> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn draw(&self, method: &Method, path: &str, watches: bool) -> Option<Fault> {
        let mut met = self.met();
        let Trouble { seed, percent } = met.trouble?;
        let request = format!("{method} {path}");
        let made = met.made.entry(request.clone()).or_insert(0);
        *made += 1;
        let count = *made;
        let mut hasher = DefaultHasher::new();
        (seed, &request, count).hash(&mut hasher);
        let drawn = hasher.finish();
        if drawn % 100 >= percent {
            return None;
        }
        let all = [
            Fault::TooMany,
            Fault::Unavailable,
            Fault::Internal,
            Fault::CutBefore,
            Fault::CutAfter,
            Fault::Conflict,
        ];
        if watches {
            met.brought.push(format!("{request} #{count}: {:?}", Fault::CutWatch));
            return Some(Fault::CutWatch);
        }
        // Only what changes something can be in conflict with somebody else's change.
        let changes = [Method::PUT, Method::PATCH].contains(method);
        let kinds = if changes { all.len() } else { all.len() - 1 };
        let fault = all[usize::try_from(drawn / 100).unwrap_or(0) % kinds];
        met.brought.push(format!("{request} #{count}: {fault:?}"));
        Some(fault)
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    if path.ends_with("/proxy/stats/summary")
        && let Some(volumes) = &shared.volumes
    {
        return as_kubelet(&shared, volumes).await;
    }
    let query = request.uri().query().unwrap_or_default();
    let watches = query.split('&').any(|pair| pair == "watch=true" || pair == "watch=1");
    match shared.draw(request.method(), &path, watches) {
        None => forward(&shared, request).await,
        Some(Fault::CutBefore) => cut(),
        Some(Fault::CutAfter) => {
            let _ = forward(&shared, request).await;
            cut()
        }
        Some(Fault::CutWatch) => cut_watch(forward(&shared, request).await),
        Some(Fault::TooMany) => status(429, "TooManyRequests", Some("1")),
        Some(Fault::Unavailable) => status(503, "ServiceUnavailable", None),
        Some(Fault::Internal) => status(500, "InternalError", None),
        Some(Fault::Conflict) => status(409, "Conflict", None),
    }
}

async fn forward(shared: &Shared, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LARGEST).await else { return cut() };
    for name in [header::HOST, header::AUTHORIZATION, header::CONNECTION, header::CONTENT_LENGTH] {
        parts.headers.remove(name);
    }
    let body = kube::client::Body::from(body.to_vec());
    match shared.client.send(http::Request::from_parts(parts, body)).await {
        Ok(answer) => {
            let (mut parts, body) = answer.into_parts();
            parts.headers.remove(header::TRANSFER_ENCODING);
            Response::from_parts(parts, Body::new(body))
        }
        Err(error) => {
            let mut response = Response::new(Body::from(error.to_string()));
            *response.status_mut() = StatusCode::BAD_GATEWAY;
            response
        }
    }
}

/// An answer whose connection ends before it is whole.
fn cut() -> Response {
    let end = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    let body = futures_util::stream::once(async { Err::<Bytes, _>(end) });
    let mut response = Response::new(Body::from_stream(body));
    response.headers_mut().insert(header::CONTENT_LENGTH, 4096.into());
    response
}

/// A watch that ends after a moment, in the middle of whatever it was telling.
fn cut_watch(answer: Response) -> Response {
    let (parts, body) = answer.into_parts();
    let end = futures_util::stream::once(async {
        tokio::time::sleep(WATCHED).await;
        Err::<Bytes, _>(axum::Error::new(std::io::Error::from(std::io::ErrorKind::ConnectionReset)))
    });
    let events = futures_util::stream::select(body.into_data_stream(), end);
    Response::from_parts(parts, Body::from_stream(events))
}

/// A refusal, as the API server words it.
fn status(code: u16, reason: &str, retry_after: Option<&'static str>) -> Response {
    let body = json!({
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "message": "trouble that was asked for",
        "reason": reason,
        "code": code,
    });
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or_default();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    if let Some(seconds) = retry_after {
        headers.insert(header::RETRY_AFTER, header::HeaderValue::from_static(seconds));
    }
    response
}

/// What a kubelet tells of the claims that are bound.
async fn as_kubelet(shared: &Shared, volumes: &Path) -> Response {
    let all = http::Request::get("/api/v1/persistentvolumeclaims").body(Vec::new());
    let claims = match all {
        Ok(request) => shared.client.request::<Value>(request).await.unwrap_or_default(),
        Err(_) => Value::Null,
    };
    let volume = |claim: &Value| {
        let folder = volumes.join(text(claim, "/spec/volumeName"));
        folder.is_dir().then(|| {
            json!({
                "usedBytes": size(&folder),
                "pvcRef": {
                    "name": claim["metadata"]["name"],
                    "namespace": claim["metadata"]["namespace"],
                },
            })
        })
    };
    let items = claims["items"].as_array().into_iter().flatten();
    let told: Vec<Value> = items.filter_map(volume).collect();
    let summary = json!({"pods": [{"volume": told}]});
    let mut response = Response::new(Body::from(summary.to_string()));
    let kind = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// The bytes of all files below a folder.
fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(found) if found.is_dir() => size(&entry.path()),
            Ok(found) => found.len(),
            Err(_) => 0,
        })
        .sum()
}
