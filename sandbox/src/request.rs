//! A request as services see it, read from HTTP.

use std::borrow::Cow;

use axum::body::Bytes;
use axum::http::request::Parts;

use crate::scope::Scope;
use crate::service::Incoming;

/// Reads a request. Everything percent-encoded in it is decoded here, once.
pub(crate) fn read(parts: Parts, body: Bytes, id: String) -> Incoming {
    let segments = parts.uri.path().split('/').filter(|segment| !segment.is_empty());
    Incoming {
        path: segments.map(|segment| decoded(segment).into_owned()).collect(),
        query: pairs(parts.uri.query().unwrap_or_default().as_bytes()),
        scope: Scope::of(&parts.headers),
        method: parts.method,
        headers: parts.headers,
        body,
        id,
    }
}

/// `a=1&b=2`, decoded.
pub(crate) fn pairs(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}

/// A segment of a path, decoded: unlike in a query, `+` is a plus.
fn decoded(segment: &str) -> Cow<'_, str> {
    percent_encoding::percent_decode_str(segment).decode_utf8_lossy()
}
