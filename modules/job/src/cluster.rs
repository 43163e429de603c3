//! Where Kubernetes objects go.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where Kubernetes objects go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// Into a directory, as documents.
    Directory(PathBuf),
    /// Into a cluster.
    Cluster(ClusterTarget),
}

/// A cluster, and the program that installs charts in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterTarget {
    /// Which context of the kubeconfig.
    pub context: ContextChoice,
    /// Helm; not needed where the driver is left alone.
    pub helm: Option<Helm>,
}

/// A context of the kubeconfig.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContextChoice {
    /// The current one; inside a pod, the cluster that it runs in.
    Current,
    /// The one of that name.
    Named(String),
    /// The one that leads to the EKS cluster of that name.
    OfCluster(String),
}

/// The `helm` program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Helm {
    /// Where it is.
    pub program: PathBuf,
    pub version: HelmVersion,
}

/// A version of Helm; some flags depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HelmVersion {
    /// 3 or 4.
    pub major: u32,
    pub minor: u32,
}

impl HelmVersion {
    /// The oldest that knows all that is asked of it.
    pub const OLDEST: HelmVersion = HelmVersion { major: 3, minor: 6 };

    /// Reads what `helm version --short` prints, such as `v3.6.0+g7f2df64`.
    pub fn parse(text: &str) -> Option<HelmVersion> {
        let mut parts = text.trim().strip_prefix('v')?.split('.');
        Some(HelmVersion { major: parts.next()?.parse().ok()?, minor: parts.next()?.parse().ok()? })
    }
}

impl std::fmt::Display for HelmVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}
