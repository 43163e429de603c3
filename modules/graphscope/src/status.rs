//! What there is of a workload.

use std::collections::BTreeSet;

use efs::{ReleaseStatus, Row, Status, readable};
use serde::Serialize;

use crate::documents::Document;
use crate::inputs::Inputs;
use crate::plan::Actual;

/// A workload as it is there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WorkloadStatus {
    /// The label of its block.
    pub workload: String,
    /// Its kind.
    pub kind: &'static str,
    /// Where it runs.
    pub namespace: String,
    /// The name of its release.
    pub name: String,
    /// The state of its release, where there is one.
    pub release: Option<String>,
    /// Its claims.
    pub claims: Vec<efs::Claim>,
    /// The nodes of the pods that use them.
    pub nodes: BTreeSet<String>,
    /// How many bytes their files take, where nodes measure that.
    pub used_bytes: Option<u64>,
    /// Whether all of it is there and as it should be.
    pub healthy: bool,
}

/// What `actual` holds of a workload; its rows are added to those of the storage.
pub fn status(
    label: &str,
    inputs: &Inputs,
    actual: &Actual,
    storage: &mut Status,
) -> WorkloadStatus {
    let mut rows = Vec::new();
    if let Some(found) = &actual.documents {
        rows.extend(Document::ALL.into_iter().map(|document| {
            let there = found.contains_key(document.file_name());
            Row {
                resource: "workload",
                name: format!("{label}/{}", document.file_name()),
                state: if there { "present" } else { "missing" }.to_owned(),
                detail: String::new(),
                healthy: there,
            }
        }));
    } else {
        rows.push(release(label, inputs, actual));
        let there = |name: &str| actual.claims.iter().any(|found| found.claim.name == name);
        rows.extend(inputs.claims().into_iter().filter(|claim| !there(&claim.name)).map(|claim| {
            Row {
                resource: "workload",
                name: format!("{label}: claim {}/{}", inputs.namespace, claim.name),
                state: "missing".to_owned(),
                detail: String::new(),
                healthy: false,
            }
        }));
    }
    let claims: Vec<efs::Claim> = actual.claims.iter().map(|found| found.claim.clone()).collect();
    let bound = claims.iter().all(|claim| claim.phase == "Bound" && !claim.wants_more);
    let healthy = bound && rows.iter().all(|row| row.healthy);
    storage.add(rows);
    WorkloadStatus {
        workload: label.to_owned(),
        kind: inputs.kind.as_str(),
        namespace: inputs.namespace.clone(),
        name: inputs.name.clone(),
        release: actual.release.as_ref().map(|release| release.status.as_str().to_owned()),
        nodes: claims.iter().flat_map(|claim| claim.nodes.iter().cloned()).collect(),
        used_bytes: used(&claims),
        claims,
        healthy,
    }
}

/// The release with all that belongs to it, in one line.
fn release(label: &str, inputs: &Inputs, actual: &Actual) -> Row {
    let mut told = Vec::new();
    if let Some(release) = &actual.release {
        told.push(format!("{}, revision {}", release.chart, release.revision));
    }
    let names: Vec<&str> = actual.claims.iter().map(|found| found.claim.name.as_str()).collect();
    if !names.is_empty() {
        told.push(format!("claims {}", names.join(", ")));
    }
    let all = actual.claims.iter().map(|found| &found.claim);
    if let Some(bytes) = used(all.clone()) {
        told.push(format!("{} used", readable(bytes)));
    }
    let nodes: BTreeSet<&str> = all.flat_map(|claim| &claim.nodes).map(String::as_str).collect();
    if !nodes.is_empty() {
        told.push(format!("on {}", nodes.into_iter().collect::<Vec<_>>().join(", ")));
    }
    let (state, healthy) = match &actual.release {
        None => ("missing", false),
        Some(release) => (release.status.as_str(), release.status == ReleaseStatus::Deployed),
    };
    Row {
        resource: "workload",
        name: format!("{label}: {} {}/{}", inputs.kind.as_str(), inputs.namespace, inputs.name),
        state: efs::plain(state),
        detail: efs::plain(&told.join("; ")),
        healthy,
    }
}

/// The sum of what is known; nothing where nothing is.
fn used<'a>(claims: impl IntoIterator<Item = &'a efs::Claim>) -> Option<u64> {
    claims.into_iter().filter_map(|claim| claim.used_bytes).reduce(u64::saturating_add)
}
