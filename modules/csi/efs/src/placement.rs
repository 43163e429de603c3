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

/// The zones of `subnets`, sorted by name.
///
/// `target_in` says which target a subnet has already. The choice depends on what is there, not on the order of the inputs: the
/// subnet that has a target keeps it; else one that has an address free; among
/// those the lowest id.
pub fn zones<'a>(
    subnets: impl IntoIterator<Item = &'a Subnet>,
    target_in: impl Fn(&SubnetId) -> Option<MountTargetId>,
) -> Vec<Zone> {
    let mut by_zone: BTreeMap<&str, Vec<&Subnet>> = BTreeMap::new();
    for subnet in subnets {
        by_zone.entry(&subnet.availability_zone).or_default().push(subnet);
    }
    by_zone
        .into_iter()
        .filter_map(|(zone, mut subnets)| {
            subnets.sort_by_key(|subnet| {
                (target_in(&subnet.id).is_none(), subnet.free_addresses == 0, subnet.id.clone())
            });
            let (carrier, rest) = subnets.split_first()?;
            let mut covered: Vec<SubnetId> = rest.iter().map(|subnet| subnet.id.clone()).collect();
            covered.sort();
            let existing = target_in(&carrier.id);
            Some(Zone {
                availability_zone: zone.to_owned(),
                carrier: carrier.id.clone(),
                covered,
                full: existing.is_none() && carrier.free_addresses == 0,
                existing,
            })
        })
        .collect()
}
