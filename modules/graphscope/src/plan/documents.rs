//! A workload's plan where documents are left in a directory, for Argo CD and Flux.

use std::collections::BTreeMap;

use efs::{
    Action, HelmChart, Operation, Plan, Refusal, RenderError, Resource, Step, address,
    line_differences,
};

use super::{FoundClaim, may_not_become};
use crate::documents::{Document, claims_of, is_ours};
use crate::inputs::Inputs;

/// What was found of a workload's documents, by file name.
pub type FoundDocuments = BTreeMap<String, String>;

/// What has to be done so that a workload's documents are what they should be, after `needs`.
///
/// A claim that is wanted no more stays in its document with its data, unless `delete_data`.
pub(super) fn plan(
    label: &str,
    inputs: &Inputs,
    found: &FoundDocuments,
    needs: &[String],
    delete_data: bool,
) -> Result<Plan, RenderError> {
    let mut plan = Plan::default();
    if let HelmChart::Archive(path) = &inputs.helm_chart {
        plan.refusals.push(Refusal {
            address: place(label, Document::Kustomization),
            reason: format!("kustomize takes no chart archive, and `helm_chart` is `{path}`"),
            remedy: "unpack it and give the folder, or a chart of a repository".to_owned(),
        });
    }
    let mut before = needs.to_vec();
    for document in Document::ALL {
        let there = found.get(document.file_name());
        if let Some(text) = there
            && !is_ours(text, inputs)
        {
            plan.refusals.push(Refusal {
                address: place(label, document),
                reason: "the directory has a file of that name that was not written here"
                    .to_owned(),
                remedy: "move that file away, or give another directory with `--manifests`"
                    .to_owned(),
            });
            continue;
        }
        let wanted = match (document, there) {
            (Document::Claims, Some(text)) => {
                let kept = kept(&mut plan, label, inputs, text, delete_data);
                inputs.claims_document(&kept)?
            }
            _ => document.render(inputs)?,
        };
        let Some(mut step) = written(label, document, there, wanted) else { continue };
        step.needs.clone_from(&before);
        before.push(step.id.clone());
        plan.steps.push(step);
    }
    Ok(plan)
}

/// What has to be done so that nothing of a workload's documents is left but its
/// claims, and not even those with `delete_data`.
pub(super) fn destroy(
    label: &str,
    inputs: &Inputs,
    found: &FoundDocuments,
    delete_data: bool,
) -> Plan {
    let mut plan = Plan::default();
    let mut before = Vec::new();
    // What names the others goes first.
    for document in Document::ALL.into_iter().rev() {
        let Some(text) = found.get(document.file_name()) else { continue };
        if !is_ours(text, inputs) {
            plan.notes.push(format!("`{}` stays: it was not written here", path(label, document)));
            continue;
        }
        if document == Document::Claims && !delete_data {
            plan.notes.push(format!(
                "`{}` stays with the data; `--delete-data` deletes it",
                path(label, document)
            ));
            continue;
        }
        let id = format!("{label}.document.{}.delete", document.file_name());
        plan.steps.push(Step {
            id: id.clone(),
            action: Action::Delete,
            resource: Resource::Document,
            address: place(label, document),
            reason: "the workload is taken down".to_owned(),
            needs: before.clone(),
            differences: Vec::new(),
            operation: Operation::RemoveFile { path: path(label, document) },
        });
        before.push(id);
    }
    plan
}

/// Where the document is, below the directory.
fn path(label: &str, document: Document) -> String {
    format!("{label}/{}", document.file_name())
}

fn place(label: &str, document: Document) -> String {
    address(label, Resource::Document, Some(document.file_name()))
}

fn written(
    label: &str,
    document: Document,
    there: Option<&String>,
    wanted: String,
) -> Option<Step> {
    if there == Some(&wanted) {
        return None;
    }
    let (action, reason) = match there {
        None => (Action::Create, "the document is not there"),
        Some(_) => (Action::Update, "the document differs"),
    };
    Some(Step {
        id: format!("{label}.document.{}", document.file_name()),
        action,
        resource: Resource::Document,
        address: place(label, document),
        reason: reason.to_owned(),
        needs: Vec::new(),
        differences: there.map(|text| line_differences(text, &wanted)).unwrap_or_default(),
        operation: Operation::WriteFile { path: path(label, document), text: wanted },
    })
}

/// The claims that stay although no input asks for them; what no claim can become is refused.
fn kept(
    plan: &mut Plan,
    label: &str,
    inputs: &Inputs,
    text: &str,
    delete_data: bool,
) -> Vec<FoundClaim> {
    let wanted = inputs.claims();
    let (asked, free): (Vec<_>, Vec<_>) = claims_of(text)
        .into_iter()
        .partition(|found| wanted.iter().any(|claim| claim.name == found.claim.name));
    for found in asked {
        let Some(claim) = wanted.iter().find(|claim| claim.name == found.claim.name) else {
            continue;
        };
        if let Some((reason, remedy)) = may_not_become(inputs, claim, &found) {
            let address = address(label, Resource::PersistentVolumeClaim, Some(&claim.name));
            plan.refusals.push(Refusal { address, reason, remedy });
        }
    }
    if delete_data {
        return Vec::new();
    }
    for found in &free {
        let name = &found.claim.name;
        plan.notes
            .push(format!("the claim `{name}` stays with its data; `--delete-data` deletes it"));
    }
    free
}
