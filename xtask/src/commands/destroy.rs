//! Subcommand: cargo xtask destroy-efs

use std::process::ExitCode;

use job::Command;

use super::{Asked, fleet, hand_over};
use crate::flags::{Run, Which};

/// Take down what a deployment made: documents, mount targets, file system, rules.
///
/// Only what carries this deployment's tags is deleted, and an adopted file
/// system stays. Asks first; in the sandbox nothing can be lost, and it does not.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask destroy-efs --sandbox
  cargo xtask destroy-efs --config prod.hcl --yes")]
pub(super) struct Args {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    run: Run,
    #[command(flatten)]
    fleet: fleet::FleetArgs,
    /// Give consent beforehand
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let yes = args.yes || args.run.sandbox;
    if args.fleet.is_given() {
        return fleet::run(&args.fleet, &args.which, &args.run, &Command::Destroy, yes);
    }
    hand_over(Asked::new(&args.which, &args.run), Command::Destroy, yes)
}
