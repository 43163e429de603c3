//! The job of an end-to-end run.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The whole story on one cluster and one AWS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndToEnd {
    pub cluster: ClusterChoice,
    /// AWS, or what stands in for it.
    pub aws: AwsChoice,
    /// Who makes the volumes of claims on a control plane.
    pub driver: DriverChoice,
    /// Whose policies AWS enforces, and no others, where it is the sandbox.
    pub enforce_iam: Option<DriverPolicy>,
    /// The image of the emulator; it then runs in a container.
    pub aws_image: Option<String>,
    /// Whether the emulator runs in a container of its own image.
    pub container: bool,
    pub config: PathBuf,
    /// The driver's chart.
    pub helm_chart: String,
    /// The version of the driver's chart.
    pub helm_chart_version: String,
    /// The folder of the workloads' charts, by their names; without it they are left out.
    pub workload_charts: Option<PathBuf>,
    /// The image of the pods that prove the shared mount.
    pub verify_image: Option<String>,
    /// Whether everything is left standing at the end.
    pub keep: bool,
    /// The folder of the JUnit file and the logs.
    pub report: PathBuf,
    /// The folder that our programs are in.
    pub programs: PathBuf,
    /// The folder that external programs are built into.
    pub tools: PathBuf,
    /// The virtual environment of emulators from PyPI.
    pub venv: PathBuf,
}

/// What the driver may do, where this program may do what its rendered policy allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriverPolicy {
    /// The role and the policy that a deployment makes.
    Rendered,
    /// A role with AWS's managed `AmazonEFSCSIDriverPolicy`.
    Managed,
}

/// The cluster of an end-to-end run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClusterChoice {
    /// A bare control plane, with stand-ins for nodes.
    ControlPlane,
    /// A control plane with one real node, in namespaces of its own.
    Node,
    /// A cluster of containers.
    Kind {
        /// The image of its nodes.
        image: Option<String>,
        /// Whether one that is there is used, and left.
        reuse: bool,
    },
    /// A context of the kubeconfig.
    Context(Option<String>),
}

impl ClusterChoice {
    /// The choice as people write it.
    pub fn as_str(&self) -> &'static str {
        match self {
            ClusterChoice::ControlPlane => "control-plane",
            ClusterChoice::Node => "node",
            ClusterChoice::Kind { .. } => "kind",
            ClusterChoice::Context(_) => "context",
        }
    }
}

/// Who makes the volumes of claims on a control plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriverChoice {
    /// A stand-in for the driver's provisioner.
    StandIn,
    /// The controller of the EFS CSI driver, as processes of this machine.
    Real,
}

/// AWS, or what stands in for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AwsChoice {
    /// Our own sandbox.
    Sandbox,
    Moto,
    /// `MiniStack`.
    MiniStack,
    /// `LocalStack`.
    LocalStack,
    /// Whatever answers there.
    Url(String),
}

impl AwsChoice {
    /// The choice as people write it.
    pub fn as_str(&self) -> &'static str {
        match self {
            AwsChoice::Sandbox => "sandbox",
            AwsChoice::Moto => "moto",
            AwsChoice::MiniStack => "ministack",
            AwsChoice::LocalStack => "localstack",
            AwsChoice::Url(_) => "url",
        }
    }
}
