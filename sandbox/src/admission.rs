//! Why a request is refused whatever its operation is.

use crate::ec2::zones;
use crate::error::AwsError;
use crate::request::Incoming;
use crate::response::Refusal;
use crate::service::Service;

/// The refusal of a request before its operation is looked at, in the service's words.
pub(crate) fn refusal(
    service: &dyn Service,
    request: &Incoming,
    signed: bool,
    too_large: bool,
) -> Option<AwsError> {
    if too_large {
        return Some(service.refusal(Refusal::BodyTooLarge));
    }
    if !signed {
        return Some(service.refusal(Refusal::Unsigned));
    }
    let scope = request.scope.as_ref()?;
    let wrong_scope = service.refusal(Refusal::WrongService);
    if scope.service != service.name() {
        return Some(wrong_scope);
    }
    // At AWS no host of such a region exists; what reaches a service of another region is
    // refused for its credential scope, with the code that a wrong service in it gets.
    (!zones::is_region(&scope.region)).then(|| {
        let message =
            format!("Credential should be scoped to a valid region, not '{}'.", scope.region);
        AwsError { message, ..wrong_scope }
    })
}
