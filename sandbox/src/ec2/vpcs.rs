//! VPCs and their attributes.

use ipnet::{Ipv4Net, Ipv6Net};

use super::call::Call;
use super::errors::{combination, dependency, invalid, not_yours};
use super::ids::VPC;
use super::listing::{
    By, Index, Listing, MOST, Pages, all, by_id, done, everyone, one, tag_keys, tag_set,
};
use super::{defaults, resource, tags};
use crate::error::{AwsError, Result};
use crate::world::Region;
use crate::world::ec2::{Block, Vpc};
use crate::xml::Element;

pub(super) static LISTING: Listing<Vpc> = Listing {
    set: "vpcSet",
    ids: "VpcId",
    pages: Pages::Most(MOST),
    filters: &[
        By("cidr", |vpc, _| all(vpc.cidrs.first().map(|block| block.cidr))),
        By("cidr-block-association.association-id", |vpc, _| {
            all(vpc.cidrs.iter().map(|block| &block.association))
        }),
        By("cidr-block-association.cidr-block", |vpc, _| {
            all(vpc.cidrs.iter().map(|block| block.cidr))
        }),
        By("cidr-block-association.state", |_, _| one("associated")),
        By("dhcp-options-id", |vpc, _| one(&vpc.dhcp_options)),
        By("ipv6-cidr-block-association.association-id", |vpc, _| {
            all(vpc.ipv6.iter().map(|block| &block.association))
        }),
        By("ipv6-cidr-block-association.ipv6-cidr-block", |vpc, _| {
            all(vpc.ipv6.iter().map(|block| block.cidr))
        }),
        By("ipv6-cidr-block-association.ipv6-pool", |vpc, _| {
            all(vpc.ipv6.iter().map(|_| "Amazon"))
        }),
        By("ipv6-cidr-block-association.state", |vpc, _| {
            all(vpc.ipv6.iter().map(|_| "associated"))
        }),
        // The API reference documents `is-default`; Terraform's provider 5 sends `isDefault`
        // (`data "aws_vpc"` with `default = true`), which EC2 takes too.
        By("is-default isDefault", |vpc, _| one(vpc.is_default)),
        By("owner-id", |vpc, _| one(&vpc.owner)),
        By("state", |_, _| one("available")),
        By("tag-key", tag_keys),
        By("vpc-id", |vpc, _| one(&vpc.id)),
    ],
    indexes: &[
        Index("vpc-id", by_id),
        Index("dhcp-options-id", |ec2, id| ec2.vpcs.by("dhcp_options", id).collect()),
    ],
    item,
    visible: everyone,
};

/// What a VPC reads as, in its listing and where it is made.
pub(super) fn item(vpc: &Vpc, region: &Region) -> Vec<Element> {
    let state = || Element::new("cidrBlockState", vec![Element::text("state", "associated")]);
    let cidrs = vpc.cidrs.iter().map(|block| {
        vec![
            Element::text("associationId", &block.association),
            Element::text("cidrBlock", block.cidr),
            state(),
        ]
    });
    let ipv6 = vpc.ipv6.iter().map(|block| ipv6_item(block, &region.name));
    let mut item = vec![
        Element::text("vpcId", &vpc.id),
        Element::text("ownerId", &vpc.owner),
        Element::text("state", "available"),
    ];
    item.extend(vpc.cidrs.first().map(|block| Element::text("cidrBlock", block.cidr)));
    item.extend([
        Element::set("cidrBlockAssociationSet", cidrs),
        Element::set("ipv6CidrBlockAssociationSet", ipv6),
        Element::text("dhcpOptionsId", &vpc.dhcp_options),
        Element::text("instanceTenancy", &vpc.tenancy),
        Element::text("isDefault", vpc.is_default),
        tag_set(&vpc.tags),
    ]);
    item
}

