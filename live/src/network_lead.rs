//! Looking for what a network module finds: the cluster as EKS shows it, or else by its tags.

use efs::{Group, Subnets};
use job::Job;
use network::{ClusterNetwork, Inputs, Search, SecurityGroup, Tags};

use crate::aws::{Aws, filter};

/// What leads to the VPC of a network module.
#[derive(Debug, Default)]
pub(crate) struct Lead {
    /// The security groups of EKS clusters that could be meant.
    pub(crate) groups: Vec<SecurityGroup>,
    /// The network of the cluster, where EKS showed it.
    pub(crate) cluster: Option<ClusterNetwork>,
    /// Why it did not, where it was asked.
    pub(crate) unknown: Option<String>,
}

/// Asks EKS for the cluster that a network module names. Tags are looked at only where it does
/// not show it: a group that outlives its cluster keeps them.
pub(crate) async fn lead(aws: &Aws, network: Option<&Inputs>) -> anyhow::Result<Lead> {
    let Some(network) = network else { return Ok(Lead::default()) };
    let unknown = match &network.cluster_name {
        None => None,
        Some(name) => match aws.cluster_network(name).await {
            Ok(shown) => match &network.vpc_id {
                Some(vpc) if *vpc != shown.vpc_id => {
                    Some(format!("it shows one in {}, and `vpc_id` is {vpc}", shown.vpc_id))
                }
                _ => return Ok(Lead::shown(shown)),
            },
            Err(why) => Some(why),
        },
    };
    let by_cluster = match network.search() {
        Search::Cluster(name) => filter("tag:aws:eks:cluster-name", [name]),
        Search::AnyCluster => filter("tag-key", ["aws:eks:cluster-name"]),
    };
    let mut groups = aws.security_groups(by_cluster).await?;
    groups.retain(|group| network.vpc_id.as_ref().is_none_or(|vpc| *vpc == group.vpc_id));
    Ok(Lead { groups, cluster: None, unknown })
}

/// The network module that the inputs refer to.
pub(crate) fn network_of<'a>(job: &'a Job, inputs: &efs::Inputs) -> Option<(&'a str, &'a Inputs)> {
    let of_group = |group: &'_ Group| match group {
        Group::FromNetwork(label) => Some(label.clone()),
        Group::Listed(_) | Group::Own => None,
    };
    let label = match &inputs.subnet_ids {
        Subnets::FromNetwork(label) => label.clone(),
        Subnets::Listed(_) => inputs.security_groups.iter().find_map(of_group)?,
    };
    job.networks().find(|(name, _)| *name == label)
}

/// Whether one of the security groups is that of a network module.
pub(crate) fn takes_group_of_network(inputs: &efs::Inputs) -> bool {
    inputs.security_groups.iter().any(|group| matches!(group, Group::FromNetwork(_)))
}

impl Lead {
    /// A cluster that EKS shows, with the group that it has.
    fn shown(cluster: ClusterNetwork) -> Lead {
        let ClusterNetwork { vpc_id, security_group_id: id, subnet_ids: _ } = cluster.clone();
        // Nobody asks for the tags of a group that EKS names.
        let group = SecurityGroup { id, vpc_id, tags: Tags::new() };
        Lead { groups: vec![group], cluster: Some(cluster), unknown: None }
    }
}
