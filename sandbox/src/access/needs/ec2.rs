//! What EC2's operations need.

use super::need::{Action, Need, action, row};
use crate::authorization::context::Context as Keys;
use crate::query::Params;
use crate::request::Incoming;
use crate::service::Context;

/// What changes something. Listings have no resource-level permissions but for one.
pub(super) const ACTIONS: &[Action] = &[
    action("AllocateAddress", &["+elastic-ip"]),
    action("AssignIpv6Addresses", &["network-interface"]),
    action("AssignPrivateIpAddresses", &["network-interface"]),
    action("AssignPrivateNatGatewayAddress", &["natgateway"]),
    action("AssociateAddress", &["elastic-ip", "instance", "network-interface"]),
    action("AssociateDhcpOptions", &["dhcp-options", "vpc"]),
    action("AssociateNatGatewayAddress", &["elastic-ip", "natgateway"]),
    action("AssociateRouteTable", &["route-table", "subnet"]),
    action("AssociateSubnetCidrBlock", &["subnet"]),
    action("AssociateVpcCidrBlock", &["vpc"]),
    action("AttachInternetGateway", &["internet-gateway", "vpc"]),
    action("AttachNetworkInterface", &["instance", "network-interface"]),
    action("AuthorizeSecurityGroupEgress", &["security-group"]),
    action("AuthorizeSecurityGroupIngress", &["security-group"]),
    action("CreateDhcpOptions", &["+dhcp-options"]),
    action("CreateInternetGateway", &["+internet-gateway"]),
    action("CreateNatGateway", &["+natgateway", "elastic-ip", "subnet"]),
    action("CreateNetworkAcl", &["+network-acl", "vpc"]),
    action("CreateNetworkAclEntry", &["network-acl"]),
    action("CreateNetworkInterface", &["+network-interface", "subnet", "security-group"]),
    action("CreateRoute", &["route-table"]),
    action("CreateRouteTable", &["+route-table", "vpc"]),
    action("CreateSecurityGroup", &["+security-group", "vpc"]),
    action("CreateSubnet", &["+subnet", "vpc"]),
    action("CreateVpc", &["+vpc"]),
    action("DeleteDhcpOptions", &["dhcp-options"]),
    action("DeleteInternetGateway", &["internet-gateway"]),
    action("DeleteNatGateway", &["natgateway"]),
    action("DeleteNetworkAcl", &["network-acl"]),
    action("DeleteNetworkAclEntry", &["network-acl"]),
    action("DeleteNetworkInterface", &["network-interface"]),
    action("DeleteRoute", &["route-table"]),
    action("DeleteRouteTable", &["route-table"]),
    action("DeleteSecurityGroup", &["security-group"]),
    action("DeleteSubnet", &["subnet"]),
    action("DeleteVpc", &["vpc"]),
    action("DescribeVpcAttribute", &["vpc"]),
    action("DetachInternetGateway", &["internet-gateway", "vpc"]),
    action("DetachNetworkInterface", &["instance", "network-interface"]),
    action("DisassociateAddress", &["elastic-ip", "network-interface"]),
    action("DisassociateNatGatewayAddress", &["elastic-ip", "natgateway"]),
    action("DisassociateRouteTable", &["route-table"]),
    action("DisassociateSubnetCidrBlock", &["subnet"]),
    action("DisassociateVpcCidrBlock", &["vpc"]),
    action("ModifyNetworkInterfaceAttribute", &["network-interface", "security-group"]),
    action("ModifySecurityGroupRules", &["security-group", "security-group-rule"]),
    action("ModifySubnetAttribute", &["subnet"]),
    action("ModifyVpcAttribute", &["vpc"]),
    action("ReleaseAddress", &["elastic-ip"]),
    action("ReplaceNetworkAclAssociation", &["network-acl", "subnet"]),
    action("ReplaceNetworkAclEntry", &["network-acl"]),
    action("ReplaceRoute", &["route-table"]),
    action("ReplaceRouteTableAssociation", &["route-table"]),
    action("RevokeSecurityGroupEgress", &["security-group"]),
    action("RevokeSecurityGroupIngress", &["security-group"]),
    action("UnassignIpv6Addresses", &["network-interface"]),
    action("UnassignPrivateIpAddresses", &["network-interface"]),
    action("UnassignPrivateNatGatewayAddress", &["natgateway"]),
    action("UpdateSecurityGroupRuleDescriptionsEgress", &["security-group"]),
    action("UpdateSecurityGroupRuleDescriptionsIngress", &["security-group"]),
];

