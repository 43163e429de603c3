//! Logs and audit files, as a company keeps them: which call was made when and by whom, and what
//! was changed by which plan.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use tests::{Aws, Ran, World};

const ACCOUNT: &str = "111122223333";
const ROOT: &str = "arn:aws:iam::111122223333:root";

/// Every line of a text, each of which must be one JSON object.
#[track_caller]
fn lines(text: &str) -> Vec<Value> {
    let line = |line: &str| {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|error| {
            panic!("{error}: {line}");
        });
        assert!(value.is_object(), "{line}");
        value
    };
    text.lines().map(line).collect()
}

/// The lines of an event.
fn events<'a>(lines: &'a [Value], name: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["event"] == name).collect()
}

/// Deploys with a log of JSON.
fn logged(world: &World, more: &[&str]) -> (Ran, Vec<Value>) {
    let ran = world.run("deploy-efs", &[&["--log-format", "json"], more].concat());
    let log = lines(&ran.stderr);
    (ran, log)
}

#[test]
fn every_call_of_aws_is_one_line_with_its_request_id_and_its_step() {
    let mut world = World::new();
    world.set(
        "CLOCKWORK_SANDBOX_FAULTS",
        "CreateMountTarget:#2:throttle;AuthorizeSecurityGroupIngress:#1:throttle",
    );
    let nfs = ["--nfs-client-cidr", "10.0.0.0/16"];
    let (ran, log) = logged(&world, &nfs);
    let ran = ran.exits(0);
    let requests = events(&log, "request");
    let told: BTreeSet<(&str, &str)> = requests
        .iter()
        .map(|it| (it["operation"].as_str().unwrap(), it["request_id"].as_str().unwrap()))
        .collect();
    let arrived: BTreeSet<(&str, &str)> =
        ran.calls.iter().map(|it| (it.operation.as_str(), it.request_id.as_str())).collect();
    assert_eq!(told, arrived);

    let made = |operation| requests.iter().find(|it| it["operation"] == operation).unwrap();
    let created = made("CreateFileSystem");
    assert_eq!(created["step"], "file_system");
    assert_eq!(created["service"], "elasticfilesystem");
    assert_eq!(created["region"], "eu-west-1");
    assert_eq!((&created["status"], &created["attempt"]), (&201.into(), &1.into()));
    assert!(created["duration_ms"].is_u64(), "{created}");
    let refused: Vec<&&Value> = requests.iter().filter(|it| it["level"] == "WARN").collect();
    let codes: BTreeSet<&str> =
        refused.iter().map(|it| it["error_code"].as_str().unwrap()).collect();
    assert_eq!(codes, BTreeSet::from(["RequestLimitExceeded", "ThrottlingException"]));
}

#[test]
fn a_log_tells_a_run_from_its_plan_to_its_end_in_one_account_and_by_one_identity() {
    let world = World::new();
    let (ran, log) = logged(&world, &[]);
    let summary = ran.exits(0).json();
    let planned: BTreeSet<&str> =
        events(&log, "planned").iter().map(|it| it["step"].as_str().unwrap()).collect();
    let done: BTreeSet<&str> =
        events(&log, "done").iter().filter_map(|it| it["step"].as_str()).collect();
    assert_eq!(planned.len(), 7);
    assert_eq!(planned, done);
    let end = log.last().unwrap();
    assert_eq!((&end["event"], &end["result"]), (&"ended".into(), &"done".into()));
    assert_eq!((&end["changed"], &end["aws_calls"]), (&summary["changed"], &summary["aws_calls"]));
    for line in log.iter().skip_while(|line| line["event"] != "plan") {
        assert_eq!(line["account"], ACCOUNT, "{line}");
        assert_eq!(line["principal"], ROOT, "{line}");
        assert_eq!(line["cluster"], "graphscope-dev", "{line}");
        assert_eq!(line["goal"], "deploy", "{line}");
    }
}

