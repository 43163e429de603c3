//! What this identity may not do in a cluster.

use std::collections::BTreeSet;

use efs::Inputs;
use efs::permissions::to_leave_a_release;
use efs::resources::driver::{Beyond, DriverMode, Pods};
use efs::resources::persistent_volume::Found;
use efs::resources::storage_class::VolumeBindingMode;
use futures_util::future::try_join_all;
use k8s_openapi::api::authorization::v1::{
    NonResourceAttributes, ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use k8s_openapi::api::rbac::v1::{self as rbac, ClusterRole, ClusterRoleBinding, RoleBinding};
use kube::Api;
use kube::api::PostParams;
use kubernetes::grants::{self, Permission, Role};
use kubernetes::release::Storage;
use serde_json::Value;

use super::Kube;
use super::calls::patiently;
use super::releases::helm_storage;

/// The API group of roles and their bindings.
const RBAC: &str = "rbac.authorization.k8s.io";

/// A verb, and what it is for: the group, the resource, and the namespace where it has one.
type Asked<'a> = (&'a str, &'a str, &'a str, Option<&'a str>);

/// What the claim that a deploy ends with takes, and its pod where the class waits for one; the
/// events say why it is not bound.
fn canary<'a>(inputs: &Inputs, namespace: &'a str) -> Vec<Asked<'a>> {
    let of = |resource: &'a str| {
        ["get", "list", "create", "patch", "delete"]
            .map(|verb| (verb, "", resource, Some(namespace)))
    };
    let mut asked = of("persistentvolumeclaims").to_vec();
    if inputs.storage_class.volume_binding_mode == VolumeBindingMode::WaitForFirstConsumer {
        asked.extend(of("pods"));
    }
    asked.push(("list", "", "events", Some(namespace)));
    asked
}

/// What this identity may not do, of what the command would do.
pub(crate) async fn denied(
    kube: &Kube,
    inputs: &Inputs,
    (destroys, sends_canary): (bool, bool),
) -> anyhow::Result<Vec<String>> {
    let namespace = inputs.driver.namespace.as_str();
    let (change, make) = if destroys { ("delete", "delete") } else { ("patch", "create") };
    let mut asked = vec![(change, "storage.k8s.io", "storageclasses", None)];
    if sends_canary {
        asked.extend(canary(inputs, namespace));
    }
    if inputs.driver.mode.has_chart() {
        asked.extend(match helm_storage() {
            Some(Storage::Secret) => Some((make, "", "secrets", Some(namespace))),
            Some(Storage::ConfigMap) => Some((make, "", "configmaps", Some(namespace))),
            None => None,
        });
        // Helm makes what is missing, and patches what is there.
        let verbs = if destroys { &["delete"][..] } else { &["create", "patch"] };
        for verb in verbs {
            asked.extend([
                (*verb, "apps", "deployments", Some(namespace)),
                (verb, "apps", "daemonsets", Some(namespace)),
                (verb, "", "serviceaccounts", Some(namespace)),
                (verb, RBAC, "clusterroles", None),
                (verb, RBAC, "clusterrolebindings", None),
                (verb, "storage.k8s.io", "csidrivers", None),
            ]);
        }
    }
    refused(kube, asked).await
}

/// What this identity may not do, of what leaving a release to EKS takes, where one is to be planned
/// and the inputs ask for an add-on.
async fn denied_to_leave(
    kube: &Kube,
    inputs: &Inputs,
    plans_release: bool,
) -> anyhow::Result<Vec<String>> {
    if !plans_release || inputs.driver.mode != DriverMode::Addon {
        return Ok(Vec::new());
    }
    let namespace = inputs.driver.namespace.as_str();
    let asked = to_leave_a_release(helm_storage());
    let within = |(verb, group, resource)| (verb, group, resource, Some(namespace));
    refused(kube, asked.into_iter().map(within).collect()).await
}

/// Which of these verbs this identity may not use on volumes, and on the claims of these namespaces.
pub(crate) async fn denied_of_volumes(
    kube: &Kube,
    verbs: &[&str],
    namespaces: &BTreeSet<String>,
) -> anyhow::Result<Vec<String>> {
    let of_volumes = verbs.iter().map(|verb| (*verb, "", "persistentvolumes", None));
    let of_claims = namespaces.iter().flat_map(|namespace| {
        let namespace = Some(namespace.as_str());
        verbs.iter().map(move |verb| (*verb, "", "persistentvolumeclaims", namespace))
    });
    refused(kube, of_volumes.chain(of_claims).collect()).await
}

