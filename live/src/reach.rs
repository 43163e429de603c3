//! Looking whether nodes reach the mount targets: what lies between.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use job::Job;
use network::VpcId;
use network::reach::{Paths, groups_of};

use crate::aws::Aws;
use crate::nodes::nodes;
use crate::observe::{Clients, Observed, Storage};
use crate::target::Target;

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
    // Without nodes no ACL stands between them and the mount targets.
    let any = storage.actual.cluster.as_ref().is_none_or(|cluster| !cluster.nodes.is_empty());
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
        between(aws, &vpc, any),
    );
    let nodes = nodes.unwrap_or_else(|error| {
        paths.unread.push(format!("{error:#}"));
        Vec::new()
    });
    let groups: Vec<_> = groups_of(&nodes).into_iter().cloned().collect();
    if !groups.is_empty() {
        match aws.egress_rules(&groups).await {
            Ok(rules) => paths.egress = Some(rules),
            Err(error) => paths.unread.push(format!("{error:#}")),
        }
    }
    let vpcs: BTreeSet<VpcId> = nodes.iter().map(|node| node.vpc_id.clone()).collect();
    if vpcs.iter().any(|other| *other != vpc) {
        let both = vpcs.into_iter().chain([vpc]).collect();
        match aws.routes_of_vpcs(&both).await {
            Ok(tables) => paths.routes = Some(tables),
            Err(error) => paths.unread.push(format!("{error:#}")),
        }
    }
    for subnet in &mut found.subnets {
        subnet.nodes = nodes.iter().filter(|node| node.subnet_id == subnet.id).count();
    }
    (found.nodes, found.paths) = (Some(nodes), Some(paths));
}

/// What lies between nodes and mount targets in a VPC.
async fn between(aws: &Aws, vpc: &VpcId, any_nodes: bool) -> Paths {
    let acls = async { if any_nodes { aws.network_acls(vpc).await } else { Ok(Vec::new()) } };
    let (acls, dns) = tokio::join!(acls, aws.dns(vpc));
    let mut unread = Vec::new();
    let mut note = |error: anyhow::Error| unread.push(format!("{error:#}"));
    let acls = acls.map_err(&mut note).unwrap_or_default();
    let dns = dns.map_err(&mut note).ok();
    Paths { acls, dns, egress: None, routes: None, unread }
}
