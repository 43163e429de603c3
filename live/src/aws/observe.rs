//! Observing AWS: what does not depend on another answer is asked side by side.
//!
//! Three rounds at most: what can be named at once, what belongs to the VPC and
//! the file system found, and the interfaces of the mount targets found.

use std::collections::BTreeSet;

use anyhow::Context;
use efs::{Actual, Desired, FileSystem, FileSystemInputs, Group, MountTarget, Subnets};
use job::{Command, Job};
use network::{IngressRule, NetworkInterfaceId, SecurityGroup, SecurityGroupId, VpcId};
use tokio::try_join;

use super::Aws;
use super::network::filter;
use super::read::{Lookup, Seen};
use crate::commands::Observed;

/// Observes what the job's command needs.
pub(crate) async fn observe(aws: &Aws, job: &Job) -> anyhow::Result<Observed> {
    let inputs = &job.inputs;
    let lookup = match &inputs.file_system {
        FileSystemInputs::Adopted(id) => Lookup::Id(id.clone()),
        FileSystemInputs::Own { .. } => Lookup::Token(inputs.owner().creation_token()),
    };
    if matches!(job.command, Command::DestroyWorkloads { .. }) {
        return Observed::new(job, None, Actual::default());
    }
    if matches!(job.command, Command::Destroy | Command::Status) {
        return observe_own(aws, job, &lookup).await;
    }
    let listed_group = match &inputs.security_group_id {
        Group::Listed(id) => Some(id.clone()),
        Group::FromNetwork => None,
    };
    let listed_subnets = match &inputs.subnet_ids {
        Subnets::Listed(ids) => Some(ids.clone()),
        Subnets::FromNetwork => None,
    };

    let (file_system, own_rules, named_groups, clusters, listed, listed_rules) = try_join!(
        aws.file_system(&lookup),
        own_rules(aws, job),
        groups_by_id(aws, listed_group.as_ref()),
        cluster_groups(aws, job),
        async {
            match &listed_subnets {
                Some(ids) => aws.subnets(filter("subnet-id", ids)).await,
                None => Ok(Vec::new()),
            }
        },
        rules_of(aws, listed_group.as_ref()),
    )?;

    let vpcs: BTreeSet<&VpcId> = clusters.iter().map(|group| &group.vpc_id).collect();
    let found_group = match (&listed_group, clusters.as_slice()) {
        (None, [one]) => Some(one.id.clone()),
        _ => None,
    };
    let in_vpcs = || filter("vpc-id", vpcs.iter().copied());
    let (targets, vpc_subnets, route_tables, found_rules) = try_join!(
        targets(aws, file_system.as_ref()),
        async { if vpcs.is_empty() { Ok(Vec::new()) } else { aws.subnets(in_vpcs()).await } },
        async { if vpcs.is_empty() { Ok(Vec::new()) } else { aws.route_tables(in_vpcs()).await } },
        rules_of(aws, found_group.as_ref()),
    )?;

    let mount_targets = with_groups(aws, targets).await?;
    let network = network::Observed {
        subnets: once([listed, vpc_subnets], |subnet| &subnet.id),
        route_tables,
        security_groups: once([named_groups, clusters], |group| &group.id),
        ingress_rules: once([listed_rules, found_rules, own_rules], |rule| &rule.id),
    };
    let outputs = match &job.network {
        None => None,
        Some(asked) => Some(
            network::outputs(asked, &inputs.aws_region, &network)
                .context("looking for the network")?,
        ),
    };
    let desired = Desired::new(&job.module, inputs, outputs.as_ref());
    Observed::new(job, desired, Actual { network, file_system, mount_targets, ..Actual::default() })
}

/// Everything of several answers, each thing once.
fn once<T, Id: Ord + Clone, const N: usize>(
    answers: [Vec<T>; N],
    id: impl Fn(&T) -> &Id,
) -> Vec<T> {
    let mut known = BTreeSet::new();
    answers.into_iter().flatten().filter(|thing| known.insert(id(thing).clone())).collect()
}

/// What carries our tags: all that a destroy looks at, so that it works when
/// the cluster and its network are gone.
async fn observe_own(aws: &Aws, job: &Job, lookup: &Lookup) -> anyhow::Result<Observed> {
    let (file_system, ingress_rules) = try_join!(aws.file_system(lookup), own_rules(aws, job))?;
    let targets = targets(aws, file_system.as_ref()).await?;
    let mount_targets = targets.into_iter().map(|seen| seen.target).collect();
    let network = network::Observed { ingress_rules, ..network::Observed::default() };
    Observed::new(job, None, Actual { network, file_system, mount_targets, ..Actual::default() })
}

/// The rules that carry our tags, in whatever group.
async fn own_rules(aws: &Aws, job: &Job) -> anyhow::Result<Vec<IngressRule>> {
    let marks = job.inputs.owner().marks();
    aws.ingress_rules(
        marks.into_iter().map(|(key, value)| filter(&format!("tag:{key}"), [value])).collect(),
    )
    .await
}

async fn rules_of(aws: &Aws, group: Option<&SecurityGroupId>) -> anyhow::Result<Vec<IngressRule>> {
    match group {
        Some(id) => aws.ingress_rules(vec![filter("group-id", [id])]).await,
        None => Ok(Vec::new()),
    }
}

async fn groups_by_id(
    aws: &Aws,
    id: Option<&SecurityGroupId>,
) -> anyhow::Result<Vec<SecurityGroup>> {
    match id {
        Some(id) => aws.security_groups(filter("group-id", [id])).await,
        None => Ok(Vec::new()),
    }
}

/// The security groups that EKS made, which lead to the VPC.
async fn cluster_groups(aws: &Aws, job: &Job) -> anyhow::Result<Vec<SecurityGroup>> {
    let Some(asked) = &job.network else {
        return Ok(Vec::new());
    };
    let by_cluster = match asked.search() {
        network::Search::Cluster(name) => filter("tag:aws:eks:cluster-name", [name]),
        network::Search::AnyCluster => filter("tag-key", ["aws:eks:cluster-name"]),
    };
    let mut groups = aws.security_groups(by_cluster).await?;
    groups.retain(|group| asked.vpc_id.as_ref().is_none_or(|vpc| *vpc == group.vpc_id));
    Ok(groups)
}

async fn targets(aws: &Aws, file_system: Option<&FileSystem>) -> anyhow::Result<Vec<Seen>> {
    match file_system {
        Some(found) => Ok(aws.mount_targets(&found.id).await?.unwrap_or_default()),
        None => Ok(Vec::new()),
    }
}

/// Adds the security groups, read for all targets at once from their interfaces.
async fn with_groups(aws: &Aws, targets: Vec<Seen>) -> anyhow::Result<Vec<MountTarget>> {
    let interfaces: Vec<NetworkInterfaceId> =
        targets.iter().filter_map(|seen| seen.interface.clone()).collect();
    let groups = aws.interface_groups(&interfaces).await?;
    Ok(targets
        .into_iter()
        .map(|Seen { mut target, interface }| {
            target.security_groups = groups
                .iter()
                .find(|(id, _)| Some(id) == interface.as_ref())
                .map(|(_, groups)| groups.clone());
            target
        })
        .collect())
}
