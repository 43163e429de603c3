//! What an AWS service is to the sandbox: how its requests are told apart, carried out
//! and answered.

use axum::body::Bytes;
use axum::http::{HeaderMap, Method};

use crate::access::{Access, Caller};
use crate::error::{Answer, AwsError};
use crate::ids::Ids;
use crate::options::Options;
use crate::scope::Scope;
use crate::world::{Global, Region};

/// An AWS service.
pub(crate) trait Service: Send + Sync {
    /// The name that requests are signed for, such as `elasticfilesystem`.
    fn name(&self) -> &'static str;

    /// Whether a request has this service's form: its path, target, or API version.
    fn accepts(&self, request: &Incoming) -> bool;

    /// The operation that a request names, for the list of calls and for faults.
    fn operation(&self, request: &Incoming) -> String;

    /// Whether an operation is refused without a signature.
    fn needs_signature(&self, _operation: &str) -> bool {
        true
    }

    /// Carries an operation out. After an error, whatever it changed is undone.
    fn carry_out(&self, context: &mut Context<'_>, request: &Incoming) -> Answer<Success>;

    /// A refusal that all services give, in this service's words.
    fn refusal(&self, refusal: Refusal) -> AwsError;

    /// An error as this service writes it.
    fn error(&self, error: &AwsError, request_id: &str) -> ErrorBody;

    /// Gives a region that is used for the first time what it starts with.
    fn seed(&self, _region: &mut Region, _options: &Options) {}

    /// Carries out the changes of state that are due by `now`.
    fn settle(&self, _region: &mut Region, _now: u64) {}
}

/// One request, as its operation sees it.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) method: Method,
    /// The path, percent-decoded segment by segment: a `/` within a segment (`%2F`) does not
    /// part it. `/2015-02-01/file-systems/` is `["2015-02-01", "file-systems"]`.
    pub(crate) path: Vec<String>,
    /// The query, decoded, in order.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// What the request is signed for; `None` for an unsigned one.
    pub(crate) scope: Option<Scope>,
    /// The id that the response carries.
    pub(crate) id: String,
}

impl Incoming {
    /// The caller, by access key id; empty for an unsigned request.
    pub(crate) fn access_key(&self) -> &str {
        self.scope.as_ref().map_or("", |scope| &scope.access_key)
    }

    /// A header's text; `None` also where it is no text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// What an operation works on beside the request.
pub(crate) struct Context<'a> {
    /// The region that the request is signed for.
    pub(crate) region: &'a mut Region,
    /// The other regions that were ever used, to read.
    pub(crate) others: Vec<&'a Region>,
    /// What belongs to no region.
    pub(crate) global: &'a mut Global,
    pub(crate) options: &'a Options,
    /// What callers may do, as it is configured.
    pub(crate) access: &'a Access,
    /// Who makes the request.
    pub(crate) caller: &'a Caller,
    /// Makes new identifiers.
    pub(crate) ids: &'a mut Ids,
    /// Milliseconds since 1970.
    pub(crate) now: u64,
}

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
