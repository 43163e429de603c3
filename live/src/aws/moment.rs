//! Moments that AWS names.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// A moment as RFC 3339 writes it, to the second.
pub(crate) fn moment(at: &DateTime) -> String {
    let at = DateTime::from_secs(at.secs());
    at.fmt(Format::DateTime).unwrap_or_else(|_| at.to_string())
}
