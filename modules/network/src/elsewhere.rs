//! Nodes in another VPC than the mount targets: whether packets find the way there and back.
//!
//! Sources: Amazon EFS User Guide, "Mounting EFS file systems from another AWS account or VPC" (a
//! peering connection or a transit gateway, and an address in the place of the name); Amazon VPC
//! User Guide, "Route priority" (the longest prefix wins), and the state `blackhole` of `Route` in
//! the EC2 API Reference.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::paths::{Node, Route, RoutesOf};
use crate::{SubnetId, VpcId};

/// How nodes are connected with mount targets in another VPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Connection {
    /// Routes lead there and back, by these targets.
    By(BTreeSet<String>),
    /// They do not, for these reasons.
    Missing(BTreeSet<String>),
}

/// A node and a mount target, and the addresses by which they know each other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair<'a> {
    pub(crate) node: &'a Node,
    pub(crate) address: IpAddr,
    /// The subnet of the mount target, and its range.
    pub(crate) target: &'a SubnetId,
    pub(crate) range: IpNet,
}

/// How nodes of other VPCs are connected with mount targets in `vpc`.
pub(crate) fn connection(vpc: &VpcId, pairs: &[Pair<'_>], tables: &[RoutesOf]) -> Connection {
    let (mut ways, mut missing) = (BTreeSet::new(), BTreeSet::new());
    for Pair { node, address, target, range } in pairs {
        let there = way((&node.vpc_id, &node.subnet_id), (vpc, range.network()), tables);
        let back = way((vpc, target), (&node.vpc_id, *address), tables);
        for way in [there, back] {
            match way {
                Ok(by) => ways.insert(by),
                Err(why) => missing.insert(why),
            };
        }
    }
    if missing.is_empty() { Connection::By(ways) } else { Connection::Missing(missing) }
}

/// By what packets leave a subnet for an address in another VPC.
fn way(
    (vpc, subnet): (&VpcId, &SubnetId),
    (other, to): (&VpcId, IpAddr),
    tables: &[RoutesOf],
) -> Result<String, String> {
    let mut of_vpc = tables.iter().filter(|table| table.vpc_id == *vpc);
    let own = of_vpc.clone().find(|table| table.subnets.contains(subnet));
    let Some(table) = own.or_else(|| of_vpc.find(|table| table.main)) else {
        return Err(format!("{subnet} has no route table that could be read"));
    };
    let fits = table.routes.iter().filter(|route| route.destination.contains(&to));
    let best = fits.max_by_key(|route| route.destination.prefix_len());
    match best {
        Some(route) if !route.active => Err(format!(
            "the route of {} to {} is a blackhole, as {} is not active",
            table.id, route.destination, route.target
        )),
        Some(route) if leads_to_vpcs(route) => Ok(route.target.clone()),
        _ => Err(format!("no route of {} leads to {other}", table.id)),
    }
}

/// Whether a route may lead into another VPC: one to the internet or within the VPC does not, while
/// what is behind an appliance or a private gateway is not judged.
fn leads_to_vpcs(route: &Route) -> bool {
    let elsewhere = ["local", "igw-", "nat-", "eigw-", "vpce-"];
    !elsewhere.iter().any(|prefix| route.target.starts_with(prefix))
}
