//! A StorageClass as a document: written, and read back.

use std::collections::BTreeMap;

use kubernetes::{MANAGED_BY, MANAGER, RenderError};
use plan::{Known, Text, map, set};
use serde::{Deserialize, Serialize};

use super::spec::{DEFAULT_CLASS, Spec, StorageClassInputs, ZONE_KEY, topology};
use crate::chart::PROVISIONER;
use crate::ids::FileSystemId;
use crate::owner::{OUR_PREFIX, Owner};
use crate::provisioner_secret::ProvisionerSecret;
use crate::templates;

/// The class as a deployment wants it.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    pub owner: &'a Owner,
    pub inputs: &'a StorageClassInputs,
    pub file_system: &'a Known<FileSystemId>,
    /// Whether it is a class beside the one by which the deployment is named.
    pub beside: bool,
    /// Whether one of somebody else on the same file system becomes the deployment's own.
    pub takes_over: bool,
}

impl Wanted<'_> {
    /// Its properties.
    pub fn spec(&self) -> Spec {
        let Wanted { owner, inputs, file_system, beside, takes_over: _ } = self;
        let mut labels = inputs.labels.clone();
        labels.insert(MANAGED_BY.to_owned(), MANAGER.to_owned());
        let mut annotations = inputs.annotations.clone();
        annotations.insert(DEFAULT_CLASS.to_owned(), inputs.default.to_string());
        // Labels hold 63 characters, and cluster names may have 100.
        annotations.insert(format!("{OUR_PREFIX}cluster"), owner.cluster.clone());
        if *beside {
            annotations.insert(format!("{OUR_PREFIX}storage-class"), owner.storage_class.clone());
        }
        Spec {
            provisioner: PROVISIONER.to_owned(),
            reclaim_policy: inputs.reclaim_policy.as_str().to_owned(),
            volume_binding_mode: inputs.volume_binding_mode.as_str().to_owned(),
            allowed_topologies: allowed(&inputs.allowed_topologies),
            mount_options: inputs.mount_options.clone(),
            parameters: parameters(inputs, (*file_system).clone().map(String::from)),
            labels,
            annotations,
            allow_volume_expansion: inputs.allow_volume_expansion,
        }
    }

    /// The whole object, as YAML.
    pub fn document(&self) -> Result<Text, RenderError> {
        Text::rendered(self.file_system, |id| self.render(id))
    }

    /// The whole object, with `file_system` in place of the id.
    pub fn render(&self, file_system: &str) -> Result<String, RenderError> {
        let spec = self.spec();
        let parameters = parameters(self.inputs, Known::Now(file_system.to_owned()));
        let parameters = parameters.iter().map(|(key, value)| (key, value.to_string())).collect();
        let context = Context {
            mark: self.owner.document_mark(),
            name: &self.inputs.name,
            labels: &spec.labels,
            annotations: &spec.annotations,
            provisioner: &spec.provisioner,
            parameters,
            reclaim_policy: &spec.reclaim_policy,
            volume_binding_mode: &spec.volume_binding_mode,
            zones: &self.inputs.allowed_topologies,
            allow_volume_expansion: spec.allow_volume_expansion,
            mount_options: &spec.mount_options,
        };
        templates::render("storageclass.yaml", &context)
    }
}

#[derive(Serialize)]
struct Context<'a> {
    mark: String,
    name: &'a str,
    labels: &'a BTreeMap<String, String>,
    annotations: &'a BTreeMap<String, String>,
    provisioner: &'a str,
    parameters: BTreeMap<&'a String, String>,
    reclaim_policy: &'a str,
    volume_binding_mode: &'a str,
    zones: &'a [String],
    allow_volume_expansion: bool,
    mount_options: &'a [String],
}

/// The parameters of the class, as the driver reads them.
fn parameters(
    class: &StorageClassInputs,
    file_system: Known<String>,
) -> BTreeMap<String, Known<String>> {
    let number = |number: Option<u32>| number.and_then(set);
    let truth = |truth: Option<bool>| truth.and_then(set);
    let named = match &class.file_system_reference {
        None => ("fileSystemId", Some(file_system)),
        Some(reference) => {
            let (parameter, value) = reference.parameter();
            (parameter, set(value))
        }
    };
    let secret = class.provisioner_secret.iter().flat_map(ProvisionerSecret::parameters);
    [
        ("provisioningMode", set("efs-ap")),
        named,
        ("directoryPerms", set(&class.directory_perms)),
        ("uid", number(class.uid)),
        ("gid", number(class.gid)),
        ("gidRangeStart", number(class.gid_range.map(|range| range.0))),
        ("gidRangeEnd", number(class.gid_range.map(|range| range.1))),
        ("basePath", class.base_path.as_ref().and_then(set)),
        ("subPathPattern", class.sub_path_pattern.as_ref().and_then(set)),
        ("ensureUniqueDirectory", truth(class.ensure_unique_directory)),
        ("reuseAccessPoint", truth(class.reuse_access_point)),
        ("az", class.az.as_ref().and_then(set)),
        ("enforceZoneAffinity", truth(class.enforce_zone_affinity)),
        ("enableTagging", truth(class.enable_tagging)),
    ]
    .into_iter()
    .chain(secret.map(|(key, value)| (key, set(value))))
    .filter_map(|(key, value)| Some((key.to_owned(), value?)))
    .collect()
}

/// The one term that names zones.
fn allowed(zones: &[String]) -> Vec<String> {
    if zones.is_empty() { Vec::new() } else { vec![topology(ZONE_KEY, zones)] }
}

/// What a document says of a class, or `None` where it is no StorageClass.
pub fn parse(text: &str) -> Option<Spec> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Document {
        provisioner: String,
        #[serde(default)]
        parameters: BTreeMap<String, String>,
        reclaim_policy: String,
        volume_binding_mode: String,
        #[serde(default)]
        allowed_topologies: Vec<Topology>,
        #[serde(default)]
        mount_options: Vec<String>,
        #[serde(default)]
        allow_volume_expansion: bool,
        #[serde(default)]
        metadata: Metadata,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Topology {
        match_label_expressions: Vec<Expression>,
    }
    #[derive(Deserialize)]
    struct Expression {
        key: String,
        values: Vec<String>,
    }
    #[derive(Default, Deserialize)]
    struct Metadata {
        #[serde(default)]
        labels: BTreeMap<String, String>,
        #[serde(default)]
        annotations: BTreeMap<String, String>,
    }
    let value = kubernetes::parsed("storageclass.yaml", text).ok()?;
    let found: Document = serde_json::from_value(value).ok()?;
    let terms = found.allowed_topologies.iter().flat_map(|it| &it.match_label_expressions);
    let allowed_topologies = terms.map(|it| topology(&it.key, &it.values)).collect();
    Some(Spec {
        provisioner: found.provisioner,
        reclaim_policy: found.reclaim_policy,
        volume_binding_mode: found.volume_binding_mode,
        allowed_topologies,
        mount_options: found.mount_options,
        parameters: map(&found.parameters),
        labels: found.metadata.labels,
        annotations: found.metadata.annotations,
        allow_volume_expansion: found.allow_volume_expansion,
    })
}
