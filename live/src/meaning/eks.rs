//! The error codes of EKS's `DescribeCluster` (EKS API Reference).

use super::{Meaning, Table};

pub(crate) const CLUSTER_NOT_FOUND: &str = "ResourceNotFoundException";

/// The codes, by letter.
pub(super) const CODES: Table = &[
    ("ClientException", Meaning::Never(super::common::INVALID)),
    (CLUSTER_NOT_FOUND, Meaning::Never("correct `cluster_name` or `aws_region`")),
    ("ServerException", Meaning::Passing),
];
