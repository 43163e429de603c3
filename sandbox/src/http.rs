//! The sandbox over HTTP: the AWS services, and paths of its own.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use axum::routing::any;

use crate::access::clients;
use crate::callers::admin;
use crate::dispatch::{Dispatcher, Responded, lock};
use crate::fault_rules;
use crate::faults::Rule;
use crate::seeding;
use crate::socket::Cut;

/// The largest body that is read; AWS's own limits are lower.
const MAX_BODY: usize = 1024 * 1024;

/// Where the paths of our own are.
const OWN: &str = "/_sandbox/";

pub(crate) fn router(dispatcher: Arc<Dispatcher>) -> Router {
    Router::new().fallback(any(respond)).with_state(dispatcher)
}

async fn respond(
    State(dispatcher): State<Arc<Dispatcher>>,
    ConnectInfo(connection): ConnectInfo<Cut>,
    request: Request,
) -> Response {
    let (response, cut) = response_to(&dispatcher, request).await;
    if cut {
        connection.cut();
    }
    response
}

/// The response, and whether the connection ends instead of it.
pub(crate) async fn response_to(dispatcher: &Dispatcher, request: Request) -> (Response, bool) {
    let (parts, body) = request.into_parts();
    let body: Option<Bytes> = axum::body::to_bytes(body, MAX_BODY).await.ok();
    if let Some(path) = parts.uri.path().strip_prefix(OWN) {
        return (own(dispatcher, &parts.method, path, &body.unwrap_or_default()), false);
    }
    let Responded { request_id, status, body, cut } = dispatcher.respond(parts, body).await;
    let mut response = response(status, body.content_type, body.body);
    let headers = response.headers_mut();
    if let Some(error_type) = body.error_type {
        headers.insert("x-amzn-errortype", HeaderValue::from_static(error_type));
    }
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        headers.insert("x-amzn-requestid", value);
    }
    (response, cut)
}

fn response(status: u16, content_type: &'static str, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// The paths of our own: `calls` lists the calls, `faults` lists (GET), adds (POST, a rule per
/// line) and removes (DELETE) rules, `release` releases the calls that are held, `efs/REGION/ID`
/// changes what AWS's API cannot change (POST), `clients/REGION/ID` tells what an NFS client may do
/// with a file system (POST, see [`clients`]), `seed/REGION` adds clusters, keys and instances
/// (POST, see `seeding`), and `iam` is [`admin`]'s.
fn own(dispatcher: &Dispatcher, method: &Method, path: &str, body: &[u8]) -> Response {
    match (method.as_str(), path) {
        ("GET", "calls") => match lock(&dispatcher.calls).to_json() {
            Ok(body) => response(200, "application/json", body),
            Err(error) => response(500, "text/plain", format!("{error:#}").into_bytes()),
        },
        ("GET", "faults") => {
            let rules: Vec<String> = dispatcher
                .change_faults(|faults| faults.rules.iter().map(ToString::to_string).collect());
            let body = serde_json::json!({ "rules": rules, "held": dispatcher.held() });
            response(200, "application/json", body.to_string().into_bytes())
        }
        ("POST", "faults") => match rules(dispatcher, body) {
            Ok(rules) => {
                dispatcher.change_faults(|faults| faults.rules.extend(rules));
                response(204, "text/plain", Vec::new())
            }
            Err(mistake) => response(400, "text/plain", mistake.into_bytes()),
        },
        ("DELETE", "faults") => {
            dispatcher.change_faults(|faults| faults.rules.clear());
            response(204, "text/plain", Vec::new())
        }
        ("POST", "release") => {
            dispatcher.release();
            response(204, "text/plain", Vec::new())
        }
        (method, path) if path == "iam" || path.starts_with("iam/") => {
            match admin::respond(&mut lock(&dispatcher.access), method, path, body) {
                Ok(Some(body)) => response(200, "application/json", body),
                Ok(None) => response(204, "text/plain", Vec::new()),
                Err((status, message)) => response(status, "text/plain", message.into_bytes()),
            }
        }
        ("POST", path) if path.starts_with("clients/") => match client(dispatcher, path, body) {
            Ok(body) => response(200, "application/json", body),
            Err((status, why)) => response(status, "text/plain", why.into_bytes()),
        },
        ("POST", path) => match administer(dispatcher, path, body) {
            Ok(()) => response(204, "text/plain", Vec::new()),
            Err((status, why)) => response(status, "text/plain", why.into_bytes()),
        },
        _ => {
            let message = format!("the sandbox has no {method} {OWN}{path}");
            response(404, "text/plain", message.into_bytes())
        }
    }
}

/// A change from outside of AWS's API, `SERVICE/REGION/ID` or `seed/REGION`.
fn administer(dispatcher: &Dispatcher, path: &str, body: &[u8]) -> Result<(), (u16, String)> {
    let unknown = || (404, format!("the sandbox has no POST {OWN}{path}"));
    let parts: Vec<&str> = path.split('/').collect();
    if let ["seed", region] = parts.as_slice() {
        return dispatcher
            .administer(region, |context| seeding::apply_json(context, body))
            .map_err(|error| (500, format!("{error:#}")))?;
    }
    let [name, region, id] = parts.as_slice() else { return Err(unknown()) };
    let mut services = dispatcher.services.iter();
    let service = services.find(|service| service.own_path() == Some(name)).ok_or_else(unknown)?;
    dispatcher
        .administer(region, |context| service.administer(context, id, body))
        .map_err(|error| (500, format!("{error:#}")))?
}

/// What an NFS client may do, `clients/REGION/FILE_SYSTEM`.
fn client(dispatcher: &Dispatcher, path: &str, body: &[u8]) -> Result<Vec<u8>, (u16, String)> {
    let parts: Vec<&str> = path.split('/').collect();
    let [_, region, id] = parts.as_slice() else {
        return Err((404, format!("the sandbox has no POST {OWN}{path}")));
    };
    let mut decided = Vec::new();
    dispatcher
        .administer(region, |context| {
            decided = clients::decide(context, id, body)?.to_string().into_bytes();
            Ok(())
        })
        .map_err(|error| (500, format!("{error:#}")))??;
    Ok(decided)
}

/// A rule per line.
fn rules(dispatcher: &Dispatcher, body: &[u8]) -> Result<Vec<Rule>, String> {
    let text = std::str::from_utf8(body).map_err(|error| error.to_string())?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| fault_rules::read(dispatcher.services, line)).collect()
}
