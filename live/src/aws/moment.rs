//! Moments that AWS names.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// A moment as RFC 3339 writes it, to the second.
pub(crate) fn moment(at: &DateTime) -> String {
    let at = DateTime::from_secs(at.secs());
    at.fmt(Format::DateTime).unwrap_or_else(|_| at.to_string())
}

/// A moment as RFC 3339 writes it, in seconds since 1970.
pub(crate) fn second(moment: &str) -> Option<u64> {
    let at = DateTime::from_str(moment, Format::DateTimeWithOffset).ok()?;
    u64::try_from(at.secs()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_as_it_is_written() {
        let text = "2026-05-04T09:12:40Z";
        assert_eq!(second(text), Some(1_777_885_960));
        assert_eq!(moment(&DateTime::from_secs(1_777_885_960)), text);
        assert_eq!(second("2023-12-29T12:51:32.5Z"), Some(1_703_854_292));
        assert_eq!(second("tomorrow"), None);
    }
}
