//! The goals for a sandbox that holds much, as far as a busy machine cannot change them: write
//! calls, bytes, memory, calls for a listing, and processor time of a start. Wall times are
//! figures of `cargo xtask bench --only sandbox`.
//!
//! What is counted is what Linux counts of a process.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// How many file systems there are, and how many access points.
const MANY: usize = 10_000;

/// A sandbox as a program, in which a file system is available at once.
struct Program {
    child: Child,
    url: String,
    agent: ureq::Agent,
}

impl Program {
    #[expect(clippy::disallowed_methods, reason = "a shell would be counted instead")]
    fn start(state: &Path) -> Program {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sandbox"))
            .args(["--port", "0", "--until-stdin-closes", "--file-system-creating-ms", "0"])
            .args(["--file-system-limit", "20000", "--state"])
            .arg(state)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        assert!(url.starts_with("http://"), "it did not start");
        Program { child, url: url.trim().to_owned(), agent: ureq::Agent::new_with_defaults() }
    }

    /// The response to a request of EFS that succeeds.
    #[track_caller]
    fn efs(&self, method: &str, path: &str, body: &Value) -> Value {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/elasticfilesystem/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature={}",
            "0".repeat(64)
        );
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}/2015-02-01/{path}", self.url))
            .header("authorization", authorization)
            .header("x-amz-date", "20260101T000000Z")
            .body(if body.is_null() { String::new() } else { body.to_string() })
            .unwrap();
        let text = self.agent.run(request).unwrap().body_mut().read_to_string().unwrap();
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
    }

    /// The number behind a name in a file of `/proc`.
    fn counted(&self, file: &str, name: &str) -> u64 {
        let text = std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }

    fn writes(&self) -> u64 {
        self.counted("io", "syscw:")
    }

    /// Processor time so far, of all threads, in hundredths of a second: the fields `utime` and
    /// `stime` of proc(5).
    fn processor_time(&self) -> u64 {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields = text.rsplit(") ").next().unwrap().split_whitespace().skip(11).take(2);
        fields.map(|field| field.parse::<u64>().unwrap()).sum()
    }

    /// Stops it, with all of its state written.
    fn stop(mut self) {
        drop(self.child.stdin.take());
        self.child.wait().unwrap();
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name}: {value}")).to_owned()
}

/// A state file of many file systems, with an access point each but for `crowded`, which has
/// them all. Made of the rows that the sandbox writes for one of each.
fn filled(folder: &Path) -> (PathBuf, String) {
    let state = folder.join("state.json");
    let program = Program::start(&state);
    let name = json!([{ "Key": "Name", "Value": "many-0" }]);
    let body = json!({ "CreationToken": "many-0", "Tags": name });
    let system = text(&program.efs("POST", "file-systems", &body), "FileSystemId");
    let body = json!({ "ClientToken": "many-0", "FileSystemId": system,
        "PosixUser": { "Uid": 1001, "Gid": 1001 }, "RootDirectory": { "Path": "/data" } });
    let point = text(&program.efs("POST", "access-points", &body), "AccessPointId");
    program.stop();
    let mut written = std::fs::read_to_string(&state).unwrap();
    let row = |of: &str| {
        let place = format!("\t{of}\t");
        written.lines().find(|line| line.contains(&place)).unwrap().to_owned()
    };
    let (of_system, of_point) = (row(&system), row(&point));
    for number in 1..MANY {
        let numbered = |row: &str| row.replace("many-0", &format!("many-{number}"));
        let other = of_system.replace(&system, &format!("fs-{number:017x}"));
        written.push_str(&format!("{}\n\n", numbered(&other)));
        let other = of_point.replace(&point, &format!("fsap-{number:017x}"));
        written.push_str(&format!("{}\n\n", numbered(&other)));
    }
    std::fs::write(&state, written).unwrap();
    (state, system)
}

#[test]
fn a_sandbox_that_holds_much_stays_light_and_a_call_costs_what_it_touches() {
    let folder = tempfile::tempdir().unwrap();
    let (state, system) = filled(folder.path());
    let program = Program::start(&state);
    // The goal is half a second on the clock, which a busy machine can exceed. Half of that was
    // measured as processor time, which the cores share; a slow machine may need sixteen times more,
    // and a start that reads everything twice for each of what it holds would need hundreds.
    let start = program.processor_time();
    assert!(start < 400, "a start took {start} hundredths of a second of processor time");

    let count = |path: &str, list: &str, next: &str, marker: &str| {
        let (mut pages, mut found, mut at) = (0, 0, String::new());
        loop {
            let page = program.efs("GET", &format!("{path}{at}"), &Value::Null);
            pages += 1;
            found += page[list].as_array().unwrap().len();
            match page[next].as_str() {
                Some(token) => at = format!("&{marker}={token}"),
                None => return (pages, found),
            }
        }
    };
    let whole = (MANY / 100, MANY);
    let before = program.processor_time();
    assert_eq!(count("file-systems?MaxItems=100", "FileSystems", "NextMarker", "Marker"), whole);
    let of_all = program.processor_time() - before;
    let path = format!("access-points?MaxResults=100&FileSystemId={system}");
    assert_eq!(count(&path, "AccessPoints", "NextToken", "NextToken"), whole);
    let of_one = program.processor_time() - before - of_all;
    // Half as much was measured, as an access point has less to show. To collect the ids of all
    // for each page took twice as much.
    assert!(
        of_one <= 2 * of_all,
        "pages of an index took {of_one}, where those of all took {of_all}"
    );

    let tag = |number: u64| {
        let tags = json!({ "Tags": [{ "Key": "n", "Value": number.to_string() }] });
        program.efs("POST", &format!("resource-tags/{system}"), &tags);
    };
    let (writes, size) = (program.writes(), std::fs::metadata(&state).unwrap().len());
    (0..20).for_each(tag);
    let writes = program.writes() - writes;
    let grown = std::fs::metadata(&state).unwrap().len() - size;
    // The change, the line in the list of calls, and the response.
    assert!(writes <= 3 * 20, "{writes} write calls for 20 changes");
    assert!(grown < 20 * 1024, "{grown} bytes for 20 changes");
    let (writes, size) = (program.writes(), std::fs::metadata(&state).unwrap().len());
    for _ in 0..20 {
        program.efs("GET", &format!("file-systems?FileSystemId={system}"), &Value::Null);
    }
    assert!(program.writes() - writes <= 2 * 20, "a read writes no state");
    assert_eq!(std::fs::metadata(&state).unwrap().len(), size);

    let peak = program.counted("status", "VmHWM:");
    assert!(peak < 200_000, "it needed {peak} KB");
    program.stop();
}
