//! Subcommand: cargo xtask expand-volumes

use std::process::ExitCode;

use job::Goal;

use super::fleet;
use crate::flags::{DeploymentArgs, Run};
use crate::request::{Request, Selection};

/// Complete pending volume expansions of the class.
///
/// The capacity of an EFS volume is nominal, and its driver does not expand volumes: a claim
/// that was grown would stay pending. This sets the volume's capacity and the claim's
/// status. Shows the plan first.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  kubectl patch pvc checkpoints --patch '{\"spec\":{\"resources\":{\"requests\":{\"storage\":\"200Gi\"}}}}'
  cargo xtask expand-volumes --config prod.hcl")]
pub(super) struct Args {
    #[command(flatten)]
    deployment: DeploymentArgs,
    #[command(flatten)]
    run: Run,
    #[command(flatten)]
    fleet: fleet::FleetArgs,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let request = Request::new(&args.deployment, &args.run, Selection::Storage);
    fleet::hand_over(&args.fleet, &request, Goal::Expand, false)
}
