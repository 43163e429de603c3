//! The targets of every zone, planned.

use network::{SecurityGroupId, Subnet, SubnetId};
use plan::{
    Action, Address, After, Any, Change, ChangeId, Detail, Difference, Known, Plan, Refusal, Scope,
    Wait, compare,
};
use serde::{Deserialize, Serialize};

use super::groups::Groups;
use super::target::{Call, KIND, MountTarget, PROPERTIES, Spec, delete, gone, list};
use crate::life_cycle::LifeCycle;
use crate::placement::{Zone, zones};
use crate::resources::file_system::{self, Planned};

/// The mount targets as a deployment wants them.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// The subnets that should reach the file system.
    pub subnets: &'a [&'a Subnet],
    /// Each once.
    pub security_groups: &'a [Known<SecurityGroupId>],
    pub consent: Consent,
}

/// What may be done to targets that are there, only where somebody says so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Whether security groups that the inputs do not name are taken off.
    pub remove_security_groups: bool,
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

/// Plans the targets of every zone; the answer is what must be done before pods
/// can mount.
pub fn plan<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    wanted: &Wanted,
    file_system: &Planned,
    found: &[MountTarget],
) -> Ready {
    let target_in = |subnet: &SubnetId| {
        let live = |target: &&MountTarget| !target.life_cycle.is_leaving();
        let target = found.iter().find(|target| target.subnet_id == *subnet && live(target));
        target.map(|target| target.id.clone())
    };
    let zones = zones(wanted.subnets.iter().copied(), target_in);
    plan.details.entry("zones").or_default().extend(zones.iter().map(|zone| detail(scope, zone)));
    let groups = Groups::new(wanted.security_groups, wanted.consent.remove_security_groups);
    let mut part = Part { plan, scope, wanted, groups, found, file_system, first: Vec::new() };
    let mut ready = Ready { needs: file_system.needs.clone(), targets: Any::default() };
    if let Some(refusal) = part.of_another_vpc() {
        part.plan.refusals.push(refusal);
        return ready;
    }
    part.remove_unwanted(&zones);
    let changes: Vec<Option<ChangeId>> = zones.iter().map(|zone| part.zone(zone)).collect();
    ready.targets.least = usize::from(changes.iter().all(Option::is_some) && !zones.is_empty());
    ready.targets.of = changes.into_iter().flatten().collect();
    let notes = part.groups.notes(&file_system.id);
    plan.notes.extend(notes);
    ready
}

/// A zone as plans show it, with its module where there are several.
fn detail(scope: &Scope, zone: &Zone) -> Detail {
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

/// What the planning of one zone looks at.
struct Part<'a, C> {
    plan: &'a mut Plan<C>,
    scope: &'a Scope,
    wanted: &'a Wanted<'a>,
    groups: Groups<'a>,
    found: &'a [MountTarget],
    file_system: &'a Planned,
    /// Deletions that must be done before any target is created: those in
    /// another VPC, as EFS takes the targets of one VPC only.
    first: Vec<ChangeId>,
}

