//! Responses that are not the service's, such as the web page of a proxy: recognised, described
//! in one line, and not waited for as long as for AWS itself.

use std::time::SystemTime;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_smithy_types::retry::RetryConfig;
use inputs::printable;
use serde_json::Value;

use crate::wait::{FOREIGN_PAUSE, FOREIGN_RESPONSES};

/// A response that is not the service's, in a few words.
pub(super) fn describe(response: &Response) -> String {
    let status = response.status().as_u16();
    let length = response.body().bytes().map_or(0, <[u8]>::len);
    let kind = match response.headers().get("content-type") {
        _ if length == 0 => "empty".to_owned(),
        Some(kind) => format!("{kind}, {length} bytes"),
        None => format!("no content type, {length} bytes"),
    };
    format!("the response is not from AWS: status {status}, {kind}")
}

/// Whether a failed call's response is a web page, or has nothing by which a service's error
/// response is known: a code in its header (EFS), in its JSON (EFS) or in its XML (EC2, STS).
fn is_foreign(response: &Response) -> bool {
    let body = response.body().bytes().unwrap_or_default();
    let in_json = || match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => {
            ["__type", "code"].iter().any(|key| members.contains_key(*key))
        }
        _ => false,
    };
    let in_xml = || String::from_utf8_lossy(body).contains("<Code>");
    let page = response.headers().get("content-type").is_some_and(|it| it.starts_with("text/html"));
    page || (response.headers().get("x-amzn-errortype").is_none() && !in_json() && !in_xml())
}

/// The error code of a service's error response: in its header or its JSON (EFS, EKS), or in its
/// XML (EC2, IAM, STS).
pub(super) fn error_code(response: &Response) -> Option<String> {
    let body = response.body().bytes().unwrap_or_default();
    let in_header = || response.headers().get("x-amzn-errortype").map(str::to_owned);
    let in_json = || {
        let members: Value = serde_json::from_slice(body).ok()?;
        let code = ["__type", "code"].iter().find_map(|key| members[*key].as_str())?;
        Some(code.to_owned())
    };
    let in_xml = || {
        let text = String::from_utf8_lossy(body);
        let (_, rest) = text.split_once("<Code>")?;
        rest.split_once("</Code>").map(|(code, _)| code.to_owned())
    };
    let code = in_header().or_else(in_json).or_else(in_xml)?;
    // Some services put their namespace before it, and an address behind it.
    let code = code.split(':').next().unwrap_or_default();
    Some(printable(code.rsplit('#').next().unwrap_or_default()))
}

/// Ends the attempts at a call where the responses are not the service's: a proxy that is
/// configured wrongly answers for ever, and one that starts is there within seconds.
#[derive(Debug)]
pub(super) struct ForeignResponses;

/// When the attempts began, and how they are repeated otherwise.
#[derive(Debug, Clone)]
struct Attempts {
    since: SystemTime,
    retry: RetryConfig,
}

impl Storable for Attempts {
    type Storer = StoreReplace<Self>;
}

#[dyn_dispatch_hint]
impl Intercept for ForeignResponses {
    fn name(&self) -> &'static str {
        "ForeignResponses"
    }

    fn read_before_attempt(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if cfg.load::<Attempts>().is_none() {
            let since = components.time_source().unwrap_or_default().now();
            let retry = cfg.load::<RetryConfig>().cloned().unwrap_or_else(RetryConfig::disabled);
            cfg.interceptor_state().store_put(Attempts { since, retry });
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(Attempts { since, retry }) = cfg.load::<Attempts>().cloned() else {
            return Ok(());
        };
        let failed = context.output_or_error().is_some_and(|result| result.is_err());
        let foreign = failed && context.response().is_some_and(is_foreign);
        let retry = if foreign {
            let now = components.time_source().unwrap_or_default().now();
            let spent = now.duration_since(since).unwrap_or_default();
            let made = cfg.load::<RequestAttempts>().map_or(1, RequestAttempts::attempts);
            let most = retry.max_attempts();
            let most =
                if spent + FOREIGN_PAUSE > FOREIGN_RESPONSES { made.min(most) } else { most };
            retry.with_max_attempts(most.max(1)).with_max_backoff(FOREIGN_PAUSE)
        } else {
            retry
        };
        // The retry strategy reads it next.
        cfg.interceptor_state().store_put(retry);
        Ok(())
    }
}
