//! When to stop early: Ctrl-C, SIGTERM, or the end of the time given.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::log;
use crate::wait::{GRACE, unless};

/// The exit code of an interrupted run, as shells have it for Ctrl-C.
pub(crate) const INTERRUPTED: u8 = 130;

/// Why a run stops early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// By a signal: Ctrl-C, or SIGTERM.
    Interrupted,
    /// By `--timeout`.
    TimedOut,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Reason::Interrupted => "Interrupted: not starting anything new.",
            Reason::TimedOut => "Timed out (`--timeout`): not starting anything new.",
        })
    }
}

/// What a command that is stopped before it changed anything ends with.
impl std::error::Error for Reason {}

/// A wait that ended because the run is to stop.
#[derive(Debug)]
pub(crate) struct Stopped;

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("stopped before it was done")
    }
}

impl std::error::Error for Stopped {}

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
            let reason = match unless(tokio::time::sleep(timeout), signalled()).await {
                Ok(()) => Reason::Interrupted,
                Err(()) => Reason::TimedOut,
            };
            sender.send_replace(Some(reason));
            signalled().await;
            log::say("Stopped.");
            std::process::exit(INTERRUPTED.into());
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

    /// What `work` results in, unless it is time to stop before: then it is given up.
    pub(crate) async fn or<T>(&self, work: impl Future<Output = T>) -> Result<T, Reason> {
        // Boxed, as whatever is handed on by value is in the future twice.
        unless(self.stopped(), Box::pin(work)).await
    }

    /// The same for calls in progress: they may end after an interrupt, and have little time
    /// left after a timeout.
    pub(crate) async fn or_late<T>(&self, work: impl Future<Output = T>) -> Result<T, Reason> {
        let late = async {
            let reason = self.stopped().await;
            match reason {
                Reason::TimedOut => tokio::time::sleep(GRACE).await,
                Reason::Interrupted => std::future::pending().await,
            }
            reason
        };
        unless(late, Box::pin(work)).await
    }

    /// Why it is time to stop, if it is.
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
    let _ = unless(interrupt.recv(), terminate.recv()).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_given_up_when_the_time_is_over_and_not_before() {
        let stop = Stop::new(Duration::from_millis(1));
        assert_eq!(stop.or(async { 3 }).await, Ok(3));
        assert_eq!(stop.or(std::future::pending::<()>()).await, Err(Reason::TimedOut));
        assert_eq!(stop.reason(), Some(Reason::TimedOut));
    }
}
