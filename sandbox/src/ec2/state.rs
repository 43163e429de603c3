//! What EC2 keeps in one region.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

use crate::table::{Row, tables};
use crate::tags::Tags;

tables! { "ec2" =>
    #[doc = "The network of one region."]
    pub(crate) struct Ec2 {
        zones: Zone,
        vpcs: Vpc,
        subnets: Subnet,
        route_tables: RouteTable,
        security_groups: SecurityGroup,
        rules: Rule,
        interfaces: Interface,
        internet_gateways: InternetGateway,
        nat_gateways: NatGateway,
        network_acls: NetworkAcl,
        dhcp_options: DhcpOptions,
        instances: Instance,
    }
}

impl Ec2 {
    /// Whether EFS makes mount targets in a subnet: not in Local Zones, not in Wavelength
    /// Zones, and not on Outposts (`CreateMountTarget`, `UnsupportedAvailabilityZone`).
    pub(crate) fn hosts_mount_targets(&self, subnet: &Subnet) -> bool {
        let zone = self.zones.get(&subnet.zone).map(|zone| zone.kind);
        subnet.outpost.is_none() && zone == Some(ZoneKind::AvailabilityZone)
    }
}

/// An Availability Zone, or one of the zones that extend a region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Zone {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) kind: ZoneKind,
    pub(crate) group: String,
    pub(crate) border_group: String,
    /// The name and id of the Availability Zone that an extending zone belongs to.
    pub(crate) parent: Option<(String, String)>,
    /// Whether the account opted in; Availability Zones need no opt-in.
    pub(crate) opted_in: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ZoneKind {
    AvailabilityZone,
    LocalZone,
    WavelengthZone,
}

/// A range of addresses, with the id of its association.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Block<N> {
    pub(crate) association: String,
    pub(crate) cidr: N,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "EC2 describes a VPC by these")]
pub(crate) struct Vpc {
    pub(crate) id: String,
    /// The account that owns it; another one's is shared with this account.
    pub(crate) owner: String,
    /// The primary range first.
    pub(crate) cidrs: Vec<Block<Ipv4Net>>,
    pub(crate) ipv6: Vec<Block<Ipv6Net>>,
    pub(crate) is_default: bool,
    pub(crate) tenancy: String,
    pub(crate) dhcp_options: String,
    pub(crate) dns_support: bool,
    pub(crate) dns_hostnames: bool,
    pub(crate) usage_metrics: bool,
    pub(crate) tags: Tags,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "EC2 describes a subnet by these")]
pub(crate) struct Subnet {
    pub(crate) id: String,
    pub(crate) vpc: String,
    pub(crate) owner: String,
    pub(crate) zone: String,
    pub(crate) zone_id: String,
    /// `None` in an IPv6-only subnet.
    pub(crate) cidr: Option<Ipv4Net>,
    pub(crate) ipv6: Option<Block<Ipv6Net>>,
    /// The ARN of the Outpost that it lies on.
    pub(crate) outpost: Option<String>,
    pub(crate) default_for_az: bool,
    pub(crate) public_ip_on_launch: bool,
    pub(crate) ipv6_on_creation: bool,
    pub(crate) dns64: bool,
    /// `ip-name` or `resource-name`.
    pub(crate) hostname_type: String,
    pub(crate) a_record: bool,
    pub(crate) aaaa_record: bool,
    pub(crate) tags: Tags,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RouteTable {
    pub(crate) id: String,
    pub(crate) vpc: String,
    pub(crate) owner: String,
    /// The id of its association as the VPC's main table.
    pub(crate) main: Option<String>,
    /// Association ids and the subnets that they name.
    pub(crate) subnets: Vec<(String, String)>,
    pub(crate) routes: Vec<Route>,
    /// The token that `CreateRouteTable` carried.
    pub(crate) token: Option<String>,
    pub(crate) tags: Tags,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Route {
    pub(crate) destination: IpNet,
    /// `local`, or an id such as `igw-…` or `nat-…`.
    pub(crate) target: String,
    /// `CreateRouteTable` or `CreateRoute`.
    pub(crate) origin: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SecurityGroup {
    pub(crate) id: String,
    pub(crate) vpc: String,
    pub(crate) owner: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) tags: Tags,
}

/// One rule of a security group: one protocol, one range of ports, one peer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) group: String,
    pub(crate) egress: bool,
    pub(crate) protocol: String,
    pub(crate) from_port: i32,
    pub(crate) to_port: i32,
    pub(crate) source: Source,
    pub(crate) description: Option<String>,
    pub(crate) tags: Tags,
}

/// The peer that a rule names: a source of ingress, a destination of egress.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    Group(String),
    Ipv4(String),
    Ipv6(String),
    PrefixList(String),
}

