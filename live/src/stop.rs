//! When to stop early: Ctrl-C, SIGTERM, or the end of the time given.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Why a run stops early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// A person, or whoever stops processes, said so.
    Interrupted,
    /// The time given is over.
    TimedOut,
}

impl Reason {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Reason::Interrupted => "Interrupted: nothing new is started.",
            Reason::TimedOut => "The time given with `--timeout` is over: nothing new is started.",
        }
    }
}

/// Tells everyone who waits that it is time to stop.
#[derive(Debug, Clone)]
pub(crate) struct Stop {
    reason: watch::Receiver<Option<Reason>>,
}

impl Stop {
    /// Starts listening. The first signal asks for a stop, the second one stops at once.
    pub(crate) fn new(timeout: Duration) -> Self {
        let (tell, reason) = watch::channel(None);
        tokio::spawn(async move {
            let told = tokio::select! {
                () = signalled() => Reason::Interrupted,
                () = tokio::time::sleep(timeout) => Reason::TimedOut,
            };
            tell.send_replace(Some(told));
            signalled().await;
            eprintln!("Stopped at once.");
            std::process::exit(130);
        });
        Stop { reason }
    }

    /// Waits until it is time to stop.
    pub(crate) async fn stopped(&self) -> Reason {
        let mut reason = self.reason.clone();
        match reason.wait_for(Option::is_some).await.map(|told| *told) {
            Ok(Some(told)) => told,
            // Nobody is left who could say so.
            _ => std::future::pending().await,
        }
    }

    /// Whether it is time to stop.
    pub(crate) fn reason(&self) -> Option<Reason> {
        *self.reason.borrow()
    }
}

async fn signalled() {
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
