//! What EC2 keeps in one region.

use std::net::Ipv4Addr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

pub(crate) use super::interface::{Attachment, Interface};
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
        addresses: Address,
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
#[expect(clippy::enum_variant_names, reason = "AWS names them so")]
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
    /// The network ACL that it uses, with the id of the association.
    pub(crate) acl: (String, String),
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
    /// From when on other calls and services know it.
    #[serde(default)]
    pub(crate) known_ms: u64,
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

impl Interface {
    /// The interface of an EFS mount target. The EFS User Guide's example of a logged
    /// `CreateNetworkInterface` shows `requesterManaged` and an account as the requester.
    pub(crate) fn of_mount_target(id: String, subnet: &Subnet, description: String) -> Interface {
        Interface {
            description,
            kind: "efs".to_owned(),
            requester: Some("089311581210".to_owned()),
            ..Interface::unused(id, &subnet.id)
        }
    }

    /// The primary interface of an instance, which goes with it.
    pub(crate) fn of_instance(id: String, instance: &Instance) -> Interface {
        let attachment = Attachment {
            id: format!("eni-attach-{}", id.trim_start_matches("eni-")),
            instance: instance.id.clone(),
            index: 0,
            delete_on_termination: true,
            since_ms: instance.launched_ms,
        };
        Interface { attachment: Some(attachment), ..Interface::unused(id, &instance.subnet) }
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
    /// Whether it reaches the internet, by Elastic IP addresses.
    pub(crate) public: bool,
    /// Its interface, which has its private addresses; until it is deleted, and none where
    /// it failed.
    pub(crate) interface: Option<String>,
    pub(crate) state: NatState,
    /// The code and the sentence that say why it failed.
    pub(crate) failure: Option<(String, String)>,
    /// When its state changes next, in milliseconds since 1970.
    pub(crate) until: Option<u64>,
    pub(crate) created_ms: u64,
    pub(crate) deleted_ms: Option<u64>,
    /// The token that `CreateNatGateway` carried.
    pub(crate) token: Option<String>,
    pub(crate) tags: Tags,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NatState {
    Pending,
    Failed,
    Available,
    Deleting,
    Deleted,
}

/// An Elastic IP address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Address {
    pub(crate) id: String,
    pub(crate) public: Ipv4Addr,
    pub(crate) association: Option<AddressAssociation>,
    pub(crate) tags: Tags,
}

/// The private address that an Elastic IP address stands for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct AddressAssociation {
    pub(crate) id: String,
    pub(crate) interface: String,
    pub(crate) private: Ipv4Addr,
}

/// A network ACL. The subnets that use it name it, see [`Subnet::acl`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct NetworkAcl {
    pub(crate) id: String,
    pub(crate) vpc: String,
    pub(crate) owner: String,
    pub(crate) is_default: bool,
    /// Sorted by direction and number; without the ones that deny what no other decides.
    pub(crate) entries: Vec<AclEntry>,
    /// The token that `CreateNetworkAcl` carried.
    pub(crate) token: Option<String>,
    pub(crate) tags: Tags,
}

/// One entry of a network ACL: the one with the smallest number that fits decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct AclEntry {
    pub(crate) egress: bool,
    pub(crate) number: u16,
    /// A protocol's number, or -1 for all.
    pub(crate) protocol: String,
    pub(crate) allow: bool,
    pub(crate) range: IpNet,
    /// Type and code, of ICMP.
    pub(crate) icmp: Option<(i32, i32)>,
    /// The first and the last port, of TCP and UDP.
    pub(crate) ports: Option<(u16, u16)>,
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

impl Row for Vpc {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        vec![("dhcp_options", &self.dhcp_options)]
    }
}

impl Row for Subnet {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        vec![("vpc", &self.vpc), ("zone", &self.zone), ("acl", &self.acl.0)]
    }
}

impl Row for RouteTable {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        let subnets = self.subnets.iter().map(|(_, subnet)| ("subnet", subnet.as_str()));
        [("vpc", self.vpc.as_str())].into_iter().chain(subnets).collect()
    }
}

impl SecurityGroup {
    /// Whether other calls than the one that made it know it.
    pub(crate) fn is_known(&self, now: u64) -> bool {
        self.known_ms <= now
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

impl Row for InternetGateway {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        self.vpc.iter().map(|vpc| ("vpc", vpc.as_str())).collect()
    }
}

impl Row for NatGateway {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        vec![("vpc", &self.vpc), ("subnet", &self.subnet)]
    }

    fn due(&self) -> Option<u64> {
        self.until
    }
}

impl Row for Address {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        self.association.iter().map(|found| ("interface", found.interface.as_str())).collect()
    }
}

impl Row for NetworkAcl {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        vec![("vpc", &self.vpc)]
    }
}

impl Row for DhcpOptions {}

impl Row for Instance {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        vec![("subnet", &self.subnet)]
    }
}
