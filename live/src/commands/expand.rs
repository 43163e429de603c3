//! `expand-volumes`: completes what claims ask for.

use plan::Plan;

use super::connection::Connection;
use super::deployment::execute;
use crate::call::Call;
use crate::observe;
use crate::outcome::Outcome;
use crate::target::Target;

pub(super) async fn run(connection: &Connection<'_>) -> anyhow::Result<Outcome> {
    let Connection { job, clients, progress, stop, .. } = connection;
    let target = connection.connect_to_cluster().await?;
    let mut plan = Plan::default();
    for (label, inputs) in job.storage() {
        let line = progress.line("observing");
        let looking = Box::pin(observe::cluster(&job.goal, inputs, &target));
        let cluster = stop.or(looking).await;
        let cluster = cluster.inspect_err(|_| line.failed("stopped"))??;
        line.done(&format!("read {} claims in `{}`", cluster.claims.len(), cluster.name));
        let Some(aws) = clients.get(&inputs.aws_region) else { continue };
        let part = efs::expand(&job.storage_scope(label), inputs, &cluster);
        plan.append(part.map(|call| Call::of_storage(call, aws)));
    }
    let target = Target::Cluster(target);
    execute(connection, &target, &plan, None, true).await
}
