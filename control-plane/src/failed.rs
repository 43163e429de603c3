//! Nodes that failed, as their kubelets and their status know it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// The names of nodes whose kubelets do not work.
pub(crate) type Failed = Arc<Mutex<BTreeSet<String>>>;

/// Whether a node is among those that failed.
pub(crate) fn has(failed: &Failed, name: &str) -> bool {
    failed.lock().unwrap_or_else(PoisonError::into_inner).contains(name)
}
