//! Security groups.

use super::call::Call;
use super::errors::{dependency, invalid_value, missing, not_yours};
use super::ids::{GROUP, Kind};
use super::listing::{Described, Paging, list, tag_set};
use super::state::{Rule, SecurityGroup, Source};
use super::xml::Element;
use super::{defaults, permissions, tags, vpcs};
use crate::error::{Answer, AwsError};
use crate::world::{Region, Tags};

impl Described for SecurityGroup {
    const SET: &'static str = "securityGroupInfo";
    const IDS: &'static str = "GroupId";
    const KIND: &'static Kind = &GROUP;
    const FILTERS: &'static [&'static str] = &[
        "description",
        "egress.ip-permission.cidr",
        "egress.ip-permission.from-port",
        "egress.ip-permission.group-id",
        "egress.ip-permission.group-name",
        "egress.ip-permission.ipv6-cidr",
        "egress.ip-permission.prefix-list-id",
        "egress.ip-permission.protocol",
        "egress.ip-permission.to-port",
        "egress.ip-permission.user-id",
        "group-id",
        "group-name",
        "ip-permission.cidr",
        "ip-permission.from-port",
        "ip-permission.group-id",
        "ip-permission.group-name",
        "ip-permission.ipv6-cidr",
        "ip-permission.prefix-list-id",
        "ip-permission.protocol",
        "ip-permission.to-port",
        "ip-permission.user-id",
        "owner-id",
        "tag-key",
        "tag:",
        "vpc-id",
    ];

    fn id(&self) -> &str {
        &self.id
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn values(&self, region: &Region, filter: &str) -> Vec<String> {
        let rules = |egress| {
            region.ec2.rules.by("group", &self.id).filter(move |rule| rule.egress == egress)
        };
        if let Some(member) = filter.strip_prefix("egress.ip-permission.") {
            return rules(true).filter_map(|rule| permission(region, rule, member)).collect();
        }
        if let Some(member) = filter.strip_prefix("ip-permission.") {
            return rules(false).filter_map(|rule| permission(region, rule, member)).collect();
        }
        match filter {
            "description" => vec![self.description.clone()],
            "group-id" => vec![self.id.clone()],
            "group-name" => vec![self.name.clone()],
            "owner-id" => vec![self.owner.clone()],
            "vpc-id" => vec![self.vpc.clone()],
            _ => Vec::new(),
        }
    }

    fn item(&self, region: &Region) -> Vec<Element> {
        vec![
            Element::text("ownerId", &self.owner),
            Element::text("groupId", &self.id),
            Element::text("groupName", &self.name),
            Element::text("groupDescription", &self.description),
            Element::text("vpcId", &self.vpc),
            Element::text("securityGroupArn", arn(region, &self.id)),
            Element::set("ipPermissions", permissions::items(region, &self.id, false)),
            Element::set("ipPermissionsEgress", permissions::items(region, &self.id, true)),
            tag_set(&self.tags),
        ]
    }

    /// "Participants can't … use the default security group for the VPC because it belongs
    /// to the owner" (Share your VPC subnets): a shared VPC's groups are its owner's.
    fn visible(&self, region: &Region) -> bool {
        self.owner == region.account
    }
}

/// What one rule has under the rest of a filter's name.
fn permission(region: &Region, rule: &Rule, member: &str) -> Option<String> {
    match (member, &rule.source) {
        ("cidr", Source::Ipv4(cidr)) | ("ipv6-cidr", Source::Ipv6(cidr)) => Some(cidr.clone()),
        ("group-id", Source::Group(id)) | ("prefix-list-id", Source::PrefixList(id)) => {
            Some(id.clone())
        }
        ("group-name", Source::Group(id)) => {
            region.ec2.security_groups.get(id).map(|group| group.name.clone())
        }
        ("user-id", Source::Group(_)) => Some(region.account.clone()),
        ("protocol", _) => Some(rule.protocol.clone()),
        ("from-port", _) if rule.protocol != "-1" => Some(rule.from_port.to_string()),
        ("to-port", _) if rule.protocol != "-1" => Some(rule.to_port.to_string()),
        _ => None,
    }
}

fn arn(region: &Region, id: &str) -> String {
    region.arn("ec2", &format!("security-group/{id}"))
}

/// `DescribeSecurityGroups`, by id, by name within the default VPC, or by filters.
pub(super) fn describe(call: &mut Call) -> Answer<Vec<Element>> {
    let ec2 = &call.context.region.ec2;
    let wanted = call.form.list("GroupName");
    let in_default =
        |group: &&SecurityGroup| ec2.vpcs.get(&group.vpc).is_some_and(|vpc| vpc.is_default);
    let named = |name: &&str| {
        ec2.security_groups.values().filter(in_default).any(|group| group.name == **name)
    };
    if let Some(name) = wanted.iter().find(|name| !named(name)) {
        return Err(GROUP.not_found(name));
    }
    let rows = ec2.security_groups.values();
    let rows = rows.filter(|group| {
        wanted.is_empty() || (in_default(group) && wanted.contains(&group.name.as_str()))
    });
    list(call, rows, Paging::Always)
}

