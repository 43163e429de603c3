//! VPCs and subnets.

use super::{SUBNET, VPC, vpc};
use crate::testing::Aws;

#[test]
fn a_vpc_comes_with_its_main_route_table_its_acl_and_its_default_group() {
    let aws = Aws::new();
    let id = vpc(&aws);
    let of_vpc = format!("Filter.1.Name=vpc-id&Filter.1.Value.1={id}");
    let tables = aws.ec2(&format!("Action=DescribeRouteTables&{of_vpc}&Filter.2.Name=association.main&Filter.2.Value.1=true")).ok();
    assert_eq!(tables.texts("gatewayId"), ["local", "local"], "of both families");
    let acls = aws
        .ec2(&format!(
            "Action=DescribeNetworkAcls&{of_vpc}&Filter.2.Name=default&Filter.2.Value.1=true"
        ))
        .ok();
    assert_eq!(acls.texts("ruleNumber").len(), 8, "two families, two directions");
    let groups = aws.ec2(&format!("Action=DescribeSecurityGroups&{of_vpc}")).ok();
    assert_eq!(groups.texts("groupName"), ["default"]);
    assert_eq!(groups.texts("cidrIp"), ["0.0.0.0/0"], "egress");
    assert_eq!(groups.texts("cidrIpv6"), ["::/0"], "egress");

    aws.ec2(&format!("Action=DeleteVpc&VpcId={id}")).ok();
    for listing in ["RouteTables", "NetworkAcls", "SecurityGroups"] {
        let left = aws.ec2(&format!("Action=Describe{listing}&{of_vpc}")).ok();
        assert!(!left.body.contains(&id), "{listing}: {}", left.body);
    }
    let gone = aws.ec2(&format!("Action=DescribeVpcs&VpcId.1={id}"));
    assert_eq!(gone.refused("InvalidVpcID.NotFound"), format!("The vpc ID '{id}' does not exist"));
}

#[test]
fn a_vpc_has_attributes_that_change_one_at_a_time() {
    let aws = Aws::new();
    let id = vpc(&aws);
    let read = |attribute: &str| {
        let form = format!("Action=DescribeVpcAttribute&VpcId={id}&Attribute={attribute}");
        aws.ec2(&form).ok().text("value")
    };
    assert_eq!(
        (read("enableDnsSupport").as_str(), read("enableDnsHostnames").as_str()),
        ("true", "false")
    );
    aws.ec2(&format!("Action=ModifyVpcAttribute&VpcId={id}&EnableDnsHostnames.Value=true")).ok();
    assert_eq!(read("enableDnsHostnames"), "true");
    aws.ec2(&format!("Action=ModifyVpcAttribute&VpcId={id}&EnableDnsHostnames.Value=true&EnableDnsSupport.Value=true"))
        .refused("InvalidParameterCombination");
    aws.ec2(&format!("Action=DescribeVpcAttribute&VpcId={id}&Attribute=colour"))
        .refused("InvalidParameterValue");
}

/// "You can only enable DNS hostnames if you've enabled DNS support" (`ModifyVpcAttribute`).
#[test]
fn dns_hostnames_need_dns_support() {
    let aws = Aws::new();
    let id = vpc(&aws);
    let set = |attribute: &str, value: bool| {
        aws.ec2(&format!("Action=ModifyVpcAttribute&VpcId={id}&{attribute}.Value={value}"))
    };
    set("EnableDnsSupport", false).ok();
    let message = set("EnableDnsHostnames", true).refused("InvalidParameterCombination");
    assert!(message.contains("DNS support"), "{message}");
    set("EnableDnsHostnames", false).ok();
    set("EnableDnsSupport", true).ok();
    set("EnableDnsHostnames", true).ok();
}

