//! Whether the pods of the driver's controller have the identity that the driver gets.
//!
//! EKS's webhook tells a pod where its credentials come from when the pod is admitted, and never
//! again: one that was there before its service account had a role runs without. The same holds for a
//! pod that comes moments after an association, which the webhook does not know yet
//! (aws/amazon-eks-pod-identity-webhook issues 210 and 264, aws/containers-roadmap issue 2507). The
//! pods of the nodes are left alone: mounts go through them.

use plan::{Action, Change, ChangeId, Known, Plan, Scope};

use super::call::Call;
use super::found::Found;

/// The kind, as it stands in addresses.
pub const PODS_KIND: &str = "driver_pods";

/// The environment by which EKS's webhook tells a pod where its credentials come from (EKS User Guide,
/// "IAM roles for service accounts" and "Learn how EKS Pod Identity grants pods access to AWS
/// services").
pub const ROLE_OF_IRSA: &str = "AWS_ROLE_ARN";
/// The same for EKS Pod Identity.
pub const POD_IDENTITY: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";

/// Where pods are to get their credentials from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// This role, by an annotation of their service account.
    Irsa(Known<String>),
    /// An association of their service account.
    PodIdentity,
}

/// A pod of the controller, and where it gets its credentials from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ControllerPod {
    pub name: String,
    /// The role of an annotation. AWS's SDKs look for it first.
    pub role: Option<String>,
    pub has_association: bool,
}

impl ControllerPod {
    /// Whether it lacks what it is to have; `role` is that of an annotation, where there is to be one.
    pub fn lacks(&self, role: Option<&str>) -> bool {
        match role {
            Some(role) => self.role.as_deref() != Some(role),
            None => self.role.is_some() || !self.has_association,
        }
    }
}

/// Has the controller's pods admitted again that lack their credentials: after a change that makes
/// pods or their identity, or as a change of its own, after `needs`.
pub(crate) fn with_credentials<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    (wanted, namespace): (&Credentials, &str),
    (found, needs): (&Found, &[ChangeId]),
    wait: bool,
) {
    let call =
        Call::GiveCredentials { namespace: namespace.to_owned(), wanted: wanted.clone(), wait };
    let makes_pods = [super::KIND, crate::resources::addon::KIND];
    let makes = |change: &&mut Change<C>| {
        makes_pods.contains(&change.address.kind) && change.action != Action::Delete
    };
    if let Some(change) = plan.changes.iter_mut().find(makes) {
        if wait {
            change.calls.push(call.into());
        }
        return;
    }
    let role = match wanted {
        Credentials::Irsa(Known::Now(role)) => Some(role.as_str()),
        Credentials::PodIdentity => None,
        // A role that is not there yet changes the release or the add-on.
        Credentials::Irsa(Known::After(_)) => return,
    };
    let pods = found.pods.iter().flatten().filter(|pod| pod.lacks(role));
    let lacking: Vec<&str> = pods.map(|pod| pod.name.as_str()).collect();
    if lacking.is_empty() || !plan.waits.is_empty() {
        return;
    }
    let names = inputs::plain(&lacking.join(", "));
    let change = Change::new(Action::Update, scope.id(PODS_KIND), scope.address(PODS_KIND, None))
        .because(format!(
            "{names} had no credentials of the driver's role when they were admitted, and are made \
             anew to get them"
        ))
        .needing(needs.to_vec())
        .calling(call);
    plan.changes.push(change);
}
