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
