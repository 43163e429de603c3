//! The StorageClass: read, applied, deleted.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use efs::{Document, Immutable, Inputs, StorageClass};
use k8s_openapi::api::storage::v1::StorageClass as KubeClass;
use kube::Api;
use kube::api::{DeleteParams, ListParams, Preconditions};
use serde_json::Value;

use super::{FIELD_MANAGER, Kube};

impl Kube {
    /// All StorageClasses.
    pub(super) async fn classes(&self) -> anyhow::Result<Vec<KubeClass>> {
        self.list(&self.all(), &ListParams::default()).await
    }

    /// Applies the class, after the one that is there is gone where it is to be replaced.
    pub(crate) async fn apply_class(
        &self,
        inputs: &Inputs,
        file_system: &str,
        replace: bool,
    ) -> anyhow::Result<()> {
        let name = &inputs.storage_class.name;
        if replace {
            self.delete_class(name).await?;
        }
        let text = Document::StorageClass.render_for(inputs, file_system)?;
        let class: Value =
            serde_norway::from_str(&text).context("reading the StorageClass that was rendered")?;
        self.apply::<KubeClass>(&self.all(), name, &class).await
    }

    /// Deletes the class; one that is not there any more is fine.
    pub(crate) async fn delete_class(&self, name: &str) -> anyhow::Result<()> {
        let classes: Api<KubeClass> = self.all();
        let Some(found) = self.get(&classes, name).await? else {
            return Ok(());
        };
        // The one that was looked at, and not one that somebody made meanwhile.
        let how = DeleteParams {
            preconditions: Some(Preconditions { uid: found.metadata.uid, resource_version: None }),
            ..DeleteParams::default()
        };
        self.delete(&classes, name, &how).await
    }
}

/// A class as plans compare it.
pub(super) fn observed(class: &KubeClass) -> StorageClass {
    let text = |text: &Option<String>, default: &str| text.clone().unwrap_or(default.to_owned());
    let metadata = &class.metadata;
    StorageClass {
        labels: metadata.labels.clone().unwrap_or_default(),
        annotations: metadata.annotations.clone().unwrap_or_default(),
        our_labels: owned(class, "f:labels"),
        our_annotations: owned(class, "f:annotations"),
        immutable: Immutable {
            provisioner: class.provisioner.clone(),
            parameters: class
                .parameters
                .clone()
                .unwrap_or_default()
                .into_iter()
                .collect::<BTreeMap<_, _>>(),
            reclaim_policy: text(&class.reclaim_policy, "Delete"),
            volume_binding_mode: text(&class.volume_binding_mode, "Immediate"),
            mount_options: class.mount_options.clone().unwrap_or_default(),
        },
        allow_volume_expansion: class.allow_volume_expansion.unwrap_or(false),
    }
}

/// The keys of a map of the metadata that we set.
fn owned(class: &KubeClass, map: &str) -> BTreeSet<String> {
    let entries = class.metadata.managed_fields.iter().flatten();
    entries
        .filter(|entry| entry.manager.as_deref() == Some(FIELD_MANAGER))
        .filter_map(|entry| entry.fields_v1.as_ref())
        .filter_map(|fields| fields.0["f:metadata"][map].as_object())
        .flat_map(|keys| keys.keys())
        .filter_map(|key| key.strip_prefix("f:").map(str::to_owned))
        .collect()
}
