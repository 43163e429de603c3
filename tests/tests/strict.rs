//! What clients that others wrote once found to be wrong here, or kinder than AWS. Each
//! of these broke one of them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::time::{Duration, Instant};

use serde_json::json;
use tests::{Answer, Aws, World};

const GROUP: &str = "sg-0c0dec00000000003";

fn quick() -> Aws {
    let names = ["FILE_SYSTEM_CREATING", "FILE_SYSTEM_UPDATING"];
    Aws::serve(None, &names.map(|name| (format!("CLOCKWORK_SANDBOX_{name}_MS"), "1".to_owned())))
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    let found = (answer.status, answer.error_type.as_deref());
    assert_eq!(found, (status, Some(code)), "{}", answer.body);
    assert_eq!(answer.json()["ErrorCode"], code);
}

fn available(aws: &Aws, token: &str) -> String {
    let made = aws.efs("POST", "file-systems", Some(&json!({ "CreationToken": token })));
    let id = made.json()["FileSystemId"].as_str().unwrap().to_owned();
    until_available(aws, &id);
    id
}

fn until_available(aws: &Aws, id: &str) {
    let limit = Instant::now() + Duration::from_mins(1);
    let path = format!("file-systems?FileSystemId={id}");
    while aws.efs("GET", &path, None).json()["FileSystems"][0]["LifeCycleState"] != "available" {
        assert!(Instant::now() < limit, "{id} is never available");
    }
}

/// One rule, in the form of an EC2 request.
fn permission(description: &str) -> String {
    format!(
        "GroupId={GROUP}&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=2049\
         &IpPermissions.1.ToPort=2049&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0%2F16{description}"
    )
}

#[test]
fn a_rule_keeps_its_description() {
    let aws = quick();
    let described = permission("&IpPermissions.1.IpRanges.1.Description=NFS+of+the+nodes");
    let made = aws.ec2(&format!("Action=AuthorizeSecurityGroupIngress&{described}"));
    assert!(made.body.contains("<description>NFS of the nodes</description>"), "{}", made.body);
    for listing in [
        format!("DescribeSecurityGroupRules&Filter.1.Name=group-id&Filter.1.Value.1={GROUP}"),
        format!("DescribeSecurityGroups&GroupId.1={GROUP}"),
    ] {
        let listed = aws.ec2(&format!("Action={listing}")).body;
        assert!(listed.contains("<description>NFS of the nodes</description>"), "{listed}");
    }
    let other = permission("&IpPermissions.1.IpRanges.1.Description=NFS");
    let update = format!("Action=UpdateSecurityGroupRuleDescriptionsIngress&{other}");
    assert_eq!(aws.ec2(&update).status, 200);
    let listed = aws.ec2(&format!("Action=DescribeSecurityGroups&GroupId.1={GROUP}")).body;
    assert!(listed.contains("<description>NFS</description>"), "{listed}");
}

#[test]
fn a_group_lists_its_permissions_and_rules_go_by_them() {
    let aws = quick();
    let create = "Action=CreateSecurityGroup&GroupName=own&GroupDescription=own\
                  &VpcId=vpc-0c0dec00000000001";
    let made = aws.ec2(create).body;
    let group = made.split("<groupId>").nth(1).unwrap().split('<').next().unwrap();
    let listed = |part: &str| {
        let all = aws.ec2(&format!("Action=DescribeSecurityGroups&GroupId.1={group}")).body;
        let open = format!("<{part}>");
        let part =
            all.split(&open).nth(1).and_then(|rest| rest.split(&format!("</{part}>")).next());
        part.unwrap_or_default().to_owned()
    };
    let egress = listed("ipPermissionsEgress");
    assert!(
        egress.contains("<ipProtocol>-1<") && egress.contains("<cidrIp>0.0.0.0/0<"),
        "a new group lets everything out: {egress}"
    );
    assert!(!listed("ipPermissions").contains("<ipProtocol>"), "and nothing in");
    let nfs = permission("").replace(GROUP, group);
    assert_eq!(aws.ec2(&format!("Action=AuthorizeSecurityGroupIngress&{nfs}")).status, 200);
    let ingress = listed("ipPermissions");
    assert!(
        ingress.contains("<fromPort>2049<") && ingress.contains("<cidrIp>10.0.0.0/16<"),
        "{ingress}"
    );
    assert_eq!(aws.ec2(&format!("Action=RevokeSecurityGroupIngress&{nfs}")).status, 200);
    assert!(!listed("ipPermissions").contains("<ipProtocol>"), "revoked by its permission");
}

