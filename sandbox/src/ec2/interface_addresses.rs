//! The private addresses of interfaces: which are free, and giving them to interfaces and
//! taking them away.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::addresses;
use super::call::Call;
use super::errors::{combination, invalid, invalid_value, missing};
use super::interfaces::own;
use super::listing::done;
use crate::error::{AwsError, Result};
use crate::world::ec2::{Ec2, Interface, Subnet};
use crate::xml::Element;

/// AWS keeps the first four addresses of a subnet, and the last one.
const KEPT: u32 = 4;

/// The most further addresses of an interface: 49 beside the primary one, on the largest
/// instance types ("IP addresses per network interface per instance type", EC2 User Guide).
const MOST_SECONDARY: usize = 49;

/// A subnet has no address left.
fn insufficient() -> AwsError {
    let message = "Insufficient free addresses in subnet.";
    AwsError::new(400, "InsufficientFreeAddressesInSubnet", message)
}

fn in_use(address: impl Into<IpAddr>) -> AwsError {
    let message = format!("Address {} is in use.", address.into());
    AwsError::new(400, "InvalidIPAddress.InUse", message)
}

/// `count` addresses of a subnet: the given ones first, then those that are free.
pub(super) fn choose(
    ec2: &Ec2,
    subnet: &Subnet,
    given: &[&str],
    count: usize,
) -> Result<Vec<Ipv4Addr>> {
    let Some(cidr) = subnet.cidr else {
        return if given.is_empty() && count == 0 { Ok(Vec::new()) } else { Err(insufficient()) };
    };
    let taken: Vec<Ipv4Addr> =
        ec2.interfaces.by("subnet", &subnet.id).flat_map(Interface::ipv4).collect();
    let first = u32::from(cidr.network()) + KEPT;
    let usable = first..u32::from(cidr.broadcast());
    let mut chosen: Vec<Ipv4Addr> = Vec::new();
    for text in given {
        let why = "Expected an IPv4 address.";
        let address: Ipv4Addr = text.parse().map_err(|_| invalid("privateIpAddress", text, why))?;
        if !cidr.contains(&address) {
            return Err(invalid_value("Address does not fall within the subnet's address range"));
        }
        if !usable.contains(&u32::from(address)) {
            let message = format!("Address {address} is in subnet's reserved address range");
            return Err(invalid_value(message));
        }
        if taken.contains(&address) || chosen.contains(&address) {
            return Err(in_use(address));
        }
        chosen.push(address);
    }
    let missing = count.saturating_sub(chosen.len());
    let free = usable.map(Ipv4Addr::from);
    let free = free.filter(|address| !taken.contains(address) && !chosen.contains(address));
    let free: Vec<Ipv4Addr> = free.take(missing).collect();
    if free.len() < missing {
        return Err(insufficient());
    }
    chosen.extend(free);
    Ok(chosen)
}

/// The same for IPv6, out of the subnet's range.
pub(super) fn choose_ipv6(
    ec2: &Ec2,
    subnet: &Subnet,
    given: &[&str],
    count: usize,
) -> Result<Vec<Ipv6Addr>> {
    let Some(block) = &subnet.ipv6 else {
        if given.is_empty() && count == 0 {
            return Ok(Vec::new());
        }
        let why = "The subnet has no IPv6 CIDR block.";
        return Err(invalid("subnetId", &subnet.id, why));
    };
    let taken = |address: &Ipv6Addr| {
        ec2.interfaces.by("subnet", &subnet.id).any(|row| row.ipv6.contains(address))
    };
    let mut chosen: Vec<Ipv6Addr> = Vec::new();
    for text in given {
        let why = "Expected an IPv6 address.";
        let address: Ipv6Addr = text.parse().map_err(|_| invalid("ipv6Addresses", text, why))?;
        if !block.cidr.contains(&address) {
            return Err(invalid_value("Address does not fall within the subnet's address range"));
        }
        if taken(&address) || chosen.contains(&address) {
            return Err(in_use(address));
        }
        chosen.push(address);
    }
    let missing = count.saturating_sub(chosen.len());
    let first = u128::from(block.cidr.network()) + u128::from(KEPT);
    let free = (first..).map(Ipv6Addr::from).filter(|address| !taken(address));
    let free: Vec<Ipv6Addr> = free.filter(|row| !chosen.contains(row)).take(missing).collect();
    chosen.extend(free);
    Ok(chosen)
}

fn subnet_of<'a>(ec2: &'a Ec2, interface: &Interface) -> Result<&'a Subnet> {
    let subnet = ec2.subnets.get(&interface.subnet);
    subnet.ok_or_else(|| invalid("subnetId", &interface.subnet, "The subnet does not exist."))
}

/// The addresses that a call names, or else how many it asks for.
fn named_or_counted<'a>(call: &'a Call, list: &str, count: &str) -> Result<(Vec<&'a str>, usize)> {
    let given = call.form.list(list);
    let count = match call.form.parsed::<usize>(count, "a number")? {
        Some(_) if !given.is_empty() => {
            return Err(combination(format!("The parameter {list} cannot be used with {count}")));
        }
        Some(count) => count,
        None => given.len(),
    };
    if count == 0 {
        return Err(missing(list));
    }
    Ok((given, count))
}

