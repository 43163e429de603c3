//! What AWS refuses, as people read it: who denied what, and what never succeeds.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use serde_json::{Value, json};
use tests::{World, says_at_its_limit};

/// The caller of runs with `--sandbox`, and its ARN.
const CALLER: &str = "sandbox";
const ARN: &str = "arn:aws:iam::111122223333:user/sandbox";

const MOUNT_TARGET: &str = "elasticfilesystem:CreateMountTarget";
const INGRESS: &str = "ec2:AuthorizeSecurityGroupIngress";

/// The group of the nodes beside that of the cluster.
const NODES_TOO: &str = "--security-group-ids=sg-0c0dec00000000002";

fn document(statements: &[Value]) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

fn everything() -> Value {
    json!({ "Effect": "Allow", "Action": "*", "Resource": "*" })
}

fn everything_but(action: &str) -> Value {
    json!({ "Effect": "Allow", "NotAction": action, "Resource": "*" })
}

fn deny(action: &str) -> Value {
    json!({ "Effect": "Deny", "Action": action, "Resource": "*" })
}

/// What a deployment says where this caller, under these policies of its organization, makes it.
fn deployed_by(caller: &Value, organization: &Value) -> String {
    let mut world = World::new();
    let file = world.path().join("iam.json");
    let config = json!({
        "principals": { CALLER: caller },
        "service_control_policies": organization,
    });
    std::fs::write(&file, config.to_string()).unwrap();
    world.set("CLOCKWORK_SANDBOX_ENFORCE_IAM", "true");
    world.set("CLOCKWORK_SANDBOX_IAM_FILE", file.display());
    world.run("deploy-efs", &["--nfs-client-cidr", "10.9.0.0/16"]).exits(1).stderr
}

#[track_caller]
fn has(stderr: &str, all: &[&str]) {
    for part in all {
        assert!(stderr.contains(part), "`{part}` is missing:\n{stderr}");
    }
}

#[test]
fn a_denial_by_efs_names_the_action_and_the_kind_of_policy() {
    let allowed = json!([document(&[everything()])]);
    let (caller, none) = (json!({ "policies": allowed }), json!([]));
    let denied = |policies: Value| json!({ "policies": policies });
    let cases = [
        (
            denied(json!([document(&[everything_but(MOUNT_TARGET)])])),
            none.clone(),
            format!("help: allow `{MOUNT_TARGET}` in an IAM policy of `{ARN}`; if one allows it"),
        ),
        (
            denied(json!([document(&[everything(), deny(MOUNT_TARGET)])])),
            none.clone(),
            format!("help: an IAM policy of `{ARN}` denies `{MOUNT_TARGET}`"),
        ),
        (
            json!({
                "policies": allowed,
                "permissions_boundary": document(&[everything_but(MOUNT_TARGET)]),
            }),
            none,
            format!("help: the permissions boundary of `{ARN}` does not allow `{MOUNT_TARGET}`"),
        ),
        (
            caller,
            json!([[document(&[everything(), deny(MOUNT_TARGET)])]]),
            format!("help: a service control policy of the organization denies `{MOUNT_TARGET}`"),
        ),
    ];
    for (caller, organization, help) in cases {
        let stderr = deployed_by(&caller, &organization);
        let cause = format!(
            "caused by: AccessDeniedException: User: {ARN} is not authorized to perform: {MOUNT_TARGET}"
        );
        has(&stderr, &[&cause, "(request id ", &help]);
    }
}

#[test]
fn an_encoded_denial_by_ec2_says_how_to_decode_it() {
    let policies = json!([document(&[everything_but(INGRESS)])]);
    let stderr = deployed_by(&json!({ "policies": policies }), &json!([]));
    has(
        &stderr,
        &[
            "caused by: UnauthorizedOperation: You are not authorized to perform this operation.",
            "Encoded authorization failure message: ",
            &format!("help: allow `{INGRESS}` in an IAM policy of `{ARN}`"),
            "`aws sts decode-authorization-message --encoded-message TEXT`",
        ],
    );
}

