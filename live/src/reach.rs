//! Looking whether nodes reach the mount targets: who the nodes are, and what lies between.

use futures_util::future::join_all;
use job::Job;
use network::reach::{Node, Paths};
use network::{InstanceId, VpcId};

use crate::aws::{Aws, Nodes};
use crate::observe::{Clients, Observed, Storage};
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

/// Looks at what lies between the nodes and the mount targets of every storage module, where a
/// cluster is the target or its nodes were asked for. What cannot be read is said, and stops
/// nothing.
pub(crate) async fn observe(
    job: &Job,
    clients: &Clients,
    target: &Target,
    observed: &mut Observed,
) {
    let looks = observed.storage.iter_mut().filter_map(|(label, storage)| {
        let (_, inputs) = job.storage().find(|(name, _)| name == label)?;
        let asked = target.cluster().is_some() || inputs.nfs_clients.of_nodes;
        Some((inputs, clients.get(&inputs.aws_region)?, storage)).filter(|_| asked)
    });
    join_all(looks.map(|(inputs, aws, storage)| one(inputs, aws, target, storage))).await;
}

async fn one(inputs: &efs::Inputs, aws: &Aws, target: &Target, storage: &mut Storage) {
    let found = &mut storage.actual.network;
    let subnets = storage.desired.iter().flat_map(|desired| &desired.subnets);
    let vpc = subnets
        .filter_map(|id| found.subnets.iter().find(|subnet| subnet.id == *id))
        .map(|subnet| subnet.vpc_id.clone())
        .next();
    let Some(vpc) = vpc else { return };
    let (nodes, mut paths) = tokio::join!(
        async {
            match found.nodes.take() {
                Some(known) => Ok(known),
                None => nodes(inputs, aws, target).await,
            }
        },
        between(aws, &vpc),
    );
    let nodes = nodes.unwrap_or_else(|error| {
        paths.unread.push(format!("{error:#}"));
        Vec::new()
    });
    for subnet in &mut found.subnets {
        subnet.nodes = nodes.iter().filter(|node| node.subnet_id == subnet.id).count();
    }
    (found.nodes, found.paths) = (Some(nodes), Some(paths));
}

/// What lies between nodes and mount targets in a VPC.
async fn between(aws: &Aws, vpc: &VpcId) -> Paths {
    let (acls, dns) = tokio::join!(aws.network_acls(vpc), aws.dns(vpc));
    let mut unread = Vec::new();
    let mut note = |error: anyhow::Error| unread.push(format!("{error:#}"));
    let acls = acls.map_err(&mut note).unwrap_or_default();
    let dns = dns.map_err(&mut note).ok();
    Paths { acls, dns, unread }
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
