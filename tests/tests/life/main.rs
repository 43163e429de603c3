//! The life of a deployment, through the programs and the real SDK.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod drift;
mod imported;
mod refusals;
mod replications;
mod settings;
mod side_by_side;

use std::time::Duration;

use serde_json::json;
use tests::{Call, World};

#[test]
fn a_deployment_is_made_found_complete_and_taken_down_twice() {
    let world = World::new();
    let made = world.deploy(&[]);
    assert_eq!(made["changed"], 7);
    let outputs = &made["outputs"];
    assert_eq!(outputs["storage_class_name"], "efs-sc");
    assert_eq!(outputs["mount_targets"].as_array().unwrap().len(), 3);
    assert!(made["elapsed_ms"].is_u64() && made["aws_calls"].is_u64());
    let id = outputs["file_system_id"].as_str().unwrap();
    assert!(world.document("storageclass.yaml").contains(id));
    {
        let aws = world.aws();
        let found = aws.file_system();
        assert_eq!(found["FileSystemId"], id);
        assert_eq!(
            (&found["Encrypted"], &found["ThroughputMode"]),
            (&json!(true), &json!("elastic"))
        );
        assert_eq!(aws.mount_targets().len(), 3);
    }

    let again = world.deploy(&[]);
    assert_eq!((&again["changed"], &again["outputs"]), (&json!(0), outputs));
    world.nothing_to_do(&[]);

    let gone = world.run("destroy-efs", &[]).exits(0).json();
    assert_eq!(gone["changed"], 7);
    assert!(!world.manifests().exists());
    let all = world.aws().efs("GET", "file-systems", None).json();
    assert_eq!(all["FileSystems"], json!([]));
    assert_eq!(world.run("destroy-efs", &[]).exits(0).json()["changed"], 0);
}

/// "If you have a large number of network interfaces, the operation fails unless you use
/// pagination …" (`DescribeNetworkInterfaces`).
#[test]
fn a_deployment_is_found_again_among_five_thousand_interfaces() {
    let mut world = World::new();
    world.set("CLOCKWORK_SANDBOX_WORLDS", "many-interfaces");
    world.deploy(&[]);
    world.nothing_to_do(&[]);
}

#[test]
fn calls_and_rounds_stay_within_their_budgets() {
    let mut world = World::new();
    world.set("CLOCKWORK_SANDBOX_ZONES", 6);
    // Enough for calls that are sent together to be answered together, on a busy machine too.
    world.set("CLOCKWORK_SANDBOX_LATENCY_MS", 600);
    let first = world.run("deploy-efs", &["--nfs-client-cidr", "10.0.0.0/16"]).exits(0);
    assert!(first.calls.len() <= 20, "{} calls: {:#?}", first.calls.len(), first.calls);
    assert_eq!(first.json()["aws_calls"], first.calls.len());
    assert_eq!(first.json()["outputs"]["mount_targets"].as_array().unwrap().len(), 6);

    let nothing = world.run("deploy-efs", &["--nfs-client-cidr", "10.0.0.0/16"]).exits(0);
    assert_eq!(nothing.json()["changed"], 0);
    assert!(nothing.calls.len() <= 12, "{:#?}", nothing.calls);
    assert!(Call::rounds(&nothing.calls) <= 3, "{:#?}", nothing.calls);
    assert_eq!(nothing.json()["aws_rounds"], Call::rounds(&nothing.calls));
}

