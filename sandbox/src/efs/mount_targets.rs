//! Mount targets, with the network interfaces that they bring along.

use std::net::Ipv4Addr;

use serde::Deserialize;
use serde_json::{Value, json};

use super::missing::{available, no_access_point, no_file_system, no_mount_target};
use super::state::MountTarget;
use super::{Call, PAGE, Told, bare};
use crate::ec2::state::{Interface, SecurityGroup, Subnet};
use crate::error::{Answer, AwsError};
use crate::life::{Life, State};
use crate::world::Region;

/// The most security groups that a mount target takes.
const MOST_GROUPS: usize = 5;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Create {
    file_system_id: String,
    subnet_id: String,
    ip_address: Option<Ipv4Addr>,
    security_groups: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Groups {
    security_groups: Option<Vec<String>>,
}

pub(super) fn create(call: &mut Call) -> Told {
    let asked: Create = call.body()?;
    let (now, creating) = (call.context.now, call.context.options.mount_target_creating_ms);
    let region = &mut *call.context.region;
    let file_system = bare(&asked.file_system_id).to_owned();
    let Some(found) = region.efs.file_systems.get(&file_system) else {
        return Err(no_file_system(&file_system));
    };
    let Some(subnet) = region.ec2.subnets.get(&asked.subnet_id).cloned() else {
        let message = format!("The subnet ID '{}' does not exist", asked.subnet_id);
        return Err(AwsError::new(400, "SubnetNotFound", message));
    };
    available(found)?;
    if found.zone.as_ref().is_some_and(|zone| *zone != subnet.zone) {
        let message = "the subnet is in another Availability Zone than the One Zone file system";
        return Err(AwsError::new(400, "AvailabilityZonesMismatch", message));
    }
    one_per_zone(region, &file_system, &subnet)?;
    let groups = groups_in(region, &subnet.vpc, asked.security_groups)?;
    let address = free_address(region, &subnet, asked.ip_address)?;
    let target = MountTarget {
        id: call.context.ids.next("fsmt-"),
        file_system: file_system.clone(),
        subnet: subnet.id.clone(),
        interface: call.context.ids.next("eni-"),
        life: Life::until(State::Creating, now, creating),
    };
    let interface = Interface {
        id: target.interface.clone(),
        subnet: subnet.id.clone(),
        address,
        groups,
        description: format!("EFS mount target for {file_system} ({})", target.id),
    };
    region.ec2.interfaces.insert(interface.id.clone(), interface);
    let told = description(region, &target);
    region.efs.mount_targets.insert(target.id.clone(), target);
    Ok((200, told))
}

/// At most one target per zone, and all of them in one VPC.
fn one_per_zone(region: &Region, file_system: &str, subnet: &Subnet) -> Answer<()> {
    let others = region.efs.mount_targets.by("file_system", file_system);
    for other in others {
        let Some(its) = region.ec2.subnets.get(&other.subnet) else {
            continue;
        };
        if its.zone == subnet.zone {
            let message = "mount target already exists in this AZ";
            return Err(AwsError::new(409, "MountTargetConflict", message));
        }
        if its.vpc != subnet.vpc {
            let message = "requested subnet for new mount target is not in the same VPC as existing mount targets";
            return Err(AwsError::new(409, "MountTargetConflict", message));
        }
    }
    Ok(())
}

/// The groups asked for, or the VPC's default one.
fn groups_in(region: &Region, vpc: &str, asked: Option<Vec<String>>) -> Answer<Vec<String>> {
    let Some(asked) = asked.filter(|asked| !asked.is_empty()) else {
        let default = |group: &&SecurityGroup| group.vpc == vpc && group.name == "default";
        return Ok(region
            .ec2
            .security_groups
            .values()
            .filter(default)
            .map(|group| group.id.clone())
            .collect());
    };
    if asked.len() > MOST_GROUPS {
        let message = format!("a mount target takes at most {MOST_GROUPS} security groups");
        return Err(AwsError::new(400, "SecurityGroupLimitExceeded", message));
    }
    for id in &asked {
        if region.ec2.security_groups.get(id).is_none_or(|group| group.vpc != vpc) {
            let message = format!("The security group '{id}' does not exist in the subnet's VPC");
            return Err(AwsError::new(400, "SecurityGroupNotFound", message));
        }
    }
    Ok(asked)
}

/// AWS keeps the first four addresses of a subnet and the last one.
fn free_address(region: &Region, subnet: &Subnet, asked: Option<Ipv4Addr>) -> Answer<Ipv4Addr> {
    let taken: Vec<Ipv4Addr> = region
        .ec2
        .interfaces
        .values()
        .filter(|interface| interface.subnet == subnet.id)
        .map(|interface| interface.address)
        .collect();
    let mut usable = subnet.cidr.hosts().skip(3);
    if let Some(asked) = asked {
        if !usable.any(|address| address == asked) {
            return Err(AwsError::bad_request("IpAddress is not one of the subnet's range"));
        }
        if taken.contains(&asked) {
            return Err(AwsError::new(409, "IpAddressInUse", format!("{asked} is in use")));
        }
        return Ok(asked);
    }
    usable.find(|address| !taken.contains(address)).ok_or_else(|| {
        AwsError::new(
            409,
            "NoFreeAddressesInSubnet",
            format!("'{}' has no free addresses", subnet.id),
        )
    })
}

pub(super) fn describe(call: &mut Call) -> Told {
    let file_system = call.query("FileSystemId").map(bare);
    let target = call.query("MountTargetId").map(bare);
    let point = call.query("AccessPointId").map(bare);
    let region = &*call.context.region;
    if [file_system, target, point].into_iter().flatten().count() != 1 {
        return Err(AwsError::bad_request(
            "give exactly one of FileSystemId, MountTargetId and AccessPointId",
        ));
    }
    let of_point = match point {
        None => None,
        Some(id) => {
            let found = region.efs.access_points.get(id);
            Some(found.ok_or_else(|| no_access_point(id))?.file_system.as_str())
        }
    };
    let file_system = file_system.or(of_point);
    if let Some(id) = file_system
        && !region.efs.file_systems.contains_key(id)
    {
        return Err(no_file_system(id));
    }
    if let Some(id) = target
        && !region.efs.mount_targets.contains_key(id)
    {
        return Err(no_mount_target(id));
    }
    let listed: Vec<(String, Value)> = region
        .efs
        .mount_targets
        .values()
        .filter(|found| file_system.is_none_or(|id| found.file_system == id))
        .filter(|found| target.is_none_or(|id| found.id == id))
        .map(|found| (found.id.clone(), description(region, found)))
        .collect();
    call.page("MountTargets", PAGE, listed)
}

pub(super) fn delete(call: &mut Call, id: &str) -> Told {
    let (now, deleting) = (call.context.now, call.context.options.mount_target_deleting_ms);
    let id = bare(id);
    let Some(target) = call.context.region.efs.mount_targets.get_mut(id) else {
        return Err(no_mount_target(id));
    };
    if target.life.state != State::Deleting {
        target.life = Life::until(State::Deleting, now, deleting);
    }
    Ok((204, Value::Null))
}

pub(super) fn describe_groups(call: &mut Call, id: &str) -> Told {
    let region = &*call.context.region;
    let target = region.efs.mount_targets.get(bare(id)).ok_or_else(|| no_mount_target(id))?;
    let groups = region.ec2.interfaces.get(&target.interface).map(|interface| &interface.groups);
    Ok((200, json!({ "SecurityGroups": groups })))
}

pub(super) fn modify_groups(call: &mut Call, id: &str) -> Told {
    let asked: Groups = call.body()?;
    let region = &mut *call.context.region;
    let target = region.efs.mount_targets.get(bare(id)).ok_or_else(|| no_mount_target(id))?;
    if target.life.state != State::Available {
        let message = format!("Mount target '{id}' is {}", target.life.state.as_str());
        return Err(AwsError::new(409, "IncorrectMountTargetState", message));
    }
    let vpc =
        region.ec2.subnets.get(&target.subnet).map(|subnet| subnet.vpc.clone()).unwrap_or_default();
    let groups = groups_in(region, &vpc, asked.security_groups)?;
    let interface = target.interface.clone();
    if let Some(interface) = region.ec2.interfaces.get_mut(&interface) {
        interface.groups = groups;
    }
    Ok((204, Value::Null))
}

fn description(region: &Region, target: &MountTarget) -> Value {
    let mut told = json!({
        "OwnerId": region.account,
        "MountTargetId": target.id,
        "FileSystemId": target.file_system,
        "SubnetId": target.subnet,
        "LifeCycleState": target.life.state.as_str(),
        "NetworkInterfaceId": target.interface,
    });
    if let Some(interface) = region.ec2.interfaces.get(&target.interface) {
        told["IpAddress"] = json!(interface.address);
    }
    if let Some(subnet) = region.ec2.subnets.get(&target.subnet) {
        told["AvailabilityZoneId"] = json!(subnet.zone_id);
        told["AvailabilityZoneName"] = json!(subnet.zone);
        told["VpcId"] = json!(subnet.vpc);
    }
    told
}
