//! From the goal of a job to the command that reaches it, for one job or one of many.

use job::Goal;

use super::connection::Connection;
use super::{access_points, deployment, expand, failover, identify, outputs, status, verify};
use crate::outcome::Outcome;

/// Does what the job's goal is; nothing is printed as the result yet.
pub(super) async fn reach(connection: &Connection<'_>) -> anyhow::Result<Outcome> {
    match &connection.job.goal {
        Goal::Plan { .. } | Goal::Deploy { .. } | Goal::Destroy { .. } => {
            Box::pin(deployment::carry_out(connection)).await
        }
        Goal::AccessPoints(deletion) => Box::pin(access_points::run(connection, deletion)).await,
        Goal::Outputs(asked) => Box::pin(outputs::run(connection, asked)).await,
        Goal::Status => Box::pin(status::run(connection)).await,
        Goal::Identify => Box::pin(identify::run(connection)).await,
        Goal::Expand => Box::pin(expand::run(connection)).await,
        Goal::Failover(wanted) => Box::pin(failover::run(connection, wanted)).await,
        Goal::Verify(wanted) => Box::pin(verify::run(connection, wanted)).await,
    }
}
