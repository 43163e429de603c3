//! Network interfaces.

use serde_json::json;

use super::SUBNET;
use crate::testing::Aws;

/// "EFS mount target for fs-… (fsmt-…)", `requesterManaged` and `ip-192-0-2-0.ec2.internal`
/// are in the EFS User Guide's example of a logged `CreateNetworkInterface`; `efs` is a
/// value of the filter `interface-type`.
#[test]
fn a_mount_targets_interface_says_whose_it_is() {
    let mut aws = Aws::new();
    aws.region = "us-east-1";
    let made = aws.efs("POST", "file-systems", &json!({ "CreationToken": "t" })).ok().json();
    aws.wait(1000);
    let target = json!({ "FileSystemId": made["FileSystemId"], "SubnetId": SUBNET });
    let target = aws.efs("POST", "mount-targets", &target).ok().json();
    let id = target["NetworkInterfaceId"].as_str().unwrap();
    let found =
        aws.ec2(&format!("Action=DescribeNetworkInterfaces&NetworkInterfaceId.1={id}")).ok();
    for (element, expected) in [
        ("interfaceType", "efs"),
        ("requesterManaged", "true"),
        ("privateIpAddress", "10.0.0.4"),
        ("privateDnsName", "ip-10-0-0-4.ec2.internal"),
        ("groupId", "sg-0c0dec00000000004"),
        ("availabilityZoneId", "use1-az1"),
        ("status", "in-use"),
        ("sourceDestCheck", "true"),
    ] {
        assert_eq!(found.text(element), expected, "{element}");
    }
    let (file_system, target) =
        (made["FileSystemId"].as_str().unwrap(), target["MountTargetId"].as_str().unwrap());
    assert!(
        found.body.contains(&format!(
            "<description>EFS mount target for {file_system} ({target})</description>"
        )),
        "{}",
        found.body
    );
    let mac = found.text("macAddress");
    assert!(mac.len() == 17 && mac.split(':').count() == 6, "{mac}");
    let by_mac = aws
        .ec2(&format!(
            "Action=DescribeNetworkInterfaces&Filter.1.Name=mac-address&Filter.1.Value.1={mac}"
        ))
        .ok();
    assert_eq!(by_mac.texts("networkInterfaceId"), [id]);
}

#[test]
fn instances_are_added_from_outside_with_either_family_of_addresses() {
    let aws = Aws::with(&["--world", "dual-stack"]);
    let node = json!({ "InstanceId": "i-0123456789abcdef0", "SubnetId": SUBNET, "PrivateIpAddress": "10.0.1.1", "Ipv6Addresses": ["2600:1f13:c0d:ec01::1"], "GroupIds": ["sg-0c0dec00000000002"] });
    aws.own("seed/eu-west-1", &json!({ "Instances": [node] })).ok();
    let filter = "Filter.1.Name=ipv6-address&Filter.1.Value.1=2600:1f13:*";
    let found = aws.ec2(&format!("Action=DescribeInstances&{filter}")).ok();
    assert_eq!(found.text("instanceId"), "i-0123456789abcdef0");
    assert_eq!(found.text("groupName"), "graphscope-dev-nodes");
    let lost = json!({ "Instances": [{ "InstanceId": "i-1", "SubnetId": "subnet-0" }] });
    assert_eq!(aws.own("seed/eu-west-1", &lost).body, "`subnet-0` does not exist in this region");
}

/// "If you have a large number of network interfaces, the operation fails unless you use
/// pagination or one of the following filters" (`DescribeNetworkInterfaces`).
#[test]
fn five_thousand_interfaces_are_listed_in_pages_or_narrowed_only() {
    let aws = Aws::with(&["--world", "many-interfaces"]);
    aws.ec2("Action=DescribeNetworkInterfaces").refused("OperationNotPermitted");
    let wide = "Filter.1.Name=status&Filter.1.Value.1=in-use";
    aws.ec2(&format!("Action=DescribeNetworkInterfaces&{wide}")).refused("OperationNotPermitted");
    let narrow = format!("Filter.1.Name=subnet-id&Filter.1.Value.1={SUBNET}");
    let narrow = aws.ec2(&format!("Action=DescribeNetworkInterfaces&{narrow}")).ok();
    let in_subnet = narrow.texts("macAddress").len();
    assert!((700..730).contains(&in_subnet), "seven subnets share them: {in_subnet}");
    let (mut seen, mut token) = (0, String::new());
    loop {
        let page =
            aws.ec2(&format!("Action=DescribeNetworkInterfaces&MaxResults=1000{token}")).ok();
        seen += page.texts("macAddress").len();
        match page.texts("nextToken").first() {
            Some(next) => token = format!("&NextToken={next}"),
            None => break,
        }
    }
    assert_eq!(seen, 5001, "the NAT gateway has one too");
}
