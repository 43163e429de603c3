//! The decision over all policies that have a say.
//!
//! Source: IAM User Guide, "How AWS enforcement code logic evaluates requests to allow or
//! deny access".

use super::denial::{Denial, PolicyKind};
use super::document::{Document, Effect, Principals, Request};
use super::principal::{Closeness, Kind, Principal};

/// A document and what it is called, for those who ask which one decided.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Policy {
    /// An ARN, or the name of an inline policy.
    pub(crate) name: String,
    pub(crate) document: Document,
}

/// Every policy that applies to one request.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Policies {
    /// Attached to the user or role, managed and inline.
    pub(crate) identity: Vec<Policy>,
    pub(crate) boundary: Option<Policy>,
    /// Given with the session, which they limit; `None` where none were given.
    pub(crate) session: Option<Vec<Policy>>,
    /// The organization's, a list for each level from its root to the account: each level
    /// must allow.
    pub(crate) service_control: Vec<Vec<Policy>>,
}

/// The policy of the resource.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) enum ResourcePolicy<'a> {
    /// The resource has none.
    #[default]
    None,
    /// It may allow, beside the identity policies: the policy of a file system.
    May(&'a Policy),
    /// Without its allow there is no access: the trust policy of a role.
    Must(&'a Policy),
}

/// A statement that applied, and where it stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Applied {
    pub(crate) kind: PolicyKind,
    pub(crate) policy: String,
    pub(crate) sid: Option<String>,
    pub(crate) effect: Effect,
}

/// Decides one action on one resource.
pub(crate) fn evaluate(
    request: &Request<'_>,
    policies: &Policies,
    resource: ResourcePolicy<'_>,
) -> Result<(), Box<Denial>> {
    let denied = |kind, explicit| Err(Box::new(Denial::new(request, kind, explicit)));
    let limited = limited_by_organization(request.principal);
    let levels = if limited { policies.service_control.as_slice() } else { &[] };
    let (of_resource, kind) = match resource {
        ResourcePolicy::None => (None, PolicyKind::Resource),
        ResourcePolicy::May(policy) => (Some(policy), PolicyKind::Resource),
        ResourcePolicy::Must(policy) => (Some(policy), PolicyKind::Trust),
    };

    if levels.iter().flatten().any(|policy| has(policy, request, Effect::Deny)) {
        return denied(PolicyKind::ServiceControl, true);
    }
    if of_resource.is_some_and(|policy| has(policy, request, Effect::Deny)) {
        return denied(kind, true);
    }
    for (kind, policies) in of_principal(policies) {
        if policies.iter().any(|policy| has(policy, request, Effect::Deny)) {
            return denied(kind, true);
        }
    }

    if !levels.iter().all(|level| level.iter().any(|policy| has(policy, request, Effect::Allow))) {
        return denied(PolicyKind::ServiceControl, false);
    }
    let granted = of_resource.and_then(|policy| grant(policy, request));
    let another_account =
        account_of(request.resource).is_some_and(|account| account != request.principal.account);
    let must = matches!(resource, ResourcePolicy::Must(_)) || another_account;
    if must && granted.is_none() {
        return denied(kind, false);
    }
    match granted {
        Some(Closeness::Exact) if !another_account => return Ok(()),
        Some(Closeness::Role) if !another_account => {}
        _ if request.principal.kind == Kind::Root => return Ok(()),
        _ => {
            let allowed = |policy: &Policy| has(policy, request, Effect::Allow);
            if !policies.identity.iter().any(allowed) {
                return denied(PolicyKind::Identity, false);
            }
        }
    }
    within_limits(request, policies)
}

/// What the boundary and the session's policies leave.
fn within_limits(request: &Request<'_>, policies: &Policies) -> Result<(), Box<Denial>> {
    for (kind, policies) in of_principal(policies).into_iter().skip(1) {
        let given = kind == PolicyKind::Session || !policies.is_empty();
        if given && !policies.iter().any(|policy| has(policy, request, Effect::Allow)) {
            return Err(Box::new(Denial::new(request, kind, false)));
        }
    }
    Ok(())
}

/// The identity policies, then what limits them; session policies only where some were given.
fn of_principal(policies: &Policies) -> Vec<(PolicyKind, &[Policy])> {
    let mut all = vec![
        (PolicyKind::Identity, policies.identity.as_slice()),
        (PolicyKind::Boundary, policies.boundary.as_slice()),
    ];
    all.extend(policies.session.as_deref().map(|session| (PolicyKind::Session, session)));
    all
}

/// The statements that apply, of whatever effect, in the order of their evaluation.
pub(crate) fn applied(
    request: &Request<'_>,
    policies: &Policies,
    resource: ResourcePolicy<'_>,
) -> Vec<Applied> {
    let mut all: Vec<(PolicyKind, &Policy)> = policies
        .service_control
        .iter()
        .flatten()
        .map(|policy| (PolicyKind::ServiceControl, policy))
        .collect();
    match resource {
        ResourcePolicy::None => {}
        ResourcePolicy::May(policy) => all.push((PolicyKind::Resource, policy)),
        ResourcePolicy::Must(policy) => all.push((PolicyKind::Trust, policy)),
    }
    for (kind, policies) in of_principal(policies) {
        all.extend(policies.iter().map(|policy| (kind, policy)));
    }
    all.into_iter()
        .flat_map(|(kind, policy)| {
            policy.document.matching(request).map(move |statement| Applied {
                kind,
                policy: policy.name.clone(),
                sid: statement.sid.clone(),
                effect: statement.effect,
            })
        })
        .collect()
}

fn has(policy: &Policy, request: &Request<'_>, effect: Effect) -> bool {
    policy.document.matching(request).any(|statement| statement.effect == effect)
}

/// How closely the resource's policy allows the principal.
fn grant(policy: &Policy, request: &Request<'_>) -> Option<Closeness> {
    policy
        .document
        .matching(request)
        .filter(|statement| statement.effect == Effect::Allow)
        .filter_map(|statement| match &statement.principals {
            Some(Principals::Only(grantees)) => {
                grantees.iter().filter_map(|grantee| grantee.covers(request.principal)).max()
            }
            // An allow for all but some is an allow for everyone else.
            Some(Principals::Except(_)) => Some(Closeness::Role),
            None => None,
        })
        .max()
}

/// Service control policies limit users and roles of the account, its root among them, but
/// no service and no service-linked role. Source: AWS Organizations User Guide, "Service
/// control policies".
fn limited_by_organization(principal: &Principal) -> bool {
    match &principal.kind {
        Kind::Root | Kind::User { .. } => true,
        Kind::Session { service_linked, .. } => !service_linked,
        Kind::Federated { .. } | Kind::Anonymous => false,
    }
}

/// The account that an ARN names.
fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| account.len() == 12)
}
