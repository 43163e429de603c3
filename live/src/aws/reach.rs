//! Reading nodes and what lies between them and mount targets.

use std::collections::BTreeSet;
use std::net::IpAddr;

use aws_sdk_ec2::types::{
    AttributeBooleanValue, AttributeValue, DhcpConfiguration, DhcpOptions, Instance,
    InstanceNetworkInterface, NetworkAclEntry, Route as Routed, RouteState, RuleAction, Vpc,
    VpcAttributeName,
};
use futures_util::future::try_join_all;
use network::reach::{AclEntry, Dns, NetworkAcl, Node, Route, RoutesOf};
use network::{InstanceId, SecurityGroupId, SubnetId, VpcId};

use super::Aws;
use super::ec2::{filter, range};
use super::errors::explain;

/// The most values that a filter of EC2 takes ("Using Filtering", Amazon EC2 API Reference).
const VALUES: usize = 200;

/// How nodes are found.
pub(crate) enum Nodes {
    /// By their instances, as the cluster's nodes name them.
    Instances(Vec<InstanceId>),
    /// By the tag that every node of a cluster must carry: `kubernetes.io/cluster/NAME`.
    OfCluster(String),
}

impl Aws {
    /// The nodes of a cluster that are instances; what does not exist is missing.
    pub(crate) async fn nodes(&self, which: &Nodes) -> anyhow::Result<Vec<Node>> {
        let filters = match which {
            Nodes::Instances(ids) => {
                ids.chunks(VALUES).map(|ids| filter("instance-id", ids)).collect()
            }
            Nodes::OfCluster(name) => {
                vec![filter("tag-key", [format!("kubernetes.io/cluster/{name}")])]
            }
        };
        let all = try_join_all(filters.into_iter().map(|filter| self.instances(filter))).await?;
        Ok(all.into_iter().flatten().collect())
    }

    async fn instances(&self, which: aws_sdk_ec2::types::Filter) -> anyhow::Result<Vec<Node>> {
        // Those that are gone are listed for an hour.
        let live = filter("instance-state-name", ["pending", "running"]);
        let call = self.ec2.describe_instances().filters(which).filters(live);
        let mut pages = call.into_paginator().items().send();
        let mut nodes = Vec::new();
        while let Some(found) = pages.next().await {
            let found =
                found.map_err(|error| explain("ec2:DescribeInstances", &self.region, error))?;
            for instance in found.instances() {
                nodes.push(node(instance)?);
            }
        }
        Ok(nodes)
    }

    /// The network ACLs of a VPC.
    pub(crate) async fn network_acls(&self, vpc: &VpcId) -> anyhow::Result<Vec<NetworkAcl>> {
        let call = self.ec2.describe_network_acls().filters(filter("vpc-id", [vpc]));
        let mut pages = call.into_paginator().items().send();
        let mut acls = Vec::new();
        while let Some(found) = pages.next().await {
            let found =
                found.map_err(|error| explain("ec2:DescribeNetworkAcls", &self.region, error))?;
            let subnets = found.associations().iter().filter_map(|it| it.subnet_id());
            let entries = found.entries().iter().filter_map(|found| entry(found).transpose());
            acls.push(NetworkAcl {
                id: found.network_acl_id().unwrap_or_default().to_owned(),
                subnets: subnets.map(SubnetId::try_from).collect::<Result<_, _>>()?,
                entries: entries.collect::<anyhow::Result<_>>()?,
            });
        }
        Ok(acls)
    }

    /// The route tables of VPCs, with their routes to ranges.
    pub(crate) async fn routes_of_vpcs(
        &self,
        vpcs: &BTreeSet<VpcId>,
    ) -> anyhow::Result<Vec<RoutesOf>> {
        let call = self.ec2.describe_route_tables().filters(filter("vpc-id", vpcs));
        let mut pages = call.into_paginator().items().send();
        let mut tables = Vec::new();
        while let Some(found) = pages.next().await {
            let found =
                found.map_err(|error| explain("ec2:DescribeRouteTables", &self.region, error))?;
            let associations = found.associations();
            let subnets = associations.iter().filter_map(|association| association.subnet_id());
            tables.push(RoutesOf {
                id: found.route_table_id().unwrap_or_default().to_owned(),
                vpc_id: VpcId::try_from(found.vpc_id().unwrap_or_default())?,
                main: associations.iter().any(|association| association.main() == Some(true)),
                subnets: subnets.map(SubnetId::try_from).collect::<Result<_, _>>()?,
                routes: found.routes().iter().filter_map(route).collect(),
            });
        }
        Ok(tables)
    }

