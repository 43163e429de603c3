//! The pods of the driver's controller, and their credentials.

use std::collections::BTreeMap;

use efs::Inputs;
use efs::resources::driver::{
    ControllerPod, Credentials, POD_IDENTITY, Pods, ROLE_OF_IRSA, SKIPS_CONTAINERS, SKIPS_WEBHOOK,
};
use failure::failure;
use inputs::printable;
use job::Goal;
use k8s_openapi::api::admissionregistration::v1::MutatingWebhookConfiguration;
use k8s_openapi::api::core::v1::{Container, Pod};
use tokio::time::Instant;

use super::objects::controller;
use crate::cluster::Kube;
use crate::context::{Context, Done};
use crate::progress::Line;
use crate::wait::{POLL_FIRST, POLL_LONGEST, PROPAGATION};
use crate::watch::Watch;

/// EKS's webhook, in every cluster of EKS (aws/eks-pod-identity-agent issue 153). Elsewhere the pods
/// say nothing of their credentials.
const WEBHOOK: &str = "pod-identity-webhook";

/// The driver's container, in all versions of its chart.
const DRIVER: &str = "efs-plugin";

/// What there is of the controller's pods, without those that are being deleted.
struct Seen {
    pods: Vec<ControllerPod>,
    desired: usize,
}

/// What a look at them found.
enum Look {
    /// There is no controller that could be told from others.
    Nothing,
    Forbidden,
    Seen(Seen),
}

/// The controller's pods, where a plan may give them a role, the cluster has EKS's webhook, and this
/// identity may see that.
pub(super) async fn observe(goal: &Goal, inputs: &Inputs, kube: &Kube) -> anyhow::Result<Pods> {
    let identity = &inputs.driver.identity;
    let may_have_role = identity.is_looked_at() || identity.role().is_some();
    if !goal.plans() || !may_have_role || !has_webhook(kube).await? {
        return Ok(Pods::NotLookedAt);
    }
    Ok(match look(kube, &inputs.driver.namespace).await? {
        Look::Nothing => Pods::NotLookedAt,
        Look::Forbidden => Pods::Forbidden,
        Look::Seen(seen) => Pods::Seen(seen.pods),
    })
}

async fn has_webhook(kube: &Kube) -> anyhow::Result<bool> {
    let all = kube.all::<MutatingWebhookConfiguration>();
    Ok(kube.get_if_allowed(&all, WEBHOOK).await?.flatten().is_some())
}

async fn look(kube: &Kube, namespace: &str) -> anyhow::Result<Look> {
    let controller = controller(kube, namespace).await?;
    let Some(spec) = controller.and_then(|controller| controller.spec) else {
        return Ok(Look::Nothing);
    };
    // Whoever writes a chart of their own may select by expressions alone, and so everything here.
    if spec.selector.match_labels.as_ref().is_none_or(BTreeMap::is_empty) {
        return Ok(Look::Nothing);
    }
    let account = spec.template.spec.and_then(|spec| spec.service_account_name);
    let Some(pods) = kube.pods_of_if_allowed(namespace, &spec.selector).await? else {
        return Ok(Look::Forbidden);
    };
    let stays = |pod: &&Pod| {
        let its = pod.spec.as_ref().and_then(|spec| spec.service_account_name.as_ref());
        pod.metadata.deletion_timestamp.is_none() && its == account.as_ref()
    };
    let desired = usize::try_from(spec.replicas.unwrap_or(1)).unwrap_or_default();
    Ok(Look::Seen(Seen { pods: pods.iter().filter(stays).map(credentials).collect(), desired }))
}

/// What a pod was told of its credentials: the driver's container, where it has one of that name, as
/// the webhook may be told to leave out some.
fn credentials(pod: &Pod) -> ControllerPod {
    let containers = || pod.spec.iter().flat_map(|spec| &spec.containers);
    let named = containers().any(|container| container.name == DRIVER);
    let containers = containers().filter(|container| !named || container.name == DRIVER);
    let environment = containers.flat_map(|container: &Container| container.env.iter().flatten());
    let (mut role, mut has_association) = (None, false);
    for variable in environment {
        if variable.name == ROLE_OF_IRSA {
            role = variable.value.as_deref().map(printable);
        }
        has_association |= variable.name == POD_IDENTITY;
    }
    let name = printable(pod.metadata.name.as_deref().unwrap_or_default());
    ControllerPod { name, role, has_association, skips: skips(pod) }
}

/// What keeps the webhook from the driver's container.
fn skips(pod: &Pod) -> Option<&'static str> {
    let labels = pod.metadata.labels.as_ref();
    if labels.is_some_and(|labels| labels.contains_key(SKIPS_WEBHOOK)) {
        return Some(SKIPS_WEBHOOK);
    }
    let skipped = pod.metadata.annotations.as_ref()?.get(SKIPS_CONTAINERS)?;
    skipped.split(',').any(|name| name.trim() == DRIVER).then_some(SKIPS_CONTAINERS)
}

