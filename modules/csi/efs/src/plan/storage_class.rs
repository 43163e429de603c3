//! The StorageClass's part of a plan, where the target is a cluster.

use std::collections::{BTreeMap, BTreeSet};

use super::file_system::Planned;
use super::{
    Action, After, Difference, FileSystemRef, Operation, Plan, Refusal, Resource, Step, address,
};
use crate::cluster::{Cluster, StorageClass};
use crate::desired::Desired;
use crate::documents::{Immutable, wanted_annotations, wanted_labels};
use crate::tags::Owner;

const STEP: &str = "storage_class";

pub(super) fn plan(
    plan: &mut Plan,
    desired: &Desired,
    cluster: &Cluster,
    file_system: &Planned,
    ready: &[String],
) {
    let name = &desired.owner.storage_class;
    let address = address(&desired.module, Resource::StorageClass, Some(name));
    let found = cluster.storage_class.as_ref();
    if let Some(found) = found
        && !found.is_of(&desired.owner)
    {
        plan.refusals.push(not_ours(address, found, &desired.owner, cluster));
        return;
    }
    let had = found.map(|found| &found.immutable);
    let mut differences = immutable_differences(desired, had, &file_system.reference);
    let replaced = found.is_some() && !differences.is_empty();
    differences.extend(mutable_differences(desired, found));
    if found.is_some() && differences.is_empty() {
        return;
    }
    let (action, reason) = match found {
        None => (Action::Create, "the class is not there"),
        Some(_) if replaced => (
            Action::Replace,
            "Kubernetes never changes these fields: the class must be deleted and created again; \
             claims and volumes that were made from it stay as they are",
        ),
        Some(_) => (Action::Update, "the class differs"),
    };
    plan.steps.push(Step {
        id: STEP.to_owned(),
        action,
        resource: Resource::StorageClass,
        address,
        reason: reason.to_owned(),
        // Who claims from it can mount from then on.
        needs: ready.to_vec(),
        differences,
        operation: Operation::ApplyStorageClass {
            file_system: file_system.reference.clone(),
            replace: replaced,
        },
    });
}

/// A class of that name which somebody else made.
fn not_ours(address: String, found: &StorageClass, owner: &Owner, cluster: &Cluster) -> Refusal {
    let reason = match found.cluster() {
        Some(other) if found.is_ours() && other != owner.cluster => format!(
            "the class in `{}` was made for the cluster `{other}`, and this deployment is for `{}`",
            cluster.name, owner.cluster
        ),
        _ => format!("`{}` has a class of that name that was not made here", cluster.name),
    };
    Refusal {
        address,
        reason,
        remedy: "check `--context` and `cluster_name`; else choose another `storage_class_name`, \
                 or delete that class yourself"
            .to_owned(),
    }
}

/// Labels, annotations and expansion: what can be changed in place.
fn mutable_differences(desired: &Desired, found: Option<&StorageClass>) -> Vec<Difference> {
    let none = (BTreeMap::new(), BTreeSet::new());
    let (labels, our_labels) =
        found.map_or((&none.0, &none.1), |found| (&found.labels, &found.our_labels));
    let (annotations, our_annotations) =
        found.map_or((&none.0, &none.1), |found| (&found.annotations, &found.our_annotations));
    let mut differences =
        map_differences("labels", labels, our_labels, &wanted_labels(&desired.inputs));
    differences.extend(map_differences(
        "annotations",
        annotations,
        our_annotations,
        &wanted_annotations(&desired.inputs),
    ));
    let wanted = desired.inputs.storage_class.allow_volume_expansion;
    if found.map(|found| found.allow_volume_expansion) != Some(wanted) {
        differences.push(Difference::new(
            "allowVolumeExpansion",
            found.map(|found| found.allow_volume_expansion.to_string()),
            After::Value(wanted.to_string()),
        ));
    }
    differences
}

