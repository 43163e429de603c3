//! EC2's actions: those that are served, and what each takes.

use super::call::Call;
use super::errors::not_served;
use super::xml::Element;
use super::{
    acls, gateways, groups, instances, interfaces, routes, rules, subnets, tags, vpcs, zones,
};
use crate::error::{Answer, AwsError};

/// The names of all actions of EC2's model, one a line (botocore 1.43.11,
/// `ec2/2016-11-15/service-2.json`): what is not among them is no action of EC2.
const ALL: &str = include_str!("actions.txt");

/// What carries an action out.
type Run = fn(&mut Call) -> Answer<Vec<Element>>;

/// The parameters that every call may carry.
const COMMON: [&str; 3] = ["Action", "Version", "DryRun"];

/// The parameters of listings; the action's own table row adds its identifiers.
const LISTING: [&str; 3] = ["Filter", "MaxResults", "NextToken"];

/// A served action: its name, what carries it out, and the names of its parameters.
struct Action(&'static str, Run, &'static [&'static str]);

/// The parameters of actions on rules.
const PERMISSIONS: &[&str] = &[
    "GroupId",
    "GroupName",
    "IpPermissions",
    "CidrIp",
    "IpProtocol",
    "FromPort",
    "ToPort",
    "SourceSecurityGroupName",
    "SourceSecurityGroupOwnerId",
    "TagSpecification",
    "SecurityGroupRuleId",
    "SecurityGroupRuleDescription",
];

/// The parameters of actions on routes.
const ROUTE: &[&str] = &[
    "RouteTableId",
    "DestinationCidrBlock",
    "DestinationIpv6CidrBlock",
    "DestinationPrefixListId",
    "GatewayId",
    "VpcEndpointId",
    "NatGatewayId",
    "TransitGatewayId",
    "NetworkInterfaceId",
    "VpcPeeringConnectionId",
    "EgressOnlyInternetGatewayId",
    "LocalGatewayId",
    "CarrierGatewayId",
];

/// All served actions. Other parameters are refused: an option that is not heeded would be
/// kinder than AWS.
static SERVED: &[Action] = &[
    Action("DescribeVpcs", vpcs::describe, &["VpcId"]),
    Action(
        "CreateVpc",
        vpcs::create,
        &["CidrBlock", "InstanceTenancy", "AmazonProvidedIpv6CidrBlock", "TagSpecification"],
    ),
    Action("DeleteVpc", vpcs::delete, &["VpcId"]),
    Action("DescribeVpcAttribute", vpcs::describe_attribute, &["VpcId", "Attribute"]),
    Action(
        "ModifyVpcAttribute",
        vpcs::modify_attribute,
        &["VpcId", "EnableDnsSupport", "EnableDnsHostnames", "EnableNetworkAddressUsageMetrics"],
    ),
    Action(
        "AssociateVpcCidrBlock",
        vpcs::associate,
        &["VpcId", "CidrBlock", "AmazonProvidedIpv6CidrBlock"],
    ),
    Action("DisassociateVpcCidrBlock", vpcs::disassociate, &["AssociationId"]),
    Action("DescribeSubnets", subnets::describe, &["SubnetId"]),
    Action(
        "CreateSubnet",
        subnets::create,
        &[
            "VpcId",
            "CidrBlock",
            "Ipv6CidrBlock",
            "Ipv6Native",
            "AvailabilityZone",
            "AvailabilityZoneId",
            "OutpostArn",
            "TagSpecification",
        ],
    ),
    Action("DeleteSubnet", subnets::delete, &["SubnetId"]),
    Action(
        "ModifySubnetAttribute",
        subnets::modify,
        &[
            "SubnetId",
            "MapPublicIpOnLaunch",
            "AssignIpv6AddressOnCreation",
            "EnableDns64",
            "PrivateDnsHostnameTypeOnLaunch",
            "EnableResourceNameDnsARecordOnLaunch",
            "EnableResourceNameDnsAAAARecordOnLaunch",
        ],
    ),
    Action("AssociateSubnetCidrBlock", subnets::associate, &["SubnetId", "Ipv6CidrBlock"]),
    Action("DisassociateSubnetCidrBlock", subnets::disassociate, &["AssociationId"]),
    Action("DescribeSecurityGroups", groups::describe, &["GroupId", "GroupName"]),
    Action(
        "CreateSecurityGroup",
        groups::create,
        &["GroupName", "GroupDescription", "VpcId", "TagSpecification"],
    ),
    Action("DeleteSecurityGroup", groups::delete, &["GroupId", "GroupName"]),
    Action("DescribeSecurityGroupRules", rules::describe, &["SecurityGroupRuleId"]),
    Action("AuthorizeSecurityGroupIngress", rules::authorize, PERMISSIONS),
    Action("AuthorizeSecurityGroupEgress", rules::authorize, PERMISSIONS),
    Action("RevokeSecurityGroupIngress", rules::revoke, PERMISSIONS),
    Action("RevokeSecurityGroupEgress", rules::revoke, PERMISSIONS),
    Action("ModifySecurityGroupRules", rules::modify, &["GroupId", "SecurityGroupRule"]),
    Action("UpdateSecurityGroupRuleDescriptionsIngress", rules::describe_anew, PERMISSIONS),
    Action("UpdateSecurityGroupRuleDescriptionsEgress", rules::describe_anew, PERMISSIONS),
    Action(
        "DescribeNetworkInterfaces",
        interfaces::describe,
        &["NetworkInterfaceId", "IncludeManagedResources"],
    ),
    Action(
        "DescribeAvailabilityZones",
        zones::describe,
        &["ZoneName", "ZoneId", "AllAvailabilityZones"],
    ),
    Action("DescribeRegions", zones::describe_regions, &["RegionName", "AllRegions"]),
    Action("DescribeAccountAttributes", zones::describe_account, &["AttributeName"]),
    Action("DescribeInternetGateways", gateways::describe, &["InternetGatewayId"]),
    Action("CreateInternetGateway", gateways::create, &["TagSpecification"]),
    Action("AttachInternetGateway", gateways::attach, &["InternetGatewayId", "VpcId"]),
    Action("DetachInternetGateway", gateways::detach, &["InternetGatewayId", "VpcId"]),
    Action("DeleteInternetGateway", gateways::delete, &["InternetGatewayId"]),
    Action("DescribeNatGateways", gateways::describe_nat, &["NatGatewayId"]),
    Action("DescribeRouteTables", routes::describe, &["RouteTableId"]),
    Action("CreateRouteTable", routes::create, &["VpcId", "ClientToken", "TagSpecification"]),
    Action("DeleteRouteTable", routes::delete, &["RouteTableId"]),
    Action("CreateRoute", routes::create_route, ROUTE),
    Action("ReplaceRoute", routes::replace_route, ROUTE),
    Action("DeleteRoute", routes::delete_route, ROUTE),
    Action("AssociateRouteTable", routes::associate, &["RouteTableId", "SubnetId", "GatewayId"]),
    Action("DisassociateRouteTable", routes::disassociate, &["AssociationId"]),
    Action(
        "ReplaceRouteTableAssociation",
        routes::replace_association,
        &["AssociationId", "RouteTableId"],
    ),
    Action("DescribeNetworkAcls", acls::describe, &["NetworkAclId"]),
    Action("DescribeDhcpOptions", acls::describe_dhcp, &["DhcpOptionsId"]),
    Action("DescribeInstances", instances::describe, &["InstanceId", "IncludeManagedResources"]),
    Action("CreateTags", tags::create, &["ResourceId", "Tag"]),
    Action("DeleteTags", tags::delete, &["ResourceId", "Tag"]),
    Action("DescribeTags", tags::describe, &[]),
];

fn served(action: &str) -> Option<&'static Action> {
    SERVED.iter().find(|served| served.0 == action)
}

/// Carries a call out.
pub(super) fn carry_out(call: &mut Call) -> Answer<Vec<Element>> {
    let action = call.action.clone();
    let Some(Action(_, run, parameters)) = served(&action) else {
        if ALL.lines().any(|known| known == action) {
            return Err(not_served(format!(
                "The sandbox does not serve {action}. It serves the network around EFS; see `ec2` in the sandbox's table of operations."
            )));
        }
        let message = format!("The action {action} is not valid for this web service.");
        return Err(AwsError::new(400, "InvalidAction", message));
    };
    let listing: &[&str] = if action.starts_with("Describe") { &LISTING } else { &[] };
    let known =
        |name: &&str| COMMON.contains(name) || listing.contains(name) || parameters.contains(name);
    if let Some(name) = call.form.names().into_iter().find(|name| !known(name)) {
        let message = format!("The sandbox does not serve the parameter {name} of {action}.");
        return Err(not_served(message));
    }
    run(call)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_served_action_is_one_of_ec2s_model() {
        for Action(name, ..) in SERVED {
            assert!(ALL.lines().any(|known| known == *name), "{name}");
        }
        assert!(ALL.lines().is_sorted(), "the list is kept sorted");
    }
}
