//! A copy takes over from the file system that it is a copy of, and the way back brings its data home:
//! through the programs, on an AWS of two regions.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod cluster;
mod killed;

use serde_json::{Value, json};
use tests::{Aws, Ran, World, until};

/// Times and copies that take no time.
pub(crate) const QUICK: [&str; 6] = [
    "FILE_SYSTEM_CREATING",
    "FILE_SYSTEM_UPDATING",
    "MOUNT_TARGET_CREATING",
    "MOUNT_TARGET_DELETING",
    "REPLICATION_ENABLING",
    "REPLICATION_DELETING",
];

/// The moment, as people write it.
pub(crate) fn now() -> String {
    let shell = xshell::Shell::new().unwrap();
    xshell::cmd!(shell, "date -u +%Y-%m-%dT%H:%M:%SZ").quiet().read().unwrap()
}

/// The copy of a file system, by its replication.
pub(crate) fn copy_of(aws: &Aws, id: &str) -> String {
    replications(aws, id)[0]["Destinations"][0]["FileSystemId"].as_str().unwrap().to_owned()
}

/// The replications that a file system of the first region is part of.
pub(crate) fn replications(aws: &Aws, id: &str) -> Vec<Value> {
    let path = format!("file-systems/replication-configurations?FileSystemId={id}");
    let found = aws.efs("GET", &path, None).json();
    found["Replications"].as_array().cloned().unwrap_or_default()
}

/// A file system of a region.
pub(crate) fn described(aws: &Aws, region: &str, id: &str) -> Value {
    let path = format!("file-systems?FileSystemId={id}");
    aws.efs_in(region, "GET", &path, None).json()["FileSystems"][0].clone()
}

fn protection(found: &Value) -> &Value {
    &found["FileSystemProtection"]["ReplicationOverwriteProtection"]
}

/// What a failover left as a tag.
pub(crate) fn tag(found: &Value) -> Option<String> {
    let mut tags = found["Tags"].as_array().unwrap().iter();
    let tag = tags.find(|tag| tag["Key"] == "clockwork-codex/failover-from")?;
    Some(tag["Value"].as_str().unwrap().to_owned())
}

/// A deployment in Ireland that is replicated to Frankfurt, where another one has the copy.
struct TwoRegions {
    world: World,
    aws: Aws,
    source: String,
    copy: String,
}

impl TwoRegions {
    fn new() -> TwoRegions {
        let mut world = World::new();
        for name in QUICK {
            world.set(&format!("CLOCKWORK_SANDBOX_{name}_MS"), 20);
        }
        world.set("CLOCKWORK_SANDBOX_REPLICATION_INTERVAL_MS", 200);
        world.set("AWS_ACCESS_KEY_ID", "a");
        world.set("AWS_SECRET_ACCESS_KEY", "b");
        let aws = world.aws();
        let mut there = TwoRegions { world, aws, source: String::new(), copy: String::new() };
        let made = there.source("deploy-efs", &[]).exits(0).json();
        made["outputs"]["file_system_id"].as_str().unwrap().clone_into(&mut there.source);
        there.copy = copy_of(&there.aws, &there.source);
        there.aws.meter(&there.source, 5 << 30);
        until("the copy is metered", || there.frankfurt()["SizeInBytes"]["Value"] == 5u64 << 30);
        there
    }

    fn run(&self, folder: &str, args: &[&str]) -> Ran {
        let manifests = self.world.path().join(folder);
        let [manifests, url] = [manifests.to_str().unwrap(), &self.aws.url];
        let common = ["--endpoint-url", url, "--manifests", manifests, "--output", "json"];
        self.world.xtask(&[args, &common].concat())
    }

    /// A command with the file of the source.
    fn source(&self, command: &str, more: &[&str]) -> Ran {
        self.run("source", &[&[command, "--replication=region=eu-central-1"], more].concat())
    }

    /// A command with the file of the copy.
    fn standby(&self, command: &str, more: &[&str]) -> Ran {
        let copy = format!("--file-system-id={}", self.copy);
        self.run("standby", &[&[command, "--var=region=eu-central-1", &copy], more].concat())
    }

    fn frankfurt(&self) -> Value {
        described(&self.aws, "eu-central-1", &self.copy)
    }

    fn class(&self, folder: &str) -> String {
        let path = self.world.path().join(folder).join("storageclass.yaml");
        std::fs::read_to_string(path).unwrap()
    }

