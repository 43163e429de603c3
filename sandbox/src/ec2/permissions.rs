//! Permissions: rules as a call gives them and as a group lists them, grouped by protocol
//! and ports.

use std::collections::BTreeMap;

use super::call::Call;
use super::errors::{invalid_value, missing};
use super::form::Form;
use super::ids::GROUP;
use super::known_groups;
use crate::error::{AwsError, Result};
use crate::world::Region;
use crate::world::ec2::{Rule, SecurityGroup, Source};
use crate::xml::Element;

/// One rule as a call gives it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Permission {
    pub(super) protocol: String,
    pub(super) from_port: i32,
    pub(super) to_port: i32,
    pub(super) source: Source,
    pub(super) description: Option<String>,
}

impl Permission {
    /// Whether a rule is this one: a description does not tell rules apart.
    pub(super) fn is(&self, rule: &Rule) -> bool {
        (&self.protocol, self.from_port, self.to_port, &self.source)
            == (&rule.protocol, rule.from_port, rule.to_port, &rule.source)
    }

    /// As EC2's messages name it.
    pub(super) fn sentence(&self) -> String {
        let peer = match &self.source {
            Source::Group(peer)
            | Source::Ipv4(peer)
            | Source::Ipv6(peer)
            | Source::PrefixList(peer) => peer,
        };
        let protocol = self.protocol.to_uppercase();
        match (self.protocol.as_str(), self.from_port) {
            ("-1", _) => format!("peer: {peer}, ALL, ALLOW"),
            (_, -1) => format!("peer: {peer}, {protocol}, ALLOW"),
            (_, from) => {
                format!(
                    "peer: {peer}, {protocol}, from port: {from}, to port: {}, ALLOW",
                    self.to_port
                )
            }
        }
    }
}

/// The permissions of a call on a group: `IpPermissions`, or the four single parameters.
pub(super) fn read(call: &Call, group: &SecurityGroup) -> Result<Vec<Permission>> {
    let (form, region) = (&call.form, &*call.context.region);
    let mut permissions = Vec::new();
    for prefix in form.groups("IpPermissions") {
        let ports = ports(form, &prefix)?;
        let sources = sources(form, region, group, &prefix)?;
        permissions.extend(sources.into_iter().map(|(source, description)| Permission {
            protocol: ports.0.clone(),
            from_port: ports.1,
            to_port: ports.2,
            source,
            description,
        }));
    }
    if let Some(source) = single_source(form, region, group)? {
        let (protocol, from_port, to_port) = ports(form, "")?;
        permissions.push(Permission { protocol, from_port, to_port, source, description: None });
    }
    for permission in &permissions {
        if let Source::Group(id) = &permission.source {
            known_groups::known(call, id)?;
        }
    }
    for (n, permission) in permissions.iter().enumerate() {
        let same = |other: &Permission| {
            (&other.protocol, other.from_port, other.to_port, &other.source)
                == (
                    &permission.protocol,
                    permission.from_port,
                    permission.to_port,
                    &permission.source,
                )
        };
        if permissions[..n].iter().any(same) {
            return Err(invalid_value("The same permission must not appear multiple times"));
        }
    }
    Ok(permissions)
}

fn single_source(form: &Form, region: &Region, group: &SecurityGroup) -> Result<Option<Source>> {
    if let Some(text) = form.get("CidrIp") {
        return Ok(Some(range(text, "CidrIp")?));
    }
    let Some(name) = form.get("SourceSecurityGroupName") else {
        return Ok(None);
    };
    Ok(Some(Source::Group(by_name(region, group, name)?)))
}

/// The group of a name, which only a rule of the default VPC may name so.
fn by_name(region: &Region, group: &SecurityGroup, name: &str) -> Result<String> {
    if !region.ec2.vpcs.get(&group.vpc).is_some_and(|vpc| vpc.is_default) {
        return Err(invalid_value(format!(
            "Invalid value '{name}' for groupName. You may not reference Amazon VPC security groups by name. Please use the corresponding id for this operation."
        )));
    }
    let mut groups = region.ec2.security_groups.by("vpc", &group.vpc);
    let found = groups.find(|row| row.name == name).map(|row| row.id.clone());
    found.ok_or_else(|| GROUP.not_found(name))
}

