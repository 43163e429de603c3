//! NAT gateways and Elastic IP addresses.

use super::{VPC, vpc};
use crate::testing::{Aws, Reply};

/// The first public subnet, and the seed's addresses.
const PUBLIC: &str = "subnet-0c0dec0000000030a";
const ALLOCATION: &str = "eipalloc-0c0dec00000000001";
const GATEWAY: &str = "nat-0c0dec00000000001";

fn allocate(aws: &Aws) -> String {
    aws.ec2("Action=AllocateAddress&Domain=vpc").ok().text("allocationId")
}

fn gateway(aws: &Aws, rest: &str) -> Reply {
    aws.ec2(&format!("Action=CreateNatGateway&SubnetId={PUBLIC}&{rest}"))
}

fn described(aws: &Aws, id: &str) -> Reply {
    aws.ec2(&format!("Action=DescribeNatGateways&NatGatewayId.1={id}")).ok()
}

#[test]
fn a_nat_gateway_becomes_available_and_goes_with_its_interface() {
    let aws = Aws::new();
    let allocation = allocate(&aws);
    let made = gateway(&aws, &format!("AllocationId={allocation}")).ok();
    let id = made.text("natGatewayId");
    assert_eq!(made.text("state"), "pending");
    aws.wait(1000);
    let found = described(&aws, &id);
    assert_eq!(found.text("state"), "available");
    assert_eq!(found.text("allocationId"), allocation);
    let interface = found.text("networkInterfaceId");
    let held = format!("Action=DescribeNetworkInterfaces&NetworkInterfaceId.1={interface}");
    let held_now = aws.ec2(&held).ok();
    assert_eq!(held_now.text("interfaceType"), "nat_gateway");
    assert_eq!(held_now.text("publicIp"), found.text("publicIp"));
    aws.ec2(&format!("Action=DeleteNetworkInterface&NetworkInterfaceId={interface}"))
        .refused("InvalidParameterValue");
    aws.ec2(&format!("Action=ReleaseAddress&AllocationId={allocation}"))
        .refused("InvalidIPAddress.InUse");

    aws.ec2(&format!("Action=DeleteNatGateway&NatGatewayId={id}")).ok();
    assert_eq!(described(&aws, &id).text("state"), "deleting");
    aws.wait(1000);
    assert_eq!(described(&aws, &id).text("state"), "deleted");
    aws.ec2(&held).refused("InvalidNetworkInterfaceID.NotFound");
    aws.ec2(&format!("Action=ReleaseAddress&AllocationId={allocation}")).ok();
    aws.ec2(&format!("Action=DeleteNatGateway&NatGatewayId={id}")).refused("NatGatewayNotFound");
    aws.wait(3_600_000);
    aws.ec2(&format!("Action=DescribeNatGateways&NatGatewayId.1={id}"))
        .refused("NatGatewayNotFound");
}

/// The codes are values of `failureCode`, the sentences those of "Troubleshoot NAT gateways"
/// (Amazon VPC User Guide).
#[test]
fn a_nat_gateway_that_cannot_work_is_made_and_has_failed() {
    let aws = Aws::new();
    let used = gateway(&aws, &format!("AllocationId={ALLOCATION}")).ok();
    assert_eq!(
        (used.text("state").as_str(), used.text("failureCode").as_str()),
        ("failed", "Resource.AlreadyAssociated")
    );
    let vpc = vpc(&aws);
    let subnet = format!("Action=CreateSubnet&VpcId={vpc}&CidrBlock=10.7.0.0/24");
    let subnet = aws.ec2(&subnet).ok().text("subnetId");
    let allocation = allocate(&aws);
    let form = format!("Action=CreateNatGateway&SubnetId={subnet}&AllocationId={allocation}");
    let lost = aws.ec2(&form).ok();
    assert_eq!(lost.text("failureCode"), "Gateway.NotAttached");
    assert_eq!(
        lost.text("failureMessage"),
        format!("Network {vpc} has no Internet gateway attached")
    );
    let private = format!("Action=CreateNatGateway&SubnetId={subnet}&ConnectivityType=private");
    assert_eq!(aws.ec2(&private).ok().text("state"), "pending");
}

#[test]
fn nat_gateways_are_made_of_what_there_is() {
    let aws = Aws::new();
    gateway(&aws, "").refused("MissingParameter");
    gateway(&aws, "AllocationId=eipalloc-00000000").refused("InvalidAllocationID.NotFound");
    gateway(&aws, "ConnectivityType=public-ish").refused("InvalidParameterValue");
    let allocation = allocate(&aws);
    gateway(&aws, &format!("ConnectivityType=private&AllocationId={allocation}"))
        .refused("InvalidParameterCombination");
    let make = || gateway(&aws, &format!("AllocationId={allocation}&ClientToken=t")).ok();
    assert_eq!(make().text("natGatewayId"), make().text("natGatewayId"), "a token makes it once");
    for _ in 0..3 {
        gateway(&aws, "ConnectivityType=private").ok();
    }
    gateway(&aws, "ConnectivityType=private").refused("NatGatewayLimitExceeded");
}

