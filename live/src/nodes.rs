//! The nodes of a cluster that are instances.

use network::InstanceId;
use network::reach::Node;

use crate::aws::{Aws, Nodes};
use crate::target::Target;

/// The cluster's nodes that are instances: as the cluster names them, or by their tag where the
/// target is no cluster. Those of Fargate and other machines are none.
pub(crate) async fn nodes(
    inputs: &efs::Inputs,
    aws: &Aws,
    target: &Target,
) -> anyhow::Result<Vec<Node>> {
    let which = match target.cluster() {
        None => Nodes::OfCluster(inputs.cluster_name.clone()),
        Some(cluster) => {
            let ids = cluster.kube.provider_ids().await?;
            Nodes::Instances(ids.iter().filter_map(|id| instance(id)).collect())
        }
    };
    aws.nodes(&which).await
}

/// The instance of a node, of its provider id: `aws:///ZONE/i-…`, as the AWS cloud provider
/// writes it.
fn instance(provider_id: &str) -> Option<InstanceId> {
    let path = provider_id.strip_prefix("aws://")?;
    InstanceId::try_from(path.rsplit('/').next()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_are_told_apart_from_other_nodes() {
        let id = |text: &str| instance(text).map(|id| id.to_string());
        let known = "i-0123456789abcdef0";
        assert_eq!(id(&format!("aws:///eu-west-1a/{known}")).as_deref(), Some(known));
        assert_eq!(id("aws:///eu-west-1a/5f2b-af/fargate-ip-10-0-1-5.eu-west-1"), None);
        assert_eq!(id("eks-hybrid:///eu-west-1/dev/mi-0123456789abcdef0"), None);
        assert_eq!(id("kind://docker/kind/kind-worker"), None);
    }
}
