//! Whether the pods of the driver's controller have the identity that the driver gets.
//!
//! EKS's webhook tells a pod where its credentials come from when the pod is admitted, and never
//! again: one that was there before its service account had a role runs without. The same holds for a
//! pod that comes moments after an association, which the webhook does not know yet
//! (aws/amazon-eks-pod-identity-webhook issues 210 and 264, aws/containers-roadmap issue 2507). The
//! pods of the nodes are left alone: mounts go through them.

use plan::Known;

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
    /// The role of an annotation.
    pub role: Option<String>,
    pub has_association: bool,
    /// What keeps EKS's webhook from it, a label or an annotation: no pod that is made anew gets its
    /// credentials while that is there.
    pub skips: Option<&'static str>,
}

/// The label of pods that EKS's webhook does not see (the `objectSelector` of its configuration in
/// clusters of EKS).
pub const SKIPS_WEBHOOK: &str = "eks.amazonaws.com/skip-pod-identity-webhook";
/// The annotation that names the containers which it leaves as they are
/// (aws/amazon-eks-pod-identity-webhook, README).
pub const SKIPS_CONTAINERS: &str = "eks.amazonaws.com/skip-containers";

/// The pods of the controller, as far as they were looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Pods {
    /// Nothing depends on them, or the cluster has no webhook of EKS.
    #[default]
    NotLookedAt,
    /// This identity may not list them.
    Forbidden,
    Seen(Vec<ControllerPod>),
}

impl Pods {
    /// Those that were seen.
    pub fn seen(&self) -> &[ControllerPod] {
        match self {
            Pods::Seen(pods) => pods,
            Pods::NotLookedAt | Pods::Forbidden => &[],
        }
    }
}

impl ControllerPod {
    /// Whether it lacks what it is to have, and gets that when it is made anew; `role` is that of an
    /// annotation, where there is to be one.
    pub fn is_to_be_made_anew(&self, role: Option<&str>) -> bool {
        self.skips.is_none() && self.lacks(role)
    }

    /// Whether it lacks what it is to have.
    pub fn lacks(&self, role: Option<&str>) -> bool {
        match role {
            Some(role) => self.role.as_deref() != Some(role),
            None => self.role.is_some() || !self.has_association,
        }
    }

    /// Whether an association keeps it from the role of an annotation: the webhook gives a pod one of
    /// the two, and the association comes first (aws/amazon-eks-pod-identity-webhook,
    /// `buildPodPatchConfig`). While it stays, no pod that is made anew gets the role.
    pub fn is_associated_instead(&self) -> bool {
        self.has_association && self.role.is_none()
    }
}