    /// Fails over with these words, which is refused with those, before anything is changed.
    #[track_caller]
    fn refused(&self, more: &[&str], words: &[&str]) {
        let ran = self.standby("failover", &[&["--yes"], more].concat()).exits(1);
        for word in words {
            assert!(ran.stderr.contains(word), "no {word:?} in:\n{}", ran.stderr);
        }
        assert_eq!(protection(&self.frankfurt()), "REPLICATING");
        assert_eq!(tag(&self.frankfurt()), None);
    }

    /// Has the replication stand still, with EFS's words.
    fn stalls(&self, status: &str, message: &str) {
        let body = json!({ "ReplicationStatus": status, "StatusMessage": message }).to_string();
        let path = format!("efs/eu-west-1/{}", self.source);
        assert_eq!(self.aws.admin("POST", &path, &body).status, 204);
    }

    /// When the last copy was complete, as EFS says and people write.
    fn last_copy(&self) -> String {
        let plan = self.standby("failover", &["--plan"]).json();
        plan["replication"][0]["last_replicated"].as_str().unwrap().to_owned()
    }
}

#[test]
fn a_copy_in_another_region_takes_over_and_the_way_back_brings_its_data_home() {
    let there = TwoRegions::new();
    // Everything but the data is there before anybody needs it.
    there.standby("deploy-efs", &[]).exits(0);
    there.refused(&[], &["held at 20", "`--writes-stopped-at TIME`", "`--lose-writes-since 20"]);
    let stopped = format!("--writes-stopped-at={}", now());
    let plan = there.standby("failover", &["--plan", &stopped]).exits(0).json();
    assert_eq!(plan["replication"][0]["source_file_system_id"], json!(there.source));
    assert_eq!(protection(&there.frankfurt()), "REPLICATING");
    // Whoever does not consent in words is asked.
    let asked = there.standby("failover", &[&stopped]).exits(1);
    assert!(asked.stderr.contains("--yes"), "{}", asked.stderr);

    let ran = there.standby("failover", &["--yes", &stopped]).exits(0);
    assert_eq!(ran.json()["changed"], 2, "{}", ran.stderr);
    let copy = there.frankfurt();
    assert_eq!(protection(&copy), "ENABLED");
    assert_eq!(copy["SizeInBytes"]["Value"], 5u64 << 30);
    assert_eq!(tag(&copy), Some(format!("complete in AWS: eu-west-1/{}", there.source)));
    assert_eq!(replications(&there.aws, &there.source), [json!(null); 0]);
    let again = there.standby("failover", &["--yes"]).exits(0);
    assert_eq!(again.json()["changed"], 0);
    assert_eq!(there.standby("plan-efs", &[]).exits(0).json()["changes"], 0);

    // The way back: what was written in Frankfurt comes home.
    let bytes = json!({ "MeteredBytes": { "Standard": 7u64 << 30 } }).to_string();
    let path = format!("efs/eu-central-1/{}", there.copy);
    assert_eq!(there.aws.admin("POST", &path, &bytes).status, 204);
    let from = format!("--replicate-from=eu-central-1/{}", there.copy);
    let ran = there.source("failover", &["--yes", &from]).exits(1);
    let word = format!("`--overwrite {}`", there.source);
    assert!(ran.stderr.contains(&word), "{}", ran.stderr);
    let overwrite = format!("--overwrite={}", there.source);
    let ran = there.source("failover", &["--yes", &from, &overwrite]).exits(0);
    assert_eq!(ran.json()["changed"], 1, "{}", ran.stderr);
    let ran = there.source("failover", &["--yes", &from, &overwrite]).exits(0);
    assert_eq!(ran.json()["changed"], 0, "{}", ran.stderr);
    let stopped = format!("--writes-stopped-at={}", now());
    there.source("failover", &["--yes", &stopped]).exits(0);
    let home = described(&there.aws, "eu-west-1", &there.source);
    assert_eq!(
        (protection(&home), &home["SizeInBytes"]["Value"]),
        (&json!("ENABLED"), &json!(7u64 << 30))
    );
    assert!(
        there.class("source").contains(&there.source)
            && there.class("standby").contains(&there.copy)
    );
    // It makes no second copy by itself: that is another decision.
    assert_eq!(replications(&there.aws, &there.source), [json!(null); 0]);
}

