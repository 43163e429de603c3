//! The documents' part of a plan.

use super::file_system::Planned;
use super::{
    Action, After, Difference, FileSystemRef, Operation, Plan, Refusal, Resource, Step, address,
    storage_class,
};
use crate::actual::Actual;
use crate::desired::Desired;
use crate::documents::{Document, Immutable, is_ours};
use crate::driver::{DriverMode, HelmChart};

pub(super) fn plan(
    plan: &mut Plan,
    desired: &Desired,
    actual: &Actual,
    file_system: &Planned,
    ready: &[String],
) {
    let driver = &desired.inputs.driver;
    if let (HelmChart::Archive(path), true) = (&driver.chart, driver.mode != DriverMode::Skip) {
        plan.refusals.push(Refusal {
            address: address(&desired.module, Resource::Document, Some("kustomization.yaml")),
            reason: format!("kustomize takes no chart archive, and `helm_chart` is `{path}`"),
            remedy: "unpack it and give the folder, or a chart of a repository".to_owned(),
        });
    }
    for document in Document::ALL {
        let found = actual.documents.get(document.file_name()).map(String::as_str);
        if let Some(text) = found
            && !is_ours(text, &desired.owner)
        {
            plan.refusals.push(not_ours(&desired.module, document));
            continue;
        }
        if document == Document::ChartValues && driver.mode == DriverMode::Skip {
            if found.is_some() {
                plan.steps.push(remove(&desired.module, document, "the driver is left alone"));
            }
            continue;
        }
        if let Some(mut step) = compare(desired, document, found, &file_system.reference) {
            step.needs = match document {
                Document::ChartValues => Vec::new(),
                // Who applies the class can mount from then on.
                Document::StorageClass => ready.to_vec(),
                Document::Kustomization => others(plan),
            };
            plan.steps.push(step);
        }
    }
}

/// A file of that name which somebody else wrote.
fn not_ours(module: &str, document: Document) -> Refusal {
    Refusal {
        address: address(module, Resource::Document, Some(document.file_name())),
        reason: format!(
            "the directory has a `{}` that this deployment did not write",
            document.file_name()
        ),
        remedy: "move that file away, or give another directory with `--manifests`".to_owned(),
    }
}

/// The kustomization names the other two, and so comes after them.
fn others(plan: &Plan) -> Vec<String> {
    [Document::ChartValues, Document::StorageClass]
        .into_iter()
        .map(step_id)
        .filter(|id| plan.steps.iter().any(|step| step.id == *id))
        .collect()
}

fn step_id(document: Document) -> String {
    format!("document.{}", document.file_name())
}

fn compare(
    desired: &Desired,
    document: Document,
    found: Option<&str>,
    file_system: &FileSystemRef,
) -> Option<Step> {
    let wanted = match (document, file_system) {
        (_, FileSystemRef::Known(id)) => document.render(&desired.inputs, id).ok(),
        (Document::StorageClass, FileSystemRef::AfterApply) => None,
        (_, FileSystemRef::AfterApply) => document.render_for(&desired.inputs, "").ok(),
    };
    if found.is_some() && found == wanted.as_deref() {
        return None;
    }
    let mut differences = match document {
        Document::StorageClass => {
            let had = found.and_then(Immutable::parse);
            storage_class::immutable_differences(desired, had.as_ref(), file_system)
        }
        Document::ChartValues | Document::Kustomization => Vec::new(),
    };
    let replaced = differences.iter().any(|difference| difference.forces_replacement);
    let (action, reason) = match found {
        None => (Action::Create, "the document is not there"),
        Some(_) if replaced => (
            Action::Replace,
            "Kubernetes never changes these fields: the class must be deleted and created again",
        ),
        Some(_) => (Action::Update, "the document differs"),
    };
    if !replaced && let (Some(found), Some(wanted)) = (found, &wanted) {
        differences = line_differences(found, wanted);
    }
    Some(Step {
        id: step_id(document),
        action,
        resource: Resource::Document,
        address: address(&desired.module, Resource::Document, Some(document.file_name())),
        reason: reason.to_owned(),
        needs: Vec::new(),
        differences,
        operation: Operation::WriteDocument {
            document,
            file_system: (document == Document::StorageClass).then(|| file_system.clone()),
        },
    })
}

/// The lines that change, as attributes without a name of their own.
pub fn line_differences(found: &str, wanted: &str) -> Vec<Difference> {
    let diff = similar::TextDiff::from_lines(found, wanted);
    let text = |value: &str| value.trim_end().to_owned();
    diff.iter_all_changes()
        .filter_map(|change| match change.tag() {
            similar::ChangeTag::Equal => None,
            similar::ChangeTag::Delete => {
                Some(Difference::new("line", Some(text(change.value())), After::Gone))
            }
            similar::ChangeTag::Insert => {
                Some(Difference::new("line", None, After::Value(text(change.value()))))
            }
        })
        .collect()
}

/// The steps that remove what this deployment wrote.
pub(super) fn remove_all(
    plan: &mut Plan,
    module: &str,
    owner: &crate::tags::Owner,
    actual: &Actual,
) -> Vec<String> {
    let mut removed = Vec::new();
    // What names the others goes first.
    for document in Document::ALL.into_iter().rev() {
        let Some(text) = actual.documents.get(document.file_name()) else {
            continue;
        };
        if !is_ours(text, owner) {
            plan.notes.push(format!(
                "`{}` stays: this deployment did not write it",
                document.file_name()
            ));
            continue;
        }
        let mut step = remove(module, document, "the deployment is taken down");
        step.needs.clone_from(&removed);
        removed.push(step.id.clone());
        plan.steps.push(step);
    }
    removed
}

fn remove(module: &str, document: Document, reason: &str) -> Step {
    Step {
        id: format!("document.{}.delete", document.file_name()),
        action: Action::Delete,
        resource: Resource::Document,
        address: address(module, Resource::Document, Some(document.file_name())),
        reason: reason.to_owned(),
        needs: Vec::new(),
        differences: Vec::new(),
        operation: Operation::RemoveDocument { document },
    }
}
