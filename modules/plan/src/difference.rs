//! One attribute's change, as a plan shows it.

use inputs::shown_lines;
use serde::{Serialize, Serializer};

/// One attribute that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub attribute: Attribute,
    /// Its value now, where it has one.
    pub before: Option<String>,
    /// Its value afterwards.
    pub after: After,
    /// Whether this is why the thing must be replaced.
    pub forces_replacement: bool,
}

/// What changes of a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attribute {
    /// A property by name, or an entry of one, such as `tags["team"]`.
    Named(String),
    /// A line of a file.
    Line,
}

impl Attribute {
    /// The attribute as it stands in JSON.
    pub fn as_str(&self) -> &str {
        match self {
            Attribute::Named(name) => name,
            Attribute::Line => "line",
        }
    }
}

impl Serialize for Attribute {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A value after the plan was carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum After {
    /// Known now.
    Value(String),
    /// Known once it was carried out.
    KnownAfterApply,
    /// Several elements, at least one of which is known only once it was carried out.
    Elements(Vec<After>),
    /// No value any more.
    Gone,
}

impl Difference {
    /// A change of `attribute`.
    pub fn new(attribute: &str, before: Option<String>, after: After) -> Self {
        let attribute = Attribute::Named(attribute.to_owned());
        Difference { attribute, before, after, forces_replacement: false }
    }

    /// A value of something new.
    pub fn set(attribute: &str, after: impl ToString) -> Self {
        Difference::new(attribute, None, After::Value(after.to_string()))
    }

    /// A value that is known once the plan was carried out.
    pub fn later(attribute: &str) -> Self {
        Difference::new(attribute, None, After::KnownAfterApply)
    }

    /// A value of something that goes.
    pub fn gone(attribute: &str, before: impl ToString) -> Self {
        Difference::new(attribute, Some(before.to_string()), After::Gone)
    }

    /// The same change, as the reason for a replacement.
    #[must_use]
    pub fn forcing(mut self) -> Self {
        self.forces_replacement = true;
        self
    }
}

/// The lines that change between two texts, without the secrets in them.
pub fn line_differences(found: &str, wanted: &str) -> Vec<Difference> {
    let diff = similar::TextDiff::from_lines(found, wanted);
    let (of_found, of_wanted) = (shown_lines(found), shown_lines(wanted));
    let line = |lines: &[String], at: Option<usize>| {
        at.and_then(|at| lines.get(at)).map_or_else(String::new, |line| line.trim_end().to_owned())
    };
    diff.iter_all_changes()
        .filter_map(|change| {
            let (before, after) = match change.tag() {
                similar::ChangeTag::Equal => return None,
                similar::ChangeTag::Delete => {
                    (Some(line(&of_found, change.old_index())), After::Gone)
                }
                similar::ChangeTag::Insert => {
                    (None, After::Value(line(&of_wanted, change.new_index())))
                }
            };
            Some(Difference {
                attribute: Attribute::Line,
                before,
                after,
                forces_replacement: false,
            })
        })
        .collect()
}
