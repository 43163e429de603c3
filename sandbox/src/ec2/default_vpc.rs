//! The default VPC and its default subnets, as AWS makes them.
//!
//! "We create a VPC with a size /16 IPv4 CIDR block (172.31.0.0/16) … a size /20 default subnet
//! in each Availability Zone … an internet gateway … a route to the main route table that
//! points all traffic (0.0.0.0/0) to the internet gateway … a default security group … a
//! default network ACL … the default DHCP options set" ("Default VPCs", Amazon VPC User Guide).

use ipnet::{IpNet, Ipv4Net};

use super::call::Call;
use super::listing::MOST;
use super::{acls, defaults, subnets, vpcs};
use crate::error::{AwsError, Result};
use crate::world::ec2::{Block, Ec2, InternetGateway, Route, Subnet, Vpc, Zone, ZoneKind};
use crate::world::{Region, Tags};
use crate::xml::Element;

const RANGE: Ipv4Net = Ipv4Net::new_assert(std::net::Ipv4Addr::new(172, 31, 0, 0), 16);

/// The size of a default subnet.
const SUBNET_PREFIX: u8 = 20;

/// The default VPC of a region.
pub(super) fn of(ec2: &Ec2) -> Option<&Vpc> {
    ec2.vpcs.values().find(|vpc| vpc.is_default)
}

/// Makes the default VPC with all that comes with it. `next` makes an id of a prefix.
pub(super) fn furnish(region: &mut Region, next: &mut dyn FnMut(&str) -> String) -> Vpc {
    let dhcp_options = region.ec2.dhcp_options.values().next().map(|row| row.id.clone());
    let vpc = Vpc {
        id: next("vpc-"),
        owner: region.account.clone(),
        cidrs: vec![Block { association: next("vpc-cidr-assoc-"), cidr: RANGE }],
        ipv6: Vec::new(),
        is_default: true,
        tenancy: "default".to_owned(),
        dhcp_options: dhcp_options.unwrap_or_else(|| "default".to_owned()),
        dns_support: true,
        dns_hostnames: true,
        usage_metrics: false,
        tags: Tags::new(),
    };
    region.ec2.vpcs.insert(vpc.id.clone(), vpc.clone());
    defaults::furnish(region, &vpc, next);
    let gateway =
        InternetGateway { id: next("igw-"), vpc: Some(vpc.id.clone()), tags: Tags::new() };
    let main = region.ec2.route_tables.by("vpc", &vpc.id).next().map(|table| table.id.clone());
    if let Some(table) = main.and_then(|id| region.ec2.route_tables.get_mut(&id)) {
        table.routes.push(Route {
            destination: IpNet::V4(Ipv4Net::default()),
            target: gateway.id.clone(),
            origin: "CreateRoute".to_owned(),
        });
    }
    region.ec2.internet_gateways.insert(gateway.id.clone(), gateway);
    let zones: Vec<Zone> = region.ec2.zones.values().cloned().collect();
    for zone in zones.iter().filter(|zone| zone.kind == ZoneKind::AvailabilityZone) {
        if let Some(cidr) = free_range(&region.ec2, &vpc) {
            put_subnet(region, &vpc, zone, cidr, next);
        }
    }
    vpc
}

/// The first /20 that overlaps no subnet of the VPC.
fn free_range(ec2: &Ec2, vpc: &Vpc) -> Option<Ipv4Net> {
    let taken: Vec<Ipv4Net> =
        ec2.subnets.by("vpc", &vpc.id).filter_map(|subnet| subnet.cidr).collect();
    let overlaps = |a: &Ipv4Net, b: &Ipv4Net| a.contains(b) || b.contains(a);
    let range = vpc.cidrs.first()?.cidr;
    let mut parts = range.subnets(SUBNET_PREFIX).ok()?.take(MOST);
    parts.find(|part| !taken.iter().any(|other| overlaps(part, other)))
}

fn put_subnet(
    region: &mut Region,
    vpc: &Vpc,
    zone: &Zone,
    cidr: Ipv4Net,
    next: &mut dyn FnMut(&str) -> String,
) -> Subnet {
    let acl = acls::default_of(&region.ec2, &vpc.id).map(|acl| acl.id.clone());
    let acl = (acl.unwrap_or_default(), next("aclassoc-"));
    let subnet = Subnet {
        default_for_az: true,
        public_ip_on_launch: true,
        ..defaults::plain_subnet(next("subnet-"), vpc, zone, Some(cidr), acl)
    };
    region.ec2.subnets.insert(subnet.id.clone(), subnet.clone());
    subnet
}

/// `CreateDefaultVpc`: "You can only have one default VPC per Region" ("Error codes for the
/// Amazon EC2 API").
pub(super) fn create(call: &mut Call) -> Result<Vec<Element>> {
    let region = &mut *call.context.region;
    if of(&region.ec2).is_some() {
        let message = "A Default VPC already exists for this account in this region.";
        return Err(AwsError::new(400, "DefaultVpcAlreadyExists", message));
    }
    let ids = &mut *call.context.ids;
    let vpc = furnish(region, &mut |prefix| ids.next(prefix));
    Ok(vec![Element::new("vpc", vpcs::item(&vpc, region))])
}

/// `CreateDefaultSubnet`: one per Availability Zone, in the default VPC.
pub(super) fn create_subnet(call: &mut Call) -> Result<Vec<Element>> {
    let zone = subnets::zone(call)?.clone();
    if call.form.get("AvailabilityZone").or(call.form.get("AvailabilityZoneId")).is_none() {
        return Err(super::errors::missing("AvailabilityZone"));
    }
    let region = &mut *call.context.region;
    let Some(vpc) = of(&region.ec2).cloned() else {
        let message = "No default VPC found for this account in this region.";
        return Err(AwsError::new(400, "DefaultVpcDoesNotExist", message));
    };
    let other = region.ec2.subnets.by("zone", &zone.name).find(|subnet| subnet.default_for_az);
    if let Some(other) = other {
        let message = format!("'{}' is already the default subnet in {}.", other.id, zone.name);
        return Err(AwsError::new(400, "DefaultSubnetAlreadyExistsInAvailabilityZone", message));
    }
    let Some(cidr) = free_range(&region.ec2, &vpc) else {
        let message = format!("The VPC {} has no free range for a default subnet.", vpc.id);
        return Err(AwsError::new(400, "InvalidSubnet.Range", message));
    };
    let ids = &mut *call.context.ids;
    let subnet = put_subnet(region, &vpc, &zone, cidr, &mut |prefix| ids.next(prefix));
    Ok(vec![Element::new("subnet", subnets::item(&subnet, region))])
}
