//! EKS's errors.

use crate::error::AwsError;

pub(super) fn invalid_parameter(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "InvalidParameterException", message)
}

pub(super) fn invalid_request(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "InvalidRequestException", message)
}

pub(super) fn in_use(message: impl Into<String>) -> AwsError {
    AwsError::new(409, "ResourceInUseException", message)
}

pub(super) fn not_found(message: impl Into<String>) -> AwsError {
    AwsError::new(404, "ResourceNotFoundException", message)
}
