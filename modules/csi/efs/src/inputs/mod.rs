//! The module's inputs: from what was given to values that AWS and Kubernetes
//! are known to accept.

mod access_points;
mod arns;
mod clients;
pub(crate) mod directory;
pub(crate) mod driver_settings;
mod file_system;
mod file_system_policy;
mod mount_targets;
mod nested;
mod parse;
pub(crate) mod rules;
mod schema;
mod storage_class;
mod storage_classes;
mod tables;
mod targets;
mod terraform_statements;
mod zone;

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;
use network::{Addresses, PrefixListId, SecurityGroupId, SubnetId, Tags};
use plan::Known;
use serde::{Deserialize, Serialize};

use crate::ids::FileSystemId;
use crate::owner::Owner;
use crate::resources::access_point::AccessPointInputs;
use crate::resources::driver::{Driver, DriverInputs, DriverMode};
use crate::resources::file_system::FileSystemSource;
use crate::resources::mount_target::{IpAddressType, TargetsInputs, WantedTargets};
use crate::resources::storage_class::{self as class, StorageClassInputs};

pub(crate) use file_system_policy::switched;
pub use schema::INPUTS;
pub(crate) use zone::is_zone_id;

/// The module's inputs, checked. The names are those of [`INPUTS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inputs {
    pub aws_region: String,
    /// The EKS cluster.
    pub cluster_name: String,
    /// Where the mount targets go.
    pub subnet_ids: Subnets,
    /// The security groups of the mount targets, at least one: that of `security_group_id` first,
    /// then those of `security_group_ids`, and the deployment's own.
    pub security_groups: Vec<Group>,
    /// The name of the deployment's own group, where it has one and the inputs name it.
    pub security_group_name: Option<String>,
    /// Which addresses the mount targets have; `None` where any is right.
    pub ip_address_type: Option<IpAddressType>,
    /// What `mount_targets` and `mount_target_addresses` say of single ones.
    pub mount_targets: TargetsInputs,
    pub driver: DriverInputs,
    /// The account that the deployment belongs to, where it is named.
    pub aws_account_id: Option<String>,
    /// The user's tags.
    pub tags: Tags,
    pub file_system: FileSystemSource,
    /// The file system of before that is the deployment's own from now on, in place of one that
    /// it makes.
    pub imported: Option<FileSystemId>,
    /// Whether nobody said if it should be backed up: one that is there stays as it is.
    pub backup_by_default: bool,
    pub deletion_policy: DeletionPolicy,
    /// The access points of its own, by name; `None` where nobody says which there are.
    pub access_points: Option<BTreeMap<String, AccessPointInputs>>,
    pub nfs_clients: NfsClients,
    pub storage_class: StorageClassInputs,
    /// The classes beside it on the same file system, by name.
    pub storage_classes: Vec<StorageClassInputs>,
}

impl Inputs {
    /// Whether a destroy leaves the file system: it was adopted, or is to be retained.
    pub fn keeps_file_system(&self) -> bool {
        let adopted = matches!(self.file_system, FileSystemSource::Adopted(_));
        adopted || self.deletion_policy == DeletionPolicy::Retain
    }

    /// Whether an access point of the deployment's own has a volume.
    pub fn has_static_volumes(&self) -> bool {
        self.access_points.iter().flatten().any(|(_, point)| point.volume.is_some())
    }

    /// The deployment that these inputs describe.
    pub fn owner(&self) -> Owner {
        Owner {
            region: self.aws_region.clone(),
            cluster: self.cluster_name.clone(),
            storage_class: self.storage_class.name.clone(),
        }
    }

    /// Where the deployment belongs.
    pub fn place(&self) -> place::Wanted {
        place::Wanted {
            region: self.aws_region.clone(),
            cluster: self.cluster_name.clone(),
            account: self.aws_account_id.clone(),
        }
    }

    /// The tags of everything that is created.
    pub fn all_tags(&self) -> Tags {
        self.owner().tags(&self.tags)
    }

    /// The driver as it should be.
    pub fn driver<'a>(&'a self, owner: &'a Owner) -> Driver<'a> {
        let role = self.driver.identity.role().map(str::to_owned);
        // A role that somebody else made was always that of both.
        let role_of_nodes = role.is_some() || self.mounts_with_iam();
        Driver { owner, inputs: &self.driver, role: role.map(Known::Now), role_of_nodes }
    }

    /// Whether the mount targets get a security group that the deployment makes.
    pub fn has_own_group(&self) -> bool {
        self.security_groups.contains(&Group::Own)
    }

    /// The name of the deployment's own group.
    pub fn own_group_name(&self) -> String {
        let given = self.security_group_name.clone();
        given.unwrap_or_else(|| crate::resources::security_group::name(&self.owner()))
    }

