//! Network interfaces: of mount targets, NAT gateways and instances.

use super::call::Call;
use super::filters::Filter;
use super::ids::{INTERFACE, Kind};
use super::listing::{Described, Paging, list, tag_set};
use super::state::{Interface, Subnet};
use super::xml::Element;
use crate::error::{Answer, AwsError};
use crate::world::{Region, Tags};

/// How many interfaces a listing holds that is neither in pages nor narrowed.
const MOST_UNPAGINATED: usize = 1000;

/// "If you have a large number of network interfaces, the operation fails unless you use
/// pagination or one of the following filters" (`DescribeNetworkInterfaces`). How many are
/// many, and the code of the error, AWS does not say: both are the sandbox's.
const NARROWING: [&str; 6] =
    ["group-id", "mac-address", "private-dns-name", "private-ip-address", "subnet-id", "vpc-id"];

impl Described for Interface {
    const SET: &'static str = "networkInterfaceSet";
    const IDS: &'static str = "NetworkInterfaceId";
    const KIND: &'static Kind = &INTERFACE;
    const FILTERS: &'static [&'static str] = &[
        "addresses.association.owner-id",
        "addresses.association.public-ip",
        "addresses.primary",
        "addresses.private-ip-address",
        "association.allocation-id",
        "association.association-id",
        "association.ip-owner-id",
        "association.public-dns-name",
        "association.public-ip",
        "attachment.attach-time",
        "attachment.attachment-id",
        "attachment.delete-on-termination",
        "attachment.device-index",
        "attachment.instance-id",
        "attachment.instance-owner-id",
        "attachment.status",
        "availability-zone",
        "availability-zone-id",
        "description",
        "group-id",
        "interface-type",
        "ipv6-addresses.ipv6-address",
        "mac-address",
        "network-interface-id",
        "operator.managed",
        "operator.principal",
        "owner-id",
        "private-dns-name",
        "private-ip-address",
        "requester-id",
        "requester-managed",
        "source-dest-check",
        "status",
        "subnet-id",
        "tag-key",
        "tag:",
        "vpc-id",
    ];

    fn id(&self) -> &str {
        &self.id
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn values(&self, region: &Region, filter: &str) -> Vec<String> {
        let subnet = || region.ec2.subnets.get(&self.subnet);
        let one = |value: Option<String>| value.into_iter().collect::<Vec<_>>();
        match filter {
            "addresses.primary" => vec!["true".to_owned()],
            "addresses.private-ip-address" | "private-ip-address" => {
                one(self.address.map(|address| address.to_string()))
            }
            "attachment.attachment-id" => vec![attachment_id(self)],
            "attachment.delete-on-termination" => vec![self.instance.is_some().to_string()],
            "attachment.device-index" => vec![device_index(self).to_string()],
            "attachment.instance-id" => one(self.instance.as_ref().map(|(id, _)| id.clone())),
            "attachment.instance-owner-id" => vec![holder(self, region)],
            "attachment.status" => vec!["attached".to_owned()],
            "availability-zone" => one(subnet().map(|subnet| subnet.zone.clone())),
            "availability-zone-id" => one(subnet().map(|subnet| subnet.zone_id.clone())),
            "description" => vec![self.description.clone()],
            "group-id" => self.groups.clone(),
            "interface-type" => vec![self.kind.clone()],
            "ipv6-addresses.ipv6-address" => self.ipv6.iter().map(ToString::to_string).collect(),
            "mac-address" => vec![mac(&self.id)],
            "network-interface-id" => vec![self.id.clone()],
            "operator.managed" => vec!["false".to_owned()],
            "owner-id" => vec![region.account.clone()],
            "private-dns-name" => one(private_dns_name(self, region)),
            "requester-id" => one(self.requester.clone()),
            "requester-managed" => vec![self.requester.is_some().to_string()],
            "source-dest-check" => vec![source_dest_check(self).to_string()],
            "status" => vec!["in-use".to_owned()],
            "subnet-id" => vec![self.subnet.clone()],
            "vpc-id" => one(subnet().map(|subnet| subnet.vpc.clone())),
            _ => Vec::new(),
        }
    }

    fn item(&self, region: &Region) -> Vec<Element> {
        let mut item = vec![
            Element::text("networkInterfaceId", &self.id),
            Element::text("subnetId", &self.subnet),
        ];
        item.extend(region.ec2.subnets.get(&self.subnet).into_iter().flat_map(place));
        item.extend([
            Element::text("description", &self.description),
            Element::text("ownerId", &region.account),
            Element::text("requesterManaged", self.requester.is_some()),
            Element::text("status", "in-use"),
            Element::text("macAddress", mac(&self.id)),
            Element::text("sourceDestCheck", source_dest_check(self)),
            Element::text("interfaceType", &self.kind),
            group_set(region, &self.groups),
            attachment(self, region),
            tag_set(&self.tags),
        ]);
        item.extend(self.requester.as_ref().map(|id| Element::text("requesterId", id)));
        item.extend(addresses(self, region));
        item
    }
}

