//! Measures, and tells the figures as a table or as JSON.
//!
//! `xtask` is the front door and starts this program with one job on standard input.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use job::{Bench, Output};

fn main() -> ExitCode {
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> anyhow::Result<()> {
    let asked: Bench = serde_json::from_reader(std::io::stdin().lock())
        .context("reading the job; start it with `cargo xtask bench`")?;
    let chosen =
        |name: &str| asked.only.as_ref().is_none_or(|only| name.starts_with(only.as_str()));
    // A group of figures is measured for one of them, too.
    let wanted = |group: &str| {
        chosen(group) || asked.only.as_ref().is_some_and(|only| only.starts_with(group))
    };
    let mut figures = Vec::new();
    if wanted("render") || wanted("plan") {
        eprintln!("planning and rendering…");
        figures.extend(bench::pure());
    }
    if wanted("start") || wanted("size") {
        eprintln!("starting programs…");
        figures.extend(bench::starts(&asked.programs)?);
    }
    if asked.build {
        eprintln!("building from nothing, which takes minutes…");
        figures.extend(bench::builds(&asked.workspace)?);
    }
    if ["deploy", "no-op", "destroy", "calls", "rounds", "memory"].into_iter().any(wanted) {
        eprintln!("deploying and destroying, at AWS's own times: three minutes…");
        figures.extend(bench::runs(&asked.programs, &asked.workspace)?);
    }
    if wanted("sandbox") {
        eprintln!("filling the sandbox: half a minute…");
        figures.extend(bench::sandbox(&asked.programs)?);
    }
    if wanted("fleet") {
        eprintln!("a fleet of {}: a minute and a half…", asked.fleet);
        figures.extend(bench::fleet(&asked.programs, &asked.workspace, asked.fleet)?);
    }
    figures.retain(|figure| chosen(&figure.name));
    let text = match asked.output {
        Output::Json => serde_json::to_string_pretty(&figures)?,
        Output::Text => bench::table(&figures),
    };
    // A reader that went away has seen enough.
    let _ = writeln!(std::io::stdout(), "{text}");
    Ok(())
}
