//! Mount targets: their place, their addresses, their groups.

use serde_json::json;

use super::*;

#[test]
fn one_target_per_zone_in_subnets_and_groups_that_exist() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({}));
    aws.mount_target(&id, "subnet-00000000", &json!({})).refused("SubnetNotFound");
    aws.mount_target(&id, SUBNET_A, &json!({ "SecurityGroups": ["sg-00000000"] }))
        .refused("SecurityGroupNotFound");
    let six = vec!["sg-0c0dec00000000001"; 6];
    aws.mount_target(&id, SUBNET_A, &json!({ "SecurityGroups": six }))
        .refused("SecurityGroupLimitExceeded");
    aws.mount_target("fs-00000000", SUBNET_A, &json!({})).refused("FileSystemNotFound");
    aws.mount_target(&id, SUBNET_A, &json!({})).ok();
    let message = aws.mount_target(&id, SECOND_A, &json!({})).refused("MountTargetConflict");
    assert_eq!(message, "mount target already exists in this AZ");
    aws.mount_target(&id, SUBNET_B, &json!({})).ok();
}

#[test]
fn a_target_is_described_with_its_interface_zone_and_vpc() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({}));
    let made = aws.mount_target(&id, SUBNET_B, &json!({})).ok();
    assert_eq!(made["LifeCycleState"], "creating");
    assert_eq!(made["IpAddress"], "10.0.16.4", "AWS keeps the first four");
    assert_eq!(
        (&made["AvailabilityZoneName"], &made["AvailabilityZoneId"]),
        (&json!("eu-west-1b"), &json!("euw1-az2"))
    );
    assert!(text(&made["NetworkInterfaceId"]).starts_with("eni-"));
    assert!(text(&made["VpcId"]).starts_with("vpc-"));
    aws.wait(600);
    let target = text(&made["MountTargetId"]);
    for by in [format!("FileSystemId={id}"), format!("MountTargetId={target}")] {
        let found = aws.get(&format!("mount-targets?{by}")).ok();
        assert_eq!(found["MountTargets"][0]["LifeCycleState"], "available");
    }
}

/// Exactly one of the three parameters (`DescribeMountTargets`: each "must be included in
/// your request if" the others are not).
#[test]
fn targets_are_described_by_exactly_one_thing() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({}));
    let target = text(&aws.mount_target(&id, SUBNET_A, &json!({})).ok()["MountTargetId"]);
    let point = text(&aws.access_point(&id, "p", &json!({})).ok()["AccessPointId"]);
    let found = aws.get(&format!("mount-targets?AccessPointId={point}")).ok();
    assert_eq!(found["MountTargets"][0]["MountTargetId"], json!(target));
    aws.get("mount-targets").refused("BadRequest");
    aws.get(&format!("mount-targets?FileSystemId={id}&MountTargetId={target}"))
        .refused("BadRequest");
    aws.get("mount-targets?AccessPointId=fsap-00000000").refused("AccessPointNotFound");
    aws.get("mount-targets?MountTargetId=fsmt-00000000").refused("MountTargetNotFound");
}

