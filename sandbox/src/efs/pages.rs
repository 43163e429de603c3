//! Lists in pages.

use serde_json::{Map, Value, json};

use super::call::Call;
use crate::error::{AwsError, Result};
use crate::marker::{behind, marker};

/// The most that a page holds: "paginated at 100 per page" (all listings in EFS's model).
const PAGE: u64 = 100;

/// What a listing calls its parameters.
#[derive(Clone, Copy)]
pub(super) struct Names {
    /// How many items are wanted.
    limit: &'static str,
    /// Where to go on, in the request.
    from: &'static str,
    /// Where to go on, in the response.
    next: &'static str,
    /// Whether the response repeats the marker of the request.
    repeats: bool,
}

/// File systems, mount targets, tags by the deprecated operation.
pub(super) const MARKERS: Names =
    Names { limit: "MaxItems", from: "Marker", next: "NextMarker", repeats: true };

/// Access points, replications, tags.
pub(super) const TOKENS: Names =
    Names { limit: "MaxResults", from: "NextToken", next: "NextToken", repeats: false };

/// One page of a listing: how many items it may hold, and the id behind which it begins.
pub(super) struct Page {
    names: Names,
    limit: usize,
    after: String,
    /// What the listing is of: a marker counts for that alone.
    listing: [String; 3],
    marker: Option<String>,
}

impl Page {
    /// The page that a call is for.
    pub(super) fn of(call: &Call, names: Names) -> Result<Page> {
        let asked = call.input.get(names.limit).and_then(Value::as_u64).unwrap_or(PAGE);
        let marker = call.text(names.from).map(str::to_owned);
        let region = call.context.region.name.clone();
        let listing = [call.operation.to_owned(), region, filters(call, names)];
        let after = match &marker {
            None => String::new(),
            Some(marker) => behind(&listing, marker).ok_or_else(|| {
                AwsError::bad_request(format!(
                    "Invalid {}: '{marker}' does not come from this listing",
                    names.from
                ))
            })?,
        };
        let limit = usize::try_from(asked.min(PAGE)).unwrap_or(usize::MAX);
        Ok(Page { names, limit, after, listing, marker })
    }

    /// The id behind which the page begins; empty for the first page.
    pub(super) fn after(&self) -> &str {
        &self.after
    }

    /// The response: of the items, sorted by id, those that fit behind [`Page::after`].
    pub(super) fn response<T>(
        self,
        member: &str,
        items: impl Iterator<Item = T>,
        id: impl Fn(&T) -> String,
        shown: impl Fn(T) -> Value,
    ) -> Value {
        let mut items = items.skip_while(|item| id(item) <= self.after).peekable();
        let page: Vec<T> = items.by_ref().take(self.limit).collect();
        let mut body = Map::new();
        if let (Some(_), Some(last)) = (items.peek(), page.last()) {
            body.insert(self.names.next.to_owned(), json!(marker(&self.listing, &id(last))));
        }
        if let Some(marker) = self.marker.filter(|_| self.names.repeats) {
            body.insert("Marker".to_owned(), json!(marker));
        }
        body.insert(member.to_owned(), page.into_iter().map(shown).collect());
        Value::Object(body)
    }
}

/// What a listing is narrowed down to; how much of it is wanted may differ from page to page.
fn filters(call: &Call, names: Names) -> String {
    let kept =
        call.input.iter().filter(|(name, _)| ![names.limit, names.from].contains(&name.as_str()));
    kept.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(";")
}
