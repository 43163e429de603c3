//! The mount targets.

use anyhow::{Context as _, anyhow};
use aws_sdk_efs::types::IpAddressType as SdkFamily;
use efs::resources::mount_target::{Call, MountTarget, NewAddresses};
use efs::{FileSystemId, LifeCycle, MountTargetId};
use network::{NetworkInterfaceId, SecurityGroupId, SubnetId, VpcId};
use plan::{ChangeId, Known};

use super::file_system;
use crate::absence::Absence;
use crate::aws::{Aws, explain, is};
use crate::context::{Context, Done, Results};
use crate::meaning::efs as codes;
use crate::progress::Line;
use crate::propagation::{New, known};
use crate::raced::Raced;
use crate::wait::ADDRESS_RELEASE;
use crate::watch::Awaited;

/// Reads a target, as listed or as created: two types of the SDK with the same members.
macro_rules! read {
    ($found:expr) => {
        listed(Answer {
            id: $found.mount_target_id(),
            state: $found.life_cycle_state().as_str(),
            subnet: $found.subnet_id(),
            vpc: $found.vpc_id(),
            zone: $found.availability_zone_name(),
            zone_id: $found.availability_zone_id(),
            address: $found.ip_address(),
            ipv6: $found.ipv6_address(),
            interface: $found.network_interface_id(),
        })
    };
}
/// A mount target with the interface that shows its security groups.
#[derive(Debug, Clone)]
struct Listed {
    target: MountTarget,
    interface: Option<NetworkInterfaceId>,
}

/// The mount targets of a file system with their security groups, which are read
/// for all of them at once from their interfaces.
pub(crate) async fn observe_with_groups(
    aws: &Aws,
    id: &FileSystemId,
) -> anyhow::Result<Vec<MountTarget>> {
    let listed = list(aws, id).await?.unwrap_or_default();
    let interfaces: Vec<NetworkInterfaceId> =
        listed.iter().filter_map(|listed| listed.interface.clone()).collect();
    let groups = aws.interface_groups(&interfaces).await?;
    let with_groups = |Listed { mut target, interface }: Listed| {
        let of_it = groups.iter().find(|(id, _)| Some(id) == interface.as_ref());
        target.security_groups = of_it.map(|(_, groups)| groups.clone());
        target
    };
    Ok(listed.into_iter().map(with_groups).collect())
}

/// The mount targets of a file system; nothing where it does not exist.
pub(crate) async fn observe(
    aws: &Aws,
    id: &FileSystemId,
) -> anyhow::Result<Option<Vec<MountTarget>>> {
    let listed = list(aws, id).await?;
    Ok(listed.map(|listed| listed.into_iter().map(|listed| listed.target).collect()))
}

/// Carries a call out for a change.
pub(crate) async fn carry_out(
    context: &Context,
    aws: &Aws,
    change: &ChangeId,
    call: &Call,
    line: &Line,
) -> anyhow::Result<Done> {
    match call {
        Call::Create { file_system, subnet, availability_zone, addresses, security_groups } => {
            let file_system = context.results.resolve(file_system)?;
            let groups = groups(&context.results, security_groups)?;
            let to = (&file_system, subnet, availability_zone.as_str());
            let wanted_groups = security_groups_of(&groups);
            let groups = (groups, is_new(security_groups));
            let mut target = create(context, aws, to, (addresses, groups), line).await?;
            // A listing does not show them, and this is what EFS was asked for.
            target.security_groups = wanted_groups;
            context.results.add(change, target.id.to_string());
            let mut done = Done::created(&target.id);
            if let (Some(wanted), Some(summary)) = (&addresses.ipv4, &mut done.summary)
                && let Some(has) = target.ip_address.as_ref().filter(|has| *has != wanted)
            {
                summary.push_str(&format!(" at {has}, as {wanted} was taken meanwhile"));
            }
            context.results.add_target(&file_system, target);
            Ok(done)
        }
        Call::SetSecurityGroups { file_system, id, security_groups } => {
            let file_system = context.results.resolve(file_system)?;
            let groups = groups(&context.results, security_groups)?;
            let wanted_groups = security_groups_of(&groups);
            let groups = (groups, is_new(security_groups));
            set_security_groups(context, aws, (&file_system, id), groups, line).await?;
            context.results.set_security_groups(&file_system, id, wanted_groups);
            Ok(Done::that("updated"))
        }
        Call::Delete { file_system, id } => {
            delete(context, aws, (file_system, id), line).await?;
            context.results.remove_target(file_system, id);
            Ok(Done::that(format!("destroyed {id}")))
        }
        Call::UntilAvailable { file_system, id } => {
            let one = |target: &MountTarget| target.id == *id;
            let target = available(context, aws, file_system, line, one).await?;
            context.results.add_target(file_system, target);
            Ok(Done::that("available"))
        }
        Call::UntilGone { file_system, id } => {
            gone(context, aws, (file_system, id), line).await?;
            context.results.remove_target(file_system, id);
            Ok(Done::that("gone"))
        }
    }
}

