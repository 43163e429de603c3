//! The rules that admit NFS traffic to the mount targets' security group.

use inputs::plain;
use network::{IngressRule, NFS_PORT, SecurityGroupId, Tags};
use plan::{
    Action, Change, ChangeId, Difference, Known, Mutability, Plan, Property, Row, Scope, Unset,
    Value, Warning, compare, equal, later, set,
};

pub use crate::nfs_source::Source;
use crate::owner::Owner;

/// The kind of resource, as it stands in addresses.
pub const KIND: &str = "security_group_rule";

/// What people read of a rule of ours.
pub(crate) const DESCRIPTION: &str = "NFS for EFS, by Clockwork Codex";

/// The properties of a rule, wanted or found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    pub group_id: Known<SecurityGroupId>,
    pub protocol: String,
    pub from_port: i32,
    pub to_port: i32,
    /// Whom it admits; none where nobody judges it.
    pub source: Option<Source>,
}

impl Spec {
    /// A rule that admits NFS over TCP.
    fn nfs(group_id: Known<SecurityGroupId>, source: Option<Source>) -> Spec {
        let protocol = "tcp".to_owned();
        Spec { group_id, protocol, from_port: NFS_PORT, to_port: NFS_PORT, source }
    }

    fn found(rule: &IngressRule) -> Spec {
        // Every field is looked at: a new one does not compile until somebody says what it means.
        let IngressRule {
            id: _, // EC2 chose it.
            group_id,
            protocol,
            from_port,
            to_port,
            source,
            tags: _, // They make it ours.
        } = rule;
        Spec {
            group_id: Known::Now(group_id.clone()),
            protocol: protocol.clone(),
            from_port: *from_port,
            to_port: *to_port,
            source: source.clone().map(Source::from),
        }
    }

    /// Whether a rule that was found admits what this one should, whatever its source is.
    fn is_met_but_for_source(&self, found: &Spec) -> bool {
        let all_but = PROPERTIES.iter().filter(|property| property.name != SOURCE.name);
        compare(all_but, self, Some(found)).differences.is_empty()
    }

    /// Whether a rule that was found admits everything that this one should.
    fn is_met(&self, found: &Spec) -> bool {
        // No rule that is there admits a group that is not there yet.
        let now = |spec: &Spec| spec.source.as_ref().and_then(Source::now);
        let covers = match (now(found), now(self)) {
            (Some(found), Some(wanted)) => found.covers(&wanted),
            _ => false,
        };
        covers && self.is_met_but_for_source(found)
    }
}

/// The properties, in the order in which plans show them. A rule is known by
/// all of them, so that none of them changes in place.
pub const PROPERTIES: &[Property<Spec>] = &[GROUP_ID, PROTOCOL, PORT, SOURCE];

const GROUP_ID: Property<Spec> = property("group_id", |spec| later(&spec.group_id), equal);

const PROTOCOL: Property<Spec> = property("protocol", |spec| set(&spec.protocol), admits_protocol);

const PORT: Property<Spec> = property(
    "port",
    |spec| {
        let Spec { from_port, to_port, .. } = spec;
        set(match (spec.protocol.as_str(), from_port, to_port) {
            ("-1", ..) | (_, -1, -1) => ALL_PORTS.to_owned(),
            (_, from, to) if from == to => from.to_string(),
            (_, from, to) => format!("{from}-{to}"),
        })
    },
    admits_port,
);

const SOURCE: Property<Spec> =
    property("source", |spec| spec.source.as_ref().map(Source::shown), equal);

/// The ports of a rule that admits all of them.
const ALL_PORTS: &str = "all";

/// EC2 writes protocols by name or number, and all of them as -1
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html>).
fn admits_protocol(found: &str, wanted: &str) -> bool {
    found == wanted || found == "-1" || (found, wanted) == ("6", "tcp")
}

fn admits_port(found: &str, wanted: &str) -> bool {
    let number = |text: &str| text.parse::<i32>().ok();
    let (from, to) = found.split_once('-').unwrap_or((found, found));
    let within = match (number(from), number(to), number(wanted)) {
        (Some(from), Some(to), Some(port)) => (from..=to).contains(&port),
        _ => false,
    };
    found == ALL_PORTS || within
}

