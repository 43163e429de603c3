//! The account's limit: a bucket that holds a second's calls and is filled all the time.

use std::time::Duration;

/// How many calls the account allows.
#[derive(Debug)]
pub(crate) struct Limit {
    /// Calls per second; 0 for any number.
    rate: f64,
    tokens: f64,
    /// When the bucket was last filled, in microseconds since 1970.
    filled_us: u64,
}

impl Limit {
    pub(crate) fn new(rate: f64, now_us: u64) -> Limit {
        Limit { rate, tokens: rate.max(1.0), filled_us: now_us }
    }

    /// Whether the account allows a call now.
    pub(crate) fn allows(&mut self, now_us: u64) -> bool {
        if self.rate <= 0.0 {
            return true;
        }
        let since = Duration::from_micros(now_us.saturating_sub(self.filled_us)).as_secs_f64();
        self.tokens = (self.tokens + since * self.rate).min(self.rate.max(1.0));
        self.filled_us = now_us;
        let allowed = self.tokens >= 1.0;
        if allowed {
            self.tokens -= 1.0;
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seconds_calls_may_come_at_once_and_then_as_many_as_the_rate_fills() {
        let start = 1_000_000;
        let mut limit = Limit::new(20.0, start);
        let allowed = |limit: &mut Limit, now| (0..100).filter(|_| limit.allows(now)).count();
        assert_eq!(allowed(&mut limit, start), 20);
        assert_eq!(allowed(&mut limit, start + 500_000), 10);
        assert_eq!(allowed(&mut limit, start + 60_000_000), 20, "it holds no more");
        let mut none = Limit::new(0.0, start);
        assert_eq!(allowed(&mut none, start), 100);
    }
}
