//! The table of EC2's actions that are served, and what each takes.

use super::call::Call;
use super::listing::list;
use super::{
    acl_changes, acls, addresses, default_vpc, dhcp, gateways, groups, instances,
    interface_addresses, interface_changes, interfaces, nat, nat_addresses, routes, rules, subnets,
    tags, vpcs, zones,
};
use crate::error::Result;
use crate::xml::Element;

/// What carries an action out.
pub(super) type Run = fn(&mut Call) -> Result<Vec<Element>>;

/// A served action: its name, what carries it out, and the names of its parameters.
pub(super) struct Action(
    pub(super) &'static str,
    pub(super) Run,
    pub(super) &'static [&'static str],
);

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

/// The parameters of an entry of a network ACL.
const ENTRY: &[&str] = &[
    "NetworkAclId",
    "RuleNumber",
    "Protocol",
    "RuleAction",
    "Egress",
    "CidrBlock",
    "Ipv6CidrBlock",
    "Icmp",
    "PortRange",
];

/// All served actions. Other parameters are refused: AWS would carry them out, and the
/// sandbox would silently ignore them.
pub(super) static SERVED: &[Action] = &[
    Action("DescribeVpcs", |call| list(call, &vpcs::LISTING), &["VpcId"]),
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
    Action("DescribeSubnets", |call| list(call, &subnets::LISTING), &["SubnetId"]),
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
    Action(
        "DescribeSecurityGroupRules",
        |call| list(call, &rules::LISTING),
        &["SecurityGroupRuleId"],
    ),
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
    Action(
        "DescribeInternetGateways",
        |call| list(call, &gateways::LISTING),
        &["InternetGatewayId"],
    ),
    Action("CreateInternetGateway", gateways::create, &["TagSpecification"]),
    Action("AttachInternetGateway", gateways::attach, &["InternetGatewayId", "VpcId"]),
    Action("DetachInternetGateway", gateways::detach, &["InternetGatewayId", "VpcId"]),
    Action("DeleteInternetGateway", gateways::delete, &["InternetGatewayId"]),
    Action("DescribeNatGateways", |call| list(call, &nat::LISTING), &["NatGatewayId"]),
    Action("DescribeRouteTables", |call| list(call, &routes::LISTING), &["RouteTableId"]),
    Action("CreateRouteTable", routes::create, &["VpcId", "ClientToken", "TagSpecification"]),
    Action("DeleteRouteTable", routes::delete, &["RouteTableId"]),
    Action("CreateRoute", routes::create_route, ROUTE),
    Action("ReplaceRoute", routes::replace_route, ROUTE),
    Action(
        "DeleteRoute",
        routes::delete_route,
        &[
            "RouteTableId",
            "DestinationCidrBlock",
            "DestinationIpv6CidrBlock",
            "DestinationPrefixListId",
        ],
    ),
    Action("AssociateRouteTable", routes::associate, &["RouteTableId", "SubnetId", "GatewayId"]),
    Action("DisassociateRouteTable", routes::disassociate, &["AssociationId"]),
    Action(
        "ReplaceRouteTableAssociation",
        routes::replace_association,
        &["AssociationId", "RouteTableId"],
    ),
    Action("DescribeNetworkAcls", |call| list(call, &acls::LISTING), &["NetworkAclId"]),
    Action("DescribeDhcpOptions", |call| list(call, &dhcp::LISTING), &["DhcpOptionsId"]),
    Action("DescribeInstances", instances::describe, &["InstanceId", "IncludeManagedResources"]),
    Action("CreateNetworkAcl", acl_changes::create, &["VpcId", "ClientToken", "TagSpecification"]),
    Action("DeleteNetworkAcl", acl_changes::delete, &["NetworkAclId"]),
    Action("CreateNetworkAclEntry", acl_changes::create_entry, ENTRY),
    Action("ReplaceNetworkAclEntry", acl_changes::replace_entry, ENTRY),
    Action(
        "DeleteNetworkAclEntry",
        acl_changes::delete_entry,
        &["NetworkAclId", "RuleNumber", "Egress"],
    ),
    Action(
        "ReplaceNetworkAclAssociation",
        acl_changes::replace_association,
        &["AssociationId", "NetworkAclId"],
    ),
    Action("CreateDhcpOptions", dhcp::create, &["DhcpConfiguration", "TagSpecification"]),
    Action("AssociateDhcpOptions", dhcp::associate, &["DhcpOptionsId", "VpcId"]),
    Action("DeleteDhcpOptions", dhcp::delete, &["DhcpOptionsId"]),
    Action("CreateDefaultVpc", default_vpc::create, &[]),
    Action(
        "CreateDefaultSubnet",
        default_vpc::create_subnet,
        &["AvailabilityZone", "AvailabilityZoneId"],
    ),
    Action(
        "CreateNetworkInterface",
        interface_changes::create,
        &[
            "SubnetId",
            "Description",
            "SecurityGroupId",
            "PrivateIpAddress",
            "PrivateIpAddresses",
            "SecondaryPrivateIpAddressCount",
            "Ipv6Addresses",
            "Ipv6AddressCount",
            "ClientToken",
            "TagSpecification",
        ],
    ),
    Action("DeleteNetworkInterface", interface_changes::delete, &["NetworkInterfaceId"]),
    Action(
        "ModifyNetworkInterfaceAttribute",
        interface_changes::modify,
        &["NetworkInterfaceId", "Description", "SourceDestCheck", "SecurityGroupId", "Attachment"],
    ),
    Action(
        "DescribeNetworkInterfaceAttribute",
        interface_changes::describe_attribute,
        &["NetworkInterfaceId", "Attribute"],
    ),
    Action(
        "AttachNetworkInterface",
        interface_changes::attach,
        &["NetworkInterfaceId", "InstanceId", "DeviceIndex"],
    ),
    Action("DetachNetworkInterface", interface_changes::detach, &["AttachmentId", "Force"]),
    Action(
        "AssignPrivateIpAddresses",
        interface_addresses::assign,
        &[
            "NetworkInterfaceId",
            "PrivateIpAddress",
            "SecondaryPrivateIpAddressCount",
            "AllowReassignment",
        ],
    ),
    Action(
        "UnassignPrivateIpAddresses",
        interface_addresses::unassign,
        &["NetworkInterfaceId", "PrivateIpAddress"],
    ),
    Action(
        "AssignIpv6Addresses",
        interface_addresses::assign_ipv6,
        &["NetworkInterfaceId", "Ipv6Addresses", "Ipv6AddressCount"],
    ),
    Action(
        "UnassignIpv6Addresses",
        interface_addresses::unassign_ipv6,
        &["NetworkInterfaceId", "Ipv6Addresses"],
    ),
    Action(
        "CreateNatGateway",
        nat::create,
        &[
            "SubnetId",
            "AllocationId",
            "ConnectivityType",
            "PrivateIpAddress",
            "SecondaryAllocationId",
            "SecondaryPrivateIpAddress",
            "SecondaryPrivateIpAddressCount",
            "ClientToken",
            "TagSpecification",
        ],
    ),
    Action("DeleteNatGateway", nat::delete, &["NatGatewayId"]),
    Action(
        "AssociateNatGatewayAddress",
        nat_addresses::associate,
        &["NatGatewayId", "AllocationId", "PrivateIpAddress"],
    ),
    Action(
        "DisassociateNatGatewayAddress",
        nat_addresses::disassociate,
        &["NatGatewayId", "AssociationId", "MaxDrainDurationSeconds"],
    ),
    Action(
        "AssignPrivateNatGatewayAddress",
        nat_addresses::assign,
        &["NatGatewayId", "PrivateIpAddress", "PrivateIpAddressCount"],
    ),
    Action(
        "UnassignPrivateNatGatewayAddress",
        nat_addresses::unassign,
        &["NatGatewayId", "PrivateIpAddress", "MaxDrainDurationSeconds"],
    ),
    Action("DescribeAddresses", addresses::describe, &["AllocationId", "PublicIp"]),
    Action(
        "DescribeAddressesAttribute",
        addresses::describe_attribute,
        &["AllocationId", "Attribute"],
    ),
    Action(
        "AllocateAddress",
        addresses::allocate,
        &["Domain", "NetworkBorderGroup", "TagSpecification"],
    ),
    Action(
        "AssociateAddress",
        addresses::associate,
        &[
            "AllocationId",
            "InstanceId",
            "NetworkInterfaceId",
            "PrivateIpAddress",
            "AllowReassociation",
        ],
    ),
    Action("DisassociateAddress", addresses::disassociate, &["AssociationId"]),
    Action(
        "ReleaseAddress",
        addresses::release,
        &["AllocationId", "PublicIp", "NetworkBorderGroup"],
    ),
    Action("CreateTags", tags::create, &["ResourceId", "Tag"]),
    Action("DeleteTags", tags::delete, &["ResourceId", "Tag"]),
    Action("DescribeTags", tags::describe, &[]),
];
