//! When to stop early: Ctrl-C, SIGTERM, or the end of the time given.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Why a run stops early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// By a signal: Ctrl-C, or SIGTERM.
    Interrupted,
    /// By `--timeout`.
    TimedOut,
}

impl Reason {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Reason::Interrupted => "Interrupted: not starting anything new.",
            Reason::TimedOut => "Timed out (`--timeout`): not starting anything new.",
        }
    }
}

/// Says when it is time to stop.
#[derive(Debug, Clone)]
pub(crate) struct Stop {
    reason: watch::Receiver<Option<Reason>>,
}

impl Stop {
    /// Starts listening. The first signal asks for a stop, the second one stops at once.
    pub(crate) fn new(timeout: Duration) -> Self {
        let (sender, reason) = watch::channel(None);
        tokio::spawn(async move {
            let reason = tokio::select! {
                () = signalled() => Reason::Interrupted,
                () = tokio::time::sleep(timeout) => Reason::TimedOut,
            };
            sender.send_replace(Some(reason));
            signalled().await;
            eprintln!("Stopped.");
            std::process::exit(130);
        });
        Stop { reason }
    }

    /// Waits until it is time to stop.
    pub(crate) async fn stopped(&self) -> Reason {
        let mut reason = self.reason.clone();
        match reason.wait_for(Option::is_some).await.map(|reason| *reason) {
            Ok(Some(reason)) => reason,
            // Nothing is left that could stop it.
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
