//! Which subnet of each Availability Zone carries the mount target.
//!
//! EFS takes at most one mount target per zone. Two subnets of one zone are
//! no mistake: one carries the target, and the others are covered by it,
//! because any address of the VPC can reach it.

use std::collections::BTreeMap;

use network::{MountTargetId, Subnet, SubnetId};
use serde::Serialize;

use crate::actual::{LifeCycle, MountTarget};

/// One Availability Zone: who carries the target, and who is covered.
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
/// The choice depends on what is there, not on the order of the inputs: the
/// subnet that has a target keeps it; else one that has an address free; among
/// those the lowest id.
pub fn zones<'a>(
    subnets: impl IntoIterator<Item = &'a Subnet>,
    mount_targets: &[MountTarget],
) -> Vec<Zone> {
    let target = |subnet: &Subnet| {
        mount_targets
            .iter()
            .find(|target| target.subnet_id == subnet.id && !is_leaving(&target.life_cycle))
    };
    let mut by_zone: BTreeMap<&str, Vec<&Subnet>> = BTreeMap::new();
    for subnet in subnets {
        by_zone.entry(&subnet.availability_zone).or_default().push(subnet);
    }
    by_zone
        .into_iter()
        .filter_map(|(zone, mut subnets)| {
            subnets.sort_by_key(|subnet| {
                (target(subnet).is_none(), subnet.free_addresses == 0, subnet.id.clone())
            });
            let (carrier, rest) = subnets.split_first()?;
            let mut covered: Vec<SubnetId> = rest.iter().map(|subnet| subnet.id.clone()).collect();
            covered.sort();
            let existing = target(carrier).map(|target| target.id.clone());
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

/// Whether a resource in this state is on its way out.
pub(crate) fn is_leaving(state: &LifeCycle) -> bool {
    matches!(state, LifeCycle::Deleting | LifeCycle::Deleted)
}
