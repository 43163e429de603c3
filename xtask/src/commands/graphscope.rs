//! Subcommand: cargo xtask deploy-graphscope, cargo xtask destroy-graphscope

use std::process::ExitCode;

use job::Command;

use super::hand_over;
use crate::flags::{Run, Which};

/// Plan the storage and the `./modules/graphscope` blocks of the file as one
/// graph, and carry it out: file system, driver, class, claims, releases.
///
/// A claim that is wanted no more stays with its data, unless `--delete-data`
/// is given, and asks for consent then.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  cargo xtask deploy-graphscope --config prod.hcl")]
pub(super) struct Deploy {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    run: Run,
    /// Delete claims that are wanted no more, with their data
    #[arg(long)]
    delete_data: bool,
    /// Give consent to deletions and replacements beforehand
    #[arg(long)]
    yes: bool,
}

/// Take the workloads of the file down. Their data stays, unless `--delete-data` is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask destroy-graphscope --config prod.hcl
  cargo xtask destroy-graphscope --config prod.hcl --delete-data --yes")]
pub(super) struct Destroy {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    run: Run,
    /// Delete the claims too, with their data
    #[arg(long)]
    delete_data: bool,
    /// Give consent beforehand
    #[arg(long)]
    yes: bool,
}

pub(super) fn deploy(args: &Deploy) -> anyhow::Result<ExitCode> {
    let command = Command::DeployWorkloads { delete_data: args.delete_data };
    hand_over(&args.which, &args.run, command, args.yes)
}

pub(super) fn destroy(args: &Destroy) -> anyhow::Result<ExitCode> {
    let command = Command::DestroyWorkloads { delete_data: args.delete_data };
    hand_over(&args.which, &args.run, command, args.yes)
}
