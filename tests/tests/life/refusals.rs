//! What cannot be deployed is said before anything is changed, with its remedy.

use tests::{Call, World};

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
    assert!(ran.calls.iter().all(Call::reads), "{:?}", ran.calls);
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
fn when_the_time_is_over_the_message_names_what_was_waited_for_and_its_last_state() {
    let mut world = World::new();
    world.set("CLOCKWORK_SANDBOX_MOUNT_TARGET_CREATING_MS", 3_600_000);
    let ran = world.run("deploy-efs", &["--timeout", "8s"]).exits(1);
    assert!(ran.stderr.contains("mount_target[\"eu-west-1a\"] (creating)"), "{}", ran.stderr);
    assert!(ran.stderr.contains("--timeout"), "{}", ran.stderr);
}

#[test]
fn an_endpoint_that_does_not_respond_is_reported_with_the_remedy() {
    let mut world = World::new();
    world.set("AWS_ACCESS_KEY_ID", "a");
    world.set("AWS_SECRET_ACCESS_KEY", "b");
    let args = ["plan-efs", "--endpoint-url", "http://127.0.0.1:1", "--manifests", "manifests"];
    let ran = world.xtask(&args).exits(1);
    assert!(ran.stderr.contains("AWS could not be reached"), "{}", ran.stderr);
    assert!(ran.stderr.contains("--endpoint-url"), "{}", ran.stderr);
}

#[test]
fn missing_credentials_are_reported_with_the_remedy() {
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
