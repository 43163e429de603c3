//! Plans and their deployments: observe, plan, ask, carry out, report.
//!
//! Where another run changes things meanwhile, this one observes again and continues
//! from what it finds, until nothing is left to do: the run that ends last leaves what
//! was wanted of it, and nothing in between.

use std::sync::Arc;

use efs::Canary;
use failure::report;
use job::{Goal, Output, PlanReport};
use place::{Choice, Verdict};
use plan::Plan;
use tokio::sync::watch;

use super::connection::Connection;
use super::made::{outputs, read_access_points};
use super::plan::plan;
use super::{planning, saved};
use crate::call::Call;
use crate::consent::{self, Agreed, Required};
use crate::context::{Context, Newcomers, Results};
use crate::failover;
use crate::log;
use crate::observe::Observed;
use crate::outcome::{Ending, Failed, Made, Outcome};
use crate::places;
use crate::raced::Raced;
use crate::reach;
use crate::report::json;
use crate::resources::{canary, file_system, mount_target};
use crate::run;
use crate::target::Target;
use crate::wait::{FILE_SYSTEM, MOUNT_TARGET, MOUNT_TARGET_GONE};
use crate::watch::{Awaited, Watches, rhythm};

/// How often a run plans again before it leaves the field to the others.
const ROUNDS: usize = 6;

/// Observes, plans and carries out, until nothing is left to do.
pub(super) async fn carry_out(connection: &Connection<'_>) -> anyhow::Result<Outcome> {
    let mut changed = 0;
    match rounds(connection, &mut changed).await {
        Ok(ending) => Ok(Outcome { changed, ending }),
        Err(error) if changed == 0 => Err(error),
        // What was changed before is told all the same.
        Err(error) => Ok(Outcome { changed, ending: Ending::from(error) }),
    }
}

/// How the last round ended; `changed` counts what all of them changed.
async fn rounds(connection: &Connection<'_>, changed: &mut usize) -> anyhow::Result<Ending> {
    let job = connection.job;
    let target = connection.connect().await?;
    let mut outputs = Made::default();
    let mut agreed = Agreed::default();
    let mut owes_canaries = false;
    for round in 1.. {
        let mut observed = observe(connection, &target, round == 1).await?;
        if owes_canaries {
            owe_canaries(&mut observed);
        }
        let mut plan = planned(connection, &target, &mut observed).await?;
        places::guard(job, connection.places(), &mut plan);
        if let Some(ending) = shown_or_moved(connection, &plan)? {
            return Ok(ending);
        }
        if round > 1 && plan.is_settled() {
            break;
        }
        if job.yes
            && let Some(ending) = consent::appeared(&agreed, &plan)
        {
            connection.progress.plan(&plan, &digest(&plan)?);
            return Ok(ending);
        }
        let required = agreed.required(&plan, job.yes, job.goal.destroys());
        let outcome = execute(connection, &target, &plan, Some(&observed), required).await?;
        agreed.add(&plan);
        *changed += outcome.changed;
        owes_canaries = !plan.checks.is_empty();
        match outcome.ending {
            Ending::Done(made) => {
                outputs = made;
                owes_canaries = false;
                if is_final(&job.goal, round, &plan) {
                    break;
                }
            }
            Ending::Failed(failed) if round < ROUNDS && are_raced(connection, &failed.errors) => {
                connection.progress.say(&report(&failed.errors));
                connection.progress.say("Another run is changing this deployment; re-planning.");
            }
            Ending::Refused { remedy, .. }
                if *changed > 0 && !connection.progress.is_one_of_many() =>
            {
                let why = "Nothing more was changed.".to_owned();
                return Ok(Ending::Refused { why, remedy });
            }
            ending => return Ok(ending),
        }
    }
    Ok(Ending::Done(outputs))
}

/// How a run ends that only shows its plan, or whose plan is not the one that was kept.
fn shown_or_moved(
    connection: &Connection<'_>,
    plan: &Plan<Call>,
) -> anyhow::Result<Option<Ending>> {
    match &connection.job.goal {
        Goal::Plan { detailed_exitcode, report, .. } => {
            let shown = planning::shown(connection, plan, (*detailed_exitcode, report))?;
            Ok(Some(Ending::Shown(shown)))
        }
        Goal::Deploy { saved: Some(path), .. } => {
            let moved = saved::moved(connection, plan, path)?;
            if moved.is_some() {
                connection.progress.plan(plan, &digest(plan)?);
            }
            Ok(moved)
        }
        Goal::Failover(wanted) if wanted.only_plan => {
            let shown = planning::shown(connection, plan, (false, &PlanReport::default()))?;
            Ok(Some(Ending::Shown(shown)))
        }
        _ => Ok(None),
    }
}

