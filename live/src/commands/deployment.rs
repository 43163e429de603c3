//! Plans and their deployments: observe, plan, ask, carry out, report.
//!
//! Where another run changes things meanwhile, this one looks again and goes on
//! from what it finds, until nothing is left to do: whoever ends last leaves what
//! was asked of it, and nothing in between.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::bail;
use efs::{Outputs, Plan, Styled, Until};
use job::{Command, Job, Output, Target};

use super::{connect, stopped};
use crate::aws::{Aws, Raced, observe};
use crate::cluster::{self, InCluster};
use crate::progress::Progress;
use crate::run::{self, Ended};
use crate::stop::Stop;
use crate::trace::Trace;
use crate::{consent, report, workloads};

/// How often a run looks again before it leaves the field to the others.
const ROUNDS: usize = 6;

/// How a deployment ended.
pub(super) enum Finished {
    /// What was asked for is there, or gone.
    Done {
        /// How many steps were carried out.
        changed: usize,
        /// What it tells; nothing where it was taken down.
        outputs: Option<Outputs>,
    },
    /// It is over, and why is to be said.
    Over {
        /// How many steps were carried out before.
        changed: usize,
        /// The exit code, and why.
        over: Over,
    },
}

/// Why a run is over before it came to its end.
pub(super) struct Over {
    pub(super) code: ExitCode,
    /// For the person who reads it: what happened, and what now.
    pub(super) why: String,
}

impl Over {
    pub(super) fn failure(why: String) -> Over {
        Over { code: ExitCode::FAILURE, why }
    }
}

