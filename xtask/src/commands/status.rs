//! Subcommand: cargo xtask status

use std::process::ExitCode;

use job::Command;

use super::{Asked, hand_over};
use crate::flags::{Run, Which};

/// Show what there is: file system, mount targets, driver, class and claims, in one table.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask status --sandbox
  cargo xtask status --config prod.hcl
  cargo xtask status --config prod.hcl --output json | jq '.healthy'")]
pub(super) struct Args {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    run: Run,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    hand_over(Asked::new(&args.which, &args.run), Command::Status, false)
}
