//! EKS Pod Identity associations: which role the pods of a service account get.

use network::Tags;
use plan::{
    Action, Change, ChangeId, Difference, Known, Mutability, Plan, Property, Refusal, Scope, Unset,
    Value, compare, equal, later,
};

use crate::owner::Owner;

/// The kind of resource, as it stands in addresses.
pub const KIND: &str = "pod_identity_association";

/// The properties of an association, wanted or found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    pub role_arn: Known<String>,
}

/// The properties, in the order in which plans show them.
pub const PROPERTIES: &[Property<Spec>] = &[Property {
    name: "role_arn",
    value: Value::One(|spec| later(&spec.role_arn)),
    same: equal,
    unset: Unset::Leave,
    change: Mutability::InPlace(()),
}];

/// An association that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Association {
    pub id: String,
    pub service_account: String,
    pub role_arn: String,
    /// Whether it carries our tags.
    pub ours: bool,
}

/// A call of EKS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Creates it; where there is one already, that must be what is wanted.
    Create {
        cluster: String,
        namespace: String,
        service_account: String,
        role: Known<String>,
        tags: Tags,
    },
    /// Gives the pods another role.
    SetRole {
        cluster: String,
        id: String,
        role: Known<String>,
    },
    Delete {
        cluster: String,
        id: String,
    },
}

/// The associations as a deployment wants them.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub owner: &'a Owner,
    pub namespace: &'a str,
    pub service_accounts: &'a [&'static str],
    pub role: &'a Known<String>,
    /// What must be done before a pod can have the role.
    pub needs: &'a [ChangeId],
    /// The tags of what is created.
    pub tags: &'a Tags,
}

/// Plans the associations; the answer is what must be done before pods that start have the role.
pub fn plan<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    wanted: &Wanted,
    found: &[Association],
) -> Vec<ChangeId> {
    let mut ids = Vec::new();
    for account in wanted.service_accounts {
        let there = found.iter().find(|one| one.service_account == *account);
        ids.extend(one(plan, scope, wanted, (account, there)));
    }
    let unwanted = |one: &&Association| {
        one.ours && !wanted.service_accounts.contains(&one.service_account.as_str())
    };
    for found in found.iter().filter(unwanted) {
        plan.changes.push(delete(scope, wanted.owner, found, "its service account needs no role"));
    }
    ids
}

fn one<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    wanted: &Wanted,
    (account, found): (&str, Option<&Association>),
) -> Option<ChangeId> {
    let Wanted { owner, namespace, service_accounts: _, role, needs, tags } = wanted;
    let id = scope.id(format_args!("{KIND}.{account}"));
    let address = scope.address(KIND, Some(account));
    let spec = Spec { role_arn: (*role).clone() };
    let has = found.map(|found| Spec { role_arn: Known::Now(found.role_arn.clone()) });
    let differences = compare(PROPERTIES, &spec, has.as_ref()).differences;
    let cluster = owner.cluster.clone();
    let change = match found {
        None => Change::new(Action::Create, id, address)
            .because(format!("pods of {namespace}/{account} have no role"))
            .showing([Difference::later("association_id")])
            .showing(differences)
            .calling(Call::Create {
                cluster,
                namespace: (*namespace).to_owned(),
                service_account: account.to_owned(),
                role: (*role).clone(),
                tags: (*tags).clone(),
            }),
        Some(_) if differences.is_empty() => return None,
        Some(found) if !found.ours => {
            plan.refusals.push(Refusal::new(
                address,
                format!(
                    "the association {} gives the pods of {namespace}/{account} the role `{}`, and \
                     does not carry this project's tags",
                    found.id, found.role_arn
                ),
                format!(
                    "leave it with `driver_identity = \"none\"`, or delete it: `aws eks \
                     delete-pod-identity-association --cluster-name {cluster} --association-id {}`",
                    found.id
                ),
            ));
            return None;
        }
        Some(found) => Change::new(Action::Update, id, address)
            .because("it gives another role")
            .showing(differences)
            .calling(Call::SetRole { cluster, id: found.id.clone(), role: (*role).clone() }),
    };
    let change = change.needing(needs.to_vec());
    let id = change.id.clone();
    plan.changes.push(change);
    Some(id)
}

/// Plans the removal of those that are ours.
pub fn remove_all<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    owner: &Owner,
    (found, why): (&[Association], &str),
    needs: &[ChangeId],
) -> Vec<ChangeId> {
    let mut ids = Vec::new();
    for found in found.iter().filter(|one| one.ours) {
        let change = delete(scope, owner, found, why).needing(needs.to_vec());
        ids.push(change.id.clone());
        plan.changes.push(change);
    }
    ids
}

fn delete<C: From<Call>>(
    scope: &Scope,
    owner: &Owner,
    found: &Association,
    why: &str,
) -> Change<C> {
    let account = &found.service_account;
    let id = scope.id(format_args!("{KIND}.{account}.delete"));
    Change::new(Action::Delete, id, scope.address(KIND, Some(account)))
        .because(why)
        .showing([Difference::gone("association_id", &found.id)])
        .showing(plan::gone(PROPERTIES, &Spec { role_arn: Known::Now(found.role_arn.clone()) }))
        .calling(Call::Delete { cluster: owner.cluster.clone(), id: found.id.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_a_spec_is_in_the_table() {
        let spec = Spec { role_arn: Known::Now("arn".to_owned()) };
        // A new field does not compile until it is here, and then it must be in the table.
        let Spec { role_arn: _ } = &spec;
        assert_eq!(PROPERTIES.len(), 1);
        for property in PROPERTIES {
            assert!(!property.rows(&spec).is_empty(), "{} reads nothing", property.name);
        }
    }
}
