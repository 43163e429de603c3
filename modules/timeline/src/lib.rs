//! When what happened in a run: a bar per step and per call, as one page that
//! needs nothing beside it.
//!
//! Nothing here knows a clock: times are given, in microseconds since the run began.

mod page;
mod path;

use serde::Serialize;

pub use page::{PageError, page};

/// A run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline {
    /// The command, as a person would type it again.
    pub title: String,
    /// What was done, in the order in which it began.
    pub steps: Vec<Step>,
    /// The calls to AWS, in the order in which they were sent.
    pub calls: Vec<Call>,
    /// How long the whole run took.
    pub total_us: u64,
}

/// One thing that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What, as people write it.
    pub address: String,
    /// The addresses of what it waited for before it began.
    pub needs: Vec<String>,
    /// What went on from when, the first when it began.
    pub states: Vec<State>,
    /// When it ended.
    pub to_us: u64,
    /// How it ended.
    pub outcome: String,
    /// Whether it ended as it should.
    pub failed: bool,
}

/// A stretch of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// What went on.
    pub name: String,
    /// From when.
    pub from_us: u64,
}

/// One call, an attempt each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Call {
    /// The operation.
    pub operation: String,
    /// The how-manieth attempt it is; more than the first are retries.
    pub attempt: u32,
    /// The HTTP status; `None` where no whole answer came.
    pub status: Option<u16>,
    /// When it was sent.
    pub from_us: u64,
    /// When it was answered.
    pub to_us: u64,
}

impl Call {
    /// Whether it was answered with what was asked for.
    pub fn failed(&self) -> bool {
        self.status.is_none_or(|status| status >= 400)
    }
}

impl Step {
    /// When it began.
    pub fn from_us(&self) -> u64 {
        self.states.first().map_or(self.to_us, |state| state.from_us)
    }
}
