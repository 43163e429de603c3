//! An API server of a cluster that has nothing, for tests of what comes before its objects:
//! kubeconfigs, credentials, and whose cluster it is. It keeps nothing that it is sent.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::World;

/// Such an API server, until the test ends.
#[derive(Debug)]
pub struct EmptyCluster {
    pub url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Default for EmptyCluster {
    fn default() -> Self {
        EmptyCluster::new()
    }
}

impl EmptyCluster {
    /// Serves on a free port of the loopback.
    pub fn new() -> EmptyCluster {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&requests);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let (connection, seen) = (connection.unwrap(), Arc::clone(&seen));
                std::thread::spawn(move || serve(connection, &seen));
            }
        });
        EmptyCluster { url, requests }
    }

    /// The requests so far that would have changed something, such as `PATCH /apis/…`.
    pub fn changes(&self) -> Vec<String> {
        let all = self.requests.lock().unwrap().clone();
        let reads = |line: &String| line.starts_with("GET ") || line.contains("accessreviews");
        all.into_iter().filter(|line| !reads(line)).collect()
    }

    /// Writes a kubeconfig whose only context, with this name, leads here, and returns its path;
    /// `entry` is the name of the cluster's entry, `user` what the user has.
    pub fn kubeconfig(&self, world: &World, context: &str, entry: &str, user: &Value) -> PathBuf {
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": context,
            "clusters": [{"name": entry, "cluster": {"server": self.url}}],
            "users": [{"name": "user", "user": user}],
            "contexts": [{"name": context, "context": {"cluster": entry, "user": "user"}}],
        });
        let name: String = context.chars().filter(char::is_ascii_alphanumeric).collect();
        let path = world.path().join(format!("{name}.kubeconfig"));
        std::fs::write(&path, config.to_string()).unwrap();
        path
    }
}

fn serve(mut connection: TcpStream, seen: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    loop {
        let (mut first, mut length, mut line) = (String::new(), 0, String::new());
        if reader.read_line(&mut first).unwrap_or(0) == 0 {
            return;
        }
        while reader.read_line(&mut line).unwrap_or(0) > 2 {
            if let Some(told) = line.to_lowercase().strip_prefix("content-length:") {
                length = told.trim().parse().unwrap_or(0);
            }
            line.clear();
        }
        let mut body = Vec::new();
        let _ = Read::by_ref(&mut reader).take(length).read_to_end(&mut body);
        let request = first.rsplit_once(' ').map_or(first.as_str(), |(request, _)| request);
        seen.lock().unwrap().push(request.to_owned());
        let (status, answer) = answer(request, &body);
        let answer = answer.to_string();
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            answer.len()
        );
        let written = connection
            .write_all(head.as_bytes())
            .and_then(|()| connection.write_all(answer.as_bytes()));
        if written.is_err() {
            return;
        }
    }
}

/// The answer to a request, with its status.
fn answer(request: &str, body: &[u8]) -> (&'static str, Value) {
    let sent = || serde_json::from_slice::<Value>(body).unwrap_or_default();
    if request.contains("accessreviews") {
        let mut review = sent();
        review["status"] = json!({"allowed": true});
        ("200 OK", review)
    } else if request.ends_with("/pod-identity-webhook") {
        let none = json!({
            "apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Failure",
            "reason": "NotFound", "message": "not found", "code": 404,
        });
        ("404 Not Found", none)
    } else if request.starts_with("GET ") {
        ("200 OK", json!({"apiVersion": "v1", "kind": "List", "metadata": {}, "items": []}))
    } else {
        ("200 OK", sent())
    }
}
