//! Who calls AWS, and which cluster EKS knows. Nothing depends on these calls but the proof of
//! the place, so that an error is an answer too: it says why something is not known.

use aws_sdk_eks::types::{ComputeConfigResponse, VpcConfigResponse};
use network::{ClusterNetwork, SecurityGroupId, SubnetId, VpcId};
use place::{Caller, EksCluster};

use super::Aws;
use super::clusters::Shown;
use super::errors::{explain, is};
use super::settings::sts;
use crate::meaning::eks::NOT_FOUND;

impl Aws {
    /// Who calls AWS, or why that is not known.
    pub(crate) async fn caller(&self) -> Result<Caller, String> {
        self.caller.get_or_init(|| self.identity(&self.sts)).await.clone()
    }

    /// The same with the credentials of a profile.
    pub(crate) async fn caller_of(&self, profile: &str) -> Result<Caller, String> {
        let config = self.settings.load(Some(profile)).await;
        self.identity(&sts(&config, &self.calls)).await
    }

    async fn identity(&self, client: &aws_sdk_sts::Client) -> Result<Caller, String> {
        let identity = client.get_caller_identity().send().await.map_err(|error| {
            format!("{:#}", explain("sts:GetCallerIdentity", &self.region, error))
        })?;
        match (identity.account(), identity.arn()) {
            (Some(account), Some(arn)) => {
                Ok(Caller { account: account.to_owned(), arn: arn.to_owned() })
            }
            _ => Err("sts:GetCallerIdentity names no account".to_owned()),
        }
    }

    /// A cluster as EKS shows it; `None` where there is none of that name. It is asked once.
    pub(crate) async fn eks_cluster(&self, name: &str) -> Result<Option<EksCluster>, String> {
        Ok(self.shown_cluster(name).await?.map(|shown| shown.cluster))
    }

    /// Whether EKS shows a cluster of Auto Mode.
    pub(crate) async fn is_auto_mode(&self, name: &str) -> bool {
        let shown = self.shown_cluster(name).await;
        shown.is_ok_and(|shown| shown.is_some_and(|shown| shown.auto_mode))
    }

    /// The network of a cluster as EKS shows it, or why EKS does not.
    pub(crate) async fn cluster_network(&self, name: &str) -> Result<ClusterNetwork, String> {
        match self.shown_cluster(name).await? {
            Some(Shown { network: Some(network), .. }) => Ok(network),
            Some(Shown { network: None, .. }) => Err("it has no network yet".to_owned()),
            None => Err(format!("EKS knows no cluster of that name in {}", self.region)),
        }
    }

    /// The Kubernetes version of a cluster, where EKS shows it.
    pub(crate) async fn kubernetes_version(&self, name: &str) -> Result<Option<String>, String> {
        Ok(self.shown_cluster(name).await?.and_then(|shown| shown.kubernetes))
    }

    async fn shown_cluster(&self, name: &str) -> Result<Option<Shown>, String> {
        let described = self.clusters.of(name);
        described.get_or_init(|| self.describe_cluster(name)).await.clone()
    }

    async fn describe_cluster(&self, name: &str) -> Result<Option<Shown>, String> {
        let described = match self.eks.describe_cluster().name(name).send().await {
            Ok(described) => described,
            Err(error) if is(&error, NOT_FOUND) => return Ok(None),
            Err(error) => {
                return Err(format!("{:#}", explain("eks:DescribeCluster", &self.region, error)));
            }
        };
        let cluster = described.cluster().ok_or("eks:DescribeCluster shows no cluster")?;
        let authority = cluster.certificate_authority().and_then(|authority| authority.data());
        let issuer = cluster.identity().and_then(|identity| identity.oidc()?.issuer());
        let network = cluster.resources_vpc_config().and_then(network);
        let compute = cluster.compute_config().and_then(ComputeConfigResponse::enabled);
        let kubernetes = cluster.version().map(str::to_owned);
        let cluster = EksCluster {
            arn: cluster.arn().unwrap_or_default().to_owned(),
            issuer: issuer.map(str::to_owned),
            endpoint: cluster.endpoint().unwrap_or_default().to_owned(),
            authority: authority.map(pem).unwrap_or_default(),
        };
        Ok(Some(Shown { cluster, network, auto_mode: compute == Some(true), kubernetes }))
    }
}

/// The network of a cluster; a cluster that is being created has no security group yet.
fn network(found: &VpcConfigResponse) -> Option<ClusterNetwork> {
    let subnets = found.subnet_ids().iter();
    Some(ClusterNetwork {
        vpc_id: VpcId::try_from(found.vpc_id()?).ok()?,
        subnet_ids: subnets.filter_map(|id| SubnetId::try_from(id.as_str()).ok()).collect(),
        security_group_id: SecurityGroupId::try_from(found.cluster_security_group_id()?).ok()?,
    })
}

/// The text of a certificate authority, which EKS sends in base64.
fn pem(data: &str) -> String {
    use base64::Engine as _;
    let decoded = base64::engine::general_purpose::STANDARD.decode(data.trim());
    decoded.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}
