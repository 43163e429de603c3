//! What a module's inputs are: their names and kinds, the values given for
//! them, and the mistakes found in those values.
//!
//! A module states its inputs once, as a table of [`Input`]. Flags, the HCL
//! reader, the defaults, the reference's tables and the nearest-name hints are all
//! read from that table, so that none of them can disagree.

mod ids;
mod kubernetes;
mod names;
mod partitions;
mod printable;
mod reader;
mod secrets;
mod shown_lines;
mod words;
mod written;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use ids::IdError;
pub use kubernetes::{dns_label, dns_subdomain, release_name};
pub use names::nearest;
pub use partitions::{PARTITIONS, Partition, REGIONS};
pub use printable::{counted, plain, printable};
pub use reader::{Problem, Reader};
pub use secrets::{HIDDEN, concealed, is_secret, names_secret, redacted, secrets_in};
pub use shown_lines::shown_lines;
pub use words::one_of;
pub use written::Written;

/// One input of a module.
#[derive(Debug, Clone, Copy)]
pub struct Input {
    /// The name in HCL; its flag is the same with hyphens.
    pub name: &'static str,
    /// What kind of value it takes.
    pub kind: Kind,
    /// Whether a deployment without it is a mistake.
    pub required: bool,
    /// Other inputs, of which one may be given in place of a required one.
    pub instead: &'static [&'static str],
    /// The value that holds when none is given, as a person would write it.
    pub default: Option<&'static str>,
    /// One sentence for help texts and the reference, without a full stop.
    pub description: &'static str,
}

impl Input {
    /// An input without which a deployment is a mistake.
    pub const fn required(name: &'static str, kind: Kind, description: &'static str) -> Input {
        Input { name, kind, required: true, instead: &[], default: None, description }
    }

    /// The same, where one of other inputs may be given in its place.
    #[must_use]
    pub const fn or(self, instead: &'static [&'static str]) -> Input {
        Input { instead, ..self }
    }

    /// An input that may be left out.
    pub const fn optional(name: &'static str, kind: Kind, description: &'static str) -> Input {
        Input { name, kind, required: false, instead: &[], default: None, description }
    }

    /// An input that has this value where none is given.
    pub const fn default(
        name: &'static str,
        kind: Kind,
        default: &'static str,
        description: &'static str,
    ) -> Input {
        Input { name, kind, required: false, instead: &[], default: Some(default), description }
    }

    /// The flag that sets this input, without the leading hyphens.
    pub fn flag(&self) -> String {
        self.name.replace('_', "-")
    }
}

/// The kinds of value that inputs take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    String,
    /// A number, whole or not; the input's own rule says which.
    Number,
    /// `true` or `false`.
    Bool,
    /// A list of texts.
    Strings,
    /// A map from text to text.
    Map,
    /// A map of anything, or the path of a YAML file that holds one.
    Values,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::String => "string",
            Kind::Number => "number",
            Kind::Bool => "bool",
            Kind::Strings => "list(string)",
            Kind::Map => "map(string)",
            Kind::Values => "map(any)",
        })
    }
}

/// A value that somebody gave for an input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Given {
    /// A value that is known now.
    Literal(Value),
    /// Another module's output, which is known once the world was observed.
    Output {
        /// The label of the `module` block.
        module: String,
        /// The output's name.
        output: String,
    },
    /// A list, of whose elements at least one is another module's output.
    List(Vec<Given>),
}

impl Given {
    /// Whether this stands for no value at all, as `null` does in HCL.
    pub fn is_null(&self) -> bool {
        matches!(self, Given::Literal(Value::Null))
    }
}

/// What was given, by input name.
pub type GivenInputs = BTreeMap<String, Given>;

/// A mistake in the value of one input: what is wrong, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The input's name.
    pub input: &'static str,
    /// What is wrong with it, without a full stop.
    pub message: String,
    /// What to do about it, without a full stop.
    pub remedy: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.message, self.remedy)
    }
}
