//! Identifiers and times.

use std::time::{SystemTime, UNIX_EPOCH};

/// A new identifier: `prefix` and 17 hexadecimal digits, as AWS makes them.
pub(crate) fn new_id(prefix: &str) -> String {
    let digits = fastrand::u128(..) >> 60;
    format!("{prefix}{digits:017x}")
}

/// A request id in the form that AWS gives.
pub(crate) fn request_id() -> String {
    let bits = fastrand::u128(..);
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    micros().div_euclid(1000)
}

/// Microseconds since 1970.
pub(crate) fn micros() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX)
}
