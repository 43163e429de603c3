//! Waiting for what Kubernetes does on its own.

use std::time::{Duration, Instant};

use anyhow::ensure;

const TIMEOUT: Duration = Duration::from_mins(5);

/// Waits until a condition holds.
///
/// # Errors
/// If the condition cannot be checked, or does not hold within [`TIMEOUT`].
pub(crate) fn until(
    condition: &str,
    holds: impl Fn() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let deadline = Instant::now() + TIMEOUT;
    while !holds()? {
        ensure!(Instant::now() < deadline, "timed out after {TIMEOUT:?} waiting until {condition}");
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}
