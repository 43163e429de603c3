//! The StorageClass.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use efs::resources::storage_class::{
    Call, DEFAULT_CLASS, DEFAULT_GID_RANGE, GidRange, Spec, StorageClass, topology,
};
use efs::{
    FileSystemId, Inputs, Led, OtherClass, ProvisionerSecret, Reference, Referred, SecretFound,
    SecretKeys,
};
use futures_util::future::try_join_all;
use inputs::printable;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use k8s_openapi::api::storage::v1::StorageClass as KubeClass;
use kube::api::ListParams;
use kubernetes::{MANAGER, Preconditions};
use plan::map;
use serde_json::Value;
use tokio::try_join;

use crate::cluster::Kube;
use crate::context::{Context, Done};
use crate::progress::Line;

/// The StorageClasses of a cluster as far as a deployment looks at them.
pub(crate) struct Classes {
    /// The one of our name.
    pub(crate) own: Option<StorageClass>,
    /// Those that the deployment has beside it, or is to have.
    pub(crate) beside: BTreeMap<String, StorageClass>,
    /// What the classes of the inputs refer to.
    pub(crate) referred: BTreeMap<String, Referred>,
    /// The other ones of the driver.
    pub(crate) others: Vec<OtherClass>,
    /// The names of those, of any driver, that claims without a class may get, but for our own.
    pub(crate) defaults: Vec<String>,
}

/// All StorageClasses, with the file systems that they name.
pub(crate) async fn observe(kube: &Kube, inputs: &Inputs) -> anyhow::Result<Classes> {
    let (owner, name) = (inputs.owner(), &inputs.storage_class.name);
    let all = kube.all();
    let everything = ListParams::default();
    let (classes, referred): (Vec<KubeClass>, _) =
        try_join!(kube.list(&all, &everything), referred(kube, inputs))?;
    let of_driver = classes.iter().filter(|class| class.provisioner == efs::PROVISIONER);
    let found = try_join_all(of_driver.map(|class| async move {
        anyhow::Ok((class.metadata.name.clone().unwrap_or_default(), named(kube, class).await?))
    }));
    let found: BTreeMap<String, Option<Result<String, String>>> =
        found.await?.into_iter().collect();
    let whole = |class: &KubeClass| {
        let referred = class.metadata.name.as_ref().and_then(|of| found.get(of)).cloned().flatten();
        StorageClass {
            referred: referred.clone().and_then(Result::ok),
            unknown: referred.and_then(Result::err),
            ..read(class)
        }
    };
    let mut ours = BTreeMap::new();
    for class in &classes {
        let Some(of) = &class.metadata.name else { continue };
        let class = whole(class);
        if inputs.has_class(of) || class.is_beside(&owner) {
            ours.insert(of.clone(), class);
        }
    }
    let own = ours.remove(name);
    let is_ours =
        |of: &str| of == name || ours.get(of).is_some_and(|class| class.is_beside(&owner));
    let others = found.iter().filter(|(of, _)| !is_ours(of)).map(|(of, named)| {
        let (file_system, unknown) = match named {
            Some(Ok(id)) => (Some(id.clone()), None),
            Some(Err(why)) => (None, Some(why.clone())),
            None => (None, None),
        };
        let class = classes.iter().find(|class| class.metadata.name.as_ref() == Some(of));
        OtherClass { gid_range: class.and_then(gid_range), name: of.clone(), file_system, unknown }
    });
    let others = others.collect();
    let is_default = |class: &&KubeClass| {
        let annotations = class.metadata.annotations.as_ref();
        annotations.and_then(|all| all.get(DEFAULT_CLASS)).is_some_and(|value| value == "true")
    };
    let defaults = classes.iter().filter(is_default).filter_map(|it| it.metadata.name.clone());
    let mut defaults: Vec<String> = defaults.filter(|other| !is_ours(other)).collect();
    defaults.sort();
    Ok(Classes { own, beside: ours, referred, others, defaults })
}