impl<C: From<Call>> Part<'_, C> {
    /// Targets that no input asks for any more.
    fn remove_unwanted(&mut self, zones: &[Zone]) {
        let Some(id) = self.file_system.id.now().filter(|_| self.file_system.own) else { return };
        let mut by_zone: Vec<_> = self.found.iter().collect();
        by_zone.sort_by(|a, b| a.availability_zone.cmp(&b.availability_zone));
        for target in by_zone.into_iter().filter(|target| !target.life_cycle.is_leaving()) {
            let wanted_zone =
                zones.iter().any(|zone| zone.availability_zone == target.availability_zone);
            if self.in_another_vpc(target) {
                let reason = "it is in another VPC than the subnets of the inputs";
                let change = delete(self.scope, id, target, reason);
                self.first.push(change.id.clone());
                self.plan.changes.push(change);
            } else if !wanted_zone {
                let reason = "no subnet of its zone is among `subnet_ids`";
                self.plan.changes.push(delete(self.scope, id, target, reason));
            }
        }
    }

    /// An adopted file system whose targets, which stay, are in another VPC: EFS takes the
    /// targets of one VPC only, and the nodes of another one do not reach these
    /// (<https://docs.aws.amazon.com/efs/latest/ug/manage-fs-access-vpc-peering.html>).
    fn of_another_vpc(&self) -> Option<Refusal> {
        let stays =
            |target: &&MountTarget| !target.life_cycle.is_leaving() && self.in_another_vpc(target);
        let target = self.found.iter().filter(|_| !self.file_system.own).find(stays)?;
        let (theirs, ours) = (target.vpc_id.as_ref()?, &self.wanted.subnets.first()?.vpc_id);
        Some(Refusal::new(
            self.scope.address(file_system::KIND, None),
            format!(
                "the mount targets of {} are in {theirs}, and the subnets of the inputs in {ours}: \
                 EFS takes the targets of one VPC only",
                self.file_system.id
            ),
            format!(
                "give subnets and a security group of {theirs} if the nodes are there, or leave \
                 `file_system_id` out to get a file system of your own in {ours}"
            ),
        ))
    }

    fn in_another_vpc(&self, target: &MountTarget) -> bool {
        match (&target.vpc_id, self.wanted.subnets.first()) {
            (Some(has), Some(wanted)) => *has != wanted.vpc_id,
            _ => false,
        }
    }

    /// One zone; the answer is what must be done before it serves.
    fn zone(&mut self, zone: &Zone) -> Option<ChangeId> {
        let found = self.found;
        let here =
            || found.iter().filter(|target| target.availability_zone == zone.availability_zone);
        let live = here().find(|target| !target.life_cycle.is_leaving());
        let leaving = here().find(|target| target.life_cycle.is_leaving());
        if let Some(target) = live.or(leaving).filter(|target| self.keeps_groups_of(target)) {
            let refusal = self.groups.keep(target, &self.address(zone).to_string());
            self.plan.refusals.extend(refusal);
        }
        match live {
            Some(target) if target.subnet_id == zone.carrier => self.existing(zone, target),
            Some(target) if !self.file_system.own => {
                self.plan.notes.push(format!(
                    "{} is served by {} in {}, which belongs to the adopted file system",
                    zone.availability_zone, target.id, target.subnet_id
                ));
                None
            }
            Some(target) if !self.in_another_vpc(target) => self.properties(zone, target, None),
            _ => Some(self.create(zone, leaving)),
        }
    }

    /// A target that is where it should be.
    fn existing(&mut self, zone: &Zone, target: &MountTarget) -> Option<ChangeId> {
        match &target.life_cycle {
            LifeCycle::Other(state) => {
                let reason = format!("{} is in the state `{}`", target.id, state.escape_debug());
                if self.file_system.own {
                    return Some(self.replace(zone, target, reason, None));
                }
                let remedy = "delete it, as nothing of an adopted file system is changed";
                self.plan.refusals.push(Refusal::new(self.address(zone), reason, remedy));
                None
            }
            LifeCycle::Creating => {
                let wait = self.available(zone, target);
                self.properties(zone, target, wait.clone()).or(wait)
            }
            _ => self.properties(zone, target, None),
        }
    }

    /// What differs of a target that is there, after `wait`.
    fn properties(
        &mut self,
        zone: &Zone,
        target: &MountTarget,
        wait: Option<ChangeId>,
    ) -> Option<ChangeId> {
        let compared = compare(PROPERTIES, &self.wanted_beside(zone, target), Some(&target.spec()));
        if compared.replaces && self.file_system.own {
            let forcing = compared.differences.iter().filter(|one| one.forces_replacement);
            let names: Vec<&str> = forcing.map(|one| one.attribute.as_str()).collect();
            let reason = if target.subnet_id == zone.carrier {
                format!("EFS never changes its `{}`", list(&names))
            } else {
                format!("{} is no longer among `subnet_ids`", target.subnet_id)
            };
            return Some(self.replace(zone, target, reason, wait));
        }
        if compared.groups.is_empty() {
            return None;
        }
        self.groups(zone, target, wait, compared.differences)
    }

    /// The security groups of a target differ.
    fn groups(
        &mut self,
        zone: &Zone,
        target: &MountTarget,
        wait: Option<ChangeId>,
        differences: Vec<Difference>,
    ) -> Option<ChangeId> {
        let have = target.security_groups.as_ref()?;
        if !self.file_system.own {
            let wanted = self.wanted.security_groups;
            let has =
                |wanted: &&Known<SecurityGroupId>| have.iter().any(|id| wanted.now() == Some(id));
            if !wanted.iter().any(|wanted| has(&wanted)) {
                self.plan.warnings.push(format!(
                    "{} of the adopted file system has the groups {}, not {}: mounts hang where none of them admits TCP 2049 from the nodes",
                    target.id, list(have), list(wanted)
                ));
            }
            return None;
        }
        let id =
            self.scope.id(format_args!("mount_target.{}.security_groups", zone.availability_zone));
        let file_system = self.file_system.id.clone();
        let goes = if self.wanted.consent.remove_security_groups {
            self.groups.others(target)
        } else {
            Vec::new()
        };
        let reason = match goes.as_slice() {
            [] => "a security group of the inputs is missing".to_owned(),
            others => format!("no input names {}", list(others)),
        };
        self.plan.changes.push(
            Change::new(Action::Update, id.clone(), self.address(zone))
                .because(reason)
                .needing(wait)
                .showing(differences)
                .calling(Call::SetSecurityGroups {
                    file_system,
                    id: target.id.clone(),
                    security_groups: self.groups.of(Some(target)),
                }),
        );
        Some(id)
    }

    /// Creates the zone's target, after one that is being deleted.
    fn create(&mut self, zone: &Zone, leaving: Option<&MountTarget>) -> ChangeId {
        self.refuse_impossible(zone);
        let of = self.file_system.id.now().cloned();
        let wait = leaving.zip(of).map(|(it, of)| gone(self.plan, self.scope, &of, it));
        let reason = match zone.covered.len() {
            0 => "the zone has no mount target".to_owned(),
            _ => format!(
                "the zone has no mount target; this one also serves {}",
                list(&zone.covered)
            ),
        };
        let (spec, call) = self.target(zone, leaving);
        let file_system = Difference::new("file_system_id", None, self.file_system.id.after());
        let change = Change::new(Action::Create, self.id(zone), self.address(zone))
            .because(reason)
            .needing(self.file_system.needs.clone())
            .needing(wait)
            .needing(self.first.clone())
            .showing([Difference::later("mount_target_id"), file_system])
            .showing(compare(PROPERTIES, &spec, None).differences)
            .showing([Difference::later("ip_address")])
            .calling(call);
        self.plan.changes.push(change);
        self.id(zone)
    }

    /// What EFS would answer with an error, whatever is done first.
    fn refuse_impossible(&mut self, zone: &Zone) {
        if let Some(only) =
            self.file_system.one_zone.as_ref().filter(|only| **only != zone.availability_zone)
        {
            self.plan.refusals.push(Refusal::new(
                self.address(zone),
                format!(
                    "the adopted file system is a One Zone one, and takes a target in {only} only"
                ),
                format!("give subnets of {only} only; pods of other zones reach that target too"),
            ));
        }
        if zone.full {
            self.plan.refusals.push(Refusal::new(
                self.address(zone),
                format!("no subnet of {} has a free address", zone.availability_zone),
                "free an address, or give another subnet of that zone",
            ));
        }
    }

    fn replace(
        &mut self,
        zone: &Zone,
        target: &MountTarget,
        reason: String,
        wait: Option<ChangeId>,
    ) -> ChangeId {
        let wanted = self.wanted_beside(zone, target);
        let (_, create) = self.target(zone, Some(target));
        let old = Some(target.id.to_string());
        let mut change = Change::new(Action::Replace, self.id(zone), self.address(zone))
            .because(reason)
            .needing(self.file_system.needs.clone())
            .needing(wait)
            .showing([Difference::new("mount_target_id", old, After::KnownAfterApply)])
            .showing(compare(PROPERTIES, &wanted, Some(&target.spec())).differences);
        if let Some(file_system) = self.file_system.id.now().cloned() {
            change = change.calling(Call::Delete { file_system, id: target.id.clone() });
        }
        self.plan.changes.push(change.calling(create));
        self.id(zone)
    }

    /// A new target of a zone, in the place of another: its properties, and the call.
    fn target(&self, zone: &Zone, before: Option<&MountTarget>) -> (Spec, Call) {
        let before = before.filter(|before| self.keeps_groups_of(before));
        let security_groups = self.groups.of(before);
        let spec = Spec {
            subnet_id: zone.carrier.clone(),
            security_groups: Some(security_groups.clone()),
        };
        let call = Call::Create {
            file_system: self.file_system.id.clone(),
            subnet: zone.carrier.clone(),
            availability_zone: zone.availability_zone.clone(),
            security_groups,
        };
        (spec, call)
    }

    /// Whether the groups that others put on a target stay, or come to the one in its place. A
    /// security group belongs to one VPC.
    fn keeps_groups_of(&self, target: &MountTarget) -> bool {
        self.file_system.own && !self.in_another_vpc(target)
    }

    /// The properties wanted of a target that was found, by what could be read of it.
    fn wanted_beside(&self, zone: &Zone, target: &MountTarget) -> Spec {
        let (wanted, _) = self.target(zone, Some(target));
        let read = target.security_groups.is_some();
        Spec { security_groups: wanted.security_groups.filter(|_| read), ..wanted }
    }

    fn available(&mut self, zone: &Zone, target: &MountTarget) -> Option<ChangeId> {
        let file_system = self.file_system.id.now().cloned()?;
        let id = self.scope.id(format_args!("mount_target.{}.available", zone.availability_zone));
        self.plan.waits.push(Wait {
            id: id.clone(),
            address: self.address(zone),
            reason: format!("{} is being created", target.id),
            call: Call::UntilAvailable { file_system, id: target.id.clone() }.into(),
        });
        Some(id)
    }

    fn id(&self, zone: &Zone) -> ChangeId {
        self.scope.id(format_args!("mount_target.{}", zone.availability_zone))
    }

    fn address(&self, zone: &Zone) -> Address {
        self.scope.address(KIND, Some(&zone.availability_zone))
    }
}
