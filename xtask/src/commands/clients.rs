//! Subcommand: cargo xtask clients

use std::process::ExitCode;

use anyhow::Context;
use failure::Help;
use xshell::{Shell, cmd};

use crate::live::{self, of_no_package};

/// The variable that has the tests write down what they see; `tests/src/clients/seen.rs` reads it.
const WRITE: &str = "CLOCKWORK_WRITE_SEEN";

/// The test that shows whether Terraform finds its AWS provider here.
const PROVIDER: &str = "terraform::the_provider_can_be_had";

/// Run other people's AWS clients in the sandbox.
///
/// Checks the table of operations by client. The clients are Terraform, the AWS CLI, boto3 and
/// the SDK for JavaScript, and the emulators MiniStack and moto beside the sandbox. All but
/// Terraform are installed from their registries under `target/`. Without Terraform or its AWS
/// provider, that part is skipped, and the table keeps what it saw.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask clients                   # fails where a client sees something else than before
  cargo xtask clients --write           # rewrites sandbox/OPERATIONS.md
  cargo xtask clients terraform         # one of them")]
pub(super) struct Args {
    /// Part of a test's name, such as `terraform`, `boto3`, `cli`, `javascript`, `moto`
    only: Option<String>,
    /// Write down what the clients see, instead of comparing it
    #[arg(long)]
    write: bool,
    /// Fail instead of skipping Terraform where it or its provider is missing
    #[arg(long, env = "CLOCKWORK_REQUIRE_TERRAFORM")]
    require_terraform: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let shell = Shell::new()?;
    shell.change_dir(live::workspace());
    if args.write {
        shell.set_var(WRITE, "1");
    }
    // With the features of the whole workspace, so that nothing is compiled a second time.
    let tests = ["test", "--workspace", "--test=clients", "--locked", "--"];
    let provider = of_no_package(cmd!(shell, "cargo {tests...} --ignored --exact {PROVIDER}"))
        .quiet()
        .ignore_status()
        .output()
        .context("asking whether Terraform finds its AWS provider")?;
    let has_terraform = provider.status.success() || args.require_terraform;
    let skip: &[&str] = if has_terraform {
        &[]
    } else {
        eprintln!("skipped: Terraform. {}", String::from_utf8_lossy(&provider.stdout).trim());
        &["--skip", "terraform::"]
    };
    let only = args.only.as_slice();
    let clients = cmd!(shell, "cargo {tests...} --include-ignored {skip...} {only...}");
    of_no_package(clients).quiet().run().help(
        "a client does not see what it should",
        "the test's message above names what differs",
    )?;
    if has_terraform && args.only.as_ref().is_none_or(|only| "terraform".contains(only.as_str())) {
        // That of the language of deployment files, which those are held to.
        let language = ["test", "--workspace", "--test=terraform", "--locked", "--"];
        of_no_package(cmd!(shell, "cargo {language...} --include-ignored")).quiet().run().help(
            "Terraform answers otherwise than `xtask/tests/terraform/answers.json` says",
            "`cargo run --package xtask --example terraform -- answers` writes it anew",
        )?;
    }
    of_no_package(cmd!(shell, "cargo test --workspace --test operations --locked"))
        .quiet()
        .run()
        .help("checking `sandbox/OPERATIONS.md`", "`cargo xtask clients --write` updates it")?;
    Ok(ExitCode::SUCCESS)
}
