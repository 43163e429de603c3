//! The rules that admit NFS traffic to the mount targets' security group.

use network::{IngressRule, NFS_PORT, RuleSource, SecurityGroupId, Tags};
use plan::{
    Action, Change, ChangeId, Difference, Known, Mutability, Plan, Property, Scope, Unset, Value,
    compare, equal, later, set,
};

use crate::owner::Owner;

/// The kind of resource, as it stands in addresses.
pub const KIND: &str = "security_group_rule";

/// The properties of a rule, wanted or found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    pub group_id: Known<SecurityGroupId>,
    pub protocol: String,
    pub from_port: i32,
    pub to_port: i32,
    /// Whom it admits; none where nobody judges it.
    pub source: Option<RuleSource>,
}

/// The properties, in the order in which plans show them. A rule is known by
/// all of them, so that none of them changes in place.
pub const PROPERTIES: &[Property<Spec>] = &[
    property("group_id", |spec| later(&spec.group_id)),
    property("protocol", |spec| set(&spec.protocol)),
    property("port", |spec| {
        let Spec { from_port, to_port, .. } = spec;
        set(if from_port == to_port {
            from_port.to_string()
        } else {
            format!("{from_port}-{to_port}")
        })
    }),
    property("source", |spec| spec.source.as_ref().and_then(set)),
];

const fn property(name: &'static str, value: fn(&Spec) -> Option<Known<String>>) -> Property<Spec> {
    let (value, unset, change) = (Value::One(value), Unset::Remove, Mutability::Replaces);
    Property { name, value, same: equal, unset, change }
}

/// A call of EC2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Admits NFS traffic.
    Authorize { group: Known<SecurityGroupId>, source: RuleSource, tags: Tags },
    /// Revokes a rule.
    Revoke { group: SecurityGroupId, rule: String },
}

/// The rules as a deployment wants them.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    pub owner: &'a Owner,
    /// The group of the mount targets.
    pub group: &'a Known<SecurityGroupId>,
    /// Whose NFS traffic must be admitted.
    pub sources: &'a [RuleSource],
    /// The tags of everything that is created.
    pub tags: &'a Tags,
}

/// Plans the rules that are missing, and takes back those of ours that nobody wants.
pub fn plan<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    wanted: &Wanted,
    rules: &[IngressRule],
) {
    let group = wanted.group;
    let of_group = |rule: &&IngressRule| group.now() == Some(&rule.group_id);
    let admitting: Vec<&IngressRule> =
        rules.iter().filter(of_group).filter(|rule| rule.admits_nfs()).collect();
    if admitting.is_empty() && wanted.sources.is_empty() {
        plan.warnings.push(format!(
            "{group} has no ingress rule for TCP 2049 (NFS): mounts will hang until they time out; set \
             `nfs_client_security_group_id` or `nfs_client_cidr` to have the rule added"
        ));
    }
    for source in wanted.sources {
        let mut admitted = admitting.iter().filter_map(|rule| rule.source.as_ref());
        if !admitted.any(|admitted| admitted.covers(source)) {
            plan.changes.push(authorize(scope, wanted, source));
        }
    }
    for rule in rules.iter().filter(|rule| wanted.owner.owns(&rule.tags)) {
        if !still_wanted(wanted, rule) {
            plan.changes.push(revoke(scope, rule, "it is no longer in the inputs"));
        }
    }
}

/// Plans the removal of every rule of this owner, after `needs`.
pub fn remove_all<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    owner: &Owner,
    rules: &[IngressRule],
    needs: &[ChangeId],
) -> Vec<ChangeId> {
    let ours = rules.iter().filter(|rule| owner.owns(&rule.tags));
    let revoked =
        ours.map(|rule| revoke(scope, rule, "the deployment is destroyed").needing(needs.to_vec()));
    let revoked: Vec<Change<C>> = revoked.collect();
    let ids = revoked.iter().map(|change| change.id.clone()).collect();
    plan.changes.extend(revoked);
    ids
}

/// Every field is looked at: a new one does not compile until somebody says what it means.
fn still_wanted(wanted: &Wanted, rule: &IngressRule) -> bool {
    let IngressRule {
        id: _, // EC2 chose it.
        group_id,
        protocol: _,  // `admits_nfs` judges it,
        from_port: _, // and the ports too.
        to_port: _,
        source,
        tags: _, // They made it ours.
    } = rule;
    wanted.group.now() == Some(group_id)
        && rule.admits_nfs()
        && source.as_ref().is_some_and(|source| wanted.sources.contains(source))
}

fn authorize<C: From<Call>>(scope: &Scope, wanted: &Wanted, source: &RuleSource) -> Change<C> {
    let spec = Spec {
        group_id: wanted.group.clone(),
        protocol: "tcp".to_owned(),
        from_port: NFS_PORT,
        to_port: NFS_PORT,
        source: Some(source.clone()),
    };
    let id = scope.id(format_args!("security_group_rule.{source}"));
    Change::new(Action::Create, id, scope.address(KIND, Some(&source.to_string())))
        .because(format!("{} has no ingress rule for TCP 2049 (NFS) from there", wanted.group))
        .showing([Difference::later("security_group_rule_id")])
        .showing(compare(PROPERTIES, &spec, None).differences)
        .calling(Call::Authorize {
            group: wanted.group.clone(),
            source: source.clone(),
            tags: wanted.tags.clone(),
        })
}

fn revoke<C: From<Call>>(scope: &Scope, rule: &IngressRule, reason: &str) -> Change<C> {
    let source = rule.source.as_ref().map(ToString::to_string);
    let key = source.as_deref().unwrap_or(&rule.id);
    let id = scope.id(format_args!("security_group_rule.{}.delete", rule.id));
    Change::new(Action::Delete, id, scope.address(KIND, Some(key)))
        .because(reason)
        .showing([
            Difference::gone("security_group_rule_id", &rule.id),
            Difference::gone("group_id", &rule.group_id),
            Difference::gone("source", key),
        ])
        .calling(Call::Revoke { group: rule.group_id.clone(), rule: rule.id.clone() })
}