/// Those of these that the cluster does not allow this identity, as people write them.
async fn refused(kube: &Kube, asked: Vec<Asked<'_>>) -> anyhow::Result<Vec<String>> {
    let reviews = asked.into_iter().map(|(verb, group, resource, namespace)| async move {
        let allowed = may(kube, &attributes(verb, group, resource, namespace)).await?;
        let dot = if group.is_empty() { "" } else { "." };
        let place = namespace.map(|namespace| format!(" in `{namespace}`")).unwrap_or_default();
        anyhow::Ok((!allowed).then(|| format!("{verb} {resource}{dot}{group}{place}")))
    });
    let denied = try_join_all(reviews).await?;
    Ok(denied.into_iter().flatten().collect())
}

/// Whether this identity may make and bind roles whatever they allow.
pub(crate) async fn makes_any_role(kube: &Kube) -> anyhow::Result<bool> {
    let asked = ["escalate", "bind"].map(|verb| attributes(verb, RBAC, "clusterroles", None));
    let answers = try_join_all(asked.iter().map(|asked| may(kube, asked))).await?;
    Ok(answers.into_iter().all(|allowed| allowed))
}

/// The roles among documents that this identity may not make, or not bind, as they allow more than it
/// may do itself. Those that are there already and allow the same are not made anew.
pub(crate) async fn beyond(
    kube: &Kube,
    documents: &[Value],
    namespace: &str,
) -> anyhow::Result<Vec<Beyond>> {
    let roles = grants::roles(documents, namespace);
    let beyond = try_join_all(roles.iter().map(|role| beyond_of(kube, role))).await?;
    Ok(beyond.into_iter().flatten().collect())
}

async fn beyond_of(kube: &Kube, role: &Role) -> anyhow::Result<Option<Beyond>> {
    let there = permissions_there(kube, role).await?;
    let may_be = async |verb: &str, name: Option<&str>| {
        let (resource, place) = (role_resource(role), role.namespace.as_deref());
        let mut asked = attributes(verb, RBAC, resource, place);
        asked.name = name.map(str::to_owned);
        may(kube, &asked).await
    };
    // Who creates one names none yet, for Kubernetes.
    let name = there.is_some().then_some(role.name.as_str());
    let made = there.as_ref() == Some(&role.permissions) || may_be("escalate", name).await?;
    let bound = is_bound(kube, role).await? || may_be("bind", Some(&role.name)).await?;
    if made && bound {
        return Ok(None);
    }
    let held = try_join_all(role.permissions.iter().map(|permission| async move {
        anyhow::Ok((permission, holds(kube, permission, role.namespace.as_deref()).await?))
    }));
    let lacking = held.await?.into_iter().filter(|(_, held)| !held);
    let lacking: Vec<String> = lacking.map(|(permission, _)| permission.to_string()).collect();
    let role = role.name.clone();
    Ok((!lacking.is_empty()).then_some(Beyond { role, lacking }))
}

fn role_resource(role: &Role) -> &'static str {
    if role.namespace.is_some() { "roles" } else { "clusterroles" }
}

/// What the role of that name allows now, where it is there and may be read.
async fn permissions_there(
    kube: &Kube,
    role: &Role,
) -> anyhow::Result<Option<BTreeSet<Permission>>> {
    let rules = match &role.namespace {
        None => {
            let found = kube.get_if_allowed::<ClusterRole>(&kube.all(), &role.name).await?;
            found.flatten().map(|found| serde_json::to_value(found.rules))
        }
        Some(namespace) => {
            let api = kube.within(namespace);
            let found = kube.get_if_allowed::<rbac::Role>(&api, &role.name).await?;
            found.flatten().map(|found| serde_json::to_value(found.rules))
        }
    };
    Ok(rules.transpose()?.map(|rules| grants::permissions(&rules)))
}