    /// The groups that the inputs name by id, for all mount targets or for one, each once.
    pub fn listed_groups(&self) -> Vec<SecurityGroupId> {
        let of_all = self.security_groups.iter().filter_map(Group::listed);
        let of_each = self.mount_targets.values().flat_map(|entry| &entry.security_groups);
        let all: BTreeSet<&SecurityGroupId> = of_all.chain(of_each).collect();
        all.into_iter().cloned().collect()
    }

    /// What is wanted of the mount targets, of all and of each.
    pub fn wanted_targets(&self) -> WantedTargets<'_> {
        WantedTargets { family: self.ip_address_type, each: &self.mount_targets }
    }

    /// The id of the zone of a One Zone file system, where it is given by that and not by its name.
    pub fn zone_id(&self) -> Option<&str> {
        let FileSystemSource::Own(spec) = &self.file_system else { return None };
        spec.availability_zone.as_deref().filter(|zone| is_zone_id(zone))
    }

    /// Which addresses a subnet must be able to give a mount target.
    pub fn target_addresses(&self) -> Addresses {
        match self.ip_address_type {
            Some(IpAddressType::Ipv6Only) => Addresses::Ipv6Only,
            Some(IpAddressType::Ipv4Only | IpAddressType::DualStack) | None => Addresses::WithIpv4,
        }
    }

    /// Whether the nodes mount with IAM, and so need an identity too.
    pub fn mounts_with_iam(&self) -> bool {
        let of_classes = self.classes().flat_map(|class| &class.mount_options);
        let points = self.access_points.iter().flatten();
        let volumes = points.filter_map(|(_, point)| point.volume.as_ref());
        let mut options = of_classes.chain(volumes.flat_map(|volume| &volume.mount_options));
        options.any(|option| option == "iam")
    }

    /// The same inputs of a module that leaves the driver alone.
    #[must_use]
    pub fn without_driver(&self) -> Inputs {
        let driver = DriverInputs { mode: DriverMode::Skip, ..self.driver.clone() };
        Inputs { driver, ..self.clone() }
    }

    /// All classes, the deployment's own first: that one is part of its name.
    pub fn classes(&self) -> impl Iterator<Item = &StorageClassInputs> {
        std::iter::once(&self.storage_class).chain(&self.storage_classes)
    }

    /// Whether a class has its access points made without any tag.
    pub(crate) fn makes_untagged(&self) -> bool {
        self.classes().any(|class| class.enable_tagging == Some(false))
    }

    /// Whether it has a class of this name.
    pub fn has_class(&self, name: &str) -> bool {
        self.classes().any(|class| class.name == name)
    }

    /// The class as it should be.
    pub fn storage_class<'a>(
        &'a self,
        owner: &'a Owner,
        file_system: &'a Known<FileSystemId>,
    ) -> class::Wanted<'a> {
        let takes_over = self.imported.is_some();
        let inputs = &self.storage_class;
        class::Wanted { owner, inputs, file_system, beside: false, takes_over }
    }
}

impl Inputs {
    /// The classes beside the deployment's own, as they should be.
    pub fn classes_beside<'a>(
        &'a self,
        owner: &'a Owner,
        file_system: &'a Known<FileSystemId>,
    ) -> impl Iterator<Item = class::Wanted<'a>> {
        let classes = self.storage_classes.iter();
        let takes_over = self.imported.is_some();
        let wanted =
            move |inputs| class::Wanted { owner, inputs, file_system, beside: true, takes_over };
        classes.map(wanted)
    }
}

::inputs::words! {
    /// What a destroy does with the file system.
    pub enum DeletionPolicy {
        /// It is deleted; with its data only if that is asked for by its id.
        Delete = "delete",
        /// It stays, whatever is asked for.
        Retain = "retain",
    }
}

/// The subnets, or the network module that finds them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subnets {
    /// Given by id.
    Listed(Vec<SubnetId>),
    /// The output `private_subnets` of the network module of this label.
    FromNetwork(String),
}

/// A security group, or the network module that finds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Given by id.
    Listed(SecurityGroupId),
    /// The output `security_group_id` of the network module of this label.
    FromNetwork(String),
    /// The one that the deployment makes.
    Own,
}

impl Group {
    /// The group, where it was given by id.
    pub fn listed(&self) -> Option<&SecurityGroupId> {
        match self {
            Group::Listed(id) => Some(id),
            Group::FromNetwork(_) | Group::Own => None,
        }
    }
}

/// Whose NFS traffic the mount targets' security group must admit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NfsClients {
    /// Security groups, each once.
    pub security_groups: BTreeSet<SecurityGroupId>,
    /// Address ranges of either family.
    pub cidrs: BTreeSet<IpNet>,
    /// Lists of address ranges that are kept elsewhere.
    pub prefix_lists: BTreeSet<PrefixListId>,
    /// Whether they are the security groups that the nodes have, whichever these are.
    pub of_nodes: bool,
}

impl NfsClients {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        let named = self.security_groups.len() + self.cidrs.len() + self.prefix_lists.len();
        !self.of_nodes && named == 0
    }
}
