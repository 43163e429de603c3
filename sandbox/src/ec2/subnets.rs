//! Subnets: IPv4, dual-stack and IPv6-only.

use ipnet::{Ipv4Net, Ipv6Net};

use super::call::Call;
use super::errors::{combination, dependency, invalid, missing, not_yours};
use super::ids::{Kind, SUBNET};
use super::listing::{Described, Paging, list, tag_set};
use super::state::{Block, Subnet, Vpc, Zone, ZoneKind};
use super::xml::Element;
use super::{tags, vpcs};
use crate::error::{Answer, AwsError};
use crate::world::{Region, Tags, partition};

/// The addresses that AWS keeps of every subnet: the first four and the last one.
const KEPT: u64 = 5;

impl Described for Subnet {
    const SET: &'static str = "subnetSet";
    const IDS: &'static str = "SubnetId";
    const KIND: &'static Kind = &SUBNET;
    const FILTERS: &'static [&'static str] = &[
        // The names without hyphens are documented as further names of those before them.
        "availability-zone",
        "availabilityZone",
        "availability-zone-id",
        "availabilityZoneId",
        "available-ip-address-count",
        "cidr-block",
        "cidr",
        "cidrBlock",
        "customer-owned-ipv4-pool",
        "default-for-az",
        "defaultForAz",
        "enable-dns64",
        "enable-lni-at-device-index",
        "ipv6-cidr-block-association.ipv6-cidr-block",
        "ipv6-cidr-block-association.association-id",
        "ipv6-cidr-block-association.state",
        "ipv6-native",
        "map-customer-owned-ip-on-launch",
        "map-public-ip-on-launch",
        "outpost-arn",
        "owner-id",
        "private-dns-name-options-on-launch.hostname-type",
        "private-dns-name-options-on-launch.enable-resource-name-dns-a-record",
        "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record",
        "state",
        "subnet-arn",
        "subnet-id",
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
        let ipv6 = self.ipv6.as_ref();
        match filter {
            "availability-zone" | "availabilityZone" => vec![self.zone.clone()],
            "availability-zone-id" | "availabilityZoneId" => vec![self.zone_id.clone()],
            "available-ip-address-count" => vec![available(region, self).to_string()],
            "cidr-block" | "cidr" | "cidrBlock" => {
                self.cidr.iter().map(ToString::to_string).collect()
            }
            "default-for-az" | "defaultForAz" => vec![self.default_for_az.to_string()],
            "enable-dns64" => vec![self.dns64.to_string()],
            "ipv6-cidr-block-association.ipv6-cidr-block" => {
                ipv6.map(|block| block.cidr.to_string()).into_iter().collect()
            }
            "ipv6-cidr-block-association.association-id" => {
                ipv6.map(|block| block.association.clone()).into_iter().collect()
            }
            "ipv6-cidr-block-association.state" => {
                ipv6.map(|_| "associated".to_owned()).into_iter().collect()
            }
            "ipv6-native" => vec![self.cidr.is_none().to_string()],
            "map-customer-owned-ip-on-launch" => vec!["false".to_owned()],
            "map-public-ip-on-launch" => vec![self.public_ip_on_launch.to_string()],
            "outpost-arn" => self.outpost.iter().cloned().collect(),
            "owner-id" => vec![self.owner.clone()],
            "private-dns-name-options-on-launch.hostname-type" => vec![self.hostname_type.clone()],
            "private-dns-name-options-on-launch.enable-resource-name-dns-a-record" => {
                vec![self.a_record.to_string()]
            }
            "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record" => {
                vec![self.aaaa_record.to_string()]
            }
            "state" => vec!["available".to_owned()],
            "subnet-arn" => vec![arn(region, self)],
            "subnet-id" => vec![self.id.clone()],
            "vpc-id" => vec![self.vpc.clone()],
            _ => Vec::new(),
        }
    }

    fn item(&self, region: &Region) -> Vec<Element> {
        let ipv6 = self.ipv6.iter().map(association_item);
        let options = vec![
            Element::text("hostnameType", &self.hostname_type),
            Element::text("enableResourceNameDnsARecord", self.a_record),
            Element::text("enableResourceNameDnsAAAARecord", self.aaaa_record),
        ];
        let mut item = vec![
            Element::text("subnetId", &self.id),
            Element::text("subnetArn", arn(region, self)),
            Element::text("state", "available"),
            Element::text("ownerId", &self.owner),
            Element::text("vpcId", &self.vpc),
        ];
        item.extend(self.cidr.map(|cidr| Element::text("cidrBlock", cidr)));
        item.extend([
            Element::set("ipv6CidrBlockAssociationSet", ipv6),
            Element::text("availableIpAddressCount", available(region, self)),
            Element::text("availabilityZone", &self.zone),
            Element::text("availabilityZoneId", &self.zone_id),
            Element::text("defaultForAz", self.default_for_az),
            Element::text("mapPublicIpOnLaunch", self.public_ip_on_launch),
            Element::text("mapCustomerOwnedIpOnLaunch", false),
            Element::text("assignIpv6AddressOnCreation", self.ipv6_on_creation),
            Element::text("enableDns64", self.dns64),
            Element::text("ipv6Native", self.cidr.is_none()),
            Element::new("privateDnsNameOptionsOnLaunch", options),
            tag_set(&self.tags),
        ]);
        item.extend(self.outpost.as_ref().map(|arn| Element::text("outpostArn", arn)));
        item
    }
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
    let used = interfaces.filter(|interface| interface.address.is_some()).count();
    let all = 1_u64 << (32 - cidr.prefix_len());
    all.saturating_sub(KEPT).saturating_sub(u64::try_from(used).unwrap_or(u64::MAX))
}

