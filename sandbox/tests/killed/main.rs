//! Killed with SIGKILL at any moment under load: what it acknowledged is there, and nothing is
//! that nobody asked for. Values of every kind come, change and go: tags, throughput, policies,
//! access points, mount targets, file systems, replications, IAM's roles and EC2's rules.
//!
//! It starts programs, and so is apart from the tests that open state files themselves: a
//! process that is about to become another program holds the locks of the one it came from.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod client;
mod slots;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use client::{Client, Request, TRUST};
use serde_json::json;
use slots::SLOTS;

/// How many clients work side by side.
const CLIENTS: usize = 4;

/// How many changes there are at least: enough that the file is compacted several times.
const CHANGES: usize = 8_000;

/// A sandbox as a program, whose states take no time.
struct Program {
    child: Child,
    url: String,
}

impl Program {
    #[expect(clippy::disallowed_methods, reason = "a shell would stand between it and the kill")]
    fn start(state: &Path) -> Program {
        let at_once = [
            "file-system-creating-ms",
            "file-system-updating-ms",
            "file-system-deleting-ms",
            "mount-target-creating-ms",
            "mount-target-deleting-ms",
            "access-point-creating-ms",
            "access-point-deleting-ms",
            "backup-changing-ms",
            "replication-enabling-ms",
            "replication-deleting-ms",
            "throughput-change-ms",
        ];
        let mut child = Command::new(env!("CARGO_BIN_EXE_sandbox"))
            .args(["--port=0", "--until-stdin-closes", "--file-system-limit=1000000"])
            .args(at_once.map(|flag| format!("--{flag}=0")))
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

/// The values by the name of their slot.
type Values = BTreeMap<&'static str, String>;

/// What one client knows: the values that were acknowledged, and the change that was sent last
/// and may have come through.
#[derive(Debug, Clone, Default)]
struct Known {
    file_system: String,
    group: String,
    acknowledged: Values,
    sent: Option<(&'static str, String)>,
    /// The number of the next value.
    next: u64,
}

impl Known {
    /// Makes what the client's values are in.
    fn new(url: &str, number: usize) -> Known {
        let client = Client::new(url, number);
        let token = json!({ "CreationToken": number.to_string() });
        let made = client.done(&Request::efs("POST", "file-systems".to_owned(), &token)).unwrap();
        let form = [("RoleName", &*client.role()), ("AssumeRolePolicyDocument", TRUST)];
        client.done(&Request::form("iam", "CreateRole", &form)).unwrap();
        let name = format!("group-{number}");
        let form = [
            ("GroupName", name.as_str()),
            ("GroupDescription", "a client"),
            ("VpcId", "vpc-0c0dec00000000001"),
        ];
        let group = client.done(&Request::form("ec2", "CreateSecurityGroup", &form)).unwrap();
        let mut known = Known {
            file_system: made.json()["FileSystemId"].as_str().unwrap().to_owned(),
            group: group.xml("groupId").unwrap(),
            ..Known::default()
        };
        known.acknowledged = known.read(url, number);
        known
    }

    fn client(&self, url: &str, number: usize) -> Client {
        let mut client = Client::new(url, number);
        (client.file_system, client.group) = (self.file_system.clone(), self.group.clone());
        client
    }

    /// The values that are there.
    fn read(&self, url: &str, number: usize) -> Values {
        let client = self.client(url, number);
        SLOTS.iter().map(|slot| (slot.name, (slot.read)(&client).unwrap())).collect()
    }

    /// The values that may be there: without the change that was sent last, or with it.
    fn may_be(&self, found: &Values) -> bool {
        let mut with = self.acknowledged.clone();
        with.extend(self.sent.clone());
        *found == self.acknowledged || *found == with
    }

    /// Changes one value after the other until the sandbox is gone.
    fn work(&mut self, url: &str, number: usize, done: &AtomicUsize) {
        let client = self.client(url, number);
        let mut rng = fastrand::Rng::with_seed(self.next + number as u64);
        loop {
            let slot = rng.choice(&SLOTS).unwrap();
            let before = &self.acknowledged[slot.name];
            let set = before.is_empty() || (slot.replaces && rng.bool());
            let (value, request) = if set {
                self.next += 1;
                let value = (slot.value)(self.next);
                let request = (slot.set)(&client, &value);
                (value, Some(request))
            } else {
                (String::new(), (slot.remove)(&client))
            };
            let Some(request) = request else { return };
            self.sent = Some((slot.name, value.clone()));
            if client.done(&request).is_none() {
                return;
            }
            self.acknowledged.insert(slot.name, value);
            self.sent = None;
            done.fetch_add(1, Ordering::Release);
        }
    }
}

/// When a round is killed.
enum Moment {
    /// After so many changes.
    After(usize),
    /// While the file is written anew, or after so many changes.
    Compacting(usize),
}

impl Moment {
    fn has_come(&self, done: usize, state: &Path) -> bool {
        match self {
            Moment::After(enough) => done >= *enough,
            Moment::Compacting(enough) => {
                done >= *enough || state.with_extension("compacting").exists()
            }
        }
    }
}

#[test]
fn a_sandbox_that_is_killed_under_load_keeps_all_that_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.json");
    let mut rng = fastrand::Rng::with_seed(11);
    let first = Program::start(&state);
    let mut known: Vec<Known> = (0..CLIENTS).map(|number| Known::new(&first.url, number)).collect();
    first.kill();
    let (mut changes, mut compacting) = (0, 0);
    for round in 0.. {
        compacting += usize::from(state.with_extension("compacting").exists());
        let program = Program::start(&state);
        for (number, known) in known.iter_mut().enumerate() {
            let found = known.read(&program.url, number);
            assert!(known.may_be(&found), "round {round}: {found:#?} instead of {known:#?}");
            (known.acknowledged, known.sent) = (found, None);
        }
        if changes > CHANGES {
            break;
        }
        let moment = if round % 3 == 2 {
            Moment::Compacting(4000)
        } else {
            Moment::After(rng.usize(1..1000))
        };
        let done = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for (number, known) in known.iter_mut().enumerate() {
                let (url, done) = (program.url.clone(), &done);
                scope.spawn(move || known.work(&url, number, done));
            }
            let limit = Instant::now() + Duration::from_mins(1);
            while !moment.has_come(done.load(Ordering::Acquire), &state) && Instant::now() < limit {
                std::thread::yield_now();
            }
            program.kill();
        });
        changes += done.into_inner();
    }
    println!("{changes} changes; killed {compacting} times while the file was written anew");
    let lines = std::fs::read_to_string(&state).unwrap().lines().count();
    assert!(lines < 2 * changes, "it was written anew meanwhile: {lines} lines");
}
