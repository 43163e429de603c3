//! The StatefulSets of a release, as far as their claims go: Kubernetes changes no template of
//! claims (<https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/>), so the
//! claims of the pods grow themselves, and the StatefulSet is deleted without its pods. Helm
//! makes it anew with the new template, and it takes over the pods, which run on.

use std::collections::BTreeMap;

use kubernetes::claim::Expand;
use kubernetes::{Preconditions, bytes};
use plan::{
    Action, Change, ChangeId, Known, Mutability, Plan, Property, Refusal, Scope, Unset, Value,
    compare, equal,
};

use super::claim::{self, FoundClaim};
use crate::inputs::Inputs;

/// The kind of resource, as it stands in addresses.
pub const KIND: &str = "stateful_set";

/// A call of Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Deletes the StatefulSet that was observed, and leaves its pods and claims; done when it
    /// is gone.
    DeleteWithoutPods { namespace: String, name: String, preconditions: Preconditions },
}

/// A StatefulSet, as it is or as the chart would make it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatefulSet {
    pub name: String,
    /// The templates of its pods' claims, by name.
    pub templates: BTreeMap<String, Template>,
    /// The object's own id, where it exists.
    pub uid: Option<String>,
}

/// A template of claims.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Template {
    pub class: Option<String>,
    pub access_modes: Vec<String>,
    /// What its claims ask for, as Kubernetes writes quantities.
    pub size: Option<String>,
}

impl StatefulSet {
    /// The template that a claim of this name was made from: `TEMPLATE-STATEFULSET-ORDINAL`.
    pub fn template_of(&self, claim: &str) -> Option<&str> {
        let (name, ordinal) = claim.rsplit_once('-')?;
        ordinal.parse::<u32>().ok()?;
        let template = name.strip_suffix(self.name.as_str())?.strip_suffix('-')?;
        self.templates.get_key_value(template).map(|(template, _)| template.as_str())
    }

    fn each(&self, value: impl Fn(&Template) -> Option<String>) -> BTreeMap<String, Known<String>> {
        let value = |(name, template): (&String, &Template)| {
            Some((name.clone(), Known::Now(value(template)?)))
        };
        self.templates.iter().filter_map(value).collect()
    }
}

/// The properties of the templates, in the order in which plans show them.
pub const PROPERTIES: &[Property<StatefulSet>] = &[
    Property {
        name: "storageClassName",
        value: Value::Each {
            entries: |set| set.each(|template| template.class.clone()),
            row: |name| format!("volumeClaimTemplates.{name}.storageClassName"),
        },
        same: equal,
        unset: Unset::Remove,
        change: Mutability::InPlace(()),
    },
    Property {
        name: "accessModes",
        value: Value::Each {
            entries: |set| set.each(|template| Some(template.access_modes.join(", "))),
            row: |name| format!("volumeClaimTemplates.{name}.accessModes"),
        },
        same: equal,
        unset: Unset::Remove,
        change: Mutability::InPlace(()),
    },
    Property {
        name: "storage",
        value: Value::Each {
            entries: |set| set.each(|template| template.size.clone()),
            row: |name| format!("volumeClaimTemplates.{name}.storage"),
        },
        same: |found, wanted| bytes(found) == bytes(wanted),
        unset: Unset::Remove,
        change: Mutability::InPlace(()),
    },
];

