//! Subcommand: cargo xtask plan-efs

use std::path::PathBuf;
use std::process::ExitCode;

use job::{Goal, PlanReport};

use super::fleet;
use crate::flags::{DeploymentArgs, OWN, Run, TargetFlags};
use crate::request::{Request, Selection};

/// Show the changes that `deploy-efs` would make, without changing anything.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask plan-efs --sandbox
  cargo xtask plan-efs --config prod.hcl --output json
  cargo xtask plan-efs --fleet clusters       # every file of a folder
  cargo xtask plan-efs --detailed-exitcode    # 0 no changes, 2 changes, 1 error
  cargo xtask plan-efs --config prod.hcl --out prod.plan    # for deploy-efs prod.plan
  cargo xtask plan-efs --config prod.hcl --drift --markdown # for a schedule")]
pub(super) struct Args {
    #[command(flatten)]
    deployment: DeploymentArgs,
    #[command(flatten)]
    run: Run,
    #[command(flatten)]
    fleet: fleet::FleetArgs,
    #[command(flatten)]
    targets: TargetFlags,
    /// Return the result as exit code: 0 no changes, 2 changes, 1 error
    #[arg(long, help_heading = OWN)]
    detailed_exitcode: bool,
    /// Keep the plan in this file: `deploy-efs FILE` carries out that and nothing else
    #[arg(long, value_name = "FILE", help_heading = OWN, conflicts_with = "fleet")]
    out: Option<PathBuf>,
    /// Report drift: exit code 2, and `drift` in JSON, where something differs from the file
    #[arg(long, help_heading = OWN)]
    drift: bool,
    /// Print Markdown, for pull requests; in a GitHub workflow, add it to the step's summary too
    #[arg(long, help_heading = OWN, conflicts_with_all = ["output", "fleet"])]
    markdown: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let goal = Goal::Plan {
        delete_data: false,
        detailed_exitcode: args.detailed_exitcode,
        report: PlanReport {
            out: args.out.as_deref().map(std::path::absolute).transpose()?,
            drift: args.drift,
            markdown: args.markdown,
        },
        targets: args.targets.into(),
    };
    let request = Request::new(&args.deployment, &args.run, Selection::Storage);
    fleet::hand_over(&args.fleet, &request, goal, false)
}
