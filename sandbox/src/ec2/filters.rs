//! Filters, identifiers and pages, alike in all Describe operations.

use std::collections::BTreeMap;

use super::form::Form;
use super::xml::Element;
use crate::error::{Answer, AwsError};
use crate::world::Tags;

/// What one resource shows to filters: names to values.
pub(super) type Shown = BTreeMap<&'static str, Vec<String>>;

/// The resources of one kind that a call asks for, as items under `set`.
pub(super) struct Listing<'a> {
    /// The element that holds the items.
    pub(super) set: &'static str,
    /// The parameter that names identifiers, such as `SubnetId`.
    pub(super) ids: &'static str,
    /// The error for an identifier that is not there.
    pub(super) missing: &'static str,
    /// The filters that this kind knows, beside those by tag.
    pub(super) filters: &'static [&'static str],
    /// Identifier, tags, what filters see, and the item itself.
    pub(super) rows: Vec<(String, &'a Tags, Shown, Vec<Element>)>,
}

impl Listing<'_> {
    /// The page of items that the call asks for.
    pub(super) fn answer(self, form: &Form) -> Answer<Vec<Element>> {
        let asked = form.list(self.ids);
        let absent: Vec<&str> = asked
            .iter()
            .copied()
            .filter(|id| !self.rows.iter().any(|(found, ..)| found == id))
            .collect();
        if !absent.is_empty() {
            let message = format!("The ID '{}' does not exist", absent.join(", "));
            return Err(AwsError::new(400, self.missing, message));
        }
        let filters = self.filters(form)?;
        let matching = self
            .rows
            .into_iter()
            .filter(|(id, ..)| asked.is_empty() || asked.contains(&id.as_str()))
            .filter(|(_, tags, shown, _)| filters.iter().all(|filter| filter.admits(tags, shown)));
        let start: usize = match form.get("NextToken") {
            None => 0,
            Some(token) => token.parse().map_err(|_| {
                AwsError::new(400, "InvalidNextToken", format!("invalid token {token:?}"))
            })?,
        };
        let most: usize = form.get("MaxResults").and_then(|most| most.parse().ok()).unwrap_or(1000);
        let mut rest = matching.skip(start).map(|(.., item)| item).peekable();
        let page: Vec<Vec<Element>> = rest.by_ref().take(most).collect();
        let end = start + page.len();
        let mut members = vec![Element::set(self.set, page)];
        if rest.peek().is_some() {
            members.push(Element::text("nextToken", end));
        }
        Ok(members)
    }

    fn filters(&self, form: &Form) -> Answer<Vec<Filter>> {
        let read = |prefix: String| {
            let name = form.get(&format!("{prefix}Name")).unwrap_or_default().to_owned();
            let known = self.filters.contains(&name.as_str());
            if !known && !name.starts_with("tag:") && name != "tag-key" {
                let message = format!("The filter '{name}' is invalid");
                return Err(AwsError::new(400, "InvalidParameterValue", message));
            }
            let values = form.list(&format!("{prefix}Value"));
            Ok(Filter { name, values: values.into_iter().map(str::to_owned).collect() })
        };
        form.groups("Filter").into_iter().map(read).collect()
    }
}

/// One filter: a resource passes with any of its values.
struct Filter {
    name: String,
    values: Vec<String>,
}

impl Filter {
    fn admits(&self, tags: &Tags, shown: &Shown) -> bool {
        let any = |value: &str| self.values.iter().any(|wanted| like(wanted, value));
        if let Some(key) = self.name.strip_prefix("tag:") {
            return tags.get(key).is_some_and(|value| any(value));
        }
        if self.name == "tag-key" {
            return tags.keys().any(|key| any(key));
        }
        shown.get(self.name.as_str()).is_some_and(|values| values.iter().any(|value| any(value)))
    }
}

/// `*` stands for any text and `?` for any letter.
pub(crate) fn like(pattern: &str, text: &str) -> bool {
    let mut rest = text.chars();
    let mut pattern = pattern.chars();
    while let Some(c) = pattern.next() {
        match c {
            '*' => {
                let tail: String = pattern.collect();
                let rest = rest.as_str();
                let mut starts = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
                return starts.any(|at| like(&tail, &rest[at..]));
            }
            '?' => {
                if rest.next().is_none() {
                    return false;
                }
            }
            _ if rest.next() == Some(c) => {}
            _ => return false,
        }
    }
    rest.as_str().is_empty()
}

/// Tags as EC2 writes them.
pub(super) fn tag_set(tags: &Tags) -> Element {
    Element::set(
        "tagSet",
        tags.iter()
            .map(|(key, value)| vec![Element::text("key", key), Element::text("value", value)]),
    )
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn stars_and_question_marks_stand_for_what_ec2_lets_them_stand_for() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("*", "anything", true),
            ("a*c", "abbc", true),
            ("a*c", "abbd", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("kubernetes.io/*", "kubernetes.io/role/elb", true),
        ] {
            assert_eq!(like(pattern, text), expected, "{pattern} {text}");
        }
    }
}
