//! The driver's objects in a cluster, and where they come from.

use std::collections::BTreeSet;

use efs::resources::driver::{Foreign, Origin};
use inputs::printable;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use kube::api::ListParams;
use kube::core::NamespaceResourceScope;

use crate::cluster::{Kube, Object};

/// The label that chart, manifests and add-on give the driver's objects
/// (`app.kubernetes.io/name`); the chart's `nameOverride` changes its value.
const LABEL: &str = "app.kubernetes.io/name=aws-efs-csi-driver";

/// The names of its Deployment and its DaemonSet, unless somebody chose others.
pub(super) const NAMES: [&str; 2] = ["efs-csi-controller", "efs-csi-node"];

/// The objects of the driver of one kind: by its label, by their usual name, and in our namespace by
/// our release, whatever names and labels its values give them.
pub(super) async fn objects_of<K>(
    kube: &Kube,
    namespace: &str,
    name: &str,
) -> anyhow::Result<Vec<K>>
where
    K: Object + Resource<Scope = NamespaceResourceScope>,
{
    let labelled = ListParams::default().labels(LABEL);
    let named = ListParams::default().fields(&format!("metadata.name={name}"));
    let everything = ListParams::default();
    let (all, ours) = (kube.all::<K>(), kube.within::<K>(namespace));
    let (labelled, named, mut ours) = tokio::try_join!(
        kube.list(&all, &labelled),
        kube.list(&all, &named),
        kube.list(&ours, &everything),
    )?;
    ours.retain(|found| Foreign::of(origin(found.meta()), namespace).is_none());
    let mut known = BTreeSet::new();
    let every = labelled.into_iter().chain(named).chain(ours);
    Ok(every.filter(|found| known.insert(found.meta().uid.clone())).collect())
}

/// The driver's controller in this namespace, whatever its chart's values name it.
pub(crate) async fn controller(kube: &Kube, namespace: &str) -> anyhow::Result<Option<Deployment>> {
    let all: Vec<Deployment> = objects_of(kube, namespace, NAMES[0]).await?;
    Ok(all.into_iter().find(|found| found.metadata.namespace.as_deref() == Some(namespace)))
}

/// What an object says of where it comes from.
pub(super) fn origin(metadata: &ObjectMeta) -> Origin {
    let annotation =
        |name: &str| metadata.annotations.as_ref()?.get(name).map(|value| printable(value));
    let managers = metadata.managed_fields.iter().flatten();
    Origin {
        release: annotation("meta.helm.sh/release-name"),
        release_namespace: annotation("meta.helm.sh/release-namespace"),
        managed_by: metadata
            .labels
            .as_ref()
            .and_then(|labels| labels.get("app.kubernetes.io/managed-by").cloned()),
        field_managers: managers.filter_map(|entry| entry.manager.clone()).collect(),
        namespace: metadata.namespace.clone().unwrap_or_default(),
    }
}
