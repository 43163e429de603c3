//! Carries out one job: reads it from standard input, observes the world,
//! plans, and changes what the plan says.
//!
//! `xtask` is the front door and starts this program; everything was checked
//! there before.

mod aws;
mod chart;
mod cluster;
mod commands;
mod consent;
mod helm;
mod progress;
mod report;
mod run;
mod sandbox;
mod steps;
mod stop;
mod trace;
mod watch;
mod workloads;

use std::process::ExitCode;

use anyhow::Context;

fn main() -> ExitCode {
    match start() {
        Ok(code) => code,
        Err(error) => {
            report::failure(error);
            ExitCode::FAILURE
        }
    }
}

fn start() -> anyhow::Result<ExitCode> {
    let order: job::Order = serde_json::from_reader(std::io::stdin().lock())
        .context("reading the job; start it with `cargo xtask deploy-efs`")?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("starting the runtime")?;
    runtime.block_on(commands::carry_out(&order))
}