#[test]
fn a_failure_is_a_line_with_its_remedy() {
    let mut world = World::new();
    world.set("CLOCKWORK_SANDBOX_FAULTS", "CreateFileSystem:*:code=FileSystemLimitExceeded");
    let (ran, log) = logged(&world, &[]);
    ran.exits(1);
    let errors = events(&log, "error");
    let error = errors.first().unwrap();
    assert_eq!(error["level"], "ERROR");
    assert!(error["message"].as_str().unwrap().contains("FileSystemLimitExceeded"), "{error}");
    assert!(error["help"].as_str().is_some_and(|help| !help.is_empty()), "{error}");
    assert_eq!(log.last().unwrap()["result"], "failed");
}

/// The lines of an audit file.
fn audited(path: &Path) -> Vec<Value> {
    lines(&std::fs::read_to_string(path).unwrap())
}

#[test]
fn an_audit_file_says_who_changed_what_where_by_which_plan() {
    let world = World::new();
    let path = world.path().join("audit.jsonl");
    let audit = ["--audit", path.to_str().unwrap()];
    let plan = world.plan(&[]);
    let ran = world.run("deploy-efs", &audit).exits(0);
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "nobody else reads it");

    let first = audited(&path);
    let changes = events(&first, "change");
    let planned: BTreeSet<&str> =
        plan["steps"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    let recorded: BTreeSet<&str> = changes.iter().map(|it| it["step"].as_str().unwrap()).collect();
    assert_eq!(recorded, planned);
    assert_eq!(changes.len(), planned.len());
    let of_plan = serde_json::to_string(&events(&first, "plan")[0]["changes"]).unwrap();
    assert!(planned.iter().all(|step| of_plan.contains(step)), "{of_plan}");
    for change in &changes {
        assert_eq!(change["account"], ACCOUNT);
        assert_eq!(change["principal"], ROOT);
        assert_eq!((&change["region"], &change["result"]), (&"eu-west-1".into(), &"done".into()));
        assert_eq!(change["cluster"], "graphscope-dev");
        assert_eq!(change["plan"].as_str().unwrap().len(), 64, "a SHA-256");
        assert!(change["command"].as_str().unwrap().starts_with("cargo xtask deploy-efs"));
    }
    let told = requests_of(&changes);
    let changing = ran.calls.iter().filter(|call| !call.reads());
    let arrived: BTreeSet<String> = changing.map(|call| call.request_id.clone()).collect();
    assert_eq!(told, arrived, "every call that changed something, by its id");

    world.run("destroy-efs", &[&audit[..], &["--yes"]].concat()).exits(0);
    let both = audited(&path);
    assert_eq!(both[..first.len()], first, "it is appended");
    let runs: BTreeSet<&str> = both.iter().map(|it| it["run"].as_str().unwrap()).collect();
    assert_eq!(runs.len(), 2);
    let deletes = events(&both[first.len()..], "change").into_iter();
    assert!(deletes.into_iter().any(|it| it["action"] == "delete"));
}

