//! What a deployment of a block would do to what is there, by its plan.

use inputs::plain;
use network::Tags;
use plan::{Action, After, Change, Difference};
use serde::Serialize;

use crate::calls::{Call, Plan};
use crate::resources::{
    access_point, file_system, ingress, mount_target, security_group, storage_class,
};

/// What is tagged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tagged {
    pub id: String,
    pub tags: Tags,
}

/// What a deployment would do in AWS.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Effects {
    /// What takes over.
    pub tagged: Vec<Tagged>,
    /// The StorageClasses that are marked as the deployment's own, by labels and annotations.
    pub labelled: Vec<String>,
    /// What else it would change, by address, with the reason: where all of it can be said, nothing.
    pub differences: Vec<String>,
}

/// What a plan does to the file system and what belongs to it. The driver, the class and documents
/// are made around it.
pub fn effects(plan: &Plan) -> Effects {
    let kinds = [
        file_system::KIND,
        mount_target::KIND,
        access_point::KIND,
        ingress::KIND,
        security_group::KIND,
        storage_class::KIND,
    ];
    let mut effects = Effects::default();
    for change in plan.changes.iter().filter(|change| kinds.contains(&change.address.kind)) {
        let mut others = false;
        for call in &change.calls {
            let (id, tags) = match call {
                Call::FileSystem(file_system::Call::Tag { of, tags }) => (of.to_string(), tags),
                Call::AccessPoint(access_point::Call::Tag { id, tags }) => (id.to_string(), tags),
                Call::StorageClass(storage_class::Call::Apply { name, .. })
                    if change.action == Action::Update =>
                {
                    effects.labelled.push(name.clone());
                    effects.differences.extend(of_class(change));
                    continue;
                }
                _ => {
                    others = true;
                    continue;
                }
            };
            effects.tagged.push(Tagged { id, tags: tags.clone() });
        }
        if others {
            effects.differences.push(format!("{}: {}", change.address, change.reason));
        }
        if others && change.address.kind == storage_class::KIND {
            effects.differences.extend(of_class(change));
        }
    }
    effects
}

/// What of a class would differ beside its labels and annotations, one attribute after the other.
fn of_class(change: &Change<Call>) -> Vec<String> {
    let marks = |difference: &&Difference| {
        let name = difference.attribute.as_str();
        name.starts_with("labels") || name.starts_with("annotations")
    };
    let others = change.differences.iter().filter(|difference| !marks(difference));
    others
        .map(|Difference { attribute, before, after, .. }| {
            let before = before.as_ref().map_or("nothing".to_owned(), |it| format!("`{it}`"));
            let after = match after {
                After::Value(value) => format!("`{value}`"),
                After::Gone => "nothing".to_owned(),
                After::KnownAfterApply | After::Elements(_) => "known after apply".to_owned(),
            };
            let name = attribute.as_str();
            plain(&format!("{}: {name} would change from {before} to {after}", change.address))
        })
        .collect()
}