/// The ids of groups, each slot filled with what its own change resulted in.
fn groups(results: &Results, groups: &[Known<SecurityGroupId>]) -> anyhow::Result<Vec<String>> {
    let resolve = |group: &Known<SecurityGroupId>| anyhow::Ok(results.resolve(group)?.to_string());
    groups.iter().map(resolve).collect()
}

/// Whether a group was made by this run, so that EFS may not know it yet.
fn is_new(groups: &[Known<SecurityGroupId>]) -> bool {
    groups.iter().any(|group| matches!(group, Known::After(_)))
}

/// Groups as a mount target has them: sorted.
fn security_groups_of(ids: &[String]) -> Option<Vec<SecurityGroupId>> {
    let groups: Result<Vec<_>, _> = ids.iter().cloned().map(SecurityGroupId::try_from).collect();
    let mut groups = groups.ok()?;
    groups.sort();
    Some(groups)
}

async fn create(
    context: &Context,
    aws: &Aws,
    (file_system, subnet, zone): (&FileSystemId, &SubnetId, &str),
    (addresses, (groups, is_new)): (&NewAddresses, (Vec<String>, bool)),
    line: &Line,
) -> anyhow::Result<MountTarget> {
    let mut pauses = ADDRESS_RELEASE.iter();
    let mut asked = addresses.clone();
    loop {
        line.state("creating");
        let call = aws
            .efs
            .create_mount_target()
            .file_system_id(file_system.as_str())
            .subnet_id(subnet.as_str())
            .set_ip_address(asked.ipv4.clone())
            .set_ipv6_address(asked.ipv6.clone())
            .set_ip_address_type(asked.family.map(|it| SdkFamily::from(it.as_str())))
            .set_security_groups(Some(groups.clone()));
        let unknown = |error: &_| is_new && is(error, codes::SECURITY_GROUP_NOT_FOUND);
        match known(context, line, New::SecurityGroup, unknown, || call.clone().send()).await? {
            Ok(created) if created.life_cycle_state().as_str() == "available" => {
                return Ok(read!(created)?.target);
            }
            // Another run was faster: its target serves as well.
            Ok(_) => break,
            Err(error) if is(&error, codes::MOUNT_TARGET_CONFLICT) => break,
            // The interface of the target before may outlive it a little. A zone without its
            // target is worse than one whose target has another address.
            Err(error) if asked.is_given() && is(&error, codes::IP_ADDRESS_IN_USE) => {
                match pauses.next() {
                    Some(pause) => context.pause(*pause).await?,
                    // One that the inputs say is not given up.
                    None if asked.fixed => {
                        let call = "elasticfilesystem:CreateMountTarget";
                        return Err(explain(call, &aws.region, error));
                    }
                    None => (asked.ipv4, asked.ipv6) = (None, None),
                }
            }
            Err(error) if is(&error, codes::INCORRECT_FILE_SYSTEM_STATE) => {
                file_system::available(context, aws, file_system, line).await?;
            }
            Err(error) => {
                return Err(explain("elasticfilesystem:CreateMountTarget", &aws.region, error));
            }
        }
    }
    let of_zone = |target: &MountTarget| target.availability_zone == zone;
    available(context, aws, file_system, line, of_zone).await
}

/// Waits until a target is available.
async fn available(
    context: &Context,
    aws: &Aws,
    file_system: &FileSystemId,
    line: &Line,
    which: impl Fn(&MountTarget) -> bool,
) -> anyhow::Result<MountTarget> {
    line.state("waiting until available");
    let mut absence = Absence::default();
    let judge = |targets: &Option<Vec<MountTarget>>| {
        if targets.is_none() {
            absence.with_all_else();
        }
        let targets = targets.iter().flatten().filter(|target| which(target));
        let Some(target) = targets.max_by_key(|target| !target.life_cycle.is_leaving()) else {
            return absence.noticed("the mount target").map(Err);
        };
        absence.ended();
        line.observed(target.life_cycle.as_str());
        match &target.life_cycle {
            LifeCycle::Available => Some(Ok(target.clone())),
            LifeCycle::Deleting | LifeCycle::Deleted => {
                Some(Err(anyhow!(Raced(format!("another run is deleting {}", target.id)))))
            }
            LifeCycle::Other(state) => {
                Some(Err(anyhow!("{} is in the state `{}`", target.id, state.escape_debug())))
            }
            LifeCycle::Creating | LifeCycle::Updating => None,
        }
    };
    let watch = context.mount_targets.of((aws.clone(), file_system.clone(), Awaited::Ready));
    context.wait(&watch, judge).await?
}