#[test]
fn a_zone_without_efs_is_not_advised_to_be_tried_again() {
    let mut world = World::new();
    world.set("CLOCKWORK_SANDBOX_WORLDS", "local-zone");
    // Discovery leaves it out; whoever writes it down hears what AWS says.
    let found = world.run("plan-efs", &[]).exits(0);
    let left_out = found.json()["notes"].to_string();
    assert!(left_out.contains("Local Zone"), "{left_out}");
    let id = left_out.split_once("subnet-").unwrap().1;
    let id: String = id.chars().take_while(char::is_ascii_hexdigit).collect();
    let subnet = format!("--subnet-ids=subnet-{id}");
    let ran = world.run("deploy-efs", &[&subnet]).exits(1);
    has(
        &ran.stderr,
        &[
            "caused by: UnsupportedAvailabilityZone: ",
            "help: EFS has no mount targets in this zone",
        ],
    );
    assert!(!ran.stderr.contains("run the same command again"), "{}", ran.stderr);
}

/// "The service timed out …, and the client should try the call again" (EFS API Reference).
#[test]
fn a_dependency_of_efs_that_times_out_is_tried_again() {
    let mut world = World::new();
    world.deploy(&[]);
    world.set("CLOCKWORK_SANDBOX_FAULTS", "DeleteMountTarget:#1:code=DependencyTimeout");
    let destroyed = world.run("destroy-efs", &["--yes"]).exits(0);
    let deletions = destroyed.calls.iter().filter(|call| call.operation == "DeleteMountTarget");
    let outcomes: Vec<&str> = deletions.map(|call| call.outcome.as_str()).collect();
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == "DependencyTimeout").count(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == "ok").count(), 3, "{outcomes:?}");
}

/// "There's not enough capacity to provision additional throughput" (EFS API Reference).
#[test]
fn throughput_that_efs_does_not_have_is_told_with_what_to_ask_for_instead() {
    let mut world = World::new();
    let rule = "CreateFileSystem:*:code=InsufficientThroughputCapacity";
    world.set("CLOCKWORK_SANDBOX_FAULTS", rule);
    let provisioned =
        ["--throughput-mode", "provisioned", "--provisioned-throughput-in-mibps", "100"];
    let ran = world.run("deploy-efs", &provisioned).exits(1);
    has(
        &ran.stderr,
        &[
            "caused by: InsufficientThroughputCapacity: ",
            "help: wait, or lower `provisioned_throughput_in_mibps`, or set `throughput_mode` to \
             `elastic`",
        ],
    );
}

fn without_faults(world: &mut World) {
    world.env.retain(|(name, _)| name != "CLOCKWORK_SANDBOX_FAULTS");
}

/// Runs with these faults, each on the first call of its operation, which all of them meet.
fn deploys_in_spite_of(world: &mut World, command: &str, more: &[&str], rules: &[(&str, &str)]) {
    let all: Vec<String> =
        rules.iter().map(|(operation, fault)| format!("{operation}:#1:{fault}")).collect();
    world.set("CLOCKWORK_SANDBOX_FAULTS", all.join(";"));
    let ran = world.run(command, more).exits(0);
    for (operation, fault) in rules {
        let mut calls = ran.calls.iter().filter(|call| call.operation == *operation);
        let met = calls.next().unwrap_or_else(|| panic!("{operation} was not called"));
        assert_ne!(met.outcome, "ok", "{operation}: {fault}");
        assert!(calls.any(|call| call.outcome != met.outcome), "{operation} was not repeated");
    }
}

#[test]
fn a_call_of_any_service_that_is_throttled_is_repeated() {
    let mut world = World::new();
    let inputs = [
        "--driver-identity=pod-identity",
        "--helm-chart-version=4.4.1",
        "--security-group=own",
        "--nfs-client-cidr=10.9.0.0/16",
        "--kms-key-id=alias/graphscope-dev",
    ];
    let operations = [
        "GetCallerIdentity",
        "DescribeKey",
        "DescribeCluster",
        "ListPodIdentityAssociations",
        "CreatePodIdentityAssociation",
        "GetRole",
        "CreateRole",
        "PutRolePolicy",
        "DescribeSubnets",
        "CreateSecurityGroup",
        "AuthorizeSecurityGroupIngress",
        "DescribeFileSystems",
        "CreateFileSystem",
        "CreateMountTarget",
    ];
    let rules = operations.map(|operation| (operation, "throttle"));
    deploys_in_spite_of(&mut world, "deploy-efs", &inputs, &rules);
    without_faults(&mut world);
    world.nothing_to_do(&inputs);
}

