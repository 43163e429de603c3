//! The filters of `DescribeInstances`, of which EC2 documents more than of any other listing.

use super::interfaces;
use super::listing::{By, all, nothing, one, tag_keys};
use crate::world::Region;
use crate::world::ec2::{Instance, Interface, Subnet};
use crate::xml::timestamp;

/// Those with values, and those for what the sandbox's instances do not have.
#[rustfmt::skip]
pub(super) static FILTERS: &[By<Instance>] = &[
    By("architecture", |_, _| one("x86_64")),
    By("availability-zone", |row, region| of_interfaces(row, region, "availability-zone")),
    By("availability-zone-id", |row, region| of_interfaces(row, region, "availability-zone-id")),
    By("dns-name", |row, region| of_interfaces(row, region, "association.public-dns-name")),
    By("hypervisor", |_, _| one("xen")),
    By("iam-instance-profile.arn", |row, _| all(&row.profile_arn)),
    By("image-id", |row, _| one(&row.image)),
    By("instance-id", |row, _| one(&row.id)),
    By("instance-state-code", |_, _| one(16)),
    By("instance-state-name", |_, _| one("running")),
    By("instance-type", |row, _| one(&row.kind)),
    By("instance.group-id", |row, region| of_interfaces(row, region, "group-id")),
    By("instance.group-name", group_names),
    By("ip-address", |row, region| of_interfaces(row, region, "association.public-ip")),
    By("ipv6-address", |row, region| of_interfaces(row, region, "ipv6-addresses.ipv6-address")),
    By("launch-index", |_, _| one(0)),
    By("launch-time", |row, _| one(timestamp(row.launched_ms))),
    By("monitoring-state", |_, _| one("disabled")),
    By("network-interface.addresses.association.allocation-id", |row, region| of_interfaces(row, region, "association.allocation-id")),
    By("network-interface.addresses.association.association-id", |row, region| of_interfaces(row, region, "association.association-id")),
    By("network-interface.addresses.association.ip-owner-id", |row, region| of_interfaces(row, region, "association.ip-owner-id")),
    By("network-interface.addresses.association.public-dns-name", |row, region| of_interfaces(row, region, "association.public-dns-name")),
    By("network-interface.addresses.association.public-ip", |row, region| of_interfaces(row, region, "addresses.association.public-ip")),
    By("network-interface.addresses.primary", |row, region| of_interfaces(row, region, "addresses.primary")),
    By("network-interface.addresses.private-dns-name", |row, region| of_interfaces(row, region, "private-dns-name")),
    By("network-interface.addresses.private-ip-address", |row, region| of_interfaces(row, region, "addresses.private-ip-address")),
    By("network-interface.association.allocation-id", |row, region| of_interfaces(row, region, "association.allocation-id")),
    By("network-interface.association.association-id", |row, region| of_interfaces(row, region, "association.association-id")),
    By("network-interface.association.ip-owner-id", |row, region| of_interfaces(row, region, "association.ip-owner-id")),
    By("network-interface.association.public-dns-name", |row, region| of_interfaces(row, region, "association.public-dns-name")),
    By("network-interface.association.public-ip", |row, region| of_interfaces(row, region, "association.public-ip")),
    By("network-interface.attachment.attach-time", |row, region| of_interfaces(row, region, "attachment.attach-time")),
    By("network-interface.attachment.attachment-id", |row, region| of_interfaces(row, region, "attachment.attachment-id")),
    By("network-interface.attachment.delete-on-termination", |row, region| of_interfaces(row, region, "attachment.delete-on-termination")),
    By("network-interface.attachment.device-index", |row, region| of_interfaces(row, region, "attachment.device-index")),
    By("network-interface.attachment.instance-id", |row, region| of_interfaces(row, region, "attachment.instance-id")),
    By("network-interface.attachment.instance-owner-id", |row, region| of_interfaces(row, region, "attachment.instance-owner-id")),
    By("network-interface.attachment.network-card-index", |row, region| all(interfaces(row, region).map(|_| 0))),
    By("network-interface.attachment.status", |row, region| of_interfaces(row, region, "attachment.status")),
    By("network-interface.availability-zone", |row, region| of_interfaces(row, region, "availability-zone")),
    By("network-interface.description", |row, region| of_interfaces(row, region, "description")),
    By("network-interface.group-id", |row, region| of_interfaces(row, region, "group-id")),
    By("network-interface.group-name", group_names),
    By("network-interface.ipv6-address", |row, region| of_interfaces(row, region, "ipv6-addresses.ipv6-address")),
    By("network-interface.ipv6-addresses.ipv6-address", |row, region| of_interfaces(row, region, "ipv6-addresses.ipv6-address")),
    By("network-interface.ipv6-addresses.is-primary-ipv6", |row, region| all(interfaces(row, region).flat_map(|found| &found.ipv6).map(|_| false))),
    By("network-interface.ipv6-native", |row, region| all(interfaces(row, region).map(|found| found.address.is_none()))),
    By("network-interface.mac-address", |row, region| of_interfaces(row, region, "mac-address")),
    By("network-interface.network-interface-id", |row, region| of_interfaces(row, region, "network-interface-id")),
    By("network-interface.operator.managed", |row, region| of_interfaces(row, region, "operator.managed")),
    By("network-interface.owner-id", |row, region| of_interfaces(row, region, "owner-id")),
    By("network-interface.private-dns-name", |row, region| of_interfaces(row, region, "private-dns-name")),
    By("network-interface.private-ip-address", |row, region| of_interfaces(row, region, "private-ip-address")),
    By("network-interface.public-dns-name", |row, region| of_interfaces(row, region, "association.public-dns-name")),
    By("network-interface.requester-id", |row, region| of_interfaces(row, region, "requester-id")),
    By("network-interface.requester-managed", |row, region| of_interfaces(row, region, "requester-managed")),
    By("network-interface.source-dest-check", |row, region| of_interfaces(row, region, "source-dest-check")),
    By("network-interface.status", |row, region| of_interfaces(row, region, "status")),
    By("network-interface.subnet-id", |row, region| of_interfaces(row, region, "subnet-id")),
    By("network-interface.tag-key", |row, region| of_interfaces(row, region, "tag-key")),
    By("network-interface.tag-value", |row, region| all(interfaces(row, region).flat_map(|found| found.tags.values()))),
    By("network-interface.vpc-id", |row, region| of_interfaces(row, region, "vpc-id")),
    By("operator.managed", |_, _| one(false)),
    By("outpost-arn", |row, region| all(subnet(row, region).and_then(|subnet| subnet.outpost.as_ref()))),
    By("owner-id", |_, region| one(&region.account)),
    By("platform-details", |_, _| one("Linux/UNIX")),
    By("private-dns-name", |row, region| of_interfaces(row, region, "private-dns-name")),
    By("private-dns-name-options.enable-resource-name-dns-a-record", |row, region| all(subnet(row, region).map(|subnet| subnet.a_record))),
    By("private-dns-name-options.enable-resource-name-dns-aaaa-record", |row, region| all(subnet(row, region).map(|subnet| subnet.aaaa_record))),
    By("private-dns-name-options.hostname-type", |row, region| all(subnet(row, region).map(|subnet| &subnet.hostname_type))),
    By("private-ip-address", |row, region| of_interfaces(row, region, "private-ip-address")),
    By("reservation-id", |row, _| one(&row.reservation)),
    By("root-device-name", |_, _| one("/dev/xvda")),
    By("root-device-type", |_, _| one("ebs")),
    By("source-dest-check", |row, region| of_interfaces(row, region, "source-dest-check")),
    By("subnet-id", |row, region| of_interfaces(row, region, "subnet-id")),
    By("tag-key", tag_keys),
    By("tenancy", |_, _| one("default")),
    By("usage-operation", |_, _| one("RunInstances")),
    By("virtualization-type", |_, _| one("hvm")),
    By("vpc-id", |row, region| of_interfaces(row, region, "vpc-id")),
    By("affinity", nothing),
    By("block-device-mapping.attach-time", nothing),
    By("block-device-mapping.delete-on-termination", nothing),
    By("block-device-mapping.device-name", nothing),
    By("block-device-mapping.status", nothing),
    By("block-device-mapping.volume-id", nothing),
    By("boot-mode", nothing),
    By("capacity-reservation-id", nothing),
    By("capacity-reservation-specification.capacity-reservation-preference", nothing),
    By("capacity-reservation-specification.capacity-reservation-target.capacity-reservation-id", nothing),
    By("capacity-reservation-specification.capacity-reservation-target.capacity-reservation-resource-group-arn", nothing),
    By("client-token", nothing),
    By("current-instance-boot-mode", nothing),
    By("ebs-optimized", nothing),
    By("ena-support", nothing),
    By("enclave-options.enabled", nothing),
    By("hibernation-options.configured", nothing),
    By("host-id", nothing),
    By("iam-instance-profile.id", nothing),
    By("instance-lifecycle", nothing),
    By("kernel-id", nothing),
    By("key-name", nothing),
    By("maintenance-options.auto-recovery", nothing),
    By("metadata-options.http-endpoint", nothing),
    By("metadata-options.http-protocol-ipv4", nothing),
    By("metadata-options.http-protocol-ipv6", nothing),
    By("metadata-options.http-put-response-hop-limit", nothing),
    By("metadata-options.http-tokens", nothing),
    By("metadata-options.instance-metadata-tags", nothing),
    By("metadata-options.state", nothing),
    By("network-interface.addresses.association.carrier-ip", nothing),
    By("network-interface.addresses.association.customer-owned-ip", nothing),
    By("network-interface.association.carrier-ip", nothing),
    By("network-interface.association.customer-owned-ip", nothing),
    By("network-interface.deny-all-igw-traffic", nothing),
    By("network-interface.ipv4-prefixes.ipv4-prefix", nothing),
    By("network-interface.ipv6-prefixes.ipv6-prefix", nothing),
    By("network-interface.operator.principal", nothing),
    By("network-interface.outpost-arn", nothing),
    By("network-performance-options.bandwidth-weighting", nothing),
    By("operator.principal", nothing),
    By("placement-group-name", nothing),
    By("placement-partition-number", nothing),
    By("platform", nothing),
    By("product-code", nothing),
    By("product-code.type", nothing),
    By("ramdisk-id", nothing),
    By("reason", nothing),
    By("requester-id", nothing),
    By("spot-instance-request-id", nothing),
    By("state-reason-code", nothing),
    By("state-reason-message", nothing),
    By("tpm-support", nothing),
    By("usage-operation-update-time", nothing),
];

