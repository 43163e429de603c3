//! Why a network has no outputs.

use crate::module::CLUSTER_TAG;
use crate::{SecurityGroupId, VpcId};

/// Why there are no outputs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No security group carries the cluster's tag.
    #[error("no security group in `{region}` is tagged `{CLUSTER_TAG}={cluster}`")]
    NoClusterGroup { region: String, cluster: String },
    /// No cluster was named, and no group belongs to one.
    #[error("no security group in `{region}` belongs to an EKS cluster")]
    NoClusters { region: String },
    /// Several groups could be meant.
    #[error("several security groups belong to an EKS cluster: {}", list(groups))]
    SeveralGroups { groups: Vec<SecurityGroupId> },
    /// The VPC has no subnets that are private.
    #[error(
        "`{vpc}` has no private subnet: every route table of its {subnets} subnets has a route to \
         an internet gateway"
    )]
    NoPrivateSubnets {
        vpc: VpcId,
        /// How many subnets it has in all.
        subnets: usize,
    },
    /// EFS makes no mount target in any of them.
    #[error("no private subnet of `{vpc}` takes a mount target: {}", why.join("; "))]
    NoneTakesTargets {
        vpc: VpcId,
        /// The subnets, and why not.
        why: Vec<String>,
    },
}

impl Refusal {
    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Refusal::NoClusterGroup { .. } => {
                "check `aws_region` and `cluster_name`, or give `subnet_ids` and \
                 `security_group_id` in their place"
            }
            Refusal::NoClusters { .. } => {
                "set `cluster_name` in the network module, or give `subnet_ids` and \
                 `security_group_id` in its place"
            }
            Refusal::SeveralGroups { .. } => {
                "set `cluster_name` or `vpc_id` in the network module, or give `security_group_id`"
            }
            Refusal::NoPrivateSubnets { .. } => "to use public subnets, give `subnet_ids`",
            Refusal::NoneTakesTargets { .. } => {
                "set `ip_address_type` to what these subnets take, or give others in `subnet_ids`"
            }
        }
    }
}

fn list(groups: &[SecurityGroupId]) -> String {
    groups.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ")
}
