//! Subcommand: cargo xtask doctor

use std::process::ExitCode;

use xshell::{Shell, cmd};

use super::tell;
use crate::tools::TOOLS;

/// Tell what each command lacks on this machine, and how to get it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  cargo xtask doctor    # exits 1 where a command lacks something that it cannot do without")]
pub(super) struct Args {}

/// A thing that commands need.
struct Need {
    what: &'static str,
    there: bool,
    remedy: &'static str,
}

pub(super) fn run(_args: &Args) -> anyhow::Result<ExitCode> {
    let shell = Shell::new()?;
    let runs = |program: &str, arg: &str| {
        cmd!(shell, "{program} {arg}").quiet().ignore_stdout().ignore_stderr().run().is_ok()
    };
    let cargo = || Need {
        what: "cargo",
        there: runs("cargo", "--version"),
        remedy: "install Rust from https://rustup.rs",
    };
    let compiler = || Need {
        what: "a C compiler (`cc`)",
        there: runs("cc", "--version"),
        remedy: "install build-essential, or the Xcode command line tools",
    };
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let home = std::env::home_dir().unwrap_or_default().join(".aws");
    let credentials = Need {
        what: "AWS credentials",
        there: set("AWS_ACCESS_KEY_ID")
            || set("AWS_PROFILE")
            || set("AWS_WEB_IDENTITY_TOKEN_FILE")
            || set("AWS_CONTAINER_CREDENTIALS_FULL_URI")
            || home.join("credentials").exists()
            || home.join("config").exists(),
        remedy: "run `aws configure` or `aws sso login`, or set AWS_PROFILE; instances with a role need nothing",
    };
    let go = Need {
        what: "go",
        there: runs("go", "version"),
        remedy: "install Go from https://go.dev/dl",
    };
    let mut lacking = false;
    let mut lines = Vec::new();
    for (command, essential, needs) in [
        ("render, completions", true, vec![cargo()]),
        (
            "sandbox; plan-efs, deploy-efs, destroy-efs with --sandbox",
            true,
            vec![cargo(), compiler()],
        ),
        ("plan-efs, deploy-efs, destroy-efs against AWS", false, vec![credentials]),
        ("tools install", false, vec![go]),
    ] {
        lines.push(command.to_owned());
        for Need { what, there, remedy } in needs {
            lacking |= essential && !there;
            lines.push(if there {
                format!("  found    {what}")
            } else {
                format!("  missing  {what}: {remedy}")
            });
        }
    }
    lines.push("end-to-end programs".to_owned());
    for tool in TOOLS {
        let name = tool.name;
        lines.push(match tool.find()? {
            Some(found) => format!("  found    {name} by {}: {}", found.by, found.path.display()),
            None => format!("  missing  {name}: `cargo xtask tools install {name}`"),
        });
    }
    tell(lines.join("\n") + "\n")?;
    Ok(if lacking { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
