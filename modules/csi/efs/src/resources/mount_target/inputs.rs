//! What the inputs say of single mount targets, beside what holds for all of them.

use std::collections::BTreeMap;
use std::net::IpAddr;

use network::{SecurityGroupId, Subnet, SubnetId};
use serde::{Deserialize, Serialize};

use super::addresses::{IpAddressType, WantedAddresses};

/// What an entry of `mount_targets` says of the target of its zone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetInputs {
    /// The subnet that carries it, where the entry names one: also where another one of the zone
    /// would be chosen.
    pub subnet_id: Option<SubnetId>,
    /// In the place of the family of all targets.
    pub ip_address_type: Option<IpAddressType>,
    /// The addresses that it must have, at most one of each family.
    pub addresses: Vec<IpAddr>,
    /// Beside the groups that all targets have.
    pub security_groups: Vec<SecurityGroupId>,
    /// Whether it is of `mount_target_addresses`: these hold where their subnet carries the target,
    /// and choose no subnet.
    #[serde(default)]
    pub is_address_only: bool,
}

/// The entries, by a subnet's id, or by the name or id of an Availability Zone.
pub type TargetsInputs = BTreeMap<String, TargetInputs>;

/// Whether an entry is about the target of a zone with this subnet.
pub(crate) fn is_about(key: &str, entry: &TargetInputs, subnet: &Subnet) -> bool {
    match &entry.subnet_id {
        Some(id) => *id == subnet.id,
        None => is_zone_of(key, subnet),
    }
}

/// Whether a zone's name or id is that of a subnet.
pub(crate) fn is_zone_of(zone: &str, subnet: &Subnet) -> bool {
    subnet.availability_zone == zone || subnet.availability_zone_id.as_deref() == Some(zone)
}

/// What a deployment says of its targets: of all, and of each.
#[derive(Debug, Clone, Copy)]
pub struct WantedTargets<'a> {
    /// The family of the addresses; `None` where any is right, and EFS then chooses IPv4.
    pub family: Option<IpAddressType>,
    pub each: &'a TargetsInputs,
}

impl<'a> WantedTargets<'a> {
    /// Whether an entry names this subnet as the one that carries the target of its zone.
    pub(crate) fn is_named(&self, subnet: &SubnetId) -> bool {
        let of_map = |entry: &&TargetInputs| !entry.is_address_only;
        self.each.values().filter(of_map).any(|entry| entry.subnet_id.as_ref() == Some(subnet))
    }

    /// What `mount_targets` says of the target in a subnet.
    fn entry(&self, subnet: Option<&Subnet>) -> Option<&'a TargetInputs> {
        self.about(subnet?, |entry| !entry.is_address_only)
    }

    fn about(
        &self,
        subnet: &Subnet,
        wanted: impl Fn(&TargetInputs) -> bool,
    ) -> Option<&'a TargetInputs> {
        let here =
            |(key, entry): &(&String, &TargetInputs)| wanted(entry) && is_about(key, entry, subnet);
        self.each.iter().find(here).map(|(_, entry)| entry)
    }

    /// The addresses of the target in a subnet.
    pub(super) fn addresses(&self, subnet: Option<&Subnet>) -> WantedAddresses<'a> {
        let family = self.entry(subnet).and_then(|entry| entry.ip_address_type).or(self.family);
        let with_addresses =
            subnet.and_then(|subnet| self.about(subnet, |entry| !entry.addresses.is_empty()));
        WantedAddresses { family, fixed: with_addresses.map_or(&[], |entry| &entry.addresses) }
    }

    /// Whether the target in a subnet gets an IPv4 address, and an IPv6 address.
    pub(crate) fn families(&self, subnet: &Subnet) -> (bool, bool) {
        let family = self.addresses(Some(subnet)).family.unwrap_or(IpAddressType::Ipv4Only);
        (family.has_ipv4(), family.has_ipv6())
    }

    /// The groups of the target in a subnet beside those of all.
    pub(super) fn groups(&self, subnet: Option<&Subnet>) -> &'a [SecurityGroupId] {
        self.entry(subnet).map_or(&[], |entry| &entry.security_groups)
    }
}
