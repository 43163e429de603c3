//! Reading EC2 into plain data.

use anyhow::Context;
use aws_sdk_ec2::types::{Filter, SubnetCidrBlockStateCode, Tag};
use network::reach::EgressRule;
use network::{
    IngressRule, IpNet, NetworkInterfaceId, PrefixListId, RouteTable, RuleSource, SecurityGroup,
    SecurityGroupId, Subnet, SubnetId, Tags, VpcId,
};

use super::Aws;
use super::errors::explain;

/// The most items of a page that EC2's listings allow.
const PAGE: i32 = 1000;

/// One filter: a name, and the values of which any will do.
pub(crate) fn filter(name: &str, values: impl IntoIterator<Item = impl ToString>) -> Filter {
    let values = values.into_iter().map(|value| value.to_string()).collect();
    Filter::builder().name(name).set_values(Some(values)).build()
}

impl Aws {
    /// Subnets that pass a filter. Filters are used in place of identifiers
    /// everywhere: what does not exist is missing then, instead of an error
    /// that names the first one only.
    pub(crate) async fn subnets(&self, filter: Filter) -> anyhow::Result<Vec<Subnet>> {
        let mut pages = self.ec2.describe_subnets().filters(filter).into_paginator().items().send();
        let mut subnets = Vec::new();
        while let Some(found) = pages.next().await {
            let found =
                found.map_err(|error| explain("ec2:DescribeSubnets", &self.region, error))?;
            subnets.push(Subnet {
                id: SubnetId::try_from(found.subnet_id().unwrap_or_default())?,
                vpc_id: VpcId::try_from(found.vpc_id().unwrap_or_default())?,
                availability_zone: found.availability_zone().unwrap_or_default().to_owned(),
                availability_zone_id: found.availability_zone_id().map(str::to_owned),
                free_addresses: found
                    .available_ip_address_count()
                    .unwrap_or(0)
                    .try_into()
                    .unwrap_or(0),
                ranges: ranges(&found)?,
                nodes: 0,
                on_outpost: found.outpost_arn().is_some_and(|arn| !arn.is_empty()),
                tags: tags(found.tags()),
            });
        }
        Ok(subnets)
    }

    /// Route tables that pass a filter.
    pub(crate) async fn route_tables(&self, filter: Filter) -> anyhow::Result<Vec<RouteTable>> {
        let mut pages =
            self.ec2.describe_route_tables().filters(filter).into_paginator().items().send();
        let mut tables = Vec::new();
        while let Some(found) = pages.next().await {
            let found =
                found.map_err(|error| explain("ec2:DescribeRouteTables", &self.region, error))?;
            let associations = found.associations();
            let subnet_ids = associations.iter().filter_map(|association| association.subnet_id());
            let gateways = found.routes().iter().filter_map(|route| route.gateway_id());
            tables.push(RouteTable {
                vpc_id: VpcId::try_from(found.vpc_id().unwrap_or_default())?,
                main: associations.iter().any(|association| association.main() == Some(true)),
                subnet_ids: subnet_ids.map(SubnetId::try_from).collect::<Result<_, _>>()?,
                to_internet_gateway: gateways.into_iter().any(|id| id.starts_with("igw-")),
            });
        }
        Ok(tables)
    }

    /// Security groups that pass a filter.
    pub(crate) async fn security_groups(
        &self,
        filter: Filter,
    ) -> anyhow::Result<Vec<SecurityGroup>> {
        let mut pages =
            self.ec2.describe_security_groups().filters(filter).into_paginator().items().send();
        let mut groups = Vec::new();
        while let Some(found) = pages.next().await {
            let found = found
                .map_err(|error| explain("ec2:DescribeSecurityGroups", &self.region, error))?;
            groups.push(SecurityGroup {
                id: SecurityGroupId::try_from(found.group_id().unwrap_or_default())?,
                vpc_id: VpcId::try_from(found.vpc_id().unwrap_or_default())?,
                tags: tags(found.tags()),
            });
        }
        Ok(groups)
    }

    /// Ingress rules that pass all filters.
    pub(crate) async fn ingress_rules(
        &self,
        filters: Vec<Filter>,
    ) -> anyhow::Result<Vec<IngressRule>> {
        self.rules(filters, false).await
    }

