//! Responses of a service: a success, an error, or a refusal that all services have.

/// A success: a status, and a body whose form is the service's.
#[derive(Debug)]
pub(crate) struct Success {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
}

/// The body of an error, and the headers that go with it.
#[derive(Debug)]
pub(crate) struct ErrorBody {
    pub(crate) content_type: &'static str,
    /// The value of `x-amzn-errortype`, for services that send one.
    pub(crate) error_type: Option<&'static str>,
    pub(crate) body: Vec<u8>,
}

/// The refusals that do not depend on the operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The request carries no signature.
    Unsigned,
    /// The signature is for another service.
    WrongService,
    /// More calls than the account's rate allows.
    Throttled,
    /// The body is over the limit.
    BodyTooLarge,
    /// The service failed.
    Internal,
}
