//! Subcommand: cargo xtask access-points

use std::process::ExitCode;

use efs::AccessPointId;
use efs::resources::access_point::Deletion;
use job::Goal;

use super::fleet;
use crate::flags::{CONSENT, DeploymentArgs, OWN, Run};
use crate::request::{Request, Selection};

/// List access points that no volume names any more, or delete them.
///
/// The driver leaves them behind where a volume is retained, or where a cluster is deleted before
/// its claims. An access point is a way into a directory: the directory stays with its files.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask access-points --config prod.hcl
  cargo xtask access-points --config prod.hcl --output json | jq '.access_points[] | select(.leftover)'
  cargo xtask access-points --config prod.hcl --delete          # those that are this cluster's by a tag
  cargo xtask access-points --config prod.hcl --delete fsap-0123456789abcdef0")]
pub(super) struct Args {
    #[command(flatten)]
    deployment: DeploymentArgs,
    #[command(flatten)]
    run: Run,
    #[command(flatten)]
    fleet: fleet::FleetArgs,
    /// Delete those that no volume names: all that a tag says to be of this cluster, or these
    #[arg(long, value_name = "fsap-…", help_heading = OWN, num_args = 0.., value_parser = id, conflicts_with = "fleet")]
    delete: Option<Vec<AccessPointId>>,
    /// Consent to the deletions without being asked
    #[arg(long, help_heading = CONSENT)]
    yes: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let deletion = match args.delete.as_deref() {
        None => Deletion::None,
        Some([]) => Deletion::Leftovers,
        Some(ids) => Deletion::Named(ids.to_vec()),
    };
    let request = Request::new(&args.deployment, &args.run, Selection::Storage);
    fleet::hand_over(&args.fleet, &request, Goal::AccessPoints(deletion), args.yes)
}

fn id(text: &str) -> Result<AccessPointId, String> {
    AccessPointId::try_from(text).map_err(|_| "write it as fsap-0123456789abcdef0".to_owned())
}
