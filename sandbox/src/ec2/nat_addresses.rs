//! Further addresses of NAT gateways.

use std::net::Ipv4Addr;

use super::addresses;
use super::call::Call;
use super::errors::{combination, invalid, missing};
use super::interface_addresses::choose;
use super::nat::{address_items, named};
use super::resource::find;
use crate::error::{AwsError, Result};
use crate::world::ec2::{Address, Interface, NatGateway};
use crate::xml::Element;

fn interface(call: &Call, gateway: &NatGateway) -> Result<Interface> {
    let found =
        gateway.interface.as_ref().and_then(|id| call.context.region.ec2.interfaces.get(id));
    found.cloned().ok_or_else(|| invalid("natGatewayId", &gateway.id, "It has failed."))
}

/// Gives a gateway's interface further addresses: those named, else as many as `count`.
fn add(
    call: &mut Call,
    gateway: &NatGateway,
    list: &str,
    count: usize,
) -> Result<(String, Vec<Ipv4Addr>)> {
    let mut interface = interface(call, gateway)?;
    let ec2 = &call.context.region.ec2;
    let subnet = ec2.subnets.get(&interface.subnet);
    let subnet = subnet.ok_or_else(|| invalid("subnetId", &interface.subnet, "It is gone."))?;
    let given = call.form.list(list);
    let added = choose(ec2, subnet, &given, count.max(given.len()))?;
    interface.secondary.extend(&added);
    let id = interface.id.clone();
    call.context.region.ec2.interfaces.insert(id.clone(), interface);
    Ok((id, added))
}

/// Takes addresses from a gateway's interface, but not the primary one.
fn remove(call: &mut Call, gateway: &NatGateway, gone: &[Ipv4Addr]) -> Result<()> {
    let mut interface = interface(call, gateway)?;
    for address in gone {
        if !interface.secondary.contains(address) {
            let why = "It is not a secondary address of the NAT gateway.";
            return Err(invalid("privateIpAddress", &address.to_string(), why));
        }
    }
    interface.secondary.retain(|address| !gone.contains(address));
    call.context.region.ec2.interfaces.insert(interface.id.clone(), interface);
    Ok(())
}

fn addresses_of(call: &Call, gateway: &NatGateway) -> Vec<Element> {
    vec![
        Element::text("natGatewayId", &gateway.id),
        Element::set("natGatewayAddressSet", address_items(gateway, call.context.region)),
    ]
}

fn kind(gateway: &NatGateway, public: bool) -> Result<()> {
    if gateway.public == public {
        return Ok(());
    }
    let kind = if public { "public" } else { "private" };
    Err(combination(format!("The NAT gateway {} is not {kind}", gateway.id)))
}

/// `AssociateNatGatewayAddress`: further Elastic IP addresses of a public gateway.
pub(super) fn associate(call: &mut Call) -> Result<Vec<Element>> {
    let gateway = named(call)?;
    kind(&gateway, true)?;
    let ids: Vec<String> = call.form.list("AllocationId").into_iter().map(str::to_owned).collect();
    if ids.is_empty() {
        return Err(missing("AllocationId"));
    }
    for id in &ids {
        let address: &Address = find(&call.context.region.ec2, id)?;
        if address.association.is_some() {
            let message = format!("Elastic IP address [{id}] is already associated");
            return Err(AwsError::new(400, "Resource.AlreadyAssociated", message));
        }
    }
    let (interface, private) = add(call, &gateway, "PrivateIpAddress", ids.len())?;
    for (id, private) in ids.iter().zip(private) {
        addresses::put(call, id, &interface, private);
    }
    Ok(addresses_of(call, &gateway))
}

/// `DisassociateNatGatewayAddress`: not the primary one.
pub(super) fn disassociate(call: &mut Call) -> Result<Vec<Element>> {
    let gateway = named(call)?;
    let ids = call.form.list("AssociationId");
    if ids.is_empty() {
        return Err(missing("AssociationId"));
    }
    let mut gone = Vec::new();
    for id in ids {
        let interface = gateway.interface.as_deref().unwrap_or_default();
        let mut its = call.context.region.ec2.addresses.by("interface", interface);
        let found = its.find_map(|row| row.association.as_ref().filter(|found| found.id == id));
        gone.push(found.map(|found| found.private).ok_or_else(|| {
            let message = format!("The association ID '{id}' does not exist");
            AwsError::new(400, "InvalidAssociationID.NotFound", message)
        })?);
    }
    remove(call, &gateway, &gone)?;
    let interface = gateway.interface.as_deref().unwrap_or_default();
    for private in gone {
        let ec2 = &mut call.context.region.ec2;
        let id = addresses::of(ec2, interface, private).map(|row| row.id.clone());
        if let Some(address) = id.and_then(|id| ec2.addresses.get_mut(&id)) {
            address.association = None;
        }
    }
    Ok(addresses_of(call, &gateway))
}

/// `AssignPrivateNatGatewayAddress`: further addresses of a private gateway.
pub(super) fn assign(call: &mut Call) -> Result<Vec<Element>> {
    let gateway = named(call)?;
    kind(&gateway, false)?;
    let count = call.form.parsed::<usize>("PrivateIpAddressCount", "a number")?.unwrap_or(0);
    if count == 0 && call.form.list("PrivateIpAddress").is_empty() {
        return Err(missing("PrivateIpAddress"));
    }
    add(call, &gateway, "PrivateIpAddress", count)?;
    Ok(addresses_of(call, &gateway))
}

/// `UnassignPrivateNatGatewayAddress`.
pub(super) fn unassign(call: &mut Call) -> Result<Vec<Element>> {
    let gateway = named(call)?;
    let mut gone = Vec::new();
    for text in call.form.list("PrivateIpAddress") {
        let why = "Expected an IPv4 address.";
        gone.push(text.parse().map_err(|_| invalid("privateIpAddress", text, why))?);
    }
    if gone.is_empty() {
        return Err(missing("PrivateIpAddress"));
    }
    remove(call, &gateway, &gone)?;
    Ok(addresses_of(call, &gateway))
}
