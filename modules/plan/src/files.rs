//! Files of a directory: written whole, and never over somebody else's.

use std::collections::BTreeMap;

use crate::change::{Action, Change, Plan};
use crate::concern::Refusal;
use crate::difference::line_differences;
use crate::id::ChangeId;
use crate::known::Text;
use crate::scope::Scope;

/// The kind of resource, as it stands in addresses.
pub const KIND: &str = "document";

/// What was found of a module's files, by file name.
pub type Files = BTreeMap<String, String>;

/// A change of one file. Paths are below the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Writes the file, the whole of it or nothing.
    Write { path: String, text: Text },
    /// Removes the file, and its folder if nothing else is in it.
    Remove { path: String },
}

/// The change that writes a file; `None` where it is what it should be.
pub fn write<C: From<Call>>(
    scope: &Scope,
    name: &str,
    found: Option<&str>,
    wanted: &Text,
) -> Option<Change<C>> {
    let now = wanted.now();
    if found.is_some() && found == now.as_deref() {
        return None;
    }
    let (action, reason) = match found {
        None => (Action::Create, "the document does not exist"),
        Some(_) => (Action::Update, "the document differs"),
    };
    let differences = found.zip(now.as_deref()).map(|(found, now)| line_differences(found, now));
    let change = Change::new(action, id(scope, name), scope.address(KIND, Some(name)))
        .because(reason)
        .showing(differences.unwrap_or_default())
        .calling(Call::Write { path: scope.path(name), text: wanted.clone() });
    Some(change)
}

/// The change that removes a file.
pub fn remove<C: From<Call>>(scope: &Scope, name: &str, reason: &str) -> Change<C> {
    let id = scope.id(format_args!("document.{name}.delete"));
    Change::new(Action::Delete, id, scope.address(KIND, Some(name)))
        .because(reason)
        .calling(Call::Remove { path: scope.path(name) })
}

/// Plans the removal of those of these files that are ours, the last one first;
/// `stays` says why one is kept all the same. The answer is what was planned.
pub fn remove_all<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    (names, reason): (&[&str], &str),
    found: &Files,
    is_ours: impl Fn(&str) -> bool,
    stays: impl Fn(&str) -> Option<String>,
) -> Vec<ChangeId> {
    let mut removed = Vec::new();
    for name in names.iter().rev() {
        let Some(text) = found.get(*name) else { continue };
        let path = scope.path(name);
        if !is_ours(text) {
            plan.notes.push(format!("`{path}` stays: this deployment did not write it"));
            continue;
        }
        if let Some(why) = stays(name) {
            plan.notes.push(format!("`{path}` stays {why}"));
            continue;
        }
        let change = remove(scope, name, reason).needing(removed.clone());
        removed.push(change.id.clone());
        plan.changes.push(change);
    }
    removed
}

/// The id of the change that writes a file.
pub fn id(scope: &Scope, name: &str) -> ChangeId {
    scope.id(format_args!("document.{name}"))
}

/// A file of that name which somebody else wrote.
pub fn foreign(scope: &Scope, name: &str) -> Refusal {
    Refusal::new(
        scope.address(KIND, Some(name)),
        format!("the directory has a `{}` that this deployment did not write", scope.path(name)),
        "move that file away, or give another directory with `--manifests`",
    )
}
