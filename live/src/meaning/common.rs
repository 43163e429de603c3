//! The error codes that all services of AWS share, for the most part about credentials
//! (IAM User Guide and API references, "Common errors").

use super::{Meaning, Table};

/// What to do about a request that the service finds invalid.
pub(super) const INVALID: &str =
    "correct the input that the message names; if it names none, this is a bug: please report it";

/// The codes, by letter.
pub(super) const CODES: Table = &[
    ("AccessDenied", Meaning::Denied),
    ("AccessDeniedException", Meaning::Denied),
    ("AuthorizationError", Meaning::Denied),
    ("ExpiredToken", Meaning::Expired),
    ("ExpiredTokenException", Meaning::Expired),
    ("IncompleteSignature", Meaning::NotAccepted),
    ("InternalFailure", Meaning::Passing),
    ("InvalidClientTokenId", Meaning::NotAccepted),
    ("InvalidSignatureException", Meaning::Clock),
    ("MissingAuthenticationToken", Meaning::NotAccepted),
    ("MissingAuthenticationTokenException", Meaning::NotAccepted),
    ("OptInRequired", Meaning::NotAccepted),
    ("RequestExpired", Meaning::Clock),
    ("RequestTimeTooSkewed", Meaning::Clock),
    ("ServiceUnavailable", Meaning::Passing),
    ("ServiceUnavailableException", Meaning::Passing),
    ("SignatureDoesNotMatch", Meaning::NotAccepted),
    ("Throttling", Meaning::Throttled),
    ("ThrottlingException", Meaning::Throttled),
    ("UnrecognizedClientException", Meaning::NotAccepted),
    ("ValidationError", Meaning::Never(INVALID)),
];
