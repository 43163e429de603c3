//! A workload's plan where documents are left in a directory, for Argo CD and Flux.

use kubernetes::claim::KIND;
use kubernetes::{RenderError, archive_for_kustomize};
use plan::files::{self, Files};
use plan::{ChangeId, Plan, Refusal, Row, Scope, Text};

use crate::documents::{CLAIMS, DOCUMENTS, KUSTOMIZATION, claims_of, documents, is_ours};
use crate::inputs::Inputs;
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
