//! Tags: on creation, afterwards, and their listing.

use super::call::Call;
use super::errors::{invalid, invalid_value, not_yours};
use super::filters::Filter;
use super::ids;
use super::ids::Kind;
use super::listing::{after, most, token};
use super::xml::Element;
use crate::error::{Answer, AwsError};
use crate::world::{Region, Tags};

/// The most tags of a resource ("Tag restrictions", EC2 User Guide).
const MOST: usize = 50;

/// The tags that a creation gives to a resource of this type; another type in
/// `TagSpecification` is refused.
pub(super) fn on_creation(call: &Call, kind: &Kind) -> Answer<Tags> {
    let mut tags = Tags::new();
    for specification in call.form.groups("TagSpecification") {
        let name = format!("{specification}ResourceType");
        let kind_given = call.form.required(&name)?;
        if kind_given != kind.resource_type {
            let message =
                format!("'{kind_given}' is not a valid taggable resource type for this operation.");
            return Err(invalid_value(message));
        }
        tags.extend(call.form.tags(&format!("{specification}Tag")));
    }
    check(&tags)?;
    Ok(tags)
}

/// Refuses keys and values that EC2 does not take.
fn check(tags: &Tags) -> Answer<()> {
    for (key, value) in tags {
        if key.starts_with("aws:") {
            return Err(invalid_value(format!(
                "Tag keys starting with 'aws:' are reserved for internal use: {key}"
            )));
        }
        if key.is_empty() || key.chars().count() > 127 {
            let message = "Tag keys must be between 1 and 127 characters in length";
            return Err(AwsError::new(400, "InvalidTagKey.Malformed", message));
        }
        if value.chars().count() > 255 {
            return Err(invalid("tag value", value, "Expected at most 255 characters."));
        }
    }
    if tags.len() > MOST {
        return Err(AwsError::new(
            400,
            "TagLimitExceeded",
            format!("More than {MOST} tags specified"),
        ));
    }
    Ok(())
}

/// `CreateTags`.
pub(super) fn create(call: &mut Call) -> Answer<Vec<Element>> {
    let tags = call.form.tags("Tag");
    check(&tags)?;
    if tags.is_empty() {
        return Err(super::errors::missing("Tag"));
    }
    for id in resources(call)? {
        let found = of(call.context.region, &id)?;
        found.extend(tags.clone());
        let own = found.keys().filter(|key| !key.starts_with("aws:")).count();
        if own > MOST {
            let message = format!("The resource '{id}' would have more than {MOST} tags");
            return Err(AwsError::new(400, "TagLimitExceeded", message));
        }
    }
    Ok(vec![Element::text("return", true)])
}

/// `DeleteTags`: those named, by value too where one is given; without any, all of them
/// but AWS's own.
pub(super) fn delete(call: &mut Call) -> Answer<Vec<Element>> {
    let prefixes = call.form.groups("Tag");
    let named: Vec<(String, Option<String>)> = prefixes
        .iter()
        .map(|tag| {
            let text = |name: &str| call.form.get(&format!("{tag}{name}")).map(str::to_owned);
            (text("Key").unwrap_or_default(), text("Value"))
        })
        .collect();
    if let Some((key, _)) = named.iter().find(|(key, _)| key.starts_with("aws:")) {
        let message = format!("Tag keys starting with 'aws:' are reserved for internal use: {key}");
        return Err(invalid_value(message));
    }
    for id in resources(call)? {
        let found = of(call.context.region, &id)?;
        found.retain(|key, value| {
            let gone = named.iter().any(|(name, wanted)| {
                name == key && wanted.as_ref().is_none_or(|wanted| wanted == value)
            });
            key.starts_with("aws:") || !(named.is_empty() || gone)
        });
    }
    Ok(vec![Element::text("return", true)])
}

fn resources(call: &Call) -> Answer<Vec<String>> {
    let given = call.form.list("ResourceId");
    if given.is_empty() {
        return Err(super::errors::missing("ResourceId"));
    }
    Ok(given.into_iter().map(str::to_owned).collect())
}

