//! Subcommand: cargo xtask clients

use std::process::ExitCode;

use anyhow::Context;
use xshell::{Shell, cmd};

use crate::live;

/// The variable that has the tests write down what they see; `tests/src/clients/seen.rs` reads it.
const WRITE: &str = "CLOCKWORK_WRITE_SEEN";

/// Run other people's AWS clients in the sandbox, and check the table of operations by client.
///
/// Terraform, the AWS CLI, boto3 and the SDK for JavaScript, and the emulators MiniStack and moto
/// beside the sandbox. All but Terraform are installed from their registries under `target/`.
/// Without Terraform, its part is skipped, and what it saw earlier stays in the table.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask clients                   # fails where a client sees something else than before
  cargo xtask clients --write           # writes sandbox/OPERATIONS.md anew
  cargo xtask clients terraform         # one of them")]
pub(super) struct Args {
    /// Part of a test's name, such as `terraform`, `boto3`, `cli`, `javascript`, `moto`
    only: Option<String>,
    /// Write down what the clients see, instead of comparing it
    #[arg(long)]
    write: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let shell = Shell::new()?;
    shell.change_dir(live::workspace());
    if args.write {
        shell.set_var(WRITE, "1");
    }
    let only = args.only.as_slice();
    let skip: &[&str] = if has_terraform(&shell) {
        &[]
    } else {
        eprintln!("skipped: Terraform, as it is not in PATH; help: install Terraform 1.11 or later");
        &["--skip", "terraform"]
    };
    cmd!(shell, "cargo test --package tests --test clients --locked -- --include-ignored {skip...} {only...}")
        .quiet()
        .run()
        .context("a client does not see what it should; help: the test's message above names what differs")?;
    cmd!(shell, "cargo test --package tests --test operations --locked")
        .quiet()
        .run()
        .context("checking `sandbox/OPERATIONS.md`; help: `cargo xtask clients --write`")?;
    Ok(ExitCode::SUCCESS)
}

fn has_terraform(shell: &Shell) -> bool {
    cmd!(shell, "terraform version").quiet().ignore_stdout().ignore_stderr().run().is_ok()
}
