//! The network that a region starts with: one VPC as EKS leaves it.

mod parts;
mod worlds;

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use ipnet::{IpNet, Ipv4Net};

use super::defaults;
use crate::options::Options;
use crate::table::{Row, Table};
use crate::world::ec2::{
    Address, AddressAssociation, Block, DhcpOptions, Ec2, Interface, InternetGateway, NatGateway,
    NatState, Route, RouteTable, SecurityGroup, Subnet, Vpc, Zone,
};
use crate::world::{Region, Tags};
use crate::worlds::World;
use parts::{empty_table, group, net, subnet, tags};

pub(crate) use parts::{CLUSTER, Numbered};
pub(crate) use worlds::INTRA;

/// Zones with a private and a public subnet each, a second private subnet in the first
/// zone, and the groups, tags, gateways and route tables of one EKS cluster; then what the
/// options' worlds add.
///
/// All identifiers are the same in every region and on every machine, so that
/// documents and tests can name them.
pub(super) fn network(region: &mut Region, options: &Options) {
    let ids = Numbered::new(&region.name, options);
    let zones: Vec<Zone> =
        (0..options.zones).map(|n| Zone::availability_zone(&region.name, n)).collect();
    let dhcp = dhcp_options(ids, &region.name);
    let vpc = vpc(ids, &region.account, &dhcp.id);
    let mut subnets = Vec::new();
    for (n, zone) in (0_u8..).zip(&zones) {
        subnets.push(subnet(ids, &vpc, zone, (n, 0x10a), 16 * n, false));
        subnets.push(subnet(ids, &vpc, zone, (n, 0x30a), 128 + 16 * n, true));
    }
    subnets.push(subnet(ids, &vpc, &zones[0], (0, 0x20a), 112, false));
    let groups = groups(ids, &vpc);
    let mut rules = vec![
        defaults::among_members(ids.id("sgr-", 1), &groups[0].id),
        defaults::among_members(ids.id("sgr-", 2), &groups[3].id),
    ];
    for (n, group) in (0x11..).zip(&groups) {
        rules.extend(defaults::to_anywhere(&vpc, &group.id, &mut |prefix| ids.id(prefix, n)));
    }
    defaults::furnish_acl(region, &vpc, ids.id("acl-", 1));
    let network = &mut region.ec2;
    fill(&mut network.route_tables, route_tables(ids, &vpc, &subnets), |table| &table.id);
    fill(&mut network.internet_gateways, vec![internet_gateway(ids, &vpc)], |row| &row.id);
    fill(&mut network.zones, zones, |zone| &zone.name);
    fill(&mut network.dhcp_options, vec![dhcp], |row| &row.id);
    fill(&mut network.subnets, subnets, |subnet| &subnet.id);
    fill(&mut network.security_groups, groups, |group| &group.id);
    fill(&mut network.rules, rules, |rule| &rule.id);
    put_nat_gateway(network, ids, &vpc, &region.account);
    fill(&mut network.vpcs, vec![vpc], |vpc| &vpc.id);
    for world in options.worlds.iter().copied().collect::<BTreeSet<World>>() {
        worlds::add(world, region, ids);
    }
}

fn vpc(ids: Numbered, account: &str, dhcp_options: &str) -> Vpc {
    Vpc {
        id: ids.id("vpc-", 1),
        owner: account.to_owned(),
        cidrs: vec![Block { association: ids.id("vpc-cidr-assoc-", 1), cidr: net(0, 16) }],
        ipv6: Vec::new(),
        is_default: false,
        tenancy: "default".to_owned(),
        dhcp_options: dhcp_options.to_owned(),
        dns_support: true,
        dns_hostnames: true,
        usage_metrics: false,
        tags: tags(&[("Name", CLUSTER)]),
    }
}

fn dhcp_options(ids: Numbered, region: &str) -> DhcpOptions {
    let option = |key: &str, value: String| (key.to_owned(), vec![value]);
    DhcpOptions {
        id: ids.id("dopt-", 1),
        options: vec![
            option("domain-name", super::interfaces::internal_domain(region)),
            option("domain-name-servers", "AmazonProvidedDNS".to_owned()),
        ],
        tags: Tags::new(),
    }
}

