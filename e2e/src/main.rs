//! The whole story on one cluster and one AWS: from nothing to a proved shared
//! mount, through drift, change and growth, and back to nothing.
//!
//! `xtask` is the front door and starts this program with one job on standard
//! input. Whatever is started here ends with it.

mod aws;
mod cluster;
mod report;
mod story;
mod workloads;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use job::EndToEnd;

use crate::report::Report;

fn main() -> ExitCode {
    match start() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            for cause in error.chain().skip(1) {
                eprintln!("  caused by: {cause}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Whether all of the story went well.
fn start() -> anyhow::Result<bool> {
    let job: EndToEnd = serde_json::from_reader(std::io::stdin().lock())
        .context("reading the job; start it with `cargo xtask e2e`")?;
    let mut report = Report::new(&job, interrupted()?);
    let told = story::tell(&job, &mut report);
    if let Err(error) = &told {
        Report::note(&format!("not finished: {error:#}"));
    }
    report.write()?;
    Ok(told.is_ok() && report.is_green())
}

/// Set by Ctrl-C and SIGTERM: the step under way ends, and everything is taken down.
fn interrupted() -> anyhow::Result<Arc<AtomicBool>> {
    let told = Arc::new(AtomicBool::new(false));
    let tell = Arc::clone(&told);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("starting a runtime")?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            use tokio::signal::unix::{SignalKind, signal};
            let (Ok(mut interrupt), Ok(mut terminate)) =
                (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
            else {
                return;
            };
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                eprintln!("Interrupted: what was started is taken down.");
                tell.store(true, Ordering::Release);
            }
        });
    });
    Ok(told)
}
