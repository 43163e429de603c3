//! Clusters, to read.

use serde_json::{Value, json};

use super::call::{Call, Response, seconds};
use super::errors::{invalid_request, not_found};
use crate::error::Result;
use crate::world::Region;
use crate::world::eks::Cluster;

/// A cluster by its name.
pub(super) fn find<'a>(region: &'a Region, name: &str) -> Result<&'a Cluster> {
    let found = region.eks.clusters.get(name);
    found.ok_or_else(|| {
        not_found(format!("No cluster found for name: {name}.")).with("clusterName", name)
    })
}

/// A cluster that can be worked on.
pub(super) fn active<'a>(region: &'a Region, name: &str) -> Result<&'a Cluster> {
    let cluster = find(region, name)?;
    if cluster.status == "ACTIVE" || cluster.status == "UPDATING" {
        return Ok(cluster);
    }
    Err(invalid_request(format!("Cluster {name} is in the state {}", cluster.status))
        .with("clusterName", name))
}

/// `DescribeCluster`.
pub(super) fn describe(call: &mut Call, name: &str) -> Response {
    let cluster = find(call.context.region, name)?;
    Ok((200, json!({ "cluster": describe_one(call.context.region, cluster) })))
}

/// `ListClusters`.
pub(super) fn list(call: &mut Call) -> Response {
    let clusters = call.context.region.eks.clusters.values();
    let names = clusters.map(|cluster| (cluster.name.clone(), json!(cluster.name))).collect();
    call.page("clusters", names)
}

/// A cluster's ARN.
pub(super) fn arn(region: &Region, cluster: &Cluster) -> String {
    region.arn("eks", &format!("cluster/{}", cluster.name))
}

fn describe_one(region: &Region, cluster: &Cluster) -> Value {
    let network = if cluster.ipv6 {
        json!({ "serviceIpv6Cidr": "fd00:ec2::/108", "ipFamily": "ipv6" })
    } else {
        json!({ "serviceIpv4Cidr": "172.20.0.0/16", "ipFamily": "ipv4" })
    };
    let mut body = json!({
        "name": cluster.name,
        "arn": arn(region, cluster),
        "createdAt": seconds(cluster.created_ms),
        "version": cluster.version,
        "endpoint": cluster.endpoint,
        "roleArn": cluster.role_arn,
        "resourcesVpcConfig": {
            "subnetIds": cluster.subnet_ids,
            "securityGroupIds": cluster.security_group_ids,
            "clusterSecurityGroupId": cluster.own_group,
            "vpcId": cluster.vpc_id,
            "endpointPublicAccess": true,
            "endpointPrivateAccess": true,
            "publicAccessCidrs": ["0.0.0.0/0"],
        },
        "kubernetesNetworkConfig": network,
        "logging": { "clusterLogging": [{ "types": ["api", "audit", "authenticator", "controllerManager", "scheduler"], "enabled": false }] },
        "status": cluster.status,
        "certificateAuthority": { "data": cluster.certificate_authority },
        "platformVersion": "eks.5",
        "tags": cluster.tags,
        "health": { "issues": [] },
        "accessConfig": { "authenticationMode": "API_AND_CONFIG_MAP" },
        "upgradePolicy": { "supportType": "STANDARD" },
        "deletionProtection": false,
    });
    if let Some(issuer) = &cluster.issuer {
        body["identity"] = json!({ "oidc": { "issuer": issuer } });
    }
    body
}
