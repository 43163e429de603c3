//! What the plain network and the worlds are both made of: identifiers, and resources
//! without anything of their own.

use ipnet::Ipv4Net;

use super::super::defaults;
use crate::options::Options;
use crate::world::Tags;
use crate::world::ec2::{RouteTable, SecurityGroup, Subnet, Vpc, Zone};
use crate::worlds::World;

/// The cluster whose network is there from the start.
pub(crate) const CLUSTER: &str = "graphscope-dev";

/// Makes the identifiers of the seed: the same on every machine, and in every region but in
/// the world of twin clusters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Numbered {
    salt: u64,
}

impl Numbered {
    /// The identifiers of one region.
    pub(crate) fn new(region: &str, options: &Options) -> Numbered {
        let bytes = region.bytes().map(u64::from);
        let sum = bytes.fold(7, |sum: u64, byte| (sum * 31 + byte) & 0xffff);
        Numbered { salt: if options.worlds.contains(&World::TwinClusters) { sum } else { 0 } }
    }

    /// 17 digits behind a prefix.
    pub(crate) fn id(self, prefix: &str, n: u64) -> String {
        format!("{prefix}0c0dec{:011x}", (self.salt << 28) | n)
    }
}

/// A subnet; `n` numbers its zone, and `kind` is the first id of its kind.
pub(super) fn subnet(
    ids: Numbered,
    vpc: &Vpc,
    zone: &Zone,
    (n, kind): (u8, u64),
    third: u8,
    public: bool,
) -> Subnet {
    let letter = char::from(b'a' + n);
    let role = if public { "kubernetes.io/role/elb" } else { "kubernetes.io/role/internal-elb" };
    let name = format!("{CLUSTER}-{}-{letter}", if public { "public" } else { "private" });
    let tags =
        tags(&[("Name", &name), (role, "1"), ("kubernetes.io/cluster/graphscope-dev", "shared")]);
    let id = ids.id("subnet-", kind + u64::from(n));
    Subnet { public_ip_on_launch: public, tags, ..plain_subnet(id, vpc, zone, net(third, 20)) }
}

/// A subnet without tags, as `CreateSubnet` makes it.
pub(super) fn plain_subnet(id: String, vpc: &Vpc, zone: &Zone, cidr: Ipv4Net) -> Subnet {
    // The digits of the VPC's default ACL are the VPC's.
    let acl = (vpc.id.replace("vpc-", "acl-"), id.replace("subnet-", "aclassoc-"));
    defaults::plain_subnet(id, vpc, zone, Some(cidr), acl)
}

pub(super) fn group(
    ids: Numbered,
    vpc: &Vpc,
    n: u64,
    name: &str,
    description: &str,
    more: &[(&str, &str)],
) -> SecurityGroup {
    let mut tags = tags(more);
    tags.insert("Name".to_owned(), name.to_owned());
    SecurityGroup {
        id: ids.id("sg-", n),
        known_ms: 0,
        vpc: vpc.id.clone(),
        owner: vpc.owner.clone(),
        name: name.to_owned(),
        description: description.to_owned(),
        tags,
    }
}

pub(super) fn empty_table(id: String, vpc: &Vpc) -> RouteTable {
    RouteTable {
        id,
        vpc: vpc.id.clone(),
        owner: vpc.owner.clone(),
        main: None,
        subnets: Vec::new(),
        routes: defaults::local_routes(vpc),
        token: None,
        tags: Tags::new(),
    }
}

pub(super) fn net(third: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(std::net::Ipv4Addr::new(10, 0, third, 0), prefix)
}

pub(super) fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}
