//! The plan of all modules of a job: one graph.

use std::collections::BTreeMap;

use anyhow::Context as _;
use efs::changes_of_classes;
use efs::costs::{self, Prices};
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
    prices: &Prices,
) -> anyhow::Result<Plan<Call>> {
    let mut whole = Plan::default();
    if job.goal.destroys() {
        whole.unchanged = "No changes. There is nothing to destroy.";
    }
    whole.details.entry("zones").or_default();
    let (storage, classes) = storage(job, observed)?;
    for ((label, inputs), plan) in job.storage().zip(storage) {
        let aws = clients.get(&inputs.aws_region).context("a region has no client")?;
        if let Some(found) = observed.storage.get(label) {
            let of = (&job.storage_scope(label), job.goal.destroys());
            let costs = costs::of_plan(&plan, of, (inputs, &found.actual), prices);
            whole.details.entry("costs").or_default().extend(costs);
        }
        whole.append(plan.map(|call| Call::of_storage(call, aws)));
    }
    for (label, inputs) in job.workloads() {
        let Some(found) = observed.workloads.get(label) else { continue };
        let (scope, delete_data) = (Job::workload_scope(label), job.goal.deletes_data());
        let plan = if job.goal.destroys() {
            graphscope::destroy(&scope, inputs, found, delete_data)
        } else {
            let needs = classes.get(&inputs.storage_class_name).map_or(&[][..], Vec::as_slice);
            graphscope::plan(&scope, inputs, found, needs, delete_data)?
        };
        whole.append(plan.map(Call::of_workload));
    }
    Ok(whole)
}

/// The changes that claims of a class need, by the class.
type Classes = BTreeMap<String, Vec<ChangeId>>;

/// The plans of the storage modules in the order of the job, and the changes that claims
/// of their classes need.
fn storage(job: &Job, observed: &Observed) -> anyhow::Result<(Vec<efs::Plan>, Classes)> {
    let of = |label: &str| observed.storage.get(label).context("a module was not observed");
    if job.goal.destroys() {
        let scopes: Vec<_> = job.storage().map(|(label, _)| job.storage_scope(label)).collect();
        let modules = job.storage().zip(&scopes);
        let modules = modules
            .map(|((label, inputs), scope)| anyhow::Ok((scope, inputs, &of(label)?.actual)))
            .collect::<Result<Vec<_>, _>>()?;
        let words = job.goal.deletes_file_systems();
        return Ok((efs::destroy_together(&modules, words), Classes::new()));
    }
    let modules = job.storage().map(|(label, _)| {
        let found = of(label)?;
        let desired = found.desired.as_ref().ok_or_else(|| {
            failure(
                "the network module returned no outputs",
                "give `subnet_ids` and `security_group_id` themselves",
            )
        })?;
        anyhow::Ok((desired, &found.actual))
    });
    let modules = modules.collect::<Result<Vec<_>, _>>()?;
    let plans = match &job.goal {
        Goal::Failover(wanted) => {
            let failing = job.storage().map(|(label, _)| observed.failing.get(label));
            let failing = failing.map(|it| it.context("a module was not looked at"));
            let all = modules.iter().zip(failing);
            let all = all.map(|((desired, actual), it)| anyhow::Ok((*desired, *actual, it?)));
            let all = all.collect::<Result<Vec<_>, _>>()?;
            efs::failover_together(&all, &wanted.how)?
        }
        _ => efs::plan_together(&modules)?,
    };
    let classes = modules.iter().zip(&plans);
    let classes = classes.flat_map(|((desired, _), plan)| changes_of_classes(desired, plan));
    let classes = classes.collect();
    Ok((plans, classes))
}
