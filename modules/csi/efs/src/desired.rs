//! What a deployment should be, with nothing left to look up.

use std::collections::{BTreeMap, BTreeSet};

use network::reach::{Node, groups_of};
use network::{RuleSource, SecurityGroupId, SubnetId, VpcId};
use plan::{Known, Scope};

use crate::adopt_existing::AdoptExisting;
use crate::chart::ChartVersion;
use crate::inputs::{Group, Inputs, Subnets};
use crate::resources::ingress::Source;
use crate::resources::mount_target::Consent;
use crate::resources::security_group;

/// The outputs of networks, by the labels of their blocks.
pub type Networks = BTreeMap<String, network::Outputs>;

/// What a deployment should be: the inputs, with the network's outputs filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Desired {
    pub scope: Scope,
    pub inputs: Inputs,
    /// The subnets that should reach the file system, sorted.
    pub subnets: Vec<SubnetId>,
    /// What the network left out, and why.
    pub notes: Vec<String>,
    /// The network module that found these subnets, where nobody wrote their ids down.
    pub discovered_by: Option<String>,
    /// The security groups of the mount targets, each once; rules that are missing are added to
    /// the first.
    pub security_groups: Vec<Known<SecurityGroupId>>,
    /// Whether a driver that does not run yet is waited for.
    pub wait_for_driver: bool,
    /// When a claim is bound and deleted at the end, where the target is a cluster.
    pub canary: Canary,
    /// The module of the same file whose documents have the driver, where that is another
    /// one. Applied together, several folders may define one object once only.
    pub driver_in: Option<String>,
    /// The chart of the driver that another module of the same job installs, where this one leaves
    /// it alone.
    pub chart_of_job: Option<ChartVersion>,
    /// Whether data that an earlier deployment of these names left may be taken over.
    pub adopt_existing: AdoptExisting,
    /// What may be done to mount targets that are there.
    pub consent: Consent,
}

/// When a deploy ends with a claim that is bound and deleted again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Canary {
    LeftOut,
    /// Where the plan changes what a claim needs, or where the last one was not bound.
    AfterChanges,
    /// Also where nothing changes.
    Always,
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
        let notes = match &inputs.subnet_ids {
            Subnets::Listed(_) => Vec::new(),
            Subnets::FromNetwork(label) => networks.get(label)?.notes.clone(),
        };
        let mut security_groups = Vec::new();
        // The deployment's own comes first, as rules that are missing go into the first one.
        let is_own = |group: &&Group| **group == Group::Own;
        let groups = inputs.security_groups.iter();
        for group in groups.clone().filter(is_own).chain(groups.filter(|it| !is_own(it))) {
            let group = match group {
                Group::Listed(id) => Known::Now(id.clone()),
                Group::FromNetwork(label) => {
                    Known::Now(networks.get(label)?.security_group_id.clone())
                }
                Group::Own => Known::After(security_group::id(&scope)),
            };
            // A network may find a group that is listed too.
            if !security_groups.contains(&group) {
                security_groups.push(group);
            }
        }
        Some(Desired {
            scope,
            inputs: inputs.clone(),
            subnets,
            notes,
            discovered_by,
            security_groups,
            wait_for_driver: true,
            canary: Canary::AfterChanges,
            driver_in: None,
            chart_of_job: None,
            adopt_existing: AdoptExisting::None,
            consent: Consent::default(),
        })
    }

    /// The same with the id of the deployment's own group, as it was planned.
    #[must_use]
    pub(crate) fn with_own_group(&self, own: &Known<SecurityGroupId>) -> Desired {
        let made = Known::After(security_group::id(&self.scope));
        let groups = self.security_groups.iter();
        let security_groups =
            groups.map(|group| if *group == made { own.clone() } else { group.clone() });
        Desired { security_groups: security_groups.collect(), ..self.clone() }
    }

    /// Whose NFS traffic must be admitted, by the nodes that were found. Where none was, as when
    /// all of them are being replaced, the groups that were admitted for nodes stay so.
    ///
    /// Of nodes in another VPC than the mount targets no group is admitted anew: EC2 refuses a rule
    /// that names one, unless the VPCs are peered (Amazon VPC User Guide, "Update your security
    /// groups to reference peer security groups").
    pub fn nfs_sources(&self, network: &network::Observed) -> Vec<Source> {
        let clients = &self.inputs.nfs_clients;
        let mut groups: BTreeSet<SecurityGroupId> =
            clients.security_groups.iter().cloned().collect();
        if clients.of_nodes {
            let nodes = network.nodes.iter().flatten();
            let vpc = self.vpc(network);
            let (here, elsewhere): (Vec<&Node>, Vec<&Node>) =
                nodes.partition(|node| vpc.is_none_or(|vpc| node.vpc_id == *vpc));
            let elsewhere_too = groups_of(elsewhere);
            let before = self.admitted_before(network).into_iter();
            groups.extend(before.filter(|it| here.is_empty() || elsewhere_too.contains(it)));
            groups.extend(groups_of(here).into_iter().cloned());
        }
        let groups = groups.into_iter().map(Known::Now).map(Source::Group);
        let ranges = clients.cidrs.iter().copied().map(Source::Cidr);
        let lists = clients.prefix_lists.iter().cloned().map(Source::PrefixList);
        groups.chain(ranges).chain(lists).collect()
    }

    /// The VPC of the mount targets.
    fn vpc<'a>(&self, network: &'a network::Observed) -> Option<&'a VpcId> {
        let mut subnets = network.subnets.iter();
        subnets.find(|subnet| self.subnets.contains(&subnet.id)).map(|subnet| &subnet.vpc_id)
    }

    /// The groups that our own rules admit.
    fn admitted_before(&self, network: &network::Observed) -> Vec<SecurityGroupId> {
        let owner = self.inputs.owner();
        let ours = network.ingress_rules.iter().filter(|rule| owner.owns(&rule.tags));
        let groups = ours.filter_map(|rule| match &rule.source {
            Some(RuleSource::Group(id)) => Some(id.clone()),
            Some(RuleSource::Cidr(_) | RuleSource::PrefixList(_)) | None => None,
        });
        groups.collect()
    }
}
