//! The security groups of the targets: those of the inputs, and those that others put there.

use std::collections::BTreeMap;

use network::SecurityGroupId;
use plan::{ChangeId, Known, Refusal};

use super::target::{MountTarget, list};
use super::wanted::Wanted;

/// The most security groups that a mount target takes; the limit cannot be raised
/// (<https://docs.aws.amazon.com/efs/latest/ug/limits.html>, "Resource quotas").
pub const MOST_GROUPS: usize = 5;

/// Which groups a target keeps beside those of the inputs, zone by zone.
///
/// `ModifyMountTargetSecurityGroups` replaces all groups of a target, and no tag says who put
/// one there: a group that the inputs do not name is somebody else's, or was in the inputs
/// before. Either way nodes may be let in by it alone, so that it stays until somebody says that
/// it may go.
#[derive(Debug)]
pub(super) struct Groups<'a> {
    /// Those of the inputs, sorted.
    pub(super) wanted: &'a [Known<SecurityGroupId>],
    /// Those that this deployment made and does not want any more: they are taken off.
    pub(super) going: &'a [SecurityGroupId],
    /// Whether all others may be taken off.
    pub(super) remove_others: bool,
    /// The zones of the targets on which a group stays that the inputs do not name.
    kept: BTreeMap<SecurityGroupId, Vec<String>>,
}

impl<'a> Groups<'a> {
    pub(super) fn new(of: &'a Wanted<'a>) -> Self {
        let Wanted { security_groups: wanted, going, consent, .. } = of;
        let remove_others = consent.remove_security_groups;
        Groups { wanted, going, remove_others, kept: BTreeMap::new() }
    }

    /// The changes that create groups.
    pub(super) fn needs(&self) -> impl Iterator<Item = ChangeId> + '_ {
        self.wanted.iter().filter_map(|group| match group {
            Known::Now(_) => None,
            Known::After(change) => Some(change.clone()),
        })
    }

    /// Those that are taken off a target.
    pub(super) fn taken_off(
        &self,
        target: &MountTarget,
        more: &[SecurityGroupId],
    ) -> Vec<SecurityGroupId> {
        let has = target.security_groups.iter().flatten();
        let mut off: Vec<SecurityGroupId> =
            has.filter(|id| self.going.contains(id)).cloned().collect();
        if self.remove_others {
            off.extend(self.others(target, more));
        }
        off
    }

    /// Those of a target that the inputs do not name, and that others put there; `more` are those
    /// that the inputs name for this one.
    fn others(&self, target: &MountTarget, more: &[SecurityGroupId]) -> Vec<SecurityGroupId> {
        let named = |id: &SecurityGroupId| {
            more.contains(id) || self.wanted.iter().any(|group| group.now() == Some(id))
        };
        let has = target.security_groups.iter().flatten();
        has.filter(|id| !named(id) && !self.going.contains(id)).cloned().collect()
    }

    /// All that a target should have that has those of `before` now, or comes in its place:
    /// sorted.
    pub(super) fn of(
        &self,
        before: Option<&MountTarget>,
        more: &[SecurityGroupId],
    ) -> Vec<Known<SecurityGroupId>> {
        let mut all = self.named(more);
        if let Some(before) = before.filter(|_| !self.remove_others) {
            all.extend(self.others(before, more).into_iter().map(Known::Now));
        }
        all.sort();
        all
    }

    /// Those of the inputs: of all targets, and of this one.
    fn named(&self, more: &[SecurityGroupId]) -> Vec<Known<SecurityGroupId>> {
        let mut all = self.wanted.to_vec();
        let is_new = |id: &&SecurityGroupId| !self.wanted.iter().any(|it| it.now() == Some(id));
        all.extend(more.iter().filter(is_new).cloned().map(Known::Now));
        all
    }

    /// Remembers what stays on a target, and refuses more groups than it takes.
    pub(super) fn keep(
        &mut self,
        target: &MountTarget,
        more: &[SecurityGroupId],
        address: &str,
    ) -> Option<Refusal> {
        if self.remove_others {
            return None;
        }
        let others = self.others(target, more);
        let named = self.named(more);
        let count = named.len() + others.len();
        if count > MOST_GROUPS {
            return Some(Refusal::new(
                address,
                format!(
                    "{} has the security groups {}, which no input names and which stay, and with \
                     {} these are {count}: a mount target takes {MOST_GROUPS}",
                    target.id,
                    list(&others),
                    list(&named)
                ),
                format!(
                    "give `{REMOVE_SECURITY_GROUPS}` to take them off, or fewer security groups"
                ),
            ));
        }
        for other in others {
            self.kept.entry(other).or_default().push(target.availability_zone.clone());
        }
        None
    }

    /// What stays on the targets, as notes.
    pub(super) fn notes(self, file_system: impl ToString) -> Vec<String> {
        let of = file_system.to_string();
        let note = |(group, zones): (SecurityGroupId, Vec<String>)| {
            format!(
                "{group} stays on the mount targets of {of} in {}, although no input names it: \
                 somebody else put it there, or earlier inputs did (`{REMOVE_SECURITY_GROUPS}` \
                 takes it off)",
                zones.join(", ")
            )
        };
        self.kept.into_iter().map(note).collect()
    }
}

/// The flag that takes off what the inputs do not name.
const REMOVE_SECURITY_GROUPS: &str = "--remove-security-groups";
