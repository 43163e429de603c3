//! Listings among many rows: what an index serves does not cost what a scan costs.

use std::time::{Duration, Instant};

use super::{SUBNET, vpc};
use crate::testing::Aws;

/// The shortest time of a few tries: what else the machine does makes none of them shorter.
fn best(aws: &Aws, form: &str) -> Duration {
    let run = || {
        let start = Instant::now();
        aws.ec2(form).ok();
        start.elapsed()
    };
    (0..7).map(|_| run()).min().unwrap()
}

fn faster(aws: &Aws, narrowed: &str, scanned: &str) {
    let (fast, slow) = (best(aws, narrowed), best(aws, scanned));
    assert!(fast * 4 < slow, "{narrowed}: {fast:?}, and {scanned}: {slow:?}");
}

#[test]
fn one_of_five_thousand_interfaces_is_found_by_an_index() {
    let aws = Aws::with(&["--world", "many-interfaces"]);
    let list = "Action=DescribeNetworkInterfaces";
    let by = |name: &str, value: &str| {
        format!("{list}&MaxResults=5&Filter.1.Name={name}&Filter.1.Value.1={value}")
    };
    let scan = by("description", "banana");
    faster(&aws, &by("network-interface-id", "eni-0c0dec00000000001"), &scan);
    faster(&aws, &by("group-id", "sg-0c0dec00000000001"), &scan);
    faster(&aws, &format!("{list}&NetworkInterfaceId.1=eni-0c0dec00000000001"), &scan);
    faster(&aws, &format!("{list}&MaxResults=5"), &scan);
    // A subnet has many of them: half as much again leaves room for what else the machine does.
    assert!(best(&aws, &by("subnet-id", SUBNET)) < best(&aws, &scan) * 3 / 2);
}

#[test]
fn the_rules_of_one_group_are_found_among_ten_thousand() {
    let aws = Aws::new();
    let vpc = vpc(&aws);
    let ranges: Vec<String> = (0..60)
        .map(|n| format!("IpPermissions.1.IpRanges.{}.CidrIp=10.{n}.0.0/16", n + 1))
        .collect();
    let ranges = ranges.join("&");
    let nfs =
        "IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=2049&IpPermissions.1.ToPort=2049";
    let mut last = String::new();
    for n in 0..167 {
        let group = format!("GroupName=g{n}&GroupDescription=d&VpcId={vpc}");
        last = aws.ec2(&format!("Action=CreateSecurityGroup&{group}")).ok().text("groupId");
        let rules = format!("GroupId={last}&{nfs}&{ranges}");
        aws.ec2(&format!("Action=AuthorizeSecurityGroupIngress&{rules}")).ok();
    }
    let listing = "Action=DescribeSecurityGroupRules&MaxResults=1000";
    let by = |name: &str, value: &str| {
        format!("{listing}&Filter.1.Name={name}&Filter.1.Value.1={value}")
    };
    let found = aws.ec2(&by("group-id", &last)).ok();
    assert_eq!(found.texts("securityGroupRuleId").len(), 62, "with the egress of both families");
    faster(&aws, &by("group-id", &last), &by("tag:Name", "banana"));
}
