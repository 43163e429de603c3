//! Observing the driver's identity in AWS.

use anyhow::anyhow;
use efs::{Cluster, EksIdentity, IdentityFound, Inputs, Looks};
use failure::Failure;
use job::Goal;
use place::ClusterArn;

use crate::aws::Aws;
use crate::resources::{iam_role, oidc_provider, pod_identity_association};

/// The identity of the driver, where a plan depends on it.
///
/// Where nothing was asked for, what cannot be looked at is no error: the plan says so.
pub(crate) async fn observe(
    goal: &Goal,
    inputs: &Inputs,
    aws: &Aws,
    cluster: Option<&Cluster>,
) -> anyhow::Result<Option<IdentityFound>> {
    let identity = &inputs.driver.identity;
    let asked = identity.is_ours();
    if !(goal.plans() || goal.destroys()) {
        return Ok(None);
    }
    if inputs.driver.may_leave_identity() {
        let (left, missing) = tokio::join!(
            left(goal, inputs, aws),
            given_role_is_missing(goal, inputs, aws, cluster)
        );
        if !missing {
            return Ok(left);
        }
        let left = left.unwrap_or_default();
        return Ok(Some(IdentityFound { given_role_is_missing: true, ..left }));
    }
    if !identity.is_looked_at() {
        return Ok(None);
    }
    let keeps = |cluster| !goal.destroys() && efs::keeps_its_own(inputs, cluster);
    let depends = match cluster {
        _ if asked => true,
        None => false,
        Some(cluster) if keeps(cluster) => lost_its_role(inputs, aws, cluster).await,
        Some(_) => true,
    };
    if !depends {
        return Ok(None);
    }
    let described = described(inputs, aws).await;
    let built_in_agent = aws.is_auto_mode(&inputs.cluster_name).await;
    let looks =
        if goal.destroys() { Looks::ALL } else { efs::looks(inputs, cluster, built_in_agent) };
    let cluster = match described {
        Err(error) if asked => return Err(error.context(unseen(inputs))),
        described => described.ok().flatten(),
    };
    if cluster.is_none() && !goal.destroys() {
        return Ok(Some(IdentityFound::default()));
    }
    match look(inputs, aws, cluster, (looks, goal.destroys())).await {
        Ok(found) => Ok(Some(IdentityFound { built_in_agent, ..found })),
        Err(error) if asked => Err(error),
        Err(error) => {
            Ok(Some(IdentityFound { unknown: Some(format!("{error:#}")), ..Default::default() }))
        }
    }
}

/// What is left of an identity of this project, where the inputs want none of it: a plan looks at
/// the associations, which would win over what is wanted, and a destroy at the role too. Nobody asked
/// for this, and so what may not be looked at is no error.
async fn left(goal: &Goal, inputs: &Inputs, aws: &Aws) -> Option<IdentityFound> {
    let owner = inputs.owner();
    let (associations, role) = tokio::join!(
        pod_identity_association::observe(aws, &owner, &inputs.driver.namespace),
        async {
            if goal.destroys() { iam_role::observe(aws, &owner, false).await } else { Ok(None) }
        },
    );
    let are_known = associations.is_ok();
    let associations = associations.unwrap_or_default();
    let role = role.ok().flatten().filter(|role| role.ours);
    if role.is_none() && !associations.iter().any(|one| one.ours) {
        // Without one, pods that were admitted with one have no credentials any more.
        return (are_known && !goal.destroys())
            .then(|| IdentityFound { associations, ..IdentityFound::default() });
    }
    if !goal.destroys() {
        let (role, unknown) = match iam_role::observe(aws, &owner, true).await {
            Ok(role) => (role, None),
            Err(error) => (None, Some(format!("{error:#}"))),
        };
        return Some(IdentityFound { associations, role, unknown, ..IdentityFound::default() });
    }
    let cluster = described(inputs, aws).await.ok().flatten();
    Some(match look(inputs, aws, cluster, (Looks::ALL, true)).await {
        Ok(found) => found,
        Err(error) => IdentityFound {
            associations,
            unknown: Some(format!("{error:#}")),
            ..IdentityFound::default()
        },
    })
}

