//! From an observed VPC to the module's outputs.

use serde::{Deserialize, Serialize};

use crate::cluster_subnets::cluster_subnets;
use crate::module::CLUSTER_TAG;
use crate::refusal::Refusal;
use crate::{
    Addresses, ClusterNetwork, Inputs, Observed, SecurityGroup, SecurityGroupId, Subnet, SubnetId,
    VpcId,
};

/// The outputs of the module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    pub vpc_id: VpcId,
    /// Its private subnets, sorted by id; never empty.
    pub private_subnets: Vec<SubnetId>,
    /// The cluster's own security group, which admits all traffic among its members.
    pub security_group_id: SecurityGroupId,
    /// What was left out, and what was found in another way than by asking EKS: sentences without
    /// a full stop.
    pub notes: Vec<String>,
}

/// The module's outputs for what was observed, for mount targets with such addresses.
pub fn outputs(
    inputs: &Inputs,
    region: &str,
    observed: &Observed,
    addresses: Addresses,
) -> Result<Outputs, Refusal> {
    let mut notes = Vec::new();
    let (vpc_id, security_group_id) = if let Some(cluster) = asked(inputs, observed) {
        (cluster.vpc_id.clone(), cluster.security_group_id.clone())
    } else {
        let group = cluster_group(inputs, region, observed)?;
        notes.extend(found_by_tags(inputs, observed, group));
        (group.vpc_id.clone(), group.id.clone())
    };
    let subnets: Vec<&Subnet> =
        observed.subnets.iter().filter(|subnet| subnet.vpc_id == vpc_id).collect();
    let private: Vec<&Subnet> =
        subnets.iter().copied().filter(|subnet| is_private(subnet, observed)).collect();
    let named = asked(inputs, observed).map_or(&[][..], |cluster| &cluster.subnet_ids);
    let why_not = |subnet: &Subnet| subnet.takes_no_target(region, addresses);
    let usable = |subnet: &Subnet| why_not(subnet).is_none();
    let chosen = cluster_subnets(inputs.cluster_name.as_deref(), named, usable, &private);
    let (private_subnets, none): (Vec<&Subnet>, Vec<&Subnet>) =
        chosen.into_iter().partition(|subnet| usable(subnet));
    if private_subnets.is_empty() {
        let why = |subnet: &&Subnet| Some(format!("`{}`: {}", subnet.id, why_not(subnet)?));
        let why: Vec<String> = none.iter().filter_map(why).collect();
        return Err(match why.as_slice() {
            [] => Refusal::NoPrivateSubnets { vpc: vpc_id, subnets: subnets.len() },
            _ => Refusal::NoneTakesTargets { vpc: vpc_id, why },
        });
    }
    notes.extend(none.iter().filter_map(|subnet| {
        let why = why_not(subnet)?;
        Some(format!("{} is left out: {why}", subnet.id))
    }));
    let mut private_subnets: Vec<SubnetId> =
        private_subnets.into_iter().map(|subnet| subnet.id.clone()).collect();
    private_subnets.sort();
    Ok(Outputs { vpc_id, private_subnets, security_group_id, notes })
}

/// The cluster as EKS shows it, where it is in the VPC that is meant. A group that outlived a
/// former cluster of the name has its tag too, and is not its group any more.
fn asked<'a>(inputs: &Inputs, observed: &'a Observed) -> Option<&'a ClusterNetwork> {
    let cluster = observed.cluster.as_ref()?;
    inputs.vpc_id.as_ref().is_none_or(|vpc| *vpc == cluster.vpc_id).then_some(cluster)
}

/// That a cluster's network was found by a tag, where EKS was asked about it.
fn found_by_tags(inputs: &Inputs, observed: &Observed, group: &SecurityGroup) -> Option<String> {
    let (why, name) = (observed.cluster_unknown.as_ref()?, inputs.cluster_name.as_ref()?);
    Some(format!(
        "the network of the cluster `{name}` was found by the tag of {}, which may be that of a \
         former cluster of the name, as EKS does not show it: {why}",
        group.id
    ))
}

