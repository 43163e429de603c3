//! The mount targets' part of a plan: one per Availability Zone.

use network::SecurityGroupId;

use super::file_system::Planned;
use super::{
    Action, After, CreateMountTarget, Difference, FileSystemRef, Operation, Plan, Refusal,
    Resource, Step, Until, Wait, address,
};
use crate::actual::{Actual, LifeCycle, MountTarget};
use crate::desired::Desired;
use crate::placement::{Zone, is_leaving};

/// Plans the targets of every zone; the answer is what must be through before
/// pods can mount.
pub(super) fn plan(
    plan: &mut Plan,
    desired: &Desired,
    actual: &Actual,
    file_system: &Planned,
) -> Vec<String> {
    let zones = plan.zones.clone();
    let mut part = Part { plan, desired, actual, file_system, first: Vec::new() };
    let mut ready = file_system.needs.clone();
    part.remove_unwanted(&zones);
    for zone in &zones {
        ready.extend(part.zone(zone));
    }
    ready
}

/// What the planning of one zone looks at.
struct Part<'a> {
    plan: &'a mut Plan,
    desired: &'a Desired,
    actual: &'a Actual,
    file_system: &'a Planned,
    /// Deletions that must be through before any target is created: those in
    /// another VPC, as EFS takes the targets of one VPC only.
    first: Vec<String>,
}

impl Part<'_> {
    /// Targets that no input asks for any more.
    fn remove_unwanted(&mut self, zones: &[Zone]) {
        if !self.file_system.own {
            return;
        }
        let mut by_zone: Vec<_> = self.actual.mount_targets.iter().collect();
        by_zone.sort_by(|a, b| a.availability_zone.cmp(&b.availability_zone));
        for target in by_zone {
            if is_leaving(&target.life_cycle) {
                continue;
            }
            let wanted_zone =
                zones.iter().any(|zone| zone.availability_zone == target.availability_zone);
            if self.in_another_vpc(target) {
                let step = self.delete(target, "it is in another VPC than the subnets asked for");
                self.first.push(step);
            } else if !wanted_zone {
                self.delete(target, "no subnet of its zone is among `subnet_ids`");
            }
        }
    }

    fn in_another_vpc(&self, target: &MountTarget) -> bool {
        let subnets = &self.actual.network.subnets;
        let wanted = subnets.iter().find(|subnet| self.desired.subnets.contains(&subnet.id));
        match (&target.vpc_id, wanted) {
            (Some(has), Some(wanted)) => *has != wanted.vpc_id,
            _ => false,
        }
    }

    fn delete(&mut self, target: &MountTarget, reason: &str) -> String {
        let id = format!("mount_target.{}.delete", target.availability_zone);
        self.plan.steps.push(delete(&self.desired.module, target, &id, reason));
        id
    }

    /// One zone; the answer is what must be through before it serves.
    fn zone(&mut self, zone: &Zone) -> Option<String> {
        let here: Vec<&MountTarget> = self
            .actual
            .mount_targets
            .iter()
            .filter(|target| target.availability_zone == zone.availability_zone)
            .collect();
        let live = here.iter().find(|target| !is_leaving(&target.life_cycle)).copied();
        match live {
            Some(target) if target.subnet_id == zone.carrier => self.existing(zone, target),
            Some(target) if !self.file_system.own => {
                self.plan.notes.push(format!(
                    "{} is served by {} in {}, which belongs to the adopted file system",
                    zone.availability_zone, target.id, target.subnet_id
                ));
                None
            }
            Some(target) if !self.in_another_vpc(target) => {
                let reason = format!("{} is no longer among `subnet_ids`", target.subnet_id);
                Some(self.replace(zone, target, reason))
            }
            _ => {
                let leaving = here.iter().find(|target| is_leaving(&target.life_cycle));
                let wait = leaving.map(|target| self.wait_until_gone(target));
                Some(self.create(zone, wait))
            }
        }
    }

    /// A target that is where it should be.
    fn existing(&mut self, zone: &Zone, target: &MountTarget) -> Option<String> {
        // Every field is looked at: a new one does not compile until somebody says what it means.
        let MountTarget {
            id,
            life_cycle,
            subnet_id: _,         // Placement chose by it.
            vpc_id: _,            // `in_another_vpc` judges it.
            availability_zone: _, // It is this zone's.
            ip_address: _,        // EFS chose it, and any will do.
            security_groups,
        } = target;
        match life_cycle {
            LifeCycle::Other(state) => {
                let reason = format!("{id} is in the state `{}`", state.escape_debug());
                if self.file_system.own {
                    return Some(self.replace(zone, target, reason));
                }
                self.plan.refusals.push(Refusal {
                    address: self.address(zone),
                    reason,
                    remedy: "delete it, as the adopted file system is not ours to mend".to_owned(),
                });
                None
            }
            LifeCycle::Creating => {
                let wait = self.wait_until_available(zone, target);
                self.groups(zone, target, security_groups.as_deref(), Some(&wait)).or(Some(wait))
            }
            _ => self.groups(zone, target, security_groups.as_deref(), None),
        }
    }

    fn groups(
        &mut self,
        zone: &Zone,
        target: &MountTarget,
        have: Option<&[SecurityGroupId]>,
        wait: Option<&String>,
    ) -> Option<String> {
        let wanted = &self.desired.security_group;
        let have = have?;
        if have == std::slice::from_ref(wanted) {
            return None;
        }
        if !self.file_system.own {
            if !have.contains(wanted) {
                self.plan.warnings.push(format!(
                    "{} of the adopted file system has the groups {}, not {wanted}: mounts hang where none of them admits TCP 2049 from the nodes",
                    target.id, list(have)
                ));
            }
            return None;
        }
        let id = format!("mount_target.{}.security_groups", zone.availability_zone);
        self.plan.steps.push(Step {
            id: id.clone(),
            action: Action::Update,
            resource: Resource::MountTarget,
            address: self.address(zone),
            reason: "the security groups are not the one asked for".to_owned(),
            needs: wait.into_iter().cloned().collect(),
            differences: vec![Difference::new(
                "security_groups",
                Some(list(have)),
                After::Value(wanted.to_string()),
            )],
            operation: Operation::SetSecurityGroups {
                mount_target: target.id.clone(),
                security_groups: vec![wanted.clone()],
            },
        });
        Some(id)
    }

    fn create(&mut self, zone: &Zone, wait: Option<String>) -> String {
        let id = format!("mount_target.{}", zone.availability_zone);
        if let Some(only) = &self.file_system.one_zone
            && *only != zone.availability_zone
        {
            self.plan.refusals.push(Refusal {
                address: self.address(zone),
                reason: format!(
                    "the adopted file system is a One Zone one, and takes a target in {only} only"
                ),
                remedy: format!(
                    "give subnets of {only} only; pods of other zones reach that target too"
                ),
            });
        }
        if zone.full {
            self.plan.refusals.push(Refusal {
                address: self.address(zone),
                reason: format!("no subnet of {} has a free address", zone.availability_zone),
                remedy: "free an address, or give another subnet of that zone".to_owned(),
            });
        }
        let create = self.target(zone);
        let mut needs = self.file_system.needs.clone();
        needs.extend(wait);
        needs.extend(self.first.iter().cloned());
        self.plan.steps.push(Step {
            id: id.clone(),
            action: Action::Create,
            resource: Resource::MountTarget,
            address: self.address(zone),
            reason: match zone.covered.len() {
                0 => "the zone has no mount target".to_owned(),
                _ => format!(
                    "the zone has no mount target; this one also serves {}",
                    list(&zone.covered)
                ),
            },
            needs,
            differences: new_target(&create),
            operation: Operation::CreateMountTarget(create),
        });
        id
    }

    fn replace(&mut self, zone: &Zone, target: &MountTarget, reason: String) -> String {
        let id = format!("mount_target.{}", zone.availability_zone);
        let create = self.target(zone);
        let mut differences = vec![Difference::new(
            "mount_target_id",
            Some(target.id.to_string()),
            After::KnownAfterApply,
        )];
        let subnet =
            Difference::between("subnet_id", target.subnet_id.as_str(), create.subnet.as_str());
        differences.extend(subnet.map(Difference::forcing));
        self.plan.steps.push(Step {
            id: id.clone(),
            action: Action::Replace,
            resource: Resource::MountTarget,
            address: self.address(zone),
            reason,
            needs: self.file_system.needs.clone(),
            differences,
            operation: Operation::ReplaceMountTarget { old: target.id.clone(), new: create },
        });
        id
    }

    fn target(&self, zone: &Zone) -> CreateMountTarget {
        CreateMountTarget {
            file_system: self.file_system.reference.clone(),
            subnet: zone.carrier.clone(),
            availability_zone: zone.availability_zone.clone(),
            security_group: self.desired.security_group.clone(),
        }
    }

    fn wait_until_available(&mut self, zone: &Zone, target: &MountTarget) -> String {
        let id = format!("mount_target.{}.available", zone.availability_zone);
        self.plan.waits.push(Wait {
            id: id.clone(),
            address: self.address(zone),
            reason: format!("{} is being created", target.id),
            until: Until::MountTargetAvailable(target.id.clone()),
        });
        id
    }

    fn wait_until_gone(&mut self, target: &MountTarget) -> String {
        let wait = gone(&self.desired.module, target);
        let id = wait.id.clone();
        self.plan.waits.push(wait);
        id
    }

    fn address(&self, zone: &Zone) -> String {
        address(&self.desired.module, Resource::MountTarget, Some(&zone.availability_zone))
    }
}

