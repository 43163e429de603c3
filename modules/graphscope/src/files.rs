//! A workload's plan where documents are left in a directory, for Argo CD and Flux.

use std::cmp::Ordering;

use kubernetes::claim::KIND;
use kubernetes::{RenderError, archive_for_kustomize, bytes};
use plan::files::{self, Files};
use plan::{ChangeId, Plan, Refusal, Row, Scope, Text, Warning};
use serde_json::Value;

use crate::documents::{CLAIMS, DOCUMENTS, KUSTOMIZATION, VALUES, claims_of, documents, is_ours};
use crate::inputs::Inputs;
use crate::kind::Workload;
use crate::resources::claim::{FoundClaim, Wanted, stays};

/// What has to be done so that a workload's documents are what they should be, after `needs`.
///
/// A claim that is no longer wanted stays in its document with its data, unless `delete_data`.
pub(crate) fn plan<C: From<files::Call>>(
    scope: &Scope,
    inputs: &Inputs,
    found: &Files,
    needs: &[ChangeId],
    delete_data: bool,
) -> Result<Plan<C>, RenderError> {
    let mut plan = Plan::default();
    plan.refusals.extend(archive_for_kustomize(scope, KUSTOMIZATION, &inputs.helm_chart));
    let theirs = |name: &str| found.get(name).is_some_and(|text| !is_ours(text, inputs));
    let kept = match found.get(CLAIMS).filter(|_| !theirs(CLAIMS)) {
        Some(text) => kept(&mut plan, scope, inputs, text, delete_data),
        None => Vec::new(),
    };
    if let Some(text) = found.get(VALUES).filter(|_| !theirs(VALUES)) {
        data_of_pods(&mut plan, scope, inputs, text);
    }
    let mut before = needs.to_vec();
    for (name, wanted) in documents(inputs, &kept)? {
        if theirs(name) {
            plan.refusals.push(files::foreign(scope, name));
            continue;
        }
        let there = found.get(name).map(String::as_str);
        let Some(change) = files::write(scope, name, there, &Text::literal(wanted)) else {
            continue;
        };
        let change: plan::Change<C> = change.needing(before.clone());
        before.push(change.id.clone());
        plan.changes.push(change);
    }
    Ok(plan)
}

/// What becomes of the claims of a store's pods, whose size stands in these values: they never
/// shrink, and growing them takes what neither Argo CD nor Flux does.
fn data_of_pods<C>(plan: &mut Plan<C>, scope: &Scope, inputs: &Inputs, values: &str) {
    let Some(wanted) = inputs.directories.get("data").filter(|_| inputs.kind == Workload::Store)
    else {
        return;
    };
    let found = kubernetes::parsed(VALUES, values).unwrap_or_default();
    let Some(had) = found.pointer("/store/persistence/size").and_then(Value::as_str) else {
        return;
    };
    match bytes(wanted).zip(bytes(had)).map(|(wanted, had)| wanted.total_cmp(&had)) {
        Some(Ordering::Less) => plan.refusals.push(Refusal::new(
            scope.address(files::KIND, Some(VALUES)),
            format!("the claims of its pods request {had}, and claims never shrink"),
            format!("keep `data = \"{had}\"`"),
        )),
        Some(Ordering::Greater) => {
            let Inputs { name, namespace, .. } = inputs;
            plan.warnings.push(Warning::new(
                format!(
                    "`data` of `{name}` grows from {had} to {wanted}, and Kubernetes never changes \
                     the templates of claims: Argo CD and Flux cannot apply it"
                ),
                format!(
                    "before they do, `kubectl delete statefulset --cascade=orphan --namespace \
                     {namespace} --selector \
                     app.kubernetes.io/instance={name},app.kubernetes.io/component=store`; the \
                     claims that its pods have grow with `kubectl edit pvc` and `expand-volumes`"
                ),
            ));
        }
        _ => {}
    }
}

/// What has to be done so that nothing of a workload's documents is left but its
/// claims, and not even those with `delete_data`.
pub(crate) fn destroy<C: From<files::Call>>(
    scope: &Scope,
    inputs: &Inputs,
    found: &Files,
    delete_data: bool,
) -> Plan<C> {
    let mut plan = Plan::default();
    let why = "the workload is destroyed";
    files::remove_all(
        &mut plan,
        scope,
        (DOCUMENTS, why),
        found,
        |text| is_ours(text, inputs),
        |name| {
            let data = name == CLAIMS && !delete_data;
            data.then(|| "with the data; `--delete-data` deletes it".to_owned())
        },
    );
    plan
}

/// The claims that stay although no input asks for them; what no claim can become is refused.
fn kept<C>(
    plan: &mut Plan<C>,
    scope: &Scope,
    inputs: &Inputs,
    text: &str,
    delete_data: bool,
) -> Vec<FoundClaim> {
    let wanted = Wanted { namespace: &inputs.namespace, class: &inputs.storage_class_name };
    let claims = inputs.claims();
    let claim_of = |found: &FoundClaim| claims.iter().find(|claim| claim.name == found.claim.name);
    let (asked, free): (Vec<_>, Vec<_>) =
        claims_of(text).into_iter().partition(|found| claim_of(found).is_some());
    for found in asked {
        let Some(claim) = claim_of(&found) else { continue };
        if let Some((reason, remedy)) = wanted.may_not_become(claim, &found) {
            let address = scope.address(KIND, Some(&claim.name));
            plan.refusals.push(Refusal::new(address, reason, remedy));
        }
    }
    if delete_data {
        return Vec::new();
    }
    plan.notes.extend(free.iter().map(|found| stays(&found.claim.name)));
    free
}

/// The documents of a workload in the table of a status.
pub(crate) fn rows(workload: &str, found: &Files) -> Vec<Row> {
    let row = |document: &&str| {
        let name = Scope::among(workload).path(document);
        if found.contains_key(*document) {
            Row::present("workload", name)
        } else {
            Row::missing("workload", name)
        }
    };
    DOCUMENTS.iter().map(row).collect()
}