const fn property(
    name: &'static str,
    value: fn(&Spec) -> Option<Known<String>>,
    same: fn(&str, &str) -> bool,
) -> Property<Spec> {
    let (value, unset, change) = (Value::One(value), Unset::Remove, Mutability::Replaces);
    Property { name, value, same, unset, change }
}

/// A call of EC2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Admits traffic.
    Authorize {
        group: Known<SecurityGroupId>,
        protocol: String,
        from_port: i32,
        to_port: i32,
        source: Source,
        /// What people read of the rule in the console.
        description: String,
        tags: Tags,
    },
    /// Revokes a rule.
    Revoke { group: SecurityGroupId, rule: String },
}

/// The rules as a deployment wants them.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    pub owner: &'a Owner,
    /// The groups of the mount targets: each admits what any of its rules admits, and a rule in
    /// one of them is enough. A missing one is added to the first.
    pub groups: &'a [Known<SecurityGroupId>],
    /// Those of them that the deployment made: they admit nobody else.
    pub own: &'a [SecurityGroupId],
    /// Whose NFS traffic must be admitted.
    pub sources: &'a [Source],
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
    let Some(first) = wanted.groups.first() else { return };
    // A source's rule, as it would be in each of the groups.
    let in_each = |source: Option<&Source>| -> Vec<Spec> {
        wanted.groups.iter().map(|group| Spec::nfs(group.clone(), source.cloned())).collect()
    };
    let found: Vec<Spec> = rules.iter().map(Spec::found).collect();
    let admits = |nfs: &Spec| found.iter().any(|found| nfs.is_met_but_for_source(found));
    if wanted.sources.is_empty() && !in_each(None).iter().any(admits) {
        let groups: Vec<String> = wanted.groups.iter().map(ToString::to_string).collect();
        let (none, has) = if groups.len() > 1 { ("none of ", "has an") } else { ("", "has no") };
        plan.warnings.push(Warning::new(
            format!(
                "{none}{} {has} ingress rule for TCP 2049 (NFS): mounts will hang until they time \
                 out",
                groups.join(", ")
            ),
            "set `nfs_clients = \"nodes\"`, `nfs_client_security_groups`, `nfs_client_cidrs` or \
             `nfs_client_prefix_lists` to have the rule added",
        ));
    }
    let specs: Vec<Vec<Spec>> = wanted.sources.iter().map(|source| in_each(Some(source))).collect();
    let goes = |(rule, found): &(&IngressRule, &Spec)| {
        let is_wanted = |spec: &Spec| compare(PROPERTIES, spec, Some(found)).differences.is_empty();
        let ours = wanted.owner.owns(&rule.tags) || wanted.own.contains(&rule.group_id);
        ours && !specs.iter().flatten().any(is_wanted)
    };
    // A wider rule of ours that goes admits nobody any more.
    let (going, staying): (Vec<_>, Vec<_>) = rules.iter().zip(&found).partition(goes);
    for (source, specs) in wanted.sources.iter().zip(&specs) {
        let is_met = |spec: &Spec| staying.iter().any(|(_, found)| spec.is_met(found));
        if !specs.iter().any(is_met) {
            plan.changes.push(authorize(scope, (wanted, first), source));
        }
    }
    let revoked = going.into_iter().map(|(rule, _)| revoke(scope, rule, "no input asks for it"));
    plan.changes.extend(revoked);
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

fn authorize<C: From<Call>>(
    scope: &Scope,
    (wanted, group): (&Wanted, &Known<SecurityGroupId>),
    source: &Source,
) -> Change<C> {
    let spec = &Spec::nfs(group.clone(), Some(source.clone()));
    let key = source.key();
    let id = scope.id(format_args!("security_group_rule.{key}"));
    let made = source.created_by().into_iter().chain(created_by(group)).cloned();
    let reason = match wanted.groups {
        [_] => format!("{group} has no ingress rule for TCP 2049 (NFS) from there"),
        _ => "no security group has an ingress rule for TCP 2049 (NFS) from there".to_owned(),
    };
    // Every field goes into the call.
    let Spec { group_id, protocol, from_port, to_port, source: _ } = spec;
    Change::new(Action::Create, id, scope.address(KIND, Some(&key)))
        .because(reason)
        .needing(made)
        .showing([Difference::later("security_group_rule_id")])
        .showing(compare(PROPERTIES, spec, None).differences)
        .calling(Call::Authorize {
            group: group_id.clone(),
            protocol: protocol.clone(),
            from_port: *from_port,
            to_port: *to_port,
            source: source.clone(),
            description: DESCRIPTION.to_owned(),
            tags: wanted.tags.clone(),
        })
}

