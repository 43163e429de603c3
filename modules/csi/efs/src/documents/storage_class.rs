//! The StorageClass: what goes into it, and what of it can never be changed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::driver::chart::PROVISIONER;
use crate::inputs::Inputs;
use crate::inputs::rules::{DEFAULT_CLASS, MANAGED_BY, OUR_PREFIX};

/// The parameters of the class, as the driver reads them: all of them text.
pub(super) fn parameters(inputs: &Inputs, file_system: &str) -> BTreeMap<String, String> {
    let class = &inputs.storage_class;
    let number = |number: Option<u32>| number.map(|number| number.to_string());
    let truth = |truth: Option<bool>| truth.map(|truth| truth.to_string());
    [
        ("provisioningMode", Some("efs-ap".to_owned())),
        ("fileSystemId", Some(file_system.to_owned())),
        ("directoryPerms", Some(class.directory_perms.clone())),
        ("uid", number(class.uid)),
        ("gid", number(class.gid)),
        ("gidRangeStart", number(class.gid_range.map(|range| range.0))),
        ("gidRangeEnd", number(class.gid_range.map(|range| range.1))),
        ("basePath", class.base_path.clone()),
        ("subPathPattern", class.sub_path_pattern.clone()),
        ("ensureUniqueDirectory", truth(class.ensure_unique_directory)),
        ("reuseAccessPoint", truth(class.reuse_access_point)),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some((key.to_owned(), value?)))
    .collect()
}

/// What Kubernetes never lets anyone change in a StorageClass
/// (<https://kubernetes.io/docs/concepts/storage/storage-classes/>): a
/// difference here means delete and create.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Immutable {
    /// The CSI driver.
    pub provisioner: String,
    /// The driver's parameters.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// What happens to a volume whose claim is gone.
    pub reclaim_policy: String,
    /// When a volume is made.
    pub volume_binding_mode: String,
    /// Mount options; Kubernetes refuses changes of these too.
    #[serde(default)]
    pub mount_options: Vec<String>,
}

impl Immutable {
    /// What the inputs ask for.
    pub fn wanted(inputs: &Inputs, file_system: &str) -> Immutable {
        let class = &inputs.storage_class;
        Immutable {
            provisioner: PROVISIONER.to_owned(),
            parameters: parameters(inputs, file_system),
            reclaim_policy: class.reclaim_policy.as_str().to_owned(),
            volume_binding_mode: class.volume_binding_mode.as_str().to_owned(),
            mount_options: class.mount_options.clone(),
        }
    }

    /// What a document says, or `None` where it is no StorageClass.
    pub fn parse(text: &str) -> Option<Immutable> {
        serde_norway::from_str(text).ok()
    }
}

/// The labels of the class: the user's and ours.
pub(crate) fn wanted_labels(inputs: &Inputs) -> BTreeMap<String, String> {
    let mut labels = inputs.storage_class.labels.clone();
    labels.insert(MANAGED_BY.to_owned(), "clockwork-codex".to_owned());
    labels
}

/// The annotations of the class: the user's and ours.
pub(crate) fn wanted_annotations(inputs: &Inputs) -> BTreeMap<String, String> {
    let class = &inputs.storage_class;
    let mut annotations = class.annotations.clone();
    annotations.insert(DEFAULT_CLASS.to_owned(), class.default.to_string());
    // Labels hold 63 characters, and cluster names may have 100.
    annotations.insert(format!("{OUR_PREFIX}cluster"), inputs.cluster_name.clone());
    annotations
}

#[derive(Serialize)]
pub(super) struct Context {
    mark: String,
    name: String,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    provisioner: &'static str,
    parameters: BTreeMap<String, String>,
    reclaim_policy: &'static str,
    volume_binding_mode: &'static str,
    allow_volume_expansion: bool,
    mount_options: Vec<String>,
}

pub(super) fn context(mark: String, inputs: &Inputs, file_system: &str) -> Context {
    let class = &inputs.storage_class;
    Context {
        mark,
        name: class.name.clone(),
        labels: wanted_labels(inputs),
        annotations: wanted_annotations(inputs),
        provisioner: PROVISIONER,
        parameters: parameters(inputs, file_system),
        reclaim_policy: class.reclaim_policy.as_str(),
        volume_binding_mode: class.volume_binding_mode.as_str(),
        allow_volume_expansion: class.allow_volume_expansion,
        mount_options: class.mount_options.clone(),
    }
}
