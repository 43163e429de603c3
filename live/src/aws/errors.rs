//! What an AWS error means, and what to do about it: one table.

use anyhow::anyhow;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use failure::Failure;
use inputs::printable;

use super::meaning::{Meaning, meaning};

/// Another run changed things after this one had looked: a new plan may continue from there.
#[derive(Debug)]
pub(crate) struct Raced(pub(crate) String);

impl std::fmt::Display for Raced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Raced {}

/// An error of the call `operation`, such as `elasticfilesystem:CreateFileSystem`,
/// with a remedy. What AWS wrote is shown without anything that a terminal acts on.
pub(crate) fn explain<E>(
    operation: &str,
    region: &str,
    error: SdkError<E, Response>,
) -> anyhow::Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let code = error.code().unwrap_or_default();
    let known = meaning(code);
    let remedy = match known {
        Some(meaning) => meaning.remedy(operation, region),
        None => unknown(region, &error),
    };
    let cause = printable(&cause(&error));
    let cause = match known {
        Some(Meaning::Raced) => anyhow!(Raced(cause)),
        _ => anyhow!("{cause}"),
    };
    cause.context(Failure::new(format!("calling {operation} in {region}"), remedy))
}

/// Whether AWS answered with this code.
pub(crate) fn is<E, R>(error: &SdkError<E, R>, code: &str) -> bool
where
    E: ProvideErrorMetadata,
{
    error.code() == Some(code)
}

/// Whether a web page answered, as an emulator does that lacks an operation.
pub(crate) fn is_web_page<E>(error: &SdkError<E, Response>) -> bool
where
    E: ProvideErrorMetadata,
{
    let kind = error.raw_response().and_then(|response| response.headers().get("content-type"));
    error.code().is_none() && kind.is_some_and(|kind| kind.starts_with("text/html"))
}

/// What AWS said, or whoever answered in its place.
fn cause<E>(error: &SdkError<E, Response>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match (error.code(), error.message()) {
        (Some(code), message) => format!("{code}: {}", message.unwrap_or("no message from AWS")),
        (None, _) => match foreign(error) {
            Some(answer) => answer,
            None => chain(error),
        },
    }
}

/// An error with all that caused it, in words; each once, as many repeat what caused them.
fn chain(error: &dyn std::error::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let part = error.to_string();
        if !parts.iter().any(|known| known.contains(&part)) {
            parts.push(part);
        }
        next = error.source();
    }
    parts.join(": ")
}

/// An answer that is no answer of AWS, such as the web page of a proxy.
fn foreign<E>(error: &SdkError<E, Response>) -> Option<String> {
    let response = error.raw_response()?;
    let status = response.status().as_u16();
    let kind = response.headers().get("content-type").unwrap_or("no content type");
    let length = response.body().bytes().map_or(0, <[u8]>::len);
    Some(format!("the answer is not one of AWS: status {status}, {kind}, {length} bytes"))
}

/// The remedy for an error without a code that is known.
fn unknown<E>(region: &str, error: &SdkError<E, Response>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let unreachable = matches!(error, SdkError::DispatchFailure(_) | SdkError::TimeoutError(_));
    if chain(error).to_lowercase().contains("credential") {
        return "no credentials were found, or those of the profile cannot be used: set AWS_PROFILE, or run `aws configure` or `aws sso login`"
            .to_owned();
    }
    if unreachable {
        return format!(
            "AWS could not be reached: check the network, `aws_region` (`{region}`) and any `--endpoint-url`"
        );
    }
    if error.code().is_none() && foreign(error).is_some() {
        return "something between here and AWS answered, such as a proxy: check HTTPS_PROXY and \
                any `--endpoint-url`"
            .to_owned();
    }
    match error.code() {
        Some(code) => format!(
            "AWS documents what `{code}` means; nothing is known of it here, and running the same \
             command again is safe"
        ),
        None => "run the same command again; what is done already stays done".to_owned(),
    }
}
