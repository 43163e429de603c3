//! Identifiers, made from a source of chance that is given from outside.

use fastrand::Rng;

/// Makes identifiers.
#[derive(Debug)]
pub(crate) struct Ids(Rng);

impl Ids {
    pub(crate) fn new(rng: Rng) -> Ids {
        Ids(rng)
    }

    /// A new identifier: `prefix` and 17 hexadecimal digits, as AWS makes them.
    pub(crate) fn next(&mut self, prefix: &str) -> String {
        let digits = self.0.u128(..) >> 60;
        format!("{prefix}{digits:017x}")
    }

    /// A new UUID: the form of request ids.
    pub(crate) fn uuid(&mut self) -> String {
        let hex = format!("{:032x}", self.0.u128(..));
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}
