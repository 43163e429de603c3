//! The global condition keys that tell the request, the session, the organization and the owner
//! of the resource.
//!
//! Source: IAM User Guide, "AWS global condition context keys". Keys of what the sandbox does
//! not have are absent, as at AWS: calls through VPC endpoints (`aws:SourceVpc`), calls of
//! services in their own name (`aws:SourceArn`, `aws:PrincipalServiceName`), devices for MFA
//! (`aws:MultiFactorAuthAge`).

use crate::authorization::context::Context as Keys;
use crate::query;
use crate::request::Incoming;
use crate::world::sts::Session;

/// Sets the keys of a request as a whole.
///
/// The client's endpoint stands for AWS's, which speaks TLS: `aws:SecureTransport` is `true`
/// unless a header `x-forwarded-proto: http` says otherwise. `aws:SourceIp` is the first
/// address of `x-forwarded-for`, or this machine's.
pub(crate) fn of_request(request: &Incoming, now: u64, keys: &mut Keys) {
    let insecure = request.header("x-forwarded-proto") == Some("http");
    keys.set("aws:SecureTransport", !insecure);
    let forwarded = request.header("x-forwarded-for").and_then(|list| list.split(',').next());
    keys.set("aws:SourceIp", forwarded.map_or("127.0.0.1", str::trim));
    keys.set("aws:CurrentTime", query::time(now));
    keys.set("aws:EpochTime", now / 1000);
    keys.set("aws:ViaAWSService", false);
    for (key, header) in [("aws:UserAgent", "user-agent"), ("aws:Referer", "referer")] {
        if let Some(value) = request.header(header) {
            keys.set(key, value);
        }
    }
    if let Some(scope) = &request.scope {
        keys.set("aws:RequestedRegion", &scope.region);
    }
}

/// Sets the keys that temporary credentials bring along.
pub(crate) fn of_session(session: &Session, keys: &mut Keys) {
    keys.set("aws:TokenIssueTime", query::time(session.issued_ms));
    keys.set("aws:MultiFactorAuthPresent", false);
    if let Some(provider) = &session.provider {
        keys.set("aws:FederatedProvider", provider);
    }
}

/// Sets `aws:PrincipalOrgID` and `aws:PrincipalOrgPaths`, or those of the resource, where the
/// account is in an organization.
pub(crate) fn of_organization(path: Option<&str>, whose: &str, keys: &mut Keys) {
    if let Some(path) = path {
        keys.set(&format!("aws:{whose}OrgID"), path.split('/').next().unwrap_or_default());
        keys.set_all(&format!("aws:{whose}OrgPaths"), [path.to_owned()]);
    }
}

/// Sets the keys that tell the owner of a resource: the account of its ARN, or, where the ARN
/// names none, the account that is called.
pub(crate) fn of_owner(resource: &str, own: &str, path: Option<&str>, keys: &mut Keys) {
    let digits = |account: &&str| account.len() == 12;
    let account = resource.split(':').nth(4).filter(digits).unwrap_or(own);
    keys.set("aws:ResourceAccount", account);
    if account == own {
        of_organization(path, "Resource", keys);
    }
}

/// Turns the keys of a request into those of a call that the service then makes of another one
/// on the caller's behalf (forward access sessions): the chain of services is known, and the
/// address that it comes from is no longer the caller's.
pub(crate) fn via(service: &str, keys: &mut Keys) {
    let service = format!("{service}.amazonaws.com");
    keys.set("aws:ViaAWSService", true);
    for key in ["aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"] {
        keys.set(key, &service);
    }
    keys.set_all("aws:SourceIp", []);
}
