//! From what should be and what is to what will be done.
//!
//! A [`Plan`] is a graph: every step has all its decisions taken and names
//! what must hold before it. The executor chooses nothing.

mod claims;
mod deploy;
mod destroy;
mod difference;
mod documents;
mod driver;
mod file_system;
mod ingress;
mod json;
mod mount_targets;
mod release;
mod storage_class;
mod text;

use std::collections::BTreeMap;

use network::{FileSystemId, MountTargetId, RuleSource, SecurityGroupId, SubnetId, Tags};
use serde::Serialize;

use crate::documents::Document;
use crate::inputs::{PerformanceMode, Throughput};
use crate::placement::Zone;

pub use claims::expand;
pub use deploy::plan;
pub use destroy::destroy;
pub use difference::{After, Difference};
pub use documents::line_differences;
pub use driver::needs_chart;
pub use release::{
    differs as release_differs, step as release_step, unread_values, unsuitable as unsuitable_chart,
};
pub use text::Styled;

/// What will be done, and what stands against it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// The changes, each after those that it needs.
    pub steps: Vec<Step>,
    /// What is on its way already and must arrive first.
    pub waits: Vec<Wait>,
    /// Which subnet of each zone carries the mount target.
    pub zones: Vec<Zone>,
    /// What stays as it is although a person might expect otherwise.
    pub notes: Vec<String>,
    /// What works and yet will hurt.
    pub warnings: Vec<String>,
    /// Why nothing of this plan can be carried out.
    pub refusals: Vec<Refusal>,
}

impl Plan {
    /// Whether there is nothing to do and nothing to wait for.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.waits.is_empty()
    }

    /// Puts another plan behind this one: both are one graph.
    pub fn append(&mut self, other: Plan) {
        let Plan { steps, waits, zones, notes, warnings, refusals } = other;
        self.steps.extend(steps);
        self.waits.extend(waits);
        self.zones.extend(zones);
        self.notes.extend(notes);
        self.warnings.extend(warnings);
        self.refusals.extend(refusals);
    }

    /// The steps after which the class is there, or its document: what claims from it needs them.
    pub fn class_steps(&self) -> Vec<String> {
        let is_class = |operation: &Operation| {
            matches!(
                operation,
                Operation::ApplyStorageClass { .. }
                    | Operation::WriteDocument { document: Document::StorageClass, .. }
            )
        };
        let classes = self.steps.iter().filter(|step| is_class(&step.operation));
        classes.map(|step| step.id.clone()).collect()
    }

    /// The steps that delete or replace something and so need consent.
    pub fn needing_consent(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| matches!(step.action, Action::Delete | Action::Replace))
    }
}

/// A difference that no step can mend, with the way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// What is refused.
    pub address: String,
    /// Why, without a full stop.
    pub reason: String,
    /// The way out, without a full stop.
    pub remedy: String,
}

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The step's name within its plan.
    pub id: String,
    /// What kind of change.
    pub action: Action,
    /// What kind of thing is changed.
    pub resource: Resource,
    /// Which one, as people write it.
    pub address: String,
    /// Why, without a full stop.
    pub reason: String,
    /// The steps and waits that must be through first.
    pub needs: Vec<String>,
    /// What changes, attribute by attribute.
    pub differences: Vec<Difference>,
    /// The change itself.
    pub operation: Operation,
}

/// The kinds of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Something new.
    Create,
    /// A change in place.
    Update,
    /// Deleted and created again.
    Replace,
    /// Gone afterwards.
    Delete,
}

/// The kinds of thing that plans change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// An EFS file system.
    FileSystem,
    /// An EFS mount target.
    MountTarget,
    /// A rule of an EC2 security group.
    SecurityGroupRule,
    /// A document in a directory.
    Document,
    /// A Kubernetes StorageClass.
    StorageClass,
    /// A Helm release.
    HelmRelease,
    /// A Kubernetes PersistentVolumeClaim.
    PersistentVolumeClaim,
}

impl Resource {
    /// The kind as it stands in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Resource::FileSystem => "file_system",
            Resource::MountTarget => "mount_target",
            Resource::SecurityGroupRule => "security_group_rule",
            Resource::Document => "document",
            Resource::StorageClass => "storage_class",
            Resource::HelmRelease => "helm_release",
            Resource::PersistentVolumeClaim => "persistent_volume_claim",
        }
    }
}

