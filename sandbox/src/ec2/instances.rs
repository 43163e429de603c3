//! Instances: the nodes of clusters, to read.

use super::call::Call;
use super::ids::{INSTANCE, Kind};
use super::interfaces::{addresses, attachment_id, group_set, mac};
use super::listing::{Described, Paging, page, tag_set};
use super::state::{Instance, Interface};
use super::xml::{Element, timestamp};
use crate::error::Answer;
use crate::world::{Region, Tags};

impl Described for Instance {
    const SET: &'static str = "instancesSet";
    const IDS: &'static str = "InstanceId";
    const KIND: &'static Kind = &INSTANCE;
    const FILTERS: &'static [&'static str] = &[
        "architecture",
        "availability-zone",
        "availability-zone-id",
        "dns-name",
        "hypervisor",
        "iam-instance-profile.arn",
        "image-id",
        "instance-id",
        "instance-lifecycle",
        "instance-state-code",
        "instance-state-name",
        "instance-type",
        "instance.group-id",
        "instance.group-name",
        "ip-address",
        "ipv6-address",
        "key-name",
        "launch-index",
        "launch-time",
        "monitoring-state",
        "network-interface.addresses.private-ip-address",
        "network-interface.attachment.attachment-id",
        "network-interface.attachment.instance-id",
        "network-interface.availability-zone",
        "network-interface.group-id",
        "network-interface.group-name",
        "network-interface.ipv6-addresses.ipv6-address",
        "network-interface.mac-address",
        "network-interface.network-interface-id",
        "network-interface.owner-id",
        "network-interface.private-ip-address",
        "network-interface.status",
        "network-interface.subnet-id",
        "network-interface.vpc-id",
        "owner-id",
        "platform",
        "private-dns-name",
        "private-ip-address",
        "requester-id",
        "reservation-id",
        "root-device-type",
        "source-dest-check",
        "subnet-id",
        "tag-key",
        "tag:",
        "tenancy",
        "virtualization-type",
        "vpc-id",
    ];

    fn id(&self) -> &str {
        &self.id
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn values(&self, region: &Region, filter: &str) -> Vec<String> {
        // What an instance has of its interface is said with and without the prefix.
        let of_interface = match filter {
            "instance.group-id" => Some("group-id"),
            "subnet-id"
            | "vpc-id"
            | "availability-zone"
            | "availability-zone-id"
            | "private-ip-address"
            | "private-dns-name"
            | "source-dest-check" => Some(filter),
            "ipv6-address" => Some("ipv6-addresses.ipv6-address"),
            _ => filter.strip_prefix("network-interface."),
        };
        if let Some(filter) = of_interface {
            let interfaces = interfaces(self, region);
            return interfaces
                .flat_map(|row| match filter {
                    "group-name" => names(row, region),
                    _ => row.values(region, filter),
                })
                .collect();
        }
        let value = match filter {
            "architecture" => "x86_64",
            "hypervisor" => "xen",
            "iam-instance-profile.arn" => return self.profile_arn.iter().cloned().collect(),
            "image-id" => &self.image,
            "instance-id" => &self.id,
            "instance-state-code" => "16",
            "instance-state-name" => "running",
            "instance-type" => &self.kind,
            "instance.group-name" => {
                return interfaces(self, region).flat_map(|row| names(row, region)).collect();
            }
            "launch-index" => "0",
            "launch-time" => return vec![timestamp(self.launched_ms)],
            "monitoring-state" => "disabled",
            "owner-id" => &region.account,
            "reservation-id" => &self.reservation,
            "root-device-type" => "ebs",
            "tenancy" => "default",
            "virtualization-type" => "hvm",
            _ => return Vec::new(),
        };
        vec![value.to_owned()]
    }

    fn item(&self, region: &Region) -> Vec<Element> {
        let mut item = vec![
            Element::text("instanceId", &self.id),
            Element::text("imageId", &self.image),
            Element::new(
                "instanceState",
                vec![Element::text("code", 16), Element::text("name", "running")],
            ),
            Element::text("instanceType", &self.kind),
            Element::text("amiLaunchIndex", 0),
            Element::text("launchTime", timestamp(self.launched_ms)),
            Element::new("monitoring", vec![Element::text("state", "disabled")]),
            Element::text("architecture", "x86_64"),
            Element::text("hypervisor", "xen"),
            Element::text("virtualizationType", "hvm"),
            Element::text("rootDeviceType", "ebs"),
            Element::text("rootDeviceName", "/dev/xvda"),
            Element::text("sourceDestCheck", true),
            tag_set(&self.tags),
        ];
        if let Some(arn) = &self.profile_arn {
            item.push(Element::new("iamInstanceProfile", vec![Element::text("arn", arn)]));
        }
        if let Some(subnet) = region.ec2.subnets.get(&self.subnet) {
            let placement = vec![
                Element::text("availabilityZone", &subnet.zone),
                Element::text("availabilityZoneId", &subnet.zone_id),
                Element::text("tenancy", "default"),
            ];
            item.push(Element::new("placement", placement));
            item.push(Element::text("subnetId", &subnet.id));
            item.push(Element::text("vpcId", &subnet.vpc));
        }
        if let Some(first) = interfaces(self, region).next() {
            item.push(group_set(region, &first.groups));
            item.extend(addresses(first, region).into_iter().filter(Element::is_text));
        }
        let interfaces = interfaces(self, region).map(|row| interface_item(row, region));
        item.push(Element::set("networkInterfaceSet", interfaces));
        item
    }
}

