//! Network interfaces that the account makes: their life, their attributes, and what they are
//! attached to.

use super::addresses;
use super::call::Call;
use super::errors::{combination, invalid, invalid_value, missing};
use super::ids::{GROUP, INTERFACE};
use super::interface_addresses::{choose, choose_ipv6};
use super::interfaces::{attachment, attachment_id, group_set, item, own};
use super::listing::done;
use super::resource::find;
use super::tags;
use crate::error::{AwsError, Result};
use crate::world::Region;
use crate::world::ec2::{Attachment, Instance, Interface, SecurityGroup, Subnet};
use crate::xml::Element;

/// "Security groups per network interface: 5" (Amazon VPC quotas).
const MOST_GROUPS: usize = 5;

/// `CreateNetworkInterface`: a token makes it once.
pub(super) fn create(call: &mut Call) -> Result<Vec<Element>> {
    let token = call.form.get("ClientToken").map(str::to_owned);
    let region = &*call.context.region;
    let subnet: &Subnet = find(&region.ec2, call.form.required("SubnetId")?)?;
    let made = |row: &&Interface| token.is_some() && row.token == token;
    if let Some(interface) = region.ec2.interfaces.by("subnet", &subnet.id).find(made) {
        return Ok(created(region, interface));
    }
    let description = call.form.get("Description").unwrap_or_default().to_owned();
    let mut interface = Interface {
        groups: groups(call, &subnet.vpc)?,
        tags: tags::on_creation(call, &INTERFACE)?,
        description,
        token,
        ..Interface::unused(String::new(), &subnet.id)
    };
    let mut private = ipv4(call, subnet)?.into_iter();
    interface.address = private.next();
    interface.secondary = private.collect();
    interface.ipv6 = ipv6(call, subnet)?;
    interface.id = call.context.ids.next("eni-");
    let region = &mut *call.context.region;
    let members = created(region, &interface);
    region.ec2.interfaces.insert(interface.id.clone(), interface);
    Ok(members)
}

fn created(region: &Region, interface: &Interface) -> Vec<Element> {
    let mut members = vec![Element::new("networkInterface", item(interface, region))];
    members.extend(interface.token.as_ref().map(|token| Element::text("clientToken", token)));
    members
}

/// The IPv4 addresses that a call names, the primary one first, or counts.
fn ipv4(call: &Call, subnet: &Subnet) -> Result<Vec<std::net::Ipv4Addr>> {
    let form = &call.form;
    let mut given: Vec<&str> = form.get("PrivateIpAddress").into_iter().collect();
    let mut primary = given.len();
    for prefix in form.groups("PrivateIpAddresses") {
        let address = form.required(&format!("{prefix}PrivateIpAddress"))?;
        if form.flag(&format!("{prefix}Primary"))?.unwrap_or(false) {
            primary += 1;
            given.insert(0, address);
        } else {
            given.push(address);
        }
    }
    if primary > 1 {
        return Err(invalid_value("Only one primary private IP address can be specified."));
    }
    let more = form.parsed::<usize>("SecondaryPrivateIpAddressCount", "a number")?.unwrap_or(0);
    if more > 0 && given.len() > primary {
        let message = "The parameter secondaryPrivateIpAddressCount cannot be used with secondary private IP addresses";
        return Err(combination(message));
    }
    let count = if subnet.cidr.is_some() { (1 + more).max(given.len()) } else { more };
    choose(&call.context.region.ec2, subnet, &given, count)
}

/// A subnet that assigns an IPv6 address on creation gives one unasked.
fn ipv6(call: &Call, subnet: &Subnet) -> Result<Vec<std::net::Ipv6Addr>> {
    let form = &call.form;
    let mut given = Vec::new();
    for prefix in form.groups("Ipv6Addresses") {
        given.push(form.required(&format!("{prefix}Ipv6Address"))?);
    }
    let count = form.parsed::<usize>("Ipv6AddressCount", "a number")?;
    let count = count.unwrap_or_else(|| given.len().max(usize::from(subnet.ipv6_on_creation)));
    choose_ipv6(&call.context.region.ec2, subnet, &given, count)
}

/// The groups that a call names, of the interface's VPC; its default group where it names none.
fn groups(call: &Call, vpc: &str) -> Result<Vec<String>> {
    let ec2 = &call.context.region.ec2;
    let given = call.form.list("SecurityGroupId");
    if given.is_empty() {
        let mut of_vpc = ec2.security_groups.by("vpc", vpc);
        return Ok(of_vpc
            .find(|row| row.name == "default")
            .map(|row| row.id.clone())
            .into_iter()
            .collect());
    }
    if given.len() > MOST_GROUPS {
        let message = "The maximum number of security groups per interface has been reached.";
        return Err(AwsError::new(400, "SecurityGroupsPerInterfaceLimitExceeded", message));
    }
    for id in &given {
        let group: &SecurityGroup = find(ec2, id)?;
        if group.vpc != vpc {
            return Err(GROUP.not_found(id));
        }
    }
    Ok(given.into_iter().map(str::to_owned).collect())
}

/// `DeleteNetworkInterface`: it must be detached.
pub(super) fn delete(call: &mut Call) -> Result<Vec<Element>> {
    let id = call.form.required("NetworkInterfaceId")?.to_owned();
    let ec2 = &mut call.context.region.ec2;
    let interface: &Interface = find(ec2, &id)?;
    if attachment_id(interface).is_some() {
        let message = format!("Network interface '{id}' is currently in use.");
        return Err(invalid_value(message));
    }
    addresses::free(ec2, &id);
    ec2.interfaces.remove(&id);
    Ok(done())
}

