//! What was found of the driver's identity in AWS, as plain data.

use place::ClusterArn;

use crate::resources::iam_role::Role;
use crate::resources::oidc_provider::Provider;
use crate::resources::pod_identity_association::Association;

/// What was found of the driver's identity in AWS.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IdentityFound {
    /// The cluster, where EKS knows it.
    pub cluster: Option<EksIdentity>,
    /// The role of our name.
    pub role: Option<Role>,
    /// The OpenID Connect provider of the cluster's issuer, where IAM has it.
    pub provider: Option<Provider>,
    /// The associations of the driver's service accounts.
    pub associations: Vec<Association>,
    /// Whether the cluster's nodes have the EKS Pod Identity Agent built in, as in EKS Auto Mode, where
    /// no object of the cluster shows it.
    pub built_in_agent: bool,
    /// Whether IAM has no role of the ARN that the inputs give the driver.
    pub given_role_is_missing: bool,
    /// Why it could not be looked at, where nothing was asked for and that is no error.
    pub unknown: Option<String>,
}

/// What EKS says of a cluster that matters to identities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EksIdentity {
    pub arn: ClusterArn,
    /// The URL of its OpenID Connect issuer.
    pub issuer: Option<String>,
}

impl EksIdentity {
    /// The ARN of the provider that IAM has for the issuer.
    pub fn provider_arn(&self) -> Option<String> {
        let issuer = self.issuer.as_deref().map(without_scheme)?;
        let ClusterArn { partition, account, .. } = &self.arn;
        Some(format!("arn:{partition}:iam::{account}:oidc-provider/{issuer}"))
    }
}

/// An issuer as IAM names its provider and the keys of its conditions.
pub(crate) fn without_scheme(issuer: &str) -> &str {
    issuer.strip_prefix("https://").unwrap_or(issuer)
}
