//! The StorageClass's part of a plan, and its row.

use std::collections::BTreeMap;

use inputs::plain;
use kubernetes::{Preconditions, RenderError};
use plan::{Action, Change, ChangeId, Plan, Refusal, Row, Scope, Text, compare};

use super::document::Wanted;
use super::spec::{PROPERTIES, StorageClass};
use crate::ids::FileSystemId;
use crate::owner::Owner;
use crate::resources::mount_target::Ready;

/// The kind of resource, as it stands in addresses.
pub const KIND: &str = "storage_class";

/// A call of Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Applies the class.
    Apply {
        name: String,
        /// The whole object, as YAML.
        document: Text,
    },
    /// Deletes the class that was observed, and no other of its name.
    Delete { name: String, preconditions: Preconditions },
}

/// Plans the class in a cluster, after `ready`: whoever claims from it can mount
/// from then on.
pub fn plan<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    wanted: &Wanted,
    (cluster, found): (&str, Option<&StorageClass>),
    ready: &Ready,
) -> Result<(), RenderError> {
    let name = &wanted.inputs.name;
    let is_its = |found: &StorageClass| {
        if wanted.beside { found.is_beside(wanted.owner) } else { found.is_of(wanted.owner) }
    };
    if let Some(found) = found.filter(|found| !is_its(found) && !is_taken_over(wanted, found)) {
        let fixed = if wanted.takes_over { fixed(wanted, found) } else { String::new() };
        plan.refusals.push(not_ours(scope, found, (wanted.owner, name), (cluster, &fixed)));
        return Ok(());
    }
    let spec = wanted.spec();
    let had = found.map(|found| found.spec_beside(&spec));
    let compared = compare(PROPERTIES, &spec, had.as_ref());
    if found.is_some() && compared.differences.is_empty() {
        return Ok(());
    }
    let id = if wanted.beside { id_beside(scope, name) } else { id(scope) };
    let change = |action| Change::new(action, id.clone(), scope.address(KIND, Some(name)));
    let change = match found {
        None => change(Action::Create).because("the class does not exist"),
        Some(found) if compared.replaces => change(Action::Replace)
            .because(
                "Kubernetes never changes these fields: the class must be deleted and created again; \
                 claims and volumes that were made from it stay as they are",
            )
            .calling(found.deletion(name)),
        Some(found) if !is_its(found) => {
            change(Action::Update).because("the deployment takes the class over")
        }
        Some(_) => change(Action::Update).because("the class differs"),
    };
    plan.changes.push(
        change
            .needing(ready.needs.clone())
            .needing_any(ready.targets.clone())
            .showing(compared.differences)
            .calling(Call::Apply { name: name.clone(), document: wanted.document()? }),
    );
    Ok(())
}

/// Whether a class of somebody else becomes the deployment's own, whose file system was taken over
/// too: it is on that one, no other deployment made it, and Kubernetes changes all that differs.
fn is_taken_over(wanted: &Wanted, found: &StorageClass) -> bool {
    let on_it = || {
        let id = wanted.file_system.now();
        id.is_some_and(|id| found.file_system() == Some(id.as_str()))
    };
    wanted.takes_over
        && !found.is_ours()
        && on_it()
        && !compare(PROPERTIES, &wanted.spec(), Some(&found.spec)).replaces
}

impl StorageClass {
    /// The call that deletes it.
    fn deletion(&self, name: &str) -> Call {
        Call::Delete { name: name.to_owned(), preconditions: self.preconditions.clone() }
    }
}

/// The id of the change that applies the class.
pub fn id(scope: &Scope) -> ChangeId {
    scope.id(KIND)
}

/// The id of the change that applies a class beside it.
pub fn id_beside(scope: &Scope, name: &str) -> ChangeId {
    scope.id(format_args!("{KIND}.{name}"))
}

/// The id of the change that deletes the class.
pub fn removal_id(scope: &Scope) -> ChangeId {
    scope.id("storage_class.delete")
}

