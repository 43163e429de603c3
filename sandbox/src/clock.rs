//! Time, given from outside.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Tells the time. All states, limits and lists go by it; waiting goes by tokio's timers.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Clock {
    /// The system's clock.
    pub fn system() -> Clock {
        Clock::from_fn(SystemTime::now)
    }

    /// A clock that starts at `start` and goes on with tokio's: where that is paused
    /// (`tokio::time::pause`), it jumps over every wait.
    pub fn tokio(start: SystemTime) -> Clock {
        let origin = tokio::time::Instant::now();
        Clock::from_fn(move || start + origin.elapsed())
    }

    /// A clock that tells whatever `now` returns.
    pub fn from_fn(now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Clock {
        Clock(Arc::new(now))
    }

    fn since_1970(&self) -> Duration {
        (self.0)().duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    /// Milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> u64 {
        u64::try_from(self.since_1970().as_millis()).unwrap_or(u64::MAX)
    }

    /// Microseconds since 1970.
    pub(crate) fn now_us(&self) -> u64 {
        u64::try_from(self.since_1970().as_micros()).unwrap_or(u64::MAX)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
