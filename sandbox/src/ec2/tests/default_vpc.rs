//! The default VPC: as a world, and made by a call.

use crate::testing::Aws;

/// Checks the default VPC against "Default VPCs" (Amazon VPC User Guide).
fn check(aws: &Aws) {
    let vpc = aws.ec2("Action=DescribeVpcs&Filter.1.Name=is-default&Filter.1.Value.1=true").ok();
    assert_eq!(vpc.texts("cidrBlock")[0], "172.31.0.0/16");
    let id = vpc.text("vpcId");
    let of_vpc = format!("Filter.1.Name=vpc-id&Filter.1.Value.1={id}");
    let subnets = aws.ec2(&format!("Action=DescribeSubnets&{of_vpc}")).ok();
    let mut zones = subnets.texts("availabilityZone");
    zones.sort_unstable();
    assert_eq!(zones, ["eu-west-1a", "eu-west-1b", "eu-west-1c"]);
    assert_eq!(subnets.texts("defaultForAz"), ["true"; 3]);
    assert_eq!(subnets.texts("mapPublicIpOnLaunch"), ["true"; 3]);
    let mut ranges = subnets.texts("cidrBlock");
    ranges.sort_unstable();
    assert_eq!(ranges, ["172.31.0.0/20", "172.31.16.0/20", "172.31.32.0/20"]);
    let table = aws.ec2(&format!("Action=DescribeRouteTables&{of_vpc}")).ok();
    assert_eq!(table.texts("destinationCidrBlock"), ["172.31.0.0/16", "0.0.0.0/0"]);
    assert_eq!(table.texts("main"), ["true"]);
    let attached = format!("Filter.1.Name=attachment.vpc-id&Filter.1.Value.1={id}");
    let gateway = aws.ec2(&format!("Action=DescribeInternetGateways&{attached}")).ok();
    assert_eq!(table.texts("gatewayId")[1], gateway.text("internetGatewayId"));
    let acl = aws.ec2(&format!("Action=DescribeNetworkAcls&{of_vpc}")).ok();
    assert_eq!((acl.texts("subnetId").len(), acl.text("default").as_str()), (3, "true"));
    let groups = aws.ec2(&format!("Action=DescribeSecurityGroups&{of_vpc}")).ok();
    assert_eq!(groups.texts("groupName"), ["default"]);
    let attribute = format!("Action=DescribeVpcAttribute&VpcId={id}&Attribute=enableDnsHostnames");
    assert_eq!(aws.ec2(&attribute).ok().text("value"), "true");
    let account = aws.ec2("Action=DescribeAccountAttributes&AttributeName.1=default-vpc").ok();
    assert_eq!(account.text("attributeValue"), id);
}

#[test]
fn the_world_has_one_as_aws_makes_it() {
    check(&Aws::with(&["--world", "default-vpc"]));
}

#[test]
fn a_call_makes_one_where_there_is_none() {
    let aws = Aws::new();
    aws.ec2("Action=CreateDefaultSubnet&AvailabilityZone=eu-west-1a")
        .refused("DefaultVpcDoesNotExist");
    aws.ec2("Action=CreateDefaultVpc").ok();
    check(&aws);
    aws.ec2("Action=CreateDefaultVpc").refused("DefaultVpcAlreadyExists");
}

#[test]
fn a_default_subnet_is_made_once_per_zone_in_the_first_free_range() {
    let aws = Aws::with(&["--world", "default-vpc"]);
    let subnet = || aws.ec2("Action=CreateDefaultSubnet&AvailabilityZone=eu-west-1b");
    subnet().refused("DefaultSubnetAlreadyExistsInAvailabilityZone");
    let filter = "Filter.1.Name=defaultForAz&Filter.1.Value.1=true&Filter.2.Name=availabilityZone&Filter.2.Value.1=eu-west-1b";
    let found = aws.ec2(&format!("Action=DescribeSubnets&{filter}")).ok();
    let id = found.text("subnetId");
    aws.ec2(&format!("Action=DeleteSubnet&SubnetId={id}")).ok();
    let made = subnet().ok();
    assert_eq!(made.text("cidrBlock"), "172.31.16.0/20");
    assert_eq!(made.text("defaultForAz"), "true");
    aws.ec2("Action=CreateDefaultSubnet&AvailabilityZone=eu-west-9a")
        .refused("InvalidParameterValue");
    aws.ec2("Action=CreateDefaultSubnet").refused("MissingParameter");
}

/// "`GroupName`: [Default VPC] The names of the security groups" (`DescribeSecurityGroups`).
#[test]
fn groups_of_the_default_vpc_are_found_and_made_by_name() {
    let aws = Aws::with(&["--world", "default-vpc"]);
    aws.ec2("Action=CreateSecurityGroup&GroupName=mine&GroupDescription=d").ok();
    let found = aws.ec2("Action=DescribeSecurityGroups&GroupName.1=mine").ok();
    assert_eq!(found.texts("groupName"), ["mine"]);
    aws.ec2("Action=DescribeSecurityGroups&GroupName.1=graphscope-dev-nodes")
        .refused("InvalidGroup.NotFound");
    aws.ec2("Action=DeleteSecurityGroup&GroupName=mine").ok();
}

#[test]
fn the_default_vpc_can_be_deleted_and_made_again() {
    let aws = Aws::new();
    let id = aws.ec2("Action=CreateDefaultVpc").ok().text("vpcId");
    let of_vpc = format!("Filter.1.Name=vpc-id&Filter.1.Value.1={id}");
    let subnets = aws.ec2(&format!("Action=DescribeSubnets&{of_vpc}")).ok();
    for subnet in subnets.texts("subnetId") {
        aws.ec2(&format!("Action=DeleteSubnet&SubnetId={subnet}")).ok();
    }
    let attached = format!("Filter.1.Name=attachment.vpc-id&Filter.1.Value.1={id}");
    let gateway = aws.ec2(&format!("Action=DescribeInternetGateways&{attached}")).ok();
    let gateway = gateway.text("internetGatewayId");
    aws.ec2(&format!("Action=DetachInternetGateway&InternetGatewayId={gateway}&VpcId={id}")).ok();
    let table = aws.ec2(&format!("Action=DescribeRouteTables&{of_vpc}")).ok();
    assert!(table.texts("state").contains(&"blackhole"), "{}", table.body);
    aws.ec2(&format!("Action=DeleteVpc&VpcId={id}")).ok();
    aws.ec2("Action=CreateDefaultVpc").ok();
}
