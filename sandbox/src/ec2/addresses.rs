//! Elastic IP addresses, and the private addresses that they stand for.

use std::net::Ipv4Addr;

use super::call::Call;
use super::errors::{combination, invalid, invalid_value, missing};
use super::gateways;
use super::ids::ADDRESS;
use super::listing::{
    By, Index, Listing, Pages, all, by_id, done, everyone, list_where, one, tag_keys, tag_set,
};
use super::resource::find;
use super::tags;
use crate::error::{AwsError, Result};
use crate::world::Region;
use crate::world::ec2::{Address, AddressAssociation, Ec2, Instance, Interface};
use crate::xml::Element;

/// "Elastic IP addresses per Region: 5" (Amazon VPC quotas).
const MOST: usize = 5;

pub(super) static LISTING: Listing<Address> = Listing {
    set: "addressesSet",
    ids: "AllocationId",
    pages: Pages::None,
    filters: &[
        By("allocation-id", |address, _| one(&address.id)),
        By("association-id", |address, _| all(association(address).map(|found| &found.id))),
        By("instance-id", |address, region| all(instance(address, region))),
        By("network-border-group", |_, region| one(&region.name)),
        By("network-interface-id", |address, _| {
            all(association(address).map(|found| &found.interface))
        }),
        By("network-interface-owner-id", |address, region| {
            all(association(address).map(|_| &region.account))
        }),
        By("private-ip-address", |address, _| all(association(address).map(|found| found.private))),
        By("public-ip", |address, _| one(address.public)),
        By("tag-key", tag_keys),
    ],
    indexes: &[
        Index("allocation-id", by_id),
        Index("network-interface-id", |ec2, id| ec2.addresses.by("interface", id).collect()),
    ],
    item,
    visible: everyone,
};

fn association(address: &Address) -> impl Iterator<Item = &AddressAssociation> {
    address.association.iter()
}

fn instance(address: &Address, region: &Region) -> Option<String> {
    let interface = region.ec2.interfaces.get(&address.association.as_ref()?.interface)?;
    interface.attachment.as_ref().map(|attachment| attachment.instance.clone())
}

fn item(address: &Address, region: &Region) -> Vec<Element> {
    let mut item = vec![
        Element::text("publicIp", address.public),
        Element::text("allocationId", &address.id),
        Element::text("domain", "vpc"),
        Element::text("publicIpv4Pool", "amazon"),
        Element::text("networkBorderGroup", &region.name),
    ];
    if let Some(found) = &address.association {
        item.extend([
            Element::text("associationId", &found.id),
            Element::text("networkInterfaceId", &found.interface),
            Element::text("networkInterfaceOwnerId", &region.account),
            Element::text("privateIpAddress", found.private),
        ]);
        item.extend(instance(address, region).map(|id| Element::text("instanceId", id)));
    }
    item.push(tag_set(&address.tags));
    item
}

/// The Elastic IP address that stands for a private one.
pub(super) fn of<'a>(ec2: &'a Ec2, interface: &str, private: Ipv4Addr) -> Option<&'a Address> {
    let mut all = ec2.addresses.by("interface", interface);
    all.find(|row| row.association.as_ref().is_some_and(|found| found.private == private))
}

/// `DescribeAddresses`: by allocation, or by the address itself.
pub(super) fn describe(call: &mut Call) -> Result<Vec<Element>> {
    let wanted = call.form.list("PublicIp");
    let known = |text: &str| {
        call.context.region.ec2.addresses.values().any(|row| row.public.to_string() == text)
    };
    if let Some(text) = wanted.iter().find(|text| !known(text)) {
        return Err(no_address(text));
    }
    let is_wanted =
        |row: &Address| wanted.is_empty() || wanted.contains(&row.public.to_string().as_str());
    list_where(call, &LISTING, is_wanted)
}

fn no_address(text: &str) -> AwsError {
    AwsError::new(400, "InvalidAddress.NotFound", format!("Address '{text}' not found."))
}

/// `DescribeAddressesAttribute`: the domain names of addresses, of which none is set.
pub(super) fn describe_attribute(call: &mut Call) -> Result<Vec<Element>> {
    if let Some(other) = call.form.get("Attribute").filter(|name| *name != "domain-name") {
        return Err(invalid("attribute", other, "Expected domain-name."));
    }
    for id in call.form.list("AllocationId") {
        find::<Address>(&call.context.region.ec2, id)?;
    }
    Ok(vec![Element::set("addressSet", [])])
}

/// `AllocateAddress`: out of the ranges for documentation (RFC 5737).
pub(super) fn allocate(call: &mut Call) -> Result<Vec<Element>> {
    if let Some(other) = call.form.get("Domain").filter(|name| *name != "vpc") {
        return Err(invalid("domain", other, "Expected vpc."));
    }
    let region = &*call.context.region;
    if let Some(other) = call.form.get("NetworkBorderGroup").filter(|name| *name != region.name) {
        return Err(invalid("networkBorderGroup", other, "Expected the name of the region."));
    }
    let tags = tags::on_creation(call, &ADDRESS)?;
    let taken: Vec<Ipv4Addr> = region.ec2.addresses.values().map(|row| row.public).collect();
    let mut free = (1..255).map(|n| Ipv4Addr::new(203, 0, 113, n));
    let free = free.find(|address| !taken.contains(address)).filter(|_| taken.len() < MOST);
    let Some(public) = free else {
        let message = "The maximum number of addresses has been reached.";
        return Err(AwsError::new(400, "AddressLimitExceeded", message));
    };
    let address =
        Address { id: call.context.ids.next("eipalloc-"), public, association: None, tags };
    let mut members = item(&address, region);
    members.pop();
    call.context.region.ec2.addresses.insert(address.id.clone(), address);
    Ok(members)
}