#[test]
fn an_access_point_with_the_user_x_is_refused_and_listings_stay_readable() {
    let aws = quick();
    let id = available(&aws, "a");
    for uid in
        [json!("x"), json!("1001"), json!(-1), json!(1.5), json!(4_294_967_296_u64), json!(null)]
    {
        let user = json!({ "Uid": uid, "Gid": 1 });
        let point = json!({ "ClientToken": "one", "FileSystemId": id, "PosixUser": user });
        let answer = aws.efs("POST", "access-points", Some(&point));
        refused(&answer, 400, "BadRequest");
    }
    let all = aws.efs("GET", &format!("access-points?FileSystemId={id}"), None).json();
    assert_eq!(all["AccessPoints"], json!([]));
}

#[test]
fn a_marker_that_was_never_handed_out_is_refused() {
    let aws = quick();
    let id = available(&aws, "a");
    for path in [
        "file-systems?Marker=nonsense".to_owned(),
        format!("file-systems?Marker={id}"),
        format!("mount-targets?FileSystemId={id}&Marker=nonsense"),
        format!("access-points?FileSystemId={id}&NextToken=nonsense"),
        format!("resource-tags/{id}?NextToken=nonsense"),
        format!("tags/{id}/?Marker=nonsense"),
        "file-systems/replication-configurations?NextToken=nonsense".to_owned(),
    ] {
        let answer = aws.efs("GET", &path, None);
        assert_eq!(answer.status, 400, "{path}: {}", answer.body);
    }
    let token = aws.ec2("Action=DescribeSubnets&MaxResults=5&NextToken=nonsense");
    assert_eq!(token.status, 400, "{}", token.body);
}

/// Linux counts the write(2) calls of each process.
#[cfg(target_os = "linux")]
#[test]
fn a_change_is_one_write_and_not_one_per_part_of_the_world() {
    let world = World::new();
    let aws = world.aws();
    let tag = |n: usize| {
        let tag = json!({ "Tags": [{ "Key": "n", "Value": n.to_string() }] });
        let id = aws.file_systems()[0]["FileSystemId"].as_str().unwrap().to_owned();
        let before = aws.writes();
        let answer = aws.efs("POST", &format!("resource-tags/{id}"), Some(&tag));
        assert_eq!(answer.status, 200, "{}", answer.body);
        aws.writes() - before
    };
    for n in 0..500 {
        let body = json!({ "CreationToken": n.to_string() });
        assert_eq!(aws.efs("POST", "file-systems", Some(&body)).status, 201);
    }
    let mut writes: Vec<u64> = (0..11).map(tag).collect();
    writes.sort_unstable();
    // The state, the list of calls, and the response; a compaction now and then takes more.
    assert!(writes[5] <= 10, "write(2) calls of eleven changes: {writes:?}");
}

#[test]
fn arns_are_ids_in_paths_percent_encoded_as_clients_send_them() {
    let aws = quick();
    let id = available(&aws, "a");
    let arn = aws.file_system()["FileSystemArn"].as_str().unwrap().to_owned();
    let encoded = arn.replace(':', "%3A").replace('/', "%2F");
    let tag = json!({ "Tags": [{ "Key": "a", "Value": "b" }] });
    assert_eq!(aws.efs("POST", &format!("resource-tags/{encoded}"), Some(&tag)).status, 200);
    let listed = aws.efs("GET", &format!("resource-tags/{encoded}"), None).json();
    assert_eq!(listed["Tags"], tag["Tags"]);
    let found = aws.efs("GET", &format!("file-systems?FileSystemId={encoded}"), None).json();
    assert_eq!(found["FileSystems"][0]["FileSystemId"], json!(id));
    let backup = aws.efs("GET", &format!("file-systems/{encoded}/backup-policy"), None);
    refused(&backup, 404, "PolicyNotFound");
    assert_eq!(aws.efs("DELETE", &format!("file-systems/{encoded}"), None).status, 204);
}

#[test]
fn a_second_change_of_the_mode_within_a_day_is_refused_with_the_time() {
    let aws = quick();
    let id = available(&aws, "a");
    let change = |body| aws.efs("PUT", &format!("file-systems/{id}"), Some(&body));
    assert_eq!(change(json!({ "ThroughputMode": "elastic" })).status, 202);
    until_available(&aws, &id);
    let again = change(json!({ "ThroughputMode": "bursting" }));
    refused(&again, 429, "TooManyRequests");
    let message = again.json()["Message"].as_str().unwrap().to_owned();
    assert!(message.chars().filter(char::is_ascii_digit).count() >= 8, "no time in: {message}");
}
