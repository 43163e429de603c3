//! Listings: identifiers, filters and pages, alike in all Describe operations. A listing is
//! a table: its filters, where an index serves them, and how an item reads.

use std::collections::BTreeSet;

use super::call::Call;
use super::errors::{combination, invalid};
use super::filters::Filter;
use super::form::Form;
use super::resource::Resource;
use crate::error::{AwsError, Result};
use crate::marker;
use crate::world::ec2::Ec2;
use crate::world::{Region, Tags};
use crate::xml::Element;

/// What a Describe operation lists, and how.
pub(super) struct Listing<T: 'static> {
    /// The element that holds the items.
    pub(super) set: &'static str,
    /// The parameter that names identifiers, such as `SubnetId`.
    pub(super) ids: &'static str,
    pub(super) pages: Pages,
    /// The filters that EC2's model documents (botocore 1.43), but for `tag:KEY`, which
    /// every listing has.
    pub(super) filters: &'static [By<T>],
    /// Filters that an index serves, the most selective one first.
    pub(super) indexes: &'static [Index<T>],
    pub(super) item: fn(&T, &Region) -> Vec<Element>,
    /// Whether the account sees a row: some of what is shared with it stays the owner's.
    pub(super) visible: fn(&T, &Region) -> bool,
}

/// A filter: its names, separated by blanks, and the values that a row has under them.
pub(super) struct By<T: 'static>(pub(super) &'static str, pub(super) Values<T>);

/// The values of a row under the name of a filter.
pub(super) type Values<T> = fn(&T, &Region) -> Vec<String>;

/// The rows that have one value under the name of a filter.
pub(super) struct Index<T: 'static>(
    pub(super) &'static str,
    pub(super) for<'a> fn(&'a Ec2, &str) -> Vec<&'a T>,
);

/// How many items a page may hold, and whether pages go together with identifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pages {
    Most(usize),
    /// "You cannot specify this parameter and the … IDs parameter in the same request".
    MostWithoutIds(usize),
    /// The listing takes neither `MaxResults` nor `NextToken`.
    None,
}

/// The least and the greatest number of items in a page of most listings.
const LEAST: usize = 5;
pub(super) const MOST: usize = 1000;

/// One value of a filter.
pub(super) fn one(value: impl ToString) -> Vec<String> {
    vec![value.to_string()]
}

/// Any number of values of a filter.
pub(super) fn all(values: impl IntoIterator<Item = impl ToString>) -> Vec<String> {
    values.into_iter().map(|value| value.to_string()).collect()
}

/// What a row of the sandbox never has: EC2 documents the filter, and it matches nothing.
pub(super) fn nothing<T>(_: &T, _: &Region) -> Vec<String> {
    Vec::new()
}

/// The values of the filter `tag-key`.
pub(super) fn tag_keys<T: Resource>(row: &T, _: &Region) -> Vec<String> {
    all(row.tags().keys())
}

/// The only row that an id names, for an index.
pub(super) fn by_id<'a, T: Resource>(ec2: &'a Ec2, id: &str) -> Vec<&'a T> {
    T::table(ec2).get(id).into_iter().collect()
}

/// What everyone sees.
pub(super) fn everyone<T>(_: &T, _: &Region) -> bool {
    true
}

/// A filter of a call, and where a row's values for it come from: `None` for its tags.
pub(super) type Wanted<T> = (Filter, Option<Values<T>>);

/// The filters of a call; `tagged` where `tag:KEY` is one.
pub(super) fn filters<T>(
    form: &Form,
    documented: &'static [By<T>],
    tagged: bool,
) -> Result<Vec<Wanted<T>>> {
    let find = |name: &str| {
        documented.iter().find(|By(names, _)| names.split(' ').any(|known| known == name))
    };
    let is_tag =
        |name: &str| tagged && name.strip_prefix("tag:").is_some_and(|key| !key.is_empty());
    let read = Filter::all(form, |name| is_tag(name) || find(name).is_some())?;
    Ok(read
        .into_iter()
        .map(|filter| {
            let values = find(&filter.name).map(|By(_, values)| *values);
            (filter, values)
        })
        .collect())
}

/// Whether a row passes all filters.
pub(super) fn passes<T>(row: &T, tags: &Tags, region: &Region, filters: &[Wanted<T>]) -> bool {
    filters.iter().all(|(filter, values)| {
        if let Some(values) = values {
            return filter.admits(&values(row, region));
        }
        let value = filter.tag().and_then(|key| tags.get(key));
        value.is_some_and(|value| filter.admits(&[value]))
    })
}

/// The page of a listing that a call requests.
pub(super) fn list<T: Resource>(call: &Call, listing: &Listing<T>) -> Result<Vec<Element>> {
    list_where(call, listing, |_| true)
}

/// The page of those rows for which `also` holds.
pub(super) fn list_where<T: Resource>(
    call: &Call,
    listing: &Listing<T>,
    also: impl Fn(&T) -> bool,
) -> Result<Vec<Element>> {
    let region = &*call.context.region;
    let (page, next) = page(call, listing, also)?;
    let items = page.iter().map(|row| (listing.item)(row, region));
    let mut members = vec![Element::set(listing.set, items)];
    members.extend(next.map(|token| Element::text("nextToken", token)));
    Ok(members)
}

