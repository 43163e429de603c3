//! EKS Pod Identity associations of the driver's service accounts.

use anyhow::Context as _;
use aws_sdk_eks::types::PodIdentityAssociation;
use efs::Owner;
use efs::resources::driver::{CONTROLLER_ACCOUNT, NODE_ACCOUNT};
use efs::resources::pod_identity_association::{Association, Call};
use futures_util::future::try_join_all;
use network::Tags;

use crate::aws::{Aws, explain, is};
use crate::context::{Context, Done};
use crate::meaning::eks as codes;
use crate::progress::Line;
use crate::propagation::{New, known, role_is_unknown};
use crate::raced::Raced;

/// The associations of the driver's service accounts.
pub(crate) async fn observe(
    aws: &Aws,
    owner: &Owner,
    namespace: &str,
) -> anyhow::Result<Vec<Association>> {
    let ids = list(aws, &owner.cluster, namespace, None).await?;
    let described = ids.iter().map(|id| describe(aws, &owner.cluster, id));
    let found = try_join_all(described).await?;
    Ok(found.into_iter().flatten().map(|found| association(owner, &found)).collect())
}

/// The ids of the associations of a service account, or of all that are the driver's.
async fn list(
    aws: &Aws,
    cluster: &str,
    namespace: &str,
    account: Option<&str>,
) -> anyhow::Result<Vec<String>> {
    let call = aws.eks.list_pod_identity_associations().cluster_name(cluster).namespace(namespace);
    let pages = call.set_service_account(account.map(str::to_owned)).into_paginator().items();
    let listed = match pages.send().try_collect().await {
        Ok(listed) => listed,
        Err(error) if is(&error, codes::NOT_FOUND) => Vec::new(),
        Err(error) => {
            return Err(explain("eks:ListPodIdentityAssociations", &aws.region, error));
        }
    };
    let of_driver = [CONTROLLER_ACCOUNT, NODE_ACCOUNT];
    let listed = listed.into_iter();
    let listed =
        listed.filter(|one| of_driver.contains(&one.service_account().unwrap_or_default()));
    Ok(listed.filter_map(|one| one.association_id).collect())
}

async fn describe(
    aws: &Aws,
    cluster: &str,
    id: &str,
) -> anyhow::Result<Option<PodIdentityAssociation>> {
    let call = aws.eks.describe_pod_identity_association().cluster_name(cluster);
    match call.association_id(id).send().await {
        Ok(found) => Ok(found.association),
        Err(error) if is(&error, codes::NOT_FOUND) => Ok(None),
        Err(error) => Err(explain("eks:DescribePodIdentityAssociation", &aws.region, error)),
    }
}

fn association(owner: &Owner, found: &PodIdentityAssociation) -> Association {
    let tags = found.tags().into_iter().flatten();
    let tags: Tags = tags.map(|(key, value)| (key.clone(), value.clone())).collect();
    Association {
        id: found.association_id().unwrap_or_default().to_owned(),
        service_account: found.service_account().unwrap_or_default().to_owned(),
        role_arn: found.role_arn().unwrap_or_default().to_owned(),
        ours: owner.owns_of_cluster(&tags),
    }
}

/// Carries a call out.
pub(crate) async fn carry_out(
    context: &Context,
    aws: &Aws,
    call: &Call,
    line: &Line,
) -> anyhow::Result<Done> {
    match call {
        Call::Create { cluster, namespace, service_account, role, tags } => {
            line.state("creating");
            let role = context.results.resolve(role)?;
            create((context, aws, line), cluster, (namespace, service_account), &role, tags).await
        }
        Call::SetRole { cluster, id, role } => {
            line.state("changing its role");
            let role = context.results.resolve(role)?;
            let call = aws.eks.update_pod_identity_association().cluster_name(cluster);
            let call = call.association_id(id).role_arn(role);
            let once = || call.clone().send();
            let sent = known(context, line, New::Role, role_is_unknown, once).await?;
            let action = "eks:UpdatePodIdentityAssociation";
            sent.map_err(|error| explain(action, &aws.region, error))?;
            Ok(Done::that("updated"))
        }
        Call::Delete { cluster, id } => {
            line.state("deleting");
            let call = aws.eks.delete_pod_identity_association().cluster_name(cluster);
            match call.association_id(id).send().await {
                Err(error) if !is(&error, codes::NOT_FOUND) => {
                    Err(explain("eks:DeletePodIdentityAssociation", &aws.region, error))
                }
                _ => Ok(Done::that("destroyed")),
            }
        }
    }
}

/// Creates an association; one that is there already must give the same role.
async fn create(
    (context, aws, line): (&Context, &Aws, &Line),
    cluster: &str,
    (namespace, account): (&str, &str),
    role: &str,
    tags: &Tags,
) -> anyhow::Result<Done> {
    let call = aws
        .eks
        .create_pod_identity_association()
        .cluster_name(cluster)
        .namespace(namespace)
        .service_account(account)
        .role_arn(role)
        .set_tags(Some(tags.clone().into_iter().collect()));
    match known(context, line, New::Role, role_is_unknown, || call.clone().send()).await? {
        Ok(created) => {
            let created = created.association().and_then(|created| created.association_id());
            let id = created.context("eks:CreatePodIdentityAssociation shows no association")?;
            Ok(Done::created(id))
        }
        Err(error) if is(&error, codes::IN_USE) => {
            for id in list(aws, cluster, namespace, Some(account)).await? {
                let found = describe(aws, cluster, &id).await?;
                if found.is_some_and(|found| found.role_arn() == Some(role)) {
                    return Ok(Done::created(id));
                }
            }
            let what = format!("{namespace}/{account} got another role meanwhile");
            Err(Raced(what).into())
        }
        Err(error) => Err(explain("eks:CreatePodIdentityAssociation", &aws.region, error)),
    }
}
