//! Rules of security groups: adding, taking away, changing, describing.

use super::call::Call;
use super::errors::{combination, invalid_value, missing};
use super::groups::named;
use super::ids::RULE;
use super::listing::{By, Index, Listing, MOST, Pages, by_id, done, one, tag_set};
use super::permissions::{self, Permission};
use super::tags;
use crate::error::{AwsError, Result};
use crate::world::Region;
use crate::world::ec2::{Rule, SecurityGroup, Source};
use crate::xml::Element;

/// "60 inbound and 60 outbound rules per security group … enforced separately for IPv4
/// and IPv6" (Amazon VPC quotas).
const MOST_OF_A_GROUP: usize = 60;

pub(super) static LISTING: Listing<Rule> = Listing {
    set: "securityGroupRuleSet",
    ids: "SecurityGroupRuleId",
    pages: Pages::Most(MOST),
    filters: &[
        By("group-id", |rule, _| one(&rule.group)),
        By("security-group-rule-id", |rule, _| one(&rule.id)),
    ],
    indexes: &[
        Index("security-group-rule-id", by_id),
        Index("group-id", |ec2, group| ec2.rules.by("group", group).collect()),
    ],
    item,
    visible,
};

fn item(rule: &Rule, region: &Region) -> Vec<Element> {
    let groups = &region.ec2.security_groups;
    let owner = groups.get(&rule.group).map_or(&region.account, |group| &group.owner);
    let mut item = members(rule, |id| {
        let vpc = groups.get(id).map_or("", |group| &group.vpc);
        let members = vec![
            Element::text("groupId", id),
            Element::text("userId", &region.account),
            Element::text("vpcId", vpc),
        ];
        Element::new("referencedGroupInfo", members)
    });
    let arn = region.arn("ec2", &format!("security-group-rule/{}", rule.id));
    item.push(Element::text("securityGroupRuleArn", arn));
    item.push(Element::text("groupOwnerId", owner));
    item.push(tag_set(&rule.tags));
    item
}

/// What a rule reads as wherever it is listed, with its peer as `group` writes one.
fn members(rule: &Rule, group: impl FnOnce(&str) -> Element) -> Vec<Element> {
    let peer = match &rule.source {
        Source::Group(id) => group(id),
        Source::Ipv4(range) => Element::text("cidrIpv4", range),
        Source::Ipv6(range) => Element::text("cidrIpv6", range),
        Source::PrefixList(id) => Element::text("prefixListId", id),
    };
    let mut members = vec![
        Element::text("securityGroupRuleId", &rule.id),
        Element::text("groupId", &rule.group),
        Element::text("isEgress", rule.egress),
        Element::text("ipProtocol", &rule.protocol),
        Element::text("fromPort", rule.from_port),
        Element::text("toPort", rule.to_port),
        peer,
    ];
    members.extend(rule.description.as_ref().map(|text| Element::text("description", text)));
    members
}

/// A group's rules are its owner's to see.
fn visible(rule: &Rule, region: &Region) -> bool {
    let group = region.ec2.security_groups.get(&rule.group);
    group.is_some_and(|group| group.owner == region.account)
}

/// Whether a call is about egress: its name says so.
fn is_egress(call: &Call) -> bool {
    call.action.ends_with("Egress")
}

/// `AuthorizeSecurityGroupIngress` and `…Egress`: all rules, or none.
pub(super) fn authorize(call: &mut Call) -> Result<Vec<Element>> {
    let group = named(call)?;
    let egress = is_egress(call);
    let tags = tags::on_creation(call, &RULE)?;
    let given = permissions::read(call, &group)?;
    if given.is_empty() {
        return Err(missing("IpPermissions"));
    }
    let ids = &mut *call.context.ids;
    let region = &mut *call.context.region;
    let mut items = Vec::new();
    for permission in given {
        if rules_of(region, &group, egress).any(|rule| permission.is(rule)) {
            let message =
                format!("the specified rule \"{}\" already exists", permission.sentence());
            return Err(AwsError::new(400, "InvalidPermission.Duplicate", message));
        }
        let rule = Rule {
            id: ids.next("sgr-"),
            group: group.id.clone(),
            egress,
            protocol: permission.protocol,
            from_port: permission.from_port,
            to_port: permission.to_port,
            source: permission.source,
            description: permission.description,
            tags: tags.clone(),
        };
        items.push(item(&rule, region));
        region.ec2.rules.insert(rule.id.clone(), rule);
    }
    within_quota(region, &group, egress)?;
    Ok(vec![Element::text("return", true), Element::set("securityGroupRuleSet", items)])
}

