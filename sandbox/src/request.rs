//! A request as services see it, read from HTTP.

use std::borrow::Cow;

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};

use crate::scope::Scope;

/// One request, as its operation sees it.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) method: Method,
    /// The path, percent-decoded segment by segment: a `/` within a segment (`%2F`) does not
    /// part it. `/2015-02-01/file-systems/` is `["2015-02-01", "file-systems"]`.
    pub(crate) path: Vec<String>,
    /// The query, decoded, in order.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// What the request is signed for; `None` for an unsigned one.
    pub(crate) scope: Option<Scope>,
    /// The id that the response carries.
    pub(crate) id: String,
}

impl Incoming {
    /// The caller, by access key id; empty for an unsigned request.
    pub(crate) fn access_key(&self) -> &str {
        self.scope.as_ref().map_or("", |scope| &scope.access_key)
    }

    /// A header's text; `None` also where it is no text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

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
