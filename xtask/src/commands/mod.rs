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

use clap::{Command, CommandFactory, Parser, Subcommand};

use crate::help;

/// Shared, persistent, POSIX storage for GraphScope on Amazon EKS: from a list
/// of subnets to an EFS file system, with one command and no state file.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, max_term_width = 100)]
#[command(after_help = "Try it without an AWS account: cargo xtask deploy-efs --sandbox
README.md begins with the first run; docs/ has a page for each purpose")]
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

/// The command line, as help shows it.
pub(crate) fn command() -> Command {
    help::arranged(Cli::command())
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
        Commands::Completions(args) => completions::run(&args, command()),
    }
}

#[cfg(test)]
mod tests {
    use clap::{Arg, Args, Command};

    use super::command;
    use crate::flags::{CanaryArgs, Flagged, INPUTS, Run, Storage};
    use crate::help::GROUPS;

    fn headings(command: &Command) -> Vec<&str> {
        let mut headings: Vec<&str> =
            command.get_arguments().filter_map(Arg::get_help_heading).collect();
        headings.dedup();
        headings
    }

    #[test]
    fn every_command_stands_under_one_heading_with_one_line() {
        let command = command();
        let mut grouped: Vec<&str> =
            GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let mut known: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        grouped.sort_unstable();
        known.sort_unstable();
        assert_eq!(grouped, known);
        let help = command.clone().render_long_help().to_string();
        let long: Vec<&str> = help.lines().filter(|line| line.chars().count() > 100).collect();
        assert!(long.is_empty(), "{long:#?}");
    }

    #[test]
    fn help_shows_what_everyone_needs_first_and_inputs_last() {
        let command = command();
        let deploy = command.find_subcommand("deploy-efs").unwrap();
        assert_eq!(
            headings(deploy),
            [
                "Deployment",
                "Run",
                "Fleet",
                "Consent",
                "Run",
                "Consent",
                "Inputs: Main",
                "Inputs: Mount targets",
                "Inputs: Driver",
                "Inputs: File system",
                "Inputs: NFS clients",
                "Inputs: StorageClass",
            ]
        );
        for command in command.get_subcommands() {
            let headings = headings(command);
            let first = headings.iter().position(|it| it.starts_with(INPUTS));
            let behind = first.map_or(&[][..], |first| &headings[first..]);
            assert!(behind.iter().all(|it| it.starts_with(INPUTS)), "{}", command.get_name());
        }
    }

    #[test]
    fn the_reference_has_the_inputs_under_the_same_headings() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference.md");
        let text = std::fs::read_to_string(path).unwrap();
        for (first, heading) in Storage::SECTIONS {
            let heading = format!("### {}", heading.strip_prefix(INPUTS).unwrap());
            let section = text.split(&format!("\n{heading}\n")).nth(1).unwrap();
            let row = section.lines().find(|line| line.starts_with("| `")).unwrap();
            assert!(row.starts_with(&format!("| `{first}` |")), "{heading}: {row}");
        }
    }

    #[test]
    fn the_page_of_commands_has_every_command_and_flag() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/commands.md");
        let text = std::fs::read_to_string(path).unwrap();
        let mut left_out = Vec::new();
        for command in command().get_subcommands() {
            let name = command.get_name();
            if !text.contains(&format!("`{name}`")) {
                left_out.push(name.to_owned());
            }
            // The flags of the commands that are about a deployment.
            let is_own = |arg: &&Arg| {
                !arg.is_hide_set()
                    && !arg.get_help_heading().is_some_and(|it| it.starts_with(INPUTS))
            };
            let is_deployment = command.get_arguments().any(|arg| arg.get_id() == "aws-region");
            let flags = command.get_arguments().filter(is_own).filter_map(Arg::get_long);
            let unknown = flags.filter(|flag| {
                is_deployment
                    && ![" ", "`", "="].iter().any(|end| text.contains(&format!("`--{flag}{end}")))
            });
            left_out.extend(unknown.map(|flag| format!("{name} --{flag}")));
        }
        assert!(left_out.is_empty(), "add them to docs/commands.md: {left_out:#?}");
    }

    #[test]
    fn the_short_help_of_a_deploy_fits_on_a_screen_or_two() {
        let mut command = command();
        let deploy = command.find_subcommand_mut("deploy-efs").unwrap();
        let help = deploy.render_help().to_string();
        assert!(help.contains("--cluster-name") && !help.contains("--performance-mode"), "{help}");
        assert!(help.lines().count() <= 90, "{}: {help}", help.lines().count());
        assert!(deploy.render_long_help().to_string().contains("--performance-mode"));
    }

    #[test]
    fn no_flag_of_a_command_slips_under_the_heading_of_the_flags_before_it() {
        let shared = CanaryArgs::augment_args(Run::augment_args(Command::new("shared")));
        let of_run: Vec<&clap::Id> = shared.get_arguments().map(Arg::get_id).collect();
        for command in command().get_subcommands() {
            let run = command.get_arguments().filter(|it| it.get_help_heading() == Some("Run"));
            let strays: Vec<&clap::Id> =
                run.map(Arg::get_id).filter(|id| !of_run.contains(id)).collect();
            assert!(strays.is_empty(), "{}: {strays:?}", command.get_name());
        }
    }
}
