//! The StorageClass on a file system, as inputs write it. Where no cluster was looked at, or where
//! none is on the file system, nothing is written.

use std::collections::BTreeMap;

use kubernetes::MANAGED_BY;
use plan::Known;
use serde_json::{Value, json};

use super::found::Found;
use crate::owner::OUR_PREFIX;
use crate::provisioner_secret::PARAMETERS as SECRET_PARAMETERS;
use crate::resources::storage_class::{DEFAULT_CLASS, Spec, ZONE_KEY};

fn parameter<'a>(found: &'a Found, name: &str) -> Option<&'a str> {
    found.class.as_ref()?.parameters.get(name).and_then(Known::now).map(String::as_str)
}

pub(super) fn text(found: &Found, name: &str) -> Option<Value> {
    parameter(found, name).map(Value::from)
}

/// The Secret, where the class names a whole one.
pub(super) fn provisioner_secret(found: &Found) -> Option<Value> {
    let [namespace, name] = SECRET_PARAMETERS.map(|it| parameter(found, it));
    Some(format!("{}/{}", namespace?, name?).into())
}

/// A number; another text stays one, which no input takes.
pub(super) fn number(found: &Found, name: &str) -> Option<Value> {
    let text = parameter(found, name)?;
    Some(text.parse::<u32>().map_or_else(|_| text.into(), Value::from))
}

pub(super) fn truth(found: &Found, name: &str) -> Option<Value> {
    let text = parameter(found, name)?;
    Some(text.parse::<bool>().map_or_else(|_| text.into(), Value::from))
}

/// The permissions, where they are not the default.
pub(super) fn permissions(found: &Found) -> Option<Value> {
    text(found, "directoryPerms").filter(|value| *value != "700")
}

fn of_class(found: &Found, value: impl Fn(&Spec) -> Option<Value>) -> Option<Value> {
    found.class.as_ref().and_then(value)
}

pub(super) fn reclaim_policy(found: &Found) -> Option<Value> {
    of_class(found, |class| other_than(&class.reclaim_policy, "Delete"))
}

pub(super) fn binding(found: &Found) -> Option<Value> {
    of_class(found, |class| other_than(&class.volume_binding_mode, "Immediate"))
}

/// The zones of `allowedTopologies`, where it names zones and nothing else.
pub(super) fn zones(found: &Found) -> Option<Value> {
    of_class(found, |class| {
        let [term] = class.allowed_topologies.as_slice() else { return None };
        let zones: Vec<&str> = term.strip_prefix(ZONE_KEY)?.strip_prefix('=')?.split(',').collect();
        Some(json!(zones))
    })
}

fn other_than(value: &str, default: &str) -> Option<Value> {
    (value != default).then(|| value.into())
}

/// The mount options, but for the zone that a One Zone file system's class gets anyway.
pub(super) fn mount_options(found: &Found) -> Option<Value> {
    let zone = found.file_system.spec.availability_zone.as_ref().map(|zone| format!("az={zone}"));
    of_class(found, |class| {
        let own = class.mount_options.iter().filter(|option| Some(*option) != zone.as_ref());
        let own: Vec<&String> = own.collect();
        (!own.is_empty()).then(|| json!(own))
    })
}

pub(super) fn expansion(found: &Found) -> Option<Value> {
    of_class(found, |class| (!class.allow_volume_expansion).then_some(false.into()))
}

pub(super) fn labels(found: &Found) -> Option<Value> {
    of_class(found, |class| user(&class.labels))
}

pub(super) fn annotations(found: &Found) -> Option<Value> {
    of_class(found, |class| user(&class.annotations))
}

/// What neither this project nor Kubernetes sets itself.
fn user(all: &BTreeMap<String, String>) -> Option<Value> {
    let set = |key: &str| {
        let by_kubectl = key == "kubectl.kubernetes.io/last-applied-configuration";
        key == MANAGED_BY || key == DEFAULT_CLASS || key.starts_with(OUR_PREFIX) || by_kubectl
    };
    let own: BTreeMap<&String, &String> = all.iter().filter(|(key, _)| !set(key)).collect();
    (!own.is_empty()).then(|| json!(own))
}

pub(super) fn is_default(found: &Found) -> Option<Value> {
    of_class(found, |class| {
        let marked = class.annotations.get(DEFAULT_CLASS).is_some_and(|value| value == "true");
        marked.then_some(true.into())
    })
}
