//! `status`: what there is, in one table.

use std::process::ExitCode;
use std::sync::Arc;

use efs::{Status, Usage};
use job::{Job, Output};

use super::{connect, deployment, stopped};
use crate::aws::Aws;
use crate::progress::Progress;
use crate::report;
use crate::stop::Stop;
use crate::trace::Trace;

pub(super) async fn run(
    job: &Job,
    aws: &Aws,
    trace: &Arc<Trace>,
    stop: &Stop,
) -> anyhow::Result<ExitCode> {
    let target = connect(job).await?;
    let progress = Progress::new(trace);
    let looked = deployment::look(job, aws, target.as_ref(), &progress, stop).await?;
    let Some(mut observed) = looked else {
        return Ok(stopped(job, stop.stopped().await, "Nothing was changed.").told());
    };
    let measured = observed.actual.cluster.iter().flat_map(|cluster| &cluster.claims);
    let measured: Usage = measured
        .filter_map(|claim| {
            Some(((claim.namespace.clone(), claim.name.clone()), claim.used_bytes?))
        })
        .collect();
    let mut status = Status::of(&job.inputs, &observed.actual);
    let mut workloads = Vec::new();
    for (label, inputs) in &job.workloads {
        let Some(actual) = observed.workloads.get_mut(label) else { continue };
        for found in &mut actual.claims {
            let key = (found.claim.namespace.clone(), found.claim.name.clone());
            found.claim.used_bytes = measured.get(&key).copied();
        }
        workloads.push(graphscope::status(label, inputs, actual, &mut status));
    }
    match job.output {
        Output::Json => {
            let mut document = serde_json::to_value(&status)?;
            document["workloads"] = serde_json::to_value(&workloads)?;
            report::json(&document);
        }
        Output::Text => report::text(&status),
    }
    Ok(ExitCode::SUCCESS)
}
