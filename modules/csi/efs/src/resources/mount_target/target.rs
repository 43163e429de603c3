//! A mount target: its properties, its calls, and its row.

use inputs::plain;
use network::{NetworkInterfaceId, SecurityGroupId, SubnetId, VpcId};
use plan::{
    Action, Change, ChangeId, Difference, Known, Mutability, Plan, Property, Row, Scope, Unset,
    Value, Wait, equal, set, texts,
};

use super::addresses::{IpAddressType, NewAddresses, has_addresses};
use crate::ids::{FileSystemId, MountTargetId};
use crate::life_cycle::LifeCycle;

/// The kind of resource, as it stands in addresses.
pub const KIND: &str = "mount_target";

/// The properties of a mount target, wanted or found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    pub subnet_id: SubnetId,
    /// `None` where any is right, or where it has no address yet.
    pub ip_address_type: Option<IpAddressType>,
    /// Those that it must have, or those that it has.
    pub addresses: Vec<String>,
    /// Sorted; none where they could not be read.
    pub security_groups: Option<Vec<Known<SecurityGroupId>>>,
}

/// The properties that change in place, by one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    SecurityGroups,
}

/// The properties, in the order in which plans show them.
pub const PROPERTIES: &[Property<Spec, Group>] =
    &[SUBNET_ID, IP_ADDRESS_TYPE, IP_ADDRESS, SECURITY_GROUPS];

/// What plans show of a target that goes, beside its id.
const SUBNET_ID: Property<Spec, Group> = Property {
    name: "subnet_id",
    value: Value::One(|spec| set(&spec.subnet_id)),
    same: equal,
    unset: Unset::Leave,
    change: Mutability::Replaces,
};

const IP_ADDRESS_TYPE: Property<Spec, Group> = Property {
    name: "ip_address_type",
    value: Value::One(|spec| spec.ip_address_type.and_then(|it| set(it.as_str()))),
    same: equal,
    unset: Unset::Leave,
    change: Mutability::Replaces,
};

const IP_ADDRESS: Property<Spec, Group> = Property {
    name: "ip_address",
    value: Value::List(|spec| spec.addresses.iter().cloned().map(Known::Now).collect()),
    same: has_addresses,
    unset: Unset::Leave,
    change: Mutability::Replaces,
};

const SECURITY_GROUPS: Property<Spec, Group> = Property {
    name: "security_groups",
    value: Value::List(|spec| texts(spec.security_groups.as_deref().unwrap_or_default())),
    same: equal,
    unset: Unset::Leave,
    change: Mutability::InPlace(Group::SecurityGroups),
};

/// A mount target that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountTarget {
    pub id: MountTargetId,
    pub life_cycle: LifeCycle,
    pub subnet_id: SubnetId,
    pub vpc_id: Option<VpcId>,
    pub availability_zone: String,
    /// The zone by the id that is the same in every account, such as `euw1-az1`.
    pub availability_zone_id: Option<String>,
    /// The interface that EFS made for it in the subnet, once there is one.
    pub network_interface_id: Option<NetworkInterfaceId>,
    /// Its address, once it has one.
    pub ip_address: Option<String>,
    /// Its IPv6 address, where it has one.
    pub ipv6_address: Option<String>,
    /// Its security groups, sorted; `None` where they could not be read.
    pub security_groups: Option<Vec<SecurityGroupId>>,
}

impl MountTarget {
    /// The family of its addresses, once it has one: EFS does not tell it by itself.
    pub fn ip_address_type(&self) -> Option<IpAddressType> {
        IpAddressType::of(self.ip_address.as_deref(), self.ipv6_address.as_deref())
    }

    /// Its properties.
    pub(super) fn spec(&self) -> Spec {
        // Every field is looked at: a new one does not compile until somebody says what it means.
        let MountTarget {
            id: _,         // EFS chose it.
            life_cycle: _, // `existing` judges it.
            subnet_id,
            vpc_id: _,               // `in_another_vpc` judges it.
            availability_zone: _,    // The subnet's,
            availability_zone_id: _, // under another name.
            network_interface_id: _, // EFS made it.
            ip_address,
            ipv6_address,
            security_groups,
        } = self;
        let groups = security_groups.as_ref();
        Spec {
            subnet_id: subnet_id.clone(),
            ip_address_type: IpAddressType::of(ip_address.as_deref(), ipv6_address.as_deref()),
            addresses: [ip_address, ipv6_address].into_iter().flatten().cloned().collect(),
            security_groups: groups.map(|ids| ids.iter().cloned().map(Known::Now).collect()),
        }
    }
}

