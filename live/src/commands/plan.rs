//! The plan of all modules of a job: one graph.

use efs::class_changes;
use failure::failure;
use job::{Goal, Job};
use plan::{ChangeId, Plan};

use crate::call::Call;
use crate::observe::{Clients, Observed};

/// The plan for a goal, by what was observed.
pub(super) fn plan(
    job: &Job,
    clients: &Clients,
    observed: &Observed,
) -> anyhow::Result<Plan<Call>> {
    let mut whole = Plan::default();
    whole.details.entry("zones").or_default();
    let mut classes: Vec<ChangeId> = Vec::new();
    for (label, inputs) in job.storage() {
        let (Some(found), Some(aws)) =
            (observed.storage.get(label), clients.get(&inputs.aws_region))
        else {
            continue;
        };
        let plan = if job.goal.destroys() {
            efs::destroy(&job.storage_scope(label), inputs, &found.actual)
        } else {
            let desired = found.desired.as_ref().ok_or_else(|| {
                failure(
                    "the network module returned no outputs",
                    "give `subnet_ids` and `security_group_id` themselves",
                )
            })?;
            let plan = efs::plan(desired, &found.actual)?;
            classes.extend(class_changes(desired, &plan));
            plan
        };
        whole.append(plan.map(|call| Call::of_storage(call, aws)));
    }
    for (label, inputs) in job.workloads() {
        let Some(found) = observed.workloads.get(label) else { continue };
        let (scope, delete_data) = (Job::workload_scope(label), job.goal.deletes_data());
        let plan = match job.goal {
            Goal::Destroy { .. } => graphscope::destroy(&scope, inputs, found, delete_data),
            _ => graphscope::plan(&scope, inputs, found, &classes, delete_data)?,
        };
        whole.append(plan.map(Call::of_workload));
    }
    Ok(whole)
}
