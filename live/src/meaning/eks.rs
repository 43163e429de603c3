//! The error codes of EKS's `DescribeCluster` and of its calls about Pod Identity associations and
//! add-ons (EKS API Reference).

use super::{Meaning, Table};

pub(crate) const INVALID_PARAMETER: &str = "InvalidParameterException";
pub(crate) const NOT_FOUND: &str = "ResourceNotFoundException";
pub(crate) const IN_USE: &str = "ResourceInUseException";

/// What the message of [`INVALID_PARAMETER`] says of a role that EKS does not know, and of one whose
/// trust it does not know (hashicorp/terraform-provider-aws pull 34717, `internal/service/eks/addon.go`,
/// and issue 41483).
pub(crate) const ROLE_UNKNOWN: &str = "does not exist";
pub(crate) const TRUST_UNKNOWN: &str = "Trust policy of the role provided is invalid";

/// The codes, by letter.
pub(super) const CODES: Table = &[
    ("ClientException", Meaning::Never(super::common::INVALID)),
    (INVALID_PARAMETER, Meaning::Never(super::common::INVALID)),
    ("InvalidRequestException", Meaning::Never(super::common::INVALID)),
    (IN_USE, Meaning::Raced),
    ("ResourceLimitExceededException", Meaning::Quota),
    (NOT_FOUND, Meaning::Never("correct `cluster_name` or `aws_region`")),
    ("ServerException", Meaning::Passing),
];
