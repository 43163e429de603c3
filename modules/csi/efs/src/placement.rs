//! Which subnet of each Availability Zone carries the mount target.
//!
//! EFS takes at most one mount target per zone. Two subnets of one zone are
//! no mistake: one carries the target, and the others are covered by it,
//! because any address of the VPC can reach it.

use std::collections::BTreeMap;

use network::{Subnet, SubnetId};
use serde::Serialize;

use crate::ids::MountTargetId;

/// One Availability Zone: which subnet carries the target, and which are covered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Zone {
    /// The zone's name.
    pub availability_zone: String,
    /// The subnet that carries the target.
    pub carrier: SubnetId,
    /// The other subnets of the zone.
    pub covered: Vec<SubnetId>,
    /// Whether the carrier has no address left for a new target.
    #[serde(skip)]
    pub full: bool,
    /// The target that the carrier has already.
    pub existing: Option<MountTargetId>,
}

/// A subnet with fewer free addresses is used where there is no other: it was made for something
/// else, such as a transit gateway's /28, which has 11.
const TINY: u32 = 16;

/// The zones of `subnets`, sorted by name.
///
/// `is_named` says which subnet the inputs name for its zone, `target_in` which target a subnet has
/// already. The choice depends on what is there, not on the order of the inputs: a subnet that is
/// named carries the target; else the one that has it keeps it; else one that has an address free; then one that nodes are
/// in, as nobody then passes an ACL; then one that is not tiny; among those the lowest id.
pub fn zones<'a>(
    subnets: impl IntoIterator<Item = &'a Subnet>,
    (is_named, target_in): (
        impl Fn(&SubnetId) -> bool,
        impl Fn(&SubnetId) -> Option<MountTargetId>,
    ),
) -> Vec<Zone> {
    let mut by_zone: BTreeMap<&str, Vec<&Subnet>> = BTreeMap::new();
    for subnet in subnets {
        by_zone.entry(&subnet.availability_zone).or_default().push(subnet);
    }
    by_zone
        .into_iter()
        .filter_map(|(zone, mut subnets)| {
            subnets.sort_by_key(|subnet| {
                (
                    !is_named(&subnet.id),
                    target_in(&subnet.id).is_none(),
                    subnet.addresses_left() == 0,
                    subnet.nodes == 0,
                    subnet.addresses_left() < TINY,
                    subnet.id.clone(),
                )
            });
            let (carrier, rest) = subnets.split_first()?;
            let mut covered: Vec<SubnetId> = rest.iter().map(|subnet| subnet.id.clone()).collect();
            covered.sort();
            let existing = target_in(&carrier.id);
            Some(Zone {
                availability_zone: zone.to_owned(),
                carrier: carrier.id.clone(),
                covered,
                full: existing.is_none() && carrier.addresses_left() == 0,
                existing,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use network::{Tags, VpcId};

    use super::*;

    fn subnet(n: u32, free_addresses: u32, nodes: usize) -> Subnet {
        Subnet {
            id: SubnetId::try_from(format!("subnet-{n:08x}")).unwrap(),
            vpc_id: VpcId::try_from("vpc-00000001").unwrap(),
            availability_zone: "eu-west-1a".to_owned(),
            availability_zone_id: None,
            free_addresses,
            ranges: Vec::new(),
            on_outpost: false,
            nodes,
            tags: Tags::new(),
        }
    }

    #[test]
    fn of_a_zone_the_subnet_with_nodes_comes_first_and_a_tiny_one_last() {
        let carrier = |subnets: &[Subnet], has: Option<u32>| {
            let target_in = |id: &SubnetId| {
                let has = has.map(|n| subnet(n, 0, 0).id);
                (has.as_ref() == Some(id))
                    .then(|| MountTargetId::try_from("fsmt-00000001").unwrap())
            };
            zones(subnets, (|_: &_| false, target_in))[0].carrier.to_string()
        };
        let three = [subnet(1, 11, 0), subnet(2, 4000, 0), subnet(3, 200, 2)];
        assert_eq!(carrier(&three, None), "subnet-00000003");
        assert_eq!(
            carrier(&three[..2], None),
            "subnet-00000002",
            "the first is a transit gateway's"
        );
        assert_eq!(carrier(&three[..1], None), "subnet-00000001");
        // What is there stays, whatever would be chosen now.
        assert_eq!(carrier(&three, Some(1)), "subnet-00000001");
    }

    #[test]
    fn a_subnet_without_ipv4_is_not_full() {
        let ranges = vec!["2600:1f13::/64".parse().unwrap()];
        let native = Subnet { ranges, ..subnet(1, 0, 0) };
        let is_full = |subnet| zones(&[subnet], (|_: &_| false, |_: &_| None))[0].full;
        assert!(!is_full(native));
        assert!(is_full(subnet(1, 0, 0)));
    }
}