/// The codes are those of "Error codes for the Amazon EC2 API".
#[test]
fn a_vpc_or_subnet_that_cannot_be_is_refused_with_ec2s_code() {
    let aws = Aws::new();
    for (form, code) in [
        ("Action=CreateVpc", "MissingParameter"),
        ("Action=CreateVpc&CidrBlock=10.0.0.0/8", "InvalidVpc.Range"),
        ("Action=CreateVpc&CidrBlock=10.0.0.0/29", "InvalidVpc.Range"),
        ("Action=CreateVpc&CidrBlock=ten", "InvalidParameterValue"),
        ("Action=CreateVpc&CidrBlock=10.0.0.0/16&InstanceTenancy=host", "InvalidParameterValue"),
        (
            "Action=CreateVpc&CidrBlock=10.0.0.0/16&TagSpecification.1.ResourceType=subnet&TagSpecification.1.Tag.1.Key=a",
            "InvalidParameterValue",
        ),
        ("Action=DeleteVpc&VpcId=banana", "InvalidVpcID.Malformed"),
        ("Action=DeleteVpc&VpcId=vpc-00000000", "InvalidVpcID.NotFound"),
        ("Action=DeleteVpc&VpcId=vpc-0c0dec00000000001", "DependencyViolation"),
        ("Action=CreateSubnet&VpcId=vpc-0c0dec00000000001", "MissingParameter"),
        (
            "Action=CreateSubnet&VpcId=vpc-0c0dec00000000001&CidrBlock=10.1.0.0/24",
            "InvalidSubnet.Range",
        ),
        (
            "Action=CreateSubnet&VpcId=vpc-0c0dec00000000001&CidrBlock=10.0.254.0/29",
            "InvalidSubnet.Range",
        ),
        (
            "Action=CreateSubnet&VpcId=vpc-0c0dec00000000001&CidrBlock=10.0.1.0/24",
            "InvalidSubnet.Conflict",
        ),
        (
            "Action=CreateSubnet&VpcId=vpc-0c0dec00000000001&CidrBlock=10.0.254.0/24&AvailabilityZone=eu-west-1z",
            "InvalidParameterValue",
        ),
        (
            "Action=CreateSubnet&VpcId=vpc-0c0dec00000000001&CidrBlock=10.0.254.0/24&Ipv6CidrBlock=2600::/64",
            "InvalidSubnet.Range",
        ),
        ("Action=CreateSubnet&VpcId=vpc-0c0dec00000000001&Ipv6Native=true", "MissingParameter"),
        ("Action=DeleteSubnet&SubnetId=subnet-xyz", "InvalidSubnetID.Malformed"),
        (
            "Action=ModifySubnetAttribute&SubnetId=subnet-0c0dec0000000010a&AssignIpv6AddressOnCreation.Value=true",
            "InvalidParameterValue",
        ),
    ] {
        aws.ec2(form).refused(code);
    }
}

#[test]
fn a_subnet_counts_its_free_addresses_and_is_kept_while_an_interface_is_in_it() {
    let aws = Aws::new();
    let free = || {
        let form = format!("Action=DescribeSubnets&SubnetId.1={SUBNET}");
        aws.ec2(&form).ok().text("availableIpAddressCount")
    };
    assert_eq!(free(), "4091", "a /20 without the five that AWS keeps");
    let made = aws.efs("POST", "file-systems", &serde_json::json!({ "CreationToken": "t" })).ok();
    let file_system = made.json()["FileSystemId"].clone();
    aws.wait(1000);
    let target = serde_json::json!({ "FileSystemId": file_system, "SubnetId": SUBNET });
    aws.efs("POST", "mount-targets", &target).ok();
    assert_eq!(free(), "4090");
    let refused = aws.ec2(&format!("Action=DeleteSubnet&SubnetId={SUBNET}"));
    let message = format!("The subnet '{SUBNET}' has dependencies and cannot be deleted.");
    assert_eq!(refused.refused("DependencyViolation"), message);
}

