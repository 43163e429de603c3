//! Listings: identifiers, filters and pages, alike in all Describe operations.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::call::Call;
use super::errors::{combination, invalid};
use super::filters::Filter;
use super::ids::Kind;
use super::xml::Element;
use crate::error::{Answer, AwsError};
use crate::world::{Region, Tags};

/// A resource that a Describe operation lists.
pub(super) trait Described {
    /// The element that holds the items.
    const SET: &'static str;
    /// The parameter that names identifiers, such as `SubnetId`.
    const IDS: &'static str;
    /// Its kind, for ids.
    const KIND: &'static Kind;
    /// The filters that EC2's model documents (botocore 1.43); `tag:` stands for `tag:KEY`.
    const FILTERS: &'static [&'static str];

    /// Its identifier.
    fn id(&self) -> &str;

    /// Its tags.
    fn tags(&self) -> &Tags;

    /// What it has under the name of a filter.
    fn values(&self, region: &Region, filter: &str) -> Vec<String>;

    /// The item.
    fn item(&self, region: &Region) -> Vec<Element>;

    /// Whether the account sees it: some of what is shared with it stays the owner's.
    fn visible(&self, _region: &Region) -> bool {
        true
    }
}

/// Whether a listing takes `MaxResults` together with identifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paging {
    Always,
    /// "You cannot specify this parameter and the … IDs parameter in the same request".
    NotWithIds,
}

/// The page of rows that a call asks for.
pub(super) fn list<'a, T: Described + 'a>(
    call: &Call,
    rows: impl Iterator<Item = &'a T>,
    paging: Paging,
) -> Answer<Vec<Element>> {
    let region = &*call.context.region;
    let (page, next) = page(call, rows, paging)?;
    let mut members = vec![Element::set(T::SET, page.iter().map(|row| row.item(region)))];
    members.extend(next.map(|token| Element::text("nextToken", token)));
    Ok(members)
}

/// The rows of the page, and the token of the one behind it.
pub(super) fn page<'a, T: Described + 'a>(
    call: &Call,
    rows: impl Iterator<Item = &'a T>,
    paging: Paging,
) -> Answer<(Vec<&'a T>, Option<String>)> {
    let (form, region) = (&call.form, &*call.context.region);
    let filters = Filter::all(form, T::FILTERS)?;
    let wanted = form.list(T::IDS);
    let most = most(call)?;
    if paging == Paging::NotWithIds && most.is_some() && !wanted.is_empty() {
        let message = format!("The parameter {} cannot be used with MaxResults", T::IDS);
        return Err(combination(message));
    }
    let visible: BTreeMap<&str, &T> = rows
        .filter(|row| wanted.is_empty() || wanted.contains(&row.id()))
        .filter(|row| row.visible(region))
        .map(|row| (row.id(), row))
        .collect();
    for id in &wanted {
        T::KIND.check(id)?;
    }
    let absent: Vec<&str> = wanted.iter().copied().filter(|id| !visible.contains_key(id)).collect();
    if !absent.is_empty() {
        return Err(T::KIND.not_found(&absent.join(", ")));
    }
    let after = after(call)?;
    let mut matching = visible
        .into_values()
        .filter(|row| after.as_deref().is_none_or(|after| row.id() > after))
        .filter(|row| {
            filters.iter().all(|filter| filter.admits(row.tags(), |name| row.values(region, name)))
        })
        .peekable();
    let page: Vec<&T> = matching.by_ref().take(most.unwrap_or(usize::MAX)).collect();
    let more = matching.peek().is_some();
    let next = page.last().filter(|_| more).map(|last| token(call, last.id()));
    Ok((page, next))
}

/// `MaxResults`: 5 to 1000 in EC2's model, 5 to 100 for route tables.
pub(super) fn most(call: &Call) -> Answer<Option<usize>> {
    let greatest = if call.action == "DescribeRouteTables" { 100 } else { 1000 };
    let Some(most) = call.form.parsed::<usize>("MaxResults", "a number")? else {
        return Ok(None);
    };
    if most < 5 {
        let why = "Expecting a value greater than 5.";
        return Err(invalid("maxResults", &most.to_string(), why));
    }
    if most > greatest {
        let why = format!("Expecting a value less than or equal to {greatest}.");
        return Err(invalid("maxResults", &most.to_string(), &why));
    }
    Ok(Some(most))
}

/// The id that the page follows, out of the token. A token that was never handed out for
/// this very request is refused.
pub(super) fn after(call: &Call) -> Answer<Option<String>> {
    let Some(given) = call.form.get("NextToken") else {
        return Ok(None);
    };
    let id = given.split_once('.').and_then(|(_, hex)| unhex(hex));
    id.filter(|id| token(call, id) == given).map(Some).ok_or_else(|| {
        AwsError::new(400, "InvalidNextToken", "The specified NextToken is not valid.")
    })
}

/// The token of the page behind a row: its id, and what it was handed out for.
pub(super) fn token(call: &Call, last: &str) -> String {
    let mut hasher = DefaultHasher::new();
    (call.form.without(&["NextToken", "MaxResults"]), &call.context.region.name, last)
        .hash(&mut hasher);
    let hex: Vec<String> = last.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("{:016x}.{}", hasher.finish(), hex.concat())
}

fn unhex(hex: &str) -> Option<String> {
    let pairs = hex
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    String::from_utf8(pairs.collect::<Option<Vec<u8>>>()?).ok()
}

/// Tags as EC2 writes them.
pub(super) fn tag_set(tags: &Tags) -> Element {
    Element::set(
        "tagSet",
        tags.iter()
            .map(|(key, value)| vec![Element::text("key", key), Element::text("value", value)]),
    )
}
