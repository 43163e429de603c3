//! The sandbox as a program: `sandbox --help` lists its flags.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use sandbox::{Options, Sandbox, Surroundings};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

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
    let until_stdin_closes = options.until_stdin_closes;
    let (host, port) = (options.host, options.port);
    let sandbox = Sandbox::open(options, Surroundings::default())?;
    let listener = TcpListener::bind((host, port)).await.with_context(|| {
        format!("listening on port {port}; choose another with `--port`, 0 for any free port")
    })?;
    let url = format!("http://{}", listener.local_addr()?);
    // Whoever has read that it serves may end it at once.
    let signals = [SignalKind::terminate(), SignalKind::interrupt()].map(signal);
    let [terminated, interrupted] = signals;
    let signals =
        (terminated.context("waiting for SIGTERM")?, interrupted.context("waiting for Ctrl-C")?);
    // The first line on standard output is the address, for programs that start this one.
    writeln!(std::io::stdout(), "{url}")?;
    if !until_stdin_closes {
        eprintln!("The sandbox serves {url} until Ctrl-C.");
        eprintln!(
            "Try: AWS_ENDPOINT_URL={url} AWS_ACCESS_KEY_ID=sandbox AWS_SECRET_ACCESS_KEY=sandbox aws efs describe-file-systems --region eu-west-1"
        );
    }
    sandbox.serve(listener, stopped(until_stdin_closes, signals)).await
}

/// Ends at Ctrl-C, SIGTERM or, with `--until-stdin-closes`, at the end of standard input: the
/// program that started this one has ended then.
async fn stopped(until_stdin_closes: bool, (mut terminated, mut interrupted): (Signal, Signal)) {
    let stdin_closed = async {
        if until_stdin_closes {
            // A thread of its own: the runtime would wait for its own reader at the end.
            let (closed, is_closed) = tokio::sync::oneshot::channel::<()>();
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
                let _ = closed.send(());
            });
            let _ = is_closed.await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = stdin_closed => {}
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
    }
}
