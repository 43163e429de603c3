//! The error codes of EKS's `DescribeCluster` and of its calls about Pod Identity associations and
//! add-ons (EKS API Reference).

use super::{Meaning, Table};

pub(crate) const NOT_FOUND: &str = "ResourceNotFoundException";
pub(crate) const IN_USE: &str = "ResourceInUseException";

/// The codes, by letter.
pub(super) const CODES: Table = &[
    ("ClientException", Meaning::Never(super::common::INVALID)),
    ("InvalidParameterException", Meaning::Never(super::common::INVALID)),
    ("InvalidRequestException", Meaning::Never(super::common::INVALID)),
    (IN_USE, Meaning::Raced),
    ("ResourceLimitExceededException", Meaning::Quota),
    (NOT_FOUND, Meaning::Never("correct `cluster_name` or `aws_region`")),
    ("ServerException", Meaning::Passing),
];
