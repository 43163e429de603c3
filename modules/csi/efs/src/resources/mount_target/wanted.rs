//! The targets as a deployment wants them, and which of those that are there stay.

use network::{SecurityGroupId, Subnet, Tags};
use plan::{Any, ChangeId, Detail, Known, Plan, Refusal, Scope, Warning};
use serde::{Deserialize, Serialize};

use super::inputs::WantedTargets;
use super::target::{MountTarget, list};
use crate::placement::Zone;
use crate::resources::file_system::{self, Planned};

/// The flag that lets targets go or move although their network was only discovered, or all of
/// them at once.
pub(super) const REPLACE_MOUNT_TARGETS: &str = "--replace-mount-targets";

/// The mount targets as a deployment wants them.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// The subnets that should reach the file system.
    pub subnets: &'a [&'a Subnet],
    /// The network module that found these subnets, where nobody wrote their ids down.
    pub discovered_by: Option<&'a str>,
    /// Each once.
    pub security_groups: &'a [Known<SecurityGroupId>],
    /// Those that the deployment made and that go.
    pub going: &'a [SecurityGroupId],
    pub consent: Consent,
    pub targets: WantedTargets<'a>,
}

/// What must be done before pods can mount.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ready {
    /// The changes and waits that all must be done: those of the file system.
    pub needs: Vec<ChangeId>,
    /// The targets of the zones. One is enough, as any address of the VPC can reach it; where a
    /// zone is served already, all of these may fail.
    pub targets: Any,
}

/// What may be done to targets that are there, and to what others set, only where somebody says so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a word of its own")]
pub struct Consent {
    /// Whether targets are removed and moved although nobody wrote the ids of the subnets down,
    /// and all at once where another VPC takes that.
    pub replace_mount_targets: bool,
    /// Whether security groups that the inputs do not name are taken off.
    pub remove_security_groups: bool,
    /// Whether a file-system policy that somebody else put is overwritten.
    pub replace_file_system_policy: bool,
    /// Whether a replication that is there is ended for the one that the inputs want.
    #[serde(default)]
    pub replace_replication: bool,
}

impl Wanted<'_> {
    /// The module by whose discovery alone a target would go or move.
    fn keeper(&self) -> Option<&str> {
        self.discovered_by.filter(|_| !self.consent.replace_mount_targets)
    }

    pub(super) fn in_another_vpc(&self, target: &MountTarget) -> bool {
        match (&target.vpc_id, self.subnets.first()) {
            (Some(has), Some(wanted)) => *has != wanted.vpc_id,
            _ => false,
        }
    }

    /// The subnets of targets that stay although the network that was found does not have them
    /// any more, with a warning for each.
    ///
    /// A tag that somebody took off a subnet, or a route that somebody added, must not unmount
    /// a fleet: what is discovered adds targets, and removes and moves none.
    pub(super) fn kept<C>(
        &self,
        plan: &mut Plan<C>,
        file_system: &Planned,
        found: &[MountTarget],
    ) -> Vec<Subnet> {
        let Some(module) = self.keeper().filter(|_| file_system.own) else { return Vec::new() };
        // Whoever names the subnet of a zone has written it down.
        let moves = |target: &MountTarget, it: &Subnet| {
            it.availability_zone == target.availability_zone && self.targets.is_named(&it.id)
        };
        let wanted = |target: &MountTarget| {
            self.subnets.iter().any(|it| it.id == target.subnet_id || moves(target, it))
        };
        let stays = found.iter().filter(|target| {
            !target.life_cycle.is_leaving() && !self.in_another_vpc(target) && !wanted(target)
        });
        let mut kept = Vec::new();
        for target in stays {
            let MountTarget { id, subnet_id, availability_zone: zone, .. } = target;
            let here = self.subnets.iter().filter(|it| it.availability_zone == *zone);
            let here: Vec<_> = here.map(|subnet| &subnet.id).collect();
            let would = match here.as_slice() {
                [] => "removes it".to_owned(),
                here => format!("moves it to {}", list(here)),
            };
            plan.warnings.push(Warning::new(
                format!(
                    "{id} in {zone} stays in {subnet_id}, which `module.{module}` does not find \
                     any more: without it the nodes there lose their mounts"
                ),
                format!(
                    "check the tags and routes of that subnet, or give `{REPLACE_MOUNT_TARGETS}`, \
                     which {would}"
                ),
            ));
            let vpc = target.vpc_id.as_ref().or(self.subnets.first().map(|first| &first.vpc_id));
            kept.extend(vpc.map(|vpc| Subnet {
                id: subnet_id.clone(),
                vpc_id: vpc.clone(),
                availability_zone: zone.clone(),
                availability_zone_id: target.availability_zone_id.clone(),
                free_addresses: 0,
                ranges: Vec::new(),
                on_outpost: false,
                nodes: 0,
                tags: Tags::new(),
            }));
        }
        kept
    }

    /// Targets in another VPC than the subnets: EFS takes the targets of one VPC only, and nodes
    /// of another one do not reach them
    /// (<https://docs.aws.amazon.com/efs/latest/ug/manage-fs-access-vpc-peering.html>). Those of
    /// an adopted file system stay; of others all would have to go before any is made, which
    /// breaks every mount at once.
    pub(super) fn another_vpc(
        &self,
        scope: &Scope,
        file_system: &Planned,
        found: &[MountTarget],
    ) -> Option<Refusal> {
        if file_system.own && self.consent.replace_mount_targets {
            return None;
        }
        let stays =
            |target: &&MountTarget| !target.life_cycle.is_leaving() && self.in_another_vpc(target);
        let all: Vec<&MountTarget> = found.iter().filter(stays).collect();
        let (theirs, ours) = (all.first()?.vpc_id.as_ref()?, &self.subnets.first()?.vpc_id);
        let remedy = if file_system.own {
            format!(
                "give subnets and a security group of {theirs} if the nodes are there; \
                 `{REPLACE_MOUNT_TARGETS}` deletes {} before it makes others, and breaks every \
                 mount at once",
                list(&all.iter().map(|target| &target.id).collect::<Vec<_>>())
            )
        } else {
            format!(
                "give subnets and a security group of {theirs} if the nodes are there, or leave \
                 `file_system_id` out to get a file system of your own in {ours}"
            )
        };
        Some(Refusal::new(
            scope.address(file_system::KIND, None),
            format!(
                "the mount targets of {} are in {theirs}, and the subnets of the inputs in {ours}: \
                 EFS takes the targets of one VPC only",
                file_system.id
            ),
            remedy,
        ))
    }
}

/// A zone as plans show it, with its module where there are several.
pub(super) fn detail(scope: &Scope, zone: &Zone) -> Detail {
    let line = (!zone.covered.is_empty()).then(|| {
        let of = scope.label().map(|label| format!(" of module.{label}")).unwrap_or_default();
        format!(
            "Zone {}{of}: {} carries the mount target and covers {}",
            zone.availability_zone,
            zone.carrier,
            list(&zone.covered)
        )
    });
    let mut value = serde_json::to_value(zone).unwrap_or_default();
    if let (Some(label), Some(members)) = (scope.label(), value.as_object_mut()) {
        members.insert("module".to_owned(), label.into());
    }
    Detail { value, line }
}
