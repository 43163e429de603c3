//! Observing the driver's identity in AWS.

use anyhow::anyhow;
use efs::{Cluster, EksIdentity, IdentityFound, Inputs};
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
    let may_change = |cluster| goal.destroys() || !efs::keeps_its_own(inputs, cluster);
    let depends = asked || (identity.is_looked_at() && cluster.is_some_and(may_change));
    if !depends || !(goal.plans() || goal.destroys()) {
        return Ok(None);
    }
    let described = aws.eks_cluster(&inputs.cluster_name).await;
    let cluster = match described {
        Ok(Some(described)) => ClusterArn::parse(&described.arn)
            .map(|arn| EksIdentity { arn, issuer: described.issuer }),
        Err(error) if asked => return Err(anyhow!(error)),
        Ok(None) | Err(_) => None,
    };
    if cluster.is_none() && !goal.destroys() {
        return Ok(Some(IdentityFound::default()));
    }
    match look(inputs, aws, cluster, goal.destroys()).await {
        Ok(found) => Ok(Some(found)),
        Err(error) if asked => Err(error),
        Err(error) => {
            Ok(Some(IdentityFound { unknown: Some(format!("{error:#}")), ..Default::default() }))
        }
    }
}

async fn look(
    inputs: &Inputs,
    aws: &Aws,
    cluster: Option<EksIdentity>,
    destroys: bool,
) -> anyhow::Result<IdentityFound> {
    let owner = inputs.owner();
    let provider_arn = cluster.as_ref().and_then(EksIdentity::provider_arn);
    let (role, provider, associations) = tokio::try_join!(
        iam_role::observe(aws, &owner, destroys),
        async {
            match &provider_arn {
                Some(arn) => oidc_provider::observe(aws, &owner, arn, destroys).await,
                None => Ok(None),
            }
        },
        async {
            match &cluster {
                Some(_) => {
                    let namespace = &inputs.driver.namespace;
                    pod_identity_association::observe(aws, &owner, namespace).await
                }
                None => Ok(Vec::new()),
            }
        },
    )?;
    Ok(IdentityFound { cluster, role, provider, associations, unknown: None })
}
