//! Subcommand: cargo xtask destroy-efs

use std::process::ExitCode;

use efs::FileSystemId;
use job::Goal;

use super::fleet;
use crate::flags::{CONSENT, DeploymentArgs, Run};
use crate::request::{Request, Selection};

/// Delete what a deployment created.
///
/// That is the class or the documents, the driver, mount targets, the file system and ingress
/// rules.
/// Only resources with this deployment's tags are deleted, and an adopted file system is
/// kept. Asks for consent first, except for the documents of `--sandbox`. A file system that anything else uses
/// is never deleted, and one that holds data only with `--delete-data`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask destroy-efs --sandbox
  cargo xtask destroy-efs --config prod.hcl --yes
  cargo xtask destroy-efs --config prod.hcl --yes --delete-data fs-0123456789abcdef0")]
pub(super) struct Args {
    #[command(flatten)]
    deployment: DeploymentArgs,
    #[command(flatten)]
    run: Run,
    #[command(flatten)]
    fleet: fleet::FleetArgs,
    /// Consent without being asked
    #[arg(long, help_heading = CONSENT)]
    yes: bool,
    /// Delete this file system although it holds access points or files; may be repeated, and is
    /// given for one file at a time
    #[arg(long, value_name = "fs-…", help_heading = CONSENT, value_parser = file_system, conflicts_with = "fleet")]
    delete_data: Vec<FileSystemId>,
}

fn file_system(text: &str) -> Result<FileSystemId, String> {
    let shape = "write the id of the file system, such as fs-0123456789abcdef0";
    FileSystemId::try_from(text).map_err(|_| shape.to_owned())
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let request = Request::new(&args.deployment, &args.run, Selection::Storage);
    let goal = Goal::Destroy { delete_data: false, file_systems: args.delete_data.clone() };
    // A context is a real cluster, whatever AWS is.
    let yes = args.yes || (args.run.sandbox && args.run.context.is_none());
    fleet::hand_over(&args.fleet, &request, goal, yes)
}