fn groups(ids: Numbered, vpc: &Vpc) -> Vec<SecurityGroup> {
    let cluster =
        [("aws:eks:cluster-name", CLUSTER), ("kubernetes.io/cluster/graphscope-dev", "owned")];
    let nodes = "Nodes that are not members of the cluster's group";
    vec![
        group(ids, vpc, 1, "eks-cluster-sg-graphscope-dev", "EKS created security group", &cluster),
        group(ids, vpc, 2, "graphscope-dev-nodes", nodes, &[]),
        group(ids, vpc, 3, "graphscope-dev-closed", "Admits nothing", &[]),
        group(ids, vpc, 4, "default", "default VPC security group", &[]),
    ]
}

/// The main table, of the private subnets, and one of the public ones.
fn route_tables(ids: Numbered, vpc: &Vpc, subnets: &[Subnet]) -> Vec<RouteTable> {
    let public = subnets.iter().filter(|subnet| subnet.public_ip_on_launch);
    let associations =
        (0x10..).zip(public).map(|(n, subnet)| (ids.id("rtbassoc-", n), subnet.id.clone()));
    vec![
        RouteTable {
            main: Some(ids.id("rtbassoc-", 1)),
            routes: routes(vpc, ids.id("nat-", 1)),
            tags: tags(&[("Name", "private")]),
            ..empty_table(ids.id("rtb-", 1), vpc)
        },
        RouteTable {
            subnets: associations.collect(),
            routes: routes(vpc, ids.id("igw-", 1)),
            tags: tags(&[("Name", "public")]),
            ..empty_table(ids.id("rtb-", 2), vpc)
        },
    ]
}

fn routes(vpc: &Vpc, outside: String) -> Vec<Route> {
    let mut routes = defaults::local_routes(vpc);
    routes.push(Route {
        destination: IpNet::V4(Ipv4Net::default()),
        target: outside,
        origin: "CreateRoute".to_owned(),
    });
    routes
}

fn internet_gateway(ids: Numbered, vpc: &Vpc) -> InternetGateway {
    let tags = tags(&[("Name", CLUSTER)]);
    InternetGateway { id: ids.id("igw-", 1), vpc: Some(vpc.id.clone()), tags }
}

/// A NAT gateway in the first public subnet, with its interface at the subnet's last address
/// and the Elastic IP address that stands for it.
fn put_nat_gateway(ec2: &mut Ec2, ids: Numbered, vpc: &Vpc, account: &str) {
    let public = ec2.subnets.values().find(|subnet| subnet.public_ip_on_launch);
    let subnet = public.map(|subnet| subnet.id.clone()).unwrap_or_default();
    let private = Ipv4Addr::new(10, 0, 143, 254);
    let gateway = NatGateway {
        id: ids.id("nat-", 1),
        vpc: vpc.id.clone(),
        subnet: subnet.clone(),
        public: true,
        interface: Some(ids.id("eni-", 1)),
        state: NatState::Available,
        failure: None,
        until: None,
        created_ms: 1_700_000_000_000,
        deleted_ms: None,
        token: None,
        tags: tags(&[("Name", CLUSTER)]),
    };
    let interface = Interface {
        address: Some(private),
        description: format!("Interface for NAT Gateway {}", gateway.id),
        kind: "nat_gateway".to_owned(),
        requester: Some(account.to_owned()),
        source_dest_check: false,
        ..Interface::unused(ids.id("eni-", 1), &subnet)
    };
    let association =
        AddressAssociation { id: ids.id("eipassoc-", 1), interface: interface.id.clone(), private };
    let address = Address {
        id: ids.id("eipalloc-", 1),
        public: Ipv4Addr::new(203, 0, 113, 10),
        association: Some(association),
        tags: tags(&[("Name", CLUSTER)]),
    };
    ec2.nat_gateways.insert(gateway.id.clone(), gateway);
    ec2.interfaces.insert(interface.id.clone(), interface);
    ec2.addresses.insert(address.id.clone(), address);
}

fn fill<T: Row>(table: &mut Table<T>, rows: Vec<T>, id: impl Fn(&T) -> &String) {
    for row in rows {
        table.insert(id(&row).clone(), row);
    }
}
