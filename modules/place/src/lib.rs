//! Whether an AWS account, a region and a cluster belong together.
//!
//! AWS is called with one set of credentials, and Kubernetes with another: a kubeconfig that
//! was left on another cluster would have a file system made in one account and a class in a
//! cluster of a second one. [`judge`] compares what the inputs say ([`Wanted`]) with who calls
//! AWS ([`Caller`]), with how the cluster is reached ([`Access`]), and with what EKS says of
//! the cluster ([`EksCluster`]). [`Verdict::guard`] puts the result into a plan.
//!
//! Nothing here reads a kubeconfig or calls AWS.

mod access;
mod arn;
mod judge;
mod plugin;
mod verdict;

pub use access::{Access, certificates, endpoint_region};
pub use arn::{ClusterArn, account_id, eks_name, partition};
pub use judge::{Evidence, judge};
pub use plugin::TokenPlugin;
pub use verdict::{Choice, IN_CLUSTER, Verdict, lines};

use serde::{Deserialize, Serialize};

/// Where a deployment belongs, by its inputs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Wanted {
    pub region: String,
    /// The name of the EKS cluster.
    pub cluster: String,
    /// The account, where the inputs name it.
    pub account: Option<String>,
}

/// Who calls AWS (`sts:GetCallerIdentity`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub account: String,
    pub arn: String,
}

/// A cluster as `eks:DescribeCluster` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EksCluster {
    pub arn: String,
    /// The URL of its OpenID Connect issuer.
    pub issuer: Option<String>,
    pub endpoint: String,
    /// The PEM of its certificate authority.
    pub authority: String,
}
