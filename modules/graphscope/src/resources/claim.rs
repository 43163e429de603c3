//! The claims that a workload needs before its chart is installed.

use kubernetes::bytes;
use kubernetes::claim::{Call, KIND};
use plan::{
    Action, Change, ChangeId, Difference, Mutability, Plan, Property, Refusal, Scope, Unset, Value,
    compare, equal, set,
};
use serde::Serialize;

/// A claim as a workload wants it, for many pods at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Claim {
    pub name: String,
    /// The directory that it holds.
    pub directory: String,
    /// Where pods have it.
    pub mounted_at: String,
    /// What it asks for, as Kubernetes writes quantities.
    pub size: String,
}

/// A claim that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundClaim {
    pub claim: kubernetes::claim::Claim,
    /// Its class.
    pub class: Option<String>,
    /// Whether this workload made it.
    pub ours: bool,
    /// Whether its chart made it, one for each pod of a StatefulSet, as the store's data.
    pub of_release: bool,
}

/// The properties of a claim, wanted or found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    pub class: Option<String>,
    pub access_modes: Option<&'static str>,
    pub size: Option<String>,
}

/// The properties, in the order in which plans show them.
pub const PROPERTIES: &[Property<Spec>] = &[
    Property {
        name: "storageClassName",
        value: Value::One(|spec| spec.class.as_ref().and_then(set)),
        same: equal,
        unset: Unset::Leave,
        change: Mutability::Never,
    },
    Property {
        name: "accessModes",
        value: Value::One(|spec| spec.access_modes.and_then(set)),
        same: |_, _| true,
        unset: Unset::Leave,
        change: Mutability::Never,
    },
    Property {
        name: "storage",
        value: Value::One(|spec| spec.size.as_ref().and_then(set)),
        same: |found, wanted| bytes(found) == bytes(wanted),
        unset: Unset::Leave,
        change: Mutability::InPlace(()),
    },
];

/// The claims as a workload wants them.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub namespace: &'a str,
    /// The StorageClass of the claims.
    pub class: &'a str,
}

impl Wanted<'_> {
    fn spec(&self, claim: &Claim) -> Spec {
        Spec {
            class: Some(self.class.to_owned()),
            access_modes: Some("ReadWriteMany"),
            size: Some(claim.size.clone()),
        }
    }

    /// Why a claim that exists can never be what is wanted, and what to do then.
    pub fn may_not_become(&self, claim: &Claim, found: &FoundClaim) -> Option<(String, String)> {
        if found.class.as_deref() != Some(self.class) {
            let had = found.class.as_deref().unwrap_or("no class");
            return Some((
                format!("the claim is of `{had}`, and a claim never changes its class"),
                format!(
                    "keep `storage_class_name = \"{had}\"`, or copy the data to a workload of \
                     another `name` and take this one down with `--delete-data`"
                ),
            ));
        }
        let had = found.claim.requested.as_deref().unwrap_or_default();
        if bytes(&claim.size) < bytes(had) {
            return Some((
                format!("the claim asks for {had}, and claims never shrink"),
                format!("keep `{} = \"{had}\"`", claim.directory),
            ));
        }
        None
    }
}

/// Plans a claim that should be there, after `needs`; `document` is the whole object.
pub fn plan<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    wanted: &Wanted,
    (claim, document): (&Claim, String),
    found: Option<&FoundClaim>,
    needs: &[ChangeId],
) {
    let address = scope.address(KIND, Some(&claim.name));
    let spec = wanted.spec(claim);
    let mut refuse =
        |reason: String, remedy: String| plan.refusals.push(Refusal::new(&address, reason, remedy));
    let (action, reason, differences) = match found {
        None => {
            let new = compare(PROPERTIES, &spec, None).differences;
            (Action::Create, "the claim is not there", new)
        }
        Some(found) if !found.ours => {
            refuse(
                format!("`{}` has a claim of that name that was not made here", wanted.namespace),
                "give the workload another `name` or `namespace`".to_owned(),
            );
            return;
        }
        Some(found) => {
            if let Some((reason, remedy)) = wanted.may_not_become(claim, found) {
                refuse(reason, remedy);
                return;
            }
            let asked =
                Spec { class: None, access_modes: None, size: found.claim.requested.clone() };
            let compared = compare(PROPERTIES, &spec, Some(&asked));
            if compared.groups.is_empty() && !found.claim.wants_more {
                return;
            }
            let before = found.claim.capacity.clone().or(found.claim.requested.clone());
            let after = plan::After::Value(claim.size.clone());
            let grows = vec![Difference::new("storage", before, after)];
            (Action::Update, "it asks for more than it has", grows)
        }
    };
    let id = scope.id(format_args!("claim.{}", claim.name));
    let (namespace, name) = (wanted.namespace.to_owned(), claim.name.clone());
    let change = Change::new(action, id, address)
        .because(reason)
        .needing(needs.to_vec())
        .showing(differences)
        .calling(Call::Apply { namespace, name, document });
    plan.changes.push(change);
}

/// Plans a claim that nobody asks for any more, after `needs`: its data outlives
/// the workload, unless `delete_data`.
pub fn leave<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    found: &FoundClaim,
    needs: &[ChangeId],
    delete_data: bool,
) {
    let name = &found.claim.name;
    if !delete_data {
        plan.notes.push(stays(name));
        return;
    }
    let address = scope.address(KIND, Some(name));
    // Pods of the release go with it; others are somebody's who still works on the data.
    if !found.claim.used_by.is_empty() && needs.is_empty() {
        let reason = format!("pods use it: {}", found.claim.used_by.join(", "));
        plan.refusals.push(Refusal::new(&address, reason, "stop them first"));
        return;
    }
    let (namespace, id) =
        (found.claim.namespace.clone(), scope.id(format_args!("claim.{name}.delete")));
    let change = Change::new(Action::Delete, id, address)
        .because("it is no longer in the inputs, and `--delete-data` was given")
        .needing(needs.to_vec())
        .calling(Call::Delete { namespace, name: name.clone() });
    plan.changes.push(change);
}

/// That a claim stays with its data.
pub fn stays(name: &str) -> String {
    format!("the claim `{name}` stays with its data; `--delete-data` deletes it")
}
