//! What each world adds to the plain network, or takes from it.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

use super::super::{default_vpc, defaults};
use super::parts::{CLUSTER, Numbered, empty_table, group, net, plain_subnet, subnet, tags};
use crate::world::Region;
use crate::world::ec2::{
    Block, Instance, Interface, NatGateway, Rule, SecurityGroup, Subnet, Vpc, Zone, ZoneKind,
};
use crate::worlds::World;

/// The account that owns a shared VPC.
const OWNER: &str = "444455556666";

/// The number of the first subnet of the control plane alone.
pub(crate) const INTRA: u64 = 0xa0a;

/// How many interfaces the world of many of them has.
const MANY: u32 = 5000;

/// Adds one world to a region that has its plain network.
pub(super) fn add(world: World, region: &mut Region, ids: Numbered) {
    match world {
        World::LocalZone => extending(region, ids, Zone::local_zone(&region.name), 0x50a, 96),
        World::Wavelength => {
            extending(region, ids, Zone::wavelength_zone(&region.name), 0x60a, 224);
        }
        World::Outpost => outpost(region, ids),
        World::SharedVpc => shared_vpc(region),
        World::DatabaseTier => database_tier(region, ids),
        World::TransitSubnets => small_subnets(region, ids, (0x90a, 0)),
        World::IntraSubnets => small_subnets(region, ids, (INTRA, 128)),
        World::Nodes => nodes(region, ids, 1),
        World::ForeignNodes => nodes(region, ids, 2),
        World::StaleGroup => stale_group(region, ids),
        World::Ipv6Only => ipv6_only(region, ids),
        World::DualStack => dual_stack(region, ids),
        World::NoDnsHostnames => {
            change_vpc(region, |vpc| vpc.dns_hostnames = false);
        }
        World::ManyInterfaces => many_interfaces(region, ids),
        World::DefaultVpc => {
            let mut n = 0xd00;
            let mut next = |prefix: &str| {
                n += 1;
                ids.id(prefix, n)
            };
            default_vpc::furnish(region, &mut next);
        }
        // The identifiers are made for the one, see `Numbered`; the other is about what is made later,
        // see `Options::unknown_ms` and `Options::released_after_ms`.
        World::TwinClusters | World::LateVisibility | World::LateRelease => {}
    }
}

/// The VPC of the plain network.
fn vpc(region: &Region) -> Option<Vpc> {
    region.ec2.vpcs.values().next().cloned()
}

fn change_vpc(region: &mut Region, change: impl FnOnce(&mut Vpc)) -> Option<Vpc> {
    let id = region.ec2.vpcs.values().next()?.id.clone();
    let vpc = region.ec2.vpcs.get_mut(&id)?;
    change(vpc);
    Some(vpc.clone())
}

fn zones(region: &Region) -> Vec<Zone> {
    let kind = ZoneKind::AvailabilityZone;
    region.ec2.zones.values().filter(|zone| zone.kind == kind).cloned().collect()
}

fn put_subnet(region: &mut Region, subnet: Subnet) {
    region.ec2.subnets.insert(subnet.id.clone(), subnet);
}

/// A zone that extends the first one, with a private subnet tagged like the others.
fn extending(region: &mut Region, ids: Numbered, zone: Zone, kind: u64, third: u8) {
    if let Some(vpc) = vpc(region) {
        put_subnet(region, subnet(ids, &vpc, &zone, (0, kind), third, false));
    }
    region.ec2.zones.insert(zone.name.clone(), zone);
}

fn outpost(region: &mut Region, ids: Numbered) {
    let (Some(vpc), Some(zone)) = (vpc(region), zones(region).first().cloned()) else {
        return;
    };
    let arn = region.arn("outposts", &ids.id("outpost/op-", 1));
    let on_outpost = subnet(ids, &vpc, &zone, (0, 0x70a), 240, false);
    put_subnet(region, Subnet { outpost: Some(arn), cidr: Some(net(240, 21)), ..on_outpost });
}

