//! The condition keys of one request.

use std::collections::{BTreeMap, BTreeSet};

/// Keys and values. A key is compared without regard to case, as AWS compares it; a key
/// without a value is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Context(BTreeMap<String, Values>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Values {
    /// The key as it was given, for messages that list the context.
    key: String,
    values: Vec<String>,
}

impl Context {
    /// Sets a key that has one value.
    pub(crate) fn set(&mut self, key: &str, value: impl ToString) {
        self.set_all(key, [value.to_string()]);
    }

    /// Sets a key that has several values; without any, the key is absent.
    pub(crate) fn set_all(&mut self, key: &str, values: impl IntoIterator<Item = String>) {
        let values: Vec<String> = values.into_iter().collect();
        if values.is_empty() {
            self.0.remove(&key.to_lowercase());
        } else {
            self.0.insert(key.to_lowercase(), Values { key: key.to_owned(), values });
        }
    }

    /// The tags of a request: `aws:RequestTag/KEY` for each, and all keys as `aws:TagKeys`.
    pub(crate) fn set_request_tags<'a>(
        &mut self,
        tags: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) {
        let mut keys = BTreeSet::new();
        for (key, value) in tags {
            self.set(&format!("aws:RequestTag/{key}"), value);
            keys.insert(key.to_owned());
        }
        self.set_all("aws:TagKeys", keys);
    }

    /// The values of a key.
    pub(crate) fn values(&self, key: &str) -> Option<&[String]> {
        self.0.get(&key.to_lowercase()).map(|found| found.values.as_slice())
    }

    /// The value of a key that has exactly one.
    pub(crate) fn single(&self, key: &str) -> Option<&str> {
        match self.values(key)? {
            [value] => Some(value),
            _ => None,
        }
    }

    /// This context, and the keys of another over it.
    #[must_use]
    pub(crate) fn with(&self, other: &Context) -> Context {
        let mut all = self.clone();
        all.0.extend(other.0.clone());
        all
    }

    /// All keys as they were given, with their values, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0.values().map(|found| (found.key.as_str(), found.values.as_slice()))
    }
}