/// `DescribeSubnets`.
pub(super) fn describe(call: &mut Call) -> Answer<Vec<Element>> {
    list(call, call.context.region.ec2.subnets.values(), Paging::Always)
}

/// `CreateSubnet`.
pub(super) fn create(call: &mut Call) -> Answer<Vec<Element>> {
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
    let subnet = Subnet {
        id: ids.next("subnet-"),
        vpc: vpc.id,
        owner: vpc.owner,
        zone: zone.name,
        zone_id: zone.id,
        cidr,
        ipv6: ipv6.map(|cidr| Block { association: ids.next("subnet-cidr-assoc-"), cidr }),
        outpost,
        default_for_az: false,
        public_ip_on_launch: false,
        // "Ipv6Native: … AssignIpv6AddressOnCreation is true" (CreateSubnet).
        ipv6_on_creation: native,
        dns64: false,
        hostname_type: if native { "resource-name" } else { "ip-name" }.to_owned(),
        a_record: false,
        aaaa_record: false,
        tags,
    };
    let region = &mut *call.context.region;
    let item = subnet.item(region);
    region.ec2.subnets.insert(subnet.id.clone(), subnet);
    Ok(vec![Element::new("subnet", item)])
}

/// The zone asked for, else the first one of the region.
fn zone<'a>(call: &'a Call) -> Answer<&'a Zone> {
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

fn ipv4_range(region: &Region, vpc: &Vpc, text: &str) -> Answer<Ipv4Net> {
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
fn ipv6_range(region: &Region, vpc: &Vpc, text: &str) -> Answer<Ipv6Net> {
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
pub(super) fn find<'a>(region: &'a Region, id: &str) -> Answer<&'a Subnet> {
    SUBNET.check(id)?;
    region.ec2.subnets.get(id).ok_or_else(|| SUBNET.not_found(id))
}

/// The subnet that a call names, which the account must own to change it.
fn own(call: &Call) -> Answer<String> {
    let subnet = find(call.context.region, call.form.required("SubnetId")?)?;
    if subnet.owner != call.context.region.account {
        return Err(not_yours());
    }
    Ok(subnet.id.clone())
}

/// `DeleteSubnet`: no interface may be left in it.
pub(super) fn delete(call: &mut Call) -> Answer<Vec<Element>> {
    let id = own(call)?;
    let ec2 = &mut call.context.region.ec2;
    let gateway = ec2.nat_gateways.values().any(|row| row.subnet == id);
    if gateway || ec2.interfaces.by("subnet", &id).next().is_some() {
        let message = format!("The subnet '{id}' has dependencies and cannot be deleted.");
        return Err(dependency(message));
    }
    let names_it =
        |row: &&super::state::RouteTable| row.subnets.iter().any(|(_, subnet)| *subnet == id);
    let tables: Vec<String> =
        ec2.route_tables.values().filter(names_it).map(|row| row.id.clone()).collect();
    for table in tables {
        if let Some(table) = ec2.route_tables.get_mut(&table) {
            table.subnets.retain(|(_, subnet)| *subnet != id);
        }
    }
    ec2.subnets.remove(&id);
    Ok(vec![Element::text("return", true)])
}

/// `ModifySubnetAttribute`: one attribute a call.
pub(super) fn modify(call: &mut Call) -> Answer<Vec<Element>> {
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
    Ok(vec![Element::text("return", true)])
}

/// `AssociateSubnetCidrBlock`: a subnet has one IPv6 range.
pub(super) fn associate(call: &mut Call) -> Answer<Vec<Element>> {
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
pub(super) fn disassociate(call: &mut Call) -> Answer<Vec<Element>> {
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
