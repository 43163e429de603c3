//! The job that `xtask` hands to `live`: typed, serialised, complete.
//!
//! Everything that a person can ask for was read and checked before; `live`
//! observes and carries out, and looks nothing up.

mod e2e;

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use e2e::{AwsChoice, ClusterChoice, EndToEnd};

/// What `live` is started with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// One job.
    Run(Box<Job>),
    /// Many deployments at once.
    Fleet(Fleet),
}

/// Many deployments in one process, which share the account's rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fleet {
    /// The deployments by name, in the order in which they begin.
    pub jobs: Vec<(String, Job)>,
    /// AWS calls per second and region that they make together.
    pub rate: f64,
    /// How the result is printed.
    pub output: Output,
    /// The limit of the whole run.
    pub timeout: Duration,
    /// The local AWS to run for the length of the job.
    pub sandbox: Option<Sandbox>,
    /// The command line that goes on from where an interrupted run stopped.
    pub again: String,
}

/// What is measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bench {
    /// Only figures whose names begin so.
    pub only: Option<String>,
    /// How many deployments the fleet has.
    pub fleet: usize,
    /// Whether builds from nothing are measured too.
    pub build: bool,
    /// How the figures are printed.
    pub output: Output,
    /// The folder that our programs are in.
    pub programs: PathBuf,
    /// The top of the workspace.
    pub workspace: PathBuf,
}

/// One job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// What to do.
    pub command: Command,
    /// The label of the module block, for addresses in plans.
    pub module: String,
    /// The module's inputs.
    pub inputs: efs::Inputs,
    /// The network module, where the inputs refer to it.
    pub network: Option<network::Inputs>,
    /// The workloads, by the labels of their blocks.
    pub workloads: Vec<(String, graphscope::Inputs)>,
    /// Where Kubernetes objects go.
    pub target: Target,
    /// Whether a driver that does not run yet is waited for.
    pub wait: bool,
    /// How the result is printed.
    pub output: Output,
    /// Whether deletions and replacements have consent.
    pub yes: bool,
    /// The limit of the whole run.
    pub timeout: Duration,
    /// Where AWS is, where it is not AWS itself.
    pub endpoint_url: Option<String>,
    /// The local AWS to run for the length of the job.
    pub sandbox: Option<Sandbox>,
    /// How much is told on standard error: 0 progress, 1 or more every AWS call.
    pub verbosity: u8,
    /// Where the page goes that shows when what happened.
    pub timeline: Option<PathBuf>,
    /// The command line that goes on from where an interrupted run stopped.
    pub again: String,
}

/// Where Kubernetes objects go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
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
    /// Its version.
    pub version: HelmVersion,
}

/// A version of Helm; some flags depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HelmVersion {
    /// 3 or 4.
    pub major: u32,
    /// The minor version.
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

/// What to do with the deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Show what would change.
    Plan {
        /// Whether the exit code tells: 0 nothing, 2 changes, 1 error.
        detailed_exitcode: bool,
    },
    /// Plan, and carry it out.
    Deploy,
    /// Take everything down.
    Destroy,
    /// Show what would change of storage and workloads.
    PlanWorkloads {
        /// Whether claims that are wanted no more would go, with their data.
        delete_data: bool,
        /// Whether the exit code tells: 0 nothing, 2 changes, 1 error.
        detailed_exitcode: bool,
    },
    /// Plan storage and workloads as one, and carry it out.
    DeployWorkloads {
        /// Whether claims that are wanted no more go, with their data.
        delete_data: bool,
    },
    /// Take the workloads down.
    DestroyWorkloads {
        /// Whether their claims go too, with their data.
        delete_data: bool,
    },
    /// Show what there is.
    Status,
    /// Give claims what they ask for.
    Expand,
    /// Prove that pods share a volume.
    Verify(Verify),
}

impl Command {
    /// Whether it plans what a deployment should be, and so looks at all that this depends on.
    pub fn plans(&self) -> bool {
        match self {
            Command::Plan { .. }
            | Command::Deploy
            | Command::PlanWorkloads { .. }
            | Command::DeployWorkloads { .. } => true,
            Command::Destroy
            | Command::DestroyWorkloads { .. }
            | Command::Status
            | Command::Expand
            | Command::Verify(_) => false,
        }
    }

    /// Whether it looks at the workloads beside the storage.
    pub fn knows_workloads(&self) -> bool {
        matches!(
            self,
            Command::PlanWorkloads { .. }
                | Command::DeployWorkloads { .. }
                | Command::DestroyWorkloads { .. }
                | Command::Status
        )
    }
}

/// How a proof is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verify {
    /// An image with a shell and `flock`.
    pub image: String,
    /// How many pods read beside the one that writes.
    pub readers: usize,
    /// The example workload to run and check, instead of the general proof.
    pub example: Option<graphscope::Example>,
    /// An existing claim to prove it on.
    pub claim: Option<ClaimName>,
    /// Whether what was made stays.
    pub keep: bool,
}

/// A claim by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimName {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// How the result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Output {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}

/// The local AWS to run for the length of the job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sandbox {
    /// The program.
    pub program: PathBuf,
    /// The file that holds its state.
    pub state: PathBuf,
}