fn interfaces<'a>(
    instance: &'a Instance,
    region: &'a Region,
) -> impl Iterator<Item = &'a Interface> {
    region.ec2.interfaces.by("instance", &instance.id)
}

fn names(interface: &Interface, region: &Region) -> Vec<String> {
    let groups = interface.groups.iter().filter_map(|id| region.ec2.security_groups.get(id));
    groups.map(|group| group.name.clone()).collect()
}

fn interface_item(interface: &Interface, region: &Region) -> Vec<Element> {
    let index = interface.instance.as_ref().map_or(0, |(_, index)| *index);
    let attachment = vec![
        Element::text("attachmentId", attachment_id(interface)),
        Element::text("deviceIndex", index),
        Element::text("status", "attached"),
        Element::text("deleteOnTermination", true),
    ];
    let mut item = vec![
        Element::text("networkInterfaceId", &interface.id),
        Element::text("subnetId", &interface.subnet),
        Element::text("description", &interface.description),
        Element::text("ownerId", &region.account),
        Element::text("status", "in-use"),
        Element::text("macAddress", mac(&interface.id)),
        Element::text("interfaceType", &interface.kind),
        Element::text("sourceDestCheck", true),
        group_set(region, &interface.groups),
        Element::new("attachment", attachment),
    ];
    let vpc = region.ec2.subnets.get(&interface.subnet).map(|subnet| &subnet.vpc);
    item.extend(vpc.map(|id| Element::text("vpcId", id)));
    item.extend(addresses(interface, region));
    item
}

/// `DescribeInstances`: each in a reservation of its own.
pub(super) fn describe(call: &mut Call) -> Answer<Vec<Element>> {
    let region = &*call.context.region;
    let (page, next) = page(call, region.ec2.instances.values(), Paging::NotWithIds)?;
    let reservations = page.iter().map(|instance| {
        vec![
            Element::text("reservationId", &instance.reservation),
            Element::text("ownerId", &region.account),
            Element::set("groupSet", []),
            Element::set("instancesSet", [instance.item(region)]),
        ]
    });
    let mut members = vec![Element::set("reservationSet", reservations)];
    members.extend(next.map(|token| Element::text("nextToken", token)));
    Ok(members)
}