    /// How names are resolved in a VPC.
    pub(crate) async fn dns(&self, vpc: &VpcId) -> anyhow::Result<Dns> {
        let attribute = |name: VpcAttributeName| async move {
            let call = self.ec2.describe_vpc_attribute().vpc_id(vpc.as_str()).attribute(name);
            let found = call.send().await;
            found.map_err(|error| explain("ec2:DescribeVpcAttribute", &self.region, error))
        };
        let is_on = |value: Option<&AttributeBooleanValue>| {
            value.and_then(AttributeBooleanValue::value) == Some(true)
        };
        let (support, hostnames, servers) = tokio::try_join!(
            attribute(VpcAttributeName::EnableDnsSupport),
            attribute(VpcAttributeName::EnableDnsHostnames),
            self.resolvers(vpc),
        )?;
        Ok(Dns {
            vpc_id: vpc.clone(),
            support: is_on(support.enable_dns_support()),
            hostnames: is_on(hostnames.enable_dns_hostnames()),
            servers,
        })
    }

    /// The resolvers that the DHCP options of a VPC name.
    async fn resolvers(&self, vpc: &VpcId) -> anyhow::Result<Vec<String>> {
        let vpcs = self.ec2.describe_vpcs().filters(filter("vpc-id", [vpc])).send().await;
        let vpcs = vpcs.map_err(|error| explain("ec2:DescribeVpcs", &self.region, error))?;
        let id = vpcs.vpcs().first().and_then(Vpc::dhcp_options_id);
        // `default` stands for none at all.
        let Some(id) = id.filter(|id| *id != "default") else { return Ok(Vec::new()) };
        let found =
            self.ec2.describe_dhcp_options().filters(filter("dhcp-options-id", [id])).send().await;
        let found =
            found.map_err(|error| explain("ec2:DescribeDhcpOptions", &self.region, error))?;
        let options = found.dhcp_options().iter().flat_map(DhcpOptions::dhcp_configurations);
        let servers = options.filter(|option| option.key() == Some("domain-name-servers"));
        let values = servers.flat_map(DhcpConfiguration::values).filter_map(AttributeValue::value);
        Ok(values.map(str::to_owned).collect())
    }
}

/// What an instance has at its first network interface, which EC2 shows as the instance's own.
fn node(found: &Instance) -> anyhow::Result<Node> {
    let groups = found.security_groups().iter().filter_map(|group| group.group_id());
    let mut security_groups: Vec<SecurityGroupId> =
        groups.map(SecurityGroupId::try_from).collect::<Result<_, _>>()?;
    security_groups.sort();
    let zone = found.placement().and_then(|placement| placement.availability_zone());
    let first = found.network_interfaces().iter().find(|interface| {
        interface.attachment().is_some_and(|attachment| attachment.device_index() == Some(0))
    });
    let v6 = first.into_iter().flat_map(InstanceNetworkInterface::ipv6_addresses);
    let v6 = v6.filter_map(|address| address.ipv6_address());
    let addresses = found.private_ip_address().into_iter().chain(v6);
    Ok(Node {
        id: InstanceId::try_from(found.instance_id().unwrap_or_default())?,
        vpc_id: VpcId::try_from(found.vpc_id().unwrap_or_default())?,
        subnet_id: SubnetId::try_from(found.subnet_id().unwrap_or_default())?,
        availability_zone: zone.unwrap_or_default().to_owned(),
        security_groups,
        addresses: addresses
            .filter(|address| !address.is_empty())
            .map(str::parse::<IpAddr>)
            .collect::<Result<_, _>>()?,
    })
}

/// One entry of an ACL; one without a range is none.
fn entry(found: &NetworkAclEntry) -> anyhow::Result<Option<AclEntry>> {
    let Some(text) = found.cidr_block().or(found.ipv6_cidr_block()) else { return Ok(None) };
    let ports = found.port_range().and_then(|ports| Some((ports.from()?, ports.to()?)));
    Ok(Some(AclEntry {
        number: found.rule_number().unwrap_or(i32::MAX),
        egress: found.egress() == Some(true),
        allows: found.rule_action() == Some(&RuleAction::Allow),
        protocol: found.protocol().unwrap_or_default().to_owned(),
        range: range(text)?,
        ports,
    }))
}

/// A route to a range; none for one to a prefix list, which nobody judges here.
fn route(found: &Routed) -> Option<Route> {
    let range = found.destination_cidr_block().or(found.destination_ipv6_cidr_block())?;
    let targets = [
        found.vpc_peering_connection_id(),
        found.transit_gateway_id(),
        found.gateway_id(),
        found.nat_gateway_id(),
        found.network_interface_id(),
        found.egress_only_internet_gateway_id(),
        found.local_gateway_id(),
        found.carrier_gateway_id(),
        found.core_network_arn(),
    ];
    Some(Route {
        destination: range.parse().ok()?,
        target: targets.into_iter().flatten().next().unwrap_or("another target").to_owned(),
        active: found.state() != Some(&RouteState::Blackhole),
    })
}
