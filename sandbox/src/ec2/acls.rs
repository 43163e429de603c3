//! Network ACLs: their listing, and the one that a VPC comes with.

use super::acl_entries;
use super::call::Call;
use super::errors::not_yours;
use super::listing::{
    By, Index, Listing, MOST, Pages, all, by_id, everyone, one, tag_keys, tag_set,
};
use super::resource::find;
use crate::error::Result;
use crate::world::ec2::{AclEntry, Ec2, NetworkAcl, Subnet};
use crate::world::{Region, Tags};
use crate::xml::Element;

pub(super) static LISTING: Listing<NetworkAcl> = Listing {
    set: "networkAclSet",
    ids: "NetworkAclId",
    pages: Pages::Most(MOST),
    filters: &[
        By("association.association-id", |acl, region| {
            all(subnets(acl, region).map(|subnet| &subnet.acl.1))
        }),
        By("association.network-acl-id network-acl-id", |acl, _| one(&acl.id)),
        By("association.subnet-id", |acl, region| {
            all(subnets(acl, region).map(|subnet| &subnet.id))
        }),
        By("default", |acl, _| one(acl.is_default)),
        By("entry.cidr", |acl, region| ranges(acl, region, true)),
        By("entry.egress", |acl, region| entries(acl, region, |entry| Some(one(entry.egress)))),
        By("entry.icmp.code", |acl, region| {
            entries(acl, region, |entry| entry.icmp.map(|(_, code)| one(code)))
        }),
        By("entry.icmp.type", |acl, region| {
            entries(acl, region, |entry| entry.icmp.map(|(kind, _)| one(kind)))
        }),
        By("entry.ipv6-cidr", |acl, region| ranges(acl, region, false)),
        By("entry.port-range.from", |acl, region| {
            entries(acl, region, |entry| entry.ports.map(|(from, _)| one(from)))
        }),
        By("entry.port-range.to", |acl, region| {
            entries(acl, region, |entry| entry.ports.map(|(_, to)| one(to)))
        }),
        By("entry.protocol", |acl, region| {
            entries(acl, region, |entry| Some(one(&entry.protocol)))
        }),
        By("entry.rule-action", |acl, region| {
            entries(acl, region, |entry| Some(one(acl_entries::action(entry))))
        }),
        By("entry.rule-number", |acl, region| {
            entries(acl, region, |entry| Some(one(entry.number)))
        }),
        By("owner-id", |acl, _| one(&acl.owner)),
        By("tag-key", tag_keys),
        By("vpc-id", |acl, _| one(&acl.vpc)),
    ],
    indexes: &[
        Index("network-acl-id", by_id),
        Index("association.subnet-id", |ec2, subnet| {
            let acl = ec2.subnets.get(subnet).map(|subnet| &subnet.acl.0);
            acl.and_then(|id| ec2.network_acls.get(id)).into_iter().collect()
        }),
        Index("vpc-id", |ec2, vpc| ec2.network_acls.by("vpc", vpc).collect()),
    ],
    item,
    visible: everyone,
};

/// The subnets that use an ACL.
fn subnets<'a>(acl: &NetworkAcl, region: &'a Region) -> impl Iterator<Item = &'a Subnet> {
    region.ec2.subnets.by("acl", &acl.id)
}

/// What all entries have, those that end the list too.
fn entries(
    acl: &NetworkAcl,
    region: &Region,
    value: fn(&AclEntry) -> Option<Vec<String>>,
) -> Vec<String> {
    acl_entries::all(acl, region).iter().filter_map(value).flatten().collect()
}

fn ranges(acl: &NetworkAcl, region: &Region, v4: bool) -> Vec<String> {
    let all = acl_entries::all(acl, region).into_iter();
    all.filter(|entry| entry.range.addr().is_ipv4() == v4)
        .map(|entry| entry.range.to_string())
        .collect()
}

/// What an ACL reads as, in its listing and where it is made.
pub(super) fn item(acl: &NetworkAcl, region: &Region) -> Vec<Element> {
    let entries = acl_entries::all(acl, region).into_iter().map(|entry| acl_entries::item(&entry));
    let associations = subnets(acl, region).map(|subnet| {
        vec![
            Element::text("networkAclAssociationId", &subnet.acl.1),
            Element::text("networkAclId", &acl.id),
            Element::text("subnetId", &subnet.id),
        ]
    });
    vec![
        Element::text("networkAclId", &acl.id),
        Element::text("vpcId", &acl.vpc),
        Element::text("ownerId", &acl.owner),
        Element::text("default", acl.is_default),
        Element::set("entrySet", entries),
        Element::set("associationSet", associations),
        tag_set(&acl.tags),
    ]
}

/// The ACL that new subnets of a VPC use.
pub(super) fn default_of<'a>(ec2: &'a Ec2, vpc: &str) -> Option<&'a NetworkAcl> {
    ec2.network_acls.by("vpc", vpc).find(|acl| acl.is_default)
}

/// The ACL that a call names, which the account must own to change it.
pub(super) fn own(call: &Call) -> Result<NetworkAcl> {
    let acl: &NetworkAcl = find(&call.context.region.ec2, call.form.required("NetworkAclId")?)?;
    if acl.owner != call.context.region.account {
        return Err(not_yours());
    }
    Ok(acl.clone())
}

/// The default ACL of a new VPC ("Default network ACL", Amazon VPC User Guide): everything
/// is allowed.
pub(super) fn open(id: String, vpc: &str, owner: &str, ipv6: bool) -> NetworkAcl {
    NetworkAcl {
        id,
        vpc: vpc.to_owned(),
        owner: owner.to_owned(),
        is_default: true,
        entries: acl_entries::open(ipv6),
        token: None,
        tags: Tags::new(),
    }
}

/// Adds the entries that allow all IPv6 traffic, where their number is free.
pub(super) fn allow_ipv6(acl: &mut NetworkAcl) {
    for entry in acl_entries::open(true) {
        let same = |other: &AclEntry| (other.egress, other.number) == (entry.egress, entry.number);
        if entry.range.addr().is_ipv6() && !acl.entries.iter().any(same) {
            acl.entries.push(entry);
        }
    }
    acl_entries::sort(&mut acl.entries);
}
