//! Which of a VPC's private subnets are a cluster's.

use std::collections::BTreeSet;

use crate::{Subnet, SubnetId};

/// How the tag begins by which a cluster claims a subnet.
const OF_CLUSTER: &str = "kubernetes.io/cluster/";

/// Of the private subnets those that EKS names as the cluster's (`named`), with those that the cluster
/// claims by tag, and those marked for internal load balancers of the zones that these leave out, or in
/// which they are not marked at all: EKS names the subnets of the control plane alone, and nodes may
/// be in others (Amazon EKS User Guide, "View Amazon EKS networking requirements for VPC and
/// subnets"). Which of a zone's subnets carries the mount target is decided by the nodes in them. Those marked for internal
/// load balancers where there are none; all where nothing is marked at all, as newer clusters tag
/// no subnets. A zone is covered by what is `usable` for a mount target.
pub(crate) fn cluster_subnets<'a>(
    cluster: Option<&str>,
    named: &[SubnetId],
    usable: impl Fn(&Subnet) -> bool,
    private: &[&'a Subnet],
) -> Vec<&'a Subnet> {
    let having = |has: &dyn Fn(&Subnet) -> bool| -> Vec<&'a Subnet> {
        private.iter().copied().filter(|subnet| has(subnet)).collect()
    };
    let Some(cluster) = cluster else { return having(&|_| true) };
    let tag = format!("{OF_CLUSTER}{cluster}");
    let mut claimed =
        having(&|subnet| named.contains(&subnet.id) || subnet.tags.contains_key(&tag));
    let internal = having(&|subnet| {
        subnet.tags.get("kubernetes.io/role/internal-elb").is_some_and(|value| value == "1")
    });
    match (claimed.is_empty(), internal.is_empty()) {
        (false, _) => {
            let marked = |subnet: &Subnet| {
                subnet.tags.contains_key(&tag)
                    || internal.iter().any(|internal| internal.id == subnet.id)
            };
            let zones: BTreeSet<&str> = claimed
                .iter()
                .filter(|subnet| usable(subnet) && marked(subnet))
                .map(|subnet| subnet.availability_zone.as_str())
                .collect();
            let of_another =
                |subnet: &Subnet| subnet.tags.keys().any(|key| key.starts_with(OF_CLUSTER));
            let known: BTreeSet<&SubnetId> = claimed.iter().map(|subnet| &subnet.id).collect();
            let more = internal.iter().copied().filter(|subnet| {
                usable(subnet)
                    && !known.contains(&subnet.id)
                    && !zones.contains(subnet.availability_zone.as_str())
                    && !of_another(subnet)
            });
            let more: Vec<&Subnet> = more.collect();
            claimed.extend(more);
            claimed
        }
        (true, false) => internal,
        (true, true) => having(&|_| true),
    }
}