async fn delete(
    context: &Context,
    aws: &Aws,
    (file_system, id): (&FileSystemId, &MountTargetId),
    line: &Line,
) -> anyhow::Result<()> {
    line.state("deleting");
    match aws.efs.delete_mount_target().mount_target_id(id.as_str()).send().await {
        Ok(_) => gone(context, aws, (file_system, id), line).await,
        Err(error) if is(&error, codes::MOUNT_TARGET_NOT_FOUND) => Ok(()),
        Err(error) => Err(explain("elasticfilesystem:DeleteMountTarget", &aws.region, error)),
    }
}

/// Waits until a target is gone.
async fn gone(
    context: &Context,
    aws: &Aws,
    (file_system, id): (&FileSystemId, &MountTargetId),
    line: &Line,
) -> anyhow::Result<()> {
    line.state("waiting until gone");
    let judge = |targets: &Option<Vec<MountTarget>>| {
        let Some(target) = targets.iter().flatten().find(|target| target.id == *id) else {
            return Some(());
        };
        line.observed(target.life_cycle.as_str());
        (target.life_cycle == LifeCycle::Deleted).then_some(())
    };
    let watch = context.mount_targets.of((aws.clone(), file_system.clone(), Awaited::Gone));
    context.wait(&watch, judge).await
}

async fn set_security_groups(
    context: &Context,
    aws: &Aws,
    (file_system, id): (&FileSystemId, &MountTargetId),
    (groups, is_new): (Vec<String>, bool),
    line: &Line,
) -> anyhow::Result<()> {
    loop {
        line.state("updating");
        let call = aws
            .efs
            .modify_mount_target_security_groups()
            .mount_target_id(id.as_str())
            .set_security_groups(Some(groups.clone()));
        let unknown = |error: &_| is_new && is(error, codes::SECURITY_GROUP_NOT_FOUND);
        match known(context, line, New::SecurityGroup, unknown, || call.clone().send()).await? {
            Ok(_) => return Ok(()),
            Err(error) if is(&error, codes::INCORRECT_MOUNT_TARGET_STATE) => {
                let one = |target: &MountTarget| target.id == *id;
                available(context, aws, file_system, line, one).await?;
            }
            Err(error) => {
                let call = "elasticfilesystem:ModifyMountTargetSecurityGroups";
                return Err(explain(call, &aws.region, error));
            }
        }
    }
}

async fn list(aws: &Aws, id: &FileSystemId) -> anyhow::Result<Option<Vec<Listed>>> {
    let call = aws.efs.describe_mount_targets().file_system_id(id.as_str());
    let mut pages = call.into_paginator().send();
    let mut all = Vec::new();
    while let Some(page) = pages.next().await {
        match page {
            Ok(page) => {
                for target in page.mount_targets() {
                    all.push(read!(target)?);
                }
            }
            Err(error) if is(&error, codes::FILE_SYSTEM_NOT_FOUND) => return Ok(None),
            Err(error) => {
                return Err(explain("elasticfilesystem:DescribeMountTargets", &aws.region, error));
            }
        }
    }
    Ok(Some(all))
}

/// The members of a target as AWS answers them.
struct Answer<'a> {
    id: &'a str,
    state: &'a str,
    subnet: &'a str,
    vpc: Option<&'a str>,
    zone: Option<&'a str>,
    zone_id: Option<&'a str>,
    address: Option<&'a str>,
    ipv6: Option<&'a str>,
    interface: Option<&'a str>,
}

fn listed(answer: Answer) -> anyhow::Result<Listed> {
    let Answer { id, state, subnet, vpc, zone, zone_id, address, ipv6, interface } = answer;
    let place = || format!("reading the mount target `{}`", id.escape_debug());
    let interface = interface.map(NetworkInterfaceId::try_from).transpose().with_context(place)?;
    Ok(Listed {
        target: MountTarget {
            id: MountTargetId::try_from(id).with_context(place)?,
            life_cycle: LifeCycle::parse(state),
            subnet_id: SubnetId::try_from(subnet).with_context(place)?,
            vpc_id: vpc.map(VpcId::try_from).transpose().with_context(place)?,
            availability_zone: zone.unwrap_or_default().to_owned(),
            availability_zone_id: zone_id.map(str::to_owned),
            network_interface_id: interface.clone(),
            ip_address: address.map(str::to_owned),
            ipv6_address: ipv6.map(str::to_owned),
            security_groups: None,
        },
        interface,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_group_that_is_known_later_is_what_its_own_change_resulted_in() {
        let known = Known::Now(SecurityGroupId::try_from("sg-00000001").unwrap());
        let wanted = [Known::After("nfs".into()), known, Known::After("backup".into())];
        let results = Results::default();
        results.add(&"nfs".into(), "sg-00000002".to_owned());
        let missing = groups(&results, &wanted).unwrap_err();
        assert!(missing.to_string().contains("`backup` was not carried out"), "{missing}");
        results.add(&"backup".into(), "sg-00000003".to_owned());
        let filled = groups(&results, &wanted).unwrap();
        assert_eq!(filled, ["sg-00000002", "sg-00000001", "sg-00000003"]);
    }
}