/// What others set stays; what we set and want no more goes.
fn map_differences(
    name: &str,
    found: &BTreeMap<String, String>,
    ours: &BTreeSet<String>,
    wanted: &BTreeMap<String, String>,
) -> Vec<Difference> {
    let attribute = |key: &str| format!("{name}[{key:?}]");
    let set =
        wanted.iter().filter(|(key, value)| found.get(*key) != Some(value)).map(|(key, value)| {
            let before = found.get(key).cloned();
            Difference::new(&attribute(key), before, After::Value(value.clone()))
        });
    let gone = found
        .iter()
        .filter(|(key, _)| ours.contains(*key) && !wanted.contains_key(*key))
        .map(|(key, value)| Difference::gone(&attribute(key), value));
    set.chain(gone).collect()
}

/// What a class says now and shall say, in the fields that cannot be changed.
pub(super) fn immutable_differences(
    desired: &Desired,
    had: Option<&Immutable>,
    file_system: &FileSystemRef,
) -> Vec<Difference> {
    let id = match file_system {
        FileSystemRef::Known(id) => id.as_str(),
        FileSystemRef::AfterApply => "",
    };
    let wanted = Immutable::wanted(&desired.inputs, id);
    // Every field is looked at: a new one does not compile until somebody says what it means.
    let Immutable { provisioner, parameters, reclaim_policy, volume_binding_mode, mount_options } =
        &wanted;
    let mut rows: Vec<(String, Option<String>, Option<String>)> = vec![
        (
            "provisioner".to_owned(),
            had.map(|had| had.provisioner.clone()),
            Some(provisioner.clone()),
        ),
        (
            "reclaimPolicy".to_owned(),
            had.map(|had| had.reclaim_policy.clone()),
            Some(reclaim_policy.clone()),
        ),
        (
            "volumeBindingMode".to_owned(),
            had.map(|had| had.volume_binding_mode.clone()),
            Some(volume_binding_mode.clone()),
        ),
        (
            "mountOptions".to_owned(),
            had.map(|had| had.mount_options.join(", ")).filter(|text| !text.is_empty()),
            Some(mount_options.join(", ")).filter(|text| !text.is_empty()),
        ),
    ];
    let none = BTreeMap::new();
    let before = had.map_or(&none, |had| &had.parameters);
    let mut keys: Vec<&String> = parameters.keys().chain(before.keys()).collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        rows.push((
            format!("parameters.{key}"),
            before.get(key).cloned(),
            parameters.get(key).cloned(),
        ));
    }
    rows.into_iter()
        .filter(|(_, before, after)| before != after)
        .map(|(attribute, before, after)| {
            let after = match after {
                Some(_) if attribute == "parameters.fileSystemId" => file_system.as_after(),
                Some(value) => After::Value(value),
                None => After::Gone,
            };
            let difference = Difference::new(&attribute, before, after);
            if had.is_some() { difference.forcing() } else { difference }
        })
        .collect()
}

/// The step that deletes the class, where it is ours; refused while claims hold volumes of it.
pub(super) fn remove(
    plan: &mut Plan,
    module: &str,
    owner: &Owner,
    cluster: &Cluster,
) -> Vec<String> {
    let name = &owner.storage_class;
    let address = address(module, Resource::StorageClass, Some(name));
    if !cluster.claims.is_empty() {
        let held: Vec<String> = cluster
            .claims
            .iter()
            .map(|claim| format!("{} ({})", claim.address(), claim.phase))
            .collect();
        plan.refusals.push(Refusal {
            address: address.clone(),
            reason: format!("claims hold volumes of the class: {}", held.join(", ")),
            remedy:
                "delete these claims, and the volumes that were retained, if their data may go; \
                     then run it again"
                    .to_owned(),
        });
    }
    let Some(found) = &cluster.storage_class else {
        return Vec::new();
    };
    if !found.is_of(owner) {
        plan.notes.push(format!("the class `{name}` stays: this deployment did not make it"));
        return Vec::new();
    }
    let id = format!("{STEP}.delete");
    plan.steps.push(Step {
        id: id.clone(),
        action: Action::Delete,
        resource: Resource::StorageClass,
        address,
        reason: "the deployment is taken down".to_owned(),
        needs: Vec::new(),
        differences: Vec::new(),
        operation: Operation::DeleteStorageClass { name: name.clone() },
    });
    vec![id]
}
