//! A proxy in front of the API server that can inject faults, and that responds in place of
//! kubelets for the usage of volumes.
//!
//! The fault of a request follows from the seed, its method, its path and how often it was
//! made, and not from the time: a seed that failed fails again.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
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

use crate::files::write_private;
use crate::json::text;
use crate::kubeconfig::CONTEXT;

/// The largest request body that is forwarded, in bytes; a Helm release's Secret is far smaller.
const MAX_BODY: usize = 8 * 1024 * 1024;

/// How long a watch lasts before it is cut.
const WATCH_DURATION: Duration = Duration::from_millis(200);

/// Which requests get a fault.
#[derive(Debug, Clone, Copy)]
pub struct Faults {
    pub seed: u64,
    /// Of all requests, 0 to 100.
    pub percent: u64,
}

/// A running proxy; dropping this value stops it.
pub struct ApiProxy {
    url: String,
    kubeconfig: PathBuf,
    shared: Arc<Shared>,
    _runtime: Runtime,
}

struct Shared {
    client: Client,
    /// The folder with a folder for each volume, by the volume's name.
    volumes: Option<PathBuf>,
    injector: Mutex<Injector>,
    /// Whether the API server is away, and how many requests have met with that.
    away: AtomicBool,
    refused: AtomicUsize,
}

#[derive(Default)]
struct Injector {
    faults: Option<Faults>,
    /// How often each request was made since the faults were set.
    counts: BTreeMap<String, u64>,
    /// Every fault that was injected, with its request.
    injected: Vec<String>,
}

impl ApiProxy {
    /// Forwards to the cluster of `kubeconfig`, and writes a kubeconfig of its own into
    /// `folder`. `volumes` is the folder of [`Nodes`](crate::Nodes), whose usage it reports
    /// as kubelets do.
    ///
    /// # Errors
    /// If the kubeconfig cannot be read or no port is free.
    pub fn start(
        kubeconfig: &Path,
        folder: &Path,
        volumes: Option<&Path>,
    ) -> anyhow::Result<ApiProxy> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .context("starting the async runtime")?;
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
        let user = json!({"name": CONTEXT, "user": {"token": "unused: the proxy has its own"}});
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
            injector: Mutex::default(),
            away: AtomicBool::new(false),
            refused: AtomicUsize::new(0),
        });
        let router = Router::new().fallback(respond).with_state(Arc::clone(&shared));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Ok(ApiProxy { url, kubeconfig: path, shared, _runtime: runtime })
    }

    /// The URL of the proxy.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The kubeconfig of the cluster through the proxy.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Injects faults from now on; `None` stops it. Returns what was injected until now, a
    /// line for each fault.
    pub fn inject(&self, faults: Option<Faults>) -> Vec<String> {
        let mut injector = self.shared.injector();
        std::mem::replace(&mut *injector, Injector { faults, ..Injector::default() }).injected
    }
}

impl ApiProxy {
    /// Has the API server be away from now on, as while it is upgraded, or be back.
    pub fn set_away(&self, away: bool) {
        self.shared.away.store(away, Ordering::SeqCst);
    }

