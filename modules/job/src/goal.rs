//! What to do with a deployment.

use std::path::{Path, PathBuf};

use efs::resources::access_point::Deletion;
use efs::{AdoptExisting, FileSystemId, OutputFormat, TargetConsent};
use serde::{Deserialize, Serialize};

/// What to do, with whatever modules the job has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// Show what would change.
    Plan {
        /// Whether claims that are no longer wanted would go, with their data.
        delete_data: bool,
        /// Whether the exit code says what was found: 0 nothing, 2 changes, 1 error.
        detailed_exitcode: bool,
        /// What else is made of the plan.
        report: PlanReport,
        /// What would be done to mount targets that are there.
        targets: TargetConsent,
    },
    /// Plan, and carry it out.
    Deploy {
        /// Whether claims that are no longer wanted go, with their data.
        delete_data: bool,
        /// The file systems with data that an earlier deployment of the same names left which are
        /// taken over.
        adopt_existing: AdoptExisting,
        /// What may be done to mount targets that are there.
        targets: TargetConsent,
        /// Whether a claim is bound and deleted at the end, where the target is a cluster.
        canary: bool,
        /// The file with the only plan that may be carried out.
        saved: Option<PathBuf>,
    },
    /// Take the modules down.
    Destroy {
        /// Whether the claims of workloads go too, with their data.
        delete_data: bool,
        /// The file systems that go with their data.
        file_systems: Vec<FileSystemId>,
    },
    /// Show what there is.
    Status,
    /// List the access points that no volume names any more, and remove what is asked for.
    AccessPoints(Deletion),
    /// Print what others use of it.
    Outputs(Asked),
    /// Give claims what they ask for.
    Expand,
    /// Prove that pods share a volume.
    Verify(Verify),
    /// Have file systems take over from those that they are copies of.
    Failover(TakeOver),
    /// Say who calls AWS and the cluster, and whether both belong to the deployment.
    Identify,
}

impl Goal {
    /// Whether it plans what a deployment should be, and so looks at all that this depends on.
    pub fn plans(&self) -> bool {
        matches!(self, Goal::Plan { .. } | Goal::Deploy { .. } | Goal::Failover(_))
    }

    /// Whether a deploy ends with a claim that is bound and deleted.
    pub fn has_canary(&self) -> bool {
        match self {
            Goal::Plan { .. } => true,
            Goal::Deploy { canary, .. } | Goal::Failover(TakeOver { canary, .. }) => *canary,
            _ => false,
        }
    }

    /// The file with the only plan that may be carried out, where there is one.
    pub fn saved(&self) -> Option<&Path> {
        match self {
            Goal::Deploy { saved, .. } => saved.as_deref(),
            _ => None,
        }
    }

    /// Whether it takes modules down.
    pub fn destroys(&self) -> bool {
        matches!(self, Goal::Destroy { .. })
    }

    /// Whether claims with data may be deleted.
    pub fn deletes_data(&self) -> bool {
        match self {
            Goal::Plan { delete_data, .. }
            | Goal::Deploy { delete_data, .. }
            | Goal::Destroy { delete_data, .. } => *delete_data,
            Goal::Status
            | Goal::AccessPoints(_)
            | Goal::Outputs(_)
            | Goal::Expand
            | Goal::Verify(_)
            | Goal::Failover(_)
            | Goal::Identify => false,
        }
    }

    /// The file systems that may be deleted with their data.
    pub fn deletes_file_systems(&self) -> &[FileSystemId] {
        match self {
            Goal::Destroy { file_systems, .. } => file_systems,
            Goal::Plan { .. }
            | Goal::Deploy { .. }
            | Goal::Status
            | Goal::AccessPoints(_)
            | Goal::Outputs(_)
            | Goal::Expand
            | Goal::Verify(_)
            | Goal::Failover(_)
            | Goal::Identify => &[],
        }
    }

    /// What may be done to mount targets that are there.
    pub fn targets(&self) -> TargetConsent {
        match self {
            Goal::Plan { targets, .. } | Goal::Deploy { targets, .. } => *targets,
            Goal::Destroy { .. }
            | Goal::Status
            | Goal::AccessPoints(_)
            | Goal::Outputs(_)
            | Goal::Expand
            | Goal::Verify(_)
            | Goal::Failover(_)
            | Goal::Identify => TargetConsent::default(),
        }
    }

    /// The file systems whose data of before is taken over without being asked.
    pub fn adopts_existing(&self) -> AdoptExisting {
        match self {
            Goal::Deploy { adopt_existing, .. } => adopt_existing.clone(),
            Goal::Plan { .. }
            | Goal::Destroy { .. }
            | Goal::Status
            | Goal::AccessPoints(_)
            | Goal::Outputs(_)
            | Goal::Expand
            | Goal::Verify(_)
            | Goal::Failover(_)
            | Goal::Identify => AdoptExisting::None,
        }
    }
}

/// What is made of a plan beside showing it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanReport {
    /// The file that keeps it.
    pub out: Option<PathBuf>,
    /// Whether it is a report of drift.
    pub drift: bool,
    /// Whether people get it as Markdown.
    pub markdown: bool,
}

/// Which outputs are printed, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The only one that is printed: `NAME`, or `LABEL.NAME` where several modules have it.
    pub name: Option<String>,
    /// The form, where it is neither text nor JSON.
    pub format: Option<OutputFormat>,
    /// Whether it is the deployment as Terraform takes it over, in place of its outputs.
    pub terraform: bool,
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
    /// Where its pods may run.
    pub placement: kubernetes::proof::Placement,
}

/// How file systems take over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakeOver {
    pub how: efs::Failover,
    /// How what was made is proved at the end, where that is wanted.
    pub verify: Option<Verify>,
    /// Whether a claim is bound and deleted at the end, where the target is a cluster.
    pub canary: bool,
    /// Whether the plan is only shown.
    pub only_plan: bool,
}

/// A claim by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimName {
    pub namespace: String,
    pub name: String,
}
