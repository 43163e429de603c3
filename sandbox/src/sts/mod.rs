//! The STS API, version 2011-06-15, over forms and XML: who calls, and temporary
//! credentials.

mod assume;
mod credentials;
mod token;

use crate::authorization::denial;
use crate::error::{AwsError, Result};
use crate::query::{self, Params};
use crate::request::Incoming;
use crate::response::{ErrorBody, Refusal, Success};
use crate::service::{Context, Service};
use crate::world::Tags;
use crate::world::sts::Of;
use crate::xml::Element;
use credentials::{duration, issue};

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
const VERSION: &str = "2011-06-15";

/// What carries an operation out.
type Run = fn(&mut Context<'_>, &Params, &Incoming) -> Result<Vec<Element>>;

/// The served operations.
const OPERATIONS: &[(&str, Run)] = &[
    ("AssumeRole", |context, params, _| assume::role(context, params)),
    ("AssumeRoleWithWebIdentity", |context, params, _| assume::with_web_identity(context, params)),
    ("DecodeAuthorizationMessage", |_, params, _| decode(params)),
    ("GetCallerIdentity", |context, _, _| Ok(caller_identity(context))),
    ("GetSessionToken", session_token),
];

/// AWS Security Token Service.
pub(crate) struct Sts;

impl Service for Sts {
    fn name(&self) -> &'static str {
        "sts"
    }

    fn accepts(&self, request: &Incoming) -> bool {
        request.path.is_empty() && Params::of(request).get("Version") == Some(VERSION)
    }

    fn operations(&self) -> Vec<&'static str> {
        OPERATIONS.iter().map(|(name, _)| *name).collect()
    }

    fn operation(&self, request: &Incoming) -> String {
        Params::of(request).get("Action").unwrap_or("unknown").to_owned()
    }

    /// Who has a token or an assertion of an identity provider has no credentials yet.
    fn needs_signature(&self, operation: &str) -> bool {
        !["AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"].contains(&operation)
    }

    fn carry_out(&self, context: &mut Context<'_>, request: &Incoming) -> Result<Success> {
        let params = Params::of(request);
        let operation = params.get("Action").unwrap_or("unknown");
        let Some((_, run)) = OPERATIONS.iter().find(|(name, _)| *name == operation) else {
            let message = format!("the sandbox does not serve the STS operation {operation}");
            return Err(AwsError::not_served(message));
        };
        let result = run(context, &params, request)?;
        Ok(query::success(operation, Some(result), request, NAMESPACE))
    }

    fn refusal(&self, refusal: Refusal) -> AwsError {
        query::refusal(refusal, self.name())
    }

    fn error(&self, error: &AwsError, request_id: &str) -> ErrorBody {
        query::error(error, request_id, NAMESPACE)
    }
}

fn caller_identity(context: &Context<'_>) -> Vec<Element> {
    let caller = &context.caller.principal;
    vec![
        Element::text("Arn", &caller.arn),
        Element::text("UserId", &caller.id),
        Element::text("Account", &caller.account),
    ]
}

/// Source: AWS STS API Reference, `GetSessionToken`: 900 seconds to 36 hours, 12 by default,
/// and not with temporary credentials.
fn session_token(
    context: &mut Context<'_>,
    params: &Params,
    request: &Incoming,
) -> Result<Vec<Element>> {
    let seconds = duration(params, 900, 129_600, 43_200)?;
    if context.global.sts.sessions.contains_key(request.access_key()) {
        let message = "Cannot call GetSessionToken with session credentials";
        return Err(AwsError::new(403, "AccessDenied", message));
    }
    let of = Of::Key(request.access_key().to_owned());
    let credentials = issue(context, of, seconds, Tags::new(), None, None);
    Ok(vec![credentials])
}

fn decode(params: &Params) -> Result<Vec<Element>> {
    let message = params.required("EncodedMessage")?;
    let decoded = denial::decode(message).ok_or_else(|| {
        let message = "Message is not valid";
        AwsError::new(400, "InvalidAuthorizationMessageException", message)
    })?;
    Ok(vec![Element::text("DecodedMessage", decoded)])
}
