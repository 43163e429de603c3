//! A Helm release: its properties, and one that exists.

use std::time::Duration;

use plan::{Attribute, Document, Mutability, Property, Unset, Value, compare, equal, set};

use crate::MANAGER;
use crate::chart::ChartSource;
use crate::object::Preconditions;
use crate::values::same_values;

/// How long Helm may take for a revision. It gives hooks and waits five minutes each unless told
/// otherwise (`--timeout`, <https://helm.sh/docs/helm/helm_upgrade/>), and a revision may have
/// one before its objects, for them, and after them. A revision that has been pending for longer
/// was left behind.
pub const LONGEST: Duration = Duration::from_mins(15);

/// Which release.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id {
    pub name: String,
    pub namespace: String,
}

/// A release as it should be.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    pub id: Id,
    /// The name that its chart must have.
    pub chart_name: String,
    pub chart: ChartSource,
    /// The version of its chart.
    pub version: String,
    /// The SHA-256 of its chart's archive, where it is known.
    pub digest: Option<String>,
    pub values: Document,
    /// Values that only releases of ours have, by JSON pointer: our name. Any of them will do.
    pub marks: &'static [&'static str],
    /// The deployment that it belongs to, for Helm's history.
    pub owner: String,
}

impl Wanted {
    /// Its properties.
    pub fn spec(&self) -> Spec {
        // Every field is looked at: a new one does not compile until somebody says what it means.
        let Wanted {
            id: _, // By this it was found.
            chart_name,
            chart: _, // Helm does not record where a chart comes from.
            version,
            digest: _, // `incompatible_chart` judges it.
            values,
            marks: _, // Part of the values.
            owner: _, // For people only.
        } = self;
        Spec {
            status: Status::Deployed,
            chart: format!("{chart_name}-{version}"),
            values: values.clone(),
        }
    }
}

/// A release as it is: its latest revision.
#[derive(Debug, Clone, PartialEq)]
pub struct Release {
    pub revision: u64,
    /// The revision before that, where there is one.
    pub previous: Option<u64>,
    /// The state of the latest revision.
    pub status: Status,
    /// Its chart with the version, `NAME-VERSION`.
    pub chart: String,
    /// The values that were given to it.
    pub values: serde_json::Value,
    /// Whether any of its revisions was made by Clockwork Codex.
    pub ours: bool,
    /// The deployment that made the latest of those, as [`Wanted::owner`] names it.
    pub owner: Option<String>,
    /// The record of the latest revision, where that is pending and the record can be read.
    pub record: Option<Record>,
}

impl Release {
    /// Its properties.
    pub fn spec(&self) -> Spec {
        // Every field is looked at: a new one does not compile until somebody says what it means.
        let Release {
            revision: _, // Helm counts,
            previous: _, // and only an upgrade that follows it needs to know.
            status,
            chart,
            values,
            owner: _,  // Whoever shares the release judges it.
            ours: _,   // Judged before anything is compared.
            record: _, // It matters while a revision is pending.
        } = self;
        Spec {
            status: status.clone(),
            chart: chart.clone(),
            values: Document::literal(values.clone()),
        }
    }
}

/// The object in which Helm keeps a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub storage: Storage,
    pub name: String,
    pub preconditions: Preconditions,
    /// How long ago Helm wrote it.
    pub age: Duration,
    /// The program that wrote it, as Kubernetes calls it: its field manager.
    pub written_by: Option<String>,
}

/// The kinds of object that Helm keeps revisions in (its `HELM_DRIVER`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    Secret,
    ConfigMap,
}

/// The state of a release's latest revision, as Helm names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// In force.
    Deployed,
    /// `pending-install`, `pending-upgrade` or `pending-rollback`: Helm is
    /// working on it, or was killed.
    Pending(String),
    /// Anything else: `failed`, `uninstalled`, `uninstalling`, …
    Other(String),
}

impl Status {
    /// The state that Helm calls `text`.
    pub fn parse(text: &str) -> Status {
        match text {
            "deployed" => Status::Deployed,
            pending if pending.starts_with("pending-") => Status::Pending(text.to_owned()),
            other => Status::Other(other.to_owned()),
        }
    }

    /// The state as Helm calls it.
    pub fn as_str(&self) -> &str {
        match self {
            Status::Deployed => "deployed",
            Status::Pending(text) | Status::Other(text) => text,
        }
    }
}

/// The properties of a release, wanted or found.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    pub status: Status,
    /// Its chart with the version, `NAME-VERSION`.
    pub chart: String,
    pub values: Document,
}

/// The properties, in the order in which plans show them. One upgrade sets all of them.
pub const PROPERTIES: &[Property<Spec>] = &[STATUS, CHART, VALUES];

const STATUS: Property<Spec> = property("status", Value::One(|spec| set(spec.status.as_str())));

/// What plans show of a release that goes.
pub const CHART: Property<Spec> = property("chart", Value::One(|spec| set(&spec.chart)));

pub(super) const VALUES: Property<Spec> =
    property("values", Value::Document { document: |spec| &spec.values, same: same_values });

const fn property(name: &'static str, value: Value<Spec>) -> Property<Spec> {
    let (unset, change) = (Unset::Remove, Mutability::InPlace(()));
    Property { name, value, same: equal, unset, change }
}

/// The names of what two modules want differently of one release; nothing where they agree.
pub fn disagreements(one: &Wanted, other: &Wanted) -> Vec<String> {
    let mut names = Vec::new();
    if one.id != other.id {
        names.push("namespace".to_owned());
    }
    if one.chart != other.chart {
        names.push("where the chart comes from".to_owned());
    }
    let differences = compare(PROPERTIES, &other.spec(), Some(&one.spec())).differences;
    names.extend(differences.into_iter().filter_map(|difference| match difference.attribute {
        Attribute::Named(name) => Some(name),
        Attribute::Line => None,
    }));
    names
}

/// Whether a release with these values is ours, where no revision says so: its
/// values carry our mark, or it is a first install that was killed and has only
/// its values to show whose it was.
pub fn is_marked(wanted: &Wanted, values: &serde_json::Value, only_pending_install: bool) -> bool {
    let mut marks = wanted.marks.iter().filter_map(|pointer| values.pointer(pointer));
    marks.any(|mark| mark == MANAGER)
        || (only_pending_install && same_values(values, &wanted.values.value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_field_of_a_spec_is_in_the_table() {
        let spec = Spec {
            status: Status::Deployed,
            chart: "a-1.0.0".to_owned(),
            values: Document::literal(json!({ "replicas": 2 })),
        };
        // A new field does not compile until it is here, and then it must be in the table.
        let Spec { status: _, chart: _, values: _ } = &spec;
        assert_eq!(PROPERTIES.len(), 3);
        for property in PROPERTIES {
            assert!(!property.rows(&spec).is_empty(), "{} reads nothing", property.name);
        }
    }
}