/// Whether all bindings of a role are there already.
async fn is_bound(kube: &Kube, role: &Role) -> anyhow::Result<bool> {
    let there = try_join_all(role.bindings.iter().map(|binding| async move {
        let name = &binding.name;
        anyhow::Ok(match &binding.namespace {
            None => {
                let api = kube.all();
                kube.get_if_allowed::<ClusterRoleBinding>(&api, name).await?.flatten().is_some()
            }
            Some(namespace) => {
                let api = kube.within(namespace);
                kube.get_if_allowed::<RoleBinding>(&api, name).await?.flatten().is_some()
            }
        })
    }));
    Ok(there.await?.into_iter().all(|there| there))
}

/// Whether this identity may do what a role allows, wherever that does.
async fn holds(
    kube: &Kube,
    permission: &Permission,
    namespace: Option<&str>,
) -> anyhow::Result<bool> {
    match permission {
        Permission::Object { verb, group, resource, name } => {
            let (resource, sub) = match resource.split_once('/') {
                Some((resource, sub)) => (resource, Some(sub.to_owned())),
                None => (resource.as_str(), None),
            };
            let asked = attributes(verb, group, resource, namespace);
            may(kube, &ResourceAttributes { subresource: sub, name: name.clone(), ..asked }).await
        }
        Permission::Path { verb, path } => {
            let of_path =
                NonResourceAttributes { verb: Some(verb.clone()), path: Some(path.clone()) };
            let non_resource_attributes = Some(of_path);
            review(
                kube,
                SelfSubjectAccessReviewSpec { non_resource_attributes, ..Default::default() },
            )
            .await
        }
    }
}

fn attributes(
    verb: &str,
    group: &str,
    resource: &str,
    namespace: Option<&str>,
) -> ResourceAttributes {
    ResourceAttributes {
        verb: Some(verb.to_owned()),
        group: Some(group.to_owned()),
        resource: Some(resource.to_owned()),
        namespace: namespace.map(str::to_owned),
        ..ResourceAttributes::default()
    }
}

async fn may(kube: &Kube, asked: &ResourceAttributes) -> anyhow::Result<bool> {
    let resource_attributes = Some(asked.clone());
    review(kube, SelfSubjectAccessReviewSpec { resource_attributes, ..Default::default() }).await
}

/// Asks the cluster whether this identity may do something.
async fn review(kube: &Kube, spec: SelfSubjectAccessReviewSpec) -> anyhow::Result<bool> {
    let api: Api<SelfSubjectAccessReview> = Api::all(kube.client.clone());
    let review = SelfSubjectAccessReview { spec, ..SelfSubjectAccessReview::default() };
    let how = PostParams::default();
    let review = patiently(|| api.create(&how, &review)).await;
    let review =
        review.map_err(|error| kube.failed::<SelfSubjectAccessReview>("create", "", error))?;
    Ok(review.status.is_some_and(|status| status.allowed))
}

/// What this identity may not do, of what a plan may do beside the class and the driver: leave a
/// release to EKS, where one is to be planned, delete pods of the driver's controller that lack their
/// credentials, and make, change or delete the volumes and claims of the deployment's own access
/// points, those that the inputs name and those that are there.
pub(crate) async fn denied_beside(
    kube: &Kube,
    inputs: &Inputs,
    (plans, destroys): (bool, bool),
    (has_release, pods, found): (bool, &Pods, &Found),
) -> anyhow::Result<Vec<String>> {
    let mut denied = denied_to_leave(kube, inputs, plans && has_release).await?;
    if plans && *pods != Pods::NotLookedAt {
        let namespace = Some(inputs.driver.namespace.as_str());
        denied.extend(refused(kube, vec![("delete", "", "pods", namespace)]).await?);
    }
    let has_any = inputs.has_static_volumes() || !found.volumes.is_empty();
    if !has_any || !(plans || destroys) {
        return Ok(denied);
    }
    let points = inputs.access_points.iter().flatten();
    let asked =
        points.filter_map(|(_, point)| Some(point.volume.as_ref()?.claim.as_ref()?.0.as_str()));
    let held = found.volumes.iter().filter_map(|volume| volume.spec.claim.as_deref());
    let held = held.filter_map(|claim| Some(claim.split_once('/')?.0));
    let namespaces: BTreeSet<String> = asked.chain(held).map(str::to_owned).collect();
    let verbs: &[&str] = if destroys { &["delete"] } else { &["create", "patch", "delete"] };
    denied.extend(denied_of_volumes(kube, verbs, &namespaces).await?);
    Ok(denied)
}
