//! What this identity may not do in a cluster.

use std::collections::BTreeSet;

use efs::Inputs;
use efs::resources::driver::DriverMode;
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use kube::Api;
use kube::api::PostParams;
use kubernetes::release::Storage;

use super::Kube;
use super::calls::patiently;
use super::releases::helm_storage;

/// What this identity may not do, of what the command would do.
pub(crate) async fn denied(
    kube: &Kube,
    inputs: &Inputs,
    destroys: bool,
) -> anyhow::Result<Vec<String>> {
    let namespace = inputs.driver.namespace.as_str();
    let (change, make) = if destroys { ("delete", "delete") } else { ("patch", "create") };
    let mut asked = vec![(change, "storage.k8s.io", "storageclasses", None)];
    asked.extend(of_static_volumes(inputs, change));
    if inputs.driver.mode != DriverMode::Skip {
        asked.extend(match helm_storage() {
            Some(Storage::Secret) => Some((make, "", "secrets", Some(namespace))),
            Some(Storage::ConfigMap) => Some((make, "", "configmaps", Some(namespace))),
            None => None,
        });
        let rbac = "rbac.authorization.k8s.io";
        // Helm makes what is missing, and patches what is there.
        let verbs = if destroys { &["delete"][..] } else { &["create", "patch"] };
        for verb in verbs {
            asked.extend([
                (*verb, "apps", "deployments", Some(namespace)),
                (verb, "apps", "daemonsets", Some(namespace)),
                (verb, "", "serviceaccounts", Some(namespace)),
                (verb, rbac, "clusterroles", None),
                (verb, rbac, "clusterrolebindings", None),
                (verb, "storage.k8s.io", "csidrivers", None),
            ]);
        }
    }
    let reviews = asked.into_iter().map(|(verb, group, resource, namespace)| async move {
        let api: Api<SelfSubjectAccessReview> = Api::all(kube.client.clone());
        let review = SelfSubjectAccessReview {
            spec: SelfSubjectAccessReviewSpec {
                resource_attributes: Some(ResourceAttributes {
                    verb: Some(verb.to_owned()),
                    group: Some(group.to_owned()),
                    resource: Some(resource.to_owned()),
                    namespace: namespace.map(str::to_owned),
                    ..ResourceAttributes::default()
                }),
                ..SelfSubjectAccessReviewSpec::default()
            },
            ..SelfSubjectAccessReview::default()
        };
        let how = PostParams::default();
        let review = patiently(|| api.create(&how, &review)).await;
        let review =
            review.map_err(|error| kube.failed::<SelfSubjectAccessReview>("create", "", error))?;
        let dot = if group.is_empty() { "" } else { "." };
        let place = namespace.map(|namespace| format!(" in `{namespace}`")).unwrap_or_default();
        let allowed = review.status.is_some_and(|status| status.allowed);
        anyhow::Ok((!allowed).then(|| format!("{verb} {resource}{dot}{group}{place}")))
    });
    let denied = futures_util::future::try_join_all(reviews).await?;
    Ok(denied.into_iter().flatten().collect())
}

/// What is asked about the volumes and claims of the deployment's own access points.
fn of_static_volumes<'a>(
    inputs: &'a Inputs,
    change: &'a str,
) -> Vec<(&'a str, &'a str, &'a str, Option<&'a str>)> {
    if !inputs.has_static_volumes() {
        return Vec::new();
    }
    let points = inputs.access_points.iter().flatten();
    let claims = points.filter_map(|(_, point)| point.volume.as_ref()?.claim.as_ref());
    let namespaces: BTreeSet<&str> = claims.map(|(namespace, _)| namespace.as_str()).collect();
    let of_claims = namespaces.into_iter();
    let of_claims = of_claims.map(|it| (change, "", "persistentvolumeclaims", Some(it)));
    [(change, "", "persistentvolumes", None)].into_iter().chain(of_claims).collect()
}
