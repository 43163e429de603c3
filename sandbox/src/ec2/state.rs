//! What EC2 keeps in one region.

use serde::{Deserialize, Serialize};

use crate::table::{Row, tables};
use crate::world::Tags;

tables! { "ec2" =>
    #[doc = "The network of one region."]
    pub(crate) struct Ec2 {
        vpcs: Vpc,
        subnets: Subnet,
        route_tables: RouteTable,
        security_groups: SecurityGroup,
        rules: Rule,
        interfaces: Interface,
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Vpc {
    pub(crate) id: String,
    pub(crate) cidr: ipnet::Ipv4Net,
    pub(crate) tags: Tags,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Subnet {
    pub(crate) id: String,
    pub(crate) vpc: String,
    pub(crate) zone: String,
    pub(crate) zone_id: String,
    pub(crate) cidr: ipnet::Ipv4Net,
    pub(crate) public: bool,
    pub(crate) tags: Tags,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RouteTable {
    pub(crate) id: String,
    pub(crate) vpc: String,
    pub(crate) main: bool,
    pub(crate) subnets: Vec<String>,
    /// Destination and target, such as `igw-…` or `nat-…`.
    pub(crate) routes: Vec<(String, String)>,
    pub(crate) tags: Tags,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SecurityGroup {
    pub(crate) id: String,
    pub(crate) vpc: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) tags: Tags,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) group: String,
    pub(crate) egress: bool,
    pub(crate) protocol: String,
    pub(crate) from_port: i32,
    pub(crate) to_port: i32,
    pub(crate) source: Source,
    pub(crate) tags: Tags,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    Group(String),
    Ipv4(String),
    Ipv6(String),
}

/// An elastic network interface.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Interface {
    pub(crate) id: String,
    pub(crate) subnet: String,
    pub(crate) address: std::net::Ipv4Addr,
    pub(crate) groups: Vec<String>,
    pub(crate) description: String,
}

impl Row for Vpc {}

impl Row for Subnet {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        vec![("vpc", &self.vpc), ("zone", &self.zone)]
    }
}

impl Row for RouteTable {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        vec![("vpc", &self.vpc)]
    }
}

impl Row for SecurityGroup {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        vec![("vpc", &self.vpc)]
    }
}

impl Row for Rule {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        vec![("group", &self.group)]
    }
}

impl Row for Interface {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        let groups = self.groups.iter().map(|group| ("group", group.as_str()));
        [("subnet", self.subnet.as_str())].into_iter().chain(groups).collect()
    }
}