/// Protocol and ports, as EC2 keeps them: -1 for what has none.
pub(super) fn ports(form: &Form, prefix: &str) -> Result<(String, i32, i32)> {
    let protocol = form.required(&format!("{prefix}IpProtocol"))?.to_lowercase();
    let protocol = match protocol.as_str() {
        "6" => "tcp",
        "17" => "udp",
        "1" => "icmp",
        "58" => "icmpv6",
        "all" => "-1",
        name @ ("tcp" | "udp" | "icmp" | "icmpv6" | "-1") => name,
        number if number.parse::<u8>().is_ok() => number,
        other => {
            let message = format!("Invalid value '{other}' for IP protocol. Unknown protocol.");
            return Err(invalid_value(message));
        }
    };
    let port = |name: &str| form.parsed::<i32>(&format!("{prefix}{name}"), "an integer");
    let (from, to) = (port("FromPort")?, port("ToPort")?);
    match (protocol, from, to) {
        ("tcp" | "udp", Some(from), Some(to)) => {
            let valid = 0..=65535;
            if !valid.contains(&from) || !valid.contains(&to) || from > to {
                let name = protocol.to_uppercase();
                return Err(invalid_value(format!("Invalid {name} port range ({from}:{to})")));
            }
            Ok((protocol.to_owned(), from, to))
        }
        ("tcp" | "udp", _, _) => Err(invalid_value(
            "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.",
        )),
        ("icmp" | "icmpv6", from, to) => {
            let (from, to) = (from.unwrap_or(-1), to.unwrap_or(-1));
            if !(-1..=255).contains(&from) || !(-1..=255).contains(&to) {
                return Err(invalid_value(format!("ICMP code ({from}:{to}) out of range")));
            }
            Ok((protocol.to_owned(), from, to))
        }
        // "…specifying -1 or a protocol number other than tcp, udp, icmp, or icmpv6 allows
        // traffic on all ports, regardless of any port range you specify" (IpPermission).
        _ => Ok((protocol.to_owned(), -1, -1)),
    }
}

/// The peers under a prefix, with their descriptions.
fn sources(
    form: &Form,
    region: &Region,
    group: &SecurityGroup,
    prefix: &str,
) -> Result<Vec<(Source, Option<String>)>> {
    let mut sources = Vec::new();
    for pair in form.groups(&format!("{prefix}Groups")) {
        let source = peer(form, region, group, &pair)?;
        sources.push((source, description(form, &pair)?));
    }
    for (list, member) in [("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6")] {
        for item in form.groups(&format!("{prefix}{list}")) {
            let text = form.get(&format!("{item}{member}")).unwrap_or_default();
            sources.push((range(text, member)?, description(form, &item)?));
        }
    }
    for item in form.groups(&format!("{prefix}PrefixListIds")) {
        let id = form.required(&format!("{item}PrefixListId"))?.to_owned();
        prefix_list(&id)?;
        sources.push((Source::PrefixList(id), description(form, &item)?));
    }
    Ok(sources)
}

/// Prefix lists are taken by the form of their id: the sandbox keeps none.
pub(super) fn prefix_list(id: &str) -> Result<()> {
    let digits = id.strip_prefix("pl-").unwrap_or_default();
    if digits.len() < 8 || !digits.bytes().all(|c| c.is_ascii_hexdigit()) {
        let message = format!("Invalid id: \"{id}\" (expecting \"pl-...\")");
        return Err(AwsError::new(400, "InvalidPrefixListId.Malformed", message));
    }
    Ok(())
}

fn peer(form: &Form, region: &Region, group: &SecurityGroup, pair: &str) -> Result<Source> {
    let id = if let Some(id) = form.get(&format!("{pair}GroupId")) {
        id.to_owned()
    } else {
        let name = form.get(&format!("{pair}GroupName"));
        by_name(region, group, name.ok_or_else(|| missing("IpPermissions.Groups.GroupId"))?)?
    };
    // A group of another account is in reach through a peering connection, which there is none.
    if form.get(&format!("{pair}UserId")).is_some_and(|owner| owner != region.account) {
        return Err(GROUP.not_found(&id));
    }
    reference(region, group, &id)?;
    Ok(Source::Group(id))
}