fn ipv6_item(block: &Block<Ipv6Net>, border_group: &str) -> Vec<Element> {
    vec![
        Element::text("associationId", &block.association),
        Element::text("ipv6CidrBlock", block.cidr),
        Element::new("ipv6CidrBlockState", vec![Element::text("state", "associated")]),
        Element::text("networkBorderGroup", border_group),
        Element::text("ipv6Pool", "Amazon"),
    ]
}

/// `CreateVpc`: a VPC comes with a main route table, a default network ACL and a default
/// security group.
pub(super) fn create(call: &mut Call) -> Result<Vec<Element>> {
    let cidr = vpc_range(call.form.required("CidrBlock")?)?;
    let tenancy = call.form.get("InstanceTenancy").unwrap_or("default").to_owned();
    if !["default", "dedicated"].contains(&tenancy.as_str()) {
        return Err(invalid("instanceTenancy", &tenancy, "Expected default or dedicated."));
    }
    let tags = tags::on_creation(call, &VPC)?;
    let with_ipv6 = call.form.flag("AmazonProvidedIpv6CidrBlock")?.unwrap_or(false);
    let ids = &mut *call.context.ids;
    let region = &mut *call.context.region;
    let dhcp_options = region.ec2.dhcp_options.values().next().map(|row| row.id.clone());
    let vpc = Vpc {
        id: ids.next("vpc-"),
        owner: region.account.clone(),
        cidrs: vec![Block { association: ids.next("vpc-cidr-assoc-"), cidr }],
        ipv6: if with_ipv6 { vec![amazon_block(ids)] } else { Vec::new() },
        is_default: false,
        tenancy,
        dhcp_options: dhcp_options.unwrap_or_else(|| "default".to_owned()),
        dns_support: true,
        dns_hostnames: false,
        usage_metrics: false,
        tags,
    };
    defaults::furnish(region, &vpc, &mut |prefix| ids.next(prefix));
    let item = item(&vpc, region);
    region.ec2.vpcs.insert(vpc.id.clone(), vpc);
    Ok(vec![Element::new("vpc", item)])
}

fn vpc_range(text: &str) -> Result<Ipv4Net> {
    let cidr: Ipv4Net = text.parse().map_err(|_| malformed(text))?;
    if !(16..=28).contains(&cidr.prefix_len()) {
        return Err(AwsError::new(
            400,
            "InvalidVpc.Range",
            format!("The CIDR '{text}' is invalid."),
        ));
    }
    Ok(cidr.trunc())
}

/// The error for a range of addresses that is none.
pub(super) fn malformed(text: &str) -> AwsError {
    invalid("cidrBlock", text, "This is not a valid CIDR block.")
}

/// A /56 out of Amazon's pool.
fn amazon_block(ids: &mut crate::ids::Ids) -> Block<Ipv6Net> {
    let association = ids.next("vpc-cidr-assoc-");
    // The block's digits come from the id's: both are chance.
    let digits = association.get(association.len() - 10..).unwrap_or_default();
    let chance = u128::from_str_radix(digits, 16).unwrap_or_default();
    let bits = (0x2600_1f13_u128 << 96) | ((chance & 0xff_ffff) << 72);
    let cidr = Ipv6Net::new_assert(bits.into(), 56).trunc();
    Block { association, cidr }
}