/// The ids of the requests of changes.
fn requests_of(changes: &[&Value]) -> BTreeSet<String> {
    let all = changes.iter().flat_map(|it| it["requests"].as_array().unwrap());
    all.map(|it| it["request_id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn nothing_is_changed_that_cannot_be_recorded() {
    let world = World::new();
    let ran = world.run("deploy-efs", &["--audit", "/dev/full"]).exits(1);
    assert!(ran.stderr.contains("recording in the audit file `/dev/full`"), "{}", ran.stderr);
    assert!(ran.stderr.contains("help: nothing is changed without a record"), "{}", ran.stderr);
    let ran = world.run("deploy-efs", &["--audit", "/nowhere/audit.jsonl"]).exits(1);
    assert!(ran.stderr.contains("opening the audit file `/nowhere/audit.jsonl`"), "{}", ran.stderr);
    assert!(world.calls().iter().all(tests::Call::reads));
}

#[test]
fn a_run_that_is_killed_leaves_whole_lines_and_says_what_it_was_about() {
    let (world, aws) = (World::new(), Aws::serve(None, &[]));
    let path = world.path().join("audit.jsonl");
    let job = world.job(&["deploy-efs", "--audit", path.to_str().unwrap()]);
    let job = job.at(aws.url(), &world.manifests());
    assert_eq!(aws.admin("POST", "faults", "CreateMountTarget:#1:hold-after").status, 204);
    let (mut child, limit) = (job.start(), Instant::now() + Duration::from_mins(1));
    while aws.held() == 0 {
        assert!(Instant::now() < limit, "no mount target is made");
        std::thread::sleep(Duration::from_millis(3));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    aws.admin("DELETE", "faults", "");
    aws.admin("POST", "release", "");
    let killed = audited(&path);
    let step = |it: &&Value| it["step"].as_str().unwrap().to_owned();
    let begun: BTreeSet<String> = events(&killed, "begun").iter().map(step).collect();
    let ended: BTreeSet<String> = events(&killed, "change").iter().map(step).collect();
    assert!(ended.is_subset(&begun) && ended.len() < begun.len(), "{begun:?} {ended:?}");
    assert!(begun.iter().any(|step| step.starts_with("mount_target.")), "{begun:?}");

    // As a full disk leaves it.
    let text = std::fs::read_to_string(&path).unwrap();
    let cut = text.len() - 20;
    std::fs::write(&path, &text[..cut]).unwrap();
    job.run().exits(0);
    let text = std::fs::read_to_string(&path).unwrap();
    let (_, after) = text.split_at(cut);
    assert!(after.starts_with('\n'), "the next line is one of its own");
    assert!(!events(&lines(&after[1..]), "change").is_empty());
}

#[test]
fn the_values_of_variables_stand_in_no_log_and_no_audit_file() {
    let world = World::new();
    let path = world.path().join("audit.jsonl");
    let file = std::fs::read_to_string(world.path().join("clockwork.hcl")).unwrap();
    let secret = "variable \"pin\" {\n  type      = string\n  sensitive = true\n}\n";
    std::fs::write(world.path().join("clockwork.hcl"), format!("{secret}{file}")).unwrap();
    let audit = ["--audit", path.to_str().unwrap(), "--var", "pin=hunter2"];
    // What resumes a run is a command line too.
    let more = [&audit[..], &["--timeout", "1ms"]].concat();
    let (ran, _) = logged(&world, &more);
    ran.exits(1);
    let (ran, _) = logged(&world, &audit);
    let ran = ran.exits(0);
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written.contains("pin=(sensitive value)"), "{written}");
    assert!(!written.contains("hunter2") && !ran.stderr.contains("hunter2"), "{}", ran.stderr);
}

#[test]
fn a_fleet_says_of_each_line_which_deployment_it_is_of() {
    let world = World::new();
    let path = world.path().join("audit.jsonl");
    std::fs::create_dir(world.path().join("clusters")).unwrap();
    let file = std::fs::read_to_string(world.path().join("clockwork.hcl")).unwrap();
    for class in ["one", "two"] {
        let driver = format!("storage_class_name = \"{class}\"\n  driver = \"skip\"");
        let text = file.replace("storage_class_name  = \"efs-sc\"", &driver);
        assert!(text.contains(&driver), "{file}");
        std::fs::write(world.path().join(format!("clusters/{class}.hcl")), text).unwrap();
    }
    let args = ["--fleet", "clusters", "--audit", path.to_str().unwrap()];
    let (ran, log) = logged(&world, &args);
    ran.exits(0);
    for lines in [&log, &audited(&path)] {
        let named: BTreeSet<&str> =
            lines.iter().filter_map(|it| it["deployment"].as_str()).collect();
        assert_eq!(named, BTreeSet::from(["one", "two"]));
    }
}