#[test]
fn a_replication_that_stands_still_is_told_in_efs_words_and_only_writes_can_be_given_up() {
    let there = TwoRegions::new();
    there.standby("deploy-efs", &[]).exits(0);
    there.stalls("PAUSED", "The Region eu-west-1 is not enabled.");
    let stopped = format!("--writes-stopped-at={}", now());
    let words =
        ["in the state PAUSED: The Region eu-west-1 is not enabled.", "--lose-writes-since"];
    there.refused(&[&stopped], &words);
    there.stalls("ERROR", "The source is in a failed state.");
    there.refused(&[&stopped], &["in the state ERROR: The source is in a failed state."]);
    there.refused(&["--lose-writes-since=2026-01-01T00:00:00Z"], &["more than an hour after"]);
    let lose = format!("--lose-writes-since={}", there.last_copy());
    let asked = there.standby("failover", &[&lose]).exits(1);
    assert!(asked.stderr.contains("Data is lost: what was written to"), "{}", asked.stderr);
    there.standby("failover", &["--yes", &lose]).exits(0);
    assert_eq!(protection(&there.frankfurt()), "ENABLED");
}

#[test]
fn a_region_that_is_lost_is_asked_nothing_and_the_way_back_ends_what_it_still_remembers() {
    let there = TwoRegions::new();
    // Nothing is there yet but the data: all of it is made now.
    for operation in ["DescribeFileSystems", "DescribeAccessPoints"] {
        let rule = format!("eu-west-1/{operation}:*:code=BadRequest");
        assert_eq!(there.aws.admin("POST", "faults", &rule).status, 204);
    }
    let lose = format!("--lose-writes-since={}", now());
    there.refused(&[&lose], &[&format!("looking at {}", there.source), "`--source-lost`"]);
    there.aws.admin("DELETE", "faults", "");
    assert_eq!(there.aws.admin("POST", "faults", "eu-west-1/*:*:cut-before").status, 204);
    let last = there.standby("failover", &["--plan", "--source-lost"]).json();
    let last = last["replication"][0]["last_replicated"].as_str().unwrap().to_owned();
    let lose = format!("--lose-writes-since={last}");
    there.standby("failover", &["--yes", "--source-lost", &lose]).exits(0);
    assert_eq!(protection(&there.frankfurt()), "ENABLED");
    assert!(there.class("standby").contains(&there.copy));
    let targets = there.aws.efs_in(
        "eu-central-1",
        "GET",
        &format!("mount-targets?FileSystemId={}", there.copy),
        None,
    );
    assert_eq!(targets.json()["MountTargets"].as_array().map(Vec::len), Some(3));

    // The region is back, and remembers a replication that nobody else does.
    there.aws.admin("DELETE", "faults", "");
    assert_eq!(replications(&there.aws, &there.source)[0]["Destinations"][0]["Status"], "ERROR");
    let (from, overwrite) = (
        format!("--replicate-from=eu-central-1/{}", there.copy),
        format!("--overwrite={}", there.source),
    );
    there.source("failover", &["--yes", &from, &overwrite]).exits(0);
    let stopped = format!("--writes-stopped-at={}", now());
    there.source("failover", &["--yes", &stopped]).exits(0);
    assert_eq!(protection(&described(&there.aws, "eu-west-1", &there.source)), "ENABLED");
}

#[test]
fn mistakes_are_told_before_anything_is_called() {
    let world = World::new();
    for (args, word) in [
        (&["--writes-stopped-at=yesterday"][..], "write it as 2026-05-04T09:30:00Z"),
        (&["--replicate-from=fs-0123456789abcdef0"][..], "write it as eu-central-1/fs-"),
        (&["--overwrite=fs-0123456789abcdef0"][..], "--replicate-from"),
        (
            &["--source-lost", "--replicate-from=eu-central-1/fs-0123456789abcdef0"][..],
            "cannot be used",
        ),
    ] {
        let ran = world.run("failover", args).exits(2);
        assert!(ran.stderr.contains(word), "no {word:?} in:\n{}", ran.stderr);
        assert!(ran.calls.is_empty());
    }
    // A file system that is the copy of no other is left alone.
    world.deploy(&[]);
    let ran = world.run("failover", &["--yes"]).exits(0);
    assert_eq!(ran.json()["changed"], 0);
    assert!(ran.stderr.contains("is the copy of no other file system"), "{}", ran.stderr);
}
