//! What a deployment should be, with nothing left to look up.

use std::collections::BTreeMap;

use network::{RuleSource, SecurityGroupId, SubnetId};
use plan::{Known, Scope};

use crate::inputs::{Group, Inputs, Subnets};
use crate::take_over::AdoptExisting;

/// The outputs of networks, by the labels of their blocks.
pub type Networks = BTreeMap<String, network::Outputs>;

/// What a deployment should be: the inputs, with the network's outputs filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Desired {
    pub scope: Scope,
    pub inputs: Inputs,
    /// The subnets that should reach the file system, sorted.
    pub subnets: Vec<SubnetId>,
    /// The security group of the mount targets.
    pub security_group: Known<SecurityGroupId>,
    /// Whether a driver that does not run yet is waited for.
    pub wait_for_driver: bool,
    /// The module of the same file whose documents have the driver, where that is another
    /// one. Applied together, several folders may define one object once only.
    pub driver_in: Option<String>,
    /// Whether data that an earlier deployment of these names left may be taken over.
    pub adopt_existing: AdoptExisting,
}

impl Desired {
    /// Fills the outputs of networks, by label, into the inputs. `None` where the
    /// inputs refer to one that has no outputs.
    pub fn new(scope: Scope, inputs: &Inputs, networks: &Networks) -> Option<Self> {
        let mut subnets = match &inputs.subnet_ids {
            Subnets::Listed(ids) => ids.clone(),
            Subnets::FromNetwork(label) => networks.get(label)?.private_subnets.clone(),
        };
        subnets.sort();
        let security_group = match &inputs.security_group_id {
            Group::Listed(id) => id.clone(),
            Group::FromNetwork(label) => networks.get(label)?.security_group_id.clone(),
        };
        let security_group = Known::Now(security_group);
        Some(Desired {
            scope,
            inputs: inputs.clone(),
            subnets,
            security_group,
            wait_for_driver: true,
            driver_in: None,
            adopt_existing: AdoptExisting::None,
        })
    }

    /// Whose NFS traffic must be admitted.
    pub fn nfs_sources(&self) -> Vec<RuleSource> {
        let clients = &self.inputs.nfs_clients;
        let groups = clients.security_group_id.iter().cloned().map(RuleSource::Group);
        groups.chain(clients.cidr.into_iter().map(RuleSource::Cidr)).collect()
    }
}
