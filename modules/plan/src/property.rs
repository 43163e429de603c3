//! A property of a resource, declared once: its name, its value, how values are
//! compared, what leaving it out means, and how it changes.

use std::collections::BTreeMap;

use crate::known::{Document, Known};

/// One property, of what is wanted and of what was found alike. `S` holds all
/// properties of the resource; `G` names the calls that change them in place.
pub struct Property<S, G = ()> {
    /// The name that people know it by: the input's, or the field's.
    pub name: &'static str,
    pub value: Value<S>,
    /// Whether a found and a wanted text mean the same.
    pub same: fn(found: &str, wanted: &str) -> bool,
    /// What it means that no value is wanted.
    pub unset: Unset<S>,
    pub change: Mutability<G>,
}

/// Where a property's value comes from.
pub enum Value<S> {
    /// One value, where there is any.
    One(fn(&S) -> Option<Known<String>>),
    /// A list that is compared as a whole, each element with a slot of its own; an empty one
    /// is no value.
    List(fn(&S) -> Vec<Known<String>>),
    /// A map, of which every entry is compared on its own.
    Each {
        entries: fn(&S) -> BTreeMap<String, Known<String>>,
        /// How people know an entry, by its key.
        row: fn(key: &str) -> String,
    },
    /// A JSON document that is compared value by value, down its maps.
    Document {
        document: fn(&S) -> &Document,
        /// Whether two JSON values mean the same. [`Property::same`] is about texts.
        same: fn(found: &serde_json::Value, wanted: &serde_json::Value) -> bool,
    },
}

/// What it means that no value is wanted.
pub enum Unset<S> {
    /// Whatever is found is right.
    Leave,
    /// Whatever is found is right, and for something new the service chooses this.
    Chosen(fn(&S) -> Option<&'static str>),
    /// What is found goes.
    Remove,
}

/// Whether and how a property changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutability<G> {
    /// It never does.
    Never,
    /// In place, by the call of this group.
    InPlace(G),
    /// The thing is deleted and created again.
    Replaces,
}

/// Texts that mean the same only if they are the same.
pub fn equal(found: &str, wanted: &str) -> bool {
    found == wanted
}

/// A value that is known.
pub fn set(value: impl ToString) -> Option<Known<String>> {
    Some(Known::Now(value.to_string()))
}

/// A value that may be known later.
pub fn later<T: ToString + Clone>(value: &Known<T>) -> Option<Known<String>> {
    Some(value.clone().map(|value| value.to_string()))
}

/// A list of values that may be known later.
pub fn texts<T: ToString + Clone>(values: &[Known<T>]) -> Vec<Known<String>> {
    values.iter().map(|value| value.clone().map(|value| value.to_string())).collect()
}

/// A map whose values are known.
pub fn map(entries: &BTreeMap<String, String>) -> BTreeMap<String, Known<String>> {
    entries.iter().map(|(key, value)| (key.clone(), Known::Now(value.clone()))).collect()
}