/// "VPC tags, and tags for the resources within the shared VPC, are not shared with the
/// participants", and the default group and the main route table are the owner's ("Share
/// your VPC subnets with other accounts", Amazon VPC User Guide). The cluster's groups are
/// the participant's own.
fn shared_vpc(region: &mut Region) {
    change_vpc(region, |vpc| {
        OWNER.clone_into(&mut vpc.owner);
        vpc.tags.clear();
    });
    let ec2 = &mut region.ec2;
    let ids: Vec<String> = ec2.subnets.values().map(|row| row.id.clone()).collect();
    for id in ids {
        if let Some(subnet) = ec2.subnets.get_mut(&id) {
            OWNER.clone_into(&mut subnet.owner);
            subnet.tags.clear();
        }
    }
    let ids: Vec<String> = ec2.route_tables.values().map(|row| row.id.clone()).collect();
    for id in ids {
        if let Some(table) = ec2.route_tables.get_mut(&id) {
            OWNER.clone_into(&mut table.owner);
            table.tags.clear();
        }
    }
    let ids: Vec<String> = ec2.network_acls.values().map(|row| row.id.clone()).collect();
    for id in ids {
        if let Some(acl) = ec2.network_acls.get_mut(&id) {
            OWNER.clone_into(&mut acl.owner);
        }
    }
    let default = ec2.security_groups.values().find(|group| group.name == "default");
    let default = default.map(|group| group.id.clone());
    if let Some(group) = default.and_then(|id| ec2.security_groups.get_mut(&id)) {
        OWNER.clone_into(&mut group.owner);
    }
    // Gateways are not shared at all.
    let ids: Vec<String> = ec2.internet_gateways.values().map(|row| row.id.clone()).collect();
    for id in &ids {
        ec2.internet_gateways.remove(id);
    }
    let gateways: Vec<NatGateway> = ec2.nat_gateways.values().cloned().collect();
    for gateway in gateways {
        ec2.nat_gateways.remove(&gateway.id);
        ec2.interfaces.remove(&gateway.interface.unwrap_or_default());
    }
    let ids: Vec<String> = ec2.addresses.values().map(|row| row.id.clone()).collect();
    for id in &ids {
        ec2.addresses.remove(id);
    }
}

/// A /24 per zone, in a route table that leads nowhere outside.
fn database_tier(region: &mut Region, ids: Numbered) {
    let Some(vpc) = vpc(region) else {
        return;
    };
    let mut table = empty_table(ids.id("rtb-", 3), &vpc);
    for (n, zone) in (0_u8..).zip(zones(region)) {
        let id = ids.id("subnet-", 0x80a + u64::from(n));
        table.subnets.push((ids.id("rtbassoc-", 0x20 + u64::from(n)), id.clone()));
        put_subnet(region, plain_subnet(id, &vpc, &zone, net(248 + n, 24)));
    }
    region.ec2.route_tables.insert(table.id.clone(), table);
}

/// A /28 per zone, in the main route table, with these numbers and from this address on.
fn small_subnets(region: &mut Region, ids: Numbered, (number, first): (u64, u8)) {
    let Some(vpc) = vpc(region) else {
        return;
    };
    for (n, zone) in (0_u8..).zip(zones(region)) {
        let id = ids.id("subnet-", number + u64::from(n));
        let cidr = Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 255, first + 16 * n), 28);
        put_subnet(region, plain_subnet(id, &vpc, &zone, cidr));
    }
}

/// A node per zone, with one interface in a group: 1 is the cluster's, 2 is another one.
fn nodes(region: &mut Region, ids: Numbered, group: u64) {
    for (n, zone) in (0_u8..).zip(zones(region)) {
        let number = 0x10 * group + u64::from(n);
        let subnet = ids.id("subnet-", 0x10a + u64::from(n));
        let address = Ipv4Addr::new(10, 0, 16 * n + 15, 20 * u8::try_from(group).unwrap_or(1));
        let instance = Instance {
            id: ids.id("i-", number),
            reservation: ids.id("r-", number),
            subnet,
            kind: "m6i.large".to_owned(),
            image: ids.id("ami-", 1),
            profile_arn: Some(region.iam_arn(&format!("instance-profile/eks-{CLUSTER}-nodes"))),
            launched_ms: 1_700_000_000_000,
            tags: tags(&[
                ("Name", &format!("{CLUSTER}-node-{}", zone.name)),
                ("eks:cluster-name", CLUSTER),
                ("kubernetes.io/cluster/graphscope-dev", "owned"),
            ]),
        };
        let interface = Interface {
            address: Some(address),
            groups: vec![ids.id("sg-", group)],
            ..Interface::of_instance(ids.id("eni-", number), &instance)
        };
        region.ec2.interfaces.insert(interface.id.clone(), interface);
        region.ec2.instances.insert(instance.id.clone(), instance);
    }
}

