//! Subcommand: cargo xtask deploy-efs

use std::process::ExitCode;

use job::Command;

use super::{Asked, fleet, hand_over};
use crate::flags::{Run, Which};

/// Plan, and carry the plan out.
///
/// May be killed at any moment and run again: what was half done is finished.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask deploy-efs --sandbox
  cargo xtask deploy-efs --config prod.hcl --manifests gitops/efs
  cargo xtask deploy-efs --fleet clusters --manifests gitops    # every file of a folder at once
  cargo xtask deploy-efs --aws-region eu-west-1 --cluster-name dev \\
      --subnet-ids subnet-0123456789abcdef0 --security-group-id sg-0123456789abcdef0")]
pub(super) struct Args {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    run: Run,
    #[command(flatten)]
    fleet: fleet::FleetArgs,
    /// Give consent to deletions and replacements beforehand
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if args.fleet.is_given() {
        return fleet::run(&args.fleet, &args.which, &args.run, &Command::Deploy, args.yes);
    }
    hand_over(Asked::new(&args.which, &args.run), Command::Deploy, args.yes)
}
