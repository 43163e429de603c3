//! What a plan says beside its changes: what stands against it, what it warns of and asks, and what
//! its modules show.

use serde::Serialize;

/// A difference that no change can resolve, with the way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// What is refused: a resource's address, or the id of what stands in the way.
    pub address: String,
    /// Why, without a full stop.
    pub reason: String,
    /// The way out, without a full stop.
    pub remedy: String,
}

impl Refusal {
    /// A refusal of `address`.
    pub fn new(
        address: impl ToString,
        reason: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Refusal {
        Refusal { address: address.to_string(), reason: reason.into(), remedy: remedy.into() }
    }
}

/// What works and yet will cause trouble, with the way out. In JSON it is one text with both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What will cause trouble, without a full stop.
    pub text: String,
    /// The way out, without a full stop.
    pub remedy: String,
}

impl Warning {
    /// A warning of what `text` says.
    pub fn new(text: impl Into<String>, remedy: impl Into<String>) -> Warning {
        Warning { text: text.into(), remedy: remedy.into() }
    }
}

/// Something that a plan does only if a person agrees, although it deletes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Question {
    /// What it is about: a resource's address.
    pub address: String,
    /// What the plan does, without a full stop.
    pub asks: String,
    /// How to agree without being asked, or what to do instead, without a full stop.
    pub remedy: String,
}

/// What a module shows beside its changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Detail {
    /// For programs.
    pub value: serde_json::Value,
    /// For people, where there is something to say.
    pub line: Option<String>,
}
