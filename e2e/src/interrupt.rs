//! Ctrl-C and SIGTERM: the current step ends, and everything that was started is stopped.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use anyhow::Context;

/// Whether the run was interrupted; clones share one state.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupt(Arc<(Mutex<bool>, Condvar)>);

impl Interrupt {
    /// Listens for the signals from now on.
    pub(crate) fn listen() -> anyhow::Result<Interrupt> {
        let interrupt = Interrupt::default();
        let listener = interrupt.clone();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("starting the async runtime")?;
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
                    eprintln!("Interrupted: stopping everything that was started.");
                    listener.raise();
                }
            });
        });
        Ok(interrupt)
    }

    pub(crate) fn is_raised(&self) -> bool {
        *self.state()
    }

    pub(crate) fn raise(&self) {
        *self.state() = true;
        self.0.1.notify_all();
    }

    /// Waits until the run is interrupted.
    pub(crate) fn wait(&self) {
        let mut raised = self.state();
        while !*raised {
            raised = self.0.1.wait(raised).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn state(&self) -> MutexGuard<'_, bool> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_waits_goes_on_once_it_is_raised_and_so_does_whoever_comes_later() {
        let interrupt = Interrupt::default();
        assert!(!interrupt.is_raised());
        let waiting = interrupt.clone();
        let thread = std::thread::spawn(move || waiting.wait());
        interrupt.raise();
        thread.join().unwrap();
        interrupt.wait();
        assert!(interrupt.is_raised());
    }
}
