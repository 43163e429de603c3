//! Errors that many operations give.

use crate::error::AwsError;

/// A required parameter is absent.
pub(super) fn missing(parameter: &str) -> AwsError {
    let message = format!("The request must contain the parameter {parameter}");
    AwsError::new(400, "MissingParameter", message)
}

/// A parameter has a value that EC2 does not take.
pub(super) fn invalid(parameter: &str, value: &str, why: &str) -> AwsError {
    invalid_value(format!("Value ({value}) for parameter {parameter} is invalid. {why}"))
}

pub(super) fn invalid_value(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "InvalidParameterValue", message)
}

/// Parameters exclude each other.
pub(super) fn combination(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "InvalidParameterCombination", message)
}

/// Something else needs what was to be deleted.
pub(super) fn dependency(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "DependencyViolation", message)
}

/// What another account owns cannot be changed.
pub(super) fn not_yours() -> AwsError {
    AwsError::new(
        403,
        "UnauthorizedOperation",
        "You are not authorized to perform this operation. The resource belongs to another account and is shared with this one.",
    )
}
