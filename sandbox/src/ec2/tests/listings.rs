//! Listings: identifiers, filters and pages.

use crate::testing::Aws;

/// Each listing, the parameter of its ids, the element that holds an id, and its codes.
const LISTINGS: [(&str, &str, &str, &str, &str); 12] = [
    ("DescribeVpcs", "VpcId", "vpc-00000000", "InvalidVpcID.NotFound", "InvalidVpcID.Malformed"),
    (
        "DescribeSubnets",
        "SubnetId",
        "subnet-00000000",
        "InvalidSubnetID.NotFound",
        "InvalidSubnetID.Malformed",
    ),
    (
        "DescribeSecurityGroups",
        "GroupId",
        "sg-00000000",
        "InvalidGroup.NotFound",
        "InvalidGroupId.Malformed",
    ),
    (
        "DescribeSecurityGroupRules",
        "SecurityGroupRuleId",
        "sgr-00000000",
        "InvalidSecurityGroupRuleId.NotFound",
        "InvalidSecurityGroupRuleId.Malformed",
    ),
    (
        "DescribeNetworkInterfaces",
        "NetworkInterfaceId",
        "eni-00000000",
        "InvalidNetworkInterfaceID.NotFound",
        "InvalidNetworkInterfaceId.Malformed",
    ),
    (
        "DescribeRouteTables",
        "RouteTableId",
        "rtb-00000000",
        "InvalidRouteTableID.NotFound",
        "InvalidRouteTableId.Malformed",
    ),
    (
        "DescribeInternetGateways",
        "InternetGatewayId",
        "igw-00000000",
        "InvalidInternetGatewayID.NotFound",
        "InvalidInternetGatewayId.Malformed",
    ),
    (
        "DescribeNatGateways",
        "NatGatewayId",
        "nat-00000000",
        "NatGatewayNotFound",
        "NatGatewayMalformed",
    ),
    (
        "DescribeAddresses",
        "AllocationId",
        "eipalloc-00000000",
        "InvalidAllocationID.NotFound",
        "InvalidAllocationID.Malformed",
    ),
    (
        "DescribeNetworkAcls",
        "NetworkAclId",
        "acl-00000000",
        "InvalidNetworkAclID.NotFound",
        "InvalidNetworkAclId.Malformed",
    ),
    (
        "DescribeDhcpOptions",
        "DhcpOptionsId",
        "dopt-00000000",
        "InvalidDhcpOptionID.NotFound",
        "InvalidDhcpOptionsId.Malformed",
    ),
    (
        "DescribeInstances",
        "InstanceId",
        "i-00000000",
        "InvalidInstanceID.NotFound",
        "InvalidInstanceID.Malformed",
    ),
];

/// The codes are those of "Error codes for the Amazon EC2 API".
#[test]
fn malformed_ids_unknown_ids_and_unknown_filters_are_refused_in_every_listing() {
    let aws = Aws::new();
    for (action, parameter, unknown, not_found, malformed) in LISTINGS {
        aws.ec2(&format!("Action={action}&{parameter}.1={unknown}")).refused(not_found);
        aws.ec2(&format!("Action={action}&{parameter}.1=banana")).refused(malformed);
        let message = aws
            .ec2(&format!("Action={action}&Filter.1.Name=colour&Filter.1.Value.1=red"))
            .refused("InvalidParameterValue");
        assert_eq!(message, "The filter 'colour' is invalid", "{action}");
        let option = aws.ec2(&format!("Action={action}&Colour=red"));
        option.refused("UnknownParameter");
        aws.ec2(&format!("Action={action}")).ok();
    }
}

/// The ranges of `MaxResults` are those of EC2's model (botocore 1.43.11).
#[test]
fn pages_have_a_least_and_a_greatest_size() {
    let aws = Aws::new();
    for (action, ..) in LISTINGS.into_iter().filter(|(name, ..)| *name != "DescribeAddresses") {
        let greatest = if action == "DescribeRouteTables" { 100 } else { 1000 };
        for (most, valid) in [(4, false), (5, true), (greatest, true), (greatest + 1, false)] {
            let page = aws.ec2(&format!("Action={action}&MaxResults={most}"));
            if valid {
                page.ok();
            } else {
                page.refused("InvalidParameterValue");
            }
        }
        aws.ec2(&format!("Action={action}&NextToken=banana")).refused("InvalidNextToken");
    }
    aws.ec2("Action=DescribeAddresses&MaxResults=5").refused("UnknownParameter");
}

/// "You cannot specify this parameter and the … IDs parameter in the same request": of
/// interfaces and instances only.
#[test]
fn pages_go_together_with_ids_in_most_listings() {
    let aws = Aws::with(&["--world", "nodes"]);
    let both = |action: &str, ids: &str, id: &str| {
        aws.ec2(&format!("Action={action}&{ids}.1={id}&MaxResults=5"))
    };
    both("DescribeVpcs", "VpcId", "vpc-0c0dec00000000001").ok();
    both("DescribeNatGateways", "NatGatewayId", "nat-0c0dec00000000001").ok();
    both("DescribeInstances", "InstanceId", "i-0c0dec00000000010")
        .refused("InvalidParameterCombination");
    both("DescribeNetworkInterfaces", "NetworkInterfaceId", "eni-0c0dec00000000010")
        .refused("InvalidParameterCombination");
}

