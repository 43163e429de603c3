//! What a deployment should be, with nothing left to look up.

use std::collections::BTreeMap;

use network::{SecurityGroupId, SubnetId};
use plan::{Known, Scope};

use crate::inputs::{Group, Inputs, Subnets};
use crate::resources::ingress::Source;
use crate::resources::mount_target::Consent;

/// The outputs of networks, by the labels of their blocks.
pub type Networks = BTreeMap<String, network::Outputs>;

/// What a deployment should be: the inputs, with the network's outputs filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Desired {
    pub scope: Scope,
    pub inputs: Inputs,
    /// The subnets that should reach the file system, sorted.
    pub subnets: Vec<SubnetId>,
    /// The network module that found these subnets, where nobody wrote their ids down.
    pub discovered_by: Option<String>,
    /// The security groups of the mount targets, each once; rules that are missing are added to
    /// the first.
    pub security_groups: Vec<Known<SecurityGroupId>>,
    /// Whether a driver that does not run yet is waited for.
    pub wait_for_driver: bool,
    /// The module of the same file whose documents have the driver, where that is another
    /// one. Applied together, several folders may define one object once only.
    pub driver_in: Option<String>,
    /// Whether data that an earlier deployment of these names left may be taken over.
    pub adopt_existing: bool,
    /// What may be done to mount targets that are there.
    pub consent: Consent,
}

impl Desired {
    /// Fills the outputs of networks, by label, into the inputs. `None` where the
    /// inputs refer to one that has no outputs.
    pub fn new(scope: Scope, inputs: &Inputs, networks: &Networks) -> Option<Self> {
        let (mut subnets, discovered_by) = match &inputs.subnet_ids {
            Subnets::Listed(ids) => (ids.clone(), None),
            Subnets::FromNetwork(label) => {
                (networks.get(label)?.private_subnets.clone(), Some(label.clone()))
            }
        };
        subnets.sort();
        let mut security_groups = Vec::new();
        for group in &inputs.security_groups {
            let group = Known::Now(match group {
                Group::Listed(id) => id.clone(),
                Group::FromNetwork(label) => networks.get(label)?.security_group_id.clone(),
            });
            // A network may find a group that is listed too.
            if !security_groups.contains(&group) {
                security_groups.push(group);
            }
        }
        Some(Desired {
            scope,
            inputs: inputs.clone(),
            subnets,
            discovered_by,
            security_groups,
            wait_for_driver: true,
            driver_in: None,
            adopt_existing: false,
            consent: Consent::default(),
        })
    }

    /// Whose NFS traffic must be admitted.
    pub fn nfs_sources(&self) -> Vec<Source> {
        let clients = &self.inputs.nfs_clients;
        let groups = clients.security_group_id.iter().cloned().map(Known::Now).map(Source::Group);
        groups.chain(clients.cidr.into_iter().map(Source::Cidr)).collect()
    }
}
