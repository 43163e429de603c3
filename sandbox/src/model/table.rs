//! The table of a service's API model, as `generate.py` writes it.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The table of one service.
#[derive(Debug, Deserialize)]
pub(crate) struct Model {
    /// Which model of which botocore the table was generated from.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests read it, and people"))]
    pub(crate) source: String,
    pub(crate) operations: BTreeMap<String, Operation>,
    pub(crate) shapes: BTreeMap<String, Shape>,
}

/// One operation: how it is addressed, what it takes and gives, how it may fail.
#[derive(Debug, Deserialize)]
pub(crate) struct Operation {
    pub(crate) method: String,
    /// The path, its parameters in braces.
    pub(crate) path: String,
    /// The status of a success.
    pub(crate) status: u16,
    pub(super) input: Option<String>,
    /// The shape of a success.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests compare responses with it"))]
    pub(super) output: Option<String>,
    /// The shapes of the errors that it may answer.
    pub(super) errors: Vec<String>,
}

/// A type, with the constraints on its values.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Shape {
    #[serde(rename = "type")]
    pub(super) kind: Kind,
    #[serde(default)]
    pub(super) required: Vec<String>,
    #[serde(default)]
    pub(super) members: BTreeMap<String, Member>,
    /// What a list holds.
    pub(super) member: Option<String>,
    /// The least length, size or value.
    pub(super) min: Option<f64>,
    /// The greatest length, size or value.
    pub(super) max: Option<f64>,
    pub(super) pattern: Option<Pattern>,
    #[serde(default, rename = "enum")]
    pub(super) values: Vec<String>,
    /// The HTTP status, where the shape is an error.
    pub(super) status: Option<u16>,
}

/// A member of a structure.
#[derive(Debug, Deserialize)]
pub(crate) struct Member {
    pub(super) shape: String,
    /// `uri` or `querystring`; the body, where there is none.
    pub(super) location: Option<String>,
    /// What it is called there.
    pub(super) name: Option<String>,
}

/// The types that rest-json services are made of.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    #[default]
    Structure,
    List,
    String,
    Boolean,
    Integer,
    Long,
    Float,
    Double,
    Timestamp,
}

/// A regular expression of the dialect that API models are written in (Smithy: ECMA 262),
/// compiled when it is first needed.
#[derive(Debug)]
pub(crate) struct Pattern {
    pub(super) text: String,
    compiled: std::sync::OnceLock<Option<regress::Regex>>,
}

impl Pattern {
    /// Whether it is found in the text. The anchors are the pattern's own.
    pub(super) fn admits(&self, text: &str) -> bool {
        let compiled =
            self.compiled.get_or_init(|| regress::Regex::with_flags(&self.text, "u").ok());
        compiled.as_ref().is_some_and(|pattern| pattern.find(text).is_some())
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|text| Pattern { text, compiled: std::sync::OnceLock::new() })
    }
}

impl Model {
    /// Reads a table.
    #[expect(clippy::expect_used, reason = "the tables are compiled in, and tests read them")]
    pub(crate) fn of(table: &str) -> Model {
        serde_json::from_str(table).expect("a table that `generate.py` wrote")
    }

    /// The status of an error, if the service has it.
    pub(crate) fn status(&self, error: &str) -> Option<u16> {
        self.shapes.get(error)?.status
    }
}

impl Operation {
    /// Whether the model lists this error for this operation.
    pub(crate) fn lists(&self, error: &str) -> bool {
        self.errors.iter().any(|listed| listed == error)
    }
}
