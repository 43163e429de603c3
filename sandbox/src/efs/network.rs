//! What EFS needs of EC2: zones, the address families of subnets, network interfaces.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

use crate::world::Region;
use crate::world::ec2::{Interface, Subnet, ZoneKind};

/// A zone of a region.
pub(super) struct Zone {
    /// Such as `use1-az1`.
    pub(super) id: String,
    /// Whether it is an Availability Zone, and no Local Zone or Wavelength Zone.
    pub(super) ordinary: bool,
}

/// A zone by its name; `None` where the region has none of that name.
pub(super) fn zone(region: &Region, name: &str) -> Option<Zone> {
    let found = region.ec2.zones.get(name)?;
    Some(Zone { id: found.id.clone(), ordinary: found.kind == ZoneKind::AvailabilityZone })
}

/// Whether a zone's name is a region's with one letter: `us-east-1a`, not `us-east-1-bos-1a`.
pub(super) fn ordinary(region: &str, zone: &str) -> bool {
    zone.strip_prefix(region).is_some_and(|letter| {
        letter.len() == 1 && letter.bytes().all(|letter| letter.is_ascii_lowercase())
    })
}

pub(super) fn ipv4(subnet: &Subnet) -> Option<Ipv4Net> {
    subnet.cidr
}

pub(super) fn ipv6(subnet: &Subnet) -> Option<Ipv6Net> {
    subnet.ipv6.as_ref().map(|block| block.cidr)
}

/// The addresses of one interface.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Addresses {
    pub(super) ipv4: Option<Ipv4Addr>,
    pub(super) ipv6: Option<Ipv6Addr>,
}

pub(super) fn addresses(interface: &Interface) -> Addresses {
    Addresses { ipv4: interface.address, ipv6: interface.ipv6.first().copied() }
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
        address: addresses.ipv4,
        ipv6: addresses.ipv6.into_iter().collect(),
        groups,
        ..Interface::of_mount_target(id, subnet, description)
    }
}
