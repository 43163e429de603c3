//! Subnets: IPv4, dual-stack and IPv6-only.

use ipnet::{Ipv4Net, Ipv6Net};

use super::call::Call;
use super::errors::{combination, dependency, invalid, missing, not_yours};
use super::ids::SUBNET;
use super::listing::{
    By, Index, Listing, MOST, Pages, all, by_id, done, everyone, nothing, one, tag_keys, tag_set,
};
use super::{acls, defaults, resource, tags, vpcs};
use crate::error::{AwsError, Result};
use crate::world::ec2::{Block, Subnet, Vpc, Zone, ZoneKind};
use crate::world::{Region, partition};
use crate::xml::Element;

/// The addresses that AWS keeps of every subnet: the first four and the last one.
const KEPT: u64 = 5;

pub(super) static LISTING: Listing<Subnet> = Listing {
    set: "subnetSet",
    ids: "SubnetId",
    pages: Pages::Most(MOST),
    filters: &[
        // The names without hyphens are documented as further names of those before them.
        By("availability-zone availabilityZone", |subnet, _| one(&subnet.zone)),
        By("availability-zone-id availabilityZoneId", |subnet, _| one(&subnet.zone_id)),
        By("available-ip-address-count", |subnet, region| one(available(region, subnet))),
        By("cidr-block cidr cidrBlock", |subnet, _| all(subnet.cidr)),
        By("customer-owned-ipv4-pool", nothing),
        By("default-for-az defaultForAz", |subnet, _| one(subnet.default_for_az)),
        By("enable-dns64", |subnet, _| one(subnet.dns64)),
        By("enable-lni-at-device-index", nothing),
        By("ipv6-cidr-block-association.association-id", |subnet, _| {
            all(subnet.ipv6.as_ref().map(|block| &block.association))
        }),
        By("ipv6-cidr-block-association.ipv6-cidr-block", |subnet, _| {
            all(subnet.ipv6.as_ref().map(|block| block.cidr))
        }),
        By("ipv6-cidr-block-association.state", |subnet, _| {
            all(subnet.ipv6.as_ref().map(|_| "associated"))
        }),
        By("ipv6-native", |subnet, _| one(subnet.cidr.is_none())),
        By("map-customer-owned-ip-on-launch", |_, _| one(false)),
        By("map-public-ip-on-launch", |subnet, _| one(subnet.public_ip_on_launch)),
        By("outpost-arn", |subnet, _| all(&subnet.outpost)),
        By("owner-id", |subnet, _| one(&subnet.owner)),
        By("private-dns-name-options-on-launch.enable-resource-name-dns-a-record", |subnet, _| {
            one(subnet.a_record)
        }),
        By(
            "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record",
            |subnet, _| one(subnet.aaaa_record),
        ),
        By("private-dns-name-options-on-launch.hostname-type", |subnet, _| {
            one(&subnet.hostname_type)
        }),
        By("state", |_, _| one("available")),
        By("subnet-arn", |subnet, region| one(arn(region, subnet))),
        By("subnet-id", |subnet, _| one(&subnet.id)),
        By("tag-key", tag_keys),
        By("vpc-id", |subnet, _| one(&subnet.vpc)),
    ],
    indexes: &[
        Index("subnet-id", by_id),
        Index("vpc-id", |ec2, vpc| ec2.subnets.by("vpc", vpc).collect()),
        Index("availability-zone", |ec2, zone| ec2.subnets.by("zone", zone).collect()),
    ],
    item,
    visible: everyone,
};