    /// Egress rules of groups.
    pub(crate) async fn egress_rules(
        &self,
        groups: &[SecurityGroupId],
    ) -> anyhow::Result<Vec<EgressRule>> {
        let rules = self.rules(vec![filter("group-id", groups)], true).await?.into_iter();
        let rules = rules.map(|rule| EgressRule {
            group_id: rule.group_id,
            protocol: rule.protocol,
            from_port: rule.from_port,
            to_port: rule.to_port,
            destination: rule.source,
        });
        Ok(rules.collect())
    }

    /// The rules of one direction that pass all filters; of egress, the source is where it leads.
    async fn rules(&self, filters: Vec<Filter>, egress: bool) -> anyhow::Result<Vec<IngressRule>> {
        let call = self.ec2.describe_security_group_rules().set_filters(Some(filters));
        let mut pages = call.into_paginator().items().send();
        let mut rules = Vec::new();
        while let Some(found) = pages.next().await {
            let found = found
                .map_err(|error| explain("ec2:DescribeSecurityGroupRules", &self.region, error))?;
            if (found.is_egress() == Some(true)) != egress {
                continue;
            }
            let group = found.referenced_group_info().and_then(|info| info.group_id());
            let text = found.cidr_ipv4().or(found.cidr_ipv6());
            let source = match (group, text, found.prefix_list_id()) {
                (Some(id), ..) => Some(RuleSource::Group(SecurityGroupId::try_from(id)?)),
                (None, Some(text), _) => Some(RuleSource::Cidr(range(text)?)),
                (None, None, Some(id)) => Some(RuleSource::PrefixList(PrefixListId::try_from(id)?)),
                (None, None, None) => None,
            };
            rules.push(IngressRule {
                id: found.security_group_rule_id().unwrap_or_default().to_owned(),
                group_id: SecurityGroupId::try_from(found.group_id().unwrap_or_default())?,
                protocol: found.ip_protocol().unwrap_or_default().to_owned(),
                from_port: found.from_port().unwrap_or(-1),
                to_port: found.to_port().unwrap_or(-1),
                source,
                tags: tags(found.tags()),
            });
        }
        Ok(rules)
    }

    /// The security groups of network interfaces, for all of them in one call. The call is
    /// paginated: in an account with very many interfaces EC2 refuses it otherwise, since the
    /// filter `network-interface-id` is none of those that it excepts (EC2 API Reference,
    /// `DescribeNetworkInterfaces`).
    pub(crate) async fn interface_groups(
        &self,
        interfaces: &[NetworkInterfaceId],
    ) -> anyhow::Result<Vec<(NetworkInterfaceId, Vec<SecurityGroupId>)>> {
        if interfaces.is_empty() {
            return Ok(Vec::new());
        }
        let call = self
            .ec2
            .describe_network_interfaces()
            .filters(filter("network-interface-id", interfaces));
        let mut pages = call.into_paginator().page_size(PAGE).items().send();
        let mut all = Vec::new();
        while let Some(found) = pages.next().await {
            let found = found
                .map_err(|error| explain("ec2:DescribeNetworkInterfaces", &self.region, error))?;
            let ids = found.groups().iter().filter_map(|group| group.group_id());
            let mut groups: Vec<SecurityGroupId> =
                ids.map(SecurityGroupId::try_from).collect::<Result<_, _>>()?;
            groups.sort();
            all.push((
                NetworkInterfaceId::try_from(found.network_interface_id().unwrap_or_default())?,
                groups,
            ));
        }
        Ok(all)
    }
}

/// The ranges of a subnet, that of IPv4 first; one that is only being associated is none yet.
fn ranges(found: &aws_sdk_ec2::types::Subnet) -> anyhow::Result<Vec<IpNet>> {
    let associated = found.ipv6_cidr_block_association_set().iter().filter(|block| {
        let state = block.ipv6_cidr_block_state().and_then(|state| state.state());
        state == Some(&SubnetCidrBlockStateCode::Associated)
    });
    let v6 = associated.filter_map(|block| block.ipv6_cidr_block());
    // An IPv6-only subnet has an empty one, or none.
    let v4 = found.cidr_block().filter(|range| !range.is_empty());
    v4.into_iter().chain(v6).map(range).collect()
}

/// A range as EC2 writes it.
pub(super) fn range(text: &str) -> anyhow::Result<IpNet> {
    text.parse().with_context(|| format!("reading the range `{}`", text.escape_debug()))
}

/// Tags as EC2 answers them.
pub(crate) fn tags(found: &[Tag]) -> Tags {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    found.iter().map(|tag| (text(tag.key()), text(tag.value()))).collect()
}
