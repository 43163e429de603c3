//! The targets of every zone, planned.

use network::{SecurityGroupId, Subnet, SubnetId};
use plan::{
    Action, Address, After, Change, ChangeId, Difference, Known, Plan, Refusal, Scope, Wait,
    Warning, compare,
};

use super::addresses::{Before, WantedAddresses};
use super::groups::Groups;
use super::target::{Call, KIND, MountTarget, PROPERTIES, Spec, delete, gone, list};
use super::turns::Turns;
use super::wanted::{Ready, Wanted, detail};
use crate::life_cycle::LifeCycle;
use crate::placement::{Zone, zones};
use crate::resources::file_system::Planned;

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
    let kept = wanted.kept(plan, file_system, found);
    let is_named = |subnet: &SubnetId| wanted.targets.is_named(subnet);
    let zones = zones(wanted.subnets.iter().copied().chain(&kept), (is_named, target_in));
    plan.details.entry("zones").or_default().extend(zones.iter().map(|zone| detail(scope, zone)));
    let mut ready = Ready { needs: file_system.needs.clone(), ..Ready::default() };
    if let Some(refusal) = wanted.another_vpc(scope, file_system, found) {
        plan.refusals.push(refusal);
        return ready;
    }
    let groups = Groups::new(wanted);
    let (first, turns) = (Vec::new(), Turns::default());
    let kept = kept.as_slice();
    let mut part = Part { plan, scope, wanted, kept, groups, found, file_system, first, turns };
    part.remove_unwanted(&zones);
    let changes: Vec<Option<ChangeId>> = zones.iter().map(|zone| part.zone(zone)).collect();
    ready.targets.least = usize::from(changes.iter().all(Option::is_some) && !zones.is_empty());
    ready.targets.of = changes.into_iter().flatten().collect();
    let Part { plan, groups, turns, .. } = part;
    turns.take(plan);
    plan.notes.extend(groups.notes(&file_system.id));
    ready
}

/// What the planning of one zone looks at.
struct Part<'a, C> {
    plan: &'a mut Plan<C>,
    scope: &'a Scope,
    wanted: &'a Wanted<'a>,
    /// The subnets of targets that stay although the inputs do not find them any more.
    kept: &'a [Subnet],
    groups: Groups<'a>,
    found: &'a [MountTarget],
    file_system: &'a Planned,
    /// Deletions that must be done before any target is created: those in
    /// another VPC, as EFS takes the targets of one VPC only.
    first: Vec<ChangeId>,
    turns: Turns<C>,
}

impl<'a, C: From<Call>> Part<'a, C> {
    /// Targets that no input asks for any more.
    fn remove_unwanted(&mut self, zones: &[Zone]) {
        let Some(id) = self.file_system.id.now().filter(|_| self.file_system.own) else { return };
        let mut by_zone: Vec<_> = self.found.iter().collect();
        by_zone.sort_by(|a, b| a.availability_zone.cmp(&b.availability_zone));
        for target in by_zone {
            let wanted_zone =
                zones.iter().any(|zone| zone.availability_zone == target.availability_zone);
            match (self.wanted.in_another_vpc(target), target.life_cycle.is_leaving()) {
                (true, true) => {
                    let wait = gone(self.plan, self.scope, id, target);
                    self.first.push(wait);
                }
                (true, false) => {
                    let reason = "it is in another VPC than the subnets of the inputs";
                    let change = delete(self.scope, id, target, reason);
                    self.first.push(change.id.clone());
                    self.plan.changes.push(change);
                }
                (false, false) if !wanted_zone => {
                    let reason = match self.wanted.discovered_by {
                        None => "no subnet of its zone is among `subnet_ids`".to_owned(),
                        Some(module) => format!("`module.{module}` finds no subnet of its zone"),
                    };
                    self.turns.removes(delete(self.scope, id, target, &reason));
                }
                (false, _) => {}
            }
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
            let (more, address) = (self.more_groups(zone), self.address(zone).to_string());
            let refusal = self.groups.keep(target, more, &address);
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
            Some(target) if !self.wanted.in_another_vpc(target) => {
                let creating = target.life_cycle == LifeCycle::Creating;
                let wait = creating.then(|| self.available(zone, target)).flatten();
                self.properties(zone, target, wait)
            }
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
            let reason = match self.wanted.discovered_by {
                _ if target.subnet_id == zone.carrier => {
                    format!("EFS never changes its `{}`", list(&names))
                }
                _ if self.wanted.targets.is_named(&zone.carrier) => {
                    format!("`mount_targets` names {} for its zone", zone.carrier)
                }
                None => format!("{} is no longer among `subnet_ids`", target.subnet_id),
                Some(module) => format!("`module.{module}` does not find {}", target.subnet_id),
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
                self.plan.warnings.push(Warning::new(
                    format!(
                        "{} of the adopted file system has the groups {}, not {}: mounts hang where \
                         none of them admits TCP 2049 from the nodes",
                        target.id,
                        list(have),
                        list(wanted)
                    ),
                    "let one of them admit it, or give the mount target another group",
                ));
            }
            return None;
        }
        let id =
            self.scope.id(format_args!("mount_target.{}.security_groups", zone.availability_zone));
        let file_system = self.file_system.id.clone();
        let goes = self.groups.taken_off(target, self.more_groups(zone));
        let reason = match goes.as_slice() {
            [] => "a security group of the inputs is missing".to_owned(),
            others => format!("no input names {}", list(others)),
        };
        self.plan.changes.push(
            Change::new(Action::Update, id.clone(), self.address(zone))
                .because(reason)
                .needing(wait)
                .needing(self.groups.needs())
                .showing(differences)
                .calling(Call::SetSecurityGroups {
                    file_system,
                    id: target.id.clone(),
                    security_groups: self.groups.of(Some(target), self.more_groups(zone)),
                }),
        );
        Some(id)
    }