/// A change with every decision taken.
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    /// Creates the file system, and waits until it is available.
    CreateFileSystem(CreateFileSystem),
    /// Changes the throughput, and waits until it is in force.
    UpdateThroughput {
        /// The file system.
        file_system: FileSystemId,
        /// The new throughput.
        throughput: Throughput,
    },
    /// Sets tags, others stay.
    TagFileSystem {
        /// The file system.
        file_system: FileSystemId,
        /// The tags to set.
        tags: Tags,
    },
    /// Deletes the file system, and waits until it is gone.
    DeleteFileSystem {
        /// The file system.
        file_system: FileSystemId,
    },
    /// Creates a mount target, and waits until it is available.
    CreateMountTarget(CreateMountTarget),
    /// Deletes a mount target, waits until it is gone, and creates another.
    ReplaceMountTarget {
        /// The one that goes.
        old: MountTargetId,
        /// The one that comes.
        new: CreateMountTarget,
    },
    /// Sets the security groups of a mount target.
    SetSecurityGroups {
        /// The mount target.
        mount_target: MountTargetId,
        /// All the groups that it should have.
        security_groups: Vec<SecurityGroupId>,
    },
    /// Deletes a mount target, and waits until it is gone.
    DeleteMountTarget {
        /// The mount target.
        mount_target: MountTargetId,
    },
    /// Admits NFS traffic.
    AuthorizeIngress {
        /// The group that admits.
        group: SecurityGroupId,
        /// Whom it admits.
        source: RuleSource,
        /// The rule's tags.
        tags: Tags,
    },
    /// Takes a rule back.
    RevokeIngress {
        /// The group that the rule belongs to.
        group: SecurityGroupId,
        /// The rule's id.
        rule: String,
    },
    /// Writes a document, whole.
    WriteDocument {
        /// Which one.
        document: Document,
        /// The file system that it names, where it names one.
        file_system: Option<FileSystemRef>,
    },
    /// Removes a document.
    RemoveDocument {
        /// Which one.
        document: Document,
    },
    /// Writes another file of the directory, whole.
    WriteFile {
        /// Where, below the directory.
        path: String,
        /// The whole text.
        text: String,
    },
    /// Removes another file of the directory.
    RemoveFile {
        /// Where, below the directory.
        path: String,
    },
    /// Applies the StorageClass to the cluster.
    ApplyStorageClass {
        /// The file system that it names.
        file_system: FileSystemRef,
        /// Whether the one that is there is deleted first.
        replace: bool,
    },
    /// Deletes the StorageClass.
    DeleteStorageClass {
        /// Its name.
        name: String,
    },
    /// Installs or upgrades the driver's release.
    UpgradeRelease {
        /// The revision that a killed run left unfinished.
        stuck: Option<u64>,
        /// Whether the driver is waited for until it runs.
        wait: bool,
    },
    /// Applies a claim, or gives it what it asks for.
    ApplyClaim {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// The whole document.
        document: String,
    },
    /// Deletes a claim.
    DeleteClaim {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// Installs or upgrades a workload's release.
    UpgradeWorkload {
        /// The label of the workload's block.
        workload: String,
        /// The revision that a killed run left unfinished.
        stuck: Option<u64>,
    },
    /// Uninstalls a workload's release.
    UninstallWorkload {
        /// The label of the workload's block.
        workload: String,
    },
    /// Uninstalls the driver's release, and deletes the CSIDriver object that it leaves.
    UninstallRelease,
    /// Gives a claim and its volume the capacity that the claim asks for.
    ExpandClaim {
        /// The claim's namespace.
        namespace: String,
        /// The claim's name.
        name: String,
        /// Its volume.
        volume: String,
        /// The capacity, as Kubernetes writes quantities.
        capacity: String,
    },
}

/// The file system to create.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateFileSystem {
    /// Makes the creation happen once, however often it is asked for.
    pub creation_token: String,
    /// Whether it is encrypted at rest.
    pub encrypted: bool,
    /// The key, where not the AWS managed one.
    pub kms_key_id: Option<String>,
    /// The performance mode.
    pub performance_mode: PerformanceMode,
    /// The throughput mode.
    pub throughput: Throughput,
    /// Its tags.
    pub tags: Tags,
}

/// The mount target to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateMountTarget {
    /// The file system.
    pub file_system: FileSystemRef,
    /// Its subnet.
    pub subnet: SubnetId,
    /// The subnet's Availability Zone.
    pub availability_zone: String,
    /// Its security group.
    pub security_group: SecurityGroupId,
}

/// A file system that a step works on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileSystemRef {
    /// One that exists.
    Known(FileSystemId),
    /// The one that this plan creates.
    AfterApply,
}

impl FileSystemRef {
    fn as_after(&self) -> After {
        match self {
            FileSystemRef::Known(id) => After::Value(id.to_string()),
            FileSystemRef::AfterApply => After::KnownAfterApply,
        }
    }
}

/// Something that is on its way already: no change, and yet others need it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wait {
    /// The wait's name within its plan.
    pub id: String,
    /// What is waited for.
    pub address: String,
    /// Why, without a full stop.
    pub reason: String,
    /// The condition.
    #[serde(skip)]
    pub until: Until,
}

/// The conditions that a plan waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Until {
    /// The file system is available.
    FileSystemAvailable(FileSystemId),
    /// The file system is gone.
    FileSystemGone(FileSystemId),
    /// The mount target is available.
    MountTargetAvailable(MountTargetId),
    /// The mount target is gone.
    MountTargetGone(MountTargetId),
    /// The driver runs everywhere.
    DriverReady,
}

/// Addresses as people write them in HCL.
pub fn address(module: &str, resource: Resource, key: Option<&str>) -> String {
    let kind = resource.as_str();
    match key {
        None => format!("module.{module}.{kind}"),
        Some(key) => format!("module.{module}.{kind}[\"{}\"]", key.escape_debug()),
    }
}

/// Tags as one attribute per key.
fn tag_differences(before: &Tags, after: &Tags) -> Vec<Difference> {
    after
        .iter()
        .filter(|(key, value)| before.get(*key) != Some(value))
        .map(|(key, value)| {
            let before = before.get(key).cloned();
            Difference::new(&format!("tags[{key:?}]"), before, After::Value(value.clone()))
        })
        .collect()
}

/// How many steps of each action a plan has.
fn counts(plan: &Plan) -> BTreeMap<Action, usize> {
    let mut counts = BTreeMap::new();
    for step in &plan.steps {
        *counts.entry(step.action).or_insert(0) += 1;
    }
    counts
}
