//! An account in a sandbox within the test, without a network.

use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use axum::body::{Body, to_bytes};
use axum::http::Request;
use clap::Parser;
use sandbox::{Clock, Hands, Options, Sandbox, Surroundings};
use serde_json::Value;

/// The header of a request that is signed for EFS in one region.
pub(crate) fn authorization(service: &str) -> String {
    let signature = "0".repeat(64);
    format!(
        "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/{service}/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature={signature}"
    )
}

/// A sandbox on a clock that stands still until it is moved.
pub(crate) struct Account {
    sandbox: Sandbox,
    pub(crate) hands: Hands,
}

impl Account {
    pub(crate) fn new(flags: &[&str]) -> Account {
        Account::open(flags).expect("the sandbox opens")
    }

    /// The same with a state file.
    pub(crate) fn with_state(state: &Path) -> anyhow::Result<Account> {
        Account::open(&["--state", state.to_str().unwrap()])
    }

    fn open(flags: &[&str]) -> anyhow::Result<Account> {
        let (clock, hands) = Clock::manual(UNIX_EPOCH + Duration::from_hours(490_000));
        let options = Options::parse_from([&["sandbox"], flags].concat());
        let surroundings = Surroundings { clock, chance: fastrand::Rng::with_seed(1) };
        Ok(Account { sandbox: Sandbox::open(options, surroundings)?, hands })
    }

    /// Any request; its status and body, or nothing where the connection was cut.
    pub(crate) async fn send(&self, request: Request<Body>) -> Option<(u16, String)> {
        let response = self.sandbox.call(request).await?;
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Some((status, String::from_utf8(body.to_vec()).unwrap()))
    }

    /// A request of EFS.
    pub(crate) async fn efs(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = Request::builder()
            .method(method)
            .uri(format!("/2015-02-01/{path}"))
            .header("authorization", authorization("elasticfilesystem"))
            .header("x-amz-date", "20260101T000000Z")
            .body(Body::from(body))
            .unwrap();
        let (status, body) = self.send(request).await.expect("a response");
        (status, serde_json::from_str(&body).unwrap_or_default())
    }

    /// Creates a file system; its id.
    pub(crate) async fn create(&self, token: &str) -> String {
        let body = serde_json::json!({ "CreationToken": token });
        let (status, made) = self.efs("POST", "file-systems", body).await;
        assert_eq!(status, 201, "{made}");
        made["FileSystemId"].as_str().unwrap().to_owned()
    }

    /// The state of a file system, or the status where there is none.
    pub(crate) async fn state(&self, id: &str) -> String {
        let path = format!("file-systems?FileSystemId={id}");
        match self.efs("GET", &path, Value::Null).await {
            (200, found) => found["FileSystems"][0]["LifeCycleState"].as_str().unwrap().to_owned(),
            (status, _) => status.to_string(),
        }
    }

    /// The creation tokens of all file systems.
    pub(crate) async fn tokens(&self) -> Vec<String> {
        let (status, found) = self.efs("GET", "file-systems", Value::Null).await;
        assert_eq!(status, 200, "{found}");
        let systems = found["FileSystems"].as_array().unwrap().iter();
        let mut tokens: Vec<String> =
            systems.map(|found| found["CreationToken"].as_str().unwrap().to_owned()).collect();
        tokens.sort();
        tokens
    }
}
