//! Errors of AWS's calls, each with its cause, its request id and a remedy.

use anyhow::anyhow;
use aws_sdk_efs::operation::RequestId;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use failure::Failure;
use inputs::printable;

use super::foreign;
use crate::meaning::aws::{self, NoCode};
use crate::meaning::{Meaning, connection};
use crate::raced::Raced;

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
    let (message, code) = (printable(error.message().unwrap_or_default()), error.code());
    let code = code.map(printable);
    let response =
        code.as_deref().map(|code| aws::Response { operation, region, code, message: &message });
    let remedy = match &response {
        Some(response) => response.remedy(),
        None => without_code(region, &error),
    };
    let cause = printable(&cause(&error));
    let cause = match response.and_then(|response| response.meaning()) {
        Some(Meaning::Raced) => anyhow!(Raced(cause)),
        _ => anyhow!("{cause}"),
    };
    cause.context(Failure::new(format!("calling {operation} in {region}"), remedy))
}

/// Whether AWS responded with this code.
pub(crate) fn is<E, R>(error: &SdkError<E, R>, code: &str) -> bool
where
    E: ProvideErrorMetadata,
{
    error.code() == Some(code)
}

/// Whether AWS responded with this code, and a message that has these words.
pub(crate) fn says<E, R>(error: &SdkError<E, R>, code: &str, words: &str) -> bool
where
    E: ProvideErrorMetadata,
{
    is(error, code) && error.message().is_some_and(|message| message.contains(words))
}

/// Whether there is no such operation, as a web page says: an emulator that lacks one answers so.
/// Any other page, such as one of a proxy that refuses or is out of order, says nothing.
pub(crate) fn is_missing_operation<E>(error: &SdkError<E, Response>) -> bool
where
    E: ProvideErrorMetadata,
{
    let Some(response) = error.raw_response() else { return false };
    let header = |name| response.headers().get(name).unwrap_or_default();
    // moto 5.2 fails with 500 there, in the name of the server that it runs in.
    let missing = match response.status().as_u16() {
        404 => true,
        500 => header("server").starts_with("Werkzeug/"),
        _ => false,
    };
    error.code().is_none() && missing && header("content-type").starts_with("text/html")
}

/// What AWS responded, with the request id that AWS Support asks for; or what else went wrong.
fn cause<E>(error: &SdkError<E, Response>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let mut cause = match (error.code(), error.raw_response()) {
        (Some(code), _) => format!("{code}: {}", error.message().unwrap_or("no message from AWS")),
        (None, Some(response)) => foreign::describe(response),
        (None, None) => chain(error),
    };
    if let Some(id) = error.request_id() {
        cause.push_str(&format!(" (request id {id})"));
    }
    cause
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

/// The remedy for an error that is no error response of AWS.
fn without_code<E>(region: &str, error: &SdkError<E, Response>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let chain = chain(error);
    let meaning = if chain.to_lowercase().contains("credential") {
        NoCode::Credentials
    } else if error.raw_response().is_some() {
        NoCode::Foreign
    } else if let Some(remedy) = connection::remedy(&chain) {
        return remedy;
    } else if matches!(error, SdkError::DispatchFailure(_) | SdkError::TimeoutError(_)) {
        NoCode::Unreachable
    } else {
        NoCode::Bug
    };
    meaning.remedy(region)
}

#[cfg(test)]
mod tests {
    use aws_sdk_efs::operation::create_file_system::CreateFileSystemError;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    /// How the error of a call with this code and message is reported.
    fn reported(code: &str, message: Option<&str>) -> String {
        let mut response = Response::new(StatusCode::try_from(403).unwrap(), SdkBody::empty());
        response.headers_mut().insert("x-amzn-requestid", "1f0a");
        let mut meta = ErrorMetadata::builder().code(code);
        if let Some(message) = message {
            meta = meta.message(message);
        }
        let error = CreateFileSystemError::generic(meta.build());
        let error = SdkError::service_error(error, response);
        failure::report(&[explain("elasticfilesystem:CreateFileSystem", "eu-west-1", error)])
    }

    #[test]
    fn an_error_response_is_shown_with_its_request_id_and_remedy() {
        assert_eq!(
            reported("UnsupportedAvailabilityZone", Some("No EFS there.")),
            "error: calling elasticfilesystem:CreateFileSystem in eu-west-1\n  \
             caused by: UnsupportedAvailabilityZone: No EFS there. (request id 1f0a)\n\
             help: EFS has no mount targets in this zone, such as a Local Zone: leave its subnets \
             out of `subnet_ids`"
        );
    }

    #[test]
    fn a_denial_names_what_aws_names() {
        let message = "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: \
                       elasticfilesystem:TagResource on the specified resource with an explicit \
                       deny in a service control policy";
        let reported = reported("AccessDeniedException", Some(message));
        let remedy = "help: a service control policy of the organization denies \
                      `elasticfilesystem:TagResource` in this account";
        assert!(reported.contains(remedy), "{reported}");
    }

    #[test]
    fn only_a_page_that_says_not_found_means_that_there_is_no_such_operation() {
        let answered = |status: u16, kind: &'static str| {
            let status = StatusCode::try_from(status).unwrap();
            let mut response = Response::new(status, SdkBody::from("<html>"));
            response.headers_mut().insert("content-type", kind);
            let error = CreateFileSystemError::unhandled("no AWS error");
            is_missing_operation(&SdkError::service_error(error, response))
        };
        assert!(answered(404, "text/html; charset=utf-8"));
        assert!(!answered(500, "text/html"));
        for (status, kind) in
            [(403, "text/html"), (407, "text/html"), (502, "text/html"), (404, "application/json")]
        {
            assert!(!answered(status, kind), "{status} {kind}");
        }
    }

    #[test]
    fn an_error_response_without_a_message_says_so() {
        let reported = reported("PolicyNotFound", None);
        let cause = "caused by: PolicyNotFound: no message from AWS (request id 1f0a)";
        assert!(reported.contains(cause), "{reported}");
    }
}
