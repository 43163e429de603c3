//! Security groups.

use super::call::Call;
use super::errors::{dependency, invalid_value, missing, not_yours};
use super::ids::GROUP;
use super::listing::{By, Index, Listing, MOST, Pages, by_id, list_where, one, tag_keys, tag_set};
use super::{defaults, known_groups, permissions, tags, vpcs};
use crate::error::{AwsError, Result};
use crate::world::Region;
use crate::world::ec2::{Rule, SecurityGroup, Source};
use crate::xml::Element;

/// "VPC security groups per Region: 2,500" (Amazon VPC quotas); the code is of EC2's "Error codes".
const MOST_GROUPS: usize = 2500;

pub(super) static LISTING: Listing<SecurityGroup> = Listing {
    set: "securityGroupInfo",
    ids: "GroupId",
    pages: Pages::Most(MOST),
    filters: &[
        By("description", |group, _| one(&group.description)),
        By("egress.ip-permission.cidr", |row, region| permissions_of(row, region, true, "cidr")),
        By("egress.ip-permission.from-port", |row, region| {
            permissions_of(row, region, true, "from-port")
        }),
        By("egress.ip-permission.group-id", |row, region| {
            permissions_of(row, region, true, "group-id")
        }),
        By("egress.ip-permission.group-name", |row, region| {
            permissions_of(row, region, true, "group-name")
        }),
        By("egress.ip-permission.ipv6-cidr", |row, region| {
            permissions_of(row, region, true, "ipv6-cidr")
        }),
        By("egress.ip-permission.prefix-list-id", |row, region| {
            permissions_of(row, region, true, "prefix-list-id")
        }),
        By("egress.ip-permission.protocol", |row, region| {
            permissions_of(row, region, true, "protocol")
        }),
        By("egress.ip-permission.to-port", |row, region| {
            permissions_of(row, region, true, "to-port")
        }),
        By("egress.ip-permission.user-id", |row, region| {
            permissions_of(row, region, true, "user-id")
        }),
        By("ip-permission.cidr", |row, region| permissions_of(row, region, false, "cidr")),
        By("ip-permission.from-port", |row, region| {
            permissions_of(row, region, false, "from-port")
        }),
        By("ip-permission.group-id", |row, region| permissions_of(row, region, false, "group-id")),
        By("ip-permission.group-name", |row, region| {
            permissions_of(row, region, false, "group-name")
        }),
        By("ip-permission.ipv6-cidr", |row, region| {
            permissions_of(row, region, false, "ipv6-cidr")
        }),
        By("ip-permission.prefix-list-id", |row, region| {
            permissions_of(row, region, false, "prefix-list-id")
        }),
        By("ip-permission.protocol", |row, region| permissions_of(row, region, false, "protocol")),
        By("ip-permission.to-port", |row, region| permissions_of(row, region, false, "to-port")),
        By("ip-permission.user-id", |row, region| permissions_of(row, region, false, "user-id")),
        By("group-id", |group, _| one(&group.id)),
        By("group-name", |group, _| one(&group.name)),
        By("owner-id", |group, _| one(&group.owner)),
        By("tag-key", tag_keys),
        By("vpc-id", |group, _| one(&group.vpc)),
    ],
    indexes: &[
        Index("group-id", by_id),
        Index("vpc-id", |ec2, vpc| ec2.security_groups.by("vpc", vpc).collect()),
    ],
    item,
    // "Participants can't … use the default security group for the VPC because it belongs to
    // the owner" (Share your VPC subnets): a shared VPC's groups are its owner's.
    visible: |group, region| group.owner == region.account,
};

fn item(group: &SecurityGroup, region: &Region) -> Vec<Element> {
    vec![
        Element::text("ownerId", &group.owner),
        Element::text("groupId", &group.id),
        Element::text("groupName", &group.name),
        Element::text("groupDescription", &group.description),
        Element::text("vpcId", &group.vpc),
        Element::text("securityGroupArn", arn(region, &group.id)),
        Element::set("ipPermissions", permissions::items(region, &group.id, false)),
        Element::set("ipPermissionsEgress", permissions::items(region, &group.id, true)),
        tag_set(&group.tags),
    ]
}

/// What the rules of a group have in one direction under the rest of a filter's name.
fn permissions_of(
    group: &SecurityGroup,
    region: &Region,
    egress: bool,
    member: &str,
) -> Vec<String> {
    let rules = region.ec2.rules.by("group", &group.id).filter(|rule| rule.egress == egress);
    rules.filter_map(|rule| permission(region, rule, member)).collect()
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
pub(super) fn describe(call: &mut Call) -> Result<Vec<Element>> {
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
    let now = call.context.now;
    let unknown = |id: &&str| ec2.security_groups.get(id).is_some_and(|group| !group.is_known(now));
    if let Some(id) = call.form.list("GroupId").into_iter().find(unknown) {
        return Err(GROUP.not_found(id));
    }
    let is_wanted = |group: &SecurityGroup| {
        let named = in_default(&group) && wanted.contains(&group.name.as_str());
        group.is_known(now) && (wanted.is_empty() || named)
    };
    list_where(call, &LISTING, is_wanted)
}

/// `CreateSecurityGroup`: a new group admits nothing, and may send anything.
pub(super) fn create(call: &mut Call) -> Result<Vec<Element>> {
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
    let own = region.ec2.security_groups.values().filter(|group| group.owner == region.account);
    if own.count() >= MOST_GROUPS {
        let message = "The maximum number of security groups has been reached.";
        return Err(AwsError::new(400, "SecurityGroupLimitExceeded", message));
    }
    let ids = &mut *call.context.ids;
    let region = &mut *call.context.region;
    let group = SecurityGroup {
        id: ids.next("sg-"),
        known_ms: call.context.now + call.context.options.unknown_ms(),
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
fn text(call: &Call, parameter: &str) -> Result<String> {
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
pub(super) fn delete(call: &mut Call) -> Result<Vec<Element>> {
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
pub(super) fn named(call: &Call) -> Result<SecurityGroup> {
    let ec2 = &call.context.region.ec2;
    let group = match (call.form.get("GroupId"), call.form.get("GroupName")) {
        (Some(id), _) => {
            GROUP.check(id)?;
            known_groups::known(call, id)?
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
