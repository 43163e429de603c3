//! Instances: the nodes of clusters, to read.

use super::call::Call;
use super::instance_filters::{FILTERS, interfaces};
use super::interfaces::{addresses, attachment_members, group_set, mac, status};
use super::listing::{Index, Listing, MOST, Pages, by_id, everyone, page, tag_set};
use crate::error::Result;
use crate::world::Region;
use crate::world::ec2::{Instance, Interface};
use crate::xml::{Element, timestamp};

pub(super) static LISTING: Listing<Instance> = Listing {
    set: "instancesSet",
    ids: "InstanceId",
    pages: Pages::MostWithoutIds(MOST),
    filters: FILTERS,
    indexes: &[
        Index("instance-id", by_id),
        Index("subnet-id", |ec2, id| ec2.instances.by("subnet", id).collect()),
    ],
    item,
    visible: everyone,
};

fn item(instance: &Instance, region: &Region) -> Vec<Element> {
    let mut item = vec![
        Element::text("instanceId", &instance.id),
        Element::text("imageId", &instance.image),
        Element::new(
            "instanceState",
            vec![Element::text("code", 16), Element::text("name", "running")],
        ),
        Element::text("instanceType", &instance.kind),
        Element::text("amiLaunchIndex", 0),
        Element::text("launchTime", timestamp(instance.launched_ms)),
        Element::new("monitoring", vec![Element::text("state", "disabled")]),
        Element::text("architecture", "x86_64"),
        Element::text("hypervisor", "xen"),
        Element::text("virtualizationType", "hvm"),
        Element::text("rootDeviceType", "ebs"),
        Element::text("rootDeviceName", "/dev/xvda"),
        Element::text("sourceDestCheck", true),
        tag_set(&instance.tags),
    ];
    if let Some(arn) = &instance.profile_arn {
        item.push(Element::new("iamInstanceProfile", vec![Element::text("arn", arn)]));
    }
    if let Some(subnet) = region.ec2.subnets.get(&instance.subnet) {
        let placement = vec![
            Element::text("availabilityZone", &subnet.zone),
            Element::text("availabilityZoneId", &subnet.zone_id),
            Element::text("tenancy", "default"),
        ];
        item.push(Element::new("placement", placement));
        item.push(Element::text("subnetId", &subnet.id));
        item.push(Element::text("vpcId", &subnet.vpc));
    }
    if let Some(first) = interfaces(instance, region).next() {
        item.push(group_set(region, &first.groups));
        item.extend(addresses(first, region).into_iter().filter(Element::is_text));
    }
    let interfaces = interfaces(instance, region).map(|row| interface_item(row, region));
    item.push(Element::set("networkInterfaceSet", interfaces));
    item
}

fn interface_item(interface: &Interface, region: &Region) -> Vec<Element> {
    let mut item = vec![
        Element::text("networkInterfaceId", &interface.id),
        Element::text("subnetId", &interface.subnet),
        Element::text("description", &interface.description),
        Element::text("ownerId", &region.account),
        Element::text("status", status(interface)),
        Element::text("macAddress", mac(&interface.id)),
        Element::text("interfaceType", &interface.kind),
        Element::text("sourceDestCheck", interface.source_dest_check),
        group_set(region, &interface.groups),
    ];
    item.extend(attachment_members(interface).map(|members| Element::new("attachment", members)));
    let vpc = region.ec2.subnets.get(&interface.subnet).map(|subnet| &subnet.vpc);
    item.extend(vpc.map(|id| Element::text("vpcId", id)));
    item.extend(addresses(interface, region));
    item
}

/// `DescribeInstances`: each in a reservation of its own.
pub(super) fn describe(call: &mut Call) -> Result<Vec<Element>> {
    let region = &*call.context.region;
    let (page, next) = page(call, &LISTING, |_| true)?;
    let reservations = page.iter().map(|instance| {
        vec![
            Element::text("reservationId", &instance.reservation),
            Element::text("ownerId", &region.account),
            Element::set("groupSet", []),
            Element::set("instancesSet", [item(instance, region)]),
        ]
    });
    let mut members = vec![Element::set("reservationSet", reservations)];
    members.extend(next.map(|token| Element::text("nextToken", token)));
    Ok(members)
}
