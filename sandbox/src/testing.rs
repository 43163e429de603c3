//! What the specifications of services share: requests to a sandbox whose clock stands
//! still, and its responses.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use axum::body::Body;
use axum::http::Request;
use clap::Parser;
use serde_json::Value;

use crate::clock::Clock;
use crate::options::Options;
use crate::sandbox::{Sandbox, Surroundings};

/// 2026-01-01, in milliseconds since 1970: where the clock starts.
const START_MS: u64 = 1_767_225_600_000;

/// A sandbox, whose clock moves only when a test says so.
pub(crate) struct Aws {
    sandbox: Sandbox,
    now_ms: Arc<AtomicU64>,
    runtime: tokio::runtime::Runtime,
    /// The region that requests are signed for.
    pub(crate) region: &'static str,
}

/// A response.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// The header `x-amzn-errortype`.
    pub(crate) error_type: Option<String>,
    pub(crate) body: String,
}

impl Aws {
    pub(crate) fn new() -> Aws {
        Aws::with(&[])
    }

    /// With flags of the program.
    pub(crate) fn with(flags: &[&str]) -> Aws {
        let now_ms = Arc::new(AtomicU64::new(START_MS));
        let read = now_ms.clone();
        let clock = Clock::new(
            move || UNIX_EPOCH + Duration::from_millis(read.load(Ordering::SeqCst)),
            tokio::time::sleep,
        );
        let options = Options::parse_from([&["sandbox"], flags].concat());
        let surroundings = Surroundings { clock, chance: fastrand::Rng::with_seed(7) };
        Aws {
            sandbox: Sandbox::open(options, surroundings).unwrap(),
            now_ms,
            runtime: tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap(),
            region: "eu-west-1",
        }
    }

    /// Lets time pass.
    pub(crate) fn wait(&self, ms: u64) {
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// A request to a service, signed for it.
    pub(crate) fn send(
        &self,
        service: &str,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: &str,
    ) -> Reply {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKID/20260101/{}/{service}/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature={}",
            self.region,
            "0".repeat(64)
        );
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", authorization)
            .header("x-amz-date", "20260101T000000Z");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        self.runtime.block_on(async {
            let response = self.sandbox.call(request).await.unwrap();
            let status = response.status().as_u16();
            let header = response.headers().get("x-amzn-errortype");
            let error_type = header.and_then(|code| code.to_str().ok()).map(str::to_owned);
            let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
            let body = String::from_utf8(body.to_vec()).unwrap();
            Reply { status, error_type, body }
        })
    }

    /// An EC2 call by its form.
    pub(crate) fn ec2(&self, form: &str) -> Reply {
        self.send("ec2", ("POST", "/"), &[], form)
    }

    /// A KMS call.
    pub(crate) fn kms(&self, operation: &str, body: &Value) -> Reply {
        let target = format!("TrentService.{operation}");
        self.send("kms", ("POST", "/"), &[("x-amz-target", &target)], &body.to_string())
    }

    /// A call of IAM by its parameters.
    pub(crate) fn iam(&self, parameters: &[(&str, &str)]) -> Reply {
        self.query("iam", "2010-05-08", parameters)
    }

    /// A call of a service of the Query protocol, in this version.
    pub(crate) fn query(&self, service: &str, version: &str, form: &[(&str, &str)]) -> Reply {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.append_pair("Version", version).extend_pairs(form);
        self.send(service, ("POST", "/"), &[], &body.finish())
    }

    /// An EKS call; `null` for no body.
    pub(crate) fn eks(&self, method: &str, path: &str, body: &Value) -> Reply {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send("eks", (method, path), &[], &body)
    }

    /// An EFS call by its path behind the version.
    pub(crate) fn efs(&self, method: &str, path: &str, body: &Value) -> Reply {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send("elasticfilesystem", (method, &format!("/2015-02-01/{path}")), &[], &body)
    }

    /// A POST to a path of the sandbox's own.
    pub(crate) fn own(&self, path: &str, body: &Value) -> Reply {
        self.send("none", ("POST", &format!("/_sandbox/{path}")), &[], &body.to_string())
    }
}

impl Reply {
    /// The response of a call that succeeded.
    #[track_caller]
    pub(crate) fn ok(self) -> Reply {
        assert!((200..300).contains(&self.status), "{}: {}", self.status, self.body);
        self
    }

    /// The message of a call that EC2 refused with a code.
    #[track_caller]
    pub(crate) fn refused(self, code: &str) -> String {
        assert_eq!(self.texts("Code"), [code], "{}: {}", self.status, self.body);
        quick_xml::escape::unescape(&self.text("Message")).unwrap().into_owned()
    }

    /// The message of a call that a JSON service refused with a code.
    #[track_caller]
    pub(crate) fn rejected(self, status: u16, code: &str) -> String {
        let body = self.json();
        let found = self.error_type.as_deref().or(body["__type"].as_str());
        assert_eq!((self.status, found), (status, Some(code)), "{}", self.body);
        body["message"].as_str().unwrap().to_owned()
    }

    /// The texts of all XML elements of a name, in order.
    pub(crate) fn texts(&self, element: &str) -> Vec<&str> {
        let (start, end) = (format!("<{element}>"), format!("</{element}>"));
        let parts = self.body.split(start.as_str()).skip(1);
        parts.map(|part| part.split(end.as_str()).next().unwrap()).collect()
    }

    /// The text of the first XML element of a name.
    #[track_caller]
    pub(crate) fn text(&self, element: &str) -> String {
        let texts = self.texts(element);
        assert!(!texts.is_empty(), "no <{element}>: {}", self.body);
        texts[0].to_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}