/// Observes everything; for the first time, without what an interrupted run left of its canaries.
async fn observe(
    connection: &Connection<'_>,
    target: &Target,
    first: bool,
) -> anyhow::Result<Observed> {
    let mut observed = connection.observe(target).await?;
    if first && sweep(connection, target).await? {
        observed = connection.observe(target).await?;
    }
    let Connection { job, clients, stop, .. } = connection;
    if let Goal::Failover(wanted) = &job.goal {
        let looks = failover::observe((job, &wanted.how), clients, target, &observed);
        observed.failing = stop.or(looks).await??;
    }
    Ok(observed)
}

/// Deletes what an interrupted run left of its canaries, before anybody takes them for somebody's
/// claims; whether there was anything. Like all deletions, that takes a cluster that is proved to
/// be the deployment's, or named.
async fn sweep(connection: &Connection<'_>, target: &Target) -> anyhow::Result<bool> {
    let goal = &connection.job.goal;
    let changes = matches!(goal, Goal::Deploy { .. } | Goal::Destroy { .. })
        || matches!(goal, Goal::Failover(wanted) if !wanted.only_plan);
    let Some(cluster) = target.cluster().filter(|_| changes) else { return Ok(false) };
    let named = places::choice(connection.job) == Choice::ByName;
    let is_there =
        |verdict: &Verdict| verdict.refusals.is_empty() && (named || verdict.unproved().is_none());
    if !connection.places().iter().all(is_there) {
        return Ok(false);
    }
    let mut any = false;
    for (_, inputs) in connection.job.storage() {
        let class = &inputs.storage_class.name;
        let swept = canary::sweep(&cluster.kube, class, &connection.progress);
        any |= connection.stop.or(swept).await??;
    }
    Ok(any)
}

/// The plan by what was observed; where it changes something, also by what lies between the nodes
/// and the mount targets. A run that finds nothing to do makes no calls for that.
async fn planned(
    connection: &Connection<'_>,
    target: &Target,
    observed: &mut Observed,
) -> anyhow::Result<Plan<Call>> {
    let (job, clients) = (connection.job, &connection.clients);
    let prices = connection.session.prices();
    let first = plan(job, clients, observed, prices)?;
    if !job.goal.plans() || first.is_empty() {
        return Ok(first);
    }
    connection.stop.or(reach::observe(job, clients, target, observed)).await?;
    plan(job, clients, observed, prices)
}

/// Has canaries sent that an earlier round did not come to, although nothing else may be left.
fn owe_canaries(observed: &mut Observed) {
    let desired = observed.storage.values_mut().filter_map(|storage| storage.desired.as_mut());
    for desired in desired.filter(|desired| desired.canary == Canary::AfterChanges) {
        desired.canary = Canary::Always;
    }
}

/// Whether a plan that was carried out needs no second look. A run that took
/// everything down looks whether another one put something up meanwhile; one that
/// waited for another run looks what is left to do.
fn is_final(goal: &Goal, round: usize, plan: &Plan<Call>) -> bool {
    let raced = round > 1 || plan.waits.iter().any(|wait| wait.call.awaits_another_run());
    let took_down = goal.destroys() && !plan.is_empty();
    // A plan that was kept is all that may be carried out.
    goal.saved().is_some() || !(raced || took_down)
}

/// Whether all that failed, failed for what another run did meanwhile.
fn are_raced(connection: &Connection<'_>, errors: &[anyhow::Error]) -> bool {
    let raced = errors.iter().all(|error| error.downcast_ref::<Raced>().is_some());
    // Another plan than the one that was kept may not be carried out.
    raced && connection.stop.reason().is_none() && connection.job.goal.saved().is_none()
}

