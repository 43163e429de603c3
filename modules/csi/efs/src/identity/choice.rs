//! Which identity the driver gets: what is asked for, or what the cluster offers.

use super::found::IdentityFound;
use plan::Warning;

use crate::actual::Actual;
use crate::chart::{ChartVersion, version};
use crate::cluster::Cluster;
use crate::inputs::Inputs;
use crate::resources::driver::{
    DriverInputs, DriverMode, Identity, ProviderPolicy, Way, annotated_role,
};

/// The first chart whose driver takes credentials of EKS Pod Identity: 2.0.5 does
/// (aws-efs-csi-driver pull 1254, CHANGELOG-2.x). Chart 3.1.0 was never published (`digests.rs`).
const POD_IDENTITY: ChartVersion = version(3, 1, 1);

/// The first chart whose nodes do: efs-utils 2.3.0 does (aws-efs-csi-driver issue 1630).
const POD_IDENTITY_OF_NODES: ChartVersion = version(4, 0, 0);

/// Why a chart's driver takes no credentials of EKS Pod Identity, where it does not.
pub(crate) fn without_pod_identity(version: ChartVersion, nodes: bool) -> Option<String> {
    let first = if nodes { POD_IDENTITY_OF_NODES } else { POD_IDENTITY };
    (version < first).then(|| {
        let whose = if nodes { "nodes, which mount with `iam`," } else { "driver" };
        format!("the {whose} of chart {version} takes no credentials of EKS Pod Identity, and that of chart {first} does")
    })
}

/// How the driver gets its role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Irsa,
    PodIdentity,
}

/// What is decided of the driver's identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    /// A role of ours, and why, where it was not asked for.
    Ours(Method, Option<String>),
    /// Nothing is done.
    Nothing,
    /// Nothing is done, and a plan says why.
    Noted(String),
    /// Nothing is done, and claims will stay pending.
    Lacking(Warning),
}

/// Whether the driver keeps the identity that it has, so that nobody needs to look for ours: none
/// is asked for, and the release that is there was given no role, in a cluster without Pod Identity.
pub fn keeps_its_own(inputs: &Inputs, cluster: &Cluster) -> bool {
    let release = cluster.driver.release.as_ref().and_then(|release| release.values.as_object());
    let given = |values| annotated_role(values).is_some();
    inputs.driver.identity == Identity::By(Way::Auto)
        && release.is_some_and(|values| !given(values))
        && !cluster.pod_identity_agent
}

/// Decides the identity of a driver: what is asked for, or what the cluster offers.
pub(crate) fn choose(inputs: &Inputs, actual: &Actual) -> Choice {
    let driver = &inputs.driver;
    match &driver.identity {
        Identity::By(Way::Irsa) => Choice::Ours(Method::Irsa, None),
        Identity::By(Way::PodIdentity) => Choice::Ours(Method::PodIdentity, None),
        Identity::By(Way::Node | Way::None) | Identity::Role(_) => Choice::Nothing,
        Identity::By(Way::Auto) => match (&actual.identity, &actual.cluster) {
            (Some(found), Some(cluster)) => {
                let managed = actual.addon.as_ref().is_some_and(|it| it.found.is_some());
                let installed = cluster.driver.release.is_some() || managed;
                offered(
                    driver,
                    found,
                    (cluster.pod_identity_agent || found.built_in_agent, installed),
                    inputs.mounts_with_iam(),
                )
            }
            _ => Choice::Nothing,
        },
    }
}

/// Whether the driver gets a role of ours, whose policy allows what the inputs ask for.
pub(crate) fn is_of_ours(inputs: &Inputs, actual: &Actual) -> bool {
    matches!(choose(inputs, actual), Choice::Ours(..))
}

/// What a cluster offers.
fn offered(
    driver: &DriverInputs,
    found: &IdentityFound,
    (agent, installed): (bool, bool),
    nodes: bool,
) -> Choice {
    if let Some(why) = &found.unknown {
        return Choice::Lacking(Warning::new(
            format!("the driver's identity could not be looked at: {why}"),
            "say which it has with `driver_identity`, such as `node`",
        ));
    }
    let Some(cluster) = &found.cluster else { return Choice::Nothing };
    if annotated_role(&driver.values).is_some() {
        return Choice::Nothing;
    }
    if let Some(other) = found.associations.iter().find(|one| !one.ours) {
        return Choice::Noted(format!(
            "the driver has its identity by the Pod Identity association {} of `{}`",
            other.id, other.role_arn
        ));
    }
    let ours = found.role.as_ref().is_some_and(|role| role.ours);
    if driver.mode == DriverMode::Skip {
        return match (ours, agent) {
            (true, _) => Choice::Ours(method_of(found), None),
            _ => Choice::Nothing,
        };
    }
    if !ours && installed {
        return Choice::Noted(
            "the driver keeps the identity that it had before: `driver_identity` = \
             `irsa` or `pod-identity` gives it a role of its own"
                .to_owned(),
        );
    }
    let unable = without_pod_identity(driver.version, nodes);
    let registered = found.provider.is_some();
    let why_not = match (agent, unable) {
        (true, None) => {
            let why = "the cluster has the EKS Pod Identity Agent".to_owned();
            return Choice::Ours(Method::PodIdentity, Some(why));
        }
        (true, Some(unable)) => unable,
        (false, _) => "the cluster has no EKS Pod Identity Agent".to_owned(),
    };
    let creates = driver.oidc_provider == ProviderPolicy::Create && cluster.issuer.is_some();
    if registered || creates {
        let has = if registered { "has" } else { "gets" };
        let why = format!("{why_not}, and IAM {has} the cluster's OpenID Connect provider");
        return Choice::Ours(Method::Irsa, Some(why));
    }
    without_any(&why_not)
}

/// That a driver has no identity of its own, and why Pod Identity is none.
fn without_any(why_not: &str) -> Choice {
    Choice::Lacking(Warning::new(
        format!(
            "the driver has no identity of its own, and claims stay pending unless its node's role \
             allows what it does: {why_not}, and IAM does not have the cluster's OpenID Connect \
             provider"
        ),
        "set `oidc_provider` to `create` to have that made, or `driver_identity` to `node` where \
         the node's role is meant",
    ))
}

/// How a role that was found is handed out.
fn method_of(found: &IdentityFound) -> Method {
    let associated = found.associations.iter().any(|one| one.ours);
    if associated { Method::PodIdentity } else { Method::Irsa }
}