/// An elastic network interface.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Interface {
    pub(crate) id: String,
    pub(crate) subnet: String,
    /// `None` in an IPv6-only subnet.
    pub(crate) address: Option<Ipv4Addr>,
    pub(crate) ipv6: Vec<Ipv6Addr>,
    pub(crate) groups: Vec<String>,
    pub(crate) description: String,
    /// Its type: `interface`, `efs`, `nat_gateway` (the filter `interface-type`).
    pub(crate) kind: String,
    /// The service that manages it, as EC2 names the requester.
    pub(crate) requester: Option<String>,
    /// The instance that it is attached to, and its place there.
    pub(crate) instance: Option<(String, u8)>,
    pub(crate) tags: Tags,
}

impl Interface {
    /// The interface of an EFS mount target. The EFS User Guide's CloudTrail example of
    /// `CreateNetworkInterface` shows `requesterManaged` and an account as the requester.
    pub(crate) fn of_mount_target(id: String, subnet: &Subnet, description: String) -> Interface {
        Interface {
            id,
            subnet: subnet.id.clone(),
            address: None,
            ipv6: Vec::new(),
            groups: Vec::new(),
            description,
            kind: "efs".to_owned(),
            requester: Some("089311581210".to_owned()),
            instance: None,
            tags: Tags::new(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct InternetGateway {
    pub(crate) id: String,
    pub(crate) vpc: Option<String>,
    pub(crate) tags: Tags,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct NatGateway {
    pub(crate) id: String,
    pub(crate) vpc: String,
    pub(crate) subnet: String,
    pub(crate) public_ip: Ipv4Addr,
    pub(crate) private_ip: Ipv4Addr,
    pub(crate) created_ms: u64,
    pub(crate) tags: Tags,
}

/// A network ACL. The sandbox has default ones only: all subnets of the VPC use it, and
/// it allows everything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct NetworkAcl {
    pub(crate) id: String,
    pub(crate) vpc: String,
    pub(crate) owner: String,
    pub(crate) tags: Tags,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct DhcpOptions {
    pub(crate) id: String,
    pub(crate) options: Vec<(String, Vec<String>)>,
    pub(crate) tags: Tags,
}

/// An instance: here, a node of a cluster. It always runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Instance {
    pub(crate) id: String,
    pub(crate) reservation: String,
    pub(crate) subnet: String,
    pub(crate) kind: String,
    pub(crate) image: String,
    pub(crate) profile_arn: Option<String>,
    pub(crate) launched_ms: u64,
    pub(crate) tags: Tags,
}

impl Row for Zone {}

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
        let mut keys = vec![("group", self.group.as_str())];
        if let Source::Group(id) = &self.source {
            keys.push(("peer", id));
        }
        keys
    }
}

impl Row for Interface {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        let groups = self.groups.iter().map(|group| ("group", group.as_str()));
        let instance = self.instance.iter().map(|(id, _)| ("instance", id.as_str()));
        [("subnet", self.subnet.as_str())].into_iter().chain(groups).chain(instance).collect()
    }
}

impl Row for InternetGateway {}

impl Row for NatGateway {}

impl Row for NetworkAcl {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        vec![("vpc", &self.vpc)]
    }
}

impl Row for DhcpOptions {}

impl Row for Instance {}