/// The one group that EKS made for the cluster.
fn cluster_group<'a>(
    inputs: &Inputs,
    region: &str,
    observed: &'a Observed,
) -> Result<&'a SecurityGroup, Refusal> {
    let matching: Vec<&SecurityGroup> = observed
        .security_groups
        .iter()
        .filter(|group| match (&inputs.cluster_name, group.tags.get(CLUSTER_TAG)) {
            (Some(wanted), Some(found)) => wanted == found,
            (None, found) => found.is_some(),
            (Some(_), None) => false,
        })
        .filter(|group| inputs.vpc_id.as_ref().is_none_or(|vpc| *vpc == group.vpc_id))
        .collect();
    match (matching.as_slice(), &inputs.cluster_name) {
        ([group], _) => Ok(group),
        ([], Some(cluster)) => {
            Err(Refusal::NoClusterGroup { region: region.to_owned(), cluster: cluster.clone() })
        }
        ([], None) => Err(Refusal::NoClusters { region: region.to_owned() }),
        (several, _) => {
            let mut groups: Vec<_> = several.iter().map(|group| group.id.clone()).collect();
            groups.sort();
            Err(Refusal::SeveralGroups { groups })
        }
    }
}

/// A subnet is private when its route table, its own or else the VPC's main
/// one, has no route to an internet gateway
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/configure-subnets.html>).
fn is_private(subnet: &Subnet, observed: &Observed) -> bool {
    let tables = || observed.route_tables.iter().filter(|table| table.vpc_id == subnet.vpc_id);
    let own = tables().find(|table| table.subnet_ids.contains(&subnet.id));
    let table = own.or_else(|| tables().find(|table| table.main));
    // A participant of a shared VPC does not see its main table (Amazon VPC User Guide, "Share your
    // VPC subnets with other accounts"): of those subnets, the ones that EKS names are the
    // cluster's all the same.
    let named = || asked_for(observed).contains(&subnet.id);
    table.map_or_else(named, |table| !table.to_internet_gateway)
}