/// AWS's words for addresses: cdk-preflight, rule `pf-efs-mount-target-ip-address`.
#[test]
fn a_fixed_address_is_one_that_is_free_in_the_subnet() {
    let aws = Aws::new();
    let (one, two) = (aws.file_system(&json!({})), aws.file_system(&json!({})));
    let made = aws.mount_target(&one, SUBNET_A, &json!({ "IpAddress": "10.0.0.77" })).ok();
    assert_eq!(made["IpAddress"], "10.0.0.77");
    for (body, code, said) in [
        (json!({ "IpAddress": "10.0.0.77" }), "IpAddressInUse", "10.0.0.77"),
        (
            json!({ "IpAddress": "10.0.16.9" }),
            "BadRequest",
            "Address does not fall within the subnet's address range",
        ),
        (json!({ "IpAddress": "10.0.0.3" }), "BadRequest", "reserved"),
        (json!({ "IpAddress": "10.0.15.255" }), "BadRequest", "reserved"),
        (json!({ "IpAddress": "10.0.0.999" }), "BadRequest", "Invalid IP address"),
        (json!({ "IpAddress": "ten" }), "BadRequest", "validation error"),
        (
            json!({ "Ipv6Address": "2001:db8::5" }),
            "BadRequest",
            "does not match the specified IpAddressType",
        ),
        (
            json!({ "IpAddressType": "IPV6_ONLY", "IpAddress": "10.0.0.9" }),
            "BadRequest",
            "does not match the specified IpAddressType",
        ),
        (
            json!({ "IpAddressType": "IPV6_ONLY" }),
            "BadRequest",
            "The provided subnet does not support IPv6-only address type.",
        ),
        (json!({ "IpAddressType": "DUAL_STACK" }), "BadRequest", "does not support dual-stack"),
        (json!({ "IpAddressType": "IPV5" }), "BadRequest", "enum value set"),
    ] {
        let message = aws.mount_target(&two, SUBNET_A, &body).refused(code);
        assert!(message.contains(said), "{body}: {message}");
    }
}

#[test]
fn an_address_is_free_again_once_its_target_is_gone() {
    let aws = Aws::new();
    let (one, two) = (aws.file_system(&json!({})), aws.file_system(&json!({})));
    let target = text(&aws.mount_target(&one, SUBNET_A, &json!({})).ok()["MountTargetId"]);
    aws.delete(&format!("mount-targets/{target}")).ok();
    let fixed = json!({ "IpAddress": "10.0.0.4" });
    aws.mount_target(&two, SUBNET_A, &fixed).refused("IpAddressInUse");
    let found = aws.get(&format!("mount-targets?MountTargetId={target}")).ok();
    assert_eq!(found["MountTargets"][0]["LifeCycleState"], "deleting");
    aws.delete(&format!("mount-targets/{target}")).ok();
    aws.wait(400);
    aws.mount_target(&two, SUBNET_A, &fixed).ok();
    aws.delete(&format!("mount-targets/{target}")).refused("MountTargetNotFound");
}

#[test]
fn groups_are_replaced_and_default_to_the_vpcs() {
    let aws = Aws::new();
    let id = aws.file_system(&json!({}));
    let target = text(&aws.mount_target(&id, SUBNET_A, &json!({})).ok()["MountTargetId"]);
    let path = format!("mount-targets/{target}/security-groups");
    let groups = |aws: &Aws| aws.get(&path).ok()["SecurityGroups"].clone();
    assert_eq!(groups(&aws), json!(["sg-0c0dec00000000004"]), "the VPC's default group");
    aws.put(&path, json!({ "SecurityGroups": ["sg-0c0dec00000000001", "sg-0c0dec00000000003"] }))
        .ok();
    assert_eq!(groups(&aws), json!(["sg-0c0dec00000000001", "sg-0c0dec00000000003"]));
    aws.put(&path, json!({ "SecurityGroups": ["sg-00000000"] })).refused("SecurityGroupNotFound");
    aws.put(&path, json!({ "SecurityGroups": vec!["sg-0c0dec00000000001"; 6] }))
        .refused("SecurityGroupLimitExceeded");
    aws.put(&path, json!({ "SecurityGroups": vec!["sg-0c0dec00000000001"; 2] })).ok();
    assert_eq!(groups(&aws), json!(["sg-0c0dec00000000001"]), "each once");
    aws.put(&path, json!({ "SecurityGroups": ["group"] })).refused("BadRequest");
    aws.delete(&format!("mount-targets/{target}")).ok();
    aws.put(&path, json!({})).refused("IncorrectMountTargetState");
}

#[test]
fn a_vpc_has_as_many_targets_as_its_quota_says() {
    let aws = Aws::with(&["--mount-target-limit", "1"]);
    let id = aws.file_system(&json!({}));
    aws.mount_target(&id, SUBNET_A, &json!({})).ok();
    let full = aws.mount_target(&id, SUBNET_B, &json!({}));
    assert_eq!(full.status, 409);
    full.refused("NetworkInterfaceLimitExceeded");
}

