//! The interface of an AWS service: how its requests are recognized, carried out and answered.

use crate::callers::{Access, Caller};
use crate::error::{AwsError, Result};
use crate::ids::Ids;
use crate::options::Options;
use crate::request::Incoming;
use crate::response::{ErrorBody, Refusal, Success};
use crate::world::iam::Role;
use crate::world::{Global, Region};

/// An AWS service.
pub(crate) trait Service: Send + Sync {
    /// The name that requests are signed for, such as `elasticfilesystem`.
    fn name(&self) -> &'static str;

    /// Whether a request has this service's form: its path, target, or API version.
    fn accepts(&self, request: &Incoming) -> bool;

    /// The names of the operations that it serves.
    fn operations(&self) -> Vec<&'static str>;

    /// The operation that a request names, for the list of calls and for faults.
    fn operation(&self, request: &Incoming) -> String;

    /// Whether an operation is refused without a signature.
    fn needs_signature(&self, _operation: &str) -> bool {
        true
    }

    /// Carries an operation out. After an error, whatever it changed is undone.
    fn carry_out(&self, context: &mut Context<'_>, request: &Incoming) -> Result<Success>;

    /// A refusal that all services give, in this service's words.
    fn refusal(&self, refusal: Refusal) -> AwsError;

    /// An error as this service writes it.
    fn error(&self, error: &AwsError, request_id: &str) -> ErrorBody;

    /// The name of the service below `/_sandbox/`, where it has paths of its own there.
    fn own_path(&self) -> Option<&'static str> {
        None
    }

    /// Changes what no call of AWS's API changes, as a POST to `/_sandbox/NAME/REGION/ID` says; the
    /// status and a sentence where it cannot.
    fn administer(
        &self,
        _context: &mut Context<'_>,
        id: &str,
        _body: &[u8],
    ) -> Result<(), (u16, String)> {
        Err((404, format!("`{id}` cannot be changed")))
    }

    /// Adds what a new region starts with.
    fn seed(&self, _region: &mut Region, _options: &Options) {}

    /// Carries out the changes of state that are due by `now`.
    fn settle(&self, _region: &mut Region, _now: u64) {}
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

impl Context<'_> {
    /// The role of an ARN, as every service but IAM knows it: not at once when it was made.
    pub(crate) fn role(&self, arn: &str) -> Option<&Role> {
        let role = self.global.iam.roles.get(arn.rsplit('/').next()?)?;
        let known = role.created_ms + self.options.unknown_ms() <= self.now;
        (known && role.arn == arn).then_some(role)
    }

    /// Whether a role or a user of the account exists that a policy names by its ARN: a role that
    /// was just made does not yet, and users are those that are configured.
    pub(crate) fn principal_exists(&self, arn: &str) -> bool {
        match arn.splitn(6, ':').nth(5) {
            Some(resource) if resource.starts_with("role/") => {
                self.role(arn).is_some() || self.access.is_configured(arn)
            }
            _ => self.access.is_configured(arn),
        }
    }
}
