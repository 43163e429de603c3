//! Runs the benchmarks, and prints the figures as a table or as JSON.
//!
//! `xtask` starts this program with one job on standard input.

use std::io::Write;
use std::process::ExitCode;

use failure::{Help, failure};
use job::{Bench, Output};

fn main() -> ExitCode {
    match measure() {
        Ok(over) if over.is_empty() => ExitCode::SUCCESS,
        Ok(errors) => fail(&errors),
        Err(error) => fail(&[error]),
    }
}

fn fail(errors: &[anyhow::Error]) -> ExitCode {
    eprintln!("{}", failure::report(errors));
    ExitCode::FAILURE
}

/// Measures and prints; with `check`, an error for each figure that is over its goal.
fn measure() -> anyhow::Result<Vec<anyhow::Error>> {
    let job: Bench = serde_json::from_reader(std::io::stdin().lock())
        .help("reading the job from standard input", "start it with `cargo xtask bench`")?;
    let selected =
        |name: &str| job.only.as_ref().is_none_or(|only| name.starts_with(only.as_str()));
    // A group of figures is measured for one of them, too.
    let wanted = |group: &str| {
        selected(group) || job.only.as_ref().is_some_and(|only| only.starts_with(group))
    };
    let mut figures = Vec::new();
    if wanted("render") || wanted("plan") {
        eprintln!("planning and rendering…");
        figures.extend(bench::pure());
    }
    if wanted("start") || wanted("size") {
        eprintln!("starting programs…");
        figures.extend(bench::starts(&job.programs)?);
    }
    if job.build {
        eprintln!("building from scratch, which takes minutes…");
        figures.extend(bench::builds(&job.workspace)?);
    }
    if ["deploy", "no-op", "destroy", "calls", "rounds", "memory"].into_iter().any(wanted) {
        eprintln!("deploying and destroying as fast as AWS is, which takes three minutes…");
        figures.extend(bench::runs(&job.programs, &job.workspace)?);
    }
    if wanted("sandbox") {
        eprintln!("filling the sandbox, which takes half a minute…");
        figures.extend(bench::sandbox(&job.programs)?);
    }
    if wanted("big") {
        eprintln!("looking at a big account and a big cluster, which takes half a minute…");
        figures.extend(bench::big(&job.programs, &job.workspace)?);
    }
    if wanted("fleet") {
        eprintln!("deploying a fleet of {}, which takes a minute and a half…", job.fleet);
        figures.extend(bench::fleet(&job.programs, &job.workspace, job.fleet)?);
    }
    if wanted("clusters") {
        eprintln!(
            "deploying a fleet of {} to clusters of their own, which takes two minutes…",
            job.fleet
        );
        figures.extend(bench::clusters(&job.programs, &job.workspace, job.fleet)?);
    }
    figures.retain(|figure| selected(&figure.name));
    let text = match job.output {
        Output::Json => serde_json::to_string_pretty(&figures)?,
        Output::Text => bench::table(&figures),
    };
    // A closed pipe is no failure: its reader has seen enough.
    let _ = writeln!(std::io::stdout(), "{text}");
    let over = if job.check { bench::over(&figures) } else { Vec::new() };
    let again = "measure again while nothing else runs on this machine; if it is over its goal then, find the change that made it slower";
    Ok(over.into_iter().map(|line| failure(line, again)).collect())
}