/// The subnets that EKS names as the cluster's.
fn asked_for(observed: &Observed) -> &[SubnetId] {
    observed.cluster.as_ref().map_or(&[], |cluster| &cluster.subnet_ids)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RouteTable, Tags};

    fn vpc(n: u32) -> VpcId {
        VpcId::try_from(format!("vpc-{n:08x}")).unwrap()
    }

    fn subnet(n: u32, tags: &[(&str, &str)]) -> Subnet {
        Subnet {
            id: subnet_id(n),
            vpc_id: vpc(1),
            availability_zone: "eu-west-1a".to_owned(),
            availability_zone_id: None,
            free_addresses: 100,
            ranges: Vec::new(),
            on_outpost: false,
            nodes: 0,
            tags: tagged(tags),
        }
    }

    fn subnet_id(n: u32) -> SubnetId {
        SubnetId::try_from(format!("subnet-{n:08x}")).unwrap()
    }

    fn group(n: u32, vpc_id: VpcId, cluster: &str) -> SecurityGroup {
        SecurityGroup {
            id: SecurityGroupId::try_from(format!("sg-{n:08x}")).unwrap(),
            vpc_id,
            tags: tagged(&[(CLUSTER_TAG, cluster)]),
        }
    }

    fn tagged(tags: &[(&str, &str)]) -> Tags {
        tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn table(main: bool, subnets: &[u32], public: bool) -> RouteTable {
        RouteTable {
            vpc_id: vpc(1),
            main,
            subnet_ids: subnets.iter().map(|n| subnet_id(*n)).collect(),
            to_internet_gateway: public,
        }
    }

    fn named(cluster: &str) -> Inputs {
        Inputs { cluster_name: Some(cluster.to_owned()), ..Inputs::default() }
    }

    fn observed(subnets: Vec<Subnet>) -> Observed {
        Observed {
            subnets,
            route_tables: vec![table(true, &[], false), table(false, &[3], true)],
            security_groups: vec![group(1, vpc(1), "dev")],
            ..Observed::default()
        }
    }

    fn outputs_of(inputs: &Inputs, observed: &Observed) -> Result<Outputs, Refusal> {
        outputs(inputs, "eu-west-1", observed, Addresses::WithIpv4)
    }

    fn private(inputs: &Inputs, observed: &Observed) -> Vec<SubnetId> {
        outputs_of(inputs, observed).unwrap().private_subnets
    }

    #[test]
    fn a_subnet_is_private_by_its_own_route_table_or_else_by_the_main_one() {
        let observed = observed(vec![subnet(2, &[]), subnet(1, &[]), subnet(3, &[])]);
        assert_eq!(private(&named("dev"), &observed), [subnet_id(1), subnet_id(2)]);
    }

    #[test]
    fn subnets_that_the_cluster_claims_by_tag_come_before_those_that_it_does_not() {
        let claimed = ("kubernetes.io/cluster/dev", "shared");
        let internal = ("kubernetes.io/role/internal-elb", "1");
        let both = observed(vec![subnet(1, &[claimed]), subnet(2, &[internal]), subnet(4, &[])]);
        assert_eq!(private(&named("dev"), &both), [subnet_id(1)]);
        let one = observed(vec![subnet(2, &[internal]), subnet(4, &[])]);
        assert_eq!(private(&named("dev"), &one), [subnet_id(2)]);
        assert_eq!(private(&Inputs::default(), &both).len(), 3);
    }

    #[test]
    fn a_public_subnet_is_never_chosen_even_when_the_cluster_claims_it() {
        let claimed = ("kubernetes.io/cluster/dev", "shared");
        let refusal = outputs_of(&named("dev"), &observed(vec![subnet(3, &[claimed])]));
        assert_eq!(refusal, Err(Refusal::NoPrivateSubnets { vpc: vpc(1), subnets: 1 }));
    }

    #[test]
    fn subnets_where_efs_makes_no_mount_target_are_left_out_with_a_note() {
        let (v4, v6) =
            (vec!["10.0.0.0/20".parse().unwrap()], vec!["2600:1f13::/64".parse().unwrap()]);
        let of = |n: u32, zone: &str, ranges: &Vec<ipnet::IpNet>, on_outpost: bool| Subnet {
            availability_zone: zone.to_owned(),
            ranges: ranges.clone(),
            on_outpost,
            ..subnet(n, &[])
        };
        let dual = [v4.clone(), v6.clone()].concat();
        let observed = observed(vec![
            of(1, "eu-west-1a", &dual, false),
            of(2, "eu-west-1-lhr-1a", &v4, false),
            of(4, "eu-west-1-wl1-lon-wlz-1", &v4, false),
            of(5, "eu-west-1a", &v4, true),
            of(6, "eu-west-1b", &v6, false),
        ]);
        let found = outputs_of(&named("dev"), &observed).unwrap();
        assert_eq!(found.private_subnets, [subnet_id(1)]);
        let why = ["in a Local Zone", "in a Wavelength Zone", "on an Outpost", "no IPv4 range"];
        assert_eq!(found.notes.len(), why.len());
        for (note, why) in found.notes.iter().zip(why) {
            assert!(note.contains(why), "{note}");
        }
        let native = outputs(&named("dev"), "eu-west-1", &observed, Addresses::Ipv6Only).unwrap();
        assert_eq!(native.private_subnets, [subnet_id(6)], "without IPv4, as EFS wants it then");
        assert!(native.notes[0].contains("has an IPv4 range"), "{:?}", native.notes);
    }

    #[test]
    fn a_vpc_without_ipv4_is_told_which_addresses_its_mount_targets_can_have() {
        let ranges = vec!["2600:1f13::/64".parse().unwrap()];
        let observed = observed(vec![Subnet { ranges, ..subnet(1, &[]) }]);
        let refusal = outputs_of(&named("dev"), &observed).unwrap_err();
        assert!(refusal.to_string().contains("`subnet-00000001`: it has no IPv4"), "{refusal}");
        assert!(refusal.remedy().contains("`ip_address_type`"), "{}", refusal.remedy());
        let native = outputs(&named("dev"), "eu-west-1", &observed, Addresses::Ipv6Only).unwrap();
        assert_eq!((native.private_subnets, native.notes), (vec![subnet_id(1)], Vec::new()));
    }

    /// What EKS shows of a cluster in the first VPC, whose group is the seventh.
    fn shown(subnets: &[u32]) -> ClusterNetwork {
        ClusterNetwork {
            vpc_id: vpc(1),
            subnet_ids: subnets.iter().map(|n| subnet_id(*n)).collect(),
            security_group_id: group(7, vpc(1), "dev").id,
        }
    }

    #[test]
    fn what_eks_shows_of_a_cluster_comes_before_what_tags_say() {
        let claimed = ("kubernetes.io/cluster/dev", "shared");
        let all = vec![subnet(1, &[]), subnet(2, &[claimed]), subnet(3, &[]), subnet(4, &[])];
        let found = Observed { cluster: Some(shown(&[1, 3])), ..observed(all) };
        let found = outputs_of(&named("dev"), &found).unwrap();
        assert_eq!(found.security_group_id.to_string(), "sg-00000007", "not the tagged one");
        assert_eq!(found.private_subnets, [subnet_id(1), subnet_id(2)], "the third is public");
        assert_eq!(found.notes, [""; 0]);
    }

    #[test]
    fn the_zones_of_the_control_plane_are_not_all_that_nodes_are_in() {
        let internal = ("kubernetes.io/role/internal-elb", "1");
        let of_other = ("kubernetes.io/cluster/other", "shared");
        let of = |n: u32, zone: &str, tags: &[(&str, &str)]| Subnet {
            availability_zone: format!("eu-west-1{zone}"),
            ..subnet(n, tags)
        };
        // The control plane has small subnets of its own in two zones, and nodes are in three.
        let all = vec![
            of(1, "a", &[]),
            of(2, "b", &[]),
            of(4, "a", &[internal]),
            of(5, "b", &[internal]),
            of(6, "c", &[internal]),
            of(7, "c", &[internal, of_other]),
            of(8, "d", &[]),
        ];
        let found = Observed { cluster: Some(shown(&[1, 2])), ..observed(all) };
        assert_eq!(private(&named("dev"), &found), [1, 2, 4, 5, 6].map(subnet_id));
        // A subnet that is marked is not the control plane's alone, and covers its zone.
        let mut shared = found.clone();
        shared.subnets[0].tags = tagged(&[("kubernetes.io/cluster/dev", "shared")]);
        assert_eq!(private(&named("dev"), &shared), [1, 2, 5, 6].map(subnet_id));
        // A zone is not covered by a subnet that takes no mount target.
        let mut outpost = shared;
        outpost.subnets[1].on_outpost = true;
        assert_eq!(private(&named("dev"), &outpost), [1, 5, 6].map(subnet_id));
    }

    #[test]
    fn a_group_that_outlived_its_cluster_settles_nothing_and_a_former_cluster_is_noted() {
        let mut stale = observed(vec![subnet(1, &[])]);
        stale.security_groups.push(group(2, vpc(2), "dev"));
        let refusal = outputs_of(&named("dev"), &stale).unwrap_err();
        assert!(matches!(refusal, Refusal::SeveralGroups { .. }), "{refusal}");
        stale.cluster = Some(shown(&[]));
        assert_eq!(private(&named("dev"), &stale), [subnet_id(1)]);
        let unknown = Some("EKS knows no such cluster".to_owned());
        let tagged = Observed { cluster_unknown: unknown, ..observed(vec![subnet(1, &[])]) };
        let found = outputs_of(&named("dev"), &tagged).unwrap();
        assert!(found.notes[0].contains("sg-00000001"), "{:?}", found.notes);
    }

    #[test]
    fn of_a_vpc_whose_main_route_table_is_hidden_the_subnets_are_those_that_eks_names() {
        let all = vec![subnet(1, &[]), subnet(2, &[]), subnet(3, &[])];
        let tables = vec![table(false, &[3], true)];
        let shared = Observed { route_tables: tables, ..observed(all) };
        let refusal = outputs_of(&named("dev"), &shared);
        assert!(matches!(refusal, Err(Refusal::NoPrivateSubnets { .. })));
        let shared = Observed { cluster: Some(shown(&[1, 2, 3])), ..shared };
        assert_eq!(private(&named("dev"), &shared), [subnet_id(1), subnet_id(2)]);
    }

    #[test]
    fn an_unknown_cluster_is_refused_by_name() {
        let refusal = outputs_of(&named("prod"), &observed(vec![])).unwrap_err();
        assert!(refusal.to_string().contains("aws:eks:cluster-name=prod"), "{refusal}");
        assert!(refusal.remedy().contains("`cluster_name`"), "{}", refusal.remedy());
    }

    #[test]
    fn two_clusters_are_settled_by_the_vpc_and_refused_without_it() {
        let mut two = observed(vec![subnet(1, &[])]);
        two.security_groups.push(group(2, vpc(2), "prod"));
        let refusal = outputs_of(&Inputs::default(), &two).unwrap_err();
        assert!(matches!(refusal, Refusal::SeveralGroups { .. }), "{refusal}");
        let inputs = Inputs { vpc_id: Some(vpc(1)), ..Inputs::default() };
        assert_eq!(private(&inputs, &two), [subnet_id(1)]);
    }
}
