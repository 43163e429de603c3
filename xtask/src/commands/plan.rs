//! Subcommand: cargo xtask plan-efs

use std::process::ExitCode;

use job::Command;

use super::{Asked, hand_over};
use crate::flags::{Run, Which};

/// Show what would change, without changing anything.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask plan-efs --sandbox
  cargo xtask plan-efs --config prod.hcl --output json
  cargo xtask plan-efs --detailed-exitcode    # 0 nothing, 2 changes, 1 error")]
pub(super) struct Args {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    run: Run,
    /// Tell by the exit code: 0 nothing to do, 2 changes, 1 error
    #[arg(long)]
    detailed_exitcode: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let command = Command::Plan { detailed_exitcode: args.detailed_exitcode };
    hand_over(Asked::new(&args.which, &args.run), command, false)
}