#[test]
fn gateways_have_further_addresses_of_their_own_kind() {
    let aws = Aws::new();
    let with_one = "ConnectivityType=private&SecondaryPrivateIpAddress.1=10.0.128.4";
    let made = gateway(&aws, with_one).ok();
    assert_eq!(made.texts("privateIp"), ["10.0.128.5", "10.0.128.4"], "a free one is primary");
    let private = gateway(&aws, "ConnectivityType=private").ok().text("natGatewayId");
    let on = |verb: &str, id: &str, rest: &str| {
        aws.ec2(&format!("Action={verb}NatGatewayAddress&NatGatewayId={id}&{rest}"))
    };
    on("AssignPrivate", &private, "PrivateIpAddress.1=10.0.128.50").ok();
    assert_eq!(described(&aws, &private).texts("isPrimary"), ["true", "false"]);
    on("AssignPrivate", &private, "PrivateIpAddress.1=10.0.128.50")
        .refused("InvalidIPAddress.InUse");
    on("UnassignPrivate", &private, "PrivateIpAddress.1=10.0.128.51")
        .refused("InvalidParameterValue");
    on("UnassignPrivate", &private, "PrivateIpAddress.1=10.0.128.50").ok();
    let allocation = allocate(&aws);
    on("Associate", &private, &format!("AllocationId.1={allocation}"))
        .refused("InvalidParameterCombination");
    on("Associate", GATEWAY, &format!("AllocationId.1={allocation}")).ok();
    let found = described(&aws, GATEWAY);
    assert_eq!(found.texts("allocationId"), [ALLOCATION, &allocation]);
    let association = found.texts("associationId")[1].to_owned();
    on("Disassociate", GATEWAY, &format!("AssociationId.1={association}")).ok();
    assert_eq!(described(&aws, GATEWAY).texts("allocationId"), [ALLOCATION]);
}

#[test]
fn an_elastic_address_stands_for_one_private_address() {
    let aws = Aws::with(&["--world", "nodes"]);
    let (a, b) = (allocate(&aws), allocate(&aws));
    let associate = |id: &str, rest: &str| {
        aws.ec2(&format!("Action=AssociateAddress&AllocationId={id}&{rest}"))
    };
    let (first, second) = ("InstanceId=i-0c0dec00000000010", "InstanceId=i-0c0dec00000000011");
    associate(&a, first).ok();
    associate(&a, &format!("{second}&AllowReassociation=false"))
        .refused("Resource.AlreadyAssociated");
    associate(&a, second).ok();
    let association = associate(&b, second).ok().text("associationId");
    let found = aws.ec2(&format!("Action=DescribeAddresses&AllocationId.1={a}")).ok();
    assert_eq!(found.texts("associationId"), [""; 0], "another one took its place");
    associate(&a, "NetworkInterfaceId=eni-00000000").refused("InvalidNetworkInterfaceID.NotFound");
    associate(&a, "").refused("MissingParameter");
    associate(ALLOCATION, first).refused("AuthFailure");
    let disassociate =
        || aws.ec2(&format!("Action=DisassociateAddress&AssociationId={association}"));
    disassociate().ok();
    disassociate().refused("InvalidAssociationID.NotFound");
}

/// "Elastic IP addresses per Region: 5" (Amazon VPC quotas).
#[test]
fn an_account_has_five_elastic_addresses() {
    let aws = Aws::new();
    let all: Vec<String> = (0..4).map(|_| allocate(&aws)).collect();
    aws.ec2("Action=AllocateAddress").refused("AddressLimitExceeded");
    aws.ec2(&format!("Action=ReleaseAddress&AllocationId={}", all[0])).ok();
    allocate(&aws);
    aws.ec2("Action=ReleaseAddress&AllocationId=eipalloc-00000000")
        .refused("InvalidAllocationID.NotFound");
    aws.ec2("Action=DescribeAddresses&PublicIp.1=192.0.2.1").refused("InvalidAddress.NotFound");
    let one = aws.ec2("Action=DescribeAddresses&PublicIp.1=203.0.113.10").ok();
    assert_eq!(one.text("allocationId"), ALLOCATION);
}

#[test]
fn an_internet_gateway_stays_while_a_public_address_needs_it() {
    let aws = Aws::new();
    let detach =
        format!("Action=DetachInternetGateway&InternetGatewayId=igw-0c0dec00000000001&VpcId={VPC}");
    aws.ec2(&detach).refused("DependencyViolation");
    aws.ec2(&format!("Action=DeleteNatGateway&NatGatewayId={GATEWAY}")).ok();
    aws.wait(1000);
    let routes = aws.ec2("Action=DescribeRouteTables&RouteTableId.1=rtb-0c0dec00000000001").ok();
    assert_eq!(routes.texts("state"), ["active", "blackhole", "associated"]);
    aws.ec2(&detach).ok();
}
