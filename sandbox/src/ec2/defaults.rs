//! What a VPC comes with: its main route table, its default network ACL, and its default
//! security group with its rules.

use ipnet::{IpNet, Ipv4Net};

use super::acls;
use crate::world::ec2::{Route, RouteTable, Rule, SecurityGroup, Source, Subnet, Vpc, Zone};
use crate::world::{Region, Tags};

/// Adds what comes with a VPC. `next` makes an id of a prefix.
pub(crate) fn furnish(region: &mut Region, vpc: &Vpc, next: &mut dyn FnMut(&str) -> String) {
    let table = RouteTable {
        id: next("rtb-"),
        vpc: vpc.id.clone(),
        owner: vpc.owner.clone(),
        main: Some(next("rtbassoc-")),
        subnets: Vec::new(),
        routes: local_routes(vpc),
        token: None,
        tags: Tags::new(),
    };
    region.ec2.route_tables.insert(table.id.clone(), table);
    furnish_acl(region, vpc, next("acl-"));
    let group = SecurityGroup {
        id: next("sg-"),
        known_ms: 0,
        vpc: vpc.id.clone(),
        owner: vpc.owner.clone(),
        name: "default".to_owned(),
        description: "default VPC security group".to_owned(),
        tags: Tags::new(),
    };
    let mut rules = vec![among_members(next("sgr-"), &group.id)];
    rules.extend(to_anywhere(vpc, &group.id, next));
    region.ec2.security_groups.insert(group.id.clone(), group);
    for rule in rules {
        region.ec2.rules.insert(rule.id.clone(), rule);
    }
}

/// Adds the default network ACL.
pub(crate) fn furnish_acl(region: &mut Region, vpc: &Vpc, id: String) {
    let acl = acls::open(id.clone(), &vpc.id, &vpc.owner, !vpc.ipv6.is_empty());
    region.ec2.network_acls.insert(id, acl);
}

/// Adds what comes with a further range of addresses: local routes in every route table, and
/// for IPv6 the entries of the default ACL, where their number is free ("we automatically add
/// rules that allow all IPv6 traffic", "Default network ACL", Amazon VPC User Guide).
pub(crate) fn extend(region: &mut Region, vpc: &Vpc) {
    let ec2 = &mut region.ec2;
    let tables: Vec<String> =
        ec2.route_tables.by("vpc", &vpc.id).map(|row| row.id.clone()).collect();
    for id in tables {
        let Some(table) = ec2.route_tables.get_mut(&id) else { continue };
        for local in local_routes(vpc) {
            if !table.routes.iter().any(|route| route.destination == local.destination) {
                table.routes.push(local);
            }
        }
    }
    let acl = acls::default_of(ec2, &vpc.id).map(|acl| acl.id.clone());
    let Some(acl) = acl.and_then(|id| ec2.network_acls.get_mut(&id)) else { return };
    if !vpc.ipv6.is_empty() {
        acls::allow_ipv6(acl);
    }
}

/// Takes away the local routes of a range that the VPC has no longer.
pub(super) fn shrink(region: &mut Region, vpc: &Vpc) {
    let ec2 = &mut region.ec2;
    let local = local_routes(vpc);
    let tables: Vec<String> =
        ec2.route_tables.by("vpc", &vpc.id).map(|row| row.id.clone()).collect();
    for id in tables {
        if let Some(table) = ec2.route_tables.get_mut(&id) {
            table.routes.retain(|route| route.target != "local" || local.contains(route));
        }
    }
}

/// The routes within the VPC, which every route table has.
pub(crate) fn local_routes(vpc: &Vpc) -> Vec<Route> {
    let v4 = vpc.cidrs.iter().map(|block| IpNet::V4(block.cidr));
    let v6 = vpc.ipv6.iter().map(|block| IpNet::V6(block.cidr));
    let local = |destination| Route {
        destination,
        target: "local".to_owned(),
        origin: "CreateRouteTable".to_owned(),
    };
    v4.chain(v6).map(local).collect()
}

/// All traffic among the group's own members.
pub(crate) fn among_members(id: String, group: &str) -> Rule {
    Rule { source: Source::Group(group.to_owned()), ..everything(id, group, false) }
}

/// The egress that every new group of a VPC has: anywhere, by IPv6 too where the VPC has it.
pub(crate) fn to_anywhere(
    vpc: &Vpc,
    group: &str,
    next: &mut dyn FnMut(&str) -> String,
) -> Vec<Rule> {
    let mut rules = vec![Rule {
        source: Source::Ipv4("0.0.0.0/0".to_owned()),
        ..everything(next("sgr-"), group, true)
    }];
    if !vpc.ipv6.is_empty() {
        let source = Source::Ipv6("::/0".to_owned());
        rules.push(Rule { source, ..everything(next("sgr-"), group, true) });
    }
    rules
}

fn everything(id: String, group: &str, egress: bool) -> Rule {
    Rule {
        id,
        group: group.to_owned(),
        egress,
        protocol: "-1".to_owned(),
        from_port: -1,
        to_port: -1,
        source: Source::Group(group.to_owned()),
        description: None,
        tags: Tags::new(),
    }
}

/// A subnet without tags, as `CreateSubnet` makes it. `acl` is the network ACL that it uses,
/// with the id of the association.
pub(super) fn plain_subnet(
    id: String,
    vpc: &Vpc,
    zone: &Zone,
    cidr: Option<Ipv4Net>,
    acl: (String, String),
) -> Subnet {
    Subnet {
        id,
        vpc: vpc.id.clone(),
        owner: vpc.owner.clone(),
        zone: zone.name.clone(),
        zone_id: zone.id.clone(),
        cidr,
        ipv6: None,
        outpost: None,
        default_for_az: false,
        public_ip_on_launch: false,
        ipv6_on_creation: false,
        dns64: false,
        hostname_type: "ip-name".to_owned(),
        a_record: false,
        aaaa_record: false,
        acl,
        tags: Tags::new(),
    }
}
