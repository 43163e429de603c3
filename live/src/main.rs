//! Carries out one job: reads it from standard input, observes AWS and the
//! cluster, plans, and changes what the plan says.
//!
//! `xtask` is the front door and starts this program; everything was checked
//! there before.

mod absence;
mod audit;
mod aws;
mod call;
mod cluster;
mod commands;
mod consent;
mod context;
mod failover;
mod helm;
mod identity;
mod log;
mod meaning;
mod mounts;
mod named_before;
mod network_lead;
mod nodes;
mod observe;
mod outcome;
mod places;
mod progress;
mod propagation;
mod proxies;
mod raced;
mod reach;
mod report;
mod requests;
mod resources;
mod run;
mod sandbox;
mod static_access;
mod stop;
mod target;
mod trace;
mod users;
mod wait;
mod watch;
mod without_cluster;
mod workload;
mod world;

use std::process::ExitCode;

use anyhow::Context;
use failure::Help;

fn main() -> ExitCode {
    start().unwrap_or_else(|error| {
        log::error(&failure::report(&[error]));
        ExitCode::FAILURE
    })
}

fn start() -> anyhow::Result<ExitCode> {
    let order: job::Order = serde_json::from_reader(std::io::stdin().lock())
        .help("reading the job from standard input", "start it with `cargo xtask deploy-efs`")?;
    log::install(order.session.log);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("starting the runtime")?;
    Ok(runtime.block_on(commands::carry_out(&order)))
}
