//! The claims of a JSON Web Token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::error::{AwsError, Result};
use crate::query;

/// A token, read and not verified.
#[derive(Debug)]
pub(super) struct Token {
    /// Without `https://`.
    pub(super) issuer: String,
    pub(super) subject: String,
    pub(super) audience: Vec<String>,
    /// Seconds since 1970.
    expires: u64,
    /// The claims that are texts or lists of texts.
    pub(super) claims: Vec<(String, Vec<String>)>,
}

impl Token {
    pub(super) fn read(text: &str) -> Result<Token> {
        let invalid = |message: &str| AwsError::new(400, "InvalidIdentityToken", message);
        let body = match text.split('.').collect::<Vec<_>>().as_slice() {
            [_, body, _] => *body,
            _ => {
                return Err(invalid(
                    "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
                ));
            }
        };
        let bytes = URL_SAFE_NO_PAD.decode(body.trim_end_matches('='));
        let claims: Option<Map<String, Value>> =
            bytes.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let claims = claims.ok_or_else(|| invalid("Couldn't parse the JWT's claims"))?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let required = |name: &str| {
            text(name).ok_or_else(|| invalid(&format!("Missing a required claim: {name}")))
        };
        let issuer = required("iss")?;
        Ok(Token {
            issuer: issuer.trim_start_matches("https://").trim_end_matches('/').to_owned(),
            subject: required("sub")?.to_owned(),
            audience: claims.get("aud").map(texts).unwrap_or_default(),
            expires: claims
                .get("exp")
                .and_then(Value::as_u64)
                .ok_or_else(|| invalid("Missing a required claim: exp"))?,
            claims: claims.iter().map(|(name, value)| (name.clone(), texts(value))).collect(),
        })
    }

    /// Refuses an expired token.
    pub(super) fn check_time(&self, now: u64) -> Result<()> {
        if now < self.expires {
            return Ok(());
        }
        let message = format!(
            "Token expired: current date/time {} must be before the expiration date/time {}",
            query::time(now * 1000),
            query::time(self.expires * 1000)
        );
        Err(AwsError::new(400, "ExpiredTokenException", message))
    }
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(values) => {
            values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}
