//! The calls of the driver beside those of its release.

use kubernetes::{Preconditions, release};

use super::pods::Credentials;

/// A call of Kubernetes; those of the release are [`release::Call`]s.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// Waits until the driver of this namespace runs everywhere.
    UntilReady { namespace: String },
    /// Deletes the controller's pods that were admitted without the credentials that they are to have,
    /// until those that come in their place have them; without `wait`, once.
    GiveCredentials { namespace: String, wanted: Credentials, wait: bool },
    /// Deletes the CSIDriver object, which survives an uninstall of the chart.
    DeleteCsiDriver {
        name: String,
        /// The one that was observed, where another of its name must stay.
        observed: Option<Preconditions>,
    },
    /// Takes Helm's marks off the driver's workloads, whose objects EKS has, and deletes the records
    /// of the release, whose latest revision must still be this one.
    LeaveToEks { release: release::Id, revision: u64 },
    /// Gives the objects of the release that are there Helm's label and annotations, so that it
    /// adopts them.
    GiveToHelm { release: Box<release::Wanted> },
}
