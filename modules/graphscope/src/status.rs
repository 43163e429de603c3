//! What there is of a workload.

use std::collections::BTreeSet;

use kubernetes::claim::Claim;
use plan::Row;
use serde::Serialize;

use crate::deployment::Actual;
use crate::files as in_directory;
use crate::inputs::Inputs;
use crate::resources::{claim as claims, release as releases};

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
        let details = claims::details(found);
        let release = actual.release.as_ref();
        let mut rows = vec![releases::row(&workload, &inputs.release_id(), release, details)];
        rows.extend(claims::missing(label, &inputs.namespace, &inputs.claims(), found));
        rows
    };
    let satisfied = found.iter().all(|found| found.claim.is_satisfied());
    let status = WorkloadStatus {
        workload: label.to_owned(),
        kind: inputs.kind.as_str(),
        namespace: inputs.namespace.clone(),
        name: inputs.name.clone(),
        release: actual.release.as_ref().map(|release| release.status.as_str().to_owned()),
        nodes: claims::nodes(found).into_iter().map(str::to_owned).collect(),
        used_bytes: claims::used_bytes(found),
        claims: found.iter().map(|found| found.claim.clone()).collect(),
        healthy: satisfied && rows.iter().all(|row| row.healthy),
    };
    (status, rows)
}
