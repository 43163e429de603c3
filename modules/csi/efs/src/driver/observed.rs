//! What of the driver is found in a cluster, as plain data.

use serde_json::Value;

/// Everything that was found of the driver.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Driver {
    /// The release of our name in our namespace.
    pub release: Option<Release>,
    /// Installations that are not that release.
    pub foreign: Vec<Foreign>,
    /// Its Deployment and DaemonSet.
    pub rollouts: Vec<Rollout>,
    /// The chart, where a release must be made or changed.
    pub chart: Option<FoundChart>,
}

/// A Helm release.
#[derive(Debug, Clone, PartialEq)]
pub struct Release {
    /// Its latest revision.
    pub revision: u64,
    /// The state of that revision.
    pub status: ReleaseStatus,
    /// Its chart with the version, `NAME-VERSION`.
    pub chart: String,
    /// The values that were given to it.
    pub values: Value,
    /// Whether any of its revisions was made by Clockwork Codex.
    pub ours: bool,
}

/// The state of a release's latest revision, as Helm names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReleaseStatus {
    /// In force.
    Deployed,
    /// `pending-install`, `pending-upgrade` or `pending-rollback`: Helm is at
    /// it, or was killed.
    Pending(String),
    /// Anything else: `failed`, `uninstalled`, `uninstalling`, …
    Other(String),
}

impl ReleaseStatus {
    /// The state that Helm calls `text`.
    pub fn parse(text: &str) -> ReleaseStatus {
        match text {
            "deployed" => ReleaseStatus::Deployed,
            pending if pending.starts_with("pending-") => ReleaseStatus::Pending(text.to_owned()),
            other => ReleaseStatus::Other(other.to_owned()),
        }
    }

    /// The state as Helm calls it.
    pub fn as_str(&self) -> &str {
        match self {
            ReleaseStatus::Deployed => "deployed",
            ReleaseStatus::Pending(text) | ReleaseStatus::Other(text) => text,
        }
    }
}

/// An installation of the driver that is not ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Foreign {
    /// A Helm release of another name or namespace.
    Release {
        /// Its name.
        name: String,
        /// Its namespace.
        namespace: String,
    },
    /// The EKS managed add-on.
    AddOn,
    /// Manifests that somebody applied.
    Manifests {
        /// Where the objects are.
        namespace: String,
    },
}

/// How far a workload of the driver has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollout {
    /// `deployment` or `daemonset`, and its name.
    pub name: String,
    /// How many pods are ready and of the newest template.
    pub ready: i32,
    /// How many there should be.
    pub desired: i32,
    /// Whether its controller has seen the newest template.
    pub current: bool,
    /// Why pods are not ready, where something says so.
    pub why: Option<String>,
}

impl Rollout {
    /// Whether all of it runs.
    pub fn is_complete(&self) -> bool {
        self.current && self.ready >= self.desired
    }
}

/// A chart as it was read from where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundChart {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its default values.
    pub values: Value,
    /// The SHA-256 of its archive in hexadecimal; a folder has none.
    pub digest: Option<String>,
}