/// `AssignPrivateIpAddresses`.
pub(super) fn assign(call: &mut Call) -> Result<Vec<Element>> {
    let mut interface = own(call)?;
    let move_them = call.form.flag("AllowReassignment")?.unwrap_or(false);
    let (given, count) =
        named_or_counted(call, "PrivateIpAddress", "SecondaryPrivateIpAddressCount")?;
    if interface.secondary.len() + count > MOST_SECONDARY {
        let message = format!(
            "Number of private addresses will exceed limit for network interface {}",
            interface.id
        );
        return Err(AwsError::new(400, "PrivateIpAddressLimitExceeded", message));
    }
    let given: Vec<String> = given.into_iter().map(str::to_owned).collect();
    if move_them {
        take_from_others(call, &interface, &given);
    }
    let ec2 = &mut call.context.region.ec2;
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    let added = choose(ec2, subnet_of(ec2, &interface)?, &given, count)?;
    interface.secondary.extend(&added);
    let id = interface.id.clone();
    ec2.interfaces.insert(id.clone(), interface);
    let items = added.iter().map(|address| vec![Element::text("privateIpAddress", address)]);
    Ok(vec![
        Element::text("networkInterfaceId", id),
        Element::set("assignedPrivateIpAddressesSet", items),
        Element::text("return", true),
    ])
}

/// "`AllowReassignment`: … an IP address that is already assigned to another network interface
/// … can be reassigned": only a secondary one moves.
fn take_from_others(call: &mut Call, interface: &Interface, given: &[String]) {
    let ec2 = &mut call.context.region.ec2;
    let has = |row: &&Interface| {
        row.id != interface.id && row.secondary.iter().any(|own| given.contains(&own.to_string()))
    };
    let others: Vec<Interface> =
        ec2.interfaces.by("subnet", &interface.subnet).filter(has).cloned().collect();
    for mut other in others {
        other.secondary.retain(|own| !given.contains(&own.to_string()));
        ec2.interfaces.insert(other.id.clone(), other);
    }
}

/// `UnassignPrivateIpAddresses`: not the primary one.
pub(super) fn unassign(call: &mut Call) -> Result<Vec<Element>> {
    let mut interface = own(call)?;
    let given = call.form.list("PrivateIpAddress");
    if given.is_empty() {
        return Err(missing("PrivateIpAddress"));
    }
    let mut gone = Vec::new();
    for text in given {
        let found = interface.secondary.iter().find(|own| own.to_string() == text);
        let why = "Some of the addresses are not secondary addresses of the interface.";
        gone.push(*found.ok_or_else(|| invalid("privateIpAddress", text, why))?);
    }
    let ec2 = &mut call.context.region.ec2;
    for private in &gone {
        let id = addresses::of(ec2, &interface.id, *private).map(|row| row.id.clone());
        if let Some(address) = id.and_then(|id| ec2.addresses.get_mut(&id)) {
            address.association = None;
        }
    }
    interface.secondary.retain(|own| !gone.contains(own));
    ec2.interfaces.insert(interface.id.clone(), interface);
    Ok(done())
}

/// `AssignIpv6Addresses`.
pub(super) fn assign_ipv6(call: &mut Call) -> Result<Vec<Element>> {
    let mut interface = own(call)?;
    let (given, count) = named_or_counted(call, "Ipv6Addresses", "Ipv6AddressCount")?;
    let ec2 = &call.context.region.ec2;
    let added = choose_ipv6(ec2, subnet_of(ec2, &interface)?, &given, count)?;
    interface.ipv6.extend(&added);
    let id = interface.id.clone();
    call.context.region.ec2.interfaces.insert(id.clone(), interface);
    Ok(ipv6_response(id, "assignedIpv6Addresses", &added))
}

/// `UnassignIpv6Addresses`.
pub(super) fn unassign_ipv6(call: &mut Call) -> Result<Vec<Element>> {
    let mut interface = own(call)?;
    let given = call.form.list("Ipv6Addresses");
    if given.is_empty() {
        return Err(missing("Ipv6Addresses"));
    }
    let mut gone = Vec::new();
    for text in given {
        let address: Option<Ipv6Addr> = text.parse().ok();
        let found = address.filter(|address| interface.ipv6.contains(address));
        let why = "It is not an address of the interface.";
        gone.push(found.ok_or_else(|| invalid("ipv6Addresses", text, why))?);
    }
    interface.ipv6.retain(|own| !gone.contains(own));
    let id = interface.id.clone();
    call.context.region.ec2.interfaces.insert(id.clone(), interface);
    Ok(ipv6_response(id, "unassignedIpv6Addresses", &gone))
}

fn ipv6_response(id: String, list: &str, addresses: &[Ipv6Addr]) -> Vec<Element> {
    let items = addresses.iter().map(|address| Element::text("item", address)).collect();
    vec![Element::text("networkInterfaceId", id), Element::new(list, items)]
}
