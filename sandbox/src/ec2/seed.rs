//! The network that a region starts with: one VPC as EKS leaves it.

use ipnet::Ipv4Net;

use super::state::{RouteTable, Rule, SecurityGroup, Source, Subnet, Vpc};
use crate::table::{Row, Table};
use crate::world::{Region, Tags};

/// The cluster whose network is there from the start.
const CLUSTER: &str = "graphscope-dev";

/// Zones with a private and a public subnet each, a second private subnet in
/// the first zone, and the groups, tags and route tables of one EKS cluster.
///
/// All identifiers are the same in every region and on every machine, so that
/// documents and tests can name them.
pub(super) fn network(region: &mut Region, zones: u8) {
    let vpc = Vpc { id: id("vpc-", 1), cidr: net(0, 16), tags: tags(&[("Name", CLUSTER)]) };
    let mut subnets = Vec::new();
    for zone in 0..zones {
        subnets.push(subnet(&region.name, &vpc, zone, 0x10a, 16 * zone, false));
        subnets.push(subnet(&region.name, &vpc, zone, 0x30a, 128 + 16 * zone, true));
    }
    subnets.push(subnet(&region.name, &vpc, 0, 0x20a, 112, false));
    let public = |subnet: &&Subnet| subnet.public;
    let public_subnets = subnets.iter().filter(public).map(|subnet| subnet.id.clone()).collect();
    let route_tables = vec![
        RouteTable {
            id: id("rtb-", 1),
            vpc: vpc.id.clone(),
            main: true,
            subnets: Vec::new(),
            routes: routes(&vpc, id("nat-", 1)),
            tags: tags(&[("Name", "private")]),
        },
        RouteTable {
            id: id("rtb-", 2),
            vpc: vpc.id.clone(),
            main: false,
            subnets: public_subnets,
            routes: routes(&vpc, id("igw-", 1)),
            tags: tags(&[("Name", "public")]),
        },
    ];
    let groups = vec![
        group(
            &vpc,
            1,
            "eks-cluster-sg-graphscope-dev",
            "EKS created security group",
            &[("aws:eks:cluster-name", CLUSTER), ("kubernetes.io/cluster/graphscope-dev", "owned")],
        ),
        group(
            &vpc,
            2,
            "graphscope-dev-nodes",
            "Nodes that are not members of the cluster's group",
            &[],
        ),
        group(&vpc, 3, "graphscope-dev-closed", "Admits nothing", &[]),
        group(&vpc, 4, "default", "default VPC security group", &[]),
    ];
    let rules = vec![members_of(&groups[0], 1), members_of(&groups[3], 2)];
    let network = &mut region.ec2;
    fill(&mut network.subnets, subnets, |subnet| &subnet.id);
    fill(&mut network.route_tables, route_tables, |table| &table.id);
    fill(&mut network.security_groups, groups, |group| &group.id);
    fill(&mut network.rules, rules, |rule| &rule.id);
    fill(&mut network.vpcs, vec![vpc], |vpc| &vpc.id);
}

fn subnet(region: &str, vpc: &Vpc, zone: u8, kind: u64, third: u8, public: bool) -> Subnet {
    let letter = char::from(b'a' + zone);
    let role = if public { "kubernetes.io/role/elb" } else { "kubernetes.io/role/internal-elb" };
    let name = format!("{CLUSTER}-{}-{letter}", if public { "public" } else { "private" });
    Subnet {
        id: id("subnet-", kind + u64::from(zone)),
        vpc: vpc.id.clone(),
        zone: format!("{region}{letter}"),
        zone_id: zone_id(region, zone + 1),
        cidr: net(third, 20),
        public,
        tags: tags(&[
            ("Name", &name),
            (role, "1"),
            ("kubernetes.io/cluster/graphscope-dev", "shared"),
        ]),
    }
}

/// The id of a zone: `use1-az1` is the first one of `us-east-1`.
///
/// Each part of the region's name gives its initial, both of them where it is made of two
/// directions, but the first part, which stays
/// (<https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html>).
fn zone_id(region: &str, zone: u8) -> String {
    let mut short = String::new();
    for (n, part) in region.split('-').enumerate() {
        match part {
            _ if n == 0 => short.push_str(part),
            "northeast" | "northwest" | "southeast" | "southwest" => {
                short.extend([&part[..1], &part[5..6]]);
            }
            _ => short.extend(part.chars().next()),
        }
    }
    format!("{short}-az{zone}")
}

fn group(vpc: &Vpc, n: u64, name: &str, description: &str, more: &[(&str, &str)]) -> SecurityGroup {
    let mut tags = tags(more);
    tags.insert("Name".to_owned(), name.to_owned());
    SecurityGroup {
        id: id("sg-", n),
        vpc: vpc.id.clone(),
        name: name.to_owned(),
        description: description.to_owned(),
        tags,
    }
}

/// All traffic among the group's own members.
fn members_of(group: &SecurityGroup, n: u64) -> Rule {
    Rule {
        id: id("sgr-", n),
        group: group.id.clone(),
        egress: false,
        protocol: "-1".to_owned(),
        from_port: -1,
        to_port: -1,
        source: Source::Group(group.id.clone()),
        tags: Tags::new(),
    }
}

fn routes(vpc: &Vpc, outside: String) -> Vec<(String, String)> {
    vec![(vpc.cidr.to_string(), "local".to_owned()), ("0.0.0.0/0".to_owned(), outside)]
}

/// 17 digits that are the same everywhere.
fn id(prefix: &str, n: u64) -> String {
    format!("{prefix}0c0dec{n:011x}")
}

fn net(third: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(std::net::Ipv4Addr::new(10, 0, third, 0), prefix)
}

fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn fill<T: Row>(table: &mut Table<T>, rows: Vec<T>, id: impl Fn(&T) -> &String) {
    for row in rows {
        table.insert(id(&row).clone(), row);
    }
}

#[cfg(test)]
mod tests {
    use super::zone_id;

    #[test]
    fn zone_ids_shorten_the_region_as_aws_does() {
        for (region, expected) in [
            ("us-east-1", "use1-az2"),
            ("eu-west-1", "euw1-az2"),
            ("ap-southeast-2", "apse2-az2"),
            ("us-gov-west-1", "usgw1-az2"),
        ] {
            assert_eq!(zone_id(region, 2), expected);
        }
    }
}
