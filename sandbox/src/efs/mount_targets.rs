//! Mount targets, with the network interfaces that they bring along.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde::Deserialize;
use serde_json::{Value, json};

use super::addresses::{Family, Space, Wanted, choose};
use super::call::{Call, refused};
use super::names::Kind;
use super::network::{self, addresses};
use super::pages::{MARKERS, Page};
use crate::error::{AwsError, Result};
use crate::life::{Life, State};
use crate::world::Region;
use crate::world::ec2::Subnet;
use crate::world::efs::{FileSystem, MountTarget};

/// The most security groups that a mount target takes (EFS user guide, "Quotas").
const MOST_GROUPS: usize = 5;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Create {
    subnet_id: String,
    ip_address: Option<String>,
    ipv6_address: Option<String>,
    #[serde(default)]
    ip_address_type: Family,
    #[serde(default)]
    security_groups: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Groups {
    #[serde(default)]
    security_groups: Vec<String>,
}

pub(super) fn create(call: &mut Call) -> Result<Value> {
    let asked: Create = call.read()?;
    call.file_system("FileSystemId")?;
    let region = &*call.context.region;
    let subnet = region.ec2.subnets.get(&asked.subnet_id).cloned().ok_or_else(|| {
        refused("SubnetNotFound", format!("The subnet ID '{}' does not exist", asked.subnet_id))
    })?;
    let file_system = call.available("FileSystemId")?;
    let id = file_system.id.clone();
    in_its_place(region, file_system, &subnet)?;
    let limit = call.context.options.efs.mount_target_limit;
    if in_vpc(region, &subnet.vpc) >= limit {
        let message = format!("The VPC '{}' has the maximum of {limit} mount targets.", subnet.vpc);
        return Err(refused("NetworkInterfaceLimitExceeded", message));
    }
    let groups = groups_in((region, call.context.now), &subnet.vpc, asked.security_groups)?;
    let wanted = Wanted {
        family: asked.ip_address_type,
        ipv4: asked.ip_address.as_deref(),
        ipv6: asked.ipv6_address.as_deref(),
    };
    let addresses = choose(&space(region, &subnet), wanted)?;
    let target = MountTarget {
        id: call.context.ids.next("fsmt-"),
        file_system: id,
        subnet: subnet.id.clone(),
        interface: call.context.ids.next("eni-"),
        life: Life::until(
            State::Creating,
            call.context.now,
            call.context.options.mount_target_creating_ms,
        ),
    };
    let description = format!("EFS mount target for {} ({})", target.file_system, target.id);
    let interface =
        network::interface(target.interface.clone(), &subnet, description, addresses, groups);
    let region = &mut *call.context.region;
    region.ec2.interfaces.insert(interface.id.clone(), interface);
    let body = self::description(region, &target);
    region.efs.mount_targets.insert(target.id.clone(), target);
    Ok(body)
}

/// Whether a file system may have a target in a subnet: its own zone for a One Zone file
/// system, at most one target per zone, and all of them in one VPC.
fn in_its_place(region: &Region, file_system: &FileSystem, subnet: &Subnet) -> Result<()> {
    if !region.ec2.hosts_mount_targets(subnet) {
        let message = format!("Mount targets are not supported in subnet '{}'.", subnet.id);
        return Err(refused("UnsupportedAvailabilityZone", message));
    }
    if file_system.zone.as_ref().is_some_and(|zone| zone.name != subnet.zone) {
        // AWS's message (cdk-preflight, rule `pf-efs-mount-target-availability-zone`).
        let message = "File System Availability Zone does not match.";
        return Err(refused("AvailabilityZonesMismatch", message));
    }
    for other in region.efs.mount_targets.by("file_system", &file_system.id) {
        let Some(its) = region.ec2.subnets.get(&other.subnet) else {
            continue;
        };
        if its.vpc != subnet.vpc {
            let message = "requested subnet for new mount target is not in the same VPC as existing mount targets";
            return Err(refused("MountTargetConflict", message));
        }
        if its.zone == subnet.zone {
            return Err(refused("MountTargetConflict", "mount target already exists in this AZ"));
        }
    }
    Ok(())
}

/// How many mount targets a VPC has.
fn in_vpc(region: &Region, vpc: &str) -> usize {
    let subnets = region.ec2.subnets.by("vpc", vpc);
    subnets.map(|subnet| region.efs.mount_targets.count("subnet", &subnet.id)).sum()
}

/// The groups of a request, each once, or the VPC's default one.
fn groups_in(
    (region, now): (&Region, u64),
    vpc: &str,
    mut asked: Vec<String>,
) -> Result<Vec<String>> {
    let groups = &region.ec2.security_groups;
    if asked.is_empty() {
        let own = groups.by("vpc", vpc).filter(|group| group.owner == region.account);
        let default = own.filter(|group| group.name == "default").map(|group| group.id.clone());
        let default: Vec<String> = default.collect();
        if default.is_empty() {
            // "Participants can't launch resources using the default security group for the
            // VPC because it belongs to the owner" (Amazon VPC User Guide, "Share your VPC
            // subnets with other accounts").
            let message = format!("The VPC '{vpc}' has no default security group of this account");
            return Err(refused("SecurityGroupNotFound", message));
        }
        return Ok(default);
    }
    if asked.len() > MOST_GROUPS {
        let message = format!("A mount target can have at most {MOST_GROUPS} security groups.");
        return Err(refused("SecurityGroupLimitExceeded", message));
    }
    for id in &asked {
        if groups.get(id).is_none_or(|group| group.vpc != vpc || !group.is_known(now)) {
            let message = format!("The SecurityGroup ID '{id}' does not exist in the subnet's VPC");
            return Err(refused("SecurityGroupNotFound", message));
        }
    }
    let mut known = BTreeSet::new();
    asked.retain(|id| known.insert(id.clone()));
    Ok(asked)
}

/// A subnet's ranges, and what is taken in it.
fn space(region: &Region, subnet: &Subnet) -> Space {
    let taken = region.ec2.interfaces.by("subnet", &subnet.id).flat_map(|interface| {
        let found = addresses(interface);
        [found.ipv4.map(IpAddr::V4), found.ipv6.map(IpAddr::V6)].into_iter().flatten()
    });
    Space {
        subnet: subnet.id.clone(),
        ipv4: network::ipv4(subnet),
        ipv6: network::ipv6(subnet),
        taken: taken.collect(),
    }
}

pub(super) fn describe(call: &mut Call) -> Result<Value> {
    let given = ["FileSystemId", "MountTargetId", "AccessPointId"];
    if given.iter().filter(|name| call.text(name).is_some()).count() != 1 {
        return Err(AwsError::bad_request(
            "Specify exactly one of FileSystemId, MountTargetId and AccessPointId",
        ));
    }
    let region = &*call.context.region;
    if call.text("MountTargetId").is_some() {
        let found = call.mount_target("MountTargetId")?;
        return Ok(json!({ "MountTargets": [description(region, found)] }));
    }
    let id = match call.id("FileSystemId", Kind::FileSystem)? {
        Some(_) => call.file_system("FileSystemId")?.id.clone(),
        None => call.access_point("AccessPointId")?.file_system.clone(),
    };
    let page = Page::of(call, MARKERS)?;
    let targets = region.efs.mount_targets.by_after("file_system", &id, page.after());
    let id = |found: &&MountTarget| found.id.clone();
    Ok(page.response("MountTargets", targets, id, |found| description(region, found)))
}

pub(super) fn delete(call: &mut Call) -> Result<Value> {
    let found = call.mount_target("MountTargetId")?;
    if found.life.state == State::Deleting {
        return Ok(Value::Null);
    }
    let (id, interface, now) = (found.id.clone(), found.interface.clone(), call.context.now);
    let deleting = call.context.options.mount_target_deleting_ms;
    if let (Some(after), Some(interface)) = (
        call.context.options.released_after_ms(),
        call.context.region.ec2.interfaces.get_mut(&interface),
    ) {
        interface.goes_ms = Some(now.saturating_add(deleting).saturating_add(after));
    }
    if let Some(found) = call.context.region.efs.mount_targets.get_mut(&id) {
        found.life = Life::until(State::Deleting, now, deleting);
    }
    Ok(Value::Null)
}

pub(super) fn describe_groups(call: &mut Call) -> Result<Value> {
    let target = call.mount_target("MountTargetId")?;
    let interface = call.context.region.ec2.interfaces.get(&target.interface);
    let groups = interface.map(|interface| interface.groups.clone()).unwrap_or_default();
    Ok(json!({ "SecurityGroups": groups }))
}

/// Replaces all groups. None at all means the VPC's default group, as at creation.
pub(super) fn modify_groups(call: &mut Call) -> Result<Value> {
    let asked = call.read::<Groups>()?.security_groups;
    let target = call.mount_target("MountTargetId")?;
    if target.life.state == State::Deleting {
        let message = format!("The mount target '{}' is being deleted.", target.id);
        return Err(refused("IncorrectMountTargetState", message));
    }
    let region = &*call.context.region;
    let vpc = region.ec2.subnets.get(&target.subnet).map_or("", |subnet| &subnet.vpc);
    let groups = groups_in((region, call.context.now), vpc, asked)?;
    let interface = target.interface.clone();
    if let Some(interface) = call.context.region.ec2.interfaces.get_mut(&interface) {
        interface.groups = groups;
    }
    Ok(Value::Null)
}

fn description(region: &Region, target: &MountTarget) -> Value {
    let mut body = json!({
        "OwnerId": region.account,
        "MountTargetId": target.id,
        "FileSystemId": target.file_system,
        "SubnetId": target.subnet,
        "LifeCycleState": target.life.state.as_str(),
        "NetworkInterfaceId": target.interface,
    });
    if let Some(interface) = region.ec2.interfaces.get(&target.interface) {
        let found = addresses(interface);
        if let Some(address) = found.ipv4 {
            body["IpAddress"] = json!(address);
        }
        if let Some(address) = found.ipv6 {
            body["Ipv6Address"] = json!(address);
        }
    }
    if let Some(subnet) = region.ec2.subnets.get(&target.subnet) {
        body["AvailabilityZoneId"] = json!(subnet.zone_id);
        body["AvailabilityZoneName"] = json!(subnet.zone);
        body["VpcId"] = json!(subnet.vpc);
    }
    body
}
