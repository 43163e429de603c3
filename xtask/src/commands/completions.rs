//! Subcommand: cargo xtask completions

use std::process::ExitCode;

use clap_complete::Shell;

/// Print shell completions for the program itself.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  cargo xtask completions bash > ~/.local/share/bash-completion/completions/xtask")]
pub(super) struct Args {
    /// The shell
    shell: Shell,
}

/// Prints the script that completes `command`.
pub(super) fn run(args: &Args, mut command: clap::Command) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "xtask", &mut script);
    crate::print::print(script)?;
    Ok(ExitCode::SUCCESS)
}
