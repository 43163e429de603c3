//! What a plan of the driver's identity takes, and what it gives to the rest of the plan.

use plan::{ChangeId, Known};

use crate::resources::driver::Driver;
use crate::resources::{iam_role, oidc_provider, pod_identity_association};

/// What the rest of a plan takes of the identity.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Given {
    /// The role that the service accounts are annotated with.
    pub(crate) role: Option<Known<String>>,
    /// Whether the service accounts get their role by Pod Identity associations instead.
    pub(crate) by_associations: bool,
    /// What must be done before pods of the driver that start have their identity.
    pub(crate) before_driver: Vec<ChangeId>,
    /// What must be done before the driver may create volumes.
    pub(crate) before_class: Vec<ChangeId>,
}

impl Given {
    /// The driver with this identity.
    pub(crate) fn driver<'a>(&self, driver: Driver<'a>) -> Driver<'a> {
        match &self.role {
            None => driver,
            Some(role) => Driver { role: Some(role.clone()), ..driver },
        }
    }
}

/// The calls that an identity takes.
pub(crate) trait Calls:
    From<iam_role::Call> + From<oidc_provider::Call> + From<pod_identity_association::Call>
{
}

impl<C> Calls for C where
    C: From<iam_role::Call> + From<oidc_provider::Call> + From<pod_identity_association::Call>
{
}

/// How much of the identity a module plans.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part<'a> {
    Whole,
    /// The policy for its file system alone: another module plans the role, by this change where
    /// it changes.
    Policy {
        role: Option<&'a ChangeId>,
    },
}
