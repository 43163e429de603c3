//! In which order the nodes' access to the mount targets changes: a rule is revoked when the one
//! in its place admits them.

use network::{IngressRule, SecurityGroupId};
use plan::{Action, Change, ChangeId, Known};

use crate::actual::Actual;
use crate::calls::{Call, Plan};
use crate::resources::ingress::{self, Source, Wanted};
use crate::resources::mount_target::{self, MountTarget};

/// Orders what a plan does with rules and with the groups of targets that are there: first come
/// the new rules, then the groups of the targets change, then the old rules go. Where a target
/// keeps none of the groups of the inputs, the rule through which it is reached stays.
///
/// A mount that begins while no rule admits it hangs, and a connection that EC2 does not track is
/// cut at once
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html>).
pub(crate) fn order(plan: &mut Plan, actual: &Actual, wanted: &Wanted) {
    let opens = |call: &Call| matches!(call, Call::Ingress(ingress::Call::Authorize { .. }));
    let opened = ids(plan, opens);
    let regrouped = ids(plan, changes_groups);
    let unmoved = unmoved(plan, actual);
    let (mut notes, mut kept) = (Vec::new(), Vec::new());
    for change in &mut plan.changes {
        if change.action != Action::Delete && change.calls.iter().any(changes_groups) {
            change.needs.extend(opened.iter().cloned());
        }
        let Some(rule) = revoked(change, &actual.network.ingress_rules) else { continue };
        if let Some(note) = still_needed(rule, wanted, &unmoved) {
            notes.push(note);
            kept.push(change.id.clone());
            continue;
        }
        change.needs.extend(opened.iter().chain(&regrouped).cloned());
    }
    plan.changes.retain(|change| !kept.contains(&change.id));
    plan.notes.extend(notes);
}

/// The changes that make such a call.
fn ids(plan: &Plan, calls: fn(&Call) -> bool) -> Vec<ChangeId> {
    let changes = plan.changes.iter().filter(|change| change.calls.iter().any(calls));
    changes.map(|change| change.id.clone()).collect()
}

/// Whether a call takes a target that is there from its groups.
fn changes_groups(call: &Call) -> bool {
    use mount_target::Call::{Delete, SetSecurityGroups};
    matches!(call, Call::MountTarget(Delete { .. } | SetSecurityGroups { .. }))
}

/// The rule that a change revokes.
fn revoked<'a>(change: &Change<Call>, rules: &'a [IngressRule]) -> Option<&'a IngressRule> {
    let id = change.calls.iter().find_map(|call| match call {
        Call::Ingress(ingress::Call::Revoke { rule, .. }) => Some(rule),
        _ => None,
    })?;
    rules.iter().find(|rule| rule.id == *id)
}

/// The targets that stay with the groups that they have.
fn unmoved<'a>(plan: &Plan, actual: &'a Actual) -> Vec<&'a MountTarget> {
    let calls = || plan.changes.iter().flat_map(|change| &change.calls);
    let moves = |target: &MountTarget| {
        calls().any(|call| match call {
            Call::MountTarget(
                mount_target::Call::Delete { id, .. }
                | mount_target::Call::SetSecurityGroups { id, .. },
            ) => *id == target.id,
            _ => false,
        })
    };
    let targets = actual.mount_targets.iter();
    targets.filter(|target| !target.life_cycle.is_leaving() && !moves(target)).collect()
}

/// Why a rule that the inputs do not want in this group stays: nodes that they do want reach a
/// target through it, and by no group of the inputs.
fn still_needed(rule: &IngressRule, wanted: &Wanted, unmoved: &[&MountTarget]) -> Option<String> {
    let source = rule.source.as_ref()?;
    let wants = |it: &Source| it.now().is_some_and(|wanted| source.covers(&wanted));
    if !wanted.sources.iter().any(wants) {
        return None;
    }
    let ours = |group: &SecurityGroupId| {
        wanted.groups.iter().filter_map(Known::now).any(|wanted| wanted == group)
    };
    unmoved.iter().find_map(|target| {
        let why = match &target.security_groups {
            None => "whose security groups could not be read, may be reached through it",
            Some(groups) if groups.iter().any(ours) => return None,
            Some(groups) if !groups.contains(&rule.group_id) => return None,
            Some(_) => "which has none of the security groups of the inputs, is reached through it",
        };
        Some(format!(
            "the ingress rule {} of {} stays: {}, {why}",
            rule.id, rule.group_id, target.id
        ))
    })
}