/// "`DryRun`: Checks whether you have the required permissions for the action, without actually
/// making the request".
#[test]
fn a_dry_run_changes_nothing_and_says_what_would_have_been() {
    let aws = Aws::new();
    let (unknown, made) = ("VpcId=vpc-00000000", "VpcId=vpc-0c0dec00000000001");
    for action in ["CreateNetworkAcl", "CreateRouteTable"] {
        let dry = aws.ec2(&format!("Action={action}&{made}&DryRun=true"));
        assert_eq!(dry.status, 412, "{action}");
        dry.refused("DryRunOperation");
        aws.ec2(&format!("Action={action}&{unknown}&DryRun=true")).refused("InvalidVpcID.NotFound");
    }
    aws.ec2("Action=DescribeVpcs&DryRun=true").refused("DryRunOperation");
    let acls = aws.ec2("Action=DescribeNetworkAcls").ok();
    assert_eq!(
        acls.texts("networkAclId").into_iter().collect::<std::collections::BTreeSet<_>>().len(),
        1
    );
}

#[test]
fn pages_end_and_a_token_belongs_to_the_request_it_was_handed_out_for() {
    let aws = Aws::new();
    let first = aws.ec2("Action=DescribeSubnets&MaxResults=5").ok();
    let mut seen: Vec<String> = first.texts("subnetId").into_iter().map(str::to_owned).collect();
    assert_eq!(seen.len(), 5);
    let token = first.text("nextToken");
    let rest = aws.ec2(&format!("Action=DescribeSubnets&MaxResults=5&NextToken={token}")).ok();
    seen.extend(rest.texts("subnetId").into_iter().map(str::to_owned));
    assert_eq!(rest.texts("nextToken"), [""; 0]);
    let all = aws.ec2("Action=DescribeSubnets").ok();
    assert_eq!(seen, all.texts("subnetId"));
    aws.ec2(&format!("Action=DescribeVpcs&MaxResults=5&NextToken={token}"))
        .refused("InvalidNextToken");
    let filter = "Filter.1.Name=state&Filter.1.Value.1=available";
    aws.ec2(&format!("Action=DescribeSubnets&MaxResults=5&NextToken={token}&{filter}"))
        .refused("InvalidNextToken");
    let mut forged = token;
    forged.replace_range(0..1, "g");
    aws.ec2(&format!("Action=DescribeSubnets&MaxResults=5&NextToken={forged}"))
        .refused("InvalidNextToken");
    let ids = "InstanceId.1=i-00000000";
    aws.ec2(&format!("Action=DescribeInstances&MaxResults=5&{ids}"))
        .refused("InvalidParameterCombination");
}

