//! What cannot be deployed is said before anything is changed, with its remedy.

use serde_json::json;
use tests::{Aws, Call, World, says_at_its_limit, until};

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
    let deploy = |limit: &str| world.run("deploy-efs", &[limit]);
    let ran = says_at_its_limit(deploy, "mount_target[\"eu-west-1a\"] (creating)");
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

/// Makes something in EC2; its id.
fn made(aws: &Aws, form: &str, element: &str) -> String {
    let answer = aws.ec2(form);
    let id = answer.body.split(&format!("<{element}>")).nth(1).and_then(|it| it.split('<').next());
    id.unwrap_or_else(|| panic!("no <{element}> in {}", answer.body)).to_owned()
}

/// Another team's file system, with its mount target in a VPC of its own: both ids.
fn in_another_vpc(aws: &Aws) -> (String, String) {
    let vpc = made(aws, "Action=CreateVpc&CidrBlock=10.9.0.0/16", "vpcId");
    let form = format!(
        "Action=CreateSubnet&VpcId={vpc}&CidrBlock=10.9.0.0/20&AvailabilityZone=eu-west-1a"
    );
    let subnet = made(aws, &form, "subnetId");
    let asked = json!({ "CreationToken": "theirs", "Encrypted": true });
    let file_system = aws.efs("POST", "file-systems", Some(&asked)).json()["FileSystemId"].clone();
    let target = json!({ "FileSystemId": file_system, "SubnetId": subnet });
    until("its mount target is made", || {
        aws.efs("POST", "mount-targets", Some(&target)).status == 200
    });
    until("it is available", || aws.mount_targets()[0]["LifeCycleState"] == "available");
    (file_system.as_str().unwrap().to_owned(), vpc)
}

#[test]
fn an_adopted_file_system_of_another_vpc_is_refused_with_both_vpcs_and_stays_as_it_is() {
    let world = World::new();
    let (id, theirs, ours, before) = {
        let aws = world.aws();
        let (id, theirs) = in_another_vpc(&aws);
        let group = "Action=DescribeSecurityGroups&GroupId.1=sg-0c0dec00000000001";
        let ours = made(&aws, group, "vpcId");
        (id, theirs, ours, (aws.file_system(), aws.mount_targets()))
    };
    let adopt = format!("--file-system-id={id}");
    // Nothing that is said by habit changes what is not this deployment's.
    for more in [&["--yes"][..], &["--yes", "--replace-mount-targets"]] {
        let ran = world.run("deploy-efs", &[&[adopt.as_str()], more].concat()).exits(1);
        let told = format!(
            "the mount targets of {id} are in {theirs}, and the subnets of the inputs in {ours}"
        );
        for word in [told.as_str(), "one VPC only", "leave `file_system_id` out"] {
            assert!(ran.stderr.contains(word), "no {word:?} in:\n{}", ran.stderr);
        }
        assert_eq!(ran.json()["refusals"].as_array().map(Vec::len), Some(1), "{}", ran.stderr);
        assert!(ran.calls.iter().all(Call::reads), "{:?}", ran.calls);
    }
    assert!(!world.manifests().exists());
    let aws = world.aws();
    assert_eq!((aws.file_system(), aws.mount_targets()), before);
}
