//! What the model would object to in a response: what clients would trip over.

use serde_json::Value;

use super::table::{Model, Operation};

impl Model {
    /// Everything in a response's body that is not as the operation's output shape says.
    pub(crate) fn objections(&self, operation: &Operation, body: &Value) -> Vec<String> {
        let Some(output) = &operation.output else {
            return match body {
                Value::Null => Vec::new(),
                body => vec![format!("a body where the model has none: {body}")],
            };
        };
        let mut unknown = Vec::new();
        self.unknown_members(output, body, "", &mut unknown);
        let mut violations = Vec::new();
        if let Err(sentence) = self.check(output, body, "", &mut violations) {
            unknown.push(sentence);
        }
        unknown.extend(violations.iter().map(ToString::to_string));
        unknown
    }

    fn unknown_members(&self, shape: &str, value: &Value, at: &str, into: &mut Vec<String>) {
        let Some(found) = self.shapes.get(shape) else {
            return;
        };
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    let at = format!("{at}.{name}");
                    match found.members.get(name) {
                        Some(member) => self.unknown_members(&member.shape, value, &at, into),
                        None => into.push(format!("{at} is no member of {shape}")),
                    }
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.unknown_members(
                        found.member.as_deref().unwrap_or_default(),
                        item,
                        at,
                        into,
                    );
                }
            }
            _ => {}
        }
    }
}
