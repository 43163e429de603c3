//! Reading objects of the Kubernetes API, which are plain JSON here.

use serde_json::Value;

/// The string at a JSON pointer (RFC 6901); empty where there is none.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
