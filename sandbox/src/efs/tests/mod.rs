//! EFS's rules as its users meet them: requests to a sandbox whose clock stands still.
//!
//! Whatever a test is about, every response is held against the model: the status and the
//! members of a success, the code and the status of an error.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod access_points;
mod file_systems;
mod listings;
mod mount_targets;
mod names;
mod policies;
mod replications;
mod served;
mod storage;
mod tagging;
mod validation;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use axum::body::Body;
use axum::http::Request;
use clap::Parser;
use serde_json::{Value, json};

use super::COMMON;
use super::api::MODEL;
use crate::clock::Clock;
use crate::options::Options;
use crate::sandbox::{Sandbox, Surroundings};

/// Two private subnets of the first zone, and one of the second.
const SUBNET_A: &str = "subnet-0c0dec0000000010a";
const SECOND_A: &str = "subnet-0c0dec0000000020a";
const SUBNET_B: &str = "subnet-0c0dec0000000010b";

/// 2026-01-01, in seconds since 1970: where the clock starts.
const START: u64 = 1_767_225_600;

const HOUR: u64 = 60 * 60 * 1000;

/// A sandbox, whose clock moves only when a test says so.
struct Aws {
    sandbox: Sandbox,
    now_ms: Arc<AtomicU64>,
    runtime: tokio::runtime::Runtime,
    region: &'static str,
}

/// A response, after the model had nothing against it.
struct Reply {
    status: u16,
    body: Value,
}

impl Aws {
    fn new() -> Aws {
        Aws::with(&[])
    }

    fn with(flags: &[&str]) -> Aws {
        let now_ms = Arc::new(AtomicU64::new(START * 1000));
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

    /// The same account in another region.
    fn region(&mut self, region: &'static str) -> &mut Aws {
        self.region = region;
        self
    }

    fn wait(&self, ms: u64) {
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
    }

    fn send(
        &self,
        method: &str,
        path: &str,
        service: &str,
        body: &[u8],
    ) -> (u16, Option<String>, Vec<u8>) {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKID/20260101/{}/{service}/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature={}",
            self.region,
            "0".repeat(64)
        );
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", authorization)
            .header("x-amz-date", "20260101T000000Z")
            .body(Body::from(body.to_vec()))
            .unwrap();
        self.runtime.block_on(async {
            let response = self.sandbox.call(request).await.unwrap();
            let status = response.status().as_u16();
            let header = response.headers().get("x-amzn-errortype");
            let code = header.and_then(|code| code.to_str().ok()).map(str::to_owned);
            let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
            (status, code, body.to_vec())
        })
    }

    /// A call of EFS, by its path behind the version.
    #[track_caller]
    fn call(&self, method: &str, path: &str, body: &Value) -> Reply {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let path = format!("/2015-02-01/{path}");
        let (status, code, body) = self.send(method, &path, "elasticfilesystem", text.as_bytes());
        let body: Value =
            if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
        let plain = path.split('?').next().unwrap();
        let segments: Vec<String> =
            plain.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        if let Some(route) = MODEL.route(method, &segments) {
            if let Some(code) = code {
                assert_eq!(body["ErrorCode"], json!(code), "{body}");
                let common = COMMON.contains(&code.as_str());
                assert!(
                    common || route.operation.lists(&code),
                    "{} may not answer {code}",
                    route.name
                );
                assert!(common || MODEL.status(&code) == Some(status), "{code} with {status}");
                assert_ne!(code, "InternalServerError", "{body}");
            } else if status != 501 {
                assert_eq!(status, route.operation.status, "{}: {body}", route.name);
                assert_eq!(
                    MODEL.objections(route.operation, &body),
                    [""; 0],
                    "{}: {body}",
                    route.name
                );
            }
        }
        Reply { status, body }
    }

    #[track_caller]
    fn get(&self, path: &str) -> Reply {
        self.call("GET", path, &Value::Null)
    }

    #[track_caller]
    fn put(&self, path: &str, body: Value) -> Reply {
        self.call("PUT", path, &body)
    }

    #[track_caller]
    fn post(&self, path: &str, body: Value) -> Reply {
        self.call("POST", path, &body)
    }

    #[track_caller]
    fn delete(&self, path: &str) -> Reply {
        self.call("DELETE", path, &Value::Null)
    }

    /// Changes what AWS's API cannot; `204` where it was done.
    fn admin(&self, id: &str, body: &Value) -> (u16, String) {
        let path = format!("/_sandbox/efs/{}/{id}", self.region);
        let (status, _, body) = self.send("POST", &path, "sandbox", body.to_string().as_bytes());
        (status, String::from_utf8(body).unwrap())
    }

    /// A file system that is available.
    #[track_caller]
    fn file_system(&self, more: &Value) -> String {
        let mut body =
            json!({ "CreationToken": format!("token-{}", self.now_ms.load(Ordering::SeqCst)) });
        for (member, value) in more.as_object().unwrap() {
            body[member] = value.clone();
        }
        let made = self.post("file-systems", body).ok();
        self.wait(1000);
        text(&made["FileSystemId"])
    }

    #[track_caller]
    fn described(&self, id: &str) -> Value {
        self.get(&format!("file-systems?FileSystemId={id}")).ok()["FileSystems"][0].clone()
    }

    #[track_caller]
    fn mount_target(&self, file_system: &str, subnet: &str, more: &Value) -> Reply {
        let mut body = json!({ "FileSystemId": file_system, "SubnetId": subnet });
        for (member, value) in more.as_object().unwrap() {
            body[member] = value.clone();
        }
        self.post("mount-targets", body)
    }

    #[track_caller]
    fn access_point(&self, file_system: &str, token: &str, more: &Value) -> Reply {
        let mut body = json!({ "FileSystemId": file_system, "ClientToken": token });
        for (member, value) in more.as_object().unwrap() {
            body[member] = value.clone();
        }
        self.post("access-points", body)
    }
}

impl Reply {
    /// The body of a success.
    #[track_caller]
    fn ok(self) -> Value {
        assert!(self.status < 300, "{} {}", self.status, self.body);
        self.body
    }

    /// The message of an error with this code.
    #[track_caller]
    fn refused(self, code: &str) -> String {
        assert_eq!(self.body["ErrorCode"], json!(code), "{} {}", self.status, self.body);
        self.body["Message"].as_str().unwrap_or_default().to_owned()
    }
}

#[track_caller]
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}
