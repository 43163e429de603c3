//! From an HTTP request to an operation and back.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use axum::routing::{any, get, post};
use tokio::sync::watch;

use crate::calls::Call;
use crate::error::{Answer, AwsError};
use crate::faults::{Fault, Faults, Rule};
use crate::ids::{micros, now_ms, request_id};
use crate::limit::Limit;
use crate::options::Options;
use crate::socket::Cut;
use crate::store::Store;
use crate::world::{Region, World};
use crate::{ec2, efs};

/// The largest body that is read; AWS's own limits are lower.
const LARGEST_BODY: usize = 1024 * 1024;

/// What all requests share.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Inner>);

struct Inner {
    store: Mutex<Store>,
    faults: Mutex<Faults>,
    limit: Mutex<Limit>,
    options: Options,
    /// Grows with every release of the calls that are held.
    releases: watch::Sender<u64>,
    held: AtomicUsize,
}

impl Shared {
    pub(crate) fn new(store: Store, faults: Faults, options: Options) -> Self {
        Shared(Arc::new(Inner {
            store: Mutex::new(store),
            faults: Mutex::new(faults),
            limit: Mutex::new(Limit::new(options.rate_limit, Instant::now())),
            options,
            releases: watch::Sender::new(0),
            held: AtomicUsize::new(0),
        }))
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        // A panic elsewhere leaves the store as the last whole operation left it.
        self.0.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.0.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the account's limit allows one call more.
    fn allows(&self) -> bool {
        self.0.limit.lock().unwrap_or_else(PoisonError::into_inner).allows(Instant::now())
    }

    /// Waits until somebody releases what is held.
    async fn hold(&self) {
        /// Counts as held for as long as it lives, also when the client goes away.
        struct Held<'a>(&'a AtomicUsize);
        impl Drop for Held<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::SeqCst);
            }
        }
        let mut releases = self.0.releases.subscribe();
        self.0.held.fetch_add(1, Ordering::SeqCst);
        let _held = Held(&self.0.held);
        let _ = releases.changed().await;
    }
}

/// The AWS services, and paths of our own: `/_sandbox/calls` lists the calls,
/// `/_sandbox/faults` tells (GET), adds (POST, a rule per line) and takes back
/// (DELETE) rules, and `/_sandbox/release` lets go of what is held.
pub(crate) fn router(shared: Shared) -> Router {
    Router::new()
        .route("/_sandbox/calls", get(calls))
        .route("/_sandbox/faults", get(faults).post(add_faults).delete(clear_faults))
        .route("/_sandbox/release", post(release))
        .fallback(any(answer))
        .with_state(shared)
}

async fn calls(State(shared): State<Shared>) -> Response {
    let body = serde_json::to_vec(&shared.store().calls).unwrap_or_default();
    response(200, "application/json", body)
}

async fn faults(State(shared): State<Shared>) -> Response {
    let rules: Vec<String> = shared.faults().rules.iter().map(ToString::to_string).collect();
    let held = shared.0.held.load(Ordering::SeqCst);
    let body = serde_json::json!({ "rules": rules, "held": held });
    response(200, "application/json", body.to_string().into_bytes())
}

async fn add_faults(State(shared): State<Shared>, body: String) -> Response {
    let rules: Result<Vec<Rule>, String> =
        body.lines().filter(|line| !line.trim().is_empty()).map(str::parse).collect();
    match rules {
        Ok(rules) => {
            shared.faults().rules.extend(rules);
            response(204, "text/plain", Vec::new())
        }
        Err(mistake) => response(400, "text/plain", mistake.into_bytes()),
    }
}

async fn clear_faults(State(shared): State<Shared>) -> Response {
    shared.faults().rules.clear();
    response(204, "text/plain", Vec::new())
}

async fn release(State(shared): State<Shared>) -> Response {
    shared.0.releases.send_modify(|count| *count += 1);
    response(204, "text/plain", Vec::new())
}

/// One request, as its operation sees it.
pub(crate) struct Incoming {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// The query, decoded, in order.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

/// What an operation works on beside the request.
pub(crate) struct Context<'a> {
    pub(crate) region: &'a mut Region,
    pub(crate) options: &'a Options,
    /// Milliseconds since 1970.
    pub(crate) now: u64,
}

/// A success: a status, and a body whose form is the service's.
pub(crate) struct Success {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

async fn answer(
    State(shared): State<Shared>,
    ConnectInfo(connection): ConnectInfo<Cut>,
    request: Request,
) -> Response {
    let at_us = micros();
    let request_id = request_id();
    let latency = shared.0.options.latency();
    let (parts, body) = request.into_parts();
    let incoming = Incoming {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: pairs(parts.uri.query().unwrap_or_default().as_bytes()),
        body: axum::body::to_bytes(body, LARGEST_BODY).await.unwrap_or_default(),
    };
    tokio::time::sleep(latency / 2).await;
    let scope = Scope::of(&parts.headers);
    let rest = incoming.path.starts_with(efs::PREFIX);
    let operation = match (&scope, rest) {
        (None, _) => "unsigned".to_owned(),
        (Some(_), true) => efs::operation(&incoming).to_owned(),
        (Some(_), false) => ec2::operation(&incoming),
    };
    let drawn = shared.faults().draw(&operation);
    let answer = match &scope {
        None => Err(unsigned(rest)),
        Some(scope) => {
            let asked =
                Asked { region: &scope.region, rest, incoming: &incoming, request_id: &request_id };
            if shared.allows() {
                under_faults(&shared, &asked, &operation, &drawn).await
            } else {
                Err(throttled(rest))
            }
        }
    };
    tokio::time::sleep(latency.saturating_sub(latency / 2)).await;

    let (status, told) = match &answer {
        Ok(success) => (success.status, "ok"),
        Err(error) => (error.status, error.code),
    };
    let call = Call {
        at_us,
        took_us: micros().saturating_sub(at_us),
        service: if rest { "elasticfilesystem" } else { "ec2" }.to_owned(),
        operation,
        region: scope.map(|scope| scope.region).unwrap_or_default(),
        status,
        outcome: told.to_owned(),
        faults: drawn.iter().map(ToString::to_string).collect(),
        request_id: request_id.clone(),
    };
    if let Err(error) = shared.store().list(call) {
        eprintln!("warning: a call could not be listed: {error:#}");
    }
    if drawn.iter().any(|fault| matches!(fault, Fault::CutBefore | Fault::CutAfter)) {
        connection.cut();
    }
    render(answer, rest, &request_id)
}

/// The refusal of a call for the account's rate, as each service words it.
fn throttled(rest: bool) -> AwsError {
    let (status, code) =
        if rest { (429, "ThrottlingException") } else { (503, "RequestLimitExceeded") };
    AwsError::new(status, code, "Rate exceeded")
}

/// A request that is to be carried out.
struct Asked<'a> {
    region: &'a str,
    rest: bool,
    incoming: &'a Incoming,
    request_id: &'a str,
}

