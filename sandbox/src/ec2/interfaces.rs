//! Network interfaces: of mount targets, NAT gateways and instances.

use std::net::Ipv4Addr;

use super::call::Call;
use super::listing::{
    By, Index, Listing, MOST, Pages, all, by_id, everyone, filters, list, nothing, one, tag_keys,
    tag_set,
};
use super::resource::find;
use super::zones::suffix;
use crate::error::{AwsError, Result};
use crate::world::Region;
use crate::world::ec2::{Address, Interface, Subnet};
use crate::xml::{Element, timestamp};

/// How many interfaces a listing holds that is neither in pages nor narrowed.
const MOST_UNPAGINATED: usize = 1000;

/// "If you have a large number of network interfaces, the operation fails unless you use
/// pagination or one of the following filters" (`DescribeNetworkInterfaces`). How many are
/// many, and the code of the error, AWS does not say: both are the sandbox's.
const NARROWING: [&str; 6] =
    ["group-id", "mac-address", "private-dns-name", "private-ip-address", "subnet-id", "vpc-id"];

pub(super) static LISTING: Listing<Interface> = Listing {
    set: "networkInterfaceSet",
    ids: "NetworkInterfaceId",
    pages: Pages::MostWithoutIds(MOST),
    filters: &[
        By("addresses.association.owner-id association.ip-owner-id", |row, region| {
            all(elastic(row, region).map(|_| &region.account))
        }),
        By("addresses.association.public-ip", |row, region| {
            all(elastic(row, region).map(|address| address.public))
        }),
        By("addresses.primary", |row, _| {
            all(row.ipv4().map(|address| row.address == Some(address)))
        }),
        By("addresses.private-ip-address", |row, _| all(row.ipv4())),
        By("association.allocation-id", |row, region| {
            all(primary_elastic(row, region).map(|address| &address.id))
        }),
        By("association.association-id", |row, region| {
            let address = primary_elastic(row, region);
            all(address.and_then(|address| address.association.as_ref()).map(|found| &found.id))
        }),
        By("association.public-dns-name", |row, region| {
            all(primary_elastic(row, region).and_then(|address| public_dns(row, address, region)))
        }),
        By("association.public-ip", |row, region| {
            all(primary_elastic(row, region).map(|address| address.public))
        }),
        By("attachment.attach-time", |row, _| {
            all(row.attachment.as_ref().map(|found| timestamp(found.since_ms)))
        }),
        By("attachment.attachment-id", |row, _| all(attachment_id(row))),
        By("attachment.delete-on-termination", |row, _| {
            all(attachment_id(row).map(|_| deleted_with_instance(row)))
        }),
        By("attachment.device-index", |row, _| all(attachment_id(row).map(|_| device_index(row)))),
        By("attachment.instance-id", |row, _| {
            all(row.attachment.as_ref().map(|found| &found.instance))
        }),
        By("attachment.instance-owner-id", |row, region| {
            all(attachment_id(row).map(|_| holder(row, region)))
        }),
        By("attachment.status", |row, _| all(attachment_id(row).map(|_| "attached"))),
        By("availability-zone", |row, region| all(subnet(row, region).map(|subnet| &subnet.zone))),
        By("availability-zone-id", |row, region| {
            all(subnet(row, region).map(|subnet| &subnet.zone_id))
        }),
        By("description", |row, _| one(&row.description)),
        By("group-id", |row, _| all(&row.groups)),
        By("interface-type", |row, _| one(&row.kind)),
        By("ipv6-addresses.ipv6-address", |row, _| all(&row.ipv6)),
        By("mac-address", |row, _| one(mac(&row.id))),
        By("network-interface-id", |row, _| one(&row.id)),
        By("operator.managed", |_, _| one(false)),
        By("operator.principal", nothing),
        By("owner-id", |_, region| one(&region.account)),
        By("private-dns-name", |row, region| all(private_dns_name(row, region))),
        By("private-ip-address", |row, _| all(row.address)),
        By("requester-id", |row, _| all(&row.requester)),
        By("requester-managed", |row, _| one(row.requester.is_some())),
        By("source-dest-check", |row, _| one(row.source_dest_check)),
        By("status", |row, _| one(status(row))),
        By("subnet-id", |row, _| one(&row.subnet)),
        By("tag-key", tag_keys),
        By("vpc-id", |row, region| all(subnet(row, region).map(|subnet| &subnet.vpc))),
    ],
    indexes: &[
        Index("network-interface-id", by_id),
        Index("attachment.instance-id", |ec2, id| ec2.interfaces.by("instance", id).collect()),
        Index("group-id", |ec2, id| ec2.interfaces.by("group", id).collect()),
        Index("subnet-id", |ec2, id| ec2.interfaces.by("subnet", id).collect()),
        Index("vpc-id", |ec2, id| {
            let subnets = ec2.subnets.by("vpc", id);
            subnets.flat_map(|subnet| ec2.interfaces.by("subnet", &subnet.id)).collect()
        }),
    ],
    item,
    visible: everyone,
};