/// Local Zones, Wavelength Zones and Outposts have no mount targets (`CreateMountTarget`,
/// `UnsupportedAvailabilityZone`), and no One Zone file systems.
#[test]
fn what_extends_a_region_has_no_targets() {
    let aws = Aws::with(&["--world", "local-zone,wavelength,outpost"]);
    let id = aws.file_system(&json!({}));
    for subnet in
        ["subnet-0c0dec0000000050a", "subnet-0c0dec0000000060a", "subnet-0c0dec0000000070a"]
    {
        aws.mount_target(&id, subnet, &json!({})).refused("UnsupportedAvailabilityZone");
    }
    let zone = zones(&aws).into_iter().find(|zone| zone.len() > "eu-west-1a".len()).unwrap();
    let one_zone = json!({ "CreationToken": "t", "AvailabilityZoneName": zone });
    aws.post("file-systems", one_zone).refused("UnsupportedAvailabilityZone");
}

/// The names of the region's zones, as EC2 lists them.
fn zones(aws: &Aws) -> Vec<String> {
    let form = b"Action=DescribeAvailabilityZones&AllAvailabilityZones=true&Version=2016-11-15";
    let (_, _, body) = aws.send("POST", "/", "ec2", form);
    let body = String::from_utf8(body).unwrap();
    let names = body.split("<zoneName>").skip(1);
    names.map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
}

#[test]
fn a_dual_stack_subnet_gives_one_address_of_each_family() {
    let aws = Aws::with(&["--world", "dual-stack"]);
    let (one, two) = (aws.file_system(&json!({})), aws.file_system(&json!({})));
    let made = aws.mount_target(&one, SUBNET_A, &json!({ "IpAddressType": "DUAL_STACK" })).ok();
    assert_eq!(made["IpAddress"], "10.0.0.4");
    let ipv6 = text(&made["Ipv6Address"]);
    assert!(ipv6.ends_with("::4"), "{ipv6}");
    let taken = json!({ "IpAddressType": "DUAL_STACK", "Ipv6Address": ipv6 });
    aws.mount_target(&two, SUBNET_A, &taken).refused("IpAddressInUse");
    let plain = aws.mount_target(&two, SUBNET_A, &json!({})).ok();
    assert_eq!(plain.get("Ipv6Address"), None, "IPv4 is used unless a type is specified");
}

#[test]
fn an_ipv6_only_subnet_needs_the_type_to_be_said() {
    let aws = Aws::with(&["--world", "ipv6-only"]);
    let id = aws.file_system(&json!({}));
    let subnet = "subnet-0c0dec0000000040a";
    let message = aws.mount_target(&id, subnet, &json!({})).refused("BadRequest");
    assert!(message.contains("IPv4-only"), "{message}");
    let made = aws.mount_target(&id, subnet, &json!({ "IpAddressType": "IPV6_ONLY" })).ok();
    assert!(made["Ipv6Address"].is_string());
    assert_eq!(made.get("IpAddress"), None);
}

/// "Participants can't launch resources using the default security group for the VPC because
/// it belongs to the owner" (Amazon VPC User Guide, "Share your VPC subnets with other accounts").
#[test]
fn no_security_group_of_another_account_is_taken_by_default() {
    let aws = Aws::with(&["--world", "shared-vpc"]);
    let id = aws.file_system(&json!({}));
    aws.mount_target(&id, SUBNET_A, &json!({})).refused("SecurityGroupNotFound");
    let own = json!({ "SecurityGroups": ["sg-0c0dec00000000001"] });
    let target = text(&aws.mount_target(&id, SUBNET_A, &own).ok()["MountTargetId"]);
    let none = json!({ "SecurityGroups": [] });
    aws.put(&format!("mount-targets/{target}/security-groups"), none)
        .refused("SecurityGroupNotFound");
}
