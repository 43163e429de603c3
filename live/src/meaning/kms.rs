//! The error codes of KMS's `DescribeKey` (KMS API Reference).

use super::{Meaning, Table};

pub(crate) const NOT_FOUND: &str = "NotFoundException";
pub(crate) const INVALID_ARN: &str = "InvalidArnException";

/// The codes, by letter.
pub(super) const CODES: Table = &[
    ("DependencyTimeoutException", Meaning::Passing),
    (INVALID_ARN, Meaning::Never("correct `kms_key_id`")),
    ("KMSInternalException", Meaning::Passing),
    (NOT_FOUND, Meaning::Never("correct `kms_key_id`")),
];