fn subnet<'a>(interface: &Interface, region: &'a Region) -> Option<&'a Subnet> {
    region.ec2.subnets.get(&interface.subnet)
}

/// The Elastic IP addresses of an interface.
fn elastic<'a>(interface: &'a Interface, region: &'a Region) -> impl Iterator<Item = &'a Address> {
    region.ec2.addresses.by("interface", &interface.id)
}

fn primary_elastic<'a>(interface: &Interface, region: &'a Region) -> Option<&'a Address> {
    super::addresses::of(&region.ec2, &interface.id, interface.address?)
}

/// What an interface reads as, in its listing and where it is made.
pub(super) fn item(interface: &Interface, region: &Region) -> Vec<Element> {
    let mut item = vec![
        Element::text("networkInterfaceId", &interface.id),
        Element::text("subnetId", &interface.subnet),
    ];
    item.extend(subnet(interface, region).into_iter().flat_map(place));
    item.extend([
        Element::text("description", &interface.description),
        Element::text("ownerId", &region.account),
        Element::text("requesterManaged", interface.requester.is_some()),
        Element::text("status", status(interface)),
        Element::text("macAddress", mac(&interface.id)),
        Element::text("sourceDestCheck", interface.source_dest_check),
        Element::text("interfaceType", &interface.kind),
        group_set(region, &interface.groups),
        tag_set(&interface.tags),
    ]);
    item.extend(attachment(interface, region));
    item.extend(interface.requester.as_ref().map(|id| Element::text("requesterId", id)));
    item.extend(addresses(interface, region));
    item
}

fn place(subnet: &Subnet) -> [Element; 3] {
    [
        Element::text("vpcId", &subnet.vpc),
        Element::text("availabilityZone", &subnet.zone),
        Element::text("availabilityZoneId", &subnet.zone_id),
    ]
}

/// Its addresses and the names that go with them.
pub(super) fn addresses(interface: &Interface, region: &Region) -> Vec<Element> {
    let name = private_dns_name(interface, region);
    let name = name.map(|name| Element::text("privateDnsName", name));
    let mut members = Vec::new();
    members.extend(interface.address.map(|address| Element::text("privateIpAddress", address)));
    members.extend(name);
    members.extend(
        primary_elastic(interface, region).map(|address| association(interface, address, region)),
    );
    let v4 = interface.ipv4().map(|address| {
        let mut item = vec![
            Element::text("privateIpAddress", address),
            Element::text("primary", interface.address == Some(address)),
        ];
        let name = dns_name(interface, address, region);
        item.extend(name.map(|name| Element::text("privateDnsName", name)));
        let elastic = super::addresses::of(&region.ec2, &interface.id, address);
        item.extend(elastic.map(|address| association(interface, address, region)));
        item
    });
    members.push(Element::set("privateIpAddressesSet", v4));
    let v6 = interface.ipv6.iter().map(|address| {
        vec![Element::text("ipv6Address", address), Element::text("isPrimaryIpv6", false)]
    });
    members.push(Element::set("ipv6AddressesSet", v6));
    members.extend(interface.ipv6.first().map(|address| Element::text("ipv6Address", address)));
    members
}

/// The Elastic IP address that stands for a private one.
fn association(interface: &Interface, address: &Address, region: &Region) -> Element {
    let mut members = vec![
        Element::text("allocationId", &address.id),
        Element::text("ipOwnerId", &region.account),
        Element::text("publicIp", address.public),
    ];
    let found = address.association.as_ref();
    members.extend(found.map(|found| Element::text("associationId", &found.id)));
    let name = public_dns(interface, address, region);
    members.extend(name.map(|name| Element::text("publicDnsName", name)));
    Element::new("association", members)
}

/// `ec2-203-0-113-10.compute-1.amazonaws.com` in us-east-1, else with the region's name.
fn public_dns(interface: &Interface, address: &Address, region: &Region) -> Option<String> {
    let vpc = region.ec2.vpcs.get(&subnet(interface, region)?.vpc)?;
    let digits = address.public.to_string().replace('.', "-");
    let domain = match region.name.as_str() {
        "us-east-1" => "compute-1.amazonaws.com".to_owned(),
        name => format!("{name}.compute.{}", suffix(name)),
    };
    (vpc.dns_support && vpc.dns_hostnames).then(|| format!("ec2-{digits}.{domain}"))
}

/// Groups as interfaces and instances list them.
pub(super) fn group_set(region: &Region, groups: &[String]) -> Element {
    let groups = groups.iter().map(|id| {
        let name = region.ec2.security_groups.get(id).map_or("", |group| &group.name);
        vec![Element::text("groupId", id), Element::text("groupName", name)]
    });
    Element::set("groupSet", groups)
}

/// `available` until it is attached to something.
pub(super) fn status(interface: &Interface) -> &'static str {
    if attachment_id(interface).is_some() { "in-use" } else { "available" }
}

