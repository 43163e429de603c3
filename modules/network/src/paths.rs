//! The nodes of a cluster and what lies between them and mount targets, as plain data.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::rules::RuleSource;
use crate::{InstanceId, SecurityGroupId, SubnetId, VpcId};

/// A node, as far as its network goes: what its first network interface has, through which the
/// host mounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    pub id: InstanceId,
    pub vpc_id: VpcId,
    pub subnet_id: SubnetId,
    pub availability_zone: String,
    /// Sorted.
    pub security_groups: Vec<SecurityGroupId>,
    /// Its private addresses.
    pub addresses: Vec<IpAddr>,
}

/// A network ACL, with the subnets that have it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetworkAcl {
    pub id: String,
    pub subnets: Vec<SubnetId>,
    pub entries: Vec<AclEntry>,
}

/// One entry of a network ACL.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AclEntry {
    /// Lower numbers are judged first.
    pub number: i32,
    pub egress: bool,
    pub allows: bool,
    /// `6` for TCP, `-1` for all, or another number.
    pub protocol: String,
    pub range: IpNet,
    /// The ports of TCP or UDP; none for all of them.
    pub ports: Option<(i32, i32)>,
}

/// How names are resolved in a VPC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dns {
    pub vpc_id: VpcId,
    /// `enableDnsSupport`.
    pub support: bool,
    /// `enableDnsHostnames`.
    pub hostnames: bool,
    /// `domain-name-servers` of its DHCP options.
    pub servers: Vec<String>,
}

/// A rule of a node's security group that lets traffic out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EgressRule {
    pub group_id: SecurityGroupId,
    /// `tcp`, `6`, `-1` for all, or another protocol.
    pub protocol: String,
    /// The first port; -1 stands for all.
    pub from_port: i32,
    pub to_port: i32,
    /// `None` for destinations that nobody knows here.
    pub destination: Option<RuleSource>,
}

/// What lies between nodes and mount targets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Paths {
    pub acls: Vec<NetworkAcl>,
    pub dns: Option<Dns>,
    /// What the nodes' security groups let out, where it was read: by default everything, and what
    /// nobody allows is stopped.
    pub egress: Option<Vec<EgressRule>>,
    /// What could not be read, and why.
    pub unread: Vec<String>,
}
