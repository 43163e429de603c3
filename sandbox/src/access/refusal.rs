//! A denial as each service gives it.

use crate::access::needs::Need;
use crate::authorization::denial::Denial;
use crate::error::AwsError;

/// The refusal of a call that needs what is denied.
pub(super) fn denied(service: &str, need: &Need, denial: &Denial) -> AwsError {
    match service {
        "ec2" => AwsError::new(403, "UnauthorizedOperation", denial.ec2_message()),
        // What EC2 denies EFS is told without its name
        // (hashicorp/terraform-provider-aws issue 1727).
        "elasticfilesystem" if need.dependent && !need.action.starts_with("elasticfilesystem:") => {
            let message = "User is not authorized to perform that action on the specified resource";
            AwsError::new(403, "AccessDeniedException", message)
        }
        "elasticfilesystem" => AwsError::new(403, "AccessDeniedException", denial.efs_message()),
        "kms" => AwsError::new(400, "AccessDeniedException", denial.message()),
        "eks" => AwsError::new(403, "AccessDeniedException", denial.message()),
        _ => AwsError::new(403, "AccessDenied", denial.message()),
    }
}

/// Why a caller is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// The access key id, or the session token that goes with it.
    Key,
    /// The credentials were temporary.
    Expired,
}

/// The refusal of credentials.
pub(crate) fn unknown(service: &str, why: Unknown) -> AwsError {
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
