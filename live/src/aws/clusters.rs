//! What EKS said of clusters, each asked about once by all that want to know.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use network::ClusterNetwork;
use place::EksCluster;
use tokio::sync::OnceCell;

/// A cluster as EKS shows it.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) cluster: EksCluster,
    /// Its network, which a cluster that is being created or only registered does not have.
    pub(crate) network: Option<ClusterNetwork>,
    /// Whether it is one of EKS Auto Mode, whose nodes have the Pod Identity Agent built in: no
    /// object of the cluster shows that
    /// (<https://docs.aws.amazon.com/eks/latest/userguide/pod-id-agent-setup.html>).
    pub(crate) auto_mode: bool,
    /// Its Kubernetes version, such as `1.33`.
    pub(crate) kubernetes: Option<String>,
}

/// What EKS said of a cluster, or will.
type Described = Arc<OnceCell<Result<Option<Shown>, String>>>;

/// The clusters by name.
#[derive(Debug, Default)]
pub(super) struct Clusters(Mutex<BTreeMap<String, Described>>);

impl Clusters {
    /// What EKS said of a cluster; empty where nobody has asked yet.
    pub(super) fn of(&self, name: &str) -> Described {
        let mut clusters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(clusters.entry(name.to_owned()).or_default())
    }
}
