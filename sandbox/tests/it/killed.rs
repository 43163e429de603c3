//! Killed with SIGKILL at any moment under load: what it acknowledged is there.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::account::authorization;

/// How many clients work side by side.
const CLIENTS: usize = 4;

/// A sandbox as a program.
struct Program {
    child: Child,
    url: String,
}

impl Program {
    #[expect(clippy::disallowed_methods, reason = "a shell would stand between it and the kill")]
    fn start(state: &Path) -> Program {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sandbox"))
            .args(["--port", "0", "--until-stdin-closes", "--file-system-creating-ms", "0"])
            .arg("--state")
            .arg(state)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        assert!(url.starts_with("http://"), "it did not start");
        Program { child, url: url.trim().to_owned() }
    }

    /// Sends SIGKILL.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// The response to a request of EFS; nothing where the sandbox was gone before the whole of it.
fn efs(agent: &ureq::Agent, url: &str, method: &str, path: &str, body: &Value) -> Option<Value> {
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(format!("{url}/2015-02-01/{path}"))
        .header("authorization", authorization("elasticfilesystem"))
        .header("x-amz-date", "20260101T000000Z")
        .body(if body.is_null() { String::new() } else { body.to_string() })
        .unwrap();
    let mut response = agent.run(request).ok()?;
    let text = response.body_mut().read_to_string().ok()?;
    Some(if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() })
}

/// What one client knows: the value of its file system's tag that was acknowledged last, and the
/// one that was sent and may have come through.
#[derive(Debug, Clone, Default)]
struct Known {
    id: String,
    acknowledged: u64,
    sent: u64,
}

/// Counts a tag up until the sandbox is gone.
fn count(url: &str, known: &mut Known, done: &AtomicUsize) {
    let agent = ureq::Agent::new_with_defaults();
    loop {
        known.sent = known.acknowledged + 1;
        let tags = json!({ "Tags": [{ "Key": "n", "Value": known.sent.to_string() }] });
        let path = format!("resource-tags/{}", known.id);
        if efs(&agent, url, "POST", &path, &tags).is_none() {
            return;
        }
        known.acknowledged = known.sent;
        done.fetch_add(1, Ordering::Release);
    }
}

/// The tag of each client's file system.
fn counted(url: &str, known: &[Known]) -> BTreeMap<String, u64> {
    let agent = ureq::Agent::new_with_defaults();
    let tag = |id: &str| {
        let listed = efs(&agent, url, "GET", &format!("resource-tags/{id}"), &Value::Null)?;
        listed["Tags"][0]["Value"].as_str()?.parse().ok()
    };
    known.iter().map(|known| (known.id.clone(), tag(&known.id).unwrap_or(0))).collect()
}

#[test]
fn a_sandbox_that_is_killed_under_load_keeps_all_that_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.json");
    let mut rng = fastrand::Rng::with_seed(11);
    let mut known = vec![Known::default(); CLIENTS];
    let first = Program::start(&state);
    let agent = ureq::Agent::new_with_defaults();
    for (number, known) in known.iter_mut().enumerate() {
        let body = json!({ "CreationToken": number.to_string() });
        let made = efs(&agent, &first.url, "POST", "file-systems", &body).unwrap();
        known.id = made["FileSystemId"].as_str().unwrap().to_owned();
    }
    first.kill();
    let mut changes = 0;
    // Enough changes that the file is written anew between and during kills.
    for round in 0.. {
        let program = Program::start(&state);
        for (id, value) in counted(&program.url, &known) {
            let known = known.iter_mut().find(|known| known.id == id).unwrap();
            let possible = known.acknowledged..=known.sent;
            assert!(possible.contains(&value), "round {round}: {value} instead of {known:?}");
            known.acknowledged = value;
        }
        if changes > 12_000 {
            break;
        }
        let (done, enough) = (AtomicUsize::new(0), rng.usize(1..1500));
        std::thread::scope(|scope| {
            for known in &mut known {
                let (url, done) = (program.url.clone(), &done);
                scope.spawn(move || count(&url, known, done));
            }
            let limit = Instant::now() + Duration::from_mins(1);
            while done.load(Ordering::Acquire) < enough && Instant::now() < limit {
                std::thread::yield_now();
            }
            program.kill();
        });
        changes += done.into_inner();
    }
    let lines = std::fs::read_to_string(&state).unwrap().lines().count();
    assert!(lines < 2 * changes, "it was written anew meanwhile: {lines} lines");
}
