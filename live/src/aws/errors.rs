//! What an AWS error means, and what to do about it.

use anyhow::anyhow;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use efs::printable;

/// What AWS answers where another run changed things after this one had looked.
const RACED: &[&str] = &[
    "FileSystemNotFound",
    "FileSystemAlreadyExists",
    "FileSystemInUse",
    "IncorrectFileSystemLifeCycleState",
    "IncorrectMountTargetState",
    "MountTargetConflict",
    "MountTargetNotFound",
];

/// Another run changed things after this one had looked: a new plan may go on from there.
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
pub(crate) fn explain<E, R>(operation: &str, region: &str, error: SdkError<E, R>) -> anyhow::Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let code = error.code().unwrap_or_default().to_owned();
    let remedy = remedy(operation, region, &error, &code);
    let cause = match (error.code(), error.message()) {
        (Some(code), message) => format!("{code}: {}", message.unwrap_or("AWS said no more")),
        (None, _) => format!("{}", DisplayErrorContext(&error)),
    };
    let cause = printable(&cause);
    let cause =
        if RACED.contains(&code.as_str()) { anyhow!(Raced(cause)) } else { anyhow!("{cause}") };
    cause.context(format!("calling {operation} in {region}; what now: {remedy}"))
}

/// Whether AWS answered with this code.
pub(crate) fn is<E, R>(error: &SdkError<E, R>, code: &str) -> bool
where
    E: ProvideErrorMetadata,
{
    error.code() == Some(code)
}

fn remedy<E, R>(operation: &str, region: &str, error: &SdkError<E, R>, code: &str) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    match code {
        "AccessDenied"
        | "AccessDeniedException"
        | "UnauthorizedOperation"
        | "AuthorizationError" => {
            return format!(
                "allow `{operation}` to the identity that `aws sts get-caller-identity` shows"
            );
        }
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
            return "the credentials have expired: log in again, for instance with `aws sso login`"
                .to_owned();
        }
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "AuthFailure"
        | "SignatureDoesNotMatch" => {
            return format!(
                "AWS does not accept the credentials: check AWS_PROFILE, and that `{region}` is enabled"
            );
        }
        "Throttling" | "ThrottlingException" | "RequestLimitExceeded" | "TooManyRequests" => {
            return "the account's rate is used up: run the same command again later".to_owned();
        }
        "FileSystemLimitExceeded" | "NetworkInterfaceLimitExceeded" | "ThroughputLimitExceeded" => {
            return "ask for a higher quota in the Service Quotas console, or free some".to_owned();
        }
        "InsufficientThroughputCapacity" => {
            return "AWS has no capacity for this throughput now: try later, or choose `elastic`"
                .to_owned();
        }
        _ => {}
    }
    let unreachable = matches!(error, SdkError::DispatchFailure(_) | SdkError::TimeoutError(_));
    let chain = format!("{}", DisplayErrorContext(error));
    if chain.contains("credential") && chain.contains("provider") {
        "no credentials were found: set AWS_PROFILE, or run `aws configure` or `aws sso login`"
            .to_owned()
    } else if unreachable {
        format!(
            "AWS could not be reached: check the network, `aws_region` (`{region}`) and any `--endpoint-url`"
        )
    } else {
        "run the same command again; what is done already stays done".to_owned()
    }
}
