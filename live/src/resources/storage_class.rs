//! The StorageClass.

use std::collections::BTreeSet;

use anyhow::Context as _;
use efs::OtherClass;
use efs::resources::storage_class::{Call, DEFAULT_CLASS, Spec, StorageClass};
use k8s_openapi::api::storage::v1::StorageClass as KubeClass;
use kube::api::ListParams;
use kubernetes::{MANAGER, Preconditions};
use plan::map;
use serde_json::Value;

use crate::cluster::Kube;
use crate::context::{Context, Done};
use crate::progress::Line;

/// The StorageClasses of a cluster as far as a deployment looks at them.
pub(crate) struct Classes {
    /// The one of our name.
    pub(crate) own: Option<StorageClass>,
    /// The other ones of the driver.
    pub(crate) others: Vec<OtherClass>,
}

/// All StorageClasses.
pub(crate) async fn observe(kube: &Kube, name: &str) -> anyhow::Result<Classes> {
    let classes: Vec<KubeClass> = kube.list(&kube.all(), &ListParams::default()).await?;
    let own = classes.iter().find(|class| class.metadata.name.as_deref() == Some(name));
    let others = classes
        .iter()
        .filter(|class| class.provisioner == efs::PROVISIONER)
        .filter(|class| class.metadata.name.as_deref() != Some(name))
        .map(|class| OtherClass {
            name: class.metadata.name.clone().unwrap_or_default(),
            file_system: class.parameters.as_ref().and_then(|all| all.get("fileSystemId").cloned()),
        });
    Ok(Classes { own: own.map(read), others: others.collect() })
}

/// The class of claims that name none: of several that are marked, the newest
/// (<https://kubernetes.io/docs/concepts/storage/storage-classes/#default-storageclass>).
pub(crate) async fn default(kube: &Kube) -> anyhow::Result<Option<String>> {
    let mut classes: Vec<KubeClass> = kube.list(&kube.all(), &ListParams::default()).await?;
    classes.retain(|class| {
        let of = |key: &str| class.metadata.annotations.as_ref()?.get(key);
        of(DEFAULT_CLASS).is_some_and(|value| value == "true")
    });
    // Of those that were created at once, the first by name.
    classes.sort_by(|a, b| a.metadata.name.cmp(&b.metadata.name));
    classes.sort_by_key(|class| {
        std::cmp::Reverse(class.metadata.creation_timestamp.as_ref().map(|time| time.0))
    });
    Ok(classes.into_iter().next().and_then(|class| class.metadata.name))
}

/// Carries a call out.
pub(crate) async fn carry_out(context: &Context, call: &Call, line: &Line) -> anyhow::Result<Done> {
    let kube = &context.cluster()?.kube;
    match call {
        Call::Apply { name, document } => {
            line.state("applying");
            let text = document.resolve(|change| context.results.of(change))?;
            let class: Value = serde_norway::from_str(&text)
                .context("reading the StorageClass that was rendered")?;
            kube.apply::<KubeClass>(&kube.all(), name, &class).await?;
            Ok(Done::that("applied"))
        }
        Call::Delete { name, preconditions } => {
            line.state("deleting");
            kube.delete_observed::<KubeClass>(&kube.all(), name, preconditions).await?;
            Ok(Done::that("destroyed"))
        }
    }
}

fn read(class: &KubeClass) -> StorageClass {
    let text = |text: &Option<String>, default: &str| text.clone().unwrap_or(default.to_owned());
    let metadata = &class.metadata;
    let parameters = class.parameters.clone().unwrap_or_default().into_iter().collect();
    StorageClass {
        spec: Spec {
            provisioner: class.provisioner.clone(),
            reclaim_policy: text(&class.reclaim_policy, "Delete"),
            volume_binding_mode: text(&class.volume_binding_mode, "Immediate"),
            mount_options: class.mount_options.clone().unwrap_or_default(),
            parameters: map(&parameters),
            labels: metadata.labels.clone().unwrap_or_default(),
            annotations: metadata.annotations.clone().unwrap_or_default(),
            allow_volume_expansion: class.allow_volume_expansion.unwrap_or(false),
        },
        our_labels: owned(class, "f:labels"),
        our_annotations: owned(class, "f:annotations"),
        preconditions: Preconditions {
            uid: metadata.uid.clone(),
            resource_version: metadata.resource_version.clone(),
        },
    }
}

/// The keys of a map of the metadata that we set.
fn owned(class: &KubeClass, map: &str) -> BTreeSet<String> {
    let entries = class.metadata.managed_fields.iter().flatten();
    entries
        .filter(|entry| entry.manager.as_deref() == Some(MANAGER))
        .filter_map(|entry| entry.fields_v1.as_ref())
        .filter_map(|fields| fields.0["f:metadata"][map].as_object())
        .flat_map(|keys| keys.keys())
        .filter_map(|key| key.strip_prefix("f:").map(str::to_owned))
        .collect()
}
