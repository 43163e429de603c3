//! Plans that are kept in a file and carried out later, and reports of drift.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use tests::World;

#[test]
fn a_kept_plan_is_carried_out_as_it_is_and_only_once() {
    let world = World::new();
    let file = world.path().join("prod.plan");
    let out = format!("--out={}", file.display());
    let values = world.path().join("values.yaml");
    std::fs::write(&values, "controller:\n  podAnnotations:\n    password: hunter2\n").unwrap();
    let plan = world.plan(&[&out, &format!("--helm-values={}", values.display())]);
    assert!(plan["changes"].as_u64().unwrap() > 3);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains("hunter2"), "{text}");

    world.plan(&[&out]);
    let file = file.to_str().unwrap();
    // Other inputs than the plan was made with.
    let ran = world.run("deploy-efs", &[file, "--tags=team=graphs"]).exits(1);
    assert!(ran.stderr.contains("`efs_csi.tags` differs"), "{}", ran.stderr);
    assert!(ran.calls.iter().all(tests::Call::reads), "{:?}", ran.calls);
    let made = world.run("deploy-efs", &[file]).exits(0).json();
    assert_eq!(made["changed"], plan["changes"], "{made:#}");
    world.nothing_to_do(&[]);
    // What is done is not done again.
    let ran = world.run("deploy-efs", &[file]).exits(1);
    assert!(
        ran.stderr.contains("module.efs_csi.file_system: nothing is left to create"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("help: make the plan anew"), "{}", ran.stderr);
    assert!(ran.calls.iter().all(tests::Call::reads), "{:?}", ran.calls);
}

#[test]
fn a_world_that_moved_is_named_and_left_alone() {
    let world = World::new();
    world.deploy(&[]);
    let file = world.path().join("change.plan");
    let out = format!("--out={}", file.display());
    let file = file.to_str().unwrap();
    let inputs = ["--throughput-mode=bursting"];
    world.plan(&[&inputs[..], &[&out]].concat());
    let id = {
        let aws = world.aws();
        let id = aws.file_system()["FileSystemId"].as_str().unwrap().to_owned();
        let targets = aws.mount_targets();
        let target = targets[0]["MountTargetId"].as_str().unwrap().to_owned();
        assert_eq!(aws.efs("DELETE", &format!("mount-targets/{target}"), None).status, 204);
        id
    };
    let ran = world.run("deploy-efs", &[&[file], &inputs[..]].concat()).exits(1);
    assert!(ran.stderr.contains("mount_target[\"eu-west-1"), "{}", ran.stderr);
    assert!(ran.stderr.contains("does not hold any more"), "{}", ran.stderr);
    let found = world.aws().file_system();
    assert_eq!((&found["FileSystemId"], &found["ThroughputMode"]), (&json!(id), &json!("elastic")));
    let ran = world.run("deploy-efs", &["clockwork.hcl"]).exits(1);
    assert!(ran.stderr.contains("reading the plan"), "{}", ran.stderr);
    // A plan with a refusal is no plan to keep.
    let refused = world.path().join("refused.plan");
    let out = format!("--out={}", refused.display());
    let ran = world
        .run("plan-efs", &["--performance-mode=maxIO", "--throughput-mode=bursting", &out])
        .exits(1);
    assert!(!refused.exists());
    assert!(ran.stderr.contains("refused.plan` is not written"), "{}", ran.stderr);
}

#[test]
fn a_report_of_drift_says_by_its_exit_code_and_in_markdown_what_differs() {
    let mut world = World::new();
    let summary = world.path().join("summary.md");
    world.set("GITHUB_STEP_SUMMARY", summary.display());
    world.deploy(&[]);
    let quiet = world.run("plan-efs", &["--drift"]).exits(0).json();
    assert_eq!((&quiet["drift"], &quiet["changes"]), (&Value::Bool(false), &json!(0)));
    std::fs::remove_file(world.manifests().join("storageclass.yaml")).unwrap();
    let drifted = world.run("plan-efs", &["--drift"]).exits(2).json();
    assert_eq!((&drifted["drift"], &drifted["changes"]), (&Value::Bool(true), &json!(1)));
    let manifests = format!("--manifests={}", world.manifests().display());
    let ran = world.xtask(&["plan-efs", "--sandbox", &manifests, "--drift", "--markdown"]).exits(2);
    assert!(ran.stdout.starts_with("### Drift\n\n1 change.\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("| create |"), "{}", ran.stdout);
    assert_eq!(std::fs::read_to_string(summary).unwrap().trim_end(), ran.stdout.trim_end());
}
