//! The nodes of a cluster: what they take, and which of them are instances.

use network::InstanceId;
use network::reach::Node;

use crate::aws::{Aws, Nodes};
use crate::cluster::Kube;
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

/// What decides which pods the nodes take; none where this identity may not see nodes. The order
/// is that of their names.
pub(crate) async fn of_cluster(kube: &Kube) -> anyhow::Result<Vec<efs::Node>> {
    let mut nodes: Vec<efs::Node> = kube.nodes().await?.into_iter().map(described).collect();
    nodes.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(nodes)
}

/// A node by its well-known labels, and by the one that EKS puts on nodes of Fargate.
///
/// Sources: Kubernetes documentation, "Well-Known Labels, Annotations and Taints"; Amazon EKS
/// User Guide, "Fargate" (`eks.amazonaws.com/compute-type`).
fn described(node: k8s_openapi::api::core::v1::Node) -> efs::Node {
    let labels = node.metadata.labels.unwrap_or_default();
    let is = |label: &str, value: &str| labels.get(label).is_some_and(|it| it == value);
    let taints = node.spec.and_then(|spec| spec.taints).unwrap_or_default();
    efs::Node {
        zone: labels.get("topology.kubernetes.io/zone").cloned(),
        windows: is("kubernetes.io/os", "windows"),
        fargate: is("eks.amazonaws.com/compute-type", "fargate"),
        taints: taints
            .into_iter()
            .map(|taint| efs::Taint::new(taint.key, taint.value.unwrap_or_default(), taint.effect))
            .collect(),
        name: node.metadata.name.unwrap_or_default(),
        labels,
    }
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
