//! Things that two modules of a file would both make: they would undo each other's work.

use job::{Module, ModuleInputs};

use super::workloads::Storage;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};

/// Finds what two modules share and should not.
pub(super) fn check(storage: &[Storage], workloads: &[Module], diagnostics: &mut Diagnostics) {
    one_cluster(storage, diagnostics);
    for (at, one) in storage.iter().enumerate() {
        let same = |other: &&Storage| {
            let classes: Vec<_> = classes_of(other).collect();
            classes_of(one).any(|class| classes.contains(&class))
        };
        if let Some(other) = storage[..at].iter().find(same) {
            diagnostics.push(
                Diagnostic::new(
                    format!(
                        "`module \"{}\"` has the same cluster and storage class as `module \"{}\"`",
                        one.label, other.label
                    ),
                    one.given.block.clone(),
                )
                .remedy("give one of them another `storage_class_name`"),
            );
        }
        let default = |other: &&Storage| is_default(other) && cluster_of(other) == cluster_of(one);
        if is_default(one)
            && let Some(other) = storage[..at].iter().find(default)
        {
            diagnostics.push(
                Diagnostic::new(
                    format!(
                        "`module \"{}\"` makes the default class of the cluster, and so does `module \"{}\"`",
                        one.label, other.label
                    ),
                    one.given.block.clone(),
                )
                .remedy("set `default_storage_class` in one of them"),
            );
        }
    }
    for (at, one) in workloads.iter().enumerate() {
        let same =
            |other: &&Module| release_of(other).is_some() && release_of(other) == release_of(one);
        if let Some(other) = workloads[..at].iter().find(same) {
            diagnostics.push(
                Diagnostic::new(
                    format!(
                        "`module \"{}\"` has the same name and namespace as `module \"{}\"`",
                        one.label, other.label
                    ),
                    Place::Nowhere,
                )
                .remedy("give one of them another `name`"),
            );
        }
    }
}

/// One run has one cluster as its target, and its driver is one for all modules.
fn one_cluster(storage: &[Storage], diagnostics: &mut Diagnostics) {
    let Some(first) = storage.iter().find(|one| cluster_of(one).is_some()) else { return };
    let other = storage.iter().find(|one| {
        let cluster = cluster_of(one);
        cluster.is_some() && cluster != cluster_of(first)
    });
    let Some(other) = other else { return };
    let named = |one: &Storage| {
        format!("`module \"{}\"` in `{}`", one.label, cluster_of(one).unwrap_or_default())
    };
    let place = other.given.places.get("cluster_name").unwrap_or(&other.given.block);
    let message = format!("the file is about two clusters: {} and {}", named(first), named(other));
    diagnostics.push(Diagnostic::new(message, place.clone()).remedy(
        "write a file for each cluster, and deploy them together with `--fleet DIR`; \
         `--module` limits a command to one module",
    ));
}

fn cluster_of(storage: &Storage) -> Option<&str> {
    storage.inputs.as_ref().map(|inputs| inputs.cluster_name.as_str())
}

fn classes_of(storage: &Storage) -> impl Iterator<Item = (&str, &str)> {
    storage.inputs.iter().flat_map(|inputs| {
        inputs.classes().map(|class| (inputs.cluster_name.as_str(), class.name.as_str()))
    })
}

fn is_default(storage: &Storage) -> bool {
    storage.inputs.as_ref().is_some_and(|inputs| inputs.classes().any(|class| class.default))
}

fn release_of(module: &Module) -> Option<(&str, &str)> {
    match &module.inputs {
        ModuleInputs::GraphScope(inputs) => Some((&inputs.namespace, &inputs.name)),
        ModuleInputs::Network(_) | ModuleInputs::Efs(_) => None,
    }
}
