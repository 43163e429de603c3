//! The timeline of a run: a bar for each step and each call, as one self-contained HTML page.
//!
//! This crate reads no clock: times are given in microseconds since the start of the run.

mod page;
mod path;

use serde::Serialize;

pub use page::{PageError, page};

/// Everything that happened in a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline {
    /// The command, as it was typed.
    pub title: String,
    /// In the order in which they started.
    pub steps: Vec<Step>,
    /// The attempts of calls to AWS, in the order in which they were sent.
    pub calls: Vec<Call>,
    pub total_us: u64,
}

/// A step of the run, such as a change of one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The address of what changed, such as `module.efs_csi.file_system`.
    pub address: String,
    /// The addresses of the steps that had to end before this one could start.
    pub needs: Vec<String>,
    /// In order; the first one starts with the step, each ends where the next one starts.
    pub states: Vec<State>,
    pub to_us: u64,
    /// For people, such as `created fs-…`.
    pub outcome: String,
    pub failed: bool,
}

/// What a step did during a part of its time, such as `creating`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    pub name: String,
    pub from_us: u64,
}

/// One attempt of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Call {
    pub operation: String,
    /// Counted from 1; every later one is a retry.
    pub attempt: u32,
    /// The HTTP status; `None` if no complete response arrived.
    pub status: Option<u16>,
    pub from_us: u64,
    pub to_us: u64,
}

impl Call {
    /// Whether there was no complete response, or one with an error status.
    pub fn failed(&self) -> bool {
        self.status.is_none_or(|status| status >= 400)
    }
}

impl Step {
    /// When the step started, in microseconds.
    pub fn from_us(&self) -> u64 {
        self.states.first().map_or(self.to_us, |state| state.from_us)
    }
}
