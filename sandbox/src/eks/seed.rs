//! The cluster whose network EC2's seed has.

use crate::ec2::seed::{CLUSTER, INTRA, Numbered};
use crate::ec2::zones::suffix;
use crate::options::Options;
use crate::world::eks::Cluster;
use crate::world::{Region, Tags};
use crate::worlds::World;

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
    // "Subnets for the control plane" may be others than those of the nodes. A participant of a
    // shared VPC sees no tags: there they come beside the others.
    let has = |world: World| options.worlds.contains(&world);
    let others = [0x10a, 0x20a, 0x30a].into_iter();
    let others = others.filter(|_| !has(World::IntraSubnets) || has(World::SharedVpc));
    let subnet_ids =
        others.chain([INTRA]).flat_map(|kind| (kind..kind + 6).map(|n| ids.id("subnet-", n)));
    let subnet_ids = subnet_ids.filter(|id| region.ec2.subnets.contains_key(id)).collect();
    let cluster = Cluster {
        name: CLUSTER.to_owned(),
        version: "1.33".to_owned(),
        status: "ACTIVE".to_owned(),
        created_ms: 1_700_000_000_000,
        endpoint: format!("https://{digits}.gr7.{name}.eks.{domain}"),
        certificate_authority: AUTHORITY.trim().to_owned(),
        issuer: Some(format!("https://oidc.eks.{name}.{domain}/id/{digits}")),
        role_arn: region.iam_arn(&format!("role/eks-{CLUSTER}-cluster")),
        vpc_id: ids.id("vpc-", 1),
        subnet_ids,
        security_group_ids: Vec::new(),
        own_group: ids.id("sg-", 1),
        ipv6: false,
        self_managed: Vec::new(),
        other_selectors: Vec::new(),
        without_replicas: Vec::new(),
        tags: Tags::new(),
    };
    region.eks.clusters.insert(cluster.name.clone(), cluster);
}
