//! Subcommand: cargo xtask status

use std::process::ExitCode;

use job::Goal;

use super::fleet;
use crate::flags::{DeploymentArgs, InputFlags, Run, Workload};
use crate::request::{Request, Selection};

/// Show the file system, mount targets, driver, class and claims, in one table.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask status --sandbox
  cargo xtask status --config prod.hcl
  cargo xtask status --fleet clusters    # every file of a folder
  cargo xtask status --workload-kind engine    # with a workload that flags describe
  cargo xtask status --config prod.hcl --output json | jq '.healthy'")]
pub(super) struct Args {
    #[command(flatten)]
    deployment: DeploymentArgs,
    #[command(flatten)]
    workload: InputFlags<Workload>,
    #[command(flatten)]
    run: Run,
    #[command(flatten)]
    fleet: fleet::FleetArgs,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut request = Request::new(&args.deployment, &args.run, Selection::Everything);
    if !args.workload.given.is_empty() {
        request = request.with_workload(&args.workload);
    }
    fleet::hand_over(&args.fleet, &request, Goal::Status, false)
}
