//! The subnets of the mount targets: those that are wanted and exist, in one VPC.

use std::collections::{BTreeMap, BTreeSet};

use network::{SecurityGroup, SecurityGroupId, Subnet};
use plan::{Known, Refusal, Scope};

use crate::actual::Actual;
use crate::calls::Plan;
use crate::desired::Desired;
use crate::inputs::Inputs;
use crate::resources::file_system::FileSystemSource;
use crate::resources::mount_target::{MountTarget, is_about, is_zone_of};
use crate::resources::storage_class::{self, StorageClassInputs};
use crate::resources::{file_system, mount_target};

/// The subnets that are wanted, of those that exist; what is wrong with the others
/// and with the security groups becomes refusals.
pub(crate) fn wanted_subnets<'a>(
    plan: &mut Plan,
    desired: &Desired,
    actual: &'a Actual,
) -> Vec<&'a Subnet> {
    let network = &actual.network;
    let region = &desired.inputs.aws_region;
    let mut wanted: Vec<&Subnet> = Vec::new();
    for id in &desired.subnets {
        match network.subnets.iter().find(|subnet| subnet.id == *id) {
            Some(subnet) => wanted.push(subnet),
            None => plan.refusals.push(Refusal::new(
                id,
                format!("the subnet does not exist in `{region}`"),
                "correct `subnet_ids`, or `aws_region`",
            )),
        }
    }
    let mut groups: Vec<&SecurityGroup> = Vec::new();
    let of_each = desired.inputs.mount_targets.values().flat_map(|entry| &entry.security_groups);
    let wanted_groups: BTreeSet<&SecurityGroupId> =
        desired.security_groups.iter().filter_map(Known::now).chain(of_each).collect();
    for id in wanted_groups {
        match network.security_groups.iter().find(|group| group.id == *id) {
            Some(group) => groups.push(group),
            None => plan.refusals.push(Refusal::new(
                id,
                format!("the security group does not exist in `{region}`"),
                "correct `security_group_id`, `security_group_ids` or `mount_targets`, or `aws_region`",
            )),
        }
    }
    plan.refusals.extend(one_vpc(&wanted, &groups));
    plan.refusals.extend(misplaced(desired, &wanted, &actual.mount_targets));
    wanted
}

/// Entries of `mount_targets` that are about no subnet of the inputs, or several about one zone.
fn misplaced(desired: &Desired, subnets: &[&Subnet], targets: &[MountTarget]) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let mut by_zone: BTreeMap<&str, &str> = BTreeMap::new();
    let from = match &desired.discovered_by {
        Some(module) => format!("those that `module.{module}` finds"),
        None => "`subnet_ids`".to_owned(),
    };
    let entries = desired.inputs.mount_targets.iter().filter(|(_, entry)| !entry.is_address_only);
    for (key, entry) in entries {
        let stands = |target: &MountTarget| {
            !target.life_cycle.is_leaving()
                && match &entry.subnet_id {
                    Some(id) => *id == target.subnet_id,
                    None => [Some(&target.availability_zone), target.availability_zone_id.as_ref()]
                        .contains(&Some(key)),
                }
        };
        // What is discovered removes and moves no target, and neither does it refuse one.
        if desired.discovered_by.is_some()
            && !subnets.iter().any(|subnet| is_about(key, entry, subnet))
            && targets.iter().any(stands)
        {
            continue;
        }
        let address = desired.scope.address(mount_target::KIND, Some(key));
        let Some(subnet) = subnets.iter().find(|subnet| is_about(key, entry, subnet)) else {
            let what = match &entry.subnet_id {
                Some(id) => format!("{id} is not among {from}"),
                None => format!("none of {from} is in `{key}`"),
            };
            let remedy = "add that subnet to `subnet_ids`, or correct `mount_targets`";
            refusals.push(Refusal::new(address, what, remedy));
            continue;
        };
        let zone = subnet.availability_zone.as_str();
        if !key.starts_with("subnet-") && !is_zone_of(key, subnet) {
            refusals.push(Refusal::new(
                address,
                format!("{} is in {zone}", subnet.id),
                format!("write `{zone}`, or name a subnet of `{key}` in `mount_targets`"),
            ));
        } else if let Some(other) = by_zone.insert(zone, key) {
            refusals.push(Refusal::new(
                address,
                format!("`{other}` is about the mount target of {zone} too, and a zone has one"),
                "leave one of the two out of `mount_targets`",
            ));
        }
    }
    refusals
}

