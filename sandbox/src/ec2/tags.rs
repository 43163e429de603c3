//! Tags: on creation, afterwards, and their listing.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};

use super::call::Call;
use super::errors::{invalid, invalid_value, not_yours};
use super::ids::Kind;
use super::listing::{self, By, Pages, after, done, filters, most, one, passes, token};
use super::resource::{kind_of, tags_mut, visit};
use crate::error::{AwsError, Result};
use crate::world::{Region, Tags};
use crate::xml::Element;

/// The most tags of a resource ("Tag restrictions", EC2 User Guide).
const MOST: usize = 50;

/// The tags that a creation gives to a resource of this type; another type in
/// `TagSpecification` is refused.
pub(super) fn on_creation(call: &Call, kind: &Kind) -> Result<Tags> {
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
fn check(tags: &Tags) -> Result<()> {
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
pub(super) fn create(call: &mut Call) -> Result<Vec<Element>> {
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
    Ok(done())
}

/// `DeleteTags`: those named, by value too where one is given; without any, all of them
/// but AWS's own.
pub(super) fn delete(call: &mut Call) -> Result<Vec<Element>> {
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
    Ok(done())
}

fn resources(call: &Call) -> Result<Vec<String>> {
    let given = call.form.list("ResourceId");
    if given.is_empty() {
        return Err(super::errors::missing("ResourceId"));
    }
    Ok(given.into_iter().map(str::to_owned).collect())
}

/// The tags of a resource of any kind, to change.
fn of<'a>(region: &'a mut Region, id: &str) -> Result<&'a mut Tags> {
    let account = region.account.clone();
    let ec2 = &mut region.ec2;
    let Some(kind) = kind_of(id) else {
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
    tags_mut(ec2, kind, id).ok_or_else(|| kind.not_found(id))
}

/// One tag of a resource.
struct TagRow {
    resource: String,
    kind: &'static str,
    key: String,
    value: String,
}

impl TagRow {
    /// Its place in the listing: what a page's token names.
    fn place(&self) -> String {
        format!("{}/{}", self.resource, self.key)
    }
}

static FILTERS: &[By<TagRow>] = &[
    By("key", |row, _| one(&row.key)),
    By("resource-id", |row, _| one(&row.resource)),
    By("resource-type", |row, _| one(row.kind)),
    By("value", |row, _| one(&row.value)),
];

/// `DescribeTags`.
pub(super) fn describe(call: &mut Call) -> Result<Vec<Element>> {
    let region = &*call.context.region;
    let filters = filters(&call.form, FILTERS, true)?;
    let most = most(call, Pages::Most(listing::MOST))?.unwrap_or(usize::MAX);
    let after = after(call)?.unwrap_or_default();
    let mut rows: BTreeMap<String, TagRow> = BTreeMap::new();
    visit(&region.ec2, |kind, id, tags| {
        let kind = kind.resource_type;
        rows.extend(tags.iter().map(|(key, value)| {
            let (key, value) = (key.clone(), value.clone());
            let row = TagRow { resource: id.to_owned(), kind, key, value };
            (row.place(), row)
        }));
    });
    let mut matching = rows
        .range::<str, _>((Excluded(after.as_str()), Unbounded))
        .map(|(_, row)| row)
        .filter(|row| {
            let tags = Tags::from([(row.key.clone(), row.value.clone())]);
            passes(*row, &tags, region, &filters)
        })
        .peekable();
    let page: Vec<&TagRow> = matching.by_ref().take(most).collect();
    let more = matching.peek().is_some();
    let next = page.last().filter(|_| more).map(|last| token(call, &last.place()));
    let items = page.iter().map(|row| {
        vec![
            Element::text("resourceId", &row.resource),
            Element::text("resourceType", row.kind),
            Element::text("key", &row.key),
            Element::text("value", &row.value),
        ]
    });
    let mut members = vec![Element::set("tagSet", items)];
    members.extend(next.map(|token| Element::text("nextToken", token)));
    Ok(members)
}
