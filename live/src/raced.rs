//! Errors that another run caused.

/// Another run changed things after this one had looked: a new plan may continue from there.
#[derive(Debug)]
pub(crate) struct Raced(pub(crate) String);

impl std::fmt::Display for Raced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Raced {}