/// `DeleteVpc`: its main route table, network ACL and default group go with it; all else
/// must be gone.
pub(super) fn delete(call: &mut Call) -> Result<Vec<Element>> {
    let id = own(call)?;
    let ec2 = &mut call.context.region.ec2;
    let attached = ec2.internet_gateways.by("vpc", &id).next().is_some();
    let groups: Vec<String> =
        ec2.security_groups.by("vpc", &id).map(|row| row.id.clone()).collect();
    let more_groups = ec2.security_groups.by("vpc", &id).any(|row| row.name != "default");
    let more_tables = ec2.route_tables.by("vpc", &id).any(|row| row.main.is_none());
    let more_acls = ec2.network_acls.by("vpc", &id).any(|row| !row.is_default);
    let more = attached || more_groups || more_tables || more_acls;
    if more || ec2.subnets.by("vpc", &id).next().is_some() {
        let message = format!("The vpc '{id}' has dependencies and cannot be deleted.");
        return Err(dependency(message));
    }
    let rules: Vec<String> = groups
        .iter()
        .flat_map(|group| ec2.rules.by("group", group).map(|rule| rule.id.clone()))
        .collect();
    let tables: Vec<String> = ec2.route_tables.by("vpc", &id).map(|row| row.id.clone()).collect();
    let acls: Vec<String> = ec2.network_acls.by("vpc", &id).map(|row| row.id.clone()).collect();
    for id in &rules {
        ec2.rules.remove(id);
    }
    for id in &groups {
        ec2.security_groups.remove(id);
    }
    for id in &tables {
        ec2.route_tables.remove(id);
    }
    for id in &acls {
        ec2.network_acls.remove(id);
    }
    ec2.vpcs.remove(&id);
    Ok(done())
}

/// The VPC that a call names, which the account must own to change it.
pub(super) fn own(call: &Call) -> Result<String> {
    let id = call.form.required("VpcId")?;
    let vpc = find(call.context.region, id)?;
    if vpc.owner != call.context.region.account {
        return Err(not_yours());
    }
    Ok(id.to_owned())
}

/// A VPC by its id.
pub(super) fn find<'a>(region: &'a Region, id: &str) -> Result<&'a Vpc> {
    resource::find(&region.ec2, id)
}

/// `DescribeVpcAttribute`.
pub(super) fn describe_attribute(call: &mut Call) -> Result<Vec<Element>> {
    let vpc = find(call.context.region, call.form.required("VpcId")?)?;
    let attribute = call.form.required("Attribute")?;
    let value = match attribute {
        "enableDnsSupport" => vpc.dns_support,
        "enableDnsHostnames" => vpc.dns_hostnames,
        "enableNetworkAddressUsageMetrics" => vpc.usage_metrics,
        _ => {
            let known = "Expected enableDnsSupport, enableDnsHostnames or enableNetworkAddressUsageMetrics.";
            return Err(invalid("attribute", attribute, known));
        }
    };
    Ok(vec![
        Element::text("vpcId", &vpc.id),
        Element::new(attribute, vec![Element::text("value", value)]),
    ])
}

/// `ModifyVpcAttribute`: one attribute a call.
pub(super) fn modify_attribute(call: &mut Call) -> Result<Vec<Element>> {
    let id = own(call)?;
    let support = call.form.flag("EnableDnsSupport.Value")?;
    let hostnames = call.form.flag("EnableDnsHostnames.Value")?;
    let metrics = call.form.flag("EnableNetworkAddressUsageMetrics.Value")?;
    match [support, hostnames, metrics].into_iter().flatten().count() {
        0 => return Err(super::errors::missing("EnableDnsSupport")),
        1 => {}
        _ => return Err(combination("Only one attribute can be modified at a time")),
    }
    let Some(vpc) = call.context.region.ec2.vpcs.get_mut(&id) else {
        return Err(VPC.not_found(&id));
    };
    // "You can only enable DNS hostnames if you've enabled DNS support" (EC2 API Reference,
    // `ModifyVpcAttribute`), which lists no code for it.
    if hostnames == Some(true) && !vpc.dns_support {
        let message = "You can only enable DNS hostnames if you've enabled DNS support.";
        return Err(combination(message));
    }
    vpc.dns_support = support.unwrap_or(vpc.dns_support);
    vpc.dns_hostnames = hostnames.unwrap_or(vpc.dns_hostnames);
    vpc.usage_metrics = metrics.unwrap_or(vpc.usage_metrics);
    Ok(done())
}