/// Whether IAM has no role of the ARN that the inputs give; where that cannot be seen, the run finds
/// out.
async fn given_role_is_missing(
    goal: &Goal,
    inputs: &Inputs,
    aws: &Aws,
    cluster: Option<&Cluster>,
) -> bool {
    match efs::role_to_look_at(inputs, cluster).filter(|_| goal.plans()) {
        Some(role) => iam_role::exists(aws, role).await == Some(false),
        None => false,
    }
}

/// The cluster, as EKS shows it.
async fn described(inputs: &Inputs, aws: &Aws) -> anyhow::Result<Option<EksIdentity>> {
    let described = aws.eks_cluster(&inputs.cluster_name).await.map_err(|error| anyhow!(error))?;
    Ok(described.and_then(|described| {
        let arn = ClusterArn::parse(&described.arn)?;
        Some(EksIdentity { arn, issuer: described.issuer })
    }))
}

/// All of the identity that there is, where the inputs leave it to this project. What may not be
/// looked at is no error where nothing was asked for.
pub(crate) async fn whole(inputs: &Inputs, aws: &Aws) -> anyhow::Result<Option<IdentityFound>> {
    let identity = &inputs.driver.identity;
    if !identity.is_looked_at() {
        return Ok(None);
    }
    let cluster = described(inputs, aws).await.ok().flatten();
    match look(inputs, aws, cluster, (Looks::ALL, false)).await {
        Ok(found) => Ok(Some(found)),
        Err(error) if identity.is_ours() => Err(error),
        Err(_) => Ok(None),
    }
}

/// Whether a release of this deployment, which names no role, had one of ours: somebody took the
/// annotation off. Where IAM does not show that, nothing is known of a role.
async fn lost_its_role(inputs: &Inputs, aws: &Aws, cluster: &Cluster) -> bool {
    let owner = inputs.owner();
    let release = cluster.driver.release.as_ref();
    if release.is_none_or(|release| release.owner.is_none()) {
        return false;
    }
    let role = iam_role::observe(aws, &owner, false).await;
    role.is_ok_and(|role| role.is_some_and(|role| role.ours))
}

/// That a role is asked for, and EKS does not show the cluster whose pods get it.
fn unseen(inputs: &Inputs) -> Failure {
    Failure::new(
        format!("looking for the cluster `{}`, whose driver gets a role", inputs.cluster_name),
        "allow `eks:DescribeCluster` on it, as the policy of `cargo xtask render --iam operator` does; \
         or set `driver_identity` to `none`, and have the role made by whoever may",
    )
}

async fn look(
    inputs: &Inputs,
    aws: &Aws,
    cluster: Option<EksIdentity>,
    (looks, destroys): (Looks, bool),
) -> anyhow::Result<IdentityFound> {
    let owner = inputs.owner();
    let provider_arn =
        cluster.as_ref().and_then(EksIdentity::provider_arn).filter(|_| looks.provider);
    let role = async |looks: bool| {
        if looks { iam_role::observe(aws, &owner, destroys).await } else { Ok(None) }
    };
    let associations = async |looks: bool| match &cluster {
        Some(_) if looks => {
            pod_identity_association::observe(aws, &owner, &inputs.driver.namespace).await
        }
        _ => Ok(Vec::new()),
    };
    let (mut found, provider, mut associated) = tokio::try_join!(
        role(looks.role),
        async {
            match &provider_arn {
                Some(arn) => oidc_provider::observe(aws, &owner, arn, destroys).await,
                None => Ok(None),
            }
        },
        associations(looks.associations),
    )?;
    if !looks.role {
        found = role(provider.is_some()).await?;
    }
    if !looks.associations {
        associated = associations(found.as_ref().is_some_and(|role| role.ours)).await?;
    }
    Ok(IdentityFound {
        cluster,
        role: found,
        provider,
        associations: associated,
        ..IdentityFound::default()
    })
}
