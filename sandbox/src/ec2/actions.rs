//! EC2's actions: those that are served, and what each takes.

use super::errors::not_served;
use super::xml::Element;
use super::{
    Call, acls, gateways, groups, instances, interfaces, routes, rules, subnets, tags, vpcs, zones,
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

/// Each served action with the names of its parameters. Others are refused: an option that
/// is not heeded would be kinder than AWS.
fn served(action: &str) -> Option<(Run, &'static [&'static str])> {
    let permissions: &[&str] = &[
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
    let route: &[&str] = &[
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
    let found: (Run, &[&str]) = match action {
        "DescribeVpcs" => (vpcs::describe, &["VpcId"]),
        "CreateVpc" => (
            vpcs::create,
            &["CidrBlock", "InstanceTenancy", "AmazonProvidedIpv6CidrBlock", "TagSpecification"],
        ),
        "DeleteVpc" => (vpcs::delete, &["VpcId"]),
        "DescribeVpcAttribute" => (vpcs::describe_attribute, &["VpcId", "Attribute"]),
        "ModifyVpcAttribute" => (
            vpcs::modify_attribute,
            &[
                "VpcId",
                "EnableDnsSupport",
                "EnableDnsHostnames",
                "EnableNetworkAddressUsageMetrics",
            ],
        ),
        "AssociateVpcCidrBlock" => {
            (vpcs::associate, &["VpcId", "CidrBlock", "AmazonProvidedIpv6CidrBlock"])
        }
        "DisassociateVpcCidrBlock" => (vpcs::disassociate, &["AssociationId"]),
        "DescribeSubnets" => (subnets::describe, &["SubnetId"]),
        "CreateSubnet" => (
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
        "DeleteSubnet" => (subnets::delete, &["SubnetId"]),
        "ModifySubnetAttribute" => (
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
        "AssociateSubnetCidrBlock" => (subnets::associate, &["SubnetId", "Ipv6CidrBlock"]),
        "DisassociateSubnetCidrBlock" => (subnets::disassociate, &["AssociationId"]),
        "DescribeSecurityGroups" => (groups::describe, &["GroupId", "GroupName"]),
        "CreateSecurityGroup" => {
            (groups::create, &["GroupName", "GroupDescription", "VpcId", "TagSpecification"])
        }
        "DeleteSecurityGroup" => (groups::delete, &["GroupId", "GroupName"]),
        "DescribeSecurityGroupRules" => (rules::describe, &["SecurityGroupRuleId"]),
        "AuthorizeSecurityGroupIngress" | "AuthorizeSecurityGroupEgress" => {
            (rules::authorize, permissions)
        }
        "RevokeSecurityGroupIngress" | "RevokeSecurityGroupEgress" => (rules::revoke, permissions),
        "ModifySecurityGroupRules" => (rules::modify, &["GroupId", "SecurityGroupRule"]),
        "UpdateSecurityGroupRuleDescriptionsIngress"
        | "UpdateSecurityGroupRuleDescriptionsEgress" => (rules::describe_anew, permissions),
        "DescribeNetworkInterfaces" => {
            (interfaces::describe, &["NetworkInterfaceId", "IncludeManagedResources"])
        }
        "DescribeAvailabilityZones" => {
            (zones::describe, &["ZoneName", "ZoneId", "AllAvailabilityZones"])
        }
        "DescribeRegions" => (zones::describe_regions, &["RegionName", "AllRegions"]),
        "DescribeAccountAttributes" => (zones::describe_account, &["AttributeName"]),
        "DescribeInternetGateways" => (gateways::describe, &["InternetGatewayId"]),
        "CreateInternetGateway" => (gateways::create, &["TagSpecification"]),
        "AttachInternetGateway" => (gateways::attach, &["InternetGatewayId", "VpcId"]),
        "DetachInternetGateway" => (gateways::detach, &["InternetGatewayId", "VpcId"]),
        "DeleteInternetGateway" => (gateways::delete, &["InternetGatewayId"]),
        "DescribeNatGateways" => (gateways::describe_nat, &["NatGatewayId"]),
        "DescribeRouteTables" => (routes::describe, &["RouteTableId"]),
        "CreateRouteTable" => (routes::create, &["VpcId", "ClientToken", "TagSpecification"]),
        "DeleteRouteTable" => (routes::delete, &["RouteTableId"]),
        "CreateRoute" => (routes::create_route, route),
        "ReplaceRoute" => (routes::replace_route, route),
        "DeleteRoute" => (routes::delete_route, route),
        "AssociateRouteTable" => (routes::associate, &["RouteTableId", "SubnetId", "GatewayId"]),
        "DisassociateRouteTable" => (routes::disassociate, &["AssociationId"]),
        "ReplaceRouteTableAssociation" => {
            (routes::replace_association, &["AssociationId", "RouteTableId"])
        }
        "DescribeNetworkAcls" => (acls::describe, &["NetworkAclId"]),
        "DescribeDhcpOptions" => (acls::describe_dhcp, &["DhcpOptionsId"]),
        "DescribeInstances" => (instances::describe, &["InstanceId", "IncludeManagedResources"]),
        "CreateTags" => (tags::create, &["ResourceId", "Tag"]),
        "DeleteTags" => (tags::delete, &["ResourceId", "Tag"]),
        "DescribeTags" => (tags::describe, &[]),
        _ => return None,
    };
    Some(found)
}

/// Carries a call out.
pub(super) fn carry_out(call: &mut Call) -> Answer<Vec<Element>> {
    let action = call.action.clone();
    let Some((run, parameters)) = served(&action) else {
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
        let served: Vec<&str> = ALL.lines().filter(|action| served(action).is_some()).collect();
        assert_eq!(served.len(), 49);
        assert!(ALL.lines().is_sorted(), "the list is kept sorted");
    }
}
