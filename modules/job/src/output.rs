//! How results are printed.

use serde::{Deserialize, Serialize};

/// How the result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Output {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}

/// How progress and events are written to standard error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One line of JSON for each event.
    Json,
}