/// How it is attached, to an instance or to what a service manages.
pub(super) fn attachment(interface: &Interface, region: &Region) -> Option<Element> {
    let mut members = attachment_members(interface)?;
    members.push(Element::text("instanceOwnerId", holder(interface, region)));
    let instance = interface.attachment.as_ref().map(|found| &found.instance);
    members.extend(instance.map(|id| Element::text("instanceId", id)));
    Some(Element::new("attachment", members))
}

/// What an instance says of the same.
pub(super) fn attachment_members(interface: &Interface) -> Option<Vec<Element>> {
    let mut members = vec![
        Element::text("attachmentId", attachment_id(interface)?),
        Element::text("deviceIndex", device_index(interface)),
        Element::text("status", "attached"),
        Element::text("deleteOnTermination", deleted_with_instance(interface)),
    ];
    if let Some(found) = &interface.attachment {
        members.push(Element::text("attachTime", timestamp(found.since_ms)));
        members.push(Element::text("networkCardIndex", 0));
    }
    Some(members)
}

/// A service's attachment starts with `ela-`, an instance's does not.
pub(super) fn attachment_id(interface: &Interface) -> Option<String> {
    let to_instance = interface.attachment.as_ref().map(|found| found.id.clone());
    let to_service = || {
        interface.requester.as_ref()?;
        Some(format!("ela-attach-{}", interface.id.trim_start_matches("eni-")))
    };
    to_instance.or_else(to_service)
}

fn deleted_with_instance(interface: &Interface) -> bool {
    interface.attachment.as_ref().is_some_and(|found| found.delete_on_termination)
}

fn device_index(interface: &Interface) -> u8 {
    interface.attachment.as_ref().map_or(1, |found| found.index)
}

/// The account of what it is attached to: AWS's own for what a service manages.
fn holder(interface: &Interface, region: &Region) -> String {
    if interface.attachment.is_some() { region.account.clone() } else { "amazon-aws".to_owned() }
}

/// A locally administered address that comes of the id.
pub(super) fn mac(id: &str) -> String {
    let digits = format!("{:0>17}", id.trim_start_matches("eni-"));
    let pairs: Vec<&str> = (0..5).filter_map(|n| digits.get(7 + 2 * n..9 + 2 * n)).collect();
    format!("02:{}", pairs.join(":"))
}

/// `ip-10-0-0-4.ec2.internal` in us-east-1, `ip-10-0-0-4.REGION.compute.internal` elsewhere,
/// where the VPC has DNS host names ("DNS attributes for your VPC", Amazon VPC User Guide).
fn private_dns_name(interface: &Interface, region: &Region) -> Option<String> {
    dns_name(interface, interface.address?, region)
}

fn dns_name(interface: &Interface, address: Ipv4Addr, region: &Region) -> Option<String> {
    let vpc = region.ec2.vpcs.get(&subnet(interface, region)?.vpc);
    vpc.filter(|vpc| vpc.dns_support && vpc.dns_hostnames)?;
    let address = address.to_string().replace('.', "-");
    Some(format!("ip-{address}.{}", internal_domain(&region.name)))
}

/// The domain of private names.
pub(super) fn internal_domain(region: &str) -> String {
    if region == "us-east-1" {
        "ec2.internal".to_owned()
    } else {
        format!("{region}.compute.internal")
    }
}

/// The interface that a call names, which no service manages.
pub(super) fn own(call: &Call) -> Result<Interface> {
    let id = call.form.required("NetworkInterfaceId")?;
    let interface: &Interface = find(&call.context.region.ec2, id)?;
    if interface.requester.is_some() {
        let message = "You do not have permission to access the specified resource.";
        return Err(AwsError::new(400, "AuthFailure", message));
    }
    Ok(interface.clone())
}

/// `DescribeNetworkInterfaces`.
pub(super) fn describe(call: &mut Call) -> Result<Vec<Element>> {
    let filters = filters(&call.form, LISTING.filters, true)?;
    let paged = ["MaxResults", "NextToken", "NetworkInterfaceId.1"]
        .iter()
        .any(|name| call.form.get(name).is_some());
    let narrowed = filters.iter().any(|(filter, _)| NARROWING.contains(&filter.name.as_str()));
    if !paged && !narrowed && call.context.region.ec2.interfaces.len() > MOST_UNPAGINATED {
        let message = "The account has too many network interfaces to list in one response. Use pagination, or one of the filters group-id, mac-address, private-dns-name, private-ip-address, subnet-id, and vpc-id";
        return Err(AwsError::new(400, "OperationNotPermitted", message));
    }
    list(call, &LISTING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mac_address_is_six_bytes_of_a_local_kind() {
        assert_eq!(mac("eni-0123456789abcdef0"), "02:78:9a:bc:de:f0");
        assert_eq!(mac("eni-01234567"), "02:00:01:23:45:67");
    }

    #[test]
    fn private_names_have_their_own_domain_in_the_first_region() {
        assert_eq!(internal_domain("us-east-1"), "ec2.internal");
        assert_eq!(internal_domain("eu-west-1"), "eu-west-1.compute.internal");
    }
}