/// One deployment, and nothing else.
pub(super) async fn run(
    job: &Job,
    aws: &Aws,
    trace: &Arc<Trace>,
    stop: &Stop,
) -> anyhow::Result<ExitCode> {
    let progress = Progress::new(trace);
    match carry_out(job, aws, &progress, stop).await? {
        Finished::Over { over: Over { code, why }, changed: _ } => {
            if !why.is_empty() {
                progress.say(&why);
            }
            Ok(code)
        }
        Finished::Done { changed, outputs } => {
            let told = report::Told {
                changed,
                calls: aws.calls.count(),
                rounds: aws.calls.rounds(),
                elapsed: progress.elapsed(),
            };
            report::done(job, &told, outputs.as_ref())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Looks, plans and carries out, until nothing is left to do.
pub(super) async fn carry_out(
    job: &Job,
    aws: &Aws,
    progress: &Progress,
    stop: &Stop,
) -> anyhow::Result<Finished> {
    let target = connect(job).await?.map(Arc::new);
    let mut changed = 0;
    let mut outputs = None;
    for round in 1.. {
        let Some(observed) = look(job, aws, target.as_deref(), progress, stop).await? else {
            let reason = stop.stopped().await;
            let over = stopped(job, reason, "Nothing was changed.");
            return Ok(Finished::Over { changed, over });
        };
        let plan = plan(job, &observed)?;
        if let Command::Plan { detailed_exitcode }
        | Command::PlanWorkloads { detailed_exitcode, .. } = job.command
        {
            let code = show(job, &plan, detailed_exitcode);
            return Ok(Finished::Over { changed, over: Over { code, why: String::new() } });
        }
        if round > 1 && plan.is_empty() && plan.refusals.is_empty() {
            break;
        }
        let asks = round == 1 || !destroys(job);
        let runner = Runner { job, aws, progress, stop, asks };
        let left = match runner.carry_out(target.clone(), &plan, &observed).await? {
            Carried::Over { over, done } => {
                return Ok(Finished::Over { changed: changed + done, over });
            }
            Carried::Through(told) => {
                changed += plan.steps.len();
                outputs = told;
                !job_is_done(job, round, &plan)
            }
            Carried::Raced { errors, done } if round < ROUNDS => {
                progress.say(&report::failures(&errors));
                progress.say("Another run is at it too: looking again.");
                changed += done;
                true
            }
            Carried::Raced { errors, done } => {
                let over = failed(job, &errors);
                return Ok(Finished::Over { changed: changed + done, over });
            }
        };
        if !left {
            break;
        }
    }
    Ok(Finished::Done { changed, outputs })
}

/// Whether a plan that is through needs no second look. Who took everything down
/// looks whether somebody put something up meanwhile; who waited for somebody's
/// deletion looks whether more of it came.
fn job_is_done(job: &Job, round: usize, plan: &Plan) -> bool {
    let leaves =
        |until: &Until| matches!(until, Until::FileSystemGone(_) | Until::MountTargetGone(_));
    let raced = round > 1 || plan.waits.iter().any(|wait| leaves(&wait.until));
    let took_down = job.command == Command::Destroy && !plan.is_empty();
    !(raced || took_down)
}

fn destroys(job: &Job) -> bool {
    matches!(job.command, Command::Destroy | Command::DestroyWorkloads { .. })
}

/// Observes everything; nothing where it is time to stop.
pub(super) async fn look(
    job: &Job,
    aws: &Aws,
    target: Option<&InCluster>,
    progress: &Progress,
    stop: &Stop,
) -> anyhow::Result<Option<Observed>> {
    let line = progress.line("observing");
    tokio::select! {
        observed = everything(aws, target, job) => {
            let observed = observed?;
            line.done(&format!("read {} in {} calls", job.inputs.aws_region, aws.calls.count()));
            Ok(Some(observed))
        }
        _ = stop.stopped() => {
            line.failed("given up");
            Ok(None)
        }
    }
}

/// The plan of storage and workloads: one graph.
fn plan(job: &Job, observed: &Observed) -> anyhow::Result<Plan> {
    let mut plan = match (&job.command, &observed.desired) {
        (Command::Destroy, _) => efs::destroy(&job.module, &job.inputs, &observed.actual),
        (Command::DestroyWorkloads { .. }, _) => Plan::default(),
        (_, Some(desired)) => efs::plan(desired, &observed.actual),
        (_, None) => bail!(
            "the network told nothing; what now: give `subnet_ids` and `security_group_id` themselves"
        ),
    };
    for (label, inputs) in &job.workloads {
        let Some(actual) = observed.workloads.get(label) else { continue };
        plan.append(match job.command {
            Command::DeployWorkloads { delete_data }
            | Command::PlanWorkloads { delete_data, .. } => {
                graphscope::plan(label, inputs, actual, &plan.class_steps(), delete_data)?
            }
            Command::DestroyWorkloads { delete_data } => {
                graphscope::destroy(label, inputs, actual, delete_data)
            }
            _ => continue,
        });
    }
    Ok(plan)
}

/// How carrying a plan out ended.
pub(super) enum Carried {
    /// All of it is done.
    Through(Option<Outputs>),
    /// The run is over.
    Over {
        /// How many steps were carried out before.
        done: usize,
        /// The exit code, and why.
        over: Over,
    },
    /// It failed for what another run did meanwhile, and for nothing else.
    Raced {
        /// What failed.
        errors: Vec<anyhow::Error>,
        /// How many steps were carried out all the same.
        done: usize,
    },
}

/// Carries plans out.
pub(super) struct Runner<'a> {
    pub(super) job: &'a Job,
    pub(super) aws: &'a Aws,
    pub(super) progress: &'a Progress,
    pub(super) stop: &'a Stop,
    /// Whether deletions need consent, or it was given already.
    pub(super) asks: bool,
}

impl Runner<'_> {
    /// Shows the plan, asks where that is needed, and carries it out.
    pub(super) async fn carry_out(
        &self,
        target: Option<Arc<InCluster>>,
        plan: &Plan,
        observed: &Observed,
    ) -> anyhow::Result<Carried> {
        let Runner { job, aws, progress, stop, asks } = *self;
        progress.plan(plan);
        if !plan.refusals.is_empty() {
            return Ok(nothing_done(Over::failure("Nothing was changed.".to_owned())));
        }
        if progress.is_one_of_many() && asks && !job.yes && plan.needing_consent().count() > 0 {
            let gone: Vec<&str> =
                plan.needing_consent().map(|step| step.address.as_str()).collect();
            return Ok(nothing_done(Over::failure(format!(
                "This deletes or replaces {}, and nothing was changed. What now: look at \
                 `plan-efs` of its file, and give `--yes` if that is what you want",
                gone.join(", ")
            ))));
        }
        let consent = tokio::select! {
            consent = consent::given(job, plan), if asks => consent?,
            reason = stop.stopped(), if asks => {
                eprintln!();
                return Ok(nothing_done(stopped(job, reason, "Nothing was changed.")));
            }
            else => true,
        };
        if !consent {
            // What now was said where it was asked.
            return Ok(nothing_done(Over::failure(String::new())));
        }
        Ok(match run::run(job, aws, target, plan, observed, progress, stop).await {
            Ended::Done(outputs) => Carried::Through(outputs),
            Ended::Stopped { reason, left, done } => {
                let over = stopped(job, reason, &format!("Left: {}.", left.join(", ")));
                Carried::Over { done, over }
            }
            Ended::Failed { errors, done } => {
                let raced = errors.iter().all(|error| error.downcast_ref::<Raced>().is_some());
                if raced && stop.reason().is_none() {
                    Carried::Raced { errors, done }
                } else {
                    Carried::Over { done, over: failed(job, &errors) }
                }
            }
        })
    }
}

fn nothing_done(over: Over) -> Carried {
    Carried::Over { done: 0, over }
}

/// Says what failed, and what goes on from there.
pub(super) fn failed(job: &Job, errors: &[anyhow::Error]) -> Over {
    Over::failure(format!(
        "{}\nWhat was done stays. What now: mend the cause; `{}` goes on from here",
        report::failures(errors),
        job.again
    ))
}

/// AWS and the cluster, side by side.
async fn everything(aws: &Aws, target: Option<&InCluster>, job: &Job) -> anyhow::Result<Observed> {
    let cluster = async {
        match target {
            None => Ok(None),
            Some(InCluster { kube, helm, .. }) => {
                let inputs = &job.inputs;
                let observed = cluster::observe(kube, helm.as_ref(), inputs, &job.command);
                Box::pin(observed).await.map(Some)
            }
        }
    };
    let workloads = async {
        match target {
            None => Ok(BTreeMap::new()),
            Some(InCluster { kube, workloads: all, .. }) => {
                Box::pin(workloads::observe(kube, all, job.command.plans())).await
            }
        }
    };
    let (mut observed, cluster, workloads) =
        tokio::try_join!(observe(aws, job), cluster, workloads)?;
    observed.actual.cluster = cluster;
    if target.is_some() {
        observed.workloads = workloads;
    }
    Ok(observed)
}

/// Prints the plan as the result.
fn show(job: &Job, plan: &Plan, detailed_exitcode: bool) -> ExitCode {
    match job.output {
        Output::Json => report::json(plan),
        Output::Text => report::text(&Styled { plan, colour: report::stdout_colour() }),
    }
    let changes = !plan.is_empty();
    match (plan.refusals.is_empty(), detailed_exitcode, changes) {
        (false, _, _) => ExitCode::FAILURE,
        (true, true, true) => ExitCode::from(2),
        (true, _, _) => ExitCode::SUCCESS,
    }
}

/// What was observed, and what it should be; the latter is not needed to destroy.
pub(crate) struct Observed {
    pub(crate) workloads: BTreeMap<String, graphscope::Actual>,
    pub(crate) desired: Option<efs::Desired>,
    pub(crate) actual: efs::Actual,
}

impl Observed {
    /// Puts what AWS told and what the directory holds together.
    pub(crate) fn new(
        job: &Job,
        desired: Option<efs::Desired>,
        mut actual: efs::Actual,
    ) -> anyhow::Result<Self> {
        let mut workloads = BTreeMap::new();
        if let Target::Directory(directory) = &job.target {
            actual.documents = directory::read(directory)?;
            workloads = workloads::read(directory, &job.workloads)?;
        }
        let desired = desired.map(|desired| efs::Desired { wait_for_driver: job.wait, ..desired });
        Ok(Observed { workloads, desired, actual })
    }
}