#[test]
fn subnets_are_of_either_family_or_of_both() {
    let aws = Aws::new();
    let id = vpc(&aws);
    let range = aws.ec2(&format!("Action=DescribeVpcs&VpcId.1={id}")).ok().text("ipv6CidrBlock");
    let block = |n: u8| range.replace("00::/56", &format!("{n:02x}::/64"));
    let dual = aws
        .ec2(&format!(
            "Action=CreateSubnet&VpcId={id}&CidrBlock=10.7.0.0/24&Ipv6CidrBlock={}",
            block(1)
        ))
        .ok();
    assert_eq!(
        (dual.text("cidrBlock").as_str(), dual.text("ipv6Native").as_str()),
        ("10.7.0.0/24", "false")
    );
    let native = aws
        .ec2(&format!("Action=CreateSubnet&VpcId={id}&Ipv6Native=true&Ipv6CidrBlock={}", block(2)))
        .ok();
    assert_eq!(native.texts("cidrBlock"), [""; 0]);
    assert_eq!(native.text("ipv6CidrBlock"), block(2));
    assert_eq!(native.text("assignIpv6AddressOnCreation"), "true");
    aws.ec2(&format!(
        "Action=CreateSubnet&VpcId={id}&CidrBlock=10.7.1.0/24&Ipv6CidrBlock={}",
        block(2)
    ))
    .refused("InvalidSubnet.Conflict");
    let later = aws
        .ec2(&format!("Action=CreateSubnet&VpcId={id}&CidrBlock=10.7.2.0/24"))
        .ok()
        .text("subnetId");
    let added = aws
        .ec2(&format!(
            "Action=AssociateSubnetCidrBlock&SubnetId={later}&Ipv6CidrBlock={}",
            block(3)
        ))
        .ok();
    let association = added.text("associationId");
    aws.ec2(&format!("Action=DisassociateSubnetCidrBlock&AssociationId={association}")).ok();
    aws.ec2(&format!("Action=DisassociateSubnetCidrBlock&AssociationId={association}"))
        .refused("InvalidSubnetCidrBlockAssociationID.NotFound");
}

#[test]
fn an_outposts_subnet_names_it() {
    let aws = Aws::new();
    let arn = "arn:aws:outposts:eu-west-1:111122223333:outpost/op-0123456789abcdef0";
    let made = aws
        .ec2(&format!("Action=CreateSubnet&VpcId={VPC}&CidrBlock=10.0.254.0/24&OutpostArn={arn}"))
        .ok();
    assert_eq!(made.text("outpostArn"), arn);
}

#[test]
fn a_vpc_takes_further_ranges_and_keeps_its_first_one() {
    let aws = Aws::new();
    let id = vpc(&aws);
    aws.ec2(&format!("Action=AssociateVpcCidrBlock&VpcId={id}&CidrBlock=10.7.128.0/17"))
        .refused("InvalidVpc.Range");
    let added =
        aws.ec2(&format!("Action=AssociateVpcCidrBlock&VpcId={id}&CidrBlock=10.8.0.0/16")).ok();
    let association = added.text("associationId");
    aws.ec2(&format!("Action=CreateSubnet&VpcId={id}&CidrBlock=10.8.0.0/24")).ok();
    aws.ec2(&format!("Action=DisassociateVpcCidrBlock&AssociationId={association}"))
        .refused("DependencyViolation");
    let first = aws.ec2(&format!("Action=DescribeVpcs&VpcId.1={id}")).ok();
    let first = first.texts("associationId")[0].to_owned();
    aws.ec2(&format!("Action=DisassociateVpcCidrBlock&AssociationId={first}"))
        .refused("OperationNotPermitted");
}

/// "Checks whether you have the required permissions for the action, without actually making
/// the request" (`DryRun`): 412 in EC2.
#[test]
fn a_dry_run_changes_nothing() {
    let aws = Aws::new();
    let before = aws.ec2("Action=DescribeVpcs").ok().texts("vpcId").len();
    let dry = aws.ec2("Action=CreateVpc&CidrBlock=10.9.0.0/16&DryRun=true");
    assert_eq!(dry.status, 412);
    let message = dry.refused("DryRunOperation");
    assert_eq!(message, "Request would have succeeded, but DryRun flag is set.");
    assert_eq!(aws.ec2("Action=DescribeVpcs").ok().texts("vpcId").len(), before);
    aws.ec2("Action=CreateVpc&CidrBlock=10.0.0.0/8&DryRun=true").refused("InvalidVpc.Range");
}
