//! Temporary credentials: how long they last, and new ones.

use crate::error::Result;
use crate::query::{self, Params, validation};
use crate::service::Context;
use crate::world::Tags;
use crate::world::sts::{Of, Session};
use crate::xml::Element;

/// `DurationSeconds`, within its bounds.
pub(super) fn duration(params: &Params, least: u64, most: u64, default: u64) -> Result<u64> {
    let seconds = params.number("DurationSeconds")?.unwrap_or(default);
    let bound = if seconds < least {
        format!("greater than or equal to {least}")
    } else if seconds > most {
        format!("less than or equal to {most}")
    } else {
        return Ok(seconds);
    };
    Err(validation(&format!(
        "Value '{seconds}' at 'durationSeconds' failed to satisfy constraint: Member must have value {bound}"
    )))
}

/// New temporary credentials.
pub(super) fn issue(
    context: &mut Context<'_>,
    of: Of,
    seconds: u64,
    tags: Tags,
    policies: Option<Vec<String>>,
    provider: Option<String>,
) -> Element {
    let mut hexadecimal = || context.ids.next("");
    let key = format!("ASIA{}", hexadecimal()[..16].to_uppercase());
    let secret: String = (0..3).map(|_| hexadecimal()).collect::<String>()[..40].to_owned();
    let token = format!("sandbox{}", (0..12).map(|_| hexadecimal()).collect::<String>());
    let expires_ms = context.now + seconds * 1000;
    let credentials = Element::new(
        "Credentials",
        vec![
            Element::text("AccessKeyId", &key),
            Element::text("SecretAccessKey", secret),
            Element::text("SessionToken", &token),
            Element::text("Expiration", query::time(expires_ms)),
        ],
    );
    let issued_ms = context.now;
    let session = Session { token, issued_ms, expires_ms, of, tags, policies, provider };
    context.global.sts.sessions.insert(key, session);
    credentials
}