/// The step that deletes a target.
pub(super) fn delete(module: &str, target: &MountTarget, id: &str, reason: &str) -> Step {
    Step {
        id: id.to_owned(),
        action: Action::Delete,
        resource: Resource::MountTarget,
        address: address(module, Resource::MountTarget, Some(&target.availability_zone)),
        reason: reason.to_owned(),
        needs: Vec::new(),
        differences: vec![
            Difference::gone("mount_target_id", &target.id),
            Difference::gone("subnet_id", &target.subnet_id),
        ],
        operation: Operation::DeleteMountTarget { mount_target: target.id.clone() },
    }
}

/// The wait for a target that is being deleted.
pub(super) fn gone(module: &str, target: &MountTarget) -> Wait {
    Wait {
        id: format!("mount_target.{}.gone", target.availability_zone),
        address: address(module, Resource::MountTarget, Some(&target.availability_zone)),
        reason: format!("{} is being deleted", target.id),
        until: Until::MountTargetGone(target.id.clone()),
    }
}

fn new_target(create: &CreateMountTarget) -> Vec<Difference> {
    let file_system = match &create.file_system {
        FileSystemRef::Known(id) => Difference::set("file_system_id", id),
        FileSystemRef::AfterApply => Difference::later("file_system_id"),
    };
    vec![
        Difference::later("mount_target_id"),
        file_system,
        Difference::set("subnet_id", &create.subnet),
        Difference::set("security_groups", &create.security_group),
        Difference::later("ip_address"),
    ]
}

fn list(ids: &[impl ToString]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
