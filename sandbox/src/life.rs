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
