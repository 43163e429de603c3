//! Errors as AWS tells them.

use serde_json::{Map, Value, json};

/// An error of AWS: a code, a sentence, and a status.
#[derive(Debug, Clone)]
pub(crate) struct AwsError {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// Further members of the JSON body, such as `FileSystemId`.
    pub(crate) members: Map<String, Value>,
}

/// What an operation answers.
pub(crate) type Answer<T> = Result<T, AwsError>;

impl AwsError {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        AwsError { status, code, message: message.into(), members: Map::new() }
    }

    /// The same error with one more member in its JSON body.
    pub(crate) fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.members.insert(member.to_owned(), value.into());
        self
    }

    /// The 400 that EFS gives for what it cannot make sense of.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        AwsError::new(400, "BadRequest", message)
    }

    /// The refusal of what AWS has and the sandbox has not: a sentence, and no code.
    pub(crate) fn not_served(message: impl Into<String>) -> Self {
        AwsError::new(501, "", message)
    }

    /// The body that EFS gives.
    pub(crate) fn to_json(&self) -> Value {
        let mut body = self.members.clone();
        for (member, text) in [("ErrorCode", self.code), ("Message", &self.message)] {
            if !text.is_empty() {
                body.insert(member.to_owned(), json!(text));
            }
        }
        Value::Object(body)
    }
}