/// `CreateSecurityGroup`: a new group admits nothing, and may send anything.
pub(super) fn create(call: &mut Call) -> Answer<Vec<Element>> {
    let name = text(call, "GroupName")?;
    let description = text(call, "GroupDescription")?;
    if name.starts_with("sg-") {
        let message = format!("Invalid value '{name}' for groupName. Cannot start with 'sg-'.");
        return Err(invalid_value(message));
    }
    if name == "default" {
        let message = format!("Cannot use reserved security group name: {name}");
        return Err(AwsError::new(400, "InvalidGroup.Reserved", message));
    }
    let tags = tags::on_creation(call, &GROUP)?;
    let region = &*call.context.region;
    let vpc = match call.form.get("VpcId") {
        Some(id) => vpcs::find(region, id)?,
        None => region.ec2.vpcs.values().find(|vpc| vpc.is_default).ok_or_else(|| {
            AwsError::new(400, "VPCIdNotSpecified", "No default VPC for this user")
        })?,
    };
    let vpc = vpc.clone();
    // A participant makes groups of its own in a shared VPC; the owner's are other ones.
    let same = |group: &SecurityGroup| group.name == name && group.owner == region.account;
    if region.ec2.security_groups.by("vpc", &vpc.id).any(same) {
        let message = format!("The security group '{name}' already exists for VPC '{}'", vpc.id);
        return Err(AwsError::new(400, "InvalidGroup.Duplicate", message));
    }
    let ids = &mut *call.context.ids;
    let region = &mut *call.context.region;
    let group = SecurityGroup {
        id: ids.next("sg-"),
        vpc: vpc.id.clone(),
        owner: region.account.clone(),
        name,
        description,
        tags,
    };
    for rule in defaults::to_anywhere(&vpc, &group.id, &mut |prefix| ids.next(prefix)) {
        region.ec2.rules.insert(rule.id.clone(), rule);
    }
    let members = vec![
        Element::text("return", true),
        Element::text("groupId", &group.id),
        tag_set(&group.tags),
        Element::text("securityGroupArn", arn(region, &group.id)),
    ];
    region.ec2.security_groups.insert(group.id.clone(), group);
    Ok(members)
}

/// "Up to 255 characters in length. Valid characters: a-z, A-Z, 0-9, spaces, and
/// ._-:/()#,@[]+=&;{}!$*" (`CreateSecurityGroup`, for both texts).
fn text(call: &Call, parameter: &str) -> Answer<String> {
    let text = call.form.required(parameter)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(c);
    if text.len() > 255 || !text.chars().all(allowed) {
        let message = format!(
            "Invalid security group {}. Valid values are strings less than 256 characters from the following set: a-zA-Z0-9. _-:/()#,@[]+=&;{{}}!$*",
            if parameter == "GroupName" { "name" } else { "description" }
        );
        return Err(invalid_value(message));
    }
    Ok(text.to_owned())
}

/// `DeleteSecurityGroup`: nothing may use it, and no other group may name it.
pub(super) fn delete(call: &mut Call) -> Answer<Vec<Element>> {
    let group = named(call)?;
    let id = group.id.clone();
    if group.name == "default" {
        let message =
            format!("the specified group: \"{id}\" name: \"default\" cannot be deleted by a user");
        return Err(AwsError::new(400, "CannotDelete", message));
    }
    let ec2 = &mut call.context.region.ec2;
    let used = ec2.interfaces.by("group", &id).next().is_some();
    if used || ec2.rules.by("peer", &id).any(|rule| rule.group != id) {
        return Err(dependency(format!("resource {id} has a dependent object")));
    }
    let rules: Vec<String> = ec2.rules.by("group", &id).map(|rule| rule.id.clone()).collect();
    for rule in &rules {
        ec2.rules.remove(rule);
    }
    ec2.security_groups.remove(&id);
    Ok(vec![Element::text("return", true), Element::text("groupId", id)])
}

/// The group that a call names by id, or by name within the default VPC.
pub(super) fn named(call: &Call) -> Answer<SecurityGroup> {
    let ec2 = &call.context.region.ec2;
    let group = match (call.form.get("GroupId"), call.form.get("GroupName")) {
        (Some(id), _) => {
            GROUP.check(id)?;
            ec2.security_groups.get(id).ok_or_else(|| GROUP.not_found(id))?
        }
        (None, Some(name)) => {
            let default = ec2.vpcs.values().find(|vpc| vpc.is_default);
            let found = default.and_then(|vpc| {
                ec2.security_groups.by("vpc", &vpc.id).find(|group| group.name == name)
            });
            found.ok_or_else(|| GROUP.not_found(name))?
        }
        (None, None) => return Err(missing("GroupId")),
    };
    if group.owner != call.context.region.account {
        return Err(not_yours());
    }
    Ok(group.clone())
}