/// A rule that names a group counts for both families, and one that names a prefix list
/// would count as the list's entries.
fn within_quota(region: &Region, group: &SecurityGroup, egress: bool) -> Result<()> {
    let count = |counts: fn(&Source) -> bool| {
        rules_of(region, group, egress).filter(|rule| counts(&rule.source)).count()
    };
    let v4 = count(|source| !matches!(source, Source::Ipv6(_)));
    let v6 = count(|source| !matches!(source, Source::Ipv4(_)));
    if v4.max(v6) > MOST_OF_A_GROUP {
        let message = "The maximum number of rules per security group has been reached.";
        return Err(AwsError::new(400, "RulesPerSecurityGroupLimitExceeded", message));
    }
    Ok(())
}

fn rules_of<'a>(
    region: &'a Region,
    group: &SecurityGroup,
    egress: bool,
) -> impl Iterator<Item = &'a Rule> {
    region.ec2.rules.by("group", &group.id).filter(move |rule| rule.egress == egress)
}

/// `RevokeSecurityGroupIngress` and `…Egress`: by rule ids, or by permissions.
pub(super) fn revoke(call: &mut Call) -> Result<Vec<Element>> {
    let group = named(call)?;
    let egress = is_egress(call);
    let ids: Vec<String> =
        call.form.list("SecurityGroupRuleId").into_iter().map(str::to_owned).collect();
    let given = permissions::read(call, &group)?;
    let (revoked, unknown) = match (ids.is_empty(), given.is_empty()) {
        (true, true) => return Err(missing("IpPermissions")),
        (false, false) => {
            let message = "The parameter SecurityGroupRuleId cannot be used with IpPermissions";
            return Err(combination(message));
        }
        (false, true) => (named_rules(call.context.region, &group, egress, &ids)?, Vec::new()),
        (true, false) => by_permission(call.context.region, &group, egress, given)?,
    };
    let items: Vec<Vec<Element>> = revoked.iter().map(revoked_item).collect();
    for rule in &revoked {
        call.context.region.ec2.rules.remove(&rule.id);
    }
    let unknown = unknown.iter().map(unknown_item);
    Ok(vec![
        Element::text("return", true),
        Element::set("unknownIpPermissionSet", unknown),
        Element::set("revokedSecurityGroupRuleSet", items),
    ])
}

fn named_rules(
    region: &Region,
    group: &SecurityGroup,
    egress: bool,
    ids: &[String],
) -> Result<Vec<Rule>> {
    let find = |id: &String| {
        RULE.check(id)?;
        let rule =
            region.ec2.rules.get(id).filter(|rule| rule.group == group.id && rule.egress == egress);
        rule.cloned().ok_or_else(|| RULE.not_found(id))
    };
    ids.iter().map(find).collect()
}

/// "[Default VPC] If the values you specify do not match the existing rule's values, no
/// error is returned, and the output describes the security group rules that were not
/// revoked" (`RevokeSecurityGroupIngress`); elsewhere it is an error.
fn by_permission(
    region: &Region,
    group: &SecurityGroup,
    egress: bool,
    given: Vec<Permission>,
) -> Result<(Vec<Rule>, Vec<Permission>)> {
    let lenient = region.ec2.vpcs.get(&group.vpc).is_some_and(|vpc| vpc.is_default);
    let (mut revoked, mut unknown) = (Vec::new(), Vec::new());
    for permission in given {
        match rules_of(region, group, egress).find(|rule| permission.is(rule)) {
            Some(rule) => revoked.push(rule.clone()),
            None if lenient => unknown.push(permission),
            None => {
                let message = "The specified rule does not exist in this security group.";
                return Err(AwsError::new(400, "InvalidPermission.NotFound", message));
            }
        }
    }
    Ok((revoked, unknown))
}

fn revoked_item(rule: &Rule) -> Vec<Element> {
    members(rule, |id| Element::text("referencedGroupId", id))
}

