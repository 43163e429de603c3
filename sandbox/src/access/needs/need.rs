//! What the tables of needs are made of: actions, and what they are on.

use crate::authorization::context::Context as Keys;

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

pub(super) const fn action(name: &'static str, on: &'static [&'static str]) -> Action {
    Action { name, on }
}

impl Need {
    pub(super) fn new(action: impl Into<String>, resource: impl Into<String>) -> Need {
        Need {
            action: action.into(),
            resource: resource.into(),
            keys: Keys::default(),
            dependent: false,
        }
    }

    pub(super) fn with(mut self, keys: &Keys) -> Need {
        self.keys = self.keys.with(keys);
        self
    }

    /// Whether a service calls another one for it, on the caller's behalf. To pass a role is
    /// judged by the service itself: it is no operation of IAM's.
    pub(crate) fn is_forwarded_by(&self, service: &str) -> bool {
        let vendor = self.action.split(':').next();
        self.dependent && vendor != Some(service) && self.action != "iam:PassRole"
    }

    pub(super) fn dependent(mut self) -> Need {
        self.dependent = true;
        self
    }
}

/// The row of an operation; without one it is taken for an action on `*`.
pub(super) fn row(table: &[Action], operation: &str) -> &'static [&'static str] {
    table.iter().find(|action| action.name == operation).map_or(&[], |action| action.on)
}
