//! Time, given from outside.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

type Now = dyn Fn() -> SystemTime + Send + Sync;
type Sleep = dyn Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync;

/// Tells the time, and waits. All states, limits, latencies and lists go by it.
#[derive(Clone)]
pub struct Clock {
    now: Arc<Now>,
    sleep: Arc<Sleep>,
}

impl Clock {
    /// The system's clock, and tokio's timers.
    pub fn system() -> Clock {
        Clock::new(SystemTime::now, tokio::time::sleep)
    }

    /// A clock that goes on with tokio's: where that is paused, it jumps over every wait.
    pub fn tokio(start: SystemTime) -> Clock {
        let origin = tokio::time::Instant::now();
        Clock::new(move || start + origin.elapsed(), tokio::time::sleep)
    }

    /// A clock that stands still until its hands are moved. Who waits by it moves them, and
    /// does not wait.
    pub fn manual(start: SystemTime) -> (Clock, Hands) {
        let hands = Hands(Arc::new(Mutex::new(start)));
        let (read, moved) = (hands.clone(), hands.clone());
        let sleep = move |time| {
            moved.advance(time);
            std::future::ready(())
        };
        (Clock::new(move || read.now(), sleep), hands)
    }

    /// A clock of any kind: what tells the time, and what waits.
    pub fn new<F>(
        now: impl Fn() -> SystemTime + Send + Sync + 'static,
        sleep: impl Fn(Duration) -> F + Send + Sync + 'static,
    ) -> Clock
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Clock { now: Arc::new(now), sleep: Arc::new(move |time| Box::pin(sleep(time))) }
    }

    pub(crate) async fn sleep(&self, time: Duration) {
        if !time.is_zero() {
            (self.sleep)(time).await;
        }
    }

    fn since_1970(&self) -> Duration {
        (self.now)().duration_since(UNIX_EPOCH).unwrap_or_default()
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

/// The hands of a clock that stands still. See [`Clock::manual`].
#[derive(Debug, Clone)]
pub struct Hands(Arc<Mutex<SystemTime>>);

impl Hands {
    /// Moves the clock on.
    pub fn advance(&self, time: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += time;
    }

    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
