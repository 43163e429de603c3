//! What a security group admits, as EC2 shows it with the group itself: without the rules' ids and
//! tags (`SecurityGroup$IpPermissions` of the EC2 API Reference), and without a call of its own.

use aws_sdk_ec2::types::{IpPermission, SecurityGroup};
use network::{IngressRule, PrefixListId, RuleSource, SecurityGroupId, Tags};

use super::ec2::range;

/// The rules of a group, each with a text that names it in the place of EC2's id.
pub(crate) fn admitted(group: &SecurityGroup) -> anyhow::Result<Vec<IngressRule>> {
    let group_id = SecurityGroupId::try_from(group.group_id().unwrap_or_default())?;
    let mut all = Vec::new();
    for permission in group.ip_permissions() {
        for source in sources(permission)? {
            all.push(rule(&group_id, permission, source));
        }
    }
    Ok(all)
}

fn sources(permission: &IpPermission) -> anyhow::Result<Vec<RuleSource>> {
    let v4 = permission.ip_ranges().iter().filter_map(|it| it.cidr_ip());
    let v6 = permission.ipv6_ranges().iter().filter_map(|it| it.cidr_ipv6());
    let mut all = Vec::new();
    for text in v4.chain(v6) {
        all.push(RuleSource::Cidr(range(text)?));
    }
    for id in permission.user_id_group_pairs().iter().filter_map(|pair| pair.group_id()) {
        all.push(RuleSource::Group(SecurityGroupId::try_from(id)?));
    }
    for id in permission.prefix_list_ids().iter().filter_map(|list| list.prefix_list_id()) {
        all.push(RuleSource::PrefixList(PrefixListId::try_from(id)?));
    }
    Ok(all)
}

fn rule(group_id: &SecurityGroupId, permission: &IpPermission, source: RuleSource) -> IngressRule {
    let protocol = permission.ip_protocol().unwrap_or_default().to_owned();
    // EC2 leaves the ports out where all are meant.
    let ports = [permission.from_port(), permission.to_port()].map(|port| port.unwrap_or(-1));
    let [from_port, to_port] = ports;
    IngressRule {
        id: format!("{group_id} {protocol} {from_port}-{to_port} {source:?}"),
        group_id: group_id.clone(),
        protocol,
        from_port,
        to_port,
        source: Some(source),
        tags: Tags::new(),
    }
}
