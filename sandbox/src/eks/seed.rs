//! The cluster whose network EC2's seed has.

use super::state::Cluster;
use crate::ec2::seed::{CLUSTER, Numbered};
use crate::ec2::zones::suffix;
use crate::options::Options;
use crate::world::{Region, Tags};

/// The certificate of the authority behind every seeded endpoint: real, and nothing's.
const AUTHORITY: &str = include_str!("authority.txt");

/// Adds it. Its endpoint and its issuer name the region, so no two regions share them.
pub(super) fn cluster(region: &mut Region, options: &Options) {
    let ids = Numbered::new(&region.name, options);
    let digits = format!(
        "0C0DEC{:026X}",
        region
            .name
            .bytes()
            .fold(1_u64, |sum, byte| { sum.wrapping_mul(31).wrapping_add(u64::from(byte)) })
    );
    let (name, domain) = (&region.name, suffix(&region.name));
    let own = region.ec2.subnets.values().filter(|row| row.outpost.is_none() && row.cidr.is_some());
    let marked = own.filter(|row| row.tags.contains_key("kubernetes.io/cluster/graphscope-dev"));
    let subnet_ids: Vec<String> = marked.map(|row| row.id.clone()).collect();
    let cluster = Cluster {
        name: CLUSTER.to_owned(),
        version: "1.33".to_owned(),
        status: "ACTIVE".to_owned(),
        created_ms: 1_700_000_000_000,
        endpoint: format!("https://{digits}.gr7.{name}.eks.{domain}"),
        certificate_authority: AUTHORITY.trim().to_owned(),
        issuer: Some(format!("https://oidc.eks.{name}.{domain}/id/{digits}")),
        role_arn: format!("arn:aws:iam::{}:role/eks-{CLUSTER}-cluster", region.account),
        vpc_id: ids.id("vpc-", 1),
        subnet_ids,
        security_group_ids: Vec::new(),
        cluster_security_group_id: ids.id("sg-", 1),
        ipv6: false,
        self_managed: Vec::new(),
        tags: Tags::new(),
    };
    region.eks.clusters.insert(cluster.name.clone(), cluster);
}
