//! The sandbox keeps the rules that EFS and EC2 keep.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::{Aws, World};

const SUBNET_A: &str = "subnet-0c0dec0000000010a";
const SECOND_A: &str = "subnet-0c0dec0000000020a";
const SUBNET_B: &str = "subnet-0c0dec0000000010b";

fn quick() -> Aws {
    slow(&[])
}

/// A sandbox whose states last one millisecond but for those named.
fn slow(slower: &[(&str, &str)]) -> Aws {
    let mut env: Vec<(String, String)> = [
        "FILE_SYSTEM_CREATING",
        "FILE_SYSTEM_UPDATING",
        "FILE_SYSTEM_DELETING",
        "MOUNT_TARGET_CREATING",
        "MOUNT_TARGET_DELETING",
    ]
    .iter()
    .map(|name| (format!("CLOCKWORK_SANDBOX_{name}_MS"), "1".to_owned()))
    .collect();
    env.extend(
        slower.iter().map(|(name, ms)| (format!("CLOCKWORK_SANDBOX_{name}_MS"), (*ms).to_owned())),
    );
    Aws::serve(None, &env)
}

fn create(aws: &Aws, token: &str) -> String {
    let told = aws.efs("POST", "file-systems", Some(&json!({ "CreationToken": token })));
    assert_eq!(told.status, 201, "{}", told.body);
    text(&told.json()["FileSystemId"])
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Waits until the condition holds.
fn until(mut holds: impl FnMut() -> bool) {
    let limit = Instant::now() + Duration::from_mins(1);
    while !holds() {
        assert!(Instant::now() < limit, "the condition never held");
    }
}

fn state(aws: &Aws, id: &str) -> String {
    let told = aws.efs("GET", &format!("file-systems?FileSystemId={id}"), None);
    if told.status == 404 {
        "gone".to_owned()
    } else {
        text(&told.json()["FileSystems"][0]["LifeCycleState"])
    }
}

fn available(aws: &Aws, token: &str) -> String {
    let id = create(aws, token);
    until(|| state(aws, &id) == "available");
    id
}

fn target(aws: &Aws, id: &str, subnet: &str, more: &Value) -> tests::Answer {
    let mut body = json!({ "FileSystemId": id, "SubnetId": subnet });
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    aws.efs("POST", "mount-targets", Some(&body))
}

#[track_caller]
fn refused(answer: &tests::Answer, status: u16, code: &str) {
    assert_eq!(
        (answer.status, answer.error_type.as_deref()),
        (status, Some(code)),
        "{}",
        answer.body
    );
    assert_eq!(answer.json()["ErrorCode"], code);
}

#[test]
fn a_repeated_token_names_the_file_system_that_has_it() {
    let aws = quick();
    let id = create(&aws, "once");
    let again = aws.efs("POST", "file-systems", Some(&json!({ "CreationToken": "once" })));
    refused(&again, 409, "FileSystemAlreadyExists");
    assert_eq!(again.json()["FileSystemId"], json!(id));
    refused(
        &aws.efs("POST", "file-systems", Some(&json!({ "CreationToken": "x".repeat(65) }))),
        400,
        "BadRequest",
    );
    refused(&aws.efs("POST", "file-systems", Some(&json!({}))), 400, "BadRequest");
}

#[test]
fn a_mount_target_needs_an_available_file_system() {
    let aws = slow(&[("FILE_SYSTEM_CREATING", "600000")]);
    let id = create(&aws, "a");
    assert_eq!(state(&aws, &id), "creating");
    refused(&target(&aws, &id, SUBNET_A, &json!({})), 409, "IncorrectFileSystemLifeCycleState");
}

#[test]
fn one_target_per_zone_and_existing_subnets_and_groups() {
    let aws = quick();
    let id = available(&aws, "a");
    refused(&target(&aws, &id, "subnet-00000000", &json!({})), 400, "SubnetNotFound");
    refused(
        &target(&aws, &id, SUBNET_A, &json!({ "SecurityGroups": ["sg-00000000"] })),
        400,
        "SecurityGroupNotFound",
    );
    let six: Vec<&str> = vec!["sg-0c0dec00000000001"; 6];
    refused(
        &target(&aws, &id, SUBNET_A, &json!({ "SecurityGroups": six })),
        400,
        "SecurityGroupLimitExceeded",
    );
    refused(&target(&aws, "fs-00000000", SUBNET_A, &json!({})), 404, "FileSystemNotFound");
    assert_eq!(target(&aws, &id, SUBNET_A, &json!({})).status, 200);
    refused(&target(&aws, &id, SECOND_A, &json!({})), 409, "MountTargetConflict");
    assert_eq!(target(&aws, &id, SUBNET_B, &json!({})).status, 200);
}

#[test]
fn addresses_come_out_of_the_subnets_range_and_go_back() {
    let aws = quick();
    let (one, two) = (available(&aws, "a"), available(&aws, "b"));
    let first = target(&aws, &one, SUBNET_B, &json!({})).json();
    assert_eq!(first["IpAddress"], "10.0.16.4", "AWS keeps the first four");
    refused(
        &target(&aws, &two, SUBNET_B, &json!({ "IpAddress": "10.0.16.4" })),
        409,
        "IpAddressInUse",
    );
    refused(&target(&aws, &two, SUBNET_B, &json!({ "IpAddress": "10.0.0.9" })), 400, "BadRequest");
    refused(&target(&aws, &two, SUBNET_B, &json!({ "IpAddress": "10.0.16.3" })), 400, "BadRequest");
    let free = |aws: &Aws| aws.ec2(&format!("Action=DescribeSubnets&SubnetId.1={SUBNET_B}")).body;
    assert!(free(&aws).contains("<availableIpAddressCount>4090<"), "{}", free(&aws));
    aws.efs("DELETE", &format!("mount-targets/{}", text(&first["MountTargetId"])), None);
    until(|| free(&aws).contains("<availableIpAddressCount>4091<"));
}

#[test]
fn a_file_system_with_targets_is_in_use_until_they_are_gone() {
    let aws = slow(&[("MOUNT_TARGET_DELETING", "3000")]);
    let id = available(&aws, "a");
    let made = text(&target(&aws, &id, SUBNET_A, &json!({})).json()["MountTargetId"]);
    let delete = || aws.efs("DELETE", &format!("file-systems/{id}"), None);
    refused(&delete(), 409, "FileSystemInUse");
    assert_eq!(aws.efs("DELETE", &format!("mount-targets/{made}"), None).status, 204);
    refused(&delete(), 409, "FileSystemInUse");
    until(|| delete().status == 204);
    until(|| state(&aws, &id) == "gone");
    refused(&delete(), 404, "FileSystemNotFound");
    refused(&aws.efs("DELETE", &format!("mount-targets/{made}"), None), 404, "MountTargetNotFound");
}

#[test]
fn throughput_follows_its_rules() {
    let aws = quick();
    let id = available(&aws, "a");
    let update = |body: &Value| aws.efs("PUT", &format!("file-systems/{id}"), Some(body));
    refused(&update(&json!({ "ThroughputMode": "provisioned" })), 400, "BadRequest");
    refused(
        &update(&json!({ "ThroughputMode": "provisioned", "ProvisionedThroughputInMibps": 4000 })),
        400,
        "ThroughputLimitExceeded",
    );
    let provisioned = |mibps: u32| json!({ "ThroughputMode": "provisioned", "ProvisionedThroughputInMibps": mibps });
    assert_eq!(update(&provisioned(32)).status, 202);
    until(|| state(&aws, &id) == "available");
    refused(&update(&provisioned(16)), 429, "TooManyRequests");
    refused(&update(&json!({ "ThroughputMode": "elastic" })), 429, "TooManyRequests");
    assert_eq!(update(&provisioned(64)).status, 202);
    let both =
        json!({ "CreationToken": "m", "PerformanceMode": "maxIO", "ThroughputMode": "elastic" });
    refused(&aws.efs("POST", "file-systems", Some(&both)), 400, "BadRequest");
}

#[test]
fn lists_come_in_pages() {
    let aws = quick();
    let mut made: Vec<String> = (0..5).map(|n| create(&aws, &format!("t{n}"))).collect();
    made.sort();
    let mut seen = Vec::new();
    let mut marker = String::new();
    loop {
        let page = aws.efs("GET", &format!("file-systems?MaxItems=2{marker}"), None).json();
        let systems = page["FileSystems"].as_array().unwrap();
        assert!(systems.len() <= 2);
        seen.extend(systems.iter().map(|found| text(&found["FileSystemId"])));
        match page["NextMarker"].as_str() {
            Some(next) => marker = format!("&Marker={next}"),
            None => break,
        }
    }
    assert_eq!(seen, made);
    let first = aws.ec2("Action=DescribeSubnets&MaxResults=5").body;
    assert_eq!(first.matches("<subnetId>").count(), 5, "{first}");
    let token = first.split("<nextToken>").nth(1).unwrap().split('<').next().unwrap();
    let rest = format!("Action=DescribeSubnets&MaxResults=5&NextToken={token}");
    let rest = aws.ec2(&rest).body;
    assert!(rest.matches("<subnetId>").count() == 2 && !rest.contains("nextToken"), "{rest}");
}

#[test]
fn unsigned_requests_are_refused_as_aws_refuses_them() {
    let aws = quick();
    let efs = aws.unsigned("/2015-02-01/file-systems");
    refused(&efs, 403, "MissingAuthenticationTokenException");
    let ec2 = aws.unsigned("/?Action=DescribeVpcs");
    assert_eq!(ec2.status, 401);
    assert!(
        ec2.body.contains("<Code>AuthFailure</Code>") && ec2.body.contains("<RequestID>"),
        "{}",
        ec2.body
    );
}

#[test]
fn what_the_sandbox_does_not_have_is_refused_by_name() {
    let aws = quick();
    let efs = aws.efs("GET", "replications", None);
    assert_eq!((efs.status, efs.error_type), (501, None), "{}", efs.body);
    let ec2 = aws.ec2("Action=RunInstances");
    assert!(ec2.status == 501 && ec2.body.contains("RunInstances"), "{}", ec2.body);
    let none = aws.ec2("Action=RunInstance");
    assert!(none.body.contains("InvalidAction"), "AWS has no such action: {}", none.body);
    let filter = aws.ec2("Action=DescribeSubnets&Filter.1.Name=colour&Filter.1.Value.1=red");
    assert!(filter.body.contains("InvalidParameterValue"), "{}", filter.body);
    let id = aws.ec2("Action=DescribeSubnets&SubnetId.1=subnet-00000000");
    assert!(id.body.contains("InvalidSubnetID.NotFound"), "{}", id.body);
}

#[test]
fn rules_of_groups_exist_once_and_are_revoked_by_their_id() {
    let aws = quick();
    let authorize = "Action=AuthorizeSecurityGroupIngress&GroupId=sg-0c0dec00000000003&IpPermissions.1.IpProtocol=tcp\
        &IpPermissions.1.FromPort=2049&IpPermissions.1.ToPort=2049&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.7%2F16";
    let made = aws.ec2(authorize).body;
    assert!(made.contains("<cidrIpv4>10.0.0.0/16</cidrIpv4>"), "{made}");
    assert!(aws.ec2(authorize).body.contains("InvalidPermission.Duplicate"));
    let id = made.split("<securityGroupRuleId>").nth(1).unwrap().split('<').next().unwrap();
    let revoke = format!(
        "Action=RevokeSecurityGroupIngress&GroupId=sg-0c0dec00000000003&SecurityGroupRuleId.1={id}"
    );
    assert_eq!(aws.ec2(&revoke).status, 200);
    assert!(aws.ec2(&revoke).body.contains("InvalidSecurityGroupRuleId.NotFound"));
}

#[test]
fn hostile_tags_come_back_escaped() {
    let aws = quick();
    let id = available(&aws, "a");
    let bad = json!({ "Tags": [{ "Key": "x", "Value": "<script>" }] });
    refused(&aws.efs("POST", &format!("resource-tags/{id}"), Some(&bad)), 400, "BadRequest");
    let reserved = json!({ "Tags": [{ "Key": "aws:x", "Value": "y" }] });
    refused(&aws.efs("POST", &format!("resource-tags/{id}"), Some(&reserved)), 400, "BadRequest");
    let rule = "Action=AuthorizeSecurityGroupIngress&GroupId=sg-0c0dec00000000003&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=1\
        &IpPermissions.1.ToPort=1&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0%2F16&TagSpecification.1.ResourceType=security-group-rule\
        &TagSpecification.1.Tag.1.Key=k&TagSpecification.1.Tag.1.Value=%3C%2Fvalue%3E%26";
    let made = aws.ec2(rule).body;
    assert!(made.contains("<value>&lt;/value&gt;&amp;</value>"), "{made}");
}

#[test]
fn access_points_and_policies_follow_their_rules() {
    let aws = quick();
    let id = available(&aws, "a");
    let point = json!({ "ClientToken": "one", "FileSystemId": id, "PosixUser": { "Uid": 1001, "Gid": 1001 }, "RootDirectory": { "Path": "/a" } });
    let made = aws.efs("POST", "access-points", Some(&point)).json();
    refused(&aws.efs("POST", "access-points", Some(&point)), 409, "AccessPointAlreadyExists");
    let all = aws.efs("GET", &format!("access-points?FileSystemId={id}"), None).json();
    assert_eq!(all["AccessPoints"][0]["AccessPointId"], made["AccessPointId"]);
    assert_eq!(
        aws.efs("DELETE", &format!("access-points/{}", text(&made["AccessPointId"])), None).status,
        204
    );

    let path = |what: &str| format!("file-systems/{id}/{what}");
    refused(&aws.efs("GET", &path("policy"), None), 404, "PolicyNotFound");
    refused(
        &aws.efs("PUT", &path("policy"), Some(&json!({ "Policy": "no" }))),
        400,
        "InvalidPolicyException",
    );
    let policy = json!({
        "Statement": {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "elasticfilesystem:ClientMount",
        }
    });
    let policy = json!({ "Policy": policy.to_string() });
    assert_eq!(aws.efs("PUT", &path("policy"), Some(&policy)).status, 200);
    let two = json!({ "LifecyclePolicies": [{ "TransitionToIA": "AFTER_30_DAYS", "TransitionToArchive": "AFTER_90_DAYS" }] });
    refused(&aws.efs("PUT", &path("lifecycle-configuration"), Some(&two)), 400, "BadRequest");
    let archive = json!({ "LifecyclePolicies": [{ "TransitionToArchive": "AFTER_90_DAYS" }] });
    refused(&aws.efs("PUT", &path("lifecycle-configuration"), Some(&archive)), 400, "BadRequest");
    let ia = json!({ "LifecyclePolicies": [{ "TransitionToIA": "AFTER_30_DAYS" }] });
    assert_eq!(aws.efs("PUT", &path("lifecycle-configuration"), Some(&ia)).status, 200);
    refused(&aws.efs("GET", &path("backup-policy"), None), 404, "PolicyNotFound");
}

#[test]
fn the_network_is_that_of_an_eks_cluster() {
    let aws = quick();
    let subnets = aws.ec2("Action=DescribeSubnets&Filter.1.Name=tag:kubernetes.io%2Frole%2Finternal-elb&Filter.1.Value.1=1").body;
    assert_eq!(
        subnets.matches("<subnetId>").count(),
        4,
        "three zones, and a second one in the first"
    );
    let groups = aws.ec2("Action=DescribeSecurityGroups&Filter.1.Name=tag:aws:eks:cluster-name&Filter.1.Value.1=graphscope-dev").body;
    assert_eq!(groups.matches("<groupName>").count(), 1, "{groups}");
    let tables = aws.ec2("Action=DescribeRouteTables").body;
    assert!(
        tables.contains("<gatewayId>igw-") && tables.contains("<natGatewayId>nat-"),
        "{tables}"
    );
}

#[test]
fn state_survives_and_every_call_can_be_listed() {
    let world = World::new();
    let id = available(&world.aws(), "kept");
    let aws = world.aws();
    assert_eq!(state(&aws, &id), "available");
    refused(&aws.efs("DELETE", "file-systems/fs-00000000", None), 404, "FileSystemNotFound");
    let listed: Value = serde_json::from_str(&aws.unsigned("/_sandbox/calls").body).unwrap();
    let last = listed.as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["operation"], &last["outcome"]),
        (&json!("DeleteFileSystem"), &json!("FileSystemNotFound"))
    );
    assert!(last["at_us"].is_u64() && last["took_us"].is_u64());
    assert_eq!(world.calls().first().unwrap().operation, "CreateFileSystem");
}

/// Of a file that is longer, `cargo xtask sandbox --calls` lists what the sandbox lists itself.
#[test]
fn the_front_door_lists_the_calls_that_the_sandbox_keeps() {
    let world = World::new();
    let line = |number: usize| {
        let call = json!({ "at_us": number, "took_us": 7, "service": "ec2",
            "operation": "DescribeVpcs", "region": "eu-west-1", "status": 200, "outcome": "ok",
            "request_id": number.to_string() });
        format!("{call}\n")
    };
    let lines: String = (0..10_050).map(line).collect();
    std::fs::write(world.state().with_extension("calls.jsonl"), lines).unwrap();
    let listed = world.xtask(&["sandbox", "--calls"]).exits(0);
    let kept = world.aws().admin("GET", "calls", "").json();
    let kept = kept.as_array().unwrap();
    assert_eq!(kept.len(), 10_000);
    assert_eq!(kept[0]["request_id"], "50", "the last ones");
    assert_eq!(listed.stdout.lines().count(), kept.len());
    assert!(listed.stderr.contains("10000 calls"), "{}", listed.stderr);
}