/// EKS deletes the group of a cluster that it deletes, but not while an interface uses it.
fn stale_group(region: &mut Region, ids: Numbered) {
    let Some(vpc) = vpc(region) else {
        return;
    };
    let name = "eks-cluster-sg-graphscope-dev-1234567890";
    let marks =
        [("aws:eks:cluster-name", CLUSTER), ("kubernetes.io/cluster/graphscope-dev", "owned")];
    let group: SecurityGroup = group(ids, &vpc, 5, name, "EKS created security group", &marks);
    let mut rules: Vec<Rule> = vec![defaults::among_members(ids.id("sgr-", 5), &group.id)];
    rules.extend(defaults::to_anywhere(&vpc, &group.id, &mut |prefix| ids.id(prefix, 0x25)));
    for rule in rules {
        region.ec2.rules.insert(rule.id.clone(), rule);
    }
    region.ec2.security_groups.insert(group.id.clone(), group);
}

/// Gives the VPC an IPv6 range and its default routes and egress for it, once.
fn with_ipv6(region: &mut Region, ids: Numbered) -> Option<Vpc> {
    let block = Ipv6Net::new_assert(Ipv6Addr::new(0x2600, 0x1f13, 0x0c0d, 0xec00, 0, 0, 0, 0), 56);
    if vpc(region)?.ipv6.is_empty() {
        let block = Block { association: ids.id("vpc-cidr-assoc-", 6), cidr: block };
        let vpc = change_vpc(region, |vpc| vpc.ipv6.push(block))?;
        defaults::extend(region, &vpc);
    }
    vpc(region)
}

/// A /64 of the VPC's range.
fn ipv6_block(ids: Numbered, vpc: &Vpc, n: u16) -> Option<Block<Ipv6Net>> {
    let range = vpc.ipv6.first()?.cidr;
    let bits = u128::from(range.network()) | (u128::from(n) << 64);
    let cidr = Ipv6Net::new(bits.into(), 64).ok()?;
    Some(Block { association: ids.id("subnet-cidr-assoc-", u64::from(n)), cidr })
}

fn ipv6_only(region: &mut Region, ids: Numbered) {
    let (Some(vpc), Some(zone)) = (with_ipv6(region, ids), zones(region).first().cloned()) else {
        return;
    };
    let marked = subnet(ids, &vpc, &zone, (0, 0x40a), 0, false);
    let native = Subnet {
        cidr: None,
        ipv6: ipv6_block(ids, &vpc, 0x40),
        ipv6_on_creation: true,
        hostname_type: "resource-name".to_owned(),
        ..marked
    };
    put_subnet(region, native);
}

fn dual_stack(region: &mut Region, ids: Numbered) {
    let Some(vpc) = with_ipv6(region, ids) else {
        return;
    };
    let private =
        region.ec2.subnets.values().filter(|row| !row.public_ip_on_launch && row.ipv6.is_none());
    let private: Vec<String> = private.map(|row| row.id.clone()).collect();
    for (n, id) in (1_u16..).zip(private) {
        if let Some(subnet) = region.ec2.subnets.get_mut(&id) {
            subnet.ipv6 = ipv6_block(ids, &vpc, n);
        }
    }
}

/// Interfaces of load balancers, from the last address of each subnet down.
fn many_interfaces(region: &mut Region, ids: Numbered) {
    let subnets: Vec<(String, Ipv4Net)> = region
        .ec2
        .subnets
        .values()
        .filter_map(|row| Some((row.id.clone(), row.cidr.filter(|cidr| cidr.prefix_len() <= 20)?)))
        .collect();
    let places = (1_u32..).flat_map(|n| subnets.iter().map(move |subnet| (n, subnet)));
    for (number, (n, (subnet, cidr))) in (0..MANY).zip(places) {
        let id = ids.id("eni-", 0x10_0000 + u64::from(number));
        let interface = Interface {
            address: Some(Ipv4Addr::from(u32::from(cidr.broadcast()) - 1 - n)),
            groups: vec![ids.id("sg-", 2)],
            description: format!("ELB app/graphscope/{number:016x}"),
            requester: Some("amazon-elb".to_owned()),
            ..Interface::unused(id, subnet)
        };
        region.ec2.interfaces.insert(interface.id.clone(), interface);
    }
}
