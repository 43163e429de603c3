//! The CSI driver: where its chart comes from, which values it gets, and what
//! of it is found in a cluster.

pub(crate) mod chart;
pub(crate) mod digests;
mod observed;
pub(crate) mod source;
pub(crate) mod values;

pub use chart::ChartVersion;
pub use observed::{Driver, Foreign, FoundChart, Origin, Release, ReleaseStatus, Rollout};
pub use source::{DriverMode, HelmChart, WantedRelease};
pub use values::{DriverInputs, are_ours};