    /// How many requests were refused because the API server was away.
    pub fn refused(&self) -> usize {
        self.shared.refused.load(Ordering::SeqCst)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    TooManyRequests,
    Unavailable,
    Internal,
    Conflict,
    /// The connection is cut, and the request was not forwarded.
    CutBefore,
    /// The connection is cut, and the request was forwarded.
    CutAfter,
    CutWatch,
}

impl Shared {
    fn injector(&self) -> std::sync::MutexGuard<'_, Injector> {
        self.injector.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fault of this request, if any.
    fn draw(&self, method: &Method, path: &str, is_watch: bool) -> Option<Fault> {
        let mut injector = self.injector();
        let Faults { seed, percent } = injector.faults?;
        let request = format!("{method} {path}");
        let count = injector.counts.entry(request.clone()).or_insert(0);
        *count += 1;
        let count = *count;
        let mut hasher = DefaultHasher::new();
        (seed, &request, count).hash(&mut hasher);
        let draw = hasher.finish();
        if draw % 100 >= percent {
            return None;
        }
        let faults = [
            Fault::TooManyRequests,
            Fault::Unavailable,
            Fault::Internal,
            Fault::CutBefore,
            Fault::CutAfter,
            Fault::Conflict,
        ];
        if is_watch {
            injector.injected.push(format!("{request} #{count}: {:?}", Fault::CutWatch));
            return Some(Fault::CutWatch);
        }
        // The last one: the API server reports a conflict for updates only.
        let is_update = [Method::PUT, Method::PATCH].contains(method);
        let possible = if is_update { faults.len() } else { faults.len() - 1 };
        let fault = faults[usize::try_from(draw / 100).unwrap_or(0) % possible];
        injector.injected.push(format!("{request} #{count}: {fault:?}"));
        Some(fault)
    }
}

async fn respond(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    if shared.away.load(Ordering::SeqCst) {
        shared.refused.fetch_add(1, Ordering::SeqCst);
        return status(503, "ServiceUnavailable", None);
    }
    if path.ends_with("/proxy/stats/summary")
        && let Some(volumes) = &shared.volumes
    {
        return stats_summary(&shared, volumes).await;
    }
    let query = request.uri().query().unwrap_or_default();
    let is_watch = query.split('&').any(|pair| pair == "watch=true" || pair == "watch=1");
    match shared.draw(request.method(), &path, is_watch) {
        None => forward(&shared, request).await,
        Some(Fault::CutBefore) => cut(),
        Some(Fault::CutAfter) => {
            let _ = forward(&shared, request).await;
            cut()
        }
        Some(Fault::CutWatch) => cut_watch(forward(&shared, request).await),
        Some(Fault::TooManyRequests) => status(429, "TooManyRequests", Some("1")),
        Some(Fault::Unavailable) => status(503, "ServiceUnavailable", None),
        Some(Fault::Internal) => status(500, "InternalError", None),
        Some(Fault::Conflict) => status(409, "Conflict", None),
    }
}

async fn forward(shared: &Shared, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY).await else { return cut() };
    for name in [header::HOST, header::AUTHORIZATION, header::CONNECTION, header::CONTENT_LENGTH] {
        parts.headers.remove(name);
    }
    let body = kube::client::Body::from(body.to_vec());
    match shared.client.send(http::Request::from_parts(parts, body)).await {
        Ok(response) => {
            let (mut parts, body) = response.into_parts();
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

/// A response whose connection is reset before its body is complete.
fn cut() -> Response {
    let reset = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    let body = futures_util::stream::once(async { Err::<Bytes, _>(reset) });
    let mut response = Response::new(Body::from_stream(body));
    response.headers_mut().insert(header::CONTENT_LENGTH, 4096.into());
    response
}

/// A watch whose connection is reset after [`WATCH_DURATION`].
fn cut_watch(watch: Response) -> Response {
    let (parts, body) = watch.into_parts();
    let reset = futures_util::stream::once(async {
        tokio::time::sleep(WATCH_DURATION).await;
        Err::<Bytes, _>(axum::Error::new(std::io::Error::from(std::io::ErrorKind::ConnectionReset)))
    });
    let events = futures_util::stream::select(body.into_data_stream(), reset);
    Response::from_parts(parts, Body::from_stream(events))
}

/// An error response in the form of the API server.
fn status(code: u16, reason: &str, retry_after: Option<&'static str>) -> Response {
    let body = json!({
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "message": "a fault that was injected",
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

/// The response of a kubelet's `/stats/summary` for the volumes of bound claims.
async fn stats_summary(shared: &Shared, volumes: &Path) -> Response {
    let request = http::Request::get("/api/v1/persistentvolumeclaims").body(Vec::new());
    let claims = match request {
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
    let volumes: Vec<Value> = items.filter_map(volume).collect();
    let summary = json!({"pods": [{"volume": volumes}]});
    let mut response = Response::new(Body::from(summary.to_string()));
    let content_type = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

/// The size of all files below a folder, in bytes.
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
