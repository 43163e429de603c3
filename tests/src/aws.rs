//! The sandbox as a server, and a client that sends it the requests of any AWS client.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use xshell::{Shell, cmd};

use crate::sandbox;

/// A running sandbox; dropping this value stops it.
#[derive(Debug)]
pub struct Aws {
    child: Child,
    pub url: String,
}

/// A response of the sandbox.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
    /// The header `x-amzn-errortype`.
    pub error_type: Option<String>,
}

impl Answer {
    /// Parses the body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }
}

impl Aws {
    /// Starts a sandbox on a free port, with its state in a file or in memory.
    pub fn serve(state: Option<&Path>, env: &[(String, String)]) -> Aws {
        let shell = Shell::new().unwrap();
        for (name, value) in env {
            shell.set_var(name, value);
        }
        let program = sandbox();
        let state = state.map(|path| format!("--state={}", path.display()));
        let mut command: Command =
            cmd!(shell, "{program} --port 0 --until-stdin-closes {state...}").into();
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        assert!(url.starts_with("http://"), "the sandbox did not start: {url:?}");
        Aws { child, url: url.trim().to_owned() }
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Calls an EFS operation by its method, its path after the API version, and its body.
    pub fn efs(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let url = format!("{}/2015-02-01/{path}", self.url);
        let body = body.map(ToString::to_string).unwrap_or_default();
        send(method, &url, "elasticfilesystem", &body)
    }

    /// The same; `None` if the sandbox does not respond completely.
    pub fn try_efs(&self, method: &str, path: &str, body: Option<&Value>) -> Option<Answer> {
        let url = format!("{}/2015-02-01/{path}", self.url);
        let body = body.map(ToString::to_string).unwrap_or_default();
        try_send(method, &url, "elasticfilesystem", &body)
    }

    /// Kills the sandbox with SIGKILL.
    pub fn kill(&self) {
        let (shell, id) = (Shell::new().unwrap(), self.child.id().to_string());
        cmd!(shell, "kill -KILL {id}").quiet().run().unwrap();
    }

    /// Calls an EC2 operation with its form-encoded parameters.
    pub fn ec2(&self, form: &str) -> Answer {
        send("POST", &format!("{}/", self.url), "ec2", form)
    }

    /// Calls an EFS operation in another region.
    pub fn efs_in(&self, region: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let url = format!("{}/2015-02-01/{path}", self.url);
        let body = body.map(ToString::to_string).unwrap_or_default();
        let sent = try_send_in(("AKID", region), method, &url, "elasticfilesystem", &body);
        sent.unwrap_or_else(|| panic!("{url} does not respond"))
    }

    /// Calls an EFS operation with another access key id.
    pub fn efs_as(&self, key: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let url = format!("{}/2015-02-01/{path}", self.url);
        let body = body.map(ToString::to_string).unwrap_or_default();
        send_as(key, method, &url, "elasticfilesystem", &body)
    }

    /// Calls an IAM operation, which must succeed; the body of the response.
    #[track_caller]
    pub fn iam(&self, operation: &str, parameters: &[(&str, &str)]) -> String {
        self.iam_as("AKID", operation, parameters)
    }

    /// The same with another access key id.
    #[track_caller]
    pub fn iam_as(&self, key: &str, operation: &str, parameters: &[(&str, &str)]) -> String {
        let mut form = format!("Action={operation}&Version=2010-05-08");
        for (name, value) in parameters {
            let all = percent_encoding::NON_ALPHANUMERIC;
            let value = percent_encoding::utf8_percent_encode(value, all);
            form.push_str(&format!("&{name}={value}"));
        }
        let answer = send_as(key, "POST", &format!("{}/", self.url), "iam", &form);
        assert_eq!(answer.status, 200, "{operation}: {}", answer.body);
        answer.body
    }

    /// Calls an EKS operation by its method, its path and its body.
    pub fn eks(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.eks_as("AKID", method, path, body)
    }

    /// The same with another access key id.
    pub fn eks_as(&self, key: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let body = body.map(ToString::to_string).unwrap_or_default();
        send_as(key, method, &format!("{}/{path}", self.url), "eks", &body)
    }

    /// Sends a GET request without a signature.
    pub fn unsigned(&self, path: &str) -> Answer {
        answer(agent().get(format!("{}{path}", self.url)).call())
    }

    /// Sends a request to the sandbox's own API, such as `faults`.
    pub fn admin(&self, method: &str, path: &str, body: &str) -> Answer {
        send(method, &format!("{}/_sandbox/{path}", self.url), "sandbox", body)
    }

    /// How many calls are held back by a fault right now.
    pub fn held(&self) -> u64 {
        self.admin("GET", "faults", "").json()["held"].as_u64().unwrap()
    }

    /// The first page of file systems.
    pub fn file_systems(&self) -> Vec<Value> {
        self.efs("GET", "file-systems", None).json()["FileSystems"].as_array().unwrap().clone()
    }

    /// The only file system of the account; fails if there is not exactly one.
    pub fn file_system(&self) -> Value {
        let mut all = self.file_systems();
        assert_eq!(all.len(), 1, "{all:#?}");
        all.remove(0)
    }

    /// Creates an access point of a file system, as the driver does for a volume; returns its id.
    pub fn access_point(&self, file_system: &str, name: &str) -> String {
        let body = json!({
            "ClientToken": name,
            "FileSystemId": file_system,
            "RootDirectory": { "Path": format!("/{name}") },
            "Tags": [{ "Key": "efs.csi.aws.com/cluster", "Value": "true" }],
        });
        let made = self.efs("POST", "access-points", Some(&body));
        assert_eq!(made.status, 200, "{}", made.body);
        made.json()["AccessPointId"].as_str().unwrap().to_owned()
    }

    /// Lets a file system hold this many bytes, as EFS meters them.
    pub fn meter(&self, file_system: &str, bytes: u64) {
        let body = json!({ "MeteredBytes": { "Standard": bytes } }).to_string();
        let path = format!("efs/eu-west-1/{file_system}");
        assert_eq!(self.admin("POST", &path, &body).status, 204);
    }

    /// Replicates a file system into another region; returns the id of its copy.
    pub fn replicate(&self, file_system: &str) -> String {
        let body = json!({ "Destinations": [{ "Region": "eu-central-1" }] });
        let path = format!("file-systems/{file_system}/replication-configuration");
        let made = self.efs("POST", &path, Some(&body));
        assert_eq!(made.status, 200, "{}", made.body);
        made.json()["Destinations"][0]["FileSystemId"].as_str().unwrap().to_owned()
    }

    /// How many write(2) calls the sandbox has made, as Linux counts them.
    pub fn writes(&self) -> u64 {
        let counters = std::fs::read_to_string(format!("/proc/{}/io", self.child.id())).unwrap();
        let count = counters.lines().find_map(|line| line.strip_prefix("syscw: "));
        count.unwrap().parse().unwrap()
    }

    /// The mount targets of the only file system, by zone.
    pub fn mount_targets(&self) -> Vec<Value> {
        self.mount_targets_of(self.file_system()["FileSystemId"].as_str().unwrap())
    }

    /// The mount targets of a file system, by zone.
    pub fn mount_targets_of(&self, id: &str) -> Vec<Value> {
        let all = self.efs("GET", &format!("mount-targets?FileSystemId={id}"), None).json();
        let mut all = all["MountTargets"].as_array().unwrap().clone();
        all.sort_by_key(|target| target["AvailabilityZoneName"].as_str().unwrap().to_owned());
        all
    }

    /// Makes the mount target of a zone anew, in its subnet and with its groups, at this address.
    pub fn move_target(&self, zone: usize, address: &str) {
        let old = self.mount_targets().swap_remove(zone);
        let id = old["MountTargetId"].as_str().unwrap();
        let groups = self.efs("GET", &format!("mount-targets/{id}/security-groups"), None).json();
        let new = json!({
            "FileSystemId": old["FileSystemId"], "SubnetId": old["SubnetId"],
            "SecurityGroups": groups["SecurityGroups"], "IpAddress": address,
        });
        assert_eq!(self.efs("DELETE", &format!("mount-targets/{id}"), None).status, 204);
        until("the old target is gone", || {
            self.efs("POST", "mount-targets", Some(&new)).status == 200
        });
        until("the new target is available", || {
            self.mount_targets()[zone]["LifeCycleState"] == "available"
        });
    }

    /// Has the mount target of a zone fail, as one of EFS sometimes does.
    pub fn fail_target(&self, zone: usize) {
        let target = self.mount_targets().swap_remove(zone);
        let path = format!("efs/eu-west-1/{}", target["MountTargetId"].as_str().unwrap());
        let failed = json!({ "LifeCycleState": "error" }).to_string();
        assert_eq!(self.admin("POST", &path, &failed).status, 204);
    }
}

/// Waits until a condition holds.
#[track_caller]
pub fn until(what: &str, holds: impl Fn() -> bool) {
    let limit = Instant::now() + Duration::from_mins(3);
    while !holds() {
        assert!(Instant::now() < limit, "not within three minutes: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

impl Drop for Aws {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn send(method: &str, url: &str, service: &str, body: &str) -> Answer {
    try_send(method, url, service, body).unwrap_or_else(|| panic!("{url} does not respond"))
}

fn try_send(method: &str, url: &str, service: &str, body: &str) -> Option<Answer> {
    try_send_as("AKID", method, url, service, body)
}

fn send_as(key: &str, method: &str, url: &str, service: &str, body: &str) -> Answer {
    let sent = try_send_as(key, method, url, service, body);
    sent.unwrap_or_else(|| panic!("{url} does not respond"))
}

fn try_send_as(key: &str, method: &str, url: &str, service: &str, body: &str) -> Option<Answer> {
    try_send_in((key, "eu-west-1"), method, url, service, body)
}

fn try_send_in(
    (key, region): (&str, &str),
    method: &str,
    url: &str,
    service: &str,
    body: &str,
) -> Option<Answer> {
    let signature = "0".repeat(64);
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={key}/20260101/{region}/{service}/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature={signature}"
    );
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(url)
        .header("authorization", authorization)
        .header("x-amz-date", "20260101T000000Z")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body.to_owned())
        .unwrap();
    agent().run(request).ok().and_then(answered)
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        // What is on this machine is reached by no proxy, whatever the environment names.
        .proxy(None)
        .allow_non_standard_methods(true)
        .build()
        .into()
}

fn answer(result: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Answer {
    answered(result.unwrap()).expect("a complete response")
}

/// `None` if the connection ended before the body was complete.
fn answered(mut response: ureq::http::Response<ureq::Body>) -> Option<Answer> {
    let header = response.headers().get("x-amzn-errortype");
    Some(Answer {
        status: response.status().as_u16(),
        error_type: header.and_then(|value| value.to_str().ok()).map(str::to_owned),
        body: response.body_mut().read_to_string().ok()?,
    })
}
