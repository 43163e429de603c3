//! What the inputs say of the add-on.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

inputs::words! {
    /// What EKS does about fields of the add-on's objects that somebody else set.
    ///
    /// Source: Amazon EKS API Reference, `CreateAddon` and `UpdateAddon`.
    pub enum ResolveConflicts {
        /// It leaves them, and fails.
        None = "NONE",
        /// It sets them.
        Overwrite = "OVERWRITE",
        /// It leaves them and goes on; a creation fails as with `NONE`.
        Preserve = "PRESERVE",
    }
}

/// What the inputs say of the add-on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AddonInputs {
    /// Such as `v2.1.4-eksbuild.1`; the one of the cluster's Kubernetes version without it.
    pub version: Option<String>,
    pub resolve_conflicts: ResolveConflicts,
    /// The user's own configuration values, which win over those of other inputs.
    pub configuration: Map<String, Value>,
}
