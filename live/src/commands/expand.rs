//! `expand-volumes`: completes what claims ask for.

use std::process::ExitCode;

use inputs::counted;
use plan::Plan;

use super::connection::Connection;
use super::deployment::{execute, finish};
use crate::call::Call;
use crate::observe;
use crate::outcome::{Ending, Outcome};
use crate::target::Target;

pub(super) async fn run(connection: &Connection<'_>) -> anyhow::Result<ExitCode> {
    let Connection { job, clients, progress, stop, .. } = connection;
    let target = Target::connect_to_cluster(job).await?;
    let mut plan = Plan::default();
    for (label, inputs) in job.storage() {
        let line = progress.line("observing");
        let cluster = tokio::select! {
            cluster = observe::cluster(&job.goal, inputs, &target) => cluster?,
            reason = stop.stopped() => {
                line.failed("stopped");
                let ending = Ending::Stopped { reason, left: Vec::new() };
                return finish(connection, &Outcome::unchanged(ending));
            }
        };
        line.done(&format!(
            "read {} in `{}`",
            counted(cluster.claims.len(), "claim"),
            cluster.name
        ));
        let Some(aws) = clients.get(&inputs.aws_region) else { continue };
        let part = efs::expand(&job.storage_scope(label), inputs, &cluster);
        plan.append(part.map(|call| Call::of_storage(call, aws)));
    }
    let target = Target::Cluster(target);
    let outcome = execute(connection, &target, &plan, None, true).await?;
    finish(connection, &outcome)
}
