//! The end-to-end scenario on one cluster and one AWS: from nothing to a verified shared
//! mount, through drift, change and expansion, and back to nothing.
//!
//! `xtask` starts this program with one job on standard input. Whatever is started here
//! ends with it.

mod aws;
mod cluster;
mod identity;
mod interrupt;
mod kind;
mod names;
mod node;
mod report;
mod runner;
mod scenario;
mod steps;
mod wait;

use std::process::ExitCode;

use failure::Help;
use job::{ClusterChoice, EndToEnd};

use crate::interrupt::Interrupt;
use crate::report::Report;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{}", failure::report(&[error]));
            ExitCode::FAILURE
        }
    }
}

/// Whether every step succeeded.
fn run() -> anyhow::Result<bool> {
    let job: EndToEnd = serde_json::from_reader(std::io::stdin().lock())
        .help("reading the job from standard input", "start it with `cargo xtask e2e`")?;
    if job.cluster == ClusterChoice::Node && !control_plane::is_inside() {
        let never = control_plane::enter(&serde_json::to_vec(&job)?)
            .help("`--cluster node` cannot run here", "use `--cluster control-plane`")?;
        match never {}
    }
    let interrupt = Interrupt::listen()?;
    let mut report = Report::new(&job, interrupt.clone());
    let outcome = scenario::run(&job, &mut report, &interrupt);
    if let Err(error) = &outcome {
        Report::note(&format!("not finished: {error:#}"));
    }
    Ok(outcome.is_ok() && report.is_green())
}
