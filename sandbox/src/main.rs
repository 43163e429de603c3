//! A local EFS, and the part of EC2 that goes with it, for any AWS client.
//!
//! It keeps the rules that AWS keeps: tokens, states that take time, one mount
//! target per zone, addresses out of the subnet's range, signed requests, and
//! AWS's own error shapes. What it does not know it refuses by name.

mod authorization;
mod calls;
mod ec2;
mod efs;
mod error;
mod faults;
mod http;
mod ids;
mod limit;
mod options;
mod seed;
mod socket;
mod store;
mod world;

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use tokio::net::TcpListener;

use crate::options::Options;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match serve(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: Options) -> anyhow::Result<()> {
    let store = store::Store::open(options.state.as_deref())?;
    let address = (options.host, options.port);
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!(
            "listening on port {}; choose another with `--port`, 0 for any that is free",
            options.port
        )
    })?;
    let url = format!("http://{}", listener.local_addr()?);
    let faults = faults::Faults::new(rules(&options)?, options.fault_seed);
    let state = http::Shared::new(store, faults, options.clone());
    // The first line on standard output is the address, for programs that start this one.
    writeln!(std::io::stdout(), "{url}")?;
    if !options.until_stdin_closes {
        eprintln!("The sandbox answers at {url} until Ctrl-C.");
        eprintln!(
            "Try: AWS_ENDPOINT_URL={url} AWS_ACCESS_KEY_ID=sandbox AWS_SECRET_ACCESS_KEY=sandbox aws efs describe-file-systems --region eu-west-1"
        );
    }
    let service = http::router(state).into_make_service_with_connect_info::<socket::Cut>();
    axum::serve(socket::Cuttable(listener), service)
        .with_graceful_shutdown(stopped(options.until_stdin_closes))
        .await
        .context("serving")
}

/// The rules of the flags and of the file.
fn rules(options: &Options) -> anyhow::Result<Vec<faults::Rule>> {
    let mut rules = options.faults.clone();
    if let Some(path) = &options.faults_file {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("reading the rules of faults `{}`", path.display()))?;
        for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            rules.push(
                line.parse().map_err(|mistake| anyhow::anyhow!("{}: {mistake}", path.display()))?,
            );
        }
    }
    Ok(rules)
}

/// Until Ctrl-C, SIGTERM, or the end of standard input where that is asked for:
/// whoever started this program is gone then, however it ended.
async fn stopped(until_stdin_closes: bool) {
    let stdin_closed = async {
        if until_stdin_closes {
            // A thread of its own: the runtime would wait for its own reader at the end.
            let (closed, told) = tokio::sync::oneshot::channel::<()>();
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
                let _ = closed.send(());
            });
            let _ = told.await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending::<()>().await,
        }
    };
    tokio::select! {
        () = stdin_closed => {}
        () = terminated => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