/// The tags of a resource of any kind, to change.
fn of<'a>(region: &'a mut Region, id: &str) -> Answer<&'a mut Tags> {
    let account = region.account.clone();
    let ec2 = &mut region.ec2;
    let kinds: [&'static Kind; 11] = [
        &ids::VPC,
        &ids::SUBNET,
        &ids::GROUP,
        &ids::RULE,
        &ids::INTERFACE,
        &ids::ROUTE_TABLE,
        &ids::INTERNET_GATEWAY,
        &ids::NAT_GATEWAY,
        &ids::NETWORK_ACL,
        &ids::DHCP_OPTIONS,
        &ids::INSTANCE,
    ];
    let Some(kind) = kinds.into_iter().find(|kind| kind.fits(id)) else {
        let message = format!("The ID '{id}' is not valid");
        return Err(AwsError::new(400, "InvalidID", message));
    };
    let owner = match kind.resource_type {
        "vpc" => ec2.vpcs.get(id).map(|row| row.owner.clone()),
        "subnet" => ec2.subnets.get(id).map(|row| row.owner.clone()),
        "security-group" => ec2.security_groups.get(id).map(|row| row.owner.clone()),
        "route-table" => ec2.route_tables.get(id).map(|row| row.owner.clone()),
        "network-acl" => ec2.network_acls.get(id).map(|row| row.owner.clone()),
        _ => None,
    };
    // A participant has tags of its own on a shared VPC and its subnets.
    let shared = owner.is_some_and(|owner| owner != account);
    if shared && !matches!(kind.resource_type, "vpc" | "subnet") {
        return Err(not_yours());
    }
    let tags = match kind.resource_type {
        "vpc" => ec2.vpcs.get_mut(id).map(|row| &mut row.tags),
        "subnet" => ec2.subnets.get_mut(id).map(|row| &mut row.tags),
        "security-group" => ec2.security_groups.get_mut(id).map(|row| &mut row.tags),
        "security-group-rule" => ec2.rules.get_mut(id).map(|row| &mut row.tags),
        "network-interface" => ec2.interfaces.get_mut(id).map(|row| &mut row.tags),
        "route-table" => ec2.route_tables.get_mut(id).map(|row| &mut row.tags),
        "internet-gateway" => ec2.internet_gateways.get_mut(id).map(|row| &mut row.tags),
        "natgateway" => ec2.nat_gateways.get_mut(id).map(|row| &mut row.tags),
        "network-acl" => ec2.network_acls.get_mut(id).map(|row| &mut row.tags),
        "dhcp-options" => ec2.dhcp_options.get_mut(id).map(|row| &mut row.tags),
        _ => ec2.instances.get_mut(id).map(|row| &mut row.tags),
    };
    tags.ok_or_else(|| kind.not_found(id))
}

/// `DescribeTags`.
pub(super) fn describe(call: &mut Call) -> Answer<Vec<Element>> {
    let documented = ["key", "resource-id", "resource-type", "tag:", "value"];
    let filters = Filter::all(&call.form, &documented)?;
    let most = most(call)?.unwrap_or(usize::MAX);
    let after = after(call)?;
    let mut all = everything(call.context.region);
    all.sort();
    let place = |(id, _, key, _): &(String, &str, String, String)| format!("{id}/{key}");
    let mut rows = all
        .into_iter()
        .filter(|row| after.as_deref().is_none_or(|after| place(row).as_str() > after))
        .filter(|(id, kind, key, value)| {
            filters.iter().all(|filter| {
                filter.admits(&Tags::from([(key.clone(), value.clone())]), |name| match name {
                    "key" => vec![key.clone()],
                    "resource-id" => vec![id.clone()],
                    "resource-type" => vec![(*kind).to_owned()],
                    "value" => vec![value.clone()],
                    _ => Vec::new(),
                })
            })
        })
        .peekable();
    let page: Vec<_> = rows.by_ref().take(most).collect();
    let next = page.last().filter(|_| rows.peek().is_some()).map(|last| token(call, &place(last)));
    let items = page.iter().map(|(id, kind, key, value)| {
        vec![
            Element::text("resourceId", id),
            Element::text("resourceType", kind),
            Element::text("key", key),
            Element::text("value", value),
        ]
    });
    let mut members = vec![Element::set("tagSet", items)];
    members.extend(next.map(|token| Element::text("nextToken", token)));
    Ok(members)
}

/// Every tag: the resource's id and type, the key and the value.
fn everything(region: &Region) -> Vec<(String, &'static str, String, String)> {
    let ec2 = &region.ec2;
    let mut all = Vec::new();
    let mut add = |kind: &'static Kind, id: &str, tags: &Tags| {
        let kind = kind.resource_type;
        all.extend(
            tags.iter().map(|(key, value)| (id.to_owned(), kind, key.clone(), value.clone())),
        );
    };
    ec2.vpcs.values().for_each(|row| add(&ids::VPC, &row.id, &row.tags));
    ec2.subnets.values().for_each(|row| add(&ids::SUBNET, &row.id, &row.tags));
    ec2.security_groups.values().for_each(|row| add(&ids::GROUP, &row.id, &row.tags));
    ec2.rules.values().for_each(|row| add(&ids::RULE, &row.id, &row.tags));
    ec2.interfaces.values().for_each(|row| add(&ids::INTERFACE, &row.id, &row.tags));
    ec2.route_tables.values().for_each(|row| add(&ids::ROUTE_TABLE, &row.id, &row.tags));
    ec2.internet_gateways.values().for_each(|row| add(&ids::INTERNET_GATEWAY, &row.id, &row.tags));
    ec2.nat_gateways.values().for_each(|row| add(&ids::NAT_GATEWAY, &row.id, &row.tags));
    ec2.network_acls.values().for_each(|row| add(&ids::NETWORK_ACL, &row.id, &row.tags));
    ec2.dhcp_options.values().for_each(|row| add(&ids::DHCP_OPTIONS, &row.id, &row.tags));
    ec2.instances.values().for_each(|row| add(&ids::INSTANCE, &row.id, &row.tags));
    all
}