/// Shows a plan, asks where that is needed, and carries it out.
pub(super) async fn execute(
    connection: &Connection<'_>,
    target: &Target,
    plan: &Plan<Call>,
    observed: Option<&Observed>,
    required: Required,
) -> anyhow::Result<Outcome> {
    let Connection { job, progress, stop, .. } = connection;
    let digest = digest(plan)?;
    progress.plan(plan, &digest);
    if !plan.refusals.is_empty() {
        shown_to_programs(connection, plan);
        let why = "Nothing was changed.".to_owned();
        return Ok(Outcome::unchanged(Ending::Refused { why, remedy: None }));
    }
    if progress.is_one_of_many()
        && let Some((question, remedy)) = consent::question(plan, required)
    {
        let review = review(&job.goal, job.workloads().next().is_some());
        return Ok(Outcome::unchanged(Ending::Refused {
            why: format!("{question} Nothing was changed."),
            remedy: Some(format!("{review}; {remedy}")),
        }));
    }
    let consent = stop.or(consent::given(plan, required)).await.inspect_err(|_| end_prompt());
    if let Some(refused) = consent?? {
        shown_to_programs(connection, plan);
        return Ok(Outcome::unchanged(refused));
    }
    connection.trail.plan(plan, &digest)?;
    let context = Arc::new(context(connection, target, observed));
    let ran = run::run(&context, plan, progress).await;
    let mut made = match observed {
        Some(observed) if job.goal.plans() => outputs(connection, &context, observed, plan, &ran),
        _ => Made::default(),
    };
    read_access_points(connection, plan, &mut made).await;
    let changed = ran.done;
    let ending = match ran.stopped {
        _ if !ran.errors.is_empty() => Ending::Failed(Failed {
            errors: ran.errors,
            held_back: ran.held_back.into_values().collect(),
            made,
        }),
        Some((reason, left)) => Ending::Stopped { reason, left },
        None => Ending::Done(made),
    };
    Ok(Outcome { changed, ending })
}

/// The digest of a plan as `plan-efs --output json` prints it, without line breaks.
fn digest(plan: &Plan<Call>) -> anyhow::Result<String> {
    Ok(plan::saved::digest(&serde_json::to_string(plan)?))
}

/// Leaves the prompt on a line of its own.
fn end_prompt() {
    if !log::is_json() {
        eprintln!();
    }
}

/// How to see the plan of one of several files, before it is agreed to.
fn review(goal: &Goal, workloads: bool) -> &'static str {
    match goal {
        Goal::Plan { .. } | Goal::Deploy { .. } if workloads => {
            "review `plan-graphscope` of its file"
        }
        Goal::Plan { .. } | Goal::Deploy { .. } => "review `plan-efs` of its file",
        Goal::Failover(_) => "review `failover --plan` of its file",
        // Those commands show what is wanted, and not what these do.
        Goal::Destroy { .. }
        | Goal::Expand
        | Goal::Status
        | Goal::AccessPoints(_)
        | Goal::Outputs(_)
        | Goal::Verify(_)
        | Goal::Identify => "review it with the same command and `--config` of that file",
    }
}

/// What all calls of a plan share.
fn context(connection: &Connection<'_>, target: &Target, observed: Option<&Observed>) -> Context {
    let (results, pace) = (Results::default(), connection.session.pace);
    for storage in observed.iter().flat_map(|observed| observed.storage.values()) {
        let Some(found) = &storage.actual.file_system else { continue };
        let there = storage.actual.mount_targets.iter();
        for target in there.filter(|target| !target.life_cycle.is_leaving()) {
            results.add_target(&found.id, target.clone());
        }
    }
    Context {
        target: target.clone(),
        results,
        stop: connection.stop.clone(),
        trail: Arc::clone(&connection.trail),
        failing: watch::Sender::new(false),
        newcomers: Newcomers::default(),
        file_systems: Watches::new(
            move |_| rhythm(pace, FILE_SYSTEM),
            |(aws, id)| async move { file_system::observe(&aws, &file_system::Lookup::Id(id)).await },
        ),
        mount_targets: Watches::new(
            move |(_, _, awaited)| match awaited {
                Awaited::Ready => rhythm(pace, MOUNT_TARGET),
                Awaited::Gone => rhythm(pace, MOUNT_TARGET_GONE),
            },
            |(aws, id, _)| async move { mount_target::observe(&aws, &id).await },
        ),
    }
}

/// Prints a plan that is not carried out as the result, where programs read it.
fn shown_to_programs(connection: &Connection<'_>, plan: &Plan<Call>) {
    if connection.session.output == Output::Json && !connection.progress.is_one_of_many() {
        json(plan);
    }
}

#[cfg(test)]
mod tests {
    use efs::AdoptExisting;

    use super::*;

    #[test]
    fn a_command_that_shows_the_plan_is_named() {
        let deploy = Goal::Deploy {
            delete_data: false,
            adopt_existing: AdoptExisting::None,
            canary: true,
            saved: None,
            targets: efs::TargetConsent::default(),
        };
        assert!(review(&deploy, false).contains("`plan-efs`"));
        assert!(review(&deploy, true).contains("`plan-graphscope`"));
        let destroy = Goal::Destroy { delete_data: false, file_systems: Vec::new() };
        for goal in [destroy, Goal::Expand] {
            assert!(review(&goal, false).contains("the same command and `--config`"));
        }
    }
}