/// `AssociateVpcCidrBlock`: a further range, or Amazon's IPv6.
pub(super) fn associate(call: &mut Call) -> Result<Vec<Element>> {
    let id = own(call)?;
    let cidr = call.form.get("CidrBlock").map(vpc_range).transpose()?;
    let with_ipv6 = call.form.flag("AmazonProvidedIpv6CidrBlock")?.unwrap_or(false);
    let ids = &mut *call.context.ids;
    let region = &mut *call.context.region;
    let name = region.name.clone();
    let Some(vpc) = region.ec2.vpcs.get_mut(&id) else {
        return Err(VPC.not_found(&id));
    };
    let added = match (cidr, with_ipv6) {
        (Some(cidr), false) => {
            let overlaps =
                |block: &Block<Ipv4Net>| block.cidr.contains(&cidr) || cidr.contains(&block.cidr);
            if vpc.cidrs.iter().any(overlaps) {
                let message = format!("The CIDR '{cidr}' conflicts with another block of the VPC.");
                return Err(AwsError::new(400, "InvalidVpc.Range", message));
            }
            let block = Block { association: ids.next("vpc-cidr-assoc-"), cidr };
            let item = vec![
                Element::text("associationId", &block.association),
                Element::text("cidrBlock", block.cidr),
                Element::new("cidrBlockState", vec![Element::text("state", "associating")]),
            ];
            vpc.cidrs.push(block);
            Element::new("cidrBlockAssociation", item)
        }
        (None, true) => {
            let block = amazon_block(ids);
            let item = ipv6_item(&block, &name);
            vpc.ipv6.push(block);
            Element::new("ipv6CidrBlockAssociation", item)
        }
        _ => {
            return Err(combination(
                "Give exactly one of CidrBlock and AmazonProvidedIpv6CidrBlock",
            ));
        }
    };
    let extended = vpc.clone();
    defaults::extend(region, &extended);
    Ok(vec![Element::text("vpcId", id), added])
}

/// `DisassociateVpcCidrBlock`: not the primary range, and none that a subnet lies in.
pub(super) fn disassociate(call: &mut Call) -> Result<Vec<Element>> {
    let association = call.form.required("AssociationId")?.to_owned();
    let ec2 = &mut call.context.region.ec2;
    let has = |vpc: &&Vpc| {
        vpc.cidrs.iter().any(|block| block.association == association)
            || vpc.ipv6.iter().any(|block| block.association == association)
    };
    let Some(id) = ec2.vpcs.values().find(has).map(|vpc| vpc.id.clone()) else {
        let message =
            format!("The vpc CIDR block with association ID {association} does not exist");
        return Err(AwsError::new(400, "InvalidVpcCidrBlockAssociationID.NotFound", message));
    };
    let used = ec2.vpcs.get(&id).into_iter().any(|vpc| {
        let subnets = || ec2.subnets.by("vpc", &id);
        let v4 = vpc.cidrs.iter().filter(|block| block.association == association);
        let v6 = vpc.ipv6.iter().filter(|block| block.association == association);
        let in_v4 = v4
            .flat_map(|block| {
                subnets().filter_map(|row| row.cidr).filter(|cidr| block.cidr.contains(cidr))
            })
            .next();
        let in_v6 = v6
            .flat_map(|block| {
                subnets()
                    .filter_map(|row| row.ipv6.as_ref())
                    .filter(|inner| block.cidr.contains(&inner.cidr))
            })
            .next();
        in_v4.is_some() || in_v6.is_some()
    });
    if used {
        return Err(dependency("The CIDR block is in use by a subnet of the VPC."));
    }
    let Some(vpc) = ec2.vpcs.get_mut(&id) else {
        return Err(VPC.not_found(&id));
    };
    if vpc.cidrs.first().is_some_and(|block| block.association == association) {
        let message = format!(
            "The vpc CIDR block with association ID {association} may not be disassociated. It is the primary IPv4 CIDR block of the VPC"
        );
        return Err(AwsError::new(400, "OperationNotPermitted", message));
    }
    vpc.cidrs.retain(|block| block.association != association);
    vpc.ipv6.retain(|block| block.association != association);
    let shrunk = vpc.clone();
    defaults::shrink(call.context.region, &shrunk);
    Ok(vec![Element::text("vpcId", id)])
}
