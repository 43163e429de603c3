//! `status`: what there is, in one table.

use std::process::ExitCode;

use efs::Status;
use job::{Job, Output};

use super::{connect, deployment, stopped};
use crate::aws::Aws;
use crate::progress::Progress;
use crate::report;
use crate::stop::Stop;

pub(super) async fn run(job: &Job, aws: &Aws, stop: &Stop) -> anyhow::Result<ExitCode> {
    let target = connect(job).await?;
    let progress = Progress::new();
    let line = progress.line("observing");
    let observed = tokio::select! {
        observed = deployment::everything(aws, target.as_ref(), job) => observed?,
        reason = stop.stopped() => {
            line.failed("given up");
            return Ok(stopped(job, reason, "Nothing was changed."));
        }
    };
    line.done(&format!("read {} in {} calls", job.inputs.aws_region, aws.calls.count()));
    let status = Status::of(&job.inputs, &observed.actual);
    match job.output {
        Output::Json => report::json(&status),
        Output::Text => report::text(&status),
    }
    Ok(ExitCode::SUCCESS)
}