/// What a subnet reads as, in its listing and where it is made.
pub(super) fn item(subnet: &Subnet, region: &Region) -> Vec<Element> {
    let ipv6 = subnet.ipv6.iter().map(association_item);
    let options = vec![
        Element::text("hostnameType", &subnet.hostname_type),
        Element::text("enableResourceNameDnsARecord", subnet.a_record),
        Element::text("enableResourceNameDnsAAAARecord", subnet.aaaa_record),
    ];
    let mut item = vec![
        Element::text("subnetId", &subnet.id),
        Element::text("subnetArn", arn(region, subnet)),
        Element::text("state", "available"),
        Element::text("ownerId", &subnet.owner),
        Element::text("vpcId", &subnet.vpc),
    ];
    item.extend(subnet.cidr.map(|cidr| Element::text("cidrBlock", cidr)));
    item.extend([
        Element::set("ipv6CidrBlockAssociationSet", ipv6),
        Element::text("availableIpAddressCount", available(region, subnet)),
        Element::text("availabilityZone", &subnet.zone),
        Element::text("availabilityZoneId", &subnet.zone_id),
        Element::text("defaultForAz", subnet.default_for_az),
        Element::text("mapPublicIpOnLaunch", subnet.public_ip_on_launch),
        Element::text("mapCustomerOwnedIpOnLaunch", false),
        Element::text("assignIpv6AddressOnCreation", subnet.ipv6_on_creation),
        Element::text("enableDns64", subnet.dns64),
        Element::text("ipv6Native", subnet.cidr.is_none()),
        Element::new("privateDnsNameOptionsOnLaunch", options),
        tag_set(&subnet.tags),
    ]);
    item.extend(subnet.outpost.as_ref().map(|arn| Element::text("outpostArn", arn)));
    item
}

fn association_item(block: &Block<Ipv6Net>) -> Vec<Element> {
    vec![
        Element::text("associationId", &block.association),
        Element::text("ipv6CidrBlock", block.cidr),
        Element::new("ipv6CidrBlockState", vec![Element::text("state", "associated")]),
    ]
}

/// A subnet's ARN names its owner, which is not this account where it is shared.
fn arn(region: &Region, subnet: &Subnet) -> String {
    let partition = partition(&region.name);
    format!("arn:{partition}:ec2:{}:{}:subnet/{}", region.name, subnet.owner, subnet.id)
}

/// The IPv4 addresses that are free; 0 in an IPv6-only subnet.
fn available(region: &Region, subnet: &Subnet) -> u64 {
    let Some(cidr) = subnet.cidr else {
        return 0;
    };
    let interfaces = region.ec2.interfaces.by("subnet", &subnet.id);
    let used = interfaces.map(|interface| interface.ipv4().count()).sum::<usize>();
    let all = 1_u64 << (32 - cidr.prefix_len());
    all.saturating_sub(KEPT).saturating_sub(u64::try_from(used).unwrap_or(u64::MAX))
}

/// `CreateSubnet`.
pub(super) fn create(call: &mut Call) -> Result<Vec<Element>> {
    let region = &*call.context.region;
    let vpc = vpcs::find(region, call.form.required("VpcId")?)?.clone();
    if vpc.owner != region.account {
        return Err(not_yours());
    }
    let native = call.form.flag("Ipv6Native")?.unwrap_or(false);
    let cidr = match (call.form.get("CidrBlock"), native) {
        (Some(_), true) => {
            return Err(combination("The parameter CidrBlock cannot be used with Ipv6Native"));
        }
        (None, true) => None,
        (None, false) => return Err(missing("CidrBlock")),
        (Some(text), false) => Some(ipv4_range(region, &vpc, text)?),
    };
    let ipv6 =
        call.form.get("Ipv6CidrBlock").map(|text| ipv6_range(region, &vpc, text)).transpose()?;
    if native && ipv6.is_none() {
        return Err(missing("Ipv6CidrBlock"));
    }
    let zone = zone(call)?.clone();
    let tags = tags::on_creation(call, &SUBNET)?;
    let outpost = call.form.get("OutpostArn").map(str::to_owned);
    let ids = &mut *call.context.ids;
    let acl = acls::default_of(&call.context.region.ec2, &vpc.id);
    let acl = acl.map(|acl| acl.id.clone()).unwrap_or_default();
    let acl = (acl, ids.next("aclassoc-"));
    let subnet = Subnet {
        ipv6: ipv6.map(|cidr| Block { association: ids.next("subnet-cidr-assoc-"), cidr }),
        outpost,
        // "Ipv6Native: … AssignIpv6AddressOnCreation is true" (CreateSubnet).
        ipv6_on_creation: native,
        hostname_type: if native { "resource-name" } else { "ip-name" }.to_owned(),
        tags,
        ..defaults::plain_subnet(ids.next("subnet-"), &vpc, &zone, cidr, acl)
    };
    let region = &mut *call.context.region;
    let item = item(&subnet, region);
    region.ec2.subnets.insert(subnet.id.clone(), subnet);
    Ok(vec![Element::new("subnet", item)])
}

