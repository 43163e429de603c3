//! The error codes of IAM that calls about roles, their policies and OpenID Connect providers
//! return (IAM API Reference).

use super::{Meaning, Table};

pub(crate) const ALREADY_EXISTS: &str = "EntityAlreadyExists";
pub(crate) const NOT_FOUND: &str = "NoSuchEntity";

/// The codes, by letter.
pub(super) const CODES: Table = &[
    ("ConcurrentModification", Meaning::Passing),
    // Somebody put a policy into the role meanwhile: a new plan sees it.
    ("DeleteConflict", Meaning::Raced),
    (ALREADY_EXISTS, Meaning::Raced),
    ("EntityTemporarilyUnmodifiable", Meaning::Passing),
    ("InvalidInput", Meaning::Never(super::common::INVALID)),
    (
        "LimitExceeded",
        Meaning::Never(
            "request a higher quota in the Service Quotas console, or delete what is no longer \
             used: an account has so many roles and OpenID Connect providers, and a role 10,240 \
             characters of inline policies",
        ),
    ),
    ("MalformedPolicyDocument", Meaning::Never(super::common::INVALID)),
    // Changes of IAM reach all of it after seconds (IAM User Guide, "Changes that I make are not
    // always immediately visible"): a new plan comes later.
    (NOT_FOUND, Meaning::Raced),
    ("OpenIdIdpCommunicationError", Meaning::Passing),
    ("ServiceFailure", Meaning::Passing),
    (
        "UnmodifiableEntity",
        Meaning::Never("the role is a service's own: name another one in `driver_identity`"),
    ),
];
