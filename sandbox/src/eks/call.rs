//! One call of EKS: its body, its query, and pages of what it lists.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::errors::invalid_parameter;
use crate::error::Result;
use crate::marker;
use crate::request::Incoming;
use crate::service::Context;

/// A status and a body.
pub(super) type Response = Result<(u16, Value)>;

/// One call: what it works on, and what it says.
pub(super) struct Call<'a, 'b> {
    pub(super) context: &'a mut Context<'b>,
    pub(super) request: &'a Incoming,
}

impl Call<'_, '_> {
    /// The JSON body.
    pub(super) fn body<T: DeserializeOwned>(&self) -> Result<T> {
        let text: &[u8] = if self.request.body.is_empty() { b"{}" } else { &self.request.body };
        serde_json::from_slice(text).map_err(|error| invalid_parameter(error.to_string()))
    }

    /// One parameter of the query.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.queries(name).first().copied()
    }

    /// All values of a parameter of the query.
    pub(super) fn queries(&self, name: &str) -> Vec<&str> {
        let pairs = self.request.query.iter().filter(|(key, _)| key == name);
        pairs.map(|(_, value)| value.as_str()).collect()
    }

    /// One page of what is listed under `member`, sorted by id: 100 unless `maxResults`
    /// says otherwise.
    pub(super) fn page(&self, member: &str, listed: Vec<(String, Value)>) -> Response {
        let most = match self.query("maxResults") {
            None => 100,
            Some(text) => text
                .parse()
                .ok()
                .filter(|most| (1..=100).contains(most))
                .ok_or_else(|| invalid_parameter(format!("Invalid maxResults: {text}")))?,
        };
        let asked =
            self.request.query.iter().filter(|(key, _)| key != "nextToken" && key != "maxResults");
        let asked: Vec<&(String, String)> = asked.collect();
        let listing = (&self.request.path, asked, &self.context.region.name);
        let after = match self.query("nextToken") {
            None => None,
            Some(token) => Some(
                marker::behind(&listing, token)
                    .ok_or_else(|| invalid_parameter(format!("Invalid nextToken: {token}")))?,
            ),
        };
        let behind = |id: &str| after.as_deref().is_none_or(|after| id > after);
        let mut rest = listed.into_iter().filter(|(id, _)| behind(id)).peekable();
        let page: Vec<(String, Value)> = rest.by_ref().take(most).collect();
        let mut body = json!({});
        if let (Some(_), Some((last, _))) = (rest.peek(), page.last()) {
            body["nextToken"] = json!(marker::marker(&listing, last));
        }
        body[member] = page.into_iter().map(|(_, value)| value).collect();
        Ok((200, body))
    }
}

/// EKS writes times as seconds.
#[expect(clippy::cast_precision_loss, reason = "times of this millennium fit")]
pub(super) fn seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}