#[test]
fn an_existing_file_system_is_adopted_completed_and_left_standing() {
    let world = World::new();
    let (id, before) = {
        let aws = world.aws();
        let asked = json!({ "CreationToken": "theirs", "Encrypted": false, "Tags": [{ "Key": "Name", "Value": "theirs" }] });
        let id = aws.efs("POST", "file-systems", Some(&asked)).json()["FileSystemId"]
            .as_str()
            .unwrap()
            .to_owned();
        let target = json!({ "FileSystemId": id, "SubnetId": "subnet-0c0dec0000000020a", "SecurityGroups": ["sg-0c0dec00000000001"] });
        let created = || aws.efs("POST", "mount-targets", Some(&target)).status == 200;
        assert!((0..200).any(|_| created() || {
            std::thread::sleep(Duration::from_millis(10));
            false
        }));
        let mut found = aws.file_system();
        found.as_object_mut().unwrap().remove("NumberOfMountTargets");
        (id, found)
    };
    let adopt = ["--file-system-id", id.as_str()];
    let made = world.deploy(&adopt);
    assert_eq!(made["outputs"]["file_system_id"], json!(id));
    assert_eq!(world.aws().mount_targets().len(), 3);
    world.nothing_to_do(&adopt);
    let gone = world.run("destroy-efs", &adopt).exits(0);
    assert!(gone.stderr.contains("it stays, with all its mount targets"), "{}", gone.stderr);
    let aws = world.aws();
    assert_eq!(aws.mount_targets().len(), 3);
    let mut after = aws.file_system();
    after.as_object_mut().unwrap().remove("NumberOfMountTargets");
    assert_eq!(after, before);
}

#[test]
fn the_exit_code_of_a_plan_is_its_result_with_detailed_exitcode() {
    let world = World::new();
    world.run("plan-efs", &["--detailed-exitcode"]).exits(2);
    world.run("plan-efs", &[]).exits(0);
    world.deploy(&[]);
    world.run("plan-efs", &["--detailed-exitcode"]).exits(0);
    world.run("plan-efs", &["--detailed-exitcode", "--cluster-name", "elsewhere"]).exits(1);
}

#[test]
fn a_served_sandbox_an_emulator_and_aws_differ_by_their_endpoint_only() {
    let mut world = World::new();
    world.set("AWS_ACCESS_KEY_ID", "AKIDPLANTED0000000001");
    world.set("AWS_SECRET_ACCESS_KEY", "planted-secret-access-key");
    world.set("AWS_SESSION_TOKEN", "planted-session-token");
    let aws = world.aws();
    let manifests = world.manifests();
    let args = |command| {
        [
            command,
            "--endpoint-url",
            aws.url.as_str(),
            "--output",
            "json",
            "-vv",
            "--yes",
            "--manifests",
            manifests.to_str().unwrap(),
        ]
    };
    let made = world.xtask(&args("deploy-efs")).exits(0);
    assert_eq!(made.json()["changed"], 7);
    assert_eq!(world.xtask(&args("deploy-efs")).exits(0).json()["changed"], 0);
    world.xtask(&args("destroy-efs")).exits(0);
    // Credentials reach nothing that is written.
    for text in [&made.stdout, &made.stderr] {
        assert!(!text.contains("planted") && !text.contains("PLANTED"), "{text}");
    }
    assert!(made.stderr.contains("aws: CreateFileSystem 201"), "{}", made.stderr);
}

#[test]
fn outputs_reach_the_later_steps_of_a_workflow() {
    let mut world = World::new();
    let file = world.path().join("outputs");
    world.set("GITHUB_OUTPUT", file.display());
    let id = world.deploy(&[])["outputs"]["file_system_id"].as_str().unwrap().to_owned();
    let text = std::fs::read_to_string(file).unwrap();
    assert!(
        text.contains(&format!("file_system_id={id}\n"))
            && text.contains("storage_class_name=efs-sc\n")
    );
}

#[test]
fn documents_of_the_sandbox_stand_beside_its_state_and_are_forgotten_with_it() {
    let world = World::new();
    let made = world.xtask(&["deploy-efs", "--sandbox", "--output", "json"]).exits(0).json();
    let manifests = world.path().join("manifests/graphscope-dev/efs-sc");
    assert_eq!(made["outputs"]["manifests"], manifests.to_str().unwrap());
    let own = world.path().join("manifests/graphscope-dev/mine/values.yaml");
    std::fs::create_dir(own.parent().unwrap()).unwrap();
    std::fs::write(&own, "mine: true").unwrap();
    world.xtask(&["sandbox", "--reset"]).exits(0);
    assert!(!manifests.exists() && !world.state().exists());
    assert!(own.exists(), "what somebody else wrote stays");
    // A new AWS, and nothing in the way of a new deployment.
    world.xtask(&["deploy-efs", "--sandbox"]).exits(0);
}
