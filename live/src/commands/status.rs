//! `status`: what there is, in one table.

use std::process::ExitCode;

use job::Output;
use kubernetes::Usage;
use plan::Table;
use serde_json::json;

use super::connection::Connection;
use super::deployment::finish;
use crate::outcome::Outcome;
use crate::report;
use crate::target::Target;

pub(super) async fn run(connection: &Connection<'_>) -> anyhow::Result<ExitCode> {
    let job = connection.job;
    let target = Target::connect(job).await?;
    let mut observed = match connection.observe(&target).await? {
        Ok(observed) => observed,
        Err(ending) => return finish(connection, &Outcome::unchanged(ending)),
    };
    let (mut rows, mut claims) = (Vec::new(), Vec::new());
    for (label, inputs) in job.storage() {
        let Some(found) = observed.storage.get(label) else { continue };
        rows.extend(efs::rows(inputs, &found.actual));
        let of_class = found.actual.cluster.iter().flat_map(|cluster| cluster.claims.clone());
        claims.extend(of_class);
    }
    let measured: Usage = claims
        .iter()
        .filter_map(|claim| {
            Some(((claim.namespace.clone(), claim.name.clone()), claim.used_bytes?))
        })
        .collect();
    let mut workloads = Vec::new();
    for (label, inputs) in job.workloads() {
        let Some(actual) = observed.workloads.get_mut(label) else { continue };
        for found in &mut actual.claims {
            let key = (found.claim.namespace.clone(), found.claim.name.clone());
            found.claim.used_bytes = measured.get(&key).copied();
        }
        let (status, more) = graphscope::status(label, inputs, actual);
        workloads.push(status);
        rows.extend(more);
    }
    match connection.session.output {
        Output::Json => report::json(&json!({
            "healthy": rows.iter().all(|row| row.healthy),
            "rows": rows,
            "claims": claims,
            "workloads": workloads,
        })),
        Output::Text => report::text(&Table(&rows)),
    }
    Ok(ExitCode::SUCCESS)
}
