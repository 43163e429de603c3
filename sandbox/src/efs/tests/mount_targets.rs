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
