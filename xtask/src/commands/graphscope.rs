//! Subcommand: cargo xtask plan-graphscope, cargo xtask deploy-graphscope, cargo xtask destroy-graphscope

use std::process::ExitCode;

use job::Goal;

use super::fleet;
use crate::adopt::AdoptArgs;
use crate::flags::{
    CONSENT, CanaryArgs, DeploymentArgs, InputFlags, OWN, Run, TargetFlags, Workload,
};
use crate::request::{Request, Selection};

/// The storage and the workloads, and where they go.
#[derive(Debug, clap::Args)]
struct WorkloadArgs {
    #[command(flatten)]
    deployment: DeploymentArgs,
    #[command(flatten)]
    workload: InputFlags<Workload>,
    #[command(flatten)]
    run: Run,
    #[command(flatten)]
    fleet: fleet::FleetArgs,
}

impl WorkloadArgs {
    fn hand_over(&self, selection: Selection, goal: Goal, yes: bool) -> anyhow::Result<ExitCode> {
        let request = Request::new(&self.deployment, &self.run, selection);
        fleet::hand_over(&self.fleet, &request.with_workload(&self.workload), goal, yes)
    }
}

/// Show the changes that `deploy-graphscope` would make.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask plan-graphscope --config prod.hcl
  cargo xtask plan-graphscope --config prod.hcl --detailed-exitcode    # 0 no changes, 2 changes, 1 error")]
pub(super) struct Plan {
    #[command(flatten)]
    workloads: WorkloadArgs,
    #[command(flatten)]
    targets: TargetFlags,
    /// Plan as with `deploy-graphscope --delete-data`
    #[arg(long, help_heading = CONSENT)]
    delete_data: bool,
    /// Return the result as exit code: 0 no changes, 2 changes, 1 error
    #[arg(long, help_heading = OWN)]
    detailed_exitcode: bool,
}

/// Create or update the storage and the GraphScope workloads.
///
/// The storage and the `./modules/graphscope` modules of the file are one graph: file system,
/// driver, class, claims, releases. Flags describe a workload if the file has no module for it.
///
/// A claim that is no longer in the file is kept with its data. With `--delete-data` it is
/// deleted, after consent.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask deploy-graphscope --config prod.hcl
  cargo xtask deploy-graphscope --config prod.hcl --manifests gitops
  cargo xtask deploy-graphscope --fleet clusters    # every file of a folder at once
  cargo xtask deploy-graphscope --workload-kind engine --workload-directories datasets=1Ti")]
pub(super) struct Deploy {
    #[command(flatten)]
    workloads: WorkloadArgs,
    #[command(flatten)]
    targets: TargetFlags,
    /// Delete claims that are no longer in the file, with their data; never a file system
    #[arg(long, help_heading = CONSENT)]
    delete_data: bool,
    /// Consent to deletions and replacements without being asked
    #[arg(long, help_heading = CONSENT)]
    yes: bool,
    #[command(flatten)]
    canary: CanaryArgs,
    #[command(flatten)]
    adopt: AdoptArgs,
}

/// Delete the GraphScope workloads.
///
/// Their data is kept, unless `--delete-data` is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask destroy-graphscope --config prod.hcl
  cargo xtask destroy-graphscope --config prod.hcl --delete-data --yes")]
pub(super) struct Destroy {
    #[command(flatten)]
    workloads: WorkloadArgs,
    /// Delete the claims of these workloads too, with their data; never a file system, which
    /// `destroy-efs --delete-data fs-…` deletes
    #[arg(long, help_heading = CONSENT)]
    delete_data: bool,
    /// Consent without being asked
    #[arg(long, help_heading = CONSENT)]
    yes: bool,
}

pub(super) fn plan(args: &Plan) -> anyhow::Result<ExitCode> {
    let Plan { workloads, targets, delete_data, detailed_exitcode } = args;
    let goal = Goal::Plan {
        delete_data: *delete_data,
        detailed_exitcode: *detailed_exitcode,
        report: job::PlanReport::default(),
        targets: (*targets).into(),
    };
    workloads.hand_over(Selection::Everything, goal, false)
}

pub(super) fn deploy(args: &Deploy) -> anyhow::Result<ExitCode> {
    let Deploy { workloads, targets, delete_data, yes, adopt, canary } = args;
    let goal = Goal::Deploy {
        delete_data: *delete_data,
        adopt_existing: adopt.read(workloads.fleet.is_fleet())?,
        canary: !canary.no_canary,
        saved: None,
        targets: (*targets).into(),
    };
    workloads.hand_over(Selection::Everything, goal, *yes)
}

pub(super) fn destroy(args: &Destroy) -> anyhow::Result<ExitCode> {
    let goal = Goal::Destroy { delete_data: args.delete_data, file_systems: Vec::new() };
    args.workloads.hand_over(Selection::Workloads, goal, args.yes)
}
