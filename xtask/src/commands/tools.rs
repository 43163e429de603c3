//! Subcommand: cargo xtask tools

use std::process::ExitCode;

use crate::print::print;
use crate::tools::{TOOLS, Tool};

/// List or build the external programs of the end-to-end tests.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask tools list
  cargo xtask tools install            # builds what is missing, with the machine's Go
  cargo xtask tools install helm etcd")]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List the programs, where each was found, and its version
    List,
    /// Build missing programs
    Install {
        /// The programs [default: all that are missing]
        #[arg(value_parser = clap::builder::PossibleValuesParser::new(TOOLS.iter().map(|tool| tool.name)))]
        names: Vec<String>,
    },
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.what {
        What::List => list(),
        What::Install { names } => install(names),
    }
}

fn list() -> anyhow::Result<ExitCode> {
    let mut table =
        format!("{:<24} {:<9} {:<19} {:<28} FOR\n", "PROGRAM", "PINNED", "FOUND BY", "VERSION");
    for tool in TOOLS {
        let found = tool.find()?;
        let (by, version) =
            found.map_or(("missing", String::new()), |found| (found.by, found.version));
        let short: String = version.chars().take(28).collect();
        table.push_str(&format!(
            "{:<24} {:<9} {by:<19} {short:<28} {}\n",
            tool.name,
            tool.pinned()?,
            tool.what
        ));
    }
    print(table)?;
    Ok(ExitCode::SUCCESS)
}

fn install(names: &[String]) -> anyhow::Result<ExitCode> {
    let asked_for = |tool: &Tool| names.iter().any(|name| name == tool.name);
    for tool in TOOLS {
        let wanted = if names.is_empty() { !tool.is_complete()? } else { asked_for(tool) };
        if wanted {
            eprintln!(
                "building {} {}; Kubernetes takes minutes; the others are faster",
                tool.name,
                tool.pinned()?
            );
            print(format!("{}\n", tool.install()?.display()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
