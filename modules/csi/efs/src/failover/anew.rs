//! What takes the place of an access point, a volume and a claim, as it is made.

use network::Tags;
use plan::{Known, Text};
use serde_json::{Value, json};

use super::moved::{CLAIM, MOVED_FROM, MovedClaim, MovedVolume};
use crate::ids::{AccessPointId, FileSystemId};
use crate::owner::OUR_PREFIX;
use crate::resources::access_point::Spec;
use crate::resources::persistent_volume;
use crate::users::AccessPoint;

/// The access point in the place of one, and the tag that says so.
pub(super) fn point_anew(found: &AccessPoint) -> (Spec, Tags) {
    let mut tags = found.tags.clone();
    // What begins so is AWS's own.
    tags.retain(|key, _| !key.starts_with("aws:") && !key.starts_with(OUR_PREFIX));
    let mark = Tags::from([(format!("{OUR_PREFIX}copy-of"), found.id.to_string())]);
    tags.extend(mark.clone());
    let spec = Spec {
        path: found.path.clone(),
        posix_user: found.posix_user.clone(),
        creation_info: found.creation_info.clone(),
        tags,
    };
    (spec, mark)
}

/// The volume in the place of another one, from the source to a file system: kept for the claim of this
/// name, which it carries.
pub(super) fn volume_anew(
    old: &MovedVolume,
    (source, id): (&FileSystemId, &FileSystemId),
    kept: &str,
    point: Option<&Known<AccessPointId>>,
) -> persistent_volume::Call {
    let name = old.name_on(id);
    let mut spec = old.object["spec"].clone();
    spec["persistentVolumeReclaimPolicy"] = json!("Retain");
    if let Some(reference) = spec["claimRef"].as_object_mut() {
        for key in ["uid", "resourceVersion"] {
            reference.remove(key);
        }
    }
    // They are of mount targets of the source, and of the zone of a One Zone source.
    spec.as_object_mut().map(|spec| spec.remove("nodeAffinity"));
    if let Some(options) = spec["mountOptions"].as_array_mut() {
        let of_target = |option: &Value| {
            let text = option.as_str().unwrap_or_default();
            text.starts_with("az=") || text.starts_with("mounttargetip=")
        };
        options.retain(|option| !of_target(option));
    }
    if let Some(attributes) = spec["csi"]["volumeAttributes"].as_object_mut() {
        for key in ["mounttargetip", "az"] {
            attributes.remove(key);
        }
    }
    spec["csi"]["volumeHandle"] = json!(old.handle.replacen(source.as_str(), id.as_str(), 1));
    let mut annotations = json!({ CLAIM: kept, MOVED_FROM: old.name });
    let by = "pv.kubernetes.io/provisioned-by";
    if let Some(driver) = old.annotation(by) {
        annotations[by] = json!(driver);
    }
    let document = json!({
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {
            "name": name,
            "labels": old.object["metadata"]["labels"],
            "annotations": annotations,
        },
        "spec": spec,
    });
    let text = Text::literal(without_nulls(document).to_string());
    let document = match (old.access_point(), point) {
        (Some(before), Some(after)) => text.with(before, after),
        _ => text,
    };
    persistent_volume::Call::Apply { name, document }
}

/// The token of the access point in the place of one: EFS makes it once, however often it is asked.
pub(super) fn token(of_source: &str) -> String {
    format!("copy-of-{of_source}")
}

/// The claim as it is made anew, for the volume in the place of its own.
pub(super) fn claim_anew(claim: &MovedClaim, volume: &str) -> Value {
    let metadata = &claim.object["metadata"];
    let mut annotations = metadata["annotations"].clone();
    if let Some(annotations) = annotations.as_object_mut() {
        // What Kubernetes and its provisioner write of the old volume.
        let theirs = |key: &str| {
            ["pv.kubernetes.io/", "volume.kubernetes.io/", "volume.beta.kubernetes.io/"]
                .iter()
                .any(|prefix| key.starts_with(prefix))
        };
        annotations.retain(|key, _| {
            !theirs(key) && key != "kubectl.kubernetes.io/last-applied-configuration"
        });
    }
    let mut spec = claim.object["spec"].clone();
    spec["volumeName"] = json!(volume);
    without_nulls(json!({
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "labels": metadata["labels"],
            "annotations": annotations,
            "ownerReferences": metadata["ownerReferences"],
        },
        "spec": spec,
    }))
}

/// The same without members that have no value.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(members.map(|(key, value)| (key, without_nulls(value))).collect())
        }
        other => other,
    }
}
