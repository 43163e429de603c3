//! The IAM role of the driver, and the policy of a deployment in it.
//!
//! A cluster has one driver and so one role; each deployment has an inline policy of its own in
//! it, for its own file system.

use network::Tags;
use plan::{
    Action, Change, ChangeId, Difference, Document, Known, Mutability, Plan, Property, Refusal,
    Scope, Unset, Value, compare,
};

use crate::driver_policy::same;
use crate::owner::Owner;

/// The kind of resource, as it stands in addresses.
pub const KIND: &str = "iam_role";

/// The kind of a deployment's policy in the role.
pub const POLICY_KIND: &str = "iam_role_policy";

/// What people read of the role in the console.
pub(crate) fn description(owner: &Owner) -> String {
    format!("EFS CSI driver of {}, by Clockwork Codex", owner.cluster)
}

/// The properties of a role and of a policy, wanted or found: each is a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    pub document: Document,
}

/// The properties of a role, in the order in which plans show them.
pub const PROPERTIES: &[Property<Spec>] = &[property("trust")];

/// Those of a policy.
pub const POLICY_PROPERTIES: &[Property<Spec>] = &[property("policy")];

const fn property(name: &'static str) -> Property<Spec> {
    let value = Value::Document { document: |spec: &Spec| &spec.document, same };
    let (unset, change) = (Unset::Remove, Mutability::InPlace(()));
    Property { name, value, same: plan::equal, unset, change }
}

/// A role that exists.
#[derive(Debug, Clone, PartialEq)]
pub struct Role {
    pub arn: String,
    pub trust: serde_json::Value,
    /// Whether it carries our tags.
    pub ours: bool,
    /// The inline policy of this deployment.
    pub policy: Option<serde_json::Value>,
    /// The names of other inline policies and the ARNs of attached ones, where it may be deleted.
    pub others: Vec<String>,
}

/// A call of IAM.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// Creates it; where it is there already, it must carry `marks`.
    Create {
        name: String,
        trust: serde_json::Value,
        description: String,
        tags: Tags,
        marks: Tags,
    },
    PutTrust {
        name: String,
        trust: serde_json::Value,
    },
    PutPolicy {
        role: String,
        name: String,
        document: Document,
    },
    DeletePolicy {
        role: String,
        name: String,
    },
    Delete {
        name: String,
    },
}

/// The role as a deployment wants it.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    pub owner: &'a Owner,
    pub trust: serde_json::Value,
    /// The tags of what is created.
    pub tags: &'a Tags,
    /// What must be done before.
    pub needs: &'a [ChangeId],
}

/// Plans the role; the answer is its ARN, where there is going to be one.
pub fn plan<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    wanted: &Wanted,
    found: Option<&Role>,
) -> Option<Known<String>> {
    let Wanted { owner, trust, tags, needs } = wanted;
    let (name, address, id) = (owner.role_name(), scope.address(KIND, None), scope.id(KIND));
    if let Some(found) = found.filter(|found| !found.ours) {
        plan.refusals.push(not_ours(scope, found));
        return None;
    }
    let spec = Spec { document: Document::literal(trust.clone()) };
    let has = found.map(|found| Spec { document: Document::literal(found.trust.clone()) });
    let differences = compare(PROPERTIES, &spec, has.as_ref()).differences;
    let change = match found {
        None => Change::new(Action::Create, id, address)
            .because("the driver has no role")
            .showing([Difference::later("arn"), Difference::set("name", &name)])
            .showing(differences)
            .calling(Call::Create {
                name,
                trust: trust.clone(),
                description: description(owner),
                tags: (*tags).clone(),
                marks: owner.marks_of_cluster(),
            }),
        Some(found) if differences.is_empty() => return Some(Known::Now(found.arn.clone())),
        Some(_) => Change::new(Action::Update, id, address)
            .because("others may assume it than should")
            .showing(differences)
            .calling(Call::PutTrust { name, trust: trust.clone() }),
    };
    let change = change.needing(needs.to_vec());
    let arn = found
        .map_or_else(|| Known::After(change.id.clone()), |found| Known::Now(found.arn.clone()));
    plan.changes.push(change);
    Some(arn)
}