/// The zone that a call names, else the first one of the region.
pub(super) fn zone<'a>(call: &'a Call) -> Result<&'a Zone> {
    let zones = &call.context.region.ec2.zones;
    let name = call.form.get("AvailabilityZone");
    let id = call.form.get("AvailabilityZoneId");
    let usable = || zones.values().filter(|zone| zone.opted_in);
    let found = match (name, id) {
        (Some(_), Some(_)) => {
            return Err(combination("Give one of AvailabilityZone and AvailabilityZoneId"));
        }
        (Some(name), None) => usable().find(|zone| zone.name == name),
        (None, Some(id)) => usable().find(|zone| zone.id == id),
        (None, None) => usable().find(|zone| zone.kind == ZoneKind::AvailabilityZone),
    };
    found.ok_or_else(|| {
        let names: Vec<&str> = usable().map(|zone| zone.name.as_str()).collect();
        let why = format!(
            "Subnets can currently only be created in the following availability zones: {}.",
            names.join(", ")
        );
        invalid("availabilityZone", name.or(id).unwrap_or_default(), &why)
    })
}

fn ipv4_range(region: &Region, vpc: &Vpc, text: &str) -> Result<Ipv4Net> {
    let cidr: Ipv4Net = text.parse().map_err(|_| vpcs::malformed(text))?;
    let within = vpc.cidrs.iter().any(|block| block.cidr.contains(&cidr));
    if !(16..=28).contains(&cidr.prefix_len()) || !within {
        return Err(out_of_range(text));
    }
    let cidr = cidr.trunc();
    let mut others = region.ec2.subnets.by("vpc", &vpc.id).filter_map(|row| row.cidr);
    if others.any(|other| other.contains(&cidr) || cidr.contains(&other)) {
        return Err(conflict(text));
    }
    Ok(cidr)
}

/// "/44 and /64 in increments of /4" (`CreateSubnet`).
fn ipv6_range(region: &Region, vpc: &Vpc, text: &str) -> Result<Ipv6Net> {
    let cidr: Ipv6Net = text.parse().map_err(|_| vpcs::malformed(text))?;
    let length = cidr.prefix_len();
    let within = vpc.ipv6.iter().any(|block| block.cidr.contains(&cidr));
    if !(44..=64).contains(&length) || !length.is_multiple_of(4) || !within {
        return Err(out_of_range(text));
    }
    let cidr = cidr.trunc();
    let mut others = region.ec2.subnets.by("vpc", &vpc.id).filter_map(|row| row.ipv6.as_ref());
    if others.any(|other| other.cidr.contains(&cidr) || cidr.contains(&other.cidr)) {
        return Err(conflict(text));
    }
    Ok(cidr)
}

fn out_of_range(text: &str) -> AwsError {
    AwsError::new(400, "InvalidSubnet.Range", format!("The CIDR '{text}' is invalid."))
}

fn conflict(text: &str) -> AwsError {
    let message = format!("The CIDR '{text}' conflicts with another subnet");
    AwsError::new(400, "InvalidSubnet.Conflict", message)
}

/// A subnet by its id.
pub(super) fn find<'a>(region: &'a Region, id: &str) -> Result<&'a Subnet> {
    resource::find(&region.ec2, id)
}

/// The subnet that a call names, which the account must own to change it.
fn own(call: &Call) -> Result<String> {
    let subnet = find(call.context.region, call.form.required("SubnetId")?)?;
    if subnet.owner != call.context.region.account {
        return Err(not_yours());
    }
    Ok(subnet.id.clone())
}

/// `DeleteSubnet`: no interface may be left in it.
pub(super) fn delete(call: &mut Call) -> Result<Vec<Element>> {
    let id = own(call)?;
    let ec2 = &mut call.context.region.ec2;
    if ec2.interfaces.by("subnet", &id).next().is_some() {
        let message = format!("The subnet '{id}' has dependencies and cannot be deleted.");
        return Err(dependency(message));
    }
    let tables: Vec<String> =
        ec2.route_tables.by("subnet", &id).map(|row| row.id.clone()).collect();
    for table in tables {
        if let Some(table) = ec2.route_tables.get_mut(&table) {
            table.subnets.retain(|(_, subnet)| *subnet != id);
        }
    }
    ec2.subnets.remove(&id);
    Ok(done())
}

