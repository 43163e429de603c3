//! States that last for a limited time.

use serde::{Deserialize, Serialize};

/// A state, and when it ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Life {
    pub(crate) state: State,
    /// Milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<u64>,
}

impl Life {
    pub(crate) const AVAILABLE: Life = Life { state: State::Available, until: None };

    pub(crate) fn until(state: State, now: u64, ms: u64) -> Life {
        Life { state, until: Some(now.saturating_add(ms)) }
    }

    /// Ends a state whose time is over; a deletion takes the whole row, and is not ended here.
    pub(crate) fn settle(&mut self, now: u64) {
        if self.state != State::Deleting && self.until.is_some_and(|until| until <= now) {
            *self = Life::AVAILABLE;
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    Creating,
    Available,
    Updating,
    Deleting,
    /// Failed, and not recoverable.
    Error,
}

impl State {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            State::Creating => "creating",
            State::Available => "available",
            State::Updating => "updating",
            State::Deleting => "deleting",
            State::Error => "error",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_ends_when_its_time_is_over_and_a_deletion_never_becomes_available() {
        let after = |state, now| {
            let mut life = Life::until(state, 10, 5);
            life.settle(now);
            life.state
        };
        assert_eq!(after(State::Creating, 14), State::Creating);
        assert_eq!(after(State::Creating, 15), State::Available);
        assert_eq!(after(State::Deleting, 99), State::Deleting);
        let mut failed = Life { state: State::Error, until: None };
        failed.settle(99);
        assert_eq!(failed.state, State::Error);
    }
}
