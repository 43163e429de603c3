//! What of the driver's identity is looked at: each look is a call, and most runs need few.

use super::choice::without_pod_identity;
use crate::cluster::Cluster;
use crate::inputs::Inputs;
use crate::resources::driver::{DriverMode, Identity, ProviderPolicy, Way, annotated_role};

/// What a plan looks at in the first place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Looks {
    /// The OpenID Connect provider of the cluster.
    pub provider: bool,
    /// The role of our name. Else it is looked at where there is a provider: without one nobody could
    /// assume it.
    pub role: bool,
    /// The Pod Identity associations. Else they are looked at where the role is ours: without the
    /// agent those of others give nobody an identity, and ours go when another way is chosen.
    pub associations: bool,
}

impl Looks {
    /// All there is, as a destroy needs it.
    pub const ALL: Looks = Looks { provider: true, role: true, associations: true };
}

/// The role of somebody else's that the inputs give the driver, where its release does not have it
/// already: a plan says whether it exists, before anything waits until AWS knows it.
pub fn role_to_look_at<'a>(inputs: &'a Inputs, cluster: Option<&Cluster>) -> Option<&'a str> {
    let given = inputs.driver.identity.role().filter(|_| inputs.driver.may_leave_identity())?;
    let release = cluster.and_then(|cluster| cluster.driver.release.as_ref());
    let values = release.and_then(|release| release.values.as_object());
    (values.and_then(annotated_role) != Some(given)).then_some(given)
}

/// What a plan depends on, as far as Kubernetes shows the cluster. In EKS Auto Mode the Pod Identity
/// Agent is part of the nodes, and Kubernetes shows none.
pub fn looks(inputs: &Inputs, cluster: Option<&Cluster>, auto_mode: bool) -> Looks {
    let driver = &inputs.driver;
    let Some(cluster) = cluster else { return Looks::ALL };
    // EKS says later which driver an add-on has, and whether that takes Pod Identity.
    if driver.mode == DriverMode::Addon {
        return Looks::ALL;
    }
    // A release that is there may have our role and associations, and so may a driver of others.
    let there = driver.mode == DriverMode::Skip || cluster.driver.release.is_some();
    let associations = there || auto_mode || cluster.pod_identity_agent;
    match &driver.identity {
        Identity::By(Way::PodIdentity) => Looks { provider: false, ..Looks::ALL },
        Identity::By(Way::Irsa) => Looks { associations, ..Looks::ALL },
        Identity::By(Way::Auto) => {
            let unable = without_pod_identity(driver.version, inputs.mounts_with_iam());
            let by_pods = (auto_mode || cluster.pod_identity_agent) && unable.is_none();
            let creates = driver.oidc_provider == ProviderPolicy::Create;
            Looks { provider: !by_pods, role: there || by_pods || creates, associations }
        }
        Identity::By(Way::Node | Way::None) | Identity::Role(_) => Looks::ALL,
    }
}