fn unknown_item(permission: &Permission) -> Vec<Element> {
    let (list, member, value) = match &permission.source {
        Source::Group(id) => ("groups", "groupId", id),
        Source::Ipv4(range) => ("ipRanges", "cidrIp", range),
        Source::Ipv6(range) => ("ipv6Ranges", "cidrIpv6", range),
        Source::PrefixList(id) => ("prefixListIds", "prefixListId", id),
    };
    vec![
        Element::text("ipProtocol", &permission.protocol),
        Element::text("fromPort", permission.from_port),
        Element::text("toPort", permission.to_port),
        Element::set(list, [vec![Element::text(member, value)]]),
    ]
}

/// `ModifySecurityGroupRules`: each rule is replaced as a whole, but for its direction and
/// the kind of its peer.
pub(super) fn modify(call: &mut Call) -> Result<Vec<Element>> {
    let group = named(call)?;
    let prefixes = call.form.groups("SecurityGroupRule");
    if prefixes.is_empty() {
        return Err(missing("SecurityGroupRule"));
    }
    for prefix in prefixes {
        let id = call.form.required(&format!("{prefix}SecurityGroupRuleId"))?.to_owned();
        RULE.check(&id)?;
        let region = &*call.context.region;
        let found = region.ec2.rules.get(&id).filter(|rule| rule.group == group.id);
        let found = found.ok_or_else(|| RULE.not_found(&id))?.clone();
        let prefix = format!("{prefix}SecurityGroupRule.");
        let (protocol, from_port, to_port) = permissions::ports(&call.form, &prefix)?;
        let source = new_source(call, &group, &prefix)?;
        if std::mem::discriminant(&source) != std::mem::discriminant(&found.source) {
            return Err(invalid_value(
                "The type of a rule's source or destination cannot be changed; revoke the rule and authorize another",
            ));
        }
        let description = permissions::description(&call.form, &prefix)?;
        let rule = Rule { protocol, from_port, to_port, source, description, ..found };
        let other = rules_of(region, &group, rule.egress).find(|other| {
            other.id != rule.id
                && (&other.protocol, other.from_port, other.to_port, &other.source)
                    == (&rule.protocol, rule.from_port, rule.to_port, &rule.source)
        });
        if other.is_some() {
            let message = "the specified rule already exists";
            return Err(AwsError::new(400, "InvalidPermission.Duplicate", message));
        }
        call.context.region.ec2.rules.insert(id, rule);
    }
    Ok(done())
}

fn new_source(call: &Call, group: &SecurityGroup, prefix: &str) -> Result<Source> {
    let get = |name: &str| call.form.get(&format!("{prefix}{name}"));
    if let Some(text) = get("CidrIpv4") {
        return permissions::range(text, "CidrIpv4");
    }
    if let Some(text) = get("CidrIpv6") {
        return permissions::range(text, "CidrIpv6");
    }
    if let Some(id) = get("PrefixListId") {
        permissions::prefix_list(id)?;
        return Ok(Source::PrefixList(id.to_owned()));
    }
    let id = get("ReferencedGroupId").ok_or_else(|| missing("SecurityGroupRule.CidrIpv4"))?;
    permissions::reference(call.context.region, group, id)?;
    Ok(Source::Group(id.to_owned()))
}

/// `UpdateSecurityGroupRuleDescriptionsIngress` and `…Egress`: by permissions, or by ids.
pub(super) fn describe_anew(call: &mut Call) -> Result<Vec<Element>> {
    let group = named(call)?;
    let egress = is_egress(call);
    let mut changes = Vec::new();
    for prefix in call.form.groups("SecurityGroupRuleDescription") {
        let id = call.form.required(&format!("{prefix}SecurityGroupRuleId"))?.to_owned();
        named_rules(call.context.region, &group, egress, std::slice::from_ref(&id))?;
        changes.push((id, permissions::description(&call.form, &prefix)?));
    }
    for permission in permissions::read(call, &group)? {
        let found = rules_of(call.context.region, &group, egress).find(|rule| permission.is(rule));
        let found = found.ok_or_else(|| {
            let message = "The specified rule does not exist in this security group.";
            AwsError::new(400, "InvalidPermission.NotFound", message)
        })?;
        changes.push((found.id.clone(), permission.description));
    }
    if changes.is_empty() {
        return Err(missing("IpPermissions"));
    }
    for (id, description) in changes {
        if let Some(rule) = call.context.region.ec2.rules.get_mut(&id) {
            rule.description = description;
        }
    }
    Ok(done())
}
