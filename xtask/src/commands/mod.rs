//! The subcommands, a file each.

mod access_points;
mod bench;
mod clients;
mod completions;
mod deploy;
mod destroy;
mod doctor;
mod e2e;
mod expand;
mod failover;
mod fleet;
mod fuzz;
mod graphscope;
mod import;
mod matrix;
mod outputs;
mod plan;
mod render;
mod sandbox;
mod status;
mod tools;
mod verify;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// Shared, persistent, POSIX storage for GraphScope on Amazon EKS: from a list
/// of subnets to an EFS file system, with one command and no state file.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, max_term_width = 100)]
#[command(after_help = "Try it without an AWS account: cargo xtask deploy-efs --sandbox")]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Commands,
}

/// The subcommands; the `Args` of each have its description.
#[derive(Debug, Subcommand)]
enum Commands {
    PlanEfs(plan::Args),
    DeployEfs(deploy::Args),
    DestroyEfs(destroy::Args),
    Status(status::Args),
    Outputs(outputs::Args),
    AccessPoints(access_points::Args),
    Import(import::Args),
    Verify(verify::Args),
    ExpandVolumes(expand::Args),
    Failover(failover::Args),
    PlanGraphscope(graphscope::Plan),
    DeployGraphscope(graphscope::Deploy),
    DestroyGraphscope(graphscope::Destroy),
    Matrix(matrix::Args),
    Render(render::Args),
    Sandbox(sandbox::Args),
    E2e(e2e::Args),
    Clients(clients::Args),
    Bench(bench::Args),
    Fuzz(fuzz::Args),
    Doctor(doctor::Args),
    Tools(tools::Args),
    Completions(completions::Args),
}

/// Runs the subcommand.
pub(crate) fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Commands::PlanEfs(args) => plan::run(&args),
        Commands::DeployEfs(args) => deploy::run(&args),
        Commands::DestroyEfs(args) => destroy::run(&args),
        Commands::AccessPoints(args) => access_points::run(&args),
        Commands::Outputs(args) => outputs::run(&args),
        Commands::Import(args) => import::run(&args),
        Commands::Status(args) => status::run(&args),
        Commands::Verify(args) => verify::run(&args),
        Commands::ExpandVolumes(args) => expand::run(&args),
        Commands::Failover(args) => failover::run(&args),
        Commands::Clients(args) => clients::run(&args),
        Commands::Bench(args) => bench::run(&args),
        Commands::Fuzz(args) => fuzz::run(&args),
        Commands::E2e(args) => e2e::run(&args),
        Commands::PlanGraphscope(args) => graphscope::plan(&args),
        Commands::DeployGraphscope(args) => graphscope::deploy(&args),
        Commands::DestroyGraphscope(args) => graphscope::destroy(&args),
        Commands::Matrix(args) => matrix::run(&args),
        Commands::Render(args) => render::run(&args),
        Commands::Sandbox(args) => sandbox::run(&args),
        Commands::Doctor(args) => doctor::run(&args),
        Commands::Tools(args) => tools::run(&args),
        Commands::Completions(args) => completions::run(&args, Cli::command()),
    }
}
