//! The add-on as a deployment wants it, and its calls.

use network::Tags;
use plan::{Address, ChangeId, Document, Known, Scope, Wait};

use super::given::ResolveConflicts;
use super::spec::{Found, Spec, Status, configuration};
use crate::owner::Owner;
use crate::resources::driver::{self, DriverInputs};

/// A call of EKS.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// Creates it; where it is there already, another run made it.
    Create {
        cluster: String,
        spec: Box<Spec>,
        resolve_conflicts: ResolveConflicts,
    },
    /// Sets version, role and configuration. EKS takes a role away that is not given: "if you don't
    /// specify an existing IAM role, then the add-on uses the permissions assigned to the node IAM
    /// role" (API Reference, `UpdateAddon`; hashicorp/terraform-provider-aws issue 19402).
    Update {
        cluster: String,
        spec: Box<Spec>,
        resolve_conflicts: ResolveConflicts,
    },
    Tag {
        arn: String,
        tags: Tags,
    },
    /// Deletes it; with `preserve`, its objects stay in the cluster, and so do all mounts.
    Delete {
        cluster: String,
        preserve: bool,
    },
    /// Waits until its pods run, and fails with what EKS says where they never will.
    UntilActive {
        cluster: String,
        /// Whether it was just created, and so may be degraded until its first pods run.
        is_new: bool,
    },
    UntilGone {
        cluster: String,
    },
    /// Waits until another run is done with it: what is left to do shows then.
    UntilSettled {
        cluster: String,
    },
}

/// The add-on as a deployment wants it.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    pub owner: &'a Owner,
    pub inputs: &'a DriverInputs,
    /// The role that its service accounts assume (IRSA), where they have one.
    pub role: Option<Known<String>>,
    /// Whether its pods get their role by associations, so that one of its own would win over that.
    pub by_associations: bool,
    /// The user's tags.
    pub tags: &'a Tags,
    /// What must be done before its pods start.
    pub needs: &'a [ChangeId],
    /// Whether its pods are waited for.
    pub wait: bool,
    /// The driver as a cluster shows it, where the target is one.
    pub driver: Option<&'a driver::Found>,
    /// The other classes of the driver in that cluster.
    pub classes: Option<&'a [String]>,
    /// The deployments of this job, by the name of their owner.
    pub of_this_job: &'a [String],
}

impl Wanted<'_> {
    /// Whether another deployment keeps the add-on: one of another job, whose class is there, or
    /// may be where no cluster is looked at.
    pub(super) fn is_kept_elsewhere(&self, found: &Found) -> bool {
        let Some(keeper) = found.keeper() else { return false };
        let name = format!("{}/{keeper}", self.owner.cluster);
        keeper != self.owner.storage_class
            && !self.of_this_job.contains(&name)
            && self.classes.is_none_or(|classes| classes.iter().any(|class| class == keeper))
    }

    /// The role that it has and that nobody asks to change: each update must name it.
    pub(super) fn kept_role(&self, found: Option<&Found>) -> Option<String> {
        let keeps = self.role.is_none() && !self.by_associations;
        found.filter(|_| keeps).and_then(|found| found.role_arn.clone())
    }

    /// The properties that it should have, in this version.
    pub(super) fn spec(&self, version: String, found: Option<&Found>) -> Spec {
        let elsewhere = found.filter(|found| self.is_kept_elsewhere(found));
        let tags = match elsewhere {
            // Whose tags they are is the keeper's to say.
            Some(found) => found.tags.clone(),
            None => self.tags.clone().into_iter().chain(self.owner.marks()).collect(),
        };
        Spec {
            status: Status::Active,
            version,
            role_arn: self.role.clone().or_else(|| self.kept_role(found).map(Known::Now)),
            configuration: Document::literal(configuration(self.inputs)),
            namespace: self.inputs.namespace.clone(),
            tags,
        }
    }
}

/// The wait for another run that is at work on the add-on.
pub(super) fn under_way<C: From<Call>>(
    scope: &Scope,
    address: &Address,
    owner: &Owner,
    found: &Found,
) -> Option<Wait<C>> {
    let under_way = matches!(found.status, Status::Creating | Status::Updating | Status::Deleting);
    under_way.then(|| Wait {
        id: scope.id("eks_addon.settled"),
        address: address.clone(),
        reason: format!("EKS is at work on it: {}", found.status.as_str()),
        call: Call::UntilSettled { cluster: owner.cluster.clone() }.into(),
    })
}