/// A call of EFS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Creates it, and waits until it is available.
    Create {
        file_system: Known<FileSystemId>,
        subnet: SubnetId,
        /// The subnet's zone.
        availability_zone: String,
        addresses: NewAddresses,
        security_groups: Vec<Known<SecurityGroupId>>,
    },
    /// Sets all its security groups.
    SetSecurityGroups {
        file_system: Known<FileSystemId>,
        id: MountTargetId,
        security_groups: Vec<Known<SecurityGroupId>>,
    },
    /// Deletes it, and waits until it is gone.
    Delete {
        file_system: FileSystemId,
        id: MountTargetId,
    },
    UntilAvailable {
        file_system: FileSystemId,
        id: MountTargetId,
    },
    UntilGone {
        file_system: FileSystemId,
        id: MountTargetId,
    },
}

/// Their rows in a status, by zone.
pub fn rows(found: &[MountTarget]) -> Vec<Row> {
    if found.is_empty() {
        return vec![Row::missing("mount target", "-")];
    }
    let mut by_zone: Vec<&MountTarget> = found.iter().collect();
    by_zone.sort_by(|a, b| a.availability_zone.cmp(&b.availability_zone));
    let row = |target: &MountTarget| {
        let addresses = target.spec().addresses;
        let address =
            if addresses.is_empty() { "no address yet".to_owned() } else { addresses.join(" ") };
        Row {
            resource: "mount target",
            name: plain(&target.availability_zone),
            state: plain(target.life_cycle.as_str()),
            detail: plain(&format!("{} {} {address}", target.id, target.subnet_id)),
            healthy: target.life_cycle == LifeCycle::Available,
        }
    };
    by_zone.into_iter().map(row).collect()
}

/// The change that deletes a target.
pub(super) fn delete<C: From<Call>>(
    scope: &Scope,
    file_system: &FileSystemId,
    target: &MountTarget,
    reason: &str,
) -> Change<C> {
    let zone = &target.availability_zone;
    let id = scope.id(format_args!("mount_target.{zone}.delete"));
    Change::new(Action::Delete, id, scope.address(KIND, Some(zone)))
        .because(reason)
        .showing([Difference::gone("mount_target_id", &target.id)])
        .showing(plan::gone([&SUBNET_ID], &target.spec()))
        .calling(Call::Delete { file_system: file_system.clone(), id: target.id.clone() })
}

/// Waits until a target is gone; the wait's id.
pub(super) fn gone<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    file_system: &FileSystemId,
    target: &MountTarget,
) -> ChangeId {
    let zone = &target.availability_zone;
    let id = scope.id(format_args!("mount_target.{zone}.gone"));
    plan.waits.push(Wait {
        id: id.clone(),
        address: scope.address(KIND, Some(zone)),
        reason: format!("{} is being deleted", target.id),
        call: Call::UntilGone { file_system: file_system.clone(), id: target.id.clone() }.into(),
    });
    id
}

/// Ids as people read them.
pub(super) fn list(ids: &[impl ToString]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use plan::{After, compare};
    use proptest::prelude::*;

    use super::*;

    fn spec(security_groups: Vec<Known<SecurityGroupId>>) -> Spec {
        let subnet_id = SubnetId::try_from("subnet-00000001").unwrap();
        let (ip_address_type, addresses) = (Some(IpAddressType::Ipv4Only), vec!["10.0.0.4".into()]);
        Spec { subnet_id, ip_address_type, addresses, security_groups: Some(security_groups) }
    }

    fn now(number: u32) -> Known<SecurityGroupId> {
        Known::Now(SecurityGroupId::try_from(format!("sg-{number:08x}")).unwrap())
    }

    #[test]
    fn every_field_of_a_spec_is_in_the_table() {
        let spec = spec(vec![now(1)]);
        // A new field does not compile until it is here, and then it must be in the table.
        let Spec { subnet_id: _, ip_address_type: _, addresses: _, security_groups: _ } = &spec;
        assert_eq!(PROPERTIES.len(), 4);
        for property in PROPERTIES {
            assert!(!property.rows(&spec).is_empty(), "{} reads nothing", property.name);
        }
    }

    proptest! {
        /// Whichever of the groups are known later: the others are shown, and each slot is its own.
        #[test]
        fn each_of_several_groups_is_known_now_or_later_on_its_own(
            later in proptest::collection::vec(any::<bool>(), 1..6),
        ) {
            let group = |(number, later): (u32, &bool)| {
                if *later { Known::After(format!("group.{number}").into()) } else { now(number) }
            };
            let wanted: Vec<Known<SecurityGroupId>> = (1..).zip(&later).map(group).collect();
            let had = spec((1..).zip(&later).map(|(number, _)| now(number)).collect());
            let compared = compare(PROPERTIES, &spec(wanted.clone()), Some(&had));
            prop_assert_eq!(compared.groups.is_empty(), !later.contains(&true));
            let shown = compared.differences.first().map(|difference| difference.after.clone());
            let expected = match wanted.as_slice() {
                _ if !later.contains(&true) => None,
                [one] => Some(one.after()),
                several => Some(After::Elements(several.iter().map(Known::after).collect())),
            };
            prop_assert_eq!(shown, expected);
        }
    }
}
