//! What was read from EC2, as plain data.

use std::collections::BTreeMap;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::paths::{Node, Paths};
use crate::rules::RuleSource;
use crate::{SecurityGroupId, SubnetId, VpcId};

/// The TCP port of NFS, which every mount of EFS uses.
pub const NFS_PORT: i32 = 2049;

/// A resource's tags.
pub type Tags = BTreeMap<String, String>;

/// What one run reads of the network.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// Subnets that exist, of those asked for.
    pub subnets: Vec<Subnet>,
    /// Route tables of the VPC; empty where the subnets were given by id.
    pub route_tables: Vec<RouteTable>,
    /// Security groups that exist, of those asked for.
    pub security_groups: Vec<SecurityGroup>,
    /// Ingress rules of the group that the mount targets get.
    pub ingress_rules: Vec<IngressRule>,
    /// The network of the EKS cluster that a network module names, where EKS showed it.
    pub cluster: Option<ClusterNetwork>,
    /// Why EKS did not show it, where it was asked.
    pub cluster_unknown: Option<String>,
    /// The cluster's nodes, where they were looked for.
    pub nodes: Option<Vec<Node>>,
    /// What lies between them and the mount targets, where that was looked at.
    pub paths: Option<Paths>,
}

/// A subnet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subnet {
    pub id: SubnetId,
    pub vpc_id: VpcId,
    /// The Availability Zone's name, such as `eu-west-1a`.
    pub availability_zone: String,
    /// The zone by the id that is the same in every account, such as `euw1-az1`, where it is known.
    pub availability_zone_id: Option<String>,
    /// Of IPv4.
    pub free_addresses: u32,
    /// Its ranges, that of IPv4 first where it has one.
    pub ranges: Vec<IpNet>,
    /// Whether it is on an Outpost.
    pub on_outpost: bool,
    /// How many nodes are known to be in it.
    pub nodes: usize,
    pub tags: Tags,
}

/// The network of an EKS cluster (`resourcesVpcConfig` of `eks:DescribeCluster`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterNetwork {
    pub vpc_id: VpcId,
    /// The subnets that the control plane has interfaces in.
    pub subnet_ids: Vec<SubnetId>,
    /// The security group that EKS made, and that its managed nodes are in
    /// (`clusterSecurityGroupId`).
    pub security_group_id: SecurityGroupId,
}

/// A route table with what decides whether its subnets are private.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RouteTable {
    pub vpc_id: VpcId,
    /// Whether it serves the subnets that have no table of their own.
    pub main: bool,
    /// The subnets associated with it by name.
    pub subnet_ids: Vec<SubnetId>,
    /// Whether a route leads to an internet gateway (`igw-…`).
    pub to_internet_gateway: bool,
}

/// The addresses that mount targets are to have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Addresses {
    /// IPv4, as EFS chooses by itself, or both.
    #[default]
    WithIpv4,
    /// IPv6 and no other.
    Ipv6Only,
}

impl Subnet {
    /// How many addresses are left for mount targets: EC2 counts those of IPv4 alone
    /// (`AvailableIpAddressCount` of `DescribeSubnets`), and a subnet without IPv4 has 2^64.
    pub fn addresses_left(&self) -> u32 {
        let counted = self.ranges.is_empty() || self.ranges.iter().any(|it| it.addr().is_ipv4());
        if counted { self.free_addresses } else { u32::MAX }
    }

    /// Why EFS makes no mount target with such addresses in it, where it does not: zones that extend
    /// a region and Outposts have no EFS
    /// (<https://docs.aws.amazon.com/efs/latest/ug/accessing-fs.html>); a target has an IPv4 address
    /// unless it is asked for as IPv6-only, which EFS makes in subnets without IPv4 alone
    /// (`IpAddressType` of `CreateMountTarget`: "Creating IPv6 mount target only ENI in dual-stack
    /// subnet is not supported").
    pub fn takes_no_target(&self, region: &str, addresses: Addresses) -> Option<&'static str> {
        // `us-west-2-lax-1a` and `us-east-1-wl1-bos-wlz-1` extend a region; a zone of its own is
        // the region's name with a letter.
        let letter = self.availability_zone.strip_prefix(region).unwrap_or_default();
        let is_extension = letter.len() > 1 && letter.starts_with('-');
        let ipv4 = self.ranges.iter().any(|it| it.addr().is_ipv4());
        if is_extension && letter.contains("-wl") {
            Some("it is in a Wavelength Zone, where EFS makes no mount target")
        } else if is_extension {
            Some("it is in a Local Zone, where EFS makes no mount target")
        } else if self.on_outpost {
            Some("it is on an Outpost, where EFS makes no mount target")
        } else if addresses == Addresses::WithIpv4 && !self.ranges.is_empty() && !ipv4 {
            Some(
                "it has no IPv4 range; for mount targets in such subnets alone, set `ip_address_type` \
                 to `IPV6_ONLY`",
            )
        } else if addresses == Addresses::Ipv6Only && ipv4 {
            Some("it has an IPv4 range, and EFS makes no mount target of `IPV6_ONLY` there")
        } else {
            None
        }
    }
}

/// A security group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SecurityGroup {
    pub id: SecurityGroupId,
    pub vpc_id: VpcId,
    pub tags: Tags,
}

/// One ingress rule of a security group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IngressRule {
    /// Such as `sgr-0123456789abcdef0`.
    pub id: String,
    pub group_id: SecurityGroupId,
    /// `tcp`, `6`, `-1` for all, or another protocol.
    pub protocol: String,
    /// The first port admitted; -1 stands for all.
    pub from_port: i32,
    /// The last port admitted.
    pub to_port: i32,
    /// `None` for sources that nobody knows here.
    pub source: Option<RuleSource>,
    pub tags: Tags,
}
