//! Why a text cannot be read, where, and what to do about it.

use std::fmt;

/// A text that is no YAML, or that means different things to Helm and to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// What is wrong.
    pub message: String,
    /// The line and the column of it, from 1.
    pub place: Option<(u64, u64)>,
    /// What to write instead.
    pub remedy: String,
    /// How many bytes stand before it.
    pub(super) index: Option<usize>,
}

impl Unreadable {
    pub(super) fn new(
        mark: Option<libyaml_safer::Mark>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Unreadable {
        Unreadable {
            message: message.into(),
            place: mark.map(|mark| (mark.line + 1, mark.column + 1)),
            remedy: remedy.into(),
            index: mark.and_then(|mark| usize::try_from(mark.index).ok()),
        }
    }
}

/// The place and the message, without the remedy.
impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.place {
            write!(f, "line {line}, column {column}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Unreadable {}

impl From<libyaml_safer::Error> for Unreadable {
    fn from(error: libyaml_safer::Error) -> Unreadable {
        let message = match error.context() {
            Some(context) if !context.is_empty() => format!("{} {context}", error.problem()),
            _ => error.problem().to_owned(),
        };
        Unreadable::new(error.problem_mark(), message, "correct the YAML there")
    }
}
