//! AWS's error responses.

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

/// A value, or the error that AWS responds with.
pub(crate) type Result<T, E = AwsError> = std::result::Result<T, E>;

impl AwsError {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        AwsError { status, code, message: message.into(), members: Map::new() }
    }

    /// The same error with one more member in its JSON body.
    pub(crate) fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.members.insert(member.to_owned(), value.into());
        self
    }

    /// EFS's error for an invalid request.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        AwsError::new(400, "BadRequest", message)
    }

    /// The refusal of what AWS serves and the sandbox does not: a sentence, and no code.
    pub(crate) fn not_served(message: impl Into<String>) -> Self {
        AwsError::new(501, "", message)
    }

    /// The body as EFS writes it.
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
