//! The credential scope of a request.
//!
//! A signature cannot be verified without the secret access key. Its presence is checked, and the
//! headers that it must cover.

use axum::http::HeaderMap;

/// The credential scope of Signature Version 4, and who signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scope {
    /// The access key id of the caller.
    pub(crate) access_key: String,
    pub(crate) region: String,
    /// The signing name of the service.
    pub(crate) service: String,
}

impl Scope {
    /// Reads the header `Authorization`; `None` where it is absent or lacks a part.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Scope> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let fields = text("authorization")?.strip_prefix("AWS4-HMAC-SHA256 ")?;
        let field = |name: &str| {
            fields.split(',').find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='))
        };
        let signed: Vec<&str> = field("SignedHeaders")?.split(';').collect();
        let signature = field("Signature")?;
        text("x-amz-date")?;
        let scope: Vec<&str> = field("Credential")?.split('/').collect();
        let [access_key, _date, region, service, "aws4_request"] = scope.as_slice() else {
            return None;
        };
        let named =
            region.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-');
        let covers = signed.contains(&"host") && signed.contains(&"x-amz-date");
        let complete = signature.len() == 64 && signature.bytes().all(|c| c.is_ascii_hexdigit());
        (covers && complete && named).then(|| Scope {
            access_key: (*access_key).to_owned(),
            region: (*region).to_owned(),
            service: (*service).to_owned(),
        })
    }
}
