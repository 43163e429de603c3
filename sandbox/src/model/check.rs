//! Whether a value keeps the constraints of its shape, in the words of AWS's own validator.

use std::fmt;

use serde_json::Value;

use super::{Kind, Model, Shape};

/// One value that breaks one constraint.
#[derive(Debug, PartialEq)]
pub(crate) struct Violation {
    value: String,
    /// Where it stands, such as `rootDirectory.path` or `tags.1.member.key`.
    at: String,
    constraint: String,
}

/// The sentence that AWS makes of violations, as in
/// <https://github.com/kubernetes-sigs/aws-efs-csi-driver/issues/1073>.
pub(crate) fn sentence(violations: &[Violation]) -> String {
    let count = violations.len();
    let listed: Vec<String> = violations.iter().map(ToString::to_string).collect();
    format!(
        "{count} validation error{} detected: {}",
        if count == 1 { "" } else { "s" },
        listed.join("; ")
    )
}

impl fmt::Display for Violation {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        write!(
            to,
            "Value {} at '{}' failed to satisfy constraint: Member must {}",
            self.value, self.at, self.constraint
        )
    }
}

impl Model {
    /// Adds what is wrong with a value; an error is a sentence about a value of another type.
    pub(super) fn check(
        &self,
        shape: &str,
        value: &Value,
        at: &str,
        into: &mut Vec<Violation>,
    ) -> Result<(), String> {
        let Some(found) = self.shapes.get(shape) else {
            return Ok(());
        };
        let mut violated = |value: String, at: String, constraint: String| {
            into.push(Violation { value, at, constraint });
        };
        match (found.kind, value) {
            (Kind::Structure, Value::Object(members)) => {
                for name in &found.required {
                    if members.get(name).is_none_or(Value::is_null) {
                        violated("null".to_owned(), below(at, name), "not be null".to_owned());
                    }
                }
                for (name, member) in &found.members {
                    if let Some(value) = members.get(name).filter(|value| !value.is_null()) {
                        self.check(&member.shape, value, &below(at, name), into)?;
                    }
                }
                Ok(())
            }
            (Kind::List, Value::Array(items)) => {
                for constraint in size(found, items.len(), "length") {
                    violated(
                        format!("'{}'", Value::from(items.clone())),
                        at.to_owned(),
                        constraint,
                    );
                }
                let member = found.member.as_deref().unwrap_or_default();
                for (n, item) in items.iter().enumerate() {
                    self.check(member, item, &format!("{at}.{}.member", n + 1), into)?;
                }
                Ok(())
            }
            (Kind::String, Value::String(text)) => {
                for constraint in text_constraints(found, text) {
                    violated(format!("'{text}'"), at.to_owned(), constraint);
                }
                Ok(())
            }
            (Kind::Boolean, Value::Bool(_)) => Ok(()),
            (kind, Value::Number(number)) if kind.holds(number) => {
                for constraint in bounds(found, number.as_f64().unwrap_or(f64::NAN), "value") {
                    violated(format!("'{number}'"), at.to_owned(), constraint);
                }
                Ok(())
            }
            (kind, other) => Err(format!("{at}: {} cannot be converted to {}", named(other), kind)),
        }
    }
}

impl Kind {
    /// Whether a number of JSON is one of this type.
    fn holds(self, number: &serde_json::Number) -> bool {
        match self {
            Kind::Integer | Kind::Long => number.is_i64() || number.is_u64(),
            Kind::Float | Kind::Double | Kind::Timestamp => true,
            Kind::Structure | Kind::List | Kind::String | Kind::Boolean => false,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str(match self {
            Kind::Structure => "a structure",
            Kind::List => "a list",
            Kind::String => "a string",
            Kind::Boolean => "a boolean",
            Kind::Integer => "an integer",
            Kind::Long => "a long integer",
            Kind::Float | Kind::Double => "a number",
            Kind::Timestamp => "a time",
        })
    }
}

/// What a value of JSON is called in a sentence.
fn named(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => format!("the boolean {value}"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => format!("the string '{text}'"),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a structure".to_owned(),
    }
}

/// The path of a member; AWS writes its first letter small.
fn below(at: &str, name: &str) -> String {
    let mut letters = name.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_lowercase).collect();
    let dot = if at.is_empty() { "" } else { "." };
    format!("{at}{dot}{first}{}", letters.as_str())
}

fn text_constraints(shape: &Shape, text: &str) -> Vec<String> {
    let mut broken = size(shape, text.chars().count(), "length");
    if let Some(pattern) = shape.pattern.as_ref().filter(|pattern| !pattern.admits(text)) {
        broken.push(format!("satisfy regular expression pattern: {}", pattern.text));
    }
    if !shape.values.is_empty() && !shape.values.iter().any(|value| value == text) {
        broken.push(format!("satisfy enum value set: [{}]", shape.values.join(", ")));
    }
    broken
}

#[expect(clippy::cast_precision_loss, reason = "no body holds 2^52 items or letters")]
fn size(shape: &Shape, count: usize, what: &str) -> Vec<String> {
    bounds(shape, count as f64, what)
}

fn bounds(shape: &Shape, found: f64, what: &str) -> Vec<String> {
    let mut broken = Vec::new();
    if let Some(min) = shape.min.filter(|min| found < *min) {
        broken.push(format!("have {what} greater than or equal to {min}"));
    }
    if let Some(max) = shape.max.filter(|max| found > *max) {
        broken.push(format!("have {what} less than or equal to {max}"));
    }
    broken
}
