//! What there is of a workload.

use std::collections::BTreeSet;

use kubernetes::claim::{self, Claim};
use kubernetes::readable;
use plan::Row;
use serde::Serialize;

use crate::deployment::Actual;
use crate::files as in_directory;
use crate::inputs::Inputs;
use crate::resources::claim::{Claim as WantedClaim, FoundClaim};
use crate::resources::release as releases;

/// A workload as it is there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WorkloadStatus {
    /// The label of its block.
    pub workload: String,
    pub kind: &'static str,
    /// Where it runs.
    pub namespace: String,
    /// The name of its release.
    pub name: String,
    /// The state of its release, where there is one.
    pub release: Option<String>,
    pub claims: Vec<Claim>,
    /// The nodes of the pods that use them.
    pub nodes: BTreeSet<String>,
    /// How many bytes their files take, where nodes measure that.
    pub used_bytes: Option<u64>,
    /// Whether all of it is there and as it should be.
    pub healthy: bool,
}

/// What `actual` holds of a workload, and its rows.
pub fn status(label: &str, inputs: &Inputs, actual: &Actual) -> (WorkloadStatus, Vec<Row>) {
    let found = &actual.claims;
    let rows = if let Some(documents) = &actual.documents {
        in_directory::rows(label, documents)
    } else {
        let workload = format!("{label}: {}", inputs.kind.as_str());
        let details = details(found);
        let release = actual.release.as_ref();
        let mut rows = vec![releases::row(&workload, &inputs.release_id(), release, details)];
        rows.extend(missing(label, &inputs.namespace, &inputs.claims(), found));
        // Those of its own class have rows there.
        let elsewhere = |found: &&FoundClaim| {
            found.class.as_ref() != Some(&inputs.storage_class_name) && !found.claim.is_satisfied()
        };
        rows.extend(found.iter().filter(elsewhere).map(|found| claim::row(&found.claim)));
        rows
    };
    let satisfied = found.iter().all(|found| found.claim.is_satisfied());
    let status = WorkloadStatus {
        workload: label.to_owned(),
        kind: inputs.kind.as_str(),
        namespace: inputs.namespace.clone(),
        name: inputs.name.clone(),
        release: actual.release.as_ref().map(|release| release.status.as_str().to_owned()),
        nodes: nodes(found).into_iter().map(str::to_owned).collect(),
        used_bytes: used_bytes(found),
        claims: found.iter().map(|found| found.claim.clone()).collect(),
        healthy: satisfied && rows.iter().all(|row| row.healthy),
    };
    (status, rows)
}

/// The claims of a workload that should be there and are not, in the table of a status.
fn missing(
    workload: &str,
    namespace: &str,
    wanted: &[WantedClaim],
    found: &[FoundClaim],
) -> Vec<Row> {
    let there = |claim: &&WantedClaim| found.iter().any(|found| found.claim.name == claim.name);
    let missing = wanted.iter().filter(|claim| !there(claim));
    let name = |claim: &WantedClaim| format!("{workload}: claim {namespace}/{}", claim.name);
    missing.map(|claim| Row::missing("workload", name(claim))).collect()
}

/// What the row of a workload says of its claims: their names, what they hold, and where they
/// are mounted.
fn details(found: &[FoundClaim]) -> Vec<String> {
    let mut details = Vec::new();
    let names: Vec<&str> = found.iter().map(|found| found.claim.name.as_str()).collect();
    if !names.is_empty() {
        details.push(format!("claims {}", names.join(", ")));
    }
    if let Some(bytes) = used_bytes(found) {
        details.push(format!("{} used", readable(bytes)));
    }
    let nodes = nodes(found);
    if !nodes.is_empty() {
        details.push(format!("on {}", nodes.into_iter().collect::<Vec<_>>().join(", ")));
    }
    details
}

/// The nodes of the pods that use claims.
fn nodes(found: &[FoundClaim]) -> BTreeSet<&str> {
    found.iter().flat_map(|found| &found.claim.nodes).map(String::as_str).collect()
}

/// How many bytes the files of claims take, as far as nodes measure that; nothing where none does.
fn used_bytes(found: &[FoundClaim]) -> Option<u64> {
    found.iter().filter_map(|found| found.claim.used_bytes).reduce(u64::saturating_add)
}