/// `ReleaseAddress`: nothing may use it.
pub(super) fn release(call: &mut Call) -> Result<Vec<Element>> {
    if call.form.get("PublicIp").is_some() {
        let message = "You must specify an allocation id when releasing a VPC elastic IP address";
        return Err(invalid_value(message));
    }
    let id = call.form.required("AllocationId")?.to_owned();
    let ec2 = &mut call.context.region.ec2;
    let address: &Address = find(ec2, &id)?;
    if address.association.is_some() {
        let message = format!("Address {} is in use.", address.public);
        return Err(AwsError::new(400, "InvalidIPAddress.InUse", message));
    }
    ec2.addresses.remove(&id);
    Ok(done())
}

/// The interface that a call names, itself or by its instance.
fn target(call: &Call) -> Result<Interface> {
    let ec2 = &call.context.region.ec2;
    match (call.form.get("NetworkInterfaceId"), call.form.get("InstanceId")) {
        (Some(id), None) => find(ec2, id).cloned(),
        (None, Some(id)) => {
            find::<Instance>(ec2, id)?;
            let first = ec2.interfaces.by("instance", id).min_by_key(|row| {
                row.attachment.as_ref().map_or(u8::MAX, |attachment| attachment.index)
            });
            first.cloned().ok_or_else(|| invalid("instanceId", id, "It has no interface."))
        }
        (None, None) => Err(missing("InstanceId")),
        _ => Err(combination("Give one of InstanceId and NetworkInterfaceId")),
    }
}

/// `AssociateAddress`. "Reassociation is automatic, but you can specify false to ensure the
/// operation fails if the Elastic IP address is already associated with another resource."
pub(super) fn associate(call: &mut Call) -> Result<Vec<Element>> {
    let id = call.form.required("AllocationId")?.to_owned();
    let address: &Address = find(&call.context.region.ec2, &id)?;
    let interface = target(call)?;
    let private = call.form.parsed::<Ipv4Addr>("PrivateIpAddress", "an IPv4 address")?;
    let private = private.or(interface.address);
    let private = private.filter(|private| interface.ipv4().any(|own| own == *private));
    let private = private.ok_or_else(|| {
        let given = call.form.get("PrivateIpAddress").unwrap_or_default();
        let why = format!("The address is not one of the interface {}.", interface.id);
        invalid("privateIpAddress", given, &why)
    })?;
    if let Some(found) = &address.association {
        let same = found.interface == interface.id && found.private == private;
        if same {
            return Ok([done(), vec![Element::text("associationId", &found.id)]].concat());
        }
        if call.form.flag("AllowReassociation")? == Some(false) {
            let message =
                format!("resource {id} is already associated with associate-id {}", found.id);
            return Err(AwsError::new(400, "Resource.AlreadyAssociated", message));
        }
        managed(&call.context.region.ec2, &found.interface)?;
    }
    let subnet = call.context.region.ec2.subnets.get(&interface.subnet);
    let vpc = subnet.map_or("", |subnet| &subnet.vpc);
    if gateways::of(&call.context.region.ec2, vpc).is_none() {
        let message = format!("Network {vpc} is not attached to any internet gateway");
        return Err(AwsError::new(400, "Gateway.NotAttached", message));
    }
    let association = put(call, &id, &interface.id, private);
    Ok([done(), vec![Element::text("associationId", association)]].concat())
}

/// Lets an address stand for a private one; another one of that gives way.
pub(super) fn put(call: &mut Call, id: &str, interface: &str, private: Ipv4Addr) -> String {
    let association = AddressAssociation {
        id: call.context.ids.next("eipassoc-"),
        interface: interface.to_owned(),
        private,
    };
    let ec2 = &mut call.context.region.ec2;
    let former = of(ec2, interface, private).map(|row| row.id.clone());
    if let Some(former) = former.and_then(|former| ec2.addresses.get_mut(&former)) {
        former.association = None;
    }
    let made = association.id.clone();
    if let Some(address) = ec2.addresses.get_mut(id) {
        address.association = Some(association);
    }
    made
}

/// Frees the addresses of an interface that goes.
pub(super) fn free(ec2: &mut Ec2, interface: &str) {
    let ids: Vec<String> =
        ec2.addresses.by("interface", interface).map(|row| row.id.clone()).collect();
    for id in ids {
        if let Some(address) = ec2.addresses.get_mut(&id) {
            address.association = None;
        }
    }
}

/// Refuses to take an address from what a service manages, such as a NAT gateway.
fn managed(ec2: &Ec2, interface: &str) -> Result<()> {
    if ec2.interfaces.get(interface).is_some_and(|row| row.requester.is_some()) {
        let message = "You do not have permission to access the specified resource.";
        return Err(AwsError::new(400, "AuthFailure", message));
    }
    Ok(())
}

/// `DisassociateAddress`.
pub(super) fn disassociate(call: &mut Call) -> Result<Vec<Element>> {
    let id = call.form.required("AssociationId")?.to_owned();
    let ec2 = &mut call.context.region.ec2;
    let has = |row: &&Address| association(row).any(|found| found.id == id);
    let Some(address) = ec2.addresses.values().find(has).cloned() else {
        let message = format!("The association ID '{id}' does not exist");
        return Err(AwsError::new(400, "InvalidAssociationID.NotFound", message));
    };
    for found in association(&address) {
        managed(ec2, &found.interface)?;
    }
    let address = Address { association: None, ..address };
    ec2.addresses.insert(address.id.clone(), address);
    Ok(done())
}
