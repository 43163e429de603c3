//! The subcommands, a file each.

mod bench;
mod clients;
mod completions;
mod deploy;
mod destroy;
mod doctor;
mod e2e;
mod expand;
mod fleet;
mod fuzz;
mod graphscope;
mod matrix;
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

#[derive(Debug, Subcommand)]
enum Commands {
    /// Show the changes that `deploy-efs` would make
    PlanEfs(plan::Args),
    /// Create or update the storage: file system, mount targets, driver, class
    DeployEfs(deploy::Args),
    /// Delete what a deployment created
    DestroyEfs(destroy::Args),
    /// Show the file system, mount targets, driver, class and claims
    Status(status::Args),
    /// Verify that pods share a volume of each class
    Verify(verify::Args),
    /// Complete pending volume expansions
    ExpandVolumes(expand::Args),
    /// Show the changes that `deploy-graphscope` would make
    PlanGraphscope(graphscope::Plan),
    /// Create or update the storage and the GraphScope workloads
    DeployGraphscope(graphscope::Deploy),
    /// Delete the GraphScope workloads; their data is kept
    DestroyGraphscope(graphscope::Destroy),
    /// Print the CI matrix as JSON
    Matrix(matrix::Args),
    /// Print, write or compare the documents, without changing anything else
    Render(render::Args),
    /// Serve the local AWS, for any AWS client
    Sandbox(sandbox::Args),
    /// Run the end-to-end scenario
    E2e(e2e::Args),
    /// Run other people's AWS clients in the sandbox
    Clients(clients::Args),
    /// Benchmark against the theoretical best
    Bench(bench::Args),
    /// Fuzz every parser of outside text
    Fuzz(fuzz::Args),
    /// Check that this machine has what each command needs
    Doctor(doctor::Args),
    /// List and build the external programs of the end-to-end tests
    Tools(tools::Args),
    /// Print shell completions
    Completions(completions::Args),
}

/// Runs the subcommand.
pub(crate) fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Commands::PlanEfs(args) => plan::run(&args),
        Commands::DeployEfs(args) => deploy::run(&args),
        Commands::DestroyEfs(args) => destroy::run(&args),
        Commands::Status(args) => status::run(&args),
        Commands::Verify(args) => verify::run(&args),
        Commands::ExpandVolumes(args) => expand::run(&args),
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
