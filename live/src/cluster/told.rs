//! Requests of the API server, told to the log and to the audit file.

use std::task::{Context, Poll};
use std::time::Instant;

use futures_util::future::BoxFuture;
use http::{Method, Request, Response, StatusCode};
use kube::client::Body;
use tower::Service;

use crate::requests;

/// Tells every request that a service sends.
#[derive(Debug, Clone)]
pub(super) struct Told<S> {
    pub(super) inner: S,
}

/// The header by which an API server says under which id its own audit log has a request.
///
/// Source: Kubernetes documentation, "Auditing".
const AUDIT_ID: &str = "audit-id";

/// The groups of requests that ask for permissions, or who asks, and change nothing although they
/// are posted.
const REVIEWS: [&str; 2] = ["/apis/authorization.k8s.io/", "/apis/authentication.k8s.io/"];

impl<S, B> Service<Request<Body>> for Told<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Future: Send + 'static,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response<B>, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let (since, sent) = (Instant::now(), self.inner.call(request));
        Box::pin(async move {
            let answered = sent.await;
            let response = answered.as_ref().ok();
            let id = response.and_then(|response| response.headers().get(AUDIT_ID)?.to_str().ok());
            let request = requests::Request {
                service: "kubernetes",
                operation: &verb(&method),
                resource: Some(&path),
                region: None,
                attempt: None,
                status: response.map(|response| response.status().as_u16()),
                error_code: None,
                id,
                elapsed: since.elapsed(),
                // That something is not there is an answer, and no failure.
                succeeded: response.is_some_and(|response| {
                    let status = response.status();
                    status.as_u16() < 400 || status == StatusCode::NOT_FOUND
                }),
                changes: method != Method::GET
                    && !REVIEWS.iter().any(|group| path.starts_with(group)),
            };
            request.tell();
            answered
        })
    }
}

/// The verb of a method, as permissions name it; of `GET` there is more than one.
///
/// Source: Kubernetes documentation, "Authorization", request verbs.
fn verb(method: &Method) -> String {
    match *method {
        Method::POST => "create".to_owned(),
        Method::PUT => "update".to_owned(),
        ref other => other.as_str().to_lowercase(),
    }
}
