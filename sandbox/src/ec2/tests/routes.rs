//! Route tables and gateways.

use super::{SUBNET, VPC, vpc};
use crate::testing::Aws;

#[test]
fn a_route_table_is_made_once_per_token_and_routes_once_per_destination() {
    let aws = Aws::new();
    let make = || {
        aws.ec2(&format!("Action=CreateRouteTable&VpcId={VPC}&ClientToken=t"))
            .ok()
            .text("routeTableId")
    };
    let id = make();
    assert_eq!(make(), id);
    aws.ec2(&format!("Action=CreateRouteTable&VpcId={}&ClientToken=t", vpc(&aws)))
        .refused("IdempotentParameterMismatch");
    let route = |verb: &str, rest: &str| {
        aws.ec2(&format!("Action={verb}Route&RouteTableId={id}&DestinationCidrBlock={rest}"))
    };
    route("Create", "0.0.0.0/0&GatewayId=igw-0c0dec00000000001").ok();
    route("Create", "0.0.0.0/0&GatewayId=igw-0c0dec00000000001").refused("RouteAlreadyExists");
    route("Replace", "0.0.0.0/0&NatGatewayId=nat-0c0dec00000000001").ok();
    route("Create", "10.9.0.0/16&GatewayId=igw-00000000")
        .refused("InvalidInternetGatewayID.NotFound");
    route("Create", "10.9.0.0/16").refused("InvalidParameterCombination");
    route("Delete", "10.0.0.0/16").refused("InvalidParameterValue");
    route("Delete", "10.9.0.0/16").refused("InvalidRoute.NotFound");
    let found = aws.ec2(&format!("Action=DescribeRouteTables&RouteTableId.1={id}")).ok();
    assert_eq!(found.texts("destinationCidrBlock"), ["10.0.0.0/16", "0.0.0.0/0"]);
    assert_eq!(found.texts("origin"), ["CreateRouteTable", "CreateRoute"]);
    route("Delete", "0.0.0.0/0").ok();
}

#[test]
fn a_subnet_names_one_table_which_stays_while_it_does() {
    let aws = Aws::new();
    let table =
        || aws.ec2(&format!("Action=CreateRouteTable&VpcId={VPC}")).ok().text("routeTableId");
    let (a, b) = (table(), table());
    let made =
        aws.ec2(&format!("Action=AssociateRouteTable&RouteTableId={a}&SubnetId={SUBNET}")).ok();
    let association = made.text("associationId");
    aws.ec2(&format!("Action=AssociateRouteTable&RouteTableId={b}&SubnetId={SUBNET}"))
        .refused("Resource.AlreadyAssociated");
    aws.ec2(&format!("Action=DeleteRouteTable&RouteTableId={a}")).refused("DependencyViolation");
    let moved = aws
        .ec2(&format!(
            "Action=ReplaceRouteTableAssociation&AssociationId={association}&RouteTableId={b}"
        ))
        .ok();
    aws.ec2(&format!("Action=DeleteRouteTable&RouteTableId={a}")).ok();
    let association = moved.text("newAssociationId");
    aws.ec2(&format!("Action=DisassociateRouteTable&AssociationId={association}")).ok();
    aws.ec2(&format!("Action=DisassociateRouteTable&AssociationId={association}"))
        .refused("InvalidAssociationID.NotFound");
    aws.ec2("Action=DeleteRouteTable&RouteTableId=rtb-0c0dec00000000001")
        .refused("DependencyViolation");
}

#[test]
fn an_internet_gateway_is_attached_to_one_vpc() {
    let aws = Aws::new();
    let vpc = vpc(&aws);
    let id = aws.ec2("Action=CreateInternetGateway").ok().text("internetGatewayId");
    let act = |verb: &str, vpc: &str| {
        aws.ec2(&format!("Action={verb}InternetGateway&InternetGatewayId={id}&VpcId={vpc}"))
    };
    act("Attach", VPC).refused("InvalidParameterValue");
    act("Detach", &vpc).refused("Gateway.NotAttached");
    act("Attach", &vpc).ok();
    act("Attach", &vpc).refused("Resource.AlreadyAssociated");
    let delete = format!("Action=DeleteInternetGateway&InternetGatewayId={id}");
    aws.ec2(&delete).refused("DependencyViolation");
    aws.ec2(&format!("Action=DeleteVpc&VpcId={vpc}")).refused("DependencyViolation");
    act("Detach", &vpc).ok();
    aws.ec2(&delete).ok();
    aws.ec2(&delete).refused("InvalidInternetGatewayID.NotFound");
    let seeded =
        format!("Action=DetachInternetGateway&InternetGatewayId=igw-0c0dec00000000001&VpcId={VPC}");
    aws.ec2(&seeded).refused("DependencyViolation");
}
