//! The job of the benchmarks.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::output::Output;

/// What is measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bench {
    /// Only figures whose names begin so.
    pub only: Option<String>,
    /// How many deployments the fleet has.
    pub fleet: usize,
    /// Whether builds from nothing are measured too.
    pub build: bool,
    /// Whether a figure over its goal is a failure.
    pub check: bool,
    /// How the figures are printed.
    pub output: Output,
    /// The folder that our programs are in.
    pub programs: PathBuf,
    /// The top of the workspace.
    pub workspace: PathBuf,
}
