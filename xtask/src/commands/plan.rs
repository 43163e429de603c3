//! Subcommand: cargo xtask plan-efs

use std::process::ExitCode;

use job::Goal;

use super::fleet;
use crate::flags::{DeploymentArgs, Run, TargetFlags};
use crate::request::{Request, Selection};

/// Show the changes that `deploy-efs` would make, without changing anything.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask plan-efs --sandbox
  cargo xtask plan-efs --config prod.hcl --output json
  cargo xtask plan-efs --fleet clusters       # every file of a folder
  cargo xtask plan-efs --detailed-exitcode    # 0 no changes, 2 changes, 1 error")]
pub(super) struct Args {
    #[command(flatten)]
    deployment: DeploymentArgs,
    #[command(flatten)]
    run: Run,
    #[command(flatten)]
    fleet: fleet::FleetArgs,
    #[command(flatten)]
    targets: TargetFlags,
    /// Return the result as exit code: 0 no changes, 2 changes, 1 error
    #[arg(long)]
    detailed_exitcode: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let goal = Goal::Plan {
        delete_data: false,
        detailed_exitcode: args.detailed_exitcode,
        targets: args.targets.into(),
    };
    let request = Request::new(&args.deployment, &args.run, Selection::Storage);
    fleet::hand_over(&args.fleet, &request, goal, false)
}
