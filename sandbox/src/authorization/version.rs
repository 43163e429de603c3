//! The versions of the policy language.

/// The version of the policy language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// The default: no policy variables.
    V2008,
    V2012,
}