/// Carries a request out, or not, as the faults drawn for it say.
async fn under_faults(
    shared: &Shared,
    asked: &Asked<'_>,
    operation: &str,
    drawn: &[Fault],
) -> Answer<Success> {
    let mut past = None;
    for fault in drawn {
        match fault {
            Fault::Delay(time) => tokio::time::sleep(*time).await,
            Fault::HoldBefore => shared.hold().await,
            Fault::Throttle => return Err(throttled(asked.rest)),
            Fault::Error => {
                let code = if asked.rest { "InternalServerError" } else { "InternalError" };
                return Err(AwsError::new(500, code, "An internal error has occurred"));
            }
            Fault::CutBefore => {
                return Err(AwsError::new(500, "ConnectionCut", "cut before it was carried out"));
            }
            Fault::Stale(time) if operation.starts_with("Describe") => past = Some(*time),
            Fault::CutAfter | Fault::HoldAfter | Fault::Stale(_) => {}
        }
    }
    let answer = carry_out(shared, asked, past);
    if drawn.contains(&Fault::HoldAfter) {
        shared.hold().await;
    }
    answer
}

/// Carries an operation out: wholly, or with an error and no trace.
fn carry_out(shared: &Shared, asked: &Asked, past: Option<Duration>) -> Answer<Success> {
    let mut store = shared.store();
    let options = &shared.0.options;
    let now = now_ms();
    let operate = |world: &mut World, now: u64| {
        let mut context =
            Context { region: world.region(asked.region, options, now), options, now };
        if asked.rest {
            efs::carry_out(&mut context, asked.incoming)
        } else {
            ec2::carry_out(&mut context, asked.incoming, asked.request_id)
        }
    };
    if let Some(past) = past {
        let then = now.saturating_sub(u64::try_from(past.as_millis()).unwrap_or(u64::MAX));
        return operate(&mut store.world_at(then), then);
    }
    let before = store.world.clone();
    let mut answer = operate(&mut store.world, now);
    if answer.is_err() {
        store.world = before;
    } else if store.world != before {
        if let Err(error) = store.save() {
            store.world = before;
            eprintln!("error: the state could not be written: {error:#}");
            let message = "the sandbox could not write its state";
            answer = Err(AwsError::new(500, "InternalServerError", message));
        } else {
            store.remember(now, before);
        }
    }
    answer
}

fn render(answer: Answer<Success>, rest: bool, request_id: &str) -> Response {
    let kind = if rest { "application/json" } else { "text/xml;charset=UTF-8" };
    let mut response = match answer {
        Ok(success) => response(success.status, kind, success.body),
        Err(error) if rest => {
            let mut response =
                response(error.status, kind, error.to_json().to_string().into_bytes());
            response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(error.code));
            response
        }
        Err(error) => response(error.status, kind, ec2::error_body(&error, request_id)),
    };
    if let Ok(value) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert("x-amzn-requestid", value);
    }
    response
}

fn response(status: u16, kind: &'static str, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// `a=1&b=2`, decoded.
pub(crate) fn pairs(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}

/// What a request is signed for. The signature itself cannot be checked
/// without the secret; that it is there, and covers what it must, can.
struct Scope {
    region: String,
}

impl Scope {
    fn of(headers: &HeaderMap) -> Option<Scope> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let fields = text("authorization")?.strip_prefix("AWS4-HMAC-SHA256 ")?;
        let field = |name: &str| {
            fields.split(',').find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='))
        };
        let signed: Vec<&str> = field("SignedHeaders")?.split(';').collect();
        let signature = field("Signature")?;
        text("x-amz-date")?;
        let scope: Vec<&str> = field("Credential")?.split('/').collect();
        let [_key, _date, region, _service, "aws4_request"] = scope.as_slice() else {
            return None;
        };
        let covers = signed.contains(&"host") && signed.contains(&"x-amz-date");
        let whole = signature.len() == 64 && signature.bytes().all(|c| c.is_ascii_hexdigit());
        (covers && whole).then(|| Scope { region: (*region).to_owned() })
    }
}

fn unsigned(rest: bool) -> AwsError {
    if rest {
        AwsError::new(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
    } else {
        AwsError::new(
            401,
            "AuthFailure",
            "AWS was not able to validate the provided access credentials",
        )
    }
}