/// A group that a rule of another one may name: of the same VPC.
pub(super) fn reference(region: &Region, group: &SecurityGroup, id: &str) -> Result<()> {
    GROUP.check(id)?;
    let named = region.ec2.security_groups.get(id).ok_or_else(|| GROUP.not_found(id))?;
    if named.vpc != group.vpc {
        let message = "You have specified two resources that belong to different networks.";
        return Err(AwsError::new(400, "InvalidGroup.NotFound", message));
    }
    Ok(())
}

/// A range of addresses, of the family that the parameter takes. EC2 drops the bits behind
/// the prefix.
pub(super) fn range(text: &str, parameter: &str) -> Result<Source> {
    let range = text.parse::<ipnet::IpNet>().ok();
    match (range, parameter.ends_with("v6")) {
        (Some(range), false) if range.addr().is_ipv4() => {
            Ok(Source::Ipv4(range.trunc().to_string()))
        }
        (Some(range), true) if range.addr().is_ipv6() => {
            Ok(Source::Ipv6(range.trunc().to_string()))
        }
        _ => Err(invalid_value(format!("CIDR block {text} is malformed"))),
    }
}

/// "Constraints: Up to 255 characters in length. Allowed characters are …" (`IpRange`).
pub(super) fn description(form: &Form, prefix: &str) -> Result<Option<String>> {
    let Some(text) = form.get(&format!("{prefix}Description")) else {
        return Ok(None);
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(c);
    if text.len() > 255 || !text.chars().all(allowed) {
        return Err(invalid_value(
            "Invalid rule description. Valid descriptions are strings less than 256 characters from the following set: a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
        ));
    }
    Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
}

/// The rules of a group in one direction, as `DescribeSecurityGroups` lists them: one item
/// per protocol and range of ports, with all its peers.
pub(super) fn items(region: &Region, group: &str, egress: bool) -> Vec<Vec<Element>> {
    let mut by_ports: BTreeMap<(&str, i32, i32), Vec<&Rule>> = BTreeMap::new();
    for rule in region.ec2.rules.by("group", group).filter(|rule| rule.egress == egress) {
        let ports = (rule.protocol.as_str(), rule.from_port, rule.to_port);
        by_ports.entry(ports).or_default().push(rule);
    }
    by_ports.into_iter().map(|(ports, rules)| item(region, ports, &rules)).collect()
}

fn item(region: &Region, ports: (&str, i32, i32), rules: &[&Rule]) -> Vec<Element> {
    let (protocol, from_port, to_port) = ports;
    let mut item = vec![Element::text("ipProtocol", protocol)];
    // Where a rule covers all ports, EC2 writes none.
    if ["tcp", "udp", "icmp", "icmpv6"].contains(&protocol) {
        item.push(Element::text("fromPort", from_port));
        item.push(Element::text("toPort", to_port));
    }
    let with_description = |rule: &Rule, mut members: Vec<Element>| {
        members.extend(rule.description.as_ref().map(|text| Element::text("description", text)));
        members
    };
    let (mut groups, mut v4, mut v6, mut lists) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for rule in rules {
        match &rule.source {
            Source::Group(id) => {
                let members =
                    vec![Element::text("userId", &region.account), Element::text("groupId", id)];
                groups.push(with_description(rule, members));
            }
            Source::Ipv4(cidr) => {
                v4.push(with_description(rule, vec![Element::text("cidrIp", cidr)]));
            }
            Source::Ipv6(cidr) => {
                v6.push(with_description(rule, vec![Element::text("cidrIpv6", cidr)]));
            }
            Source::PrefixList(id) => {
                lists.push(with_description(rule, vec![Element::text("prefixListId", id)]));
            }
        }
    }
    item.extend([
        Element::set("groups", groups),
        Element::set("ipRanges", v4),
        Element::set("ipv6Ranges", v6),
        Element::set("prefixListIds", lists),
    ]);
    item
}