/// Plans this deployment's policy in the role, after `needs`; the answer is what must be done
/// before it is in force.
pub fn plan_policy<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    (owner, document): (&Owner, Document),
    found: Option<&Role>,
    needs: Vec<ChangeId>,
) -> Option<ChangeId> {
    let has = found.and_then(|role| role.policy.clone());
    let action = if has.is_some() { Action::Update } else { Action::Create };
    let has = has.map(|policy| Spec { document: Document::literal(policy) });
    let spec = Spec { document: document.clone() };
    let differences = compare(POLICY_PROPERTIES, &spec, has.as_ref()).differences;
    if differences.is_empty() {
        return None;
    }
    let why =
        if has.is_some() { "it allows something else" } else { "the role has no policy for it" };
    let change = Change::new(action, scope.id(POLICY_KIND), scope.address(POLICY_KIND, None))
        .because(why)
        .needing(needs)
        .showing(differences)
        .calling(Call::PutPolicy { role: owner.role_name(), name: owner.policy_name(), document });
    let id = change.id.clone();
    plan.changes.push(change);
    Some(id)
}

/// Whether a role stays when a deployment goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stays {
    /// It goes, unless it has policies that others put there.
    No,
    /// Another module of the same job decides.
    Silently,
    Because(String),
}

/// Plans the removal of this deployment's policy after `needs`, and of the role with it unless
/// that stays.
pub fn remove<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    owner: &Owner,
    (found, stays): (&Role, Stays),
    needs: Vec<ChangeId>,
) -> Option<ChangeId> {
    if !found.ours {
        plan.notes.push(format!("the role {} stays: it does not carry our tags", found.arn));
        return None;
    }
    let name = owner.role_name();
    let gone = found.policy.clone().map(|policy| Spec { document: Document::literal(policy) });
    let drop = || Call::DeletePolicy { role: name.clone(), name: owner.policy_name() };
    let others = found.others.join(", ");
    let stays = match stays {
        Stays::No if !others.is_empty() => Stays::Because(format!("it has the policies {others}")),
        stays => stays,
    };
    if let Stays::Because(why) = &stays {
        plan.notes.push(format!("the role {} stays: {why}", found.arn));
    }
    let change = match (stays, &gone) {
        (Stays::Silently | Stays::Because(_), gone) => {
            let id = scope.id(format_args!("{POLICY_KIND}.delete"));
            let gone = gone.as_ref()?;
            Change::new(Action::Delete, id, scope.address(POLICY_KIND, None))
                .because("the deployment is destroyed")
                .showing(plan::gone(POLICY_PROPERTIES, gone))
                .calling(drop())
        }
        (Stays::No, gone) => {
            let id = scope.id(format_args!("{KIND}.delete"));
            let mut change = Change::new(Action::Delete, id, scope.address(KIND, None))
                .because("the deployment is destroyed")
                .showing([Difference::gone("arn", &found.arn)]);
            if gone.is_some() {
                change = change.calling(drop());
            }
            change.calling(Call::Delete { name: name.clone() })
        }
    };
    let change = change.needing(needs);
    let id = change.id.clone();
    plan.changes.push(change);
    Some(id)
}

/// A role of our name that we did not make.
fn not_ours(scope: &Scope, found: &Role) -> Refusal {
    Refusal::new(
        scope.address(KIND, None),
        format!("the role {} is there, and does not carry this project's tags", found.arn),
        format!(
            "delete it, or have the driver use it as it is: `driver_identity = \"{}\"`",
            found.arn
        ),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_field_of_a_spec_is_in_the_table() {
        let spec = Spec { document: Document::literal(json!({ "Version": "2012-10-17" })) };
        // A new field does not compile until it is here, and then it must be in the table.
        let Spec { document: _ } = &spec;
        for property in PROPERTIES.iter().chain(POLICY_PROPERTIES) {
            assert!(!property.rows(&spec).is_empty(), "{} reads nothing", property.name);
        }
    }
}
