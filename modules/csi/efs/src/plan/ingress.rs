//! The security group's part of a plan: who may speak NFS to the targets.

use network::{IngressRule, RuleSource};

use super::{Action, Difference, Operation, Plan, Resource, Step, address};
use crate::actual::Actual;
use crate::desired::Desired;
use crate::tags::Owner;

pub(super) fn plan(plan: &mut Plan, desired: &Desired, actual: &Actual) {
    let group = &desired.security_group;
    let rules = &actual.network.ingress_rules;
    let admitting: Vec<&IngressRule> =
        rules.iter().filter(|rule| rule.group_id == *group && rule.admits_nfs()).collect();
    if admitting.is_empty() && desired.nfs_sources.is_empty() {
        plan.warnings.push(format!(
            "{group} admits TCP 2049 from nowhere: mounts will hang until they time out; set \
             `nfs_client_security_group_id` or `nfs_client_cidr` to have the rule added"
        ));
    }
    for source in &desired.nfs_sources {
        let covered = admitting
            .iter()
            .filter_map(|rule| rule.source.as_ref())
            .any(|admitted| admitted.covers(source));
        if !covered {
            plan.steps.push(authorize(desired, source));
        }
    }
    for rule in rules.iter().filter(|rule| desired.owner.owns(&rule.tags)) {
        if !still_wanted(desired, rule) {
            plan.steps.push(revoke(&desired.module, rule, "no input asks for it any more"));
        }
    }
}

/// Every field is looked at: a new one does not compile until somebody says what it means.
fn still_wanted(desired: &Desired, rule: &IngressRule) -> bool {
    let IngressRule {
        id: _, // EC2 chose it.
        group_id,
        protocol: _,  // `admits_nfs` judges it,
        from_port: _, // and the ports too.
        to_port: _,
        source,
        tags: _, // They made it ours.
    } = rule;
    *group_id == desired.security_group
        && rule.admits_nfs()
        && source.as_ref().is_some_and(|source| desired.nfs_sources.contains(source))
}

fn authorize(desired: &Desired, source: &RuleSource) -> Step {
    Step {
        id: format!("security_group_rule.{source}"),
        action: Action::Create,
        resource: Resource::SecurityGroupRule,
        address: address(&desired.module, Resource::SecurityGroupRule, Some(&source.to_string())),
        reason: format!("no rule of {} admits TCP 2049 from there", desired.security_group),
        needs: Vec::new(),
        differences: vec![
            Difference::later("security_group_rule_id"),
            Difference::set("group_id", &desired.security_group),
            Difference::set("protocol", "tcp"),
            Difference::set("port", network::NFS_PORT),
            Difference::set("source", source),
        ],
        operation: Operation::AuthorizeIngress {
            group: desired.security_group.clone(),
            source: source.clone(),
            tags: desired.tags.clone(),
        },
    }
}

/// The steps that take back every rule of this owner.
pub(super) fn revoke_all(
    plan: &mut Plan,
    module: &str,
    owner: &Owner,
    actual: &Actual,
    needs: &[String],
) {
    for rule in actual.network.ingress_rules.iter().filter(|rule| owner.owns(&rule.tags)) {
        let mut step = revoke(module, rule, "the deployment is taken down");
        step.needs = needs.to_vec();
        plan.steps.push(step);
    }
}

fn revoke(module: &str, rule: &IngressRule, reason: &str) -> Step {
    let source = rule.source.as_ref().map(ToString::to_string);
    let key = source.as_deref().unwrap_or(&rule.id);
    Step {
        id: format!("security_group_rule.{}.delete", rule.id),
        action: Action::Delete,
        resource: Resource::SecurityGroupRule,
        address: address(module, Resource::SecurityGroupRule, Some(key)),
        reason: reason.to_owned(),
        needs: Vec::new(),
        differences: vec![
            Difference::gone("security_group_rule_id", &rule.id),
            Difference::gone("group_id", &rule.group_id),
            Difference::gone("source", key),
        ],
        operation: Operation::RevokeIngress { group: rule.group_id.clone(), rule: rule.id.clone() },
    }
}