/// The interfaces of an instance, the primary one first.
pub(super) fn interfaces<'a>(
    instance: &Instance,
    region: &'a Region,
) -> impl Iterator<Item = &'a Interface> + use<'a> {
    let mut found: Vec<&Interface> = region.ec2.interfaces.by("instance", &instance.id).collect();
    found.sort_by_key(|row| row.attachment.as_ref().map(|attachment| attachment.index));
    found.into_iter()
}

fn subnet<'a>(instance: &Instance, region: &'a Region) -> Option<&'a Subnet> {
    region.ec2.subnets.get(&instance.subnet)
}

/// What the interfaces have under a filter of their own listing.
fn of_interfaces(instance: &Instance, region: &Region, filter: &str) -> Vec<String> {
    let listed = interfaces::LISTING.filters;
    let By(_, values) = listed
        .iter()
        .find(|By(names, _)| names.split(' ').any(|name| name == filter))
        .unwrap_or(&By("", nothing));
    interfaces(instance, region).flat_map(|row| values(row, region)).collect()
}

fn group_names(instance: &Instance, region: &Region) -> Vec<String> {
    let groups = interfaces(instance, region).flat_map(|row| &row.groups);
    let groups = groups.filter_map(|id| region.ec2.security_groups.get(id));
    groups.map(|group| group.name.clone()).collect()
}