/// The subnets in which a file system of our own may have its mount target: those of its zone,
/// where it is a One Zone one.
pub(crate) fn of_one_zone<'a>(
    plan: &mut Plan,
    (scope, inputs): (&Scope, &Inputs),
    subnets: Vec<&'a Subnet>,
    file_system: &file_system::Planned,
) -> Vec<&'a Subnet> {
    let Some(zone) = file_system.one_zone.as_ref().filter(|_| file_system.own) else {
        return subnets;
    };
    let here = |subnet: &&Subnet| subnet.availability_zone == *zone;
    let (here, others): (Vec<&Subnet>, Vec<&Subnet>) = subnets.into_iter().partition(here);
    for (key, entry) in inputs.mount_targets.iter().filter(|(_, entry)| !entry.is_address_only) {
        if let Some(other) = others.iter().find(|subnet| is_about(key, entry, subnet)) {
            plan.refusals.push(Refusal::new(
                scope.address(mount_target::KIND, Some(key)),
                format!(
                    "{} is in {}, and a One Zone file system takes its mount target in its own \
                     zone {zone} only",
                    other.id, other.availability_zone
                ),
                format!("leave it out of `mount_targets`, or name a subnet of {zone}"),
            ));
        }
    }
    if here.is_empty() && !others.is_empty() {
        plan.refusals.push(Refusal::new(
            scope.address(file_system::KIND, None),
            format!(
                "it is a One Zone file system in {zone}, which takes its mount target there, and no \
                 subnet of the inputs is in that zone"
            ),
            format!("give a subnet of {zone} in `subnet_ids`"),
        ));
    } else if !others.is_empty() {
        plan.notes.push(format!(
            "the file system stores in {zone} only and has its one mount target there: nodes of \
             other zones mount it across zones, by the option `az={zone}` of the class, and lose it \
             when that zone fails"
        ));
    }
    here
}

/// The same, with the name of a zone that is given by its id, and with classes whose volumes are
/// mounted in the zone of the file system that was found, where that is a One Zone one: the inputs
/// need not say so, and cannot of an adopted one.
pub(crate) fn mounting_in_zone(plan: &mut Plan, desired: &Desired, actual: &Actual) -> Desired {
    let mut desired = desired.clone();
    if let Some(id) = desired.inputs.zone_id().map(str::to_owned) {
        let here =
            |subnet: &&Subnet| desired.subnets.contains(&subnet.id) && is_zone_of(&id, subnet);
        let name = actual.network.subnets.iter().find(here);
        let name = name.map(|subnet| subnet.availability_zone.clone());
        if name.is_none() {
            plan.refusals.push(Refusal::new(
                desired.scope.address(file_system::KIND, None),
                format!("no subnet of the inputs is in the zone `{id}`"),
                "give a subnet of that zone in `subnet_ids`, or correct `availability_zone_name`",
            ));
        }
        if let FileSystemSource::Own(spec) = &mut desired.inputs.file_system {
            spec.availability_zone = name;
        }
    }
    let found =
        actual.file_system.as_ref().and_then(|found| found.spec.availability_zone.as_deref());
    let wanted = match &desired.inputs.file_system {
        FileSystemSource::Own(spec) if actual.file_system.is_none() => {
            spec.availability_zone.clone()
        }
        _ => None,
    };
    let zone = found.or(wanted.as_deref());
    // Where the inputs want another zone than it has, the file system is refused itself.
    let given = match &desired.inputs.file_system {
        FileSystemSource::Own(spec) => spec.availability_zone.as_deref(),
        FileSystemSource::Adopted(_) => None,
    };
    let classes = std::iter::once(&desired.inputs.storage_class);
    for class in classes.chain(&desired.inputs.storage_classes) {
        let zone = zone.filter(|zone| given.is_none_or(|given| given == *zone));
        plan.refusals.extend(zone.and_then(|zone| out_of_zone(&desired.scope, class, zone)));
    }
    desired.inputs.storage_class = desired.inputs.storage_class.of_one_zone(zone);
    for class in &mut desired.inputs.storage_classes {
        *class = class.clone().of_one_zone(zone);
    }
    desired
}

/// What is wrong with a class of a file system that has its mount target in this zone alone.
fn out_of_zone(scope: &Scope, class: &StorageClassInputs, zone: &str) -> Option<Refusal> {
    let (what, remedy) = match class.mounted_in() {
        Some(other) if other != zone => (
            format!(
                "the One Zone file system has its mount target in {zone}, and none in `{other}`"
            ),
            format!("leave `az={other}` out: the class gets `az={zone}`"),
        ),
        _ if !class.may_go_to(zone) => (
            format!("`allowed_topologies` leaves {zone} out, the zone of the One Zone file system"),
            format!("write `allowed_topologies = [\"{zone}\"]`"),
        ),
        _ => return None,
    };
    Some(Refusal::new(scope.address(storage_class::KIND, Some(&class.name)), what, remedy))
}

/// All mount targets of a file system belong to one VPC, and so do their groups.
fn one_vpc(subnets: &[&Subnet], groups: &[&SecurityGroup]) -> Vec<Refusal> {
    let vpcs = groups.iter().map(|group| &group.vpc_id);
    let Some(vpc) = vpcs.chain(subnets.iter().map(|subnet| &subnet.vpc_id)).next() else {
        return Vec::new();
    };
    let remedy = "give subnets and security groups of one VPC";
    let of_subnets = subnets.iter().filter(|subnet| subnet.vpc_id != *vpc).map(|subnet| {
        let its = &subnet.vpc_id;
        let reason =
            format!("the subnet is in `{its}`, and the others or the security group in `{vpc}`");
        Refusal::new(&subnet.id, reason, remedy)
    });
    let of_groups = groups.iter().filter(|group| group.vpc_id != *vpc).map(|group| {
        let reason = format!("the security group is in `{}`, and others in `{vpc}`", group.vpc_id);
        Refusal::new(&group.id, reason, remedy)
    });
    of_subnets.chain(of_groups).collect()
}
