//! How large a file system is, by storage class.

use serde::{Deserialize, Serialize};

/// Bytes in each storage class, as AWS last metered them; `None` where it did not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeteredIn {
    pub standard: Option<u64>,
    /// Infrequent Access.
    pub ia: Option<u64>,
    pub archive: Option<u64>,
}
