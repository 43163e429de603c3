//! The calls of the driver beside those of its release.

use kubernetes::Preconditions;

/// A call of Kubernetes; those of the release are [`kubernetes::release::Call`]s.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// Waits until the driver of this namespace runs everywhere.
    UntilReady { namespace: String },
    /// Deletes the CSIDriver object, which survives an uninstall of the chart.
    DeleteCsiDriver {
        name: String,
        /// The one that was observed, where another of its name must stay.
        observed: Option<Preconditions>,
    },
}
