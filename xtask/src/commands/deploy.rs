//! Subcommand: cargo xtask deploy-efs

use std::path::PathBuf;
use std::process::ExitCode;

use job::Goal;

use super::fleet;
use crate::adopt::AdoptArgs;
use crate::flags::{CONSENT, CanaryArgs, DeploymentArgs, Run, TargetFlags};
use crate::request::{Request, Selection};

/// Create or update the storage: file system, mount targets, driver, class.
///
/// Shows the plan first. Can be interrupted at any moment: running it again completes it.
///
/// In a cluster, a deploy that changes what claims need ends with a claim of the class that is
/// created, bound and deleted; where it is not bound, the message says why.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask deploy-efs --sandbox
  cargo xtask deploy-efs --config prod.hcl --manifests gitops/efs
  cargo xtask deploy-efs prod.plan --config prod.hcl    # what plan-efs --out kept
  cargo xtask deploy-efs --fleet clusters --manifests gitops    # every file of a folder at once
  cargo xtask deploy-efs --aws-region eu-west-1 --cluster-name dev \\
      --subnet-ids subnet-0123456789abcdef0 --security-group-id sg-0123456789abcdef0")]
pub(super) struct Args {
    /// Plan of `plan-efs --out`: carry out that and nothing else, or refuse where something moved.
    /// File and flags are those that it was made with
    #[arg(value_name = "PLAN", conflicts_with = "fleet")]
    plan: Option<PathBuf>,
    #[command(flatten)]
    deployment: DeploymentArgs,
    #[command(flatten)]
    run: Run,
    #[command(flatten)]
    fleet: fleet::FleetArgs,
    #[command(flatten)]
    targets: TargetFlags,
    /// Consent to deletions and replacements without being asked
    #[arg(long, help_heading = CONSENT)]
    yes: bool,
    #[command(flatten)]
    canary: CanaryArgs,
    #[command(flatten)]
    adopt: AdoptArgs,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let request = Request::new(&args.deployment, &args.run, Selection::Storage);
    let goal = Goal::Deploy {
        delete_data: false,
        adopt_existing: args.adopt.read(args.fleet.is_fleet())?,
        canary: !args.canary.no_canary,
        saved: args.plan.as_deref().map(std::path::absolute).transpose()?,
        targets: args.targets.into(),
    };
    fleet::hand_over(&args.fleet, &request, goal, args.yes)
}