#[test]
fn a_throttle_that_does_not_end_names_the_call_and_the_next_run_goes_on() {
    let one = |(operation, code): (&str, &str)| {
        let mut world = World::new();
        let inputs = [
            "--driver-identity=pod-identity",
            "--helm-chart-version=4.4.1",
            "--security-group=own",
        ];
        world.set("CLOCKWORK_SANDBOX_FAULTS", format!("{operation}:*:throttle"));
        let ran = world.run("deploy-efs", &inputs).exits(1);
        has(&ran.stderr, &[operation, code, "help: "]);
        without_faults(&mut world);
        world.deploy(&inputs);
    };
    // Each waits most of the time.
    std::thread::scope(|scope| {
        for case in [
            ("CreateRole", "Throttling"),
            ("CreatePodIdentityAssociation", "ThrottlingException"),
            ("CreateSecurityGroup", "RequestLimitExceeded"),
            ("CreateMountTarget", "ThrottlingException"),
        ] {
            scope.spawn(move || one(case));
        }
    });
}

/// A target whose state does not allow it yet (`ModifyMountTargetSecurityGroups`, EFS API Reference).
#[test]
fn a_mount_target_that_is_not_ready_for_other_groups_gets_them_once_it_is() {
    let mut world = World::new();
    world.deploy(&[]);
    let more = [NODES_TOO];
    let rules = [("ModifyMountTargetSecurityGroups", "code=IncorrectMountTargetState")];
    deploys_in_spite_of(&mut world, "deploy-efs", &more, &rules);
    without_faults(&mut world);
    world.nothing_to_do(&more);
}

/// What a destroy deletes is in use for a while after its mount targets are gone.
#[test]
fn a_destroy_waits_until_the_interfaces_of_its_mount_targets_are_gone() {
    for (group, operation, code) in [
        ("--security-group=own", "DeleteSecurityGroup", "DependencyViolation"),
        (NODES_TOO, "DeleteFileSystem", "FileSystemInUse"),
    ] {
        let mut world = World::new();
        world.set("CLOCKWORK_SANDBOX_WORLDS", "late-release");
        let made = world.deploy(&[group]);
        let id = made["outputs"]["file_system_id"].as_str().unwrap();
        let data = format!("--delete-data={id}");
        let destroyed = world.run("destroy-efs", &[group, "--yes", &data]).exits(0);
        let calls = destroyed.calls.iter().filter(|call| call.operation == operation);
        let outcomes: Vec<&str> = calls.map(|call| call.outcome.as_str()).collect();
        assert!(outcomes.contains(&code), "{operation}: {outcomes:?}");
        assert_eq!(outcomes.last(), Some(&"ok"), "{operation}: {outcomes:?}");
        assert!(world.aws().file_systems().is_empty());
    }
}

#[test]
fn a_group_that_somebody_uses_is_told_and_goes_with_the_next_destroy() {
    let world = World::new();
    world.deploy(&["--security-group=own"]);
    let aws = world.aws();
    let ours = "Action=DescribeSecurityGroups&Filter.1.Name=tag-key&Filter.1.Value.1=clockwork-codex/managed-by";
    let between = |text: &str, tag: &str| {
        let (_, rest) = text.split_once(&format!("<{tag}>")).unwrap();
        rest.split_once('<').unwrap().0.to_owned()
    };
    let (subnet, group) = ("subnet-0c0dec0000000010a", between(&aws.ec2(ours).body, "groupId"));
    let theirs = aws
        .ec2(&format!("Action=CreateNetworkInterface&SubnetId={subnet}&SecurityGroupId.1={group}"));
    let theirs = between(&theirs.body, "networkInterfaceId");
    drop(aws);
    let destroy = |limit: &str| world.run("destroy-efs", &["--security-group=own", "--yes", limit]);
    let stopped = says_at_its_limit(destroy, "waiting until nobody uses it");
    has(&stopped.stderr, &["security_group", "destroy-efs"]);
    let aws = world.aws();
    assert_eq!(
        aws.ec2(&format!("Action=DeleteNetworkInterface&NetworkInterfaceId={theirs}")).status,
        200
    );
    drop(aws);
    world.run("destroy-efs", &["--security-group=own", "--yes"]).exits(0);
    let left = world.aws().ec2(&format!("Action=DescribeSecurityGroups&GroupId.1={group}"));
    assert!(left.body.contains("InvalidGroup.NotFound"), "{}", left.body);
}