/// A listing with filters, an element of its items, and how many of them there are in the
/// world of nodes.
const NARROWED: [(&str, &str, usize); 26] = [
    ("DescribeVpcs&Filter.1.Name=cidr&Filter.1.Value.1=10.0.*", "vpcId", 1),
    ("DescribeVpcs&Filter.1.Name=is-default&Filter.1.Value.1=true", "vpcId", 0),
    ("DescribeVpcs&Filter.1.Name=isDefault&Filter.1.Value.1=true", "vpcId", 0),
    ("DescribeVpcs&Filter.1.Name=isDefault&Filter.1.Value.1=false", "vpcId", 1),
    ("DescribeVpcs&Filter.1.Name=tag:Name&Filter.1.Value.1=graphscope-???", "vpcId", 1),
    ("DescribeSubnets&Filter.1.Name=availability-zone-id&Filter.1.Value.1=euw1-az1", "subnetId", 3),
    ("DescribeSubnets&Filter.1.Name=map-public-ip-on-launch&Filter.1.Value.1=true", "subnetId", 3),
    (
        "DescribeSubnets&Filter.1.Name=availabilityZone&Filter.1.Value.1=eu-west-1b&Filter.1.Value.2=eu-west-1c",
        "subnetId",
        4,
    ),
    ("DescribeSubnets&Filter.1.Name=tag-key&Filter.1.Value.1=kubernetes.io/role/*", "subnetId", 7),
    ("DescribeSubnets&Filter.1.Name=outpost-arn&Filter.1.Value.1=*", "subnetId", 0),
    ("DescribeSecurityGroups&Filter.1.Name=group-name&Filter.1.Value.1=DEFAULT", "groupName", 0),
    (
        "DescribeSecurityGroups&Filter.1.Name=ip-permission.group-id&Filter.1.Value.1=sg-0c0dec00000000001",
        "groupName",
        1,
    ),
    (
        "DescribeSecurityGroups&Filter.1.Name=egress.ip-permission.cidr&Filter.1.Value.1=0.0.0.0/0",
        "groupName",
        4,
    ),
    ("DescribeRouteTables&Filter.1.Name=route.gateway-id&Filter.1.Value.1=igw-*", "vpcId", 1),
    (
        "DescribeRouteTables&Filter.1.Name=association.subnet-id&Filter.1.Value.1=subnet-0c0dec0000000010a",
        "vpcId",
        0,
    ),
    (
        "DescribeInternetGateways&Filter.1.Name=attachment.vpc-id&Filter.1.Value.1=vpc-0c0dec00000000001",
        "vpcId",
        1,
    ),
    ("DescribeNatGateways&Filter.1.Name=state&Filter.1.Value.1=available", "subnetId", 1),
    (
        "DescribeNetworkAcls&Filter.1.Name=association.subnet-id&Filter.1.Value.1=subnet-0c0dec0000000010a",
        "vpcId",
        1,
    ),
    ("DescribeDhcpOptions&Filter.1.Name=value&Filter.1.Value.1=AmazonProvidedDNS", "ownerId", 1),
    (
        "DescribeInstances&Filter.1.Name=tag:eks:cluster-name&Filter.1.Value.1=graphscope-dev",
        "reservationId",
        3,
    ),
    (
        "DescribeInstances&Filter.1.Name=instance.group-name&Filter.1.Value.1=eks-*&Filter.2.Name=availability-zone&Filter.2.Value.1=eu-west-1a",
        "reservationId",
        1,
    ),
    (
        "DescribeInstances&Filter.1.Name=instance-state-name&Filter.1.Value.1=stopped",
        "reservationId",
        0,
    ),
    (
        "DescribeNetworkInterfaces&Filter.1.Name=interface-type&Filter.1.Value.1=interface",
        "macAddress",
        3,
    ),
    (
        "DescribeAvailabilityZones&Filter.1.Name=zone-type&Filter.1.Value.1=availability-zone",
        "zoneName",
        3,
    ),
    ("DescribeRegions&Filter.1.Name=region-name&Filter.1.Value.1=eu-west-*", "regionName", 3),
    ("DescribeTags&Filter.1.Name=resource-type&Filter.1.Value.1=vpc", "key", 1),
];

#[test]
fn filters_narrow_every_listing_by_what_ec2_documents() {
    let aws = Aws::with(&["--world", "nodes"]);
    for (form, element, expected) in NARROWED {
        let found = aws.ec2(&format!("Action={form}")).ok();
        assert_eq!(found.texts(element).len(), expected, "{form}: {}", found.body);
    }
}

#[test]
fn what_is_not_served_is_said_and_what_does_not_exist_is_refused() {
    let aws = Aws::new();
    let other = aws.ec2("Action=RunInstances");
    assert!(other.status == 501 && other.body.contains("RunInstances"), "{}", other.body);
    let option = aws.ec2("Action=CreateVpc&Ipv4IpamPoolId=ipam-pool-0");
    assert!(option.status == 501 && option.body.contains("Ipv4IpamPoolId"), "{}", option.body);
    for refusal in [other, option] {
        assert_eq!(refusal.texts("Code"), [""; 0], "AWS has no code for this");
        assert!(refusal.text("Message").ends_with('.'), "{}", refusal.body);
    }
    aws.ec2("Action=RunInstance").refused("InvalidAction");
}

#[test]
fn zones_and_regions_have_state_type_and_opt_in() {
    let mut aws = Aws::with(&["--world", "local-zone,wavelength"]);
    let zones = aws.ec2("Action=DescribeAvailabilityZones").ok();
    assert_eq!(
        zones.texts("zoneType").join(" "),
        "availability-zone availability-zone availability-zone local-zone wavelength-zone"
    );
    assert_eq!(
        zones.texts("zoneId"),
        ["euw1-az1", "euw1-az2", "euw1-az3", "euw1-bos1-az1", "euw1-wl1-bos-wlz1"]
    );
    assert_eq!(zones.texts("optInStatus")[2..4], ["opt-in-not-required", "opted-in"]);
    assert_eq!(zones.texts("zoneState"), ["available"; 5]);
    let one = aws.ec2("Action=DescribeAvailabilityZones&ZoneId.1=euw1-az2").ok();
    assert_eq!(one.texts("zoneName"), ["eu-west-1b"]);
    aws.ec2("Action=DescribeAvailabilityZones&ZoneName.1=eu-west-9a")
        .refused("InvalidParameterValue");
    let regions = aws.ec2("Action=DescribeRegions").ok();
    assert!(!regions.body.contains("me-south-1"), "it needs an opt-in");
    let all = aws.ec2("Action=DescribeRegions&AllRegions=true").ok();
    assert!(all.body.contains("me-south-1") && all.body.contains("not-opted-in"));
    aws.region = "cn-north-1";
    let china = aws.ec2("Action=DescribeRegions").ok();
    assert_eq!(
        china.texts("regionEndpoint"),
        ["ec2.cn-north-1.amazonaws.com.cn", "ec2.cn-northwest-1.amazonaws.com.cn"]
    );
}