/// Plans what lets Helm give StatefulSets other templates of claims, after `needs`: the claims
/// of their pods grow, then each of them goes without its pods. The release needs all of it.
pub fn plan<C: From<Call> + From<claim::Call> + From<Expand>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    inputs: &Inputs,
    (found, wanted): (&[StatefulSet], &[StatefulSet]),
    claims: &[FoundClaim],
    needs: &[ChangeId],
) {
    for wanted in wanted {
        let there = found.iter().find(|found| found.name == wanted.name);
        // One that a killed run deleted left its claims, which are looked at all the same.
        let found = there.unwrap_or(wanted);
        let mut before = needs.to_vec();
        for claim in claims {
            let Some(template) = found.template_of(&claim.claim.name) else { continue };
            let (Some(had), Some(gets)) =
                (found.templates.get(template), wanted.templates.get(template))
            else {
                continue;
            };
            let grown = pods_claim(plan, scope, inputs, claim, (template, had, gets), needs);
            before.extend(grown);
        }
        let compared = compare(PROPERTIES, wanted, Some(found));
        if compared.differences.is_empty() {
            continue;
        }
        let id = scope.id(format_args!("{KIND}.{}", wanted.name));
        let change = Change::new(Action::Update, id, scope.address(KIND, Some(&wanted.name)))
            .because(
                "Kubernetes never changes the templates of claims: it is deleted without its \
                 pods, and Helm makes it anew around them",
            )
            .needing(before)
            .showing(compared.differences)
            .calling(Call::DeleteWithoutPods {
                namespace: inputs.namespace.clone(),
                name: found.name.clone(),
                preconditions: Preconditions { uid: found.uid.clone(), resource_version: None },
            });
        plan.changes.push(change);
    }
}

/// Plans the claim of a pod whose template changes.
fn pods_claim<C: From<claim::Call> + From<Expand>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    inputs: &Inputs,
    found: &FoundClaim,
    (name, had, gets): (&str, &Template, &Template),
    needs: &[ChangeId],
) -> Option<ChangeId> {
    let address = scope.address(kubernetes::claim::KIND, Some(&found.claim.name));
    if had.class != gets.class && found.class != gets.class {
        if gets.class.as_ref() == Some(&inputs.storage_class_name) {
            let (reason, remedy) = claim::never_of_another_class(found.class.as_deref());
            plan.refusals.push(Refusal::new(&address, reason, remedy));
            return None;
        }
        plan.warnings.push(claim::keeps_its_class(found));
    }
    let (had, gets) = (had.size.as_deref().unwrap_or_default(), gets.size.as_ref()?);
    if bytes(gets) < bytes(had) {
        let asked = inputs.directories.get(name).is_some_and(|size| size == gets);
        let remedy =
            if asked { format!("keep `{name} = \"{had}\"`") } else { format!("keep {had}") };
        let reason = format!("the claims of its pods request {had}, and claims never shrink");
        plan.refusals.push(Refusal::new(&address, reason, remedy));
        return None;
    }
    // Its class knows how to complete it, where that is not ours.
    let completed_here = found.class.as_ref() == Some(&inputs.storage_class_name);
    claim::grow(plan, scope, found, gets, completed_here, needs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_of_the_template_and_the_statefulset_that_its_name_is_made_of() {
        let templates = ["data", "log-data"].map(|name| (name.to_owned(), Template::default()));
        let name = "fraud-store".to_owned();
        let set = StatefulSet { name, templates: templates.into(), uid: None };
        for (claim, template) in [
            ("data-fraud-store-0", Some("data")),
            ("log-data-fraud-store-12", Some("log-data")),
            ("data-fraud-store", None),
            ("data-fraud-store-x", None),
            ("meta-fraud-store-0", None),
            ("data-other-fraud-store-0", None),
            ("datafraud-store-0", None),
        ] {
            assert_eq!(set.template_of(claim), template, "{claim}");
        }
    }

    #[test]
    fn every_field_of_a_template_is_in_the_table() {
        let template = Template {
            class: Some("efs-sc".to_owned()),
            access_modes: vec!["ReadWriteOnce".to_owned()],
            size: Some("1Gi".to_owned()),
        };
        // A new field does not compile until it is here, and then it must be in the table.
        let Template { class: _, access_modes: _, size: _ } = &template;
        let templates = BTreeMap::from([("data".to_owned(), template)]);
        let set = StatefulSet { templates, ..StatefulSet::default() };
        assert_eq!(PROPERTIES.len(), 3);
        for property in PROPERTIES {
            assert!(!property.rows(&set).is_empty(), "{} reads nothing", property.name);
        }
    }
}
