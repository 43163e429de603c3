//! What a deployment should be, with nothing left to look up.

use network::{RuleSource, SecurityGroupId, SubnetId, Tags};

use crate::inputs::{FileSystemInputs, Group, Inputs, Subnets};
use crate::tags::Owner;

/// What a deployment should be: the inputs, with the network's answers filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Desired {
    /// The label of the module block, for addresses in plans.
    pub module: String,
    /// Whose everything is.
    pub owner: Owner,
    /// The subnets that should reach the file system, sorted.
    pub subnets: Vec<SubnetId>,
    /// The security group of the mount targets.
    pub security_group: SecurityGroupId,
    /// The file system to create, or the one to adopt.
    pub file_system: FileSystemInputs,
    /// The tags of everything that is created.
    pub tags: Tags,
    /// Whose NFS traffic must be admitted.
    pub nfs_sources: Vec<RuleSource>,
    /// Whether a driver that does not run yet is waited for.
    pub wait_for_driver: bool,
    /// The inputs, for the documents.
    pub inputs: Inputs,
}

impl Desired {
    /// Fills the network's outputs into the inputs. `None` where the inputs
    /// refer to the network module and it told nothing.
    pub fn new(module: &str, inputs: &Inputs, network: Option<&network::Outputs>) -> Option<Self> {
        let mut subnets = match &inputs.subnet_ids {
            Subnets::Listed(ids) => ids.clone(),
            Subnets::FromNetwork => network?.private_subnets.clone(),
        };
        subnets.sort();
        let security_group = match &inputs.security_group_id {
            Group::Listed(id) => id.clone(),
            Group::FromNetwork => network?.security_group_id.clone(),
        };
        let owner = inputs.owner();
        let groups = inputs.nfs_clients.security_group_id.iter().cloned().map(RuleSource::Group);
        let cidrs = inputs.nfs_clients.cidr.into_iter().map(RuleSource::Cidr);
        Some(Desired {
            module: module.to_owned(),
            tags: owner.tags(&inputs.tags),
            owner,
            subnets,
            security_group,
            file_system: inputs.file_system.clone(),
            nfs_sources: groups.chain(cidrs).collect(),
            wait_for_driver: true,
            inputs: inputs.clone(),
        })
    }
}

impl Inputs {
    /// Whose everything is that these inputs describe.
    pub fn owner(&self) -> Owner {
        Owner {
            region: self.aws_region.clone(),
            cluster: self.cluster_name.clone(),
            storage_class: self.storage_class.name.clone(),
        }
    }
}