/// The parameters that name a resource of a type, alone or as `NAME.1`.
const PARAMETERS: &[(&str, &[&str])] = &[
    ("dhcp-options", &["DhcpOptionsId"]),
    ("elastic-ip", &["AllocationId", "SecondaryAllocationId"]),
    ("instance", &["InstanceId"]),
    ("internet-gateway", &["InternetGatewayId"]),
    ("natgateway", &["NatGatewayId"]),
    ("network-acl", &["NetworkAclId"]),
    ("network-interface", &["NetworkInterfaceId"]),
    ("route-table", &["RouteTableId"]),
    ("security-group", &["GroupId", "SecurityGroupId"]),
    ("security-group-rule", &["SecurityGroupRule.1.SecurityGroupRuleId", "SecurityGroupRuleId"]),
    ("subnet", &["SubnetId"]),
    ("vpc", &["VpcId"]),
];

/// The types of resources by the prefix of their ids, for tags.
const PREFIXES: &[(&str, &str)] = &[
    ("acl-", "network-acl"),
    ("dopt-", "dhcp-options"),
    ("eipalloc-", "elastic-ip"),
    ("eni-", "network-interface"),
    ("i-", "instance"),
    ("igw-", "internet-gateway"),
    ("nat-", "natgateway"),
    ("rtb-", "route-table"),
    ("sgr-", "security-group-rule"),
    ("sg-", "security-group"),
    ("subnet-", "subnet"),
    ("vpc-", "vpc"),
];

pub(super) fn needs(context: &Context<'_>, operation: &str, request: &Incoming) -> Vec<Need> {
    let params = Params::of(request);
    let action = format!("ec2:{operation}");
    if matches!(operation, "CreateTags" | "DeleteTags") {
        return tagging(context, &action, &params);
    }
    let on = row(ACTIONS, operation);
    if on.is_empty() {
        return vec![Need::new(action, "*")];
    }
    let mut needs = Vec::new();
    let specifications = specifications(&params);
    for kind in on {
        let (kind, new) = match kind.strip_prefix('+') {
            Some(kind) => (kind, true),
            None => (*kind, false),
        };
        let ids = if new { vec!["*".to_owned()] } else { named(&params, kind) };
        for id in ids {
            let need = Need::new(&*action, context.region.arn("ec2", &format!("{kind}/{id}")));
            let tags = specifications.iter().find(|(tagged, _)| new && tagged == kind);
            needs.push(match tags {
                Some((_, tags)) => need.with(tags),
                None => need,
            });
        }
    }
    // What names none of its resources is checked on any.
    if needs.is_empty() {
        let kind = on[0].trim_start_matches('+');
        needs.push(Need::new(&*action, context.region.arn("ec2", &format!("{kind}/*"))));
    }
    for (kind, tags) in specifications {
        let mut keys = tags;
        keys.set("ec2:CreateAction", operation);
        let arn = context.region.arn("ec2", &format!("{kind}/*"));
        needs.push(Need::new("ec2:CreateTags", arn).with(&keys).dependent());
    }
    needs
}

fn named(params: &Params, kind: &str) -> Vec<String> {
    let names =
        PARAMETERS.iter().find(|(known, _)| *known == kind).map_or(&[][..], |(_, names)| names);
    let mut found = Vec::new();
    for name in names {
        found.extend(params.get(name).map(str::to_owned));
        found.extend(plain_list(params, name).map(str::to_owned));
    }
    found
}

/// The values of `NAME.1`, `NAME.2` and so on.
fn plain_list<'a>(params: &'a Params, name: &'a str) -> impl Iterator<Item = &'a str> {
    (1..).map_while(move |n| params.get(&format!("{name}.{n}")))
}

/// `TagSpecification.N`: the type of the resource, and the condition keys of its tags.
fn specifications(params: &Params) -> Vec<(String, Keys)> {
    let mut all = Vec::new();
    for n in 1.. {
        let prefix = format!("TagSpecification.{n}");
        let Some(kind) = params.get(&format!("{prefix}.ResourceType")) else { break };
        let tags = tags(params, &format!("{prefix}.Tag"));
        if tags.values("aws:TagKeys").is_some() {
            all.push((kind.to_owned(), tags));
        }
    }
    all
}

fn tags(params: &Params, prefix: &str) -> Keys {
    let keys: Vec<(String, String)> = (1..)
        .map_while(|n| {
            let key = params.get(&format!("{prefix}.{n}.Key"))?;
            let value = params.get(&format!("{prefix}.{n}.Value")).unwrap_or_default();
            Some((key.to_owned(), value.to_owned()))
        })
        .collect();
    let mut found = Keys::default();
    found.set_request_tags(keys.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    found
}

fn tagging(context: &Context<'_>, action: &str, params: &Params) -> Vec<Need> {
    let keys = tags(params, "Tag");
    let ids = plain_list(params, "ResourceId");
    ids.map(|id| {
        let kind = PREFIXES.iter().find(|(prefix, _)| id.starts_with(prefix));
        let kind = kind.map_or("*", |(_, kind)| kind);
        Need::new(action, context.region.arn("ec2", &format!("{kind}/{id}"))).with(&keys)
    })
    .collect()
}
