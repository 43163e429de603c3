//! Credentials that are not accepted, in each service's words.

use crate::error::AwsError;

/// Why a caller is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unknown {
    /// The access key id, or the session token that goes with it.
    Key,
    /// The credentials were temporary.
    Expired,
}

/// The refusal of credentials.
pub(super) fn refusal(service: &str, why: Unknown) -> AwsError {
    const INVALID: &str = "The security token included in the request is invalid.";
    const EXPIRED: &str = "The security token included in the request is expired";
    match (service, why) {
        ("ec2", Unknown::Key) => AwsError::new(
            401,
            "AuthFailure",
            "AWS was not able to validate the provided access credentials",
        ),
        ("ec2", Unknown::Expired) => AwsError::new(400, "RequestExpired", "Request has expired."),
        ("sts" | "iam", Unknown::Key) => AwsError::new(403, "InvalidClientTokenId", INVALID),
        ("sts" | "iam", Unknown::Expired) => AwsError::new(403, "ExpiredToken", EXPIRED),
        (service, why) => {
            let status = if service == "kms" { 400 } else { 403 };
            match why {
                Unknown::Key => AwsError::new(status, "UnrecognizedClientException", INVALID),
                Unknown::Expired => AwsError::new(status, "ExpiredTokenException", EXPIRED),
            }
        }
    }
}
