//! Subcommand: cargo xtask expand-volumes

use std::process::ExitCode;

use job::Goal;

use crate::flags::{DeploymentArgs, Run};
use crate::request::{Request, Scope};

/// Complete what claims of the class ask for.
///
/// The capacity of an EFS volume is nominal. Its driver expands nothing, and no
/// resizer runs, so a claim that was grown would wait for ever: this raises the
/// volume's capacity and the claim's status. The plan is shown first.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  kubectl patch pvc checkpoints --patch '{\"spec\":{\"resources\":{\"requests\":{\"storage\":\"200Gi\"}}}}'
  cargo xtask expand-volumes --config prod.hcl")]
pub(super) struct Args {
    #[command(flatten)]
    deployment: DeploymentArgs,
    #[command(flatten)]
    run: Run,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    Request::new(&args.deployment, &args.run, Scope::Storage).hand_over(Goal::Expand, false)
}
