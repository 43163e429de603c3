//! Network ACLs and DHCP options, to read.

use super::call::Call;
use super::ids::{DHCP_OPTIONS, Kind, NETWORK_ACL};
use super::listing::{Described, Paging, list, tag_set};
use super::state::{DhcpOptions, NetworkAcl};
use super::xml::Element;
use crate::error::Answer;
use crate::world::{Region, Tags};

/// The number of the entry that denies what no other one decides.
const LAST: u16 = 32_767;

impl Described for NetworkAcl {
    const SET: &'static str = "networkAclSet";
    const IDS: &'static str = "NetworkAclId";
    const KIND: &'static Kind = &NETWORK_ACL;
    const FILTERS: &'static [&'static str] = &[
        "association.association-id",
        "association.network-acl-id",
        "association.subnet-id",
        "default",
        "entry.cidr",
        "entry.egress",
        "entry.icmp.code",
        "entry.icmp.type",
        "entry.ipv6-cidr",
        "entry.port-range.from",
        "entry.port-range.to",
        "entry.protocol",
        "entry.rule-action",
        "entry.rule-number",
        "network-acl-id",
        "owner-id",
        "tag-key",
        "tag:",
        "vpc-id",
    ];

    fn id(&self) -> &str {
        &self.id
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn values(&self, region: &Region, filter: &str) -> Vec<String> {
        let texts = |values: &[&str]| values.iter().map(|text| (*text).to_owned()).collect();
        match filter {
            "association.association-id" => subnets(self, region).map(association).collect(),
            "association.subnet-id" => subnets(self, region).map(str::to_owned).collect(),
            "default" => texts(&["true"]),
            "entry.cidr" => texts(&["0.0.0.0/0"]),
            "entry.egress" => texts(&["true", "false"]),
            "entry.ipv6-cidr" if has_ipv6(self, region) => texts(&["::/0"]),
            "entry.protocol" => texts(&["-1"]),
            "entry.rule-action" => texts(&["allow", "deny"]),
            "entry.rule-number" => entries(self, region).map(|(n, ..)| n.to_string()).collect(),
            "association.network-acl-id" | "network-acl-id" => vec![self.id.clone()],
            "owner-id" => vec![self.owner.clone()],
            "vpc-id" => vec![self.vpc.clone()],
            _ => Vec::new(),
        }
    }

    fn item(&self, region: &Region) -> Vec<Element> {
        let entries = [false, true].into_iter().flat_map(|egress| {
            entries(self, region).map(move |(number, action, element, range)| {
                vec![
                    Element::text("ruleNumber", number),
                    Element::text("protocol", "-1"),
                    Element::text("ruleAction", action),
                    Element::text("egress", egress),
                    Element::text(element, range),
                ]
            })
        });
        let associations = subnets(self, region).map(|subnet| {
            vec![
                Element::text("networkAclAssociationId", association(subnet)),
                Element::text("networkAclId", &self.id),
                Element::text("subnetId", subnet),
            ]
        });
        vec![
            Element::text("networkAclId", &self.id),
            Element::text("vpcId", &self.vpc),
            Element::text("ownerId", &self.owner),
            Element::text("default", true),
            Element::set("entrySet", entries),
            Element::set("associationSet", associations),
            tag_set(&self.tags),
        ]
    }
}

fn has_ipv6(acl: &NetworkAcl, region: &Region) -> bool {
    region.ec2.vpcs.get(&acl.vpc).is_some_and(|vpc| !vpc.ipv6.is_empty())
}

/// The entries of a default ACL in each direction ("Default network ACL", Amazon VPC User
/// Guide): everything is allowed, for IPv6 too where the VPC has it.
fn entries(
    acl: &NetworkAcl,
    region: &Region,
) -> impl Iterator<Item = (u16, &'static str, &'static str, &'static str)> {
    let v4 = [(100, "allow"), (LAST, "deny")];
    let v4 = v4.into_iter().map(|(n, action)| (n, action, "cidrBlock", "0.0.0.0/0"));
    let v6 = [(101, "allow"), (LAST + 1, "deny")].into_iter();
    let v6 = v6.filter(|_| has_ipv6(acl, region));
    v4.chain(v6.map(|(n, action)| (n, action, "ipv6CidrBlock", "::/0")))
}

/// All subnets of the VPC.
fn subnets<'a>(acl: &NetworkAcl, region: &'a Region) -> impl Iterator<Item = &'a str> {
    region.ec2.subnets.by("vpc", &acl.vpc).map(|subnet| subnet.id.as_str())
}

fn association(subnet: &str) -> String {
    format!("aclassoc-{}", subnet.trim_start_matches("subnet-"))
}

/// `DescribeNetworkAcls`.
pub(super) fn describe(call: &mut Call) -> Answer<Vec<Element>> {
    list(call, call.context.region.ec2.network_acls.values(), Paging::Always)
}

impl Described for DhcpOptions {
    const SET: &'static str = "dhcpOptionsSet";
    const IDS: &'static str = "DhcpOptionsId";
    const KIND: &'static Kind = &DHCP_OPTIONS;
    const FILTERS: &'static [&'static str] =
        &["dhcp-options-id", "key", "owner-id", "tag-key", "tag:", "value"];

    fn id(&self) -> &str {
        &self.id
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn values(&self, region: &Region, filter: &str) -> Vec<String> {
        match filter {
            "dhcp-options-id" => vec![self.id.clone()],
            "key" => self.options.iter().map(|(key, _)| key.clone()).collect(),
            "owner-id" => vec![region.account.clone()],
            "value" => self.options.iter().flat_map(|(_, values)| values.clone()).collect(),
            _ => Vec::new(),
        }
    }

    fn item(&self, region: &Region) -> Vec<Element> {
        let options = self.options.iter().map(|(key, values)| {
            let values = values.iter().map(|value| vec![Element::text("value", value)]);
            vec![Element::text("key", key), Element::set("valueSet", values)]
        });
        vec![
            Element::text("dhcpOptionsId", &self.id),
            Element::text("ownerId", &region.account),
            Element::set("dhcpConfigurationSet", options),
            tag_set(&self.tags),
        ]
    }
}

/// `DescribeDhcpOptions`.
pub(super) fn describe_dhcp(call: &mut Call) -> Answer<Vec<Element>> {
    list(call, call.context.region.ec2.dhcp_options.values(), Paging::Always)
}
