//! From what a workload should be and what is there to what will be done.

use kubernetes::release::{self, Release};
use kubernetes::{FoundChart, RenderError, claim};
use plan::files::{self, Files};
use plan::{ChangeId, Scope, Warning};

use crate::documents::claim_document;
use crate::files as in_directory;
use crate::inputs::Inputs;
use crate::kafka::{self, DefaultClass};
use crate::kind::Workload;
use crate::resources::claim::{self as claims, FoundClaim};
use crate::resources::stateful_set::{self, StatefulSet};
use crate::resources::{namespace, release as releases};

/// A call of any resource of a workload.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    File(files::Call),
    Namespace(namespace::Call),
    Claim(claims::Call),
    Expand(claim::Expand),
    StatefulSet(stateful_set::Call),
    Release(release::Call),
}

impl From<files::Call> for Call {
    fn from(call: files::Call) -> Call {
        Call::File(call)
    }
}

impl From<namespace::Call> for Call {
    fn from(call: namespace::Call) -> Call {
        Call::Namespace(call)
    }
}

impl From<claims::Call> for Call {
    fn from(call: claims::Call) -> Call {
        Call::Claim(call)
    }
}

impl From<claim::Expand> for Call {
    fn from(call: claim::Expand) -> Call {
        Call::Expand(call)
    }
}

impl From<stateful_set::Call> for Call {
    fn from(call: stateful_set::Call) -> Call {
        Call::StatefulSet(call)
    }
}

impl From<release::Call> for Call {
    fn from(call: release::Call) -> Call {
        Call::Release(call)
    }
}

/// What a workload's plan changes, and what stands against it.
pub type Plan = plan::Plan<Call>;

/// What was observed of a workload.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Actual {
    /// Its documents, where the target is a directory; there is no cluster then.
    pub documents: Option<Files>,
    /// Whether its namespace exists.
    pub namespace: bool,
    /// The claims of its namespace that have its names, or its label.
    pub claims: Vec<FoundClaim>,
    /// The class of claims that name none, where a store is planned.
    pub default_class: DefaultClass,
    pub release: Option<Release>,
    /// The `StatefulSets` of the release.
    pub stateful_sets: Vec<StatefulSet>,
    /// The `StatefulSets` as the chart would make them, where the release must be changed.
    pub rendered: Vec<StatefulSet>,
    /// Its chart, where the release must be made or changed.
    pub chart: Option<FoundChart>,
}

/// What has to be done so that a workload is what it should be, after `needs`.
///
/// A claim that is no longer wanted stays with its data, unless `delete_data`.
pub fn plan(
    scope: &Scope,
    inputs: &Inputs,
    actual: &Actual,
    needs: &[ChangeId],
    delete_data: bool,
) -> Result<Plan, RenderError> {
    let warning = warning(inputs, &actual.default_class)?;
    if let Some(found) = &actual.documents {
        let mut plan = in_directory::plan(scope, inputs, found, needs, delete_data)?;
        plan.warnings.extend(warning);
        return Ok(plan);
    }
    let mut plan = Plan::default();
    plan.warnings.extend(warning);
    let created = namespace::plan(&mut plan, scope, &inputs.namespace, actual.namespace);
    let in_namespace = [needs, created.as_slice()].concat();
    let known = inputs.claims();
    for claim in &known {
        let found = actual.claims.iter().find(|found| found.claim.name == claim.name);
        let document = claim_document(inputs, claim)?;
        claims::plan(&mut plan, scope, &inputs.wanted(), (claim, document), found, &in_namespace);
    }
    if actual.release.as_ref().is_some_and(release::can_change) {
        let sets = (actual.stateful_sets.as_slice(), actual.rendered.as_slice());
        stateful_set::plan(&mut plan, scope, inputs, sets, &actual.claims, &in_namespace);
    }
    let planned = plan.changes.iter().map(|change| change.id.clone());
    let before: Vec<ChangeId> = needs.iter().cloned().chain(planned).collect();
    let mut after = before.clone();
    let found = (actual.release.as_ref(), actual.chart.as_ref());
    after.extend(releases::plan(&mut plan, scope, &inputs.release()?, found, before));
    let gone = actual
        .claims
        .iter()
        .filter(|found| found.ours && !known.iter().any(|claim| claim.name == found.claim.name));
    for found in gone {
        claims::leave(&mut plan, scope, found, &after, delete_data);
    }
    Ok(plan)
}

/// What to warn of whatever there is.
fn warning(inputs: &Inputs, default: &DefaultClass) -> Result<Option<Warning>, RenderError> {
    if inputs.kind != Workload::Store {
        return Ok(None);
    }
    Ok(kafka::warning(&inputs.release_values()?, &inputs.storage_class_name, default))
}

/// What has to be done so that nothing of a workload is left but its data, and
/// not even that with `delete_data`.
pub fn destroy(scope: &Scope, inputs: &Inputs, actual: &Actual, delete_data: bool) -> Plan {
    if let Some(found) = &actual.documents {
        return in_directory::destroy(scope, inputs, found, delete_data);
    }
    let mut plan = Plan::default();
    let found = actual.release.as_ref();
    let before = releases::remove(&mut plan, scope, &inputs.release_id(), found);
    // What somebody else's release keeps is theirs.
    let theirs = found.is_some_and(|release| !release.ours);
    let of_us = |found: &&FoundClaim| found.ours || (found.of_release && !theirs);
    for found in actual.claims.iter().filter(of_us) {
        if !found.ours && !found.is_of_chart(&inputs.name, &inputs.storage_class_name) {
            plan.notes.push(claims::not_known(&found.claim.name, &inputs.name));
            continue;
        }
        claims::leave(&mut plan, scope, found, &before, delete_data);
    }
    plan
}