/// Plans the deletion of the class, where it is ours; refused while `held` says
/// which claims hold volumes of it.
pub fn remove<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    owner: &Owner,
    found: Option<&StorageClass>,
    (held, file_system_stays): (&[String], bool),
) -> Vec<ChangeId> {
    let name = &owner.storage_class;
    let address = scope.address(KIND, Some(name));
    if !held.is_empty() {
        plan.refusals.push(Refusal::new(
            &address,
            format!("claims hold volumes of the class: {}", plan::named(held, ", ")),
            if file_system_stays {
                "delete these claims, whose pods need the driver, and run it again: volumes whose \
                 reclaim policy is `Retain` keep their data, and stay"
            } else {
                "delete these claims, and the volumes that were retained, if their data may go; \
                 then run it again"
            },
        ));
    }
    let Some(found) = found else { return Vec::new() };
    if !found.is_of(owner) {
        plan.notes.push(format!("the class `{name}` stays: this deployment did not make it"));
        return Vec::new();
    }
    let change = Change::new(Action::Delete, removal_id(scope), address)
        .because("the deployment is destroyed")
        .calling(found.deletion(name));
    let id = change.id.clone();
    plan.changes.push(change);
    vec![id]
}

/// The id of the change that deletes a class beside it.
pub fn removal_id_beside(scope: &Scope, name: &str) -> ChangeId {
    scope.id(format_args!("{KIND}.{name}.delete"))
}

/// Plans the deletion of classes that the deployment made beside its own, but for those that stay;
/// one after the other. Claims and volumes that were made from them stay as they are.
pub fn remove_beside<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    owner: &Owner,
    found: &BTreeMap<String, StorageClass>,
    (why, stays): (&str, impl Fn(&str) -> bool),
) -> Vec<ChangeId> {
    let mut removed = Vec::new();
    for (name, class) in found.iter().filter(|(name, class)| class.is_beside(owner) && !stays(name))
    {
        let id = removal_id_beside(scope, name);
        let change = Change::new(Action::Delete, id.clone(), scope.address(KIND, Some(name)))
            .because(why)
            .needing(removed.last().cloned())
            .calling(class.deletion(name));
        plan.changes.push(change);
        removed.push(id);
    }
    removed
}

/// Its row in a status.
pub fn row(
    (owner, name): (&Owner, &str),
    found: Option<&StorageClass>,
    file_system: Option<&FileSystemId>,
) -> Row {
    let beside = *name != owner.storage_class;
    let Some(found) = found else { return Row::missing("storage class", name) };
    let names = found.file_system().unwrap_or("-");
    let fits = file_system.is_some_and(|id| id.as_str() == names);
    let ours = if beside { found.is_beside(owner) } else { found.is_of(owner) };
    let (state, detail) = if !ours {
        ("not ours", format!("on {names}"))
    } else if fits {
        ("present", format!("on {names}"))
    } else {
        ("stale", format!("on {names}, which is not this deployment's file system"))
    };
    Row {
        resource: "storage class",
        name: name.to_owned(),
        state: state.to_owned(),
        detail: plain(&detail),
        healthy: state == "present",
    }
}

/// What keeps a class from being taken over: what of it Kubernetes never changes, and the inputs want
/// otherwise.
fn fixed(wanted: &Wanted, found: &StorageClass) -> String {
    let compared = compare(PROPERTIES, &wanted.spec(), Some(&found.spec));
    let fixed = compared.differences.iter().filter(|it| it.forces_replacement);
    let fixed: Vec<String> = fixed
        .map(|it| {
            let has = it.before.as_ref().map_or("not set".to_owned(), |it| format!("`{it}`"));
            format!("{} is {has}", it.attribute.as_str())
        })
        .collect();
    if fixed.is_empty() {
        return String::new();
    }
    let why = "; Kubernetes never changes what the inputs want otherwise";
    plain(&format!("{why}: {}", fixed.join(", ")))
}

/// A class of that name which somebody else made.
fn not_ours(
    scope: &Scope,
    found: &StorageClass,
    (owner, name): (&Owner, &str),
    (cluster, fixed): (&str, &str),
) -> Refusal {
    let reason = match found.cluster() {
        Some(other) if found.is_ours() && other != owner.cluster => format!(
            "the class in `{cluster}` was made for the cluster `{other}`, and this deployment is for `{}`",
            owner.cluster
        ),
        _ => format!("`{cluster}` has a class of that name that was not made here{fixed}"),
    };
    Refusal::new(
        scope.address(KIND, Some(name)),
        reason,
        "check `--context` and `cluster_name`; else choose another `storage_class_name`, or another \
         name in `storage_classes`, or delete that class yourself",
    )
}
