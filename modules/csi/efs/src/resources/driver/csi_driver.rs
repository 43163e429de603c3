//! The CSIDriver object, by which Kubernetes knows the driver. Charts make it in a hook, which deletes
//! it first, or, with `useHelmHooksForCSIDriver = false`, as an object like any other: then Helm takes
//! over none that its release did not make, and Kubernetes never changes all of it.

use std::collections::BTreeSet;

use kubernetes::{Preconditions, release};
use plan::{Action, Change, ChangeId, Mutability, Plan, Property, Scope, Unset, Value, compare};
use plan::{equal, set};

use super::call::Call;
use crate::chart::PROVISIONER;

/// The kind of resource, as it stands in addresses.
const KIND: &str = "csi_driver";

/// What of it never changes (`ValidateCSIDriverUpdate` of
/// `k8s.io/kubernetes/pkg/apis/storage/validation`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsiDriverSpec {
    /// `attachRequired`: whether Kubernetes attaches volumes to nodes before they are mounted.
    pub attach_required: bool,
    /// `volumeLifecycleModes`: whether volumes are persistent, or as short-lived as their pods.
    pub volume_lifecycle_modes: BTreeSet<String>,
}

impl CsiDriverSpec {
    /// Reads the `spec` of an object, with the API server's defaults for what it leaves out
    /// (`CSIDriverSpec` of `k8s.io/api/storage/v1`).
    pub fn of(spec: &serde_json::Value) -> CsiDriverSpec {
        let modes = spec["volumeLifecycleModes"].as_array().into_iter().flatten();
        let mut modes: BTreeSet<String> =
            modes.filter_map(serde_json::Value::as_str).map(str::to_owned).collect();
        if modes.is_empty() {
            modes.insert("Persistent".to_owned());
        }
        CsiDriverSpec {
            attach_required: spec["attachRequired"].as_bool().unwrap_or(true),
            volume_lifecycle_modes: modes,
        }
    }
}

const PROPERTIES: &[Property<CsiDriverSpec>] = &[
    property("attachRequired", Value::One(|spec| set(spec.attach_required))),
    property(
        "volumeLifecycleModes",
        Value::One(|spec| {
            let modes: Vec<&str> = spec.volume_lifecycle_modes.iter().map(String::as_str).collect();
            set(modes.join(", "))
        }),
    ),
];

const fn property(name: &'static str, value: Value<CsiDriverSpec>) -> Property<CsiDriverSpec> {
    Property { name, value, same: equal, unset: Unset::Leave, change: Mutability::Replaces }
}

/// The CSIDriver of a cluster.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum CsiDriver {
    /// Nobody looked, or this identity may not.
    #[default]
    Unknown,
    /// There is none: Kubernetes does not know the driver.
    Missing,
    There(CsiDriverFound),
}

/// A CSIDriver that is there.
#[derive(Debug, Clone, PartialEq)]
pub struct CsiDriverFound {
    pub spec: CsiDriverSpec,
    /// The release that Helm takes it for a part of.
    pub release: Option<release::Id>,
    pub preconditions: Preconditions,
}

/// The CSIDriver that the chart makes with the values that are wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct CsiDriverMade {
    pub spec: CsiDriverSpec,
    /// Whether a hook makes it, for which Helm deletes the one that is there.
    pub by_hook: bool,
}

/// Plans that a CSIDriver goes which Helm could neither change nor take over, before Helm makes it
/// anew: the change that the release needs. Says what a hook does of itself.
pub(super) fn plan<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    release: &release::Id,
    found: &CsiDriver,
    made: Option<&CsiDriverMade>,
) -> Option<ChangeId> {
    let (CsiDriver::There(found), Some(made)) = (found, made) else { return None };
    let differences = compare(PROPERTIES, &made.spec, Some(&found.spec)).differences;
    let owned = found.release.as_ref() == Some(release);
    if made.by_hook {
        let named: Vec<&str> = differences.iter().map(|it| it.attribute.as_str()).collect();
        plan.notes.extend((!named.is_empty()).then(|| {
            format!(
                "a hook of the chart makes the CSIDriver `{PROVISIONER}` anew, with another {}: pods \
                 that start meanwhile wait",
                named.join(" and ")
            )
        }));
        return None;
    }
    if owned && differences.is_empty() {
        return None;
    }
    let why = if owned {
        "Kubernetes never changes these fields"
    } else {
        "Helm takes over no object that its release did not make"
    };
    let change = Change::new(Action::Replace, scope.id(KIND), address(scope))
        .because(format!(
            "{why}: it is deleted, and the release makes it anew; mounts stay, and pods that start \
             meanwhile wait"
        ))
        .showing(differences)
        .calling(Call::DeleteCsiDriver {
            name: PROVISIONER.to_owned(),
            observed: Some(found.preconditions.clone()),
        });
    let id = change.id.clone();
    plan.changes.push(change);
    Some(id)
}

fn address(scope: &Scope) -> plan::Address {
    scope.address(KIND, Some(PROVISIONER))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_field_of_a_spec_is_in_the_table() {
        let spec = CsiDriverSpec::of(&json!({}));
        // A new field does not compile until it is here, and then it must be in the table.
        let CsiDriverSpec { attach_required, volume_lifecycle_modes } = &spec;
        assert!(*attach_required && volume_lifecycle_modes.contains("Persistent"), "the defaults");
        assert_eq!(PROPERTIES.len(), 2);
        for property in PROPERTIES {
            assert!(!property.rows(&spec).is_empty(), "{} reads nothing", property.name);
        }
    }
}
