//! What names say: ARNs of clusters, contexts of eksctl, partitions of regions.

use inputs::{Partition, Problem};

/// The ARN of an EKS cluster, `arn:PARTITION:eks:REGION:ACCOUNT:cluster/NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterArn {
    pub partition: String,
    pub region: String,
    pub account: String,
    pub name: String,
}

impl ClusterArn {
    /// Reads one; `None` for any other text.
    pub fn parse(text: &str) -> Option<ClusterArn> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", partition, "eks", region, account, resource] = parts.as_slice() else {
            return None;
        };
        let name = resource.strip_prefix("cluster/")?;
        let [partition, region, account, name] =
            [*partition, *region, *account, name].map(str::to_owned);
        Some(ClusterArn { partition, region, account, name })
    }
}

/// The EKS cluster that a context is named after, if it is: by the AWS CLI, which takes the
/// ARN, or by eksctl, which takes `USER@NAME.REGION.eksctl.io`.
pub fn eks_name(context: &str) -> Option<&str> {
    if context.starts_with("arn:") {
        return context.split_once(":cluster/").map(|(_, name)| name);
    }
    eksctl(context).map(|(name, _)| name)
}

/// Name and region of a cluster that eksctl named something after.
pub(crate) fn eksctl(text: &str) -> Option<(&str, &str)> {
    let named = text.strip_suffix(".eksctl.io")?;
    let cluster = named.rsplit_once('@').map_or(named, |(_, cluster)| cluster);
    cluster.rsplit_once('.')
}

/// The name of the partition of a region.
pub fn partition(region: &str) -> &'static str {
    Partition::of(region).name
}

/// The rule for AWS account ids: twelve digits.
pub fn account_id(text: &str) -> Result<String, Problem> {
    if text.len() == 12 && text.bytes().all(|c| c.is_ascii_digit()) {
        return Ok(text.to_owned());
    }
    Err(Problem::new(
        format!("`{}` is not the id of an AWS account", text.escape_debug()),
        "write its twelve digits between quotes, with leading zeros; \
         `aws sts get-caller-identity` shows it",
    ))
}

/// The partition and the account of an ARN of IAM or STS.
pub(crate) fn of_iam(arn: &str) -> Option<(&str, &str)> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", partition, "iam" | "sts", _, account, _] => Some((partition, account)),
        _ => None,
    }
}
