//! Where Kubernetes objects go.

use std::path::PathBuf;
use std::sync::Arc;

use failure::failure;
use job::{ClusterTarget, Job};

use crate::cluster::Kube;
use crate::helm::Helm;

/// Where Kubernetes objects go, connected once.
#[derive(Clone)]
pub(crate) enum Target {
    /// Into a directory, as documents.
    Directory(PathBuf),
    /// Into a cluster.
    Cluster(Arc<InCluster>),
}

/// A cluster as a target: its API, and Helm where there is one.
pub(crate) struct InCluster {
    pub(crate) kube: Kube,
    pub(crate) helm: Option<Helm>,
}

impl Target {
    /// Connects to the job's target; nothing is read yet.
    pub(crate) async fn connect(job: &Job) -> anyhow::Result<Target> {
        match &job.target {
            job::Destination::Directory(path) => Ok(Target::Directory(path.clone())),
            job::Destination::Cluster(ClusterTarget { context, helm }) => {
                let kube = Kube::connect(context, &job.places).await?;
                let helm = helm.as_ref().map(|found| Helm::new(found, &kube)).transpose()?;
                Ok(Target::Cluster(Arc::new(InCluster { kube, helm })))
            }
        }
    }

    /// The cluster, where the target is one.
    pub(crate) fn cluster(&self) -> Option<&InCluster> {
        match self {
            Target::Cluster(cluster) => Some(cluster),
            Target::Directory(_) => None,
        }
    }

    /// The cluster, for what makes sense in one only.
    pub(crate) async fn connect_to_cluster(job: &Job) -> anyhow::Result<Arc<InCluster>> {
        match Target::connect(job).await? {
            Target::Cluster(cluster) => Ok(cluster),
            Target::Directory(_) => {
                Err(failure("this command needs a cluster", "name one with `--context`"))
            }
        }
    }
}
