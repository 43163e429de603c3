//! The list of calls: what was asked, when, and how it ended.

use serde::{Deserialize, Serialize};

/// One call.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Call {
    /// When the request arrived, in microseconds since 1970.
    pub(crate) at_us: u64,
    /// How long the answer took, in microseconds.
    pub(crate) took_us: u64,
    /// `elasticfilesystem` or `ec2`.
    pub(crate) service: String,
    /// The operation, such as `CreateMountTarget`.
    pub(crate) operation: String,
    /// The region that the request was signed for.
    pub(crate) region: String,
    /// The HTTP status.
    pub(crate) status: u16,
    /// `ok`, or the error's code.
    pub(crate) outcome: String,
    /// The faults that it met.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) faults: Vec<String>,
    /// The id that the answer carried.
    pub(crate) request_id: String,
}
