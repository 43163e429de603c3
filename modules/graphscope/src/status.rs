//! What there is of a workload.

use std::collections::BTreeSet;

use inputs::plain;
use kubernetes::claim::{self, Claim};
use kubernetes::readable;
use kubernetes::release::Status;
use plan::{Row, Scope};
use serde::Serialize;

use crate::deployment::Actual;
use crate::documents::DOCUMENTS;
use crate::inputs::Inputs;
use crate::resources::claim::FoundClaim;

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
    let mut rows = Vec::new();
    if let Some(found) = &actual.documents {
        rows.extend(DOCUMENTS.iter().map(|document| {
            let name = Scope::among(label).path(document);
            let there = found.contains_key(*document);
            if there { Row::present("workload", name) } else { Row::missing("workload", name) }
        }));
    } else {
        rows.push(release(label, inputs, actual));
        let there = |name: &str| actual.claims.iter().any(|found| found.claim.name == name);
        let missing = inputs.claims().into_iter().filter(|claim| !there(&claim.name));
        rows.extend(missing.map(|claim| {
            let name = format!("{label}: claim {}/{}", inputs.namespace, claim.name);
            Row::missing("workload", name)
        }));
        // Those of its own class have rows there.
        let elsewhere = |found: &&FoundClaim| {
            found.class.as_ref() != Some(&inputs.storage_class_name) && !found.claim.is_satisfied()
        };
        rows.extend(actual.claims.iter().filter(elsewhere).map(|found| claim::row(&found.claim)));
    }
    let claims: Vec<Claim> = actual.claims.iter().map(|found| found.claim.clone()).collect();
    let satisfied = claims.iter().all(Claim::is_satisfied);
    let status = WorkloadStatus {
        workload: label.to_owned(),
        kind: inputs.kind.as_str(),
        namespace: inputs.namespace.clone(),
        name: inputs.name.clone(),
        release: actual.release.as_ref().map(|release| release.status.as_str().to_owned()),
        nodes: claims.iter().flat_map(|claim| claim.nodes.iter().cloned()).collect(),
        used_bytes: used(&claims),
        claims,
        healthy: satisfied && rows.iter().all(|row| row.healthy),
    };
    (status, rows)
}

/// The release with all that belongs to it, in one line.
fn release(label: &str, inputs: &Inputs, actual: &Actual) -> Row {
    let mut details = Vec::new();
    if let Some(release) = &actual.release {
        details.push(format!("{}, revision {}", release.chart, release.revision));
    }
    let names: Vec<&str> = actual.claims.iter().map(|found| found.claim.name.as_str()).collect();
    if !names.is_empty() {
        details.push(format!("claims {}", names.join(", ")));
    }
    let all = actual.claims.iter().map(|found| &found.claim);
    if let Some(bytes) = used(all.clone()) {
        details.push(format!("{} used", readable(bytes)));
    }
    let nodes: BTreeSet<&str> = all.flat_map(|claim| &claim.nodes).map(String::as_str).collect();
    if !nodes.is_empty() {
        details.push(format!("on {}", nodes.into_iter().collect::<Vec<_>>().join(", ")));
    }
    let (state, healthy) = match &actual.release {
        None => ("missing", false),
        Some(release) => (release.status.as_str(), release.status == Status::Deployed),
    };
    Row {
        resource: "workload",
        name: format!("{label}: {} {}/{}", inputs.kind.as_str(), inputs.namespace, inputs.name),
        state: plain(state),
        detail: plain(&details.join("; ")),
        healthy,
    }
}

/// The sum of what is known; nothing where nothing is.
fn used<'a>(claims: impl IntoIterator<Item = &'a Claim>) -> Option<u64> {
    claims.into_iter().filter_map(|claim| claim.used_bytes).reduce(u64::saturating_add)
}