/// `ModifySubnetAttribute`: one attribute a call.
pub(super) fn modify(call: &mut Call) -> Result<Vec<Element>> {
    let id = own(call)?;
    let flag = |name: &str| call.form.flag(&format!("{name}.Value"));
    let public_ip = flag("MapPublicIpOnLaunch")?;
    let ipv6 = flag("AssignIpv6AddressOnCreation")?;
    let dns64 = flag("EnableDns64")?;
    let a_record = flag("EnableResourceNameDnsARecordOnLaunch")?;
    let aaaa_record = flag("EnableResourceNameDnsAAAARecordOnLaunch")?;
    let hostname_type = call.form.get("PrivateDnsHostnameTypeOnLaunch").map(str::to_owned);
    let flags = [public_ip, ipv6, dns64, a_record, aaaa_record];
    match flags.into_iter().flatten().count() + usize::from(hostname_type.is_some()) {
        0 => return Err(missing("MapPublicIpOnLaunch")),
        1 => {}
        _ => return Err(combination("Only one attribute can be modified at a time")),
    }
    if let Some(kind) = &hostname_type
        && !["ip-name", "resource-name"].contains(&kind.as_str())
    {
        return Err(invalid(
            "privateDnsHostnameTypeOnLaunch",
            kind,
            "Expected ip-name or resource-name.",
        ));
    }
    let Some(subnet) = call.context.region.ec2.subnets.get_mut(&id) else {
        return Err(SUBNET.not_found(&id));
    };
    if subnet.ipv6.is_none() && (ipv6 == Some(true) || dns64 == Some(true)) {
        return Err(invalid("subnetId", &id, "The subnet has no IPv6 CIDR block."));
    }
    subnet.public_ip_on_launch = public_ip.unwrap_or(subnet.public_ip_on_launch);
    subnet.ipv6_on_creation = ipv6.unwrap_or(subnet.ipv6_on_creation);
    subnet.dns64 = dns64.unwrap_or(subnet.dns64);
    subnet.a_record = a_record.unwrap_or(subnet.a_record);
    subnet.aaaa_record = aaaa_record.unwrap_or(subnet.aaaa_record);
    subnet.hostname_type = hostname_type.unwrap_or_else(|| subnet.hostname_type.clone());
    Ok(done())
}

/// `AssociateSubnetCidrBlock`: a subnet has one IPv6 range.
pub(super) fn associate(call: &mut Call) -> Result<Vec<Element>> {
    let id = own(call)?;
    let region = &*call.context.region;
    let subnet = find(region, &id)?;
    let vpc = vpcs::find(region, &subnet.vpc)?;
    if subnet.ipv6.is_some() {
        return Err(invalid("subnetId", &id, "The subnet has an IPv6 CIDR block already."));
    }
    let cidr = ipv6_range(region, vpc, call.form.required("Ipv6CidrBlock")?)?;
    let block = Block { association: call.context.ids.next("subnet-cidr-assoc-"), cidr };
    let item = association_item(&block);
    if let Some(subnet) = call.context.region.ec2.subnets.get_mut(&id) {
        subnet.ipv6 = Some(block);
    }
    Ok(vec![Element::text("subnetId", id), Element::new("ipv6CidrBlockAssociation", item)])
}

/// `DisassociateSubnetCidrBlock`.
pub(super) fn disassociate(call: &mut Call) -> Result<Vec<Element>> {
    let association = call.form.required("AssociationId")?.to_owned();
    let ec2 = &mut call.context.region.ec2;
    let has = |subnet: &&Subnet| {
        subnet.ipv6.as_ref().is_some_and(|block| block.association == association)
    };
    let Some(id) = ec2.subnets.values().find(has).map(|subnet| subnet.id.clone()) else {
        let message =
            format!("The subnet CIDR block with association ID {association} does not exist");
        return Err(AwsError::new(400, "InvalidSubnetCidrBlockAssociationID.NotFound", message));
    };
    if ec2.interfaces.by("subnet", &id).any(|row| !row.ipv6.is_empty()) {
        return Err(dependency("The IPv6 CIDR block is in use by a network interface."));
    }
    let block = ec2.subnets.get_mut(&id).and_then(|subnet| subnet.ipv6.take());
    let item = block.as_ref().map(association_item).unwrap_or_default();
    Ok(vec![Element::text("subnetId", id), Element::new("ipv6CidrBlockAssociation", item)])
}