fn place(subnet: &Subnet) -> [Element; 3] {
    [
        Element::text("vpcId", &subnet.vpc),
        Element::text("availabilityZone", &subnet.zone),
        Element::text("availabilityZoneId", &subnet.zone_id),
    ]
}

/// Its addresses and the name that goes with the IPv4 one.
pub(super) fn addresses(interface: &Interface, region: &Region) -> Vec<Element> {
    let name = private_dns_name(interface, region);
    let name = name.map(|name| Element::text("privateDnsName", name));
    let mut members = Vec::new();
    let mut v4 = Vec::new();
    if let Some(address) = interface.address {
        members.push(Element::text("privateIpAddress", address));
        let mut item =
            vec![Element::text("privateIpAddress", address), Element::text("primary", true)];
        item.extend(name.clone());
        v4.push(item);
    }
    members.extend(name);
    members.push(Element::set("privateIpAddressesSet", v4));
    let v6 = interface.ipv6.iter().map(|address| {
        vec![Element::text("ipv6Address", address), Element::text("isPrimaryIpv6", false)]
    });
    members.push(Element::set("ipv6AddressesSet", v6));
    members.extend(interface.ipv6.first().map(|address| Element::text("ipv6Address", address)));
    members
}

/// Groups as interfaces and instances list them.
pub(super) fn group_set(region: &Region, groups: &[String]) -> Element {
    let groups = groups.iter().map(|id| {
        let name = region.ec2.security_groups.get(id).map_or("", |group| &group.name);
        vec![Element::text("groupId", id), Element::text("groupName", name)]
    });
    Element::set("groupSet", groups)
}

fn attachment(interface: &Interface, region: &Region) -> Element {
    let mut members = vec![
        Element::text("attachmentId", attachment_id(interface)),
        Element::text("deviceIndex", device_index(interface)),
        Element::text("status", "attached"),
        Element::text("deleteOnTermination", interface.instance.is_some()),
        Element::text("instanceOwnerId", holder(interface, region)),
    ];
    members.extend(interface.instance.as_ref().map(|(id, _)| Element::text("instanceId", id)));
    Element::new("attachment", members)
}

/// A service's attachment starts with `ela-`, an instance's does not.
pub(super) fn attachment_id(interface: &Interface) -> String {
    let prefix = if interface.instance.is_some() { "eni-attach-" } else { "ela-attach-" };
    format!("{prefix}{}", interface.id.trim_start_matches("eni-"))
}

fn device_index(interface: &Interface) -> u8 {
    interface.instance.as_ref().map_or(1, |(_, index)| *index)
}

/// The account of what it is attached to: AWS's own for what a service manages.
fn holder(interface: &Interface, region: &Region) -> String {
    if interface.instance.is_some() { region.account.clone() } else { "amazon-aws".to_owned() }
}

fn source_dest_check(interface: &Interface) -> bool {
    interface.kind != "nat_gateway"
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
    let subnet = region.ec2.subnets.get(&interface.subnet)?;
    region.ec2.vpcs.get(&subnet.vpc).filter(|vpc| vpc.dns_support && vpc.dns_hostnames)?;
    let address = interface.address?.to_string().replace('.', "-");
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

/// `DescribeNetworkInterfaces`.
pub(super) fn describe(call: &mut Call) -> Answer<Vec<Element>> {
    let filters = Filter::all(&call.form, Interface::FILTERS)?;
    let interfaces = &call.context.region.ec2.interfaces;
    let narrowed = filters.iter().any(|filter| NARROWING.contains(&filter.name.as_str()))
        || call.form.get("MaxResults").is_some()
        || call.form.get("NextToken").is_some()
        || call.form.get("NetworkInterfaceId.1").is_some();
    if !narrowed && interfaces.len() > MOST_UNPAGINATED {
        let message = "The account has too many network interfaces to list in one response. Use pagination, or one of the filters group-id, mac-address, private-dns-name, private-ip-address, subnet-id, and vpc-id";
        return Err(AwsError::new(400, "OperationNotPermitted", message));
    }
    let exact = |name: &str| {
        let filter = filters.iter().find(|filter| filter.name == name)?;
        let [value] = filter.values.as_slice() else { return None };
        (!value.contains(['*', '?', '\\'])).then_some(value.as_str())
    };
    let paging = Paging::NotWithIds;
    if let Some(group) = exact("group-id") {
        return list(call, interfaces.by("group", group), paging);
    }
    if let Some(subnet) = exact("subnet-id") {
        return list(call, interfaces.by("subnet", subnet), paging);
    }
    list(call, interfaces.values(), paging)
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