/// Deletes the pods that lack their credentials, until those in their place have them.
pub(super) async fn give_credentials(
    context: &Context,
    (namespace, wanted, wait): (&str, &Credentials, bool),
    line: &Line,
) -> anyhow::Result<Done> {
    let kube = &context.cluster()?.kube;
    if !has_webhook(kube).await? {
        return Ok(Done::default());
    }
    let role = match wanted {
        Credentials::Irsa(role) => Some(context.results.resolve(role)?),
        Credentials::PodIdentity => None,
    };
    let (began, mut pause, mut again) = (Instant::now(), POLL_FIRST, 0);
    loop {
        let lacking: Vec<String> = if again == 0 {
            match look(kube, namespace).await? {
                Look::Nothing => Vec::new(),
                Look::Forbidden => {
                    let told =
                        "whether it has its credentials is not known, as pods may not be listed";
                    return Ok(Done::that(told));
                }
                Look::Seen(seen) => lacking(&seen, role.as_deref()),
            }
        } else {
            replaced(context, namespace, role.clone()).await?
        };
        if lacking.is_empty() {
            let told = (again > 0).then(|| "its controller has its credentials".to_owned());
            return Ok(Done { summary: told, id: None });
        }
        if began.elapsed() >= PROPAGATION {
            return Err(failure(
                format!(
                    "EKS gives {} no credentials of the driver's role, however often they are made anew",
                    lacking.join(", ")
                ),
                "see whether the service account has its role, and no Pod Identity association beside it, \
                 which comes first (`aws eks list-pod-identity-associations`), and deploy again, which \
                 makes these pods anew",
            ));
        }
        context.pause(pause).await?;
        pause = (pause * 2).min(POLL_LONGEST);
        line.state("making pods anew that have no credentials");
        for pod in &lacking {
            kube.delete_pod(namespace, pod).await?;
        }
        again += 1;
        if !wait {
            return Ok(Done::that("made anew"));
        }
    }
}

fn lacking(seen: &Seen, role: Option<&str>) -> Vec<String> {
    let lacking = seen.pods.iter().filter(|pod| pod.is_to_be_made_anew(role));
    lacking.map(|pod| pod.name.clone()).collect()
}

/// The pods that lack their credentials, as soon as there are as many pods as there should be.
async fn replaced(
    context: &Context,
    namespace: &str,
    role: Option<String>,
) -> anyhow::Result<Vec<String>> {
    let of = (context.cluster()?.kube.clone(), namespace.to_owned());
    let watch = Watch::new(move || {
        let (kube, namespace) = of.clone();
        async move { look(&kube, &namespace).await }
    });
    let judge = |seen: &Look| match seen {
        Look::Seen(seen) if seen.pods.len() < seen.desired => None,
        Look::Seen(seen) => Some(lacking(seen, role.as_deref())),
        Look::Nothing | Look::Forbidden => Some(Vec::new()),
    };
    context.wait(&watch, judge).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_says_by_its_environment_where_its_credentials_come_from() {
        let told = |name: &str, value: &str| {
            let pod = serde_json::json!({
                "metadata": { "name": "efs-csi-controller-0" },
                "spec": { "containers": [
                    { "name": "a" },
                    { "name": "b", "env": [{ "name": name, "value": value }] },
                ] },
            });
            credentials(&serde_json::from_value(pod).unwrap())
        };
        assert_eq!(told("AWS_ROLE_ARN", "arn").role.as_deref(), Some("arn"));
        let uri = "http://169.254.170.23/v1/credentials";
        assert!(told("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri).has_association);
        let nothing = told("CSI_ENDPOINT", "unix:///csi.sock");
        assert!(nothing.role.is_none() && !nothing.has_association);
    }

    #[test]
    fn a_pod_that_the_webhook_skips_says_so_and_its_sidecars_tell_nothing_of_the_driver() {
        let pod = |metadata: serde_json::Value| {
            let role = serde_json::json!([{ "name": "AWS_ROLE_ARN", "value": "arn" }]);
            let containers = serde_json::json!([
                { "name": "efs-plugin" },
                { "name": "csi-provisioner", "env": role },
            ]);
            let pod =
                serde_json::json!({ "metadata": metadata, "spec": { "containers": containers } });
            credentials(&serde_json::from_value(pod).unwrap())
        };
        let skipped = |annotation: &str| {
            pod(
                serde_json::json!({ "annotations": { "eks.amazonaws.com/skip-containers": annotation } }),
            )
        };
        assert_eq!(skipped("csi-provisioner, efs-plugin").skips, Some(SKIPS_CONTAINERS));
        assert_eq!(skipped("csi-provisioner").skips, None);
        assert_eq!(skipped("efs-plugin").role, None, "the driver has none");
        let label = serde_json::json!({ "eks.amazonaws.com/skip-pod-identity-webhook": "true" });
        assert_eq!(pod(serde_json::json!({ "labels": label })).skips, Some(SKIPS_WEBHOOK));
    }
}