    /// Creates the zone's target, after one that is being deleted.
    fn create(&mut self, zone: &Zone, leaving: Option<&MountTarget>) -> ChangeId {
        self.refuse_impossible(zone);
        let of = self.file_system.id.now().cloned();
        // Those of another VPC are waited for by all.
        let here = leaving.filter(|leaving| !self.wanted.in_another_vpc(leaving));
        let wait = here.zip(of).map(|(it, of)| gone(self.plan, self.scope, &of, it));
        let reason = match zone.covered.len() {
            0 => "the zone has no mount target".to_owned(),
            _ => format!(
                "the zone has no mount target; this one also serves {}",
                list(&zone.covered)
            ),
        };
        let (spec, call) = self.target(zone, leaving);
        let file_system = Difference::new("file_system_id", None, self.file_system.id.after());
        let Call::Create { addresses, .. } = &call else { unreachable!("it creates") };
        // A fixed one is among the properties.
        let address = (!addresses.fixed).then(|| match &addresses.ipv4 {
            Some(address) => Difference::set("ip_address", address),
            None => Difference::later("ip_address"),
        });
        let change = Change::new(Action::Create, self.id(zone), self.address(zone))
            .because(reason)
            .needing(self.file_system.needs.clone())
            .needing(wait)
            .needing(self.groups.needs())
            .needing(self.first.clone())
            .showing([Difference::later("mount_target_id"), file_system])
            .showing(compare(PROPERTIES, &spec, None).differences)
            .showing(address)
            .calling(call);
        self.plan.changes.push(change);
        self.turns.makes(self.id(zone));
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
        if let Some(carrier) = self.carrier(zone) {
            let refusals = self.addresses(zone).impossible(&self.address(zone), carrier);
            self.plan.refusals.extend(refusals);
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
        self.refuse_impossible(zone);
        let wanted = self.wanted_beside(zone, target);
        let (_, create) = self.target(zone, Some(target));
        let Call::Create { addresses, .. } = &create else { unreachable!("it creates") };
        let moves = !addresses.fixed && addresses.ipv4.is_none();
        let address = target.ip_address.clone().filter(|_| moves);
        let address =
            address.map(|it| Difference::new("ip_address", Some(it), After::KnownAfterApply));
        let old = Some(target.id.to_string());
        let mut change = Change::new(Action::Replace, self.id(zone), self.address(zone))
            .because(reason)
            .needing(self.file_system.needs.clone())
            .needing(wait)
            .needing(self.groups.needs())
            .showing([Difference::new("mount_target_id", old, After::KnownAfterApply)])
            .showing(compare(PROPERTIES, &wanted, Some(&target.spec())).differences)
            .showing(address);
        if let Some(file_system) = self.file_system.id.now().cloned() {
            change = change.calling(Call::Delete { file_system, id: target.id.clone() });
        }
        let works = !matches!(target.life_cycle, LifeCycle::Other(_));
        self.turns.replaces(change.calling(create), works);
        self.id(zone)
    }

    /// A new target of a zone, in the place of another: its properties, and the call.
    fn target(&self, zone: &Zone, before: Option<&MountTarget>) -> (Spec, Call) {
        let (more, addresses) = (self.more_groups(zone), self.addresses(zone));
        let security_groups = self.groups.of(before.filter(|it| self.keeps_groups_of(it)), more);
        let spec = Spec {
            subnet_id: zone.carrier.clone(),
            ip_address_type: addresses.family,
            addresses: addresses.fixed(),
            security_groups: Some(security_groups.clone()),
        };
        let had = before.map(|before| Before {
            ipv4: before.ip_address.as_deref(),
            ipv6: before.ipv6_address.as_deref(),
            here: before.subnet_id == zone.carrier,
        });
        let call = Call::Create {
            file_system: self.file_system.id.clone(),
            subnet: zone.carrier.clone(),
            availability_zone: zone.availability_zone.clone(),
            addresses: addresses.of_new(had.unwrap_or_default()),
            security_groups,
        };
        (spec, call)
    }

    /// The subnet that carries the target of a zone, as it was found.
    fn carrier(&self, zone: &Zone) -> Option<&'a Subnet> {
        let mut all = self.wanted.subnets.iter().copied().chain(self.kept);
        all.find(|subnet| subnet.id == zone.carrier)
    }

    fn addresses(&self, zone: &Zone) -> WantedAddresses<'a> {
        self.wanted.targets.addresses(self.carrier(zone))
    }

    /// The groups that the inputs name for the target of this zone alone.
    fn more_groups(&self, zone: &Zone) -> &'a [SecurityGroupId] {
        self.wanted.targets.groups(self.carrier(zone))
    }

    /// Whether the groups that others put on a target stay, or come to the one in its place. A
    /// security group belongs to one VPC.
    fn keeps_groups_of(&self, target: &MountTarget) -> bool {
        self.file_system.own && !self.wanted.in_another_vpc(target)
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
        self.turns.makes(id.clone());
        Some(id)
    }

    fn id(&self, zone: &Zone) -> ChangeId {
        self.scope.id(format_args!("mount_target.{}", zone.availability_zone))
    }

    fn address(&self, zone: &Zone) -> Address {
        self.scope.address(KIND, Some(&zone.availability_zone))
    }
}
