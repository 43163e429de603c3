//! Which addresses a mount target gets. Pure.
//!
//! The messages are AWS's (cdk-preflight, rule `pf-efs-mount-target-ip-address`).

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};
use serde::Deserialize;

use super::call::refused;
use super::network::Addresses;
use crate::error::{AwsError, Result};

/// The first addresses of a subnet, which AWS keeps for itself, as it does the last one.
const KEPT: u8 = 4;

/// `IpAddressType` of `CreateMountTarget`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Family {
    #[default]
    Ipv4Only,
    Ipv6Only,
    DualStack,
}

/// A subnet's ranges, and the addresses that are taken in it.
#[derive(Debug, Default)]
pub(super) struct Space {
    pub(super) subnet: String,
    pub(super) ipv4: Option<Ipv4Net>,
    pub(super) ipv6: Option<Ipv6Net>,
    pub(super) taken: BTreeSet<IpAddr>,
}

/// What a request says of addresses.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) family: Family,
    pub(super) ipv4: Option<&'a str>,
    pub(super) ipv6: Option<&'a str>,
}

/// The addresses of a new mount target.
pub(super) fn choose(space: &Space, wanted: Wanted) -> Result<Addresses> {
    let fits = match wanted.family {
        Family::Ipv4Only => wanted.ipv6.is_none(),
        Family::Ipv6Only => wanted.ipv4.is_none(),
        Family::DualStack => true,
    };
    if !fits {
        return Err(AwsError::bad_request(
            "The provided IP address does not match the specified IpAddressType.",
        ));
    }
    let (ipv4, ipv6) = ranges(space, wanted.family)?;
    let ipv4 = ipv4.map(|range| {
        let hosts = range.hosts().skip(usize::from(KEPT) - 1).map(IpAddr::V4);
        one(space, wanted.ipv4, |address| ipv4_in(range, address), hosts)
    });
    let ipv6 = ipv6.map(|range| {
        let hosts = range.hosts().skip(usize::from(KEPT)).map(IpAddr::V6);
        one(space, wanted.ipv6, |address| ipv6_in(range, address), hosts)
    });
    let mut addresses = Addresses::default();
    for chosen in [ipv4, ipv6].into_iter().flatten() {
        match chosen? {
            IpAddr::V4(address) => addresses.ipv4 = Some(address),
            IpAddr::V6(address) => addresses.ipv6 = Some(address),
        }
    }
    Ok(addresses)
}

/// The ranges to choose from, where the subnet has those that the type needs
/// (`CreateMountTarget`, `IpAddressType`).
fn ranges(space: &Space, family: Family) -> Result<(Option<Ipv4Net>, Option<Ipv6Net>)> {
    match (family, space.ipv4, space.ipv6) {
        (Family::Ipv4Only, Some(ipv4), _) => Ok((Some(ipv4), None)),
        (Family::DualStack, Some(ipv4), Some(ipv6)) => Ok((Some(ipv4), Some(ipv6))),
        (Family::Ipv6Only, None, Some(ipv6)) => Ok((None, Some(ipv6))),
        _ => {
            let named = match family {
                Family::Ipv4Only => "IPv4-only",
                Family::Ipv6Only => "IPv6-only",
                Family::DualStack => "dual-stack",
            };
            Err(AwsError::bad_request(format!(
                "The provided subnet does not support {named} address type."
            )))
        }
    }
}

/// What an address is to a range.
enum Place {
    Outside,
    Kept,
    Usable,
}

fn ipv4_in(range: Ipv4Net, address: Ipv4Addr) -> Place {
    let first = range.network().to_bits().saturating_add(u32::from(KEPT));
    match (range.contains(&address), address.to_bits() >= first) {
        (false, _) => Place::Outside,
        (true, true) if address != range.broadcast() => Place::Usable,
        (true, _) => Place::Kept,
    }
}

fn ipv6_in(range: Ipv6Net, address: Ipv6Addr) -> Place {
    let first = range.network().to_bits().saturating_add(u128::from(KEPT));
    match (range.contains(&address), address.to_bits() >= first) {
        (false, _) => Place::Outside,
        (true, true) if address != range.broadcast() => Place::Usable,
        (true, _) => Place::Kept,
    }
}

/// The address that is asked for, if it can be had, or else the first that is free.
fn one<A: std::str::FromStr + Copy + Into<IpAddr>>(
    space: &Space,
    wanted: Option<&str>,
    place: impl Fn(A) -> Place,
    mut hosts: impl Iterator<Item = IpAddr>,
) -> Result<IpAddr> {
    let Some(text) = wanted else {
        return hosts.find(|address| !space.taken.contains(address)).ok_or_else(|| {
            let message = format!("The subnet '{}' has no free addresses.", space.subnet);
            refused("NoFreeAddressesInSubnet", message)
        });
    };
    let Ok(address) = text.parse::<A>() else {
        return Err(AwsError::bad_request(format!("Invalid IP address: '{text}'")));
    };
    match place(address) {
        Place::Outside => {
            Err(AwsError::bad_request("Address does not fall within the subnet's address range"))
        }
        Place::Kept => Err(AwsError::bad_request("Address is in subnet's reserved address range")),
        Place::Usable if space.taken.contains(&address.into()) => {
            Err(refused("IpAddressInUse", format!("The IP address {text} is in use.")))
        }
        Place::Usable => Ok(address.into()),
    }
}

#[cfg(test)]
#[path = "tests/addresses.rs"]
mod tests;