/// The classes of the driver that are on a file system, by name.
pub(crate) async fn on(
    kube: &Kube,
    id: &FileSystemId,
) -> anyhow::Result<BTreeMap<String, StorageClass>> {
    let classes: Vec<KubeClass> = kube.list(&kube.all(), &ListParams::default()).await?;
    let of_driver = classes.iter().filter(|class| class.provisioner == efs::PROVISIONER);
    let found = try_join_all(of_driver.map(|class| async move {
        let named = named(kube, class).await?.and_then(Result::ok);
        let name = class.metadata.name.clone().unwrap_or_default();
        let on_it = named.as_deref() == Some(id.as_str());
        anyhow::Ok(on_it.then(|| (name, StorageClass { referred: named, ..read(class) })))
    }));
    Ok(found.await?.into_iter().flatten().collect())
}

/// The file system that a class names, itself or by what it refers to, or why that is not
/// known; `None` where it names none.
async fn named(kube: &Kube, class: &KubeClass) -> anyhow::Result<Option<Result<String, String>>> {
    let parameters = class.parameters.clone().unwrap_or_default().into_iter().collect();
    let reference = match Reference::among(&parameters) {
        None => return Ok(parameters.get("fileSystemId").map(|id| Ok(id.trim().to_owned()))),
        Some(Err(_)) => return Ok(None),
        Some(Ok(reference)) => reference,
    };
    Ok(match read_reference(kube, &reference).await? {
        Led::To(id) => Some(Ok(id)),
        Led::Nowhere => None,
        Led::Unknown(why) => Some(Err(why)),
    })
}

/// Where a reference leads.
pub(crate) async fn read_reference(kube: &Kube, reference: &Reference) -> anyhow::Result<Led> {
    let Reference { secret, namespace, name, key } = reference;
    let found = if *secret {
        let found = kube.get_if_allowed::<Secret>(&kube.within(namespace), name).await?;
        found.map(|found| {
            let bytes = found.and_then(|it| it.data?.remove(key))?;
            String::from_utf8(bytes.0).ok()
        })
    } else {
        let found = kube.get_if_allowed::<ConfigMap>(&kube.within(namespace), name).await?;
        found.map(|found| found.and_then(|it| it.data?.remove(key)))
    };
    let unreadable = || Led::Unknown(printable(&format!("this identity may not read {reference}")));
    let to = |id: Option<String>| id.map_or(Led::Nowhere, |id| Led::To(id.trim().to_owned()));
    Ok(found.map_or_else(unreadable, to))
}

/// What the classes of the inputs refer to, whether they are there or not.
async fn referred(kube: &Kube, inputs: &Inputs) -> anyhow::Result<BTreeMap<String, Referred>> {
    let looks = inputs.classes().map(|class| async move {
        let file_system = match &class.file_system_reference {
            Some(reference) => Some(read_reference(kube, reference).await?),
            None => None,
        };
        let secret = match &class.provisioner_secret {
            Some(secret) => Some(keys_of(kube, secret).await?),
            None => None,
        };
        anyhow::Ok((class.name.clone(), Referred { file_system, secret }))
    });
    Ok(try_join_all(looks).await?.into_iter().collect())
}

/// Which keys a Secret has: what it holds goes nowhere.
async fn keys_of(kube: &Kube, secret: &ProvisionerSecret) -> anyhow::Result<SecretFound> {
    let api = kube.within::<Secret>(&secret.namespace);
    Ok(match kube.get_if_allowed(&api, &secret.name).await? {
        None => SecretFound::Unknown,
        Some(None) => SecretFound::Missing,
        Some(Some(found)) => {
            let data = found.data.unwrap_or_default().into_iter();
            let data = data.map(|(key, value)| (key, value.0)).collect();
            SecretFound::There(SecretKeys::of(&data))
        }
    })
}

/// The group ids that the driver hands out for a class; those that it says are none.
fn gid_range(class: &KubeClass) -> Option<GidRange> {
    let number = |name: &str| class.parameters.as_ref()?.get(name)?.parse::<u32>().ok();
    if number("uid").is_some() && number("gid").is_some() {
        return None;
    }
    Some(number("gidRangeStart").zip(number("gidRangeEnd")).unwrap_or(DEFAULT_GID_RANGE))
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
            allowed_topologies: allowed_topologies(class),
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
        referred: None,
        unknown: None,
    }
}

/// Where volumes of a class may be made, term by term.
fn allowed_topologies(class: &KubeClass) -> Vec<String> {
    let terms = class.allowed_topologies.iter().flatten();
    let expressions = terms.flat_map(|term| term.match_label_expressions.iter().flatten());
    expressions.map(|it| topology(&it.key, &it.values)).collect()
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
