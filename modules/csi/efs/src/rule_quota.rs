//! How many rules a security group will have, and how many it takes.

use network::{IngressRule, SecurityGroupId};
use plan::{Known, Warning};

use crate::calls::{Call, Plan};
use crate::nfs_source::Source;
use crate::resources::ingress;

/// The rules of a security group that admit, for each family, unless the quota was raised; a rule
/// that names a group counts for both, and one that names a prefix list as as many as the list may
/// have entries (Amazon VPC User Guide, "Amazon VPC quotas", inbound rules per security group).
const MOST_RULES: usize = 60;

/// Warns of a group that will have more rules than that: `AuthorizeSecurityGroupIngress` then
/// answers `RulesPerSecurityGroupLimitExceeded`.
pub(crate) fn warn(plan: &mut Plan, groups: &[Known<SecurityGroupId>], rules: &[IngressRule]) {
    let found: Vec<Warning> =
        groups.iter().filter_map(|group| exceeded(plan, group, rules)).collect();
    plan.warnings.extend(found);
}

fn exceeded(plan: &Plan, group: &Known<SecurityGroupId>, rules: &[IngressRule]) -> Option<Warning> {
    let calls = || plan.changes.iter().flat_map(|change| &change.calls);
    let is_revoked = |rule: &IngressRule| {
        calls().any(|call| {
            matches!(call, Call::Ingress(ingress::Call::Revoke { rule: id, .. }) if *id == rule.id)
        })
    };
    let of_group = rules.iter().filter(|rule| group.now() == Some(&rule.group_id));
    let stay = of_group.filter(|rule| !is_revoked(rule)).map(|rule| rule.source.clone());
    let stay = stay.map(|source| source.map(Source::from));
    let made: Vec<Option<Source>> = calls()
        .filter_map(|call| match call {
            Call::Ingress(ingress::Call::Authorize { group: of, source, .. }) if of == group => {
                Some(Some(source.clone()))
            }
            _ => None,
        })
        .collect();
    // Where the plan adds none, the group has what EC2 took.
    if made.is_empty() {
        return None;
    }
    let all: Vec<Option<Source>> = stay.chain(made).collect();
    let is_v6 =
        |source: &&Option<Source>| matches!(source, Some(Source::Cidr(it)) if it.addr().is_ipv6());
    let is_v4 =
        |source: &&Option<Source>| matches!(source, Some(Source::Cidr(it)) if it.addr().is_ipv4());
    let (v4, v6) = (all.iter().filter(is_v4).count(), all.iter().filter(is_v6).count());
    let count = all.len() - v4.min(v6);
    let lists = all.iter().filter(|it| matches!(it, Some(Source::PrefixList(_)))).count();
    let counted = match lists {
        0 => String::new(),
        _ => {
            format!(", and {lists} of them count as as many as their prefix list may have entries")
        }
    };
    (count > MOST_RULES).then(|| {
        Warning::new(
            format!("{group} will have {count} ingress rules of one family{counted}: EC2 takes {MOST_RULES}"),
            "name ranges that hold several, or a security group of the clients, or have the quota \
             `Inbound or outbound rules per security group` raised",
        )
    })
}
