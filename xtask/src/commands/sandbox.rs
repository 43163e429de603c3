//! Subcommand: cargo xtask sandbox

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::Context;
use xshell::{Shell, cmd};

use crate::live;

/// Serve the local AWS until Ctrl-C, or list the calls that it received.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask sandbox                      # serves on port 4566; the state is lost at the end
  cargo xtask sandbox -- --latency-ms 200  # flags of the sandbox itself; see -- --help
  cargo xtask sandbox --calls              # calls of the runs with --sandbox, and their results
  cargo xtask sandbox --reset              # deletes everything that they created")]
pub(super) struct Args {
    /// List the calls of all runs with `--sandbox`, as far as they are kept: the last 10,000
    #[arg(long, conflicts_with = "reset")]
    calls: bool,
    /// Delete everything that runs with `--sandbox` created
    #[arg(long)]
    reset: bool,
    /// Port to listen on; 0 for any free port
    #[arg(long)]
    port: Option<u16>,
    /// Flags of the sandbox itself
    #[arg(last = true)]
    flags: Vec<String>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let state = crate::sandbox::state()?;
    let calls = state.with_extension("calls.jsonl");
    if args.calls {
        return list(&calls);
    }
    if args.reset {
        for path in [&state, &calls] {
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("removing `{}`", path.display()));
                }
                _ => {}
            }
        }
        forget_documents(&crate::sandbox::manifests()?, DEPTH)?;
        eprintln!("Deleted the sandbox's state and documents.");
        return Ok(ExitCode::SUCCESS);
    }
    let program = live::build_sandbox()?.join("sandbox");
    let shell = Shell::new()?;
    let port = args.port.map(|port| format!("--port={port}"));
    let flags = &args.flags;
    let mut command: Command = cmd!(shell, "{program} {port...} {flags...}").into();
    Err(command.exec()).with_context(|| format!("starting `{}`", program.display()))
}

/// How deep documents lie below the folder of all: `CLUSTER/CLASS`, or `CLUSTER/MODULE` and
/// `CLUSTER/CLASS/MODULE` where a file has several modules, or the same in the folder of a
/// file of a fleet.
const DEPTH: usize = 4;

/// Removes the documents that runs with `--sandbox` wrote, of storage and workloads, and
/// nothing else that may be there. Folders stay while anything is in them.
fn forget_documents(folder: &Path, depth: usize) -> anyhow::Result<()> {
    for inner in folders(folder) {
        for (name, text) in directory::read(&inner, efs::DOCUMENTS)? {
            if efs::is_anybodys(&text) {
                directory::remove_file(&inner.join(name))?;
            }
        }
        for (name, text) in directory::read(&inner, graphscope::DOCUMENTS)? {
            if graphscope::is_anybodys(&text) {
                directory::remove_file(&inner.join(name))?;
            }
        }
        if depth > 1 {
            forget_documents(&inner, depth - 1)?;
        }
        let _ = std::fs::remove_dir(&inner);
    }
    Ok(())
}

/// The folders within a folder; none where there is no such folder.
fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let own = |path: &PathBuf| path.is_dir() && !path.is_symlink();
    entries.map(|entry| entry.path()).filter(own).collect()
}

/// How many calls the sandbox keeps; its file has up to twice as many.
const KEPT: usize = 10_000;

/// One line per call: when, how long, what, and how it ended.
fn list(path: &Path) -> anyhow::Result<ExitCode> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("reading `{}`", path.display())),
    };
    let lines: Vec<&str> = text.lines().collect();
    let last = &lines[lines.len().saturating_sub(KEPT)..];
    let calls: Vec<serde_json::Value> =
        last.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let start = calls.first().and_then(|call| call["at_us"].as_u64()).unwrap_or(0);
    let mut table = String::new();
    for call in &calls {
        let ms = |us: u64| format!("{}.{:03}", us / 1000, us % 1000);
        let field = |name: &str| call[name].as_str().unwrap_or_default().to_owned();
        let at = call["at_us"].as_u64().unwrap_or(start).saturating_sub(start);
        let took = call["took_us"].as_u64().unwrap_or(0);
        table.push_str(&format!(
            "{:>12} ms {:>8} ms  {:<18} {:<34} {}\n",
            ms(at),
            ms(took),
            field("service"),
            field("operation"),
            field("outcome")
        ));
    }
    crate::print::print(table)?;
    eprintln!("{} calls", calls.len());
    Ok(ExitCode::SUCCESS)
}