/// `ModifyNetworkInterfaceAttribute`: "You can specify only one attribute at a time".
pub(super) fn modify(call: &mut Call) -> Result<Vec<Element>> {
    let mut interface = own(call)?;
    let description = call.form.get("Description.Value").map(str::to_owned);
    let check = call.form.flag("SourceDestCheck.Value")?;
    let deletes = call.form.flag("Attachment.DeleteOnTermination")?;
    let groups_given = call.form.get("SecurityGroupId.1").is_some();
    let given = [description.is_some(), check.is_some(), deletes.is_some(), groups_given];
    match given.into_iter().filter(|given| *given).count() {
        0 => return Err(missing("Description")),
        1 => {}
        _ => return Err(combination("Only one attribute can be modified at a time")),
    }
    if groups_given {
        let subnet: &Subnet = find(&call.context.region.ec2, &interface.subnet)?;
        interface.groups = groups(call, &subnet.vpc)?;
    }
    if let Some(deletes) = deletes {
        let id = call.form.required("Attachment.AttachmentId")?;
        let found = interface.attachment.as_mut().filter(|found| found.id == id);
        found.ok_or_else(|| no_attachment(id))?.delete_on_termination = deletes;
    }
    interface.description = description.unwrap_or(interface.description);
    interface.source_dest_check = check.unwrap_or(interface.source_dest_check);
    call.context.region.ec2.interfaces.insert(interface.id.clone(), interface);
    Ok(done())
}

/// `DescribeNetworkInterfaceAttribute`.
pub(super) fn describe_attribute(call: &mut Call) -> Result<Vec<Element>> {
    let region = &*call.context.region;
    let interface: &Interface = find(&region.ec2, call.form.required("NetworkInterfaceId")?)?;
    let value = |name: &str, text: &dyn ToString| {
        Some(Element::new(name, vec![Element::text("value", text.to_string())]))
    };
    let attribute = match call.form.required("Attribute")? {
        "description" => value("description", &interface.description),
        "groupSet" => Some(group_set(region, &interface.groups)),
        "sourceDestCheck" => value("sourceDestCheck", &interface.source_dest_check),
        "attachment" => attachment(interface, region),
        other => {
            let known = "Expected description, groupSet, sourceDestCheck or attachment.";
            return Err(invalid("attribute", other, known));
        }
    };
    let id = Element::text("networkInterfaceId", &interface.id);
    Ok([id].into_iter().chain(attribute).collect())
}

/// `AttachNetworkInterface`: to an instance of the same zone, at a free place.
pub(super) fn attach(call: &mut Call) -> Result<Vec<Element>> {
    let mut interface = own(call)?;
    let ec2 = &call.context.region.ec2;
    let instance: &Instance = find(ec2, call.form.required("InstanceId")?)?;
    let index = call.form.parsed::<u8>("DeviceIndex", "a number")?;
    let index = index.ok_or_else(|| missing("DeviceIndex"))?;
    if attachment_id(&interface).is_some() {
        let message = format!("Interface: [{}] in use.", interface.id);
        return Err(AwsError::new(400, "InvalidNetworkInterface.InUse", message));
    }
    let zone = |subnet: &str| ec2.subnets.get(subnet).map(|subnet| &subnet.zone);
    if zone(&interface.subnet) != zone(&instance.subnet) {
        let message = "You may not attach a network interface to an instance if they are not in the same availability zone";
        return Err(invalid_value(message));
    }
    let at_index =
        |row: &Interface| row.attachment.as_ref().is_some_and(|found| found.index == index);
    if ec2.interfaces.by("instance", &instance.id).any(at_index) {
        let message = format!(
            "Instance '{}' already has an interface attached at device index '{index}'.",
            instance.id
        );
        return Err(invalid_value(message));
    }
    let attachment = Attachment {
        id: call.context.ids.next("eni-attach-"),
        instance: instance.id.clone(),
        index,
        delete_on_termination: false,
        since_ms: call.context.now,
    };
    let members =
        vec![Element::text("attachmentId", &attachment.id), Element::text("networkCardIndex", 0)];
    interface.attachment = Some(attachment);
    call.context.region.ec2.interfaces.insert(interface.id.clone(), interface);
    Ok(members)
}

fn no_attachment(id: &str) -> AwsError {
    let message = format!("The networkInterface attachment '{id}' does not exist");
    AwsError::new(400, "InvalidAttachmentID.NotFound", message)
}

/// `DetachNetworkInterface`: not an instance's primary one, nor what a service holds.
pub(super) fn detach(call: &mut Call) -> Result<Vec<Element>> {
    let id = call.form.required("AttachmentId")?.to_owned();
    if id.starts_with("ela-attach-") {
        let message = "You are not allowed to manage 'ela-attach' attachments.";
        return Err(AwsError::new(400, "OperationNotPermitted", message));
    }
    if !id.starts_with("eni-attach-") {
        let message = format!("Invalid id: \"{id}\" (expecting \"eni-attach-...\")");
        return Err(AwsError::new(400, "InvalidNetworkInterfaceAttachmentId.Malformed", message));
    }
    let ec2 = &mut call.context.region.ec2;
    let has = |row: &&Interface| row.attachment.as_ref().is_some_and(|found| found.id == id);
    let found = ec2.interfaces.values().find(has).cloned();
    let interface = found.ok_or_else(|| no_attachment(&id))?;
    if interface.attachment.as_ref().is_some_and(|found| found.index == 0) {
        let message =
            "The network interface at device index 0 and networkCard index 0 cannot be detached.";
        return Err(AwsError::new(400, "OperationNotPermitted", message));
    }
    let interface = Interface { attachment: None, ..interface };
    ec2.interfaces.insert(interface.id.clone(), interface);
    Ok(done())
}
