//! Subcommand: cargo xtask status

use std::process::ExitCode;

use job::Goal;

use crate::flags::{DeploymentArgs, Run};
use crate::request::{Request, Selection};

/// Show the file system, mount targets, driver, class and claims, in one table.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask status --sandbox
  cargo xtask status --config prod.hcl
  cargo xtask status --config prod.hcl --output json | jq '.healthy'")]
pub(super) struct Args {
    #[command(flatten)]
    deployment: DeploymentArgs,
    #[command(flatten)]
    run: Run,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    Request::new(&args.deployment, &args.run, Selection::Everything).hand_over(Goal::Status, false)
}