/// The rows of the page, and the token of the one behind it.
pub(super) fn page<'a, T: Resource>(
    call: &'a Call,
    listing: &Listing<T>,
    also: impl Fn(&T) -> bool,
) -> Result<(Vec<&'a T>, Option<String>)> {
    let (form, region) = (&call.form, &*call.context.region);
    let filters = filters(form, listing.filters, true)?;
    let ids = form.list(listing.ids);
    let most = most(call, listing.pages)?;
    if matches!(listing.pages, Pages::MostWithoutIds(_)) && most.is_some() && !ids.is_empty() {
        let message = format!("The parameter {} cannot be used with MaxResults", listing.ids);
        return Err(combination(message));
    }
    let after = after(call)?;
    let after = after.as_deref().unwrap_or_default();
    let visible = |row: &&T| (listing.visible)(row, region);
    let rows: Box<dyn Iterator<Item = &'a T>> = match named(region, &ids, visible)? {
        Some(rows) => Box::new(behind(rows, after)),
        None => match narrowed(&region.ec2, listing, &filters) {
            Some(rows) => Box::new(behind(rows, after)),
            None => Box::new(T::table(&region.ec2).after(after).map(|(_, row)| row)),
        },
    };
    let mut matching = rows
        .filter(visible)
        .filter(|row| also(row) && passes(*row, row.tags(), region, &filters))
        .peekable();
    let page: Vec<&T> = matching.by_ref().take(most.unwrap_or(usize::MAX)).collect();
    let more = matching.peek().is_some();
    let next = page.last().filter(|_| more).map(|last| token(call, last.id()));
    Ok((page, next))
}

/// Rows in the order of their ids, none of them twice.
fn in_order<T: Resource>(mut rows: Vec<&T>) -> Vec<&T> {
    rows.sort_unstable_by(|a, b| a.id().cmp(b.id()));
    rows.dedup_by(|a, b| a.id() == b.id());
    rows
}

fn behind<'a, T: Resource>(
    rows: Vec<&'a T>,
    after: &str,
) -> impl Iterator<Item = &'a T> + use<'a, T> {
    let start = rows.partition_point(|row| row.id() <= after);
    rows.into_iter().skip(start)
}

/// The rows that a call names by their ids. All that do not exist are named in one error.
fn named<'a, T: Resource>(
    region: &'a Region,
    ids: &[&str],
    visible: impl Fn(&&T) -> bool,
) -> Result<Option<Vec<&'a T>>> {
    if ids.is_empty() {
        return Ok(None);
    }
    ids.iter().try_for_each(|id| T::KIND.check(id))?;
    let table = T::table(&region.ec2);
    let found: Vec<&T> = ids.iter().filter_map(|id| table.get(id)).filter(visible).collect();
    let is_absent = |id: &&str| !found.iter().any(|row| row.id() == *id);
    let absent: Vec<&str> = ids.iter().copied().filter(is_absent).collect();
    if absent.is_empty() {
        return Ok(Some(in_order(found)));
    }
    Err(T::KIND.not_found(&absent.join(", ")))
}

/// The rows of the most selective index that serves one of the filters.
fn narrowed<'a, T: Resource>(
    ec2: &'a Ec2,
    listing: &Listing<T>,
    filters: &[Wanted<T>],
) -> Option<Vec<&'a T>> {
    listing.indexes.iter().find_map(|Index(name, find)| {
        let (filter, _) = filters.iter().find(|(filter, _)| filter.name == *name)?;
        let values: BTreeSet<&String> = filter.exact()?.iter().collect();
        let rows = values.into_iter().flat_map(|value| find(ec2, value));
        Some(in_order(rows.collect()))
    })
}

/// `MaxResults`.
pub(super) fn most(call: &Call, pages: Pages) -> Result<Option<usize>> {
    let greatest = match pages {
        Pages::Most(most) | Pages::MostWithoutIds(most) => most,
        Pages::None => return Ok(None),
    };
    let Some(most) = call.form.parsed::<usize>("MaxResults", "a number")? else {
        return Ok(None);
    };
    if most < LEAST {
        let why = format!("Expecting a value greater than {LEAST}.");
        return Err(invalid("maxResults", &most.to_string(), &why));
    }
    if most > greatest {
        let why = format!("Expecting a value less than or equal to {greatest}.");
        return Err(invalid("maxResults", &most.to_string(), &why));
    }
    Ok(Some(most))
}

/// The id that the page follows, out of the token. A token that was never handed out for
/// this very request is refused.
pub(super) fn after(call: &Call) -> Result<Option<String>> {
    let Some(given) = call.form.get("NextToken") else {
        return Ok(None);
    };
    marker::behind(&asked(call), given).map(Some).ok_or_else(|| {
        AwsError::new(400, "InvalidNextToken", "The specified NextToken is not valid.")
    })
}

/// The token of the page behind a row.
pub(super) fn token(call: &Call, last: &str) -> String {
    marker::marker(&asked(call), last)
}

/// What a token is handed out for.
fn asked<'a>(call: &'a Call<'_, '_>) -> (String, &'a str) {
    (call.form.without(&["NextToken", "MaxResults"]), &call.context.region.name)
}

/// Tags as EC2 writes them.
pub(super) fn tag_set(tags: &Tags) -> Element {
    Element::set(
        "tagSet",
        tags.iter()
            .map(|(key, value)| vec![Element::text("key", key), Element::text("value", value)]),
    )
}

/// What an operation responds with that has nothing to say.
pub(super) fn done() -> Vec<Element> {
    vec![Element::text("return", true)]
}
