//! One attribute's change, as a plan shows it.

use serde::Serialize;

/// One attribute that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The attribute's name.
    pub attribute: String,
    /// Its value now, where it has one.
    pub before: Option<String>,
    /// Its value afterwards.
    pub after: After,
    /// Whether this is why the thing must be replaced.
    pub forces_replacement: bool,
}

/// A value after the plan was carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum After {
    /// Known now.
    Value(String),
    /// Known once it was carried out.
    KnownAfterApply,
    /// No value any more.
    Gone,
}

impl Difference {
    /// A change of `attribute`.
    pub fn new(attribute: &str, before: Option<String>, after: After) -> Self {
        Difference { attribute: attribute.to_owned(), before, after, forces_replacement: false }
    }

    /// A value of something new.
    pub(super) fn set(attribute: &str, after: impl ToString) -> Self {
        Difference::new(attribute, None, After::Value(after.to_string()))
    }

    /// A value that is known once the plan was carried out.
    pub(super) fn later(attribute: &str) -> Self {
        Difference::new(attribute, None, After::KnownAfterApply)
    }

    /// A value of something that goes.
    pub(super) fn gone(attribute: &str, before: impl ToString) -> Self {
        Difference::new(attribute, Some(before.to_string()), After::Gone)
    }

    /// A value that changes, or `None` where it does not.
    pub(super) fn between(attribute: &str, before: &str, after: &str) -> Option<Self> {
        (before != after).then(|| {
            Difference::new(attribute, Some(before.to_owned()), After::Value(after.to_owned()))
        })
    }

    /// The same change, as the reason for a replacement.
    pub(super) fn forcing(mut self) -> Self {
        self.forces_replacement = true;
        self
    }
}
