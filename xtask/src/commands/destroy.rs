//! Subcommand: cargo xtask destroy-efs

use std::process::ExitCode;

use job::Goal;

use super::fleet;
use crate::flags::{DeploymentArgs, Run};
use crate::request::{Request, Selection};

/// Delete what a deployment created.
///
/// That is the class or the documents, the driver, mount targets, the file system and ingress
/// rules. Only resources with this deployment's tags are deleted, and an adopted file system is
/// kept. Asks for consent first, except with `--sandbox`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask destroy-efs --sandbox
  cargo xtask destroy-efs --config prod.hcl --yes")]
pub(super) struct Args {
    #[command(flatten)]
    deployment: DeploymentArgs,
    #[command(flatten)]
    run: Run,
    #[command(flatten)]
    fleet: fleet::FleetArgs,
    /// Consent without being asked
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let request = Request::new(&args.deployment, &args.run, Selection::Storage);
    let (goal, yes) = (Goal::Destroy { delete_data: false }, args.yes || args.run.sandbox);
    if args.fleet.is_given() {
        return fleet::run(&args.fleet, &request, &goal, yes);
    }
    request.hand_over(goal, yes)
}
