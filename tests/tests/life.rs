//! The life of a deployment, through the programs and the real SDK.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::{Aws, Call, World};

fn steps(plan: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    plan["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (text(&step["action"]), text(&step["address"])))
        .collect()
}

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

#[test]
fn calls_and_rounds_stay_within_their_budgets() {
    let mut world = World::new();
    world.set("CLOCKWORK_SANDBOX_ZONES", 6);
    // Enough for calls that are sent together to be answered together, on a busy machine too.
    world.set("CLOCKWORK_SANDBOX_LATENCY_MS", 200);
    let first = world.run("deploy-efs", &["--nfs-client-cidr", "10.0.0.0/16"]).exits(0);
    assert!(first.calls.len() <= 20, "{} calls: {:#?}", first.calls.len(), first.calls);
    assert_eq!(first.json()["aws_calls"], first.calls.len());
    assert_eq!(first.json()["outputs"]["mount_targets"].as_array().unwrap().len(), 6);

    let nothing = world.run("deploy-efs", &["--nfs-client-cidr", "10.0.0.0/16"]).exits(0);
    assert_eq!(nothing.json()["changed"], 0);
    assert!(nothing.calls.len() <= 9, "{:#?}", nothing.calls);
    assert!(Call::rounds(&nothing.calls) <= 3, "{:#?}", nothing.calls);
    assert_eq!(nothing.json()["aws_rounds"], Call::rounds(&nothing.calls));
}

#[test]
fn each_kind_of_drift_is_found_and_mended() {
    let world = World::new();
    let made = world.deploy(&[]);
    let id = made["outputs"]["file_system_id"].as_str().unwrap().to_owned();

    let target =
        made["outputs"]["mount_targets"][1]["mount_target_id"].as_str().unwrap().to_owned();
    {
        let aws = world.aws();
        aws.efs("DELETE", &format!("mount-targets/{target}"), None);
        let other =
            made["outputs"]["mount_targets"][0]["mount_target_id"].as_str().unwrap().to_owned();
        let groups = json!({ "SecurityGroups": ["sg-0c0dec00000000003"] });
        assert_eq!(
            aws.efs("PUT", &format!("mount-targets/{other}/security-groups"), Some(&groups)).status,
            204
        );
        aws.efs("DELETE", &format!("resource-tags/{id}?tagKeys=Name"), None);
        aws.efs(
            "PUT",
            &format!("file-systems/{id}"),
            Some(&json!({ "ThroughputMode": "bursting" })),
        );
    }
    let class = world.manifests().join("storageclass.yaml");
    std::fs::write(
        &class,
        world.document("storageclass.yaml").replace("Expansion: true", "Expansion: false"),
    )
    .unwrap();
    std::fs::remove_file(world.manifests().join("values.yaml")).unwrap();

    let plan = world.plan(&[]);
    let expected = [
        ("update", "module.efs_csi.file_system"),
        ("update", "module.efs_csi.file_system"),
        ("update", "module.efs_csi.mount_target[\"eu-west-1a\"]"),
        ("create", "module.efs_csi.mount_target[\"eu-west-1b\"]"),
        ("create", "module.efs_csi.document[\"values.yaml\"]"),
        ("update", "module.efs_csi.document[\"storageclass.yaml\"]"),
    ];
    let expected = expected.map(|(action, address)| (action.to_owned(), address.to_owned()));
    assert_eq!(steps(&plan), expected);
    assert_eq!(world.deploy(&[])["changed"], 6);
    world.nothing_to_do(&[]);
    assert_eq!(world.aws().file_system()["Name"], "graphscope-dev/efs-sc");
}

#[test]
fn a_file_system_that_somebody_deleted_is_made_again_with_consent_for_the_class() {
    let world = World::new();
    let id = world.deploy(&[])["outputs"]["file_system_id"].as_str().unwrap().to_owned();
    {
        let aws = world.aws();
        for target in aws.mount_targets() {
            aws.efs(
                "DELETE",
                &format!("mount-targets/{}", target["MountTargetId"].as_str().unwrap()),
                None,
            );
        }
        let deleted = || aws.efs("DELETE", &format!("file-systems/{id}"), None).status == 204;
        assert!((0..200).any(|_| deleted() || {
            std::thread::sleep(Duration::from_millis(10));
            false
        }));
    }
    let refused = world.run("deploy-efs", &[]).exits(1);
    assert!(refused.stderr.contains("--yes"), "{}", refused.stderr);
    assert!(world.document("storageclass.yaml").contains(&id), "nothing was changed");
    let made = world.deploy(&["--yes"]);
    assert_ne!(made["outputs"]["file_system_id"], json!(id));
    world.nothing_to_do(&[]);
}

#[test]
fn changed_inputs_become_changes_and_nothing_else() {
    let world = World::new();
    world.deploy(&[]);
    let provisioned = [
        "--throughput-mode",
        "provisioned",
        "--provisioned-throughput-in-mibps",
        "64",
        "--tags",
        "team=graphs",
    ];
    assert_eq!(
        world.deploy(&provisioned)["changed"],
        3,
        "throughput, tags, and the values that carry the tags"
    );
    world.nothing_to_do(&provisioned);
    let found = world.aws().file_system();
    assert_eq!(found["ProvisionedThroughputInMibps"], 64.0);

    let refused = world
        .run("plan-efs", &["--performance-mode", "maxIO", "--throughput-mode", "bursting"])
        .exits(1);
    assert!(refused.json()["refusals"][0]["reason"].as_str().unwrap().contains("never changes"));
    let unchanged = world
        .run("deploy-efs", &["--performance-mode", "maxIO", "--throughput-mode", "bursting"])
        .exits(1);
    assert!(
        unchanged.calls.iter().all(|call| call.operation.starts_with("Describe")),
        "{:?}",
        unchanged.calls
    );
}

#[test]
fn a_subnet_taken_out_loses_its_target_only_with_consent() {
    let world = World::new();
    let group = ["--security-group-id", "sg-0c0dec00000000001"];
    let subnets = |ids: &str| ["--subnet-ids".to_owned(), ids.to_owned()];
    let run = |ids: &str, yes: bool| {
        let subnets = subnets(ids);
        let mut args: Vec<&str> = group.to_vec();
        args.extend(subnets.iter().map(String::as_str));
        args.extend(yes.then_some("--yes"));
        world.run("deploy-efs", &args)
    };
    let three = "subnet-0c0dec0000000010a,subnet-0c0dec0000000010b,subnet-0c0dec0000000010c";
    run(three, false).exits(0);
    let two = "subnet-0c0dec0000000010a,subnet-0c0dec0000000010b";
    run(two, false).exits(1);
    assert_eq!(world.aws().mount_targets().len(), 3);
    run(two, true).exits(0);
    assert_eq!(world.aws().mount_targets().len(), 2);
    // The order of the same subnets is no change, and neither is one more in a zone that has its target.
    let more = "subnet-0c0dec0000000020a,subnet-0c0dec0000000010b,subnet-0c0dec0000000010a";
    assert_eq!(run(more, false).exits(0).json()["changed"], 0);
    // The carrier goes and its zone stays: a replacement.
    run("subnet-0c0dec0000000020a,subnet-0c0dec0000000010b", true).exits(0);
    let targets = world.aws().mount_targets();
    assert_eq!(targets[0]["SubnetId"], "subnet-0c0dec0000000020a");
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
fn the_rule_for_nfs_is_added_kept_and_taken_back() {
    let world = World::new();
    let rules = |aws: &tests::Aws| {
        let all = aws.ec2("Action=DescribeSecurityGroupRules").body;
        all.matches("<fromPort>2049</fromPort>").count()
    };
    let with = [
        "--nfs-client-cidr",
        "10.0.0.0/16",
        "--nfs-client-security-group-id",
        "sg-0c0dec00000000002",
    ];
    world.deploy(&with);
    world.nothing_to_do(&with);
    assert_eq!(rules(&world.aws()), 2);
    let fewer = ["--nfs-client-cidr", "10.0.0.0/16"];
    world.run("deploy-efs", &fewer).exits(1);
    world.deploy(&["--nfs-client-cidr", "10.0.0.0/16", "--yes"]);
    assert_eq!(rules(&world.aws()), 1);
    world.run("destroy-efs", &[]).exits(0);
    assert_eq!(rules(&world.aws()), 0);
}

#[test]
fn a_group_without_nfs_is_a_warning_in_the_plan() {
    let world = World::new();
    let plan = world.plan(&["--security-group-id", "sg-0c0dec00000000003"]);
    let warnings = plan["warnings"].to_string();
    assert!(warnings.contains("mounts will hang"), "{warnings}");
}

#[test]
fn what_does_not_exist_is_refused_all_at_once_and_nothing_is_changed() {
    let world = World::new();
    let ran = world.run(
        "deploy-efs",
        &["--subnet-ids", "subnet-00000001,subnet-00000002", "--security-group-id", "sg-00000001"],
    );
    let ran = ran.exits(1);
    for id in ["subnet-00000001", "subnet-00000002", "sg-00000001"] {
        assert!(ran.stderr.contains(id), "{}", ran.stderr);
    }
    assert!(ran.calls.iter().all(|call| call.operation.starts_with("Describe")), "{:?}", ran.calls);
    assert!(!world.manifests().exists());
}

#[test]
fn an_unknown_cluster_is_refused_with_the_remedy() {
    let world = World::new();
    let ran = world.run("deploy-efs", &["--cluster-name", "elsewhere"]).exits(1);
    assert!(ran.stderr.contains("aws:eks:cluster-name=elsewhere"), "{}", ran.stderr);
    assert!(ran.stderr.contains("subnet_ids"), "{}", ran.stderr);
}

#[test]
fn the_exit_code_of_a_plan_tells_where_that_is_asked_for() {
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
fn two_runs_on_one_state_exclude_each_other_with_a_message() {
    let world = World::new();
    let _aws = world.aws();
    let ran = world.run("deploy-efs", &[]).exits(1);
    assert!(ran.stderr.contains("another run uses the sandbox's state"), "{}", ran.stderr);
}

#[test]
fn when_the_time_is_over_the_message_names_what_was_waited_for_and_its_last_state() {
    let mut world = World::new();
    world.set("CLOCKWORK_SANDBOX_MOUNT_TARGET_CREATING_MS", 3_600_000);
    let ran = world.run("deploy-efs", &["--timeout", "8s"]).exits(1);
    assert!(ran.stderr.contains("mount_target[\"eu-west-1a\"] (creating)"), "{}", ran.stderr);
    assert!(ran.stderr.contains("--timeout"), "{}", ran.stderr);
}

/// Runs `count` deploys at once, and holds each one's `CreateFileSystem` until
/// all have come to it: none of them saw another's file system.
fn race(world: &World, aws: &Aws, count: usize) {
    let manifests = world.manifests();
    let run = || {
        let args =
            ["deploy-efs", "--endpoint-url", &aws.url, "--manifests", manifests.to_str().unwrap()];
        world.xtask(&args).exits(0);
    };
    std::thread::scope(|scope| {
        for _ in 0..count {
            scope.spawn(run);
        }
        let limit = Instant::now() + Duration::from_mins(2);
        while aws.held() < count as u64 {
            assert!(Instant::now() < limit, "{} of {count} came that far", aws.held());
            std::thread::sleep(Duration::from_millis(10));
        }
        aws.admin("DELETE", "faults", "");
        aws.admin("POST", "release", "");
    });
}

#[test]
fn two_and_eight_runs_at_once_end_as_one_deployment() {
    for count in [2, 8] {
        let mut world = World::new();
        world.set("AWS_ACCESS_KEY_ID", "a");
        world.set("AWS_SECRET_ACCESS_KEY", "b");
        let aws = world.aws();
        aws.admin("POST", "faults", "CreateFileSystem:*:hold-before");
        race(&world, &aws, count);
        // `file_system` expects that there is exactly one.
        let id = aws.file_system()["FileSystemId"].as_str().unwrap().to_owned();
        assert_eq!(aws.mount_targets().len(), 3, "of {count} runs");
        assert!(world.document("storageclass.yaml").contains(&id));
        let lost = |call: &Call| {
            call.operation == "CreateFileSystem" && call.outcome == "FileSystemAlreadyExists"
        };
        let lost = world.calls().iter().filter(|call| lost(call)).count();
        assert_eq!(lost, count - 1, "all of them raced, and one won");
        drop(aws);
        world.nothing_to_do(&[]);
    }
}

#[test]
fn an_endpoint_that_does_not_answer_is_told_with_the_remedy() {
    let mut world = World::new();
    world.set("AWS_ACCESS_KEY_ID", "a");
    world.set("AWS_SECRET_ACCESS_KEY", "b");
    let args = ["plan-efs", "--endpoint-url", "http://127.0.0.1:1", "--manifests", "manifests"];
    let ran = world.xtask(&args).exits(1);
    assert!(ran.stderr.contains("AWS could not be reached"), "{}", ran.stderr);
    assert!(ran.stderr.contains("--endpoint-url"), "{}", ran.stderr);
}

#[test]
fn missing_credentials_are_told_with_the_remedy() {
    let mut world = World::new();
    for (name, value) in [
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_ACCESS_KEY_ID", ""),
        ("AWS_SECRET_ACCESS_KEY", ""),
    ] {
        world.set(name, value);
    }
    let aws = world.aws();
    let args = ["plan-efs", "--endpoint-url", &aws.url, "--manifests", "manifests"];
    let ran = world.xtask(&args).exits(1);
    assert!(ran.stderr.contains("no credentials were found"), "{}", ran.stderr);
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
