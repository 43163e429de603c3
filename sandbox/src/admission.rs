//! Why a request is refused whatever its operation is.

use crate::ec2::zones;
use crate::error::AwsError;
use crate::request::Incoming;
use crate::response::Refusal;
use crate::scope::Scope;
use crate::service::Service;

/// The refusal of a request before its operation is looked at, in the service's words.
pub(crate) fn refusal(
    service: &dyn Service,
    request: &Incoming,
    signed: bool,
    too_large: bool,
) -> Option<AwsError> {
    if !signed {
        return Some(service.refusal(Refusal::Unsigned));
    }
    // What the signature is for is judged before anything else of the request.
    let of_signature = request.scope.as_ref().and_then(|scope| wrong_scope(service, scope));
    of_signature.or_else(|| too_large.then(|| service.refusal(Refusal::BodyTooLarge)))
}

/// The refusal of a signature for another service, or for a region that does not exist.
fn wrong_scope(service: &dyn Service, scope: &Scope) -> Option<AwsError> {
    let refusal = service.refusal(Refusal::WrongService);
    if scope.service != service.name() {
        return Some(refusal);
    }
    // At AWS no host of such a region exists; what reaches a service of another region is
    // refused for its credential scope, with the code that a wrong service in it gets.
    (!zones::is_region(&scope.region)).then(|| {
        let message =
            format!("Credential should be scoped to a valid region, not '{}'.", scope.region);
        AwsError { message, ..refusal }
    })
}