/// The change that creates a group.
fn created_by(group: &Known<SecurityGroupId>) -> Option<&ChangeId> {
    match group {
        Known::Now(_) => None,
        Known::After(change) => Some(change),
    }
}

/// The rows in a status of the rules of this owner, by source.
pub fn rows(owner: &Owner, rules: &[IngressRule]) -> Vec<Row> {
    let mut ours: Vec<&IngressRule> = rules.iter().filter(|rule| owner.owns(&rule.tags)).collect();
    ours.sort_by_key(|rule| (&rule.source, &rule.id));
    let row = |rule: &IngressRule| {
        let spec = Spec::found(rule);
        let shown = PROPERTIES.iter().filter(|property| property.name != SOURCE.name);
        let values: Vec<String> = shown
            .filter_map(|property| match property.value {
                Value::One(value) => value(&spec).map(|value| value.to_string()),
                _ => None,
            })
            .collect();
        Row {
            resource: "ingress rule",
            name: plain(&spec.source.as_ref().map_or(rule.id.clone(), Source::to_string)),
            state: "present".to_owned(),
            detail: plain(&format!("{} {}", rule.id, values.join(" "))),
            healthy: true,
        }
    };
    ours.into_iter().map(row).collect()
}

fn revoke<C: From<Call>>(scope: &Scope, rule: &IngressRule, reason: &str) -> Change<C> {
    let spec = Spec::found(rule);
    let source = rule.source.as_ref().map(ToString::to_string);
    let key = source.as_deref().unwrap_or(&rule.id);
    let id = scope.id(format_args!("security_group_rule.{}.delete", rule.id));
    Change::new(Action::Delete, id, scope.address(KIND, Some(key)))
        .because(reason)
        .showing([Difference::gone("security_group_rule_id", &rule.id)])
        .showing(plan::gone([&GROUP_ID, &SOURCE], &spec))
        .calling(Call::Revoke { group: rule.group_id.clone(), rule: rule.id.clone() })
}

#[cfg(test)]
mod tests {
    use network::RuleSource;

    use super::*;

    fn spec(protocol: &str, ports: (i32, i32)) -> Spec {
        let group = SecurityGroupId::try_from("sg-00000001").unwrap();
        Spec {
            protocol: protocol.to_owned(),
            from_port: ports.0,
            to_port: ports.1,
            ..Spec::nfs(Known::Now(group.clone()), Some(RuleSource::Group(group).into()))
        }
    }

    #[test]
    fn every_field_of_a_spec_is_in_the_table() {
        let spec = spec("tcp", (NFS_PORT, NFS_PORT));
        // A new field does not compile until it is here, and then it must be in the table.
        let Spec { group_id: _, protocol: _, from_port: _, to_port: _, source: _ } = &spec;
        assert_eq!(PROPERTIES.len(), 4, "both ports are one property");
        for property in PROPERTIES {
            assert!(!property.rows(&spec).is_empty(), "{} reads nothing", property.name);
        }
    }

    #[test]
    fn a_rule_is_met_by_every_one_that_admits_as_much() {
        let wanted = spec("tcp", (NFS_PORT, NFS_PORT));
        for (found, met) in [
            (spec("tcp", (2049, 2049)), true),
            (spec("6", (2049, 2049)), true),
            (spec("tcp", (2000, 2049)), true),
            (spec("tcp", (-1, -1)), true),
            (spec("-1", (-1, -1)), true),
            (spec("-1", (0, 0)), true),
            (spec("udp", (2049, 2049)), false),
            (spec("tcp", (2050, 3000)), false),
            (spec("tcp", (443, 443)), false),
        ] {
            assert_eq!(wanted.is_met(&found), met, "{found:?}");
        }
    }
}
