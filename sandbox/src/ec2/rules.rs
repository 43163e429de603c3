//! Ingress rules of security groups.

use std::net::IpAddr;

use super::filters::tag_set;
use super::form::Form;
use super::state::{Rule, Source};
use super::xml::Element;
use crate::error::{Answer, AwsError};
use crate::service::Context;
use crate::world::{Region, Tags};

pub(super) fn authorize(context: &mut Context<'_>, form: &Form) -> Answer<Vec<Element>> {
    let region = &mut *context.region;
    let group = form.get("GroupId").unwrap_or_default().to_owned();
    if !region.ec2.security_groups.contains_key(&group) {
        return Err(no_group(&group));
    }
    let tags = tags(form);
    let mut added = Vec::new();
    for prefix in form.groups("IpPermissions") {
        for source in sources(region, form, &prefix)? {
            let rule = Rule {
                id: context.ids.next("sgr-"),
                group: group.clone(),
                egress: false,
                protocol: protocol(form, &prefix)?,
                from_port: port(form, &prefix, "FromPort"),
                to_port: port(form, &prefix, "ToPort"),
                source,
                tags: tags.clone(),
            };
            if region.ec2.rules.by("group", &group).any(|found| same(found, &rule)) {
                let message = "the specified rule already exists";
                return Err(AwsError::new(400, "InvalidPermission.Duplicate", message));
            }
            added.push(rule.id.clone());
            region.ec2.rules.insert(rule.id.clone(), rule);
        }
    }
    if added.is_empty() {
        return Err(AwsError::new(400, "MissingParameter", "IpPermissions names no source"));
    }
    let items = added.iter().filter_map(|id| region.ec2.rules.get(id));
    let items: Vec<Vec<Element>> = items.map(|rule| rule_item(region, rule)).collect();
    Ok(vec![Element::text("return", true), Element::set("securityGroupRuleSet", items)])
}

pub(super) fn revoke(region: &mut Region, form: &Form) -> Answer<Vec<Element>> {
    let group = form.get("GroupId").unwrap_or_default();
    if !region.ec2.security_groups.contains_key(group) {
        return Err(no_group(group));
    }
    let ids = form.list("SecurityGroupRuleId");
    if ids.is_empty() {
        let message = "the sandbox revokes rules by SecurityGroupRuleId only";
        return Err(AwsError::new(400, "MissingParameter", message));
    }
    for id in ids {
        if region.ec2.rules.get(id).is_none_or(|rule| rule.group != group) {
            let message = format!("The security group rule ID '{id}' does not exist");
            return Err(AwsError::new(400, "InvalidSecurityGroupRuleId.NotFound", message));
        }
        region.ec2.rules.remove(id);
    }
    Ok(vec![Element::text("return", true)])
}

fn no_group(id: &str) -> AwsError {
    AwsError::new(400, "InvalidGroup.NotFound", format!("The security group '{id}' does not exist"))
}

/// Two rules that admit the same are one and the same rule to EC2.
fn same(a: &Rule, b: &Rule) -> bool {
    (&a.group, a.egress, &a.protocol, a.from_port, a.to_port, &a.source)
        == (&b.group, b.egress, &b.protocol, b.from_port, b.to_port, &b.source)
}

fn protocol(form: &Form, prefix: &str) -> Answer<String> {
    match form.get(&format!("{prefix}IpProtocol")) {
        Some("6") => Ok("tcp".to_owned()),
        Some(protocol) => Ok(protocol.to_owned()),
        None => Err(AwsError::new(400, "MissingParameter", "IpProtocol is missing")),
    }
}

fn port(form: &Form, prefix: &str, name: &str) -> i32 {
    form.get(&format!("{prefix}{name}")).and_then(|port| port.parse().ok()).unwrap_or(-1)
}

fn sources(region: &Region, form: &Form, prefix: &str) -> Answer<Vec<Source>> {
    let mut sources = Vec::new();
    for pair in form.groups(&format!("{prefix}Groups")) {
        let id = form.get(&format!("{pair}GroupId")).unwrap_or_default();
        if !region.ec2.security_groups.contains_key(id) {
            return Err(no_group(id));
        }
        sources.push(Source::Group(id.to_owned()));
    }
    for range in form.groups(&format!("{prefix}IpRanges")) {
        sources.push(Source::Ipv4(cidr(form.get(&format!("{range}CidrIp")), IpAddr::is_ipv4)?));
    }
    for range in form.groups(&format!("{prefix}Ipv6Ranges")) {
        sources.push(Source::Ipv6(cidr(form.get(&format!("{range}CidrIpv6")), IpAddr::is_ipv6)?));
    }
    Ok(sources)
}

/// EC2 drops the address bits behind the prefix.
fn cidr(text: Option<&str>, family: fn(&IpAddr) -> bool) -> Answer<String> {
    let text = text.unwrap_or_default();
    let range = text.parse::<ipnet::IpNet>().ok().filter(|range| family(&range.addr()));
    range.map(|range| range.trunc().to_string()).ok_or_else(|| {
        AwsError::new(400, "InvalidParameterValue", format!("CIDR block {text} is malformed"))
    })
}

fn tags(form: &Form) -> Tags {
    let mut tags = Tags::new();
    for specification in form.groups("TagSpecification") {
        if form.get(&format!("{specification}ResourceType")) != Some("security-group-rule") {
            continue;
        }
        for tag in form.groups(&format!("{specification}Tag")) {
            let text =
                |name: &str| form.get(&format!("{tag}{name}")).unwrap_or_default().to_owned();
            tags.insert(text("Key"), text("Value"));
        }
    }
    tags
}

pub(super) fn rule_item(region: &Region, rule: &Rule) -> Vec<Element> {
    let source = match &rule.source {
        Source::Group(id) => {
            let vpc = region.ec2.security_groups.get(id).map_or("", |group| &group.vpc);
            Element::new(
                "referencedGroupInfo",
                vec![
                    Element::text("groupId", id),
                    Element::text("userId", &region.account),
                    Element::text("vpcId", vpc),
                ],
            )
        }
        Source::Ipv4(range) => Element::text("cidrIpv4", range),
        Source::Ipv6(range) => Element::text("cidrIpv6", range),
    };
    vec![
        Element::text("securityGroupRuleId", &rule.id),
        Element::text("groupId", &rule.group),
        Element::text("groupOwnerId", &region.account),
        Element::text("isEgress", rule.egress),
        Element::text("ipProtocol", &rule.protocol),
        Element::text("fromPort", rule.from_port),
        Element::text("toPort", rule.to_port),
        source,
        tag_set(&rule.tags),
    ]
}
