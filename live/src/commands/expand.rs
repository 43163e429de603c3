//! `expand-volumes`: completes what claims ask for.

use std::sync::Arc;

use inputs::counted;
use plan::Plan;

use super::connection::Connection;
use super::deployment::execute;
use crate::call::Call;
use crate::consent::Required;
use crate::observe;
use crate::outcome::Outcome;
use crate::places;
use crate::target::Target;

pub(super) async fn run(connection: &Connection<'_>) -> anyhow::Result<Outcome> {
    let Connection { job, clients, progress, stop, .. } = connection;
    let target = connection.connect_to_cluster().await?;
    let whole = Target::Cluster(Arc::clone(&target));
    let mut plan =
        Plan { unchanged: "No changes. No claim needs a larger volume.", ..Plan::default() };
    for (label, inputs) in job.storage() {
        let line = progress.line("observing");
        let looks = async {
            let places = connection.look_at_places(&whole);
            tokio::join!(observe::cluster((&job.goal, false), inputs, &target), places).0
        };
        let cluster = stop.or(Box::pin(looks)).await.inspect_err(|_| line.failed("stopped"))?;
        let cluster = cluster.map_err(|error| connection.misplaced(error))?;
        let class = &inputs.storage_class.name;
        let found = counted(cluster.claims.len(), "claim");
        line.done(&format!("read {found} of `{class}` in `{}`", cluster.name));
        let Some(aws) = clients.get(&inputs.aws_region) else { continue };
        let part = efs::expand(&job.storage_scope(label), inputs, &cluster);
        plan.append(part.map(|call| Call::of_storage(call, aws)));
    }
    places::guard(job, connection.places(), &mut plan);
    let required = Required { deletions: !job.yes, questions: true };
    execute(connection, &whole, &plan, None, required).await
}
