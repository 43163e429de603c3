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
