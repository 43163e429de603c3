//! What EFS needs of EC2: zones, the address families of subnets, network interfaces.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

use crate::ec2::state::{Interface, Subnet};
use crate::world::Region;

/// A zone of a region.
pub(super) struct Zone {
    /// Such as `use1-az1`.
    pub(super) id: String,
    /// Whether it is an Availability Zone, and no Local Zone or Wavelength Zone.
    pub(super) ordinary: bool,
}

/// A zone by its name; `None` where the region has none of that name.
pub(super) fn zone(region: &Region, name: &str) -> Option<Zone> {
    let subnet = region.ec2.subnets.by("zone", name).next()?;
    Some(Zone { id: subnet.zone_id.clone(), ordinary: ordinary(&region.name, name) })
}

/// Whether a zone's name is a region's with one letter: `us-east-1a`, not `us-east-1-bos-1a`.
pub(super) fn ordinary(region: &str, zone: &str) -> bool {
    zone.strip_prefix(region).is_some_and(|letter| {
        letter.len() == 1 && letter.bytes().all(|letter| letter.is_ascii_lowercase())
    })
}

/// Whether EFS makes mount targets in a subnet.
pub(super) fn hosts_mount_targets(region: &Region, subnet: &Subnet) -> bool {
    ordinary(&region.name, &subnet.zone)
}

pub(super) fn ipv4(subnet: &Subnet) -> Option<Ipv4Net> {
    Some(subnet.cidr)
}

pub(super) fn ipv6(_subnet: &Subnet) -> Option<Ipv6Net> {
    None
}

/// The addresses of one interface.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Addresses {
    pub(super) ipv4: Option<Ipv4Addr>,
    pub(super) ipv6: Option<Ipv6Addr>,
}

pub(super) fn addresses(interface: &Interface) -> Addresses {
    Addresses { ipv4: Some(interface.address), ipv6: None }
}

/// The interface of a mount target.
pub(super) fn interface(
    id: String,
    subnet: &Subnet,
    description: String,
    addresses: Addresses,
    groups: Vec<String>,
) -> Interface {
    Interface {
        id,
        subnet: subnet.id.clone(),
        address: addresses.ipv4.unwrap_or(Ipv4Addr::UNSPECIFIED),
        groups,
        description,
    }
}
