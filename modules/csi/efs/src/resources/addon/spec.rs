//! An add-on: its properties, and one that exists.

use kubernetes::{merged, same_values};
use network::Tags;
use plan::{Document, Known, Mutability, Property, Unset, Value, equal, later, map, set};
use serde_json::{Map, Value as Json, json};

use crate::owner::{OUR_PREFIX, Owner};
use crate::resources::driver::DriverInputs;

/// The kind of resource, as it stands in addresses.
pub const KIND: &str = "eks_addon";

/// The name of the driver among EKS's add-ons.
pub const NAME: &str = "aws-efs-csi-driver";

/// The namespace that EKS gives it where none is asked for (`DescribeAddonVersions`,
/// `defaultNamespace`).
pub(super) const NAMESPACE: &str = "kube-system";

inputs::words! {
    /// The state of an add-on, as EKS names it.
    pub open enum Status {
        Creating = "CREATING",
        Active = "ACTIVE",
        CreateFailed = "CREATE_FAILED",
        Updating = "UPDATING",
        Deleting = "DELETING",
        DeleteFailed = "DELETE_FAILED",
        Degraded = "DEGRADED",
        UpdateFailed = "UPDATE_FAILED",
    }
}

/// The configuration values that the inputs ask for: those that have inputs of their own, the tags
/// of access points, and the user's.
pub fn configuration(inputs: &DriverInputs) -> Json {
    let mut ours = Json::Object(inputs.settings.clone());
    if !inputs.access_point_tags.is_empty() {
        let tags = json!({ "controller": { "tags": inputs.access_point_tags } });
        ours = merged(ours, tags.as_object().unwrap_or(&Map::new()));
    }
    merged(ours, &inputs.addon.configuration)
}

/// What two modules want differently of one add-on.
pub(crate) fn disagreements(one: &DriverInputs, other: &DriverInputs) -> Vec<String> {
    let mut names = Vec::new();
    let mut compare = |name: &str, same: bool| {
        if !same {
            names.push(name.to_owned());
        }
    };
    compare("namespace", one.namespace == other.namespace);
    compare("addon_version", one.addon.version == other.addon.version);
    let conflicts = one.addon.resolve_conflicts == other.addon.resolve_conflicts;
    compare("addon_resolve_conflicts", conflicts);
    compare("its configuration", same_values(&configuration(one), &configuration(other)));
    names
}

/// The properties of an add-on, wanted or found.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    pub status: Status,
    pub version: String,
    /// The role of its service accounts (IRSA).
    pub role_arn: Option<Known<String>>,
    pub configuration: Document,
    pub namespace: String,
    pub tags: Tags,
}

/// The calls that change properties in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// `UpdateAddon`.
    Update,
    /// `TagResource`.
    Tags,
}

/// The properties, in the order in which plans show them. EKS takes the namespace at the creation
/// alone (`UpdateAddon` has none).
pub const PROPERTIES: &[Property<Spec, Group>] = &[
    one("status", |spec| set(spec.status.as_str()), Mutability::InPlace(Group::Update)),
    VERSION,
    one("namespace", |spec| set(&spec.namespace), Mutability::Never),
    Property {
        name: "service_account_role_arn",
        value: Value::One(|spec| spec.role_arn.as_ref().and_then(later)),
        same: equal,
        // One that stays is wanted, see `Wanted::kept_role`.
        unset: Unset::Remove,
        change: Mutability::InPlace(Group::Update),
    },
    Property {
        name: "configuration",
        value: Value::Document { document: |spec| &spec.configuration, same: same_values },
        same: equal,
        unset: Unset::Remove,
        change: Mutability::InPlace(Group::Update),
    },
    Property {
        name: "tags",
        value: Value::Each { entries: |spec| map(&spec.tags), row: |key| format!("tags[{key:?}]") },
        same: equal,
        unset: Unset::Leave,
        change: Mutability::InPlace(Group::Tags),
    },
];

/// What plans show of an add-on that goes.
pub(super) const VERSION: Property<Spec, Group> =
    one("addon_version", |spec| set(&spec.version), Mutability::InPlace(Group::Update));

const fn one(
    name: &'static str,
    value: fn(&Spec) -> Option<Known<String>>,
    change: Mutability<Group>,
) -> Property<Spec, Group> {
    Property { name, value: Value::One(value), same: equal, unset: Unset::Leave, change }
}

/// Something that EKS says is wrong with an add-on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Such as `ConfigurationConflict`.
    pub code: String,
    pub message: String,
    pub resources: Vec<String>,
}

/// The add-on as EKS shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub arn: String,
    pub status: Status,
    pub version: String,
    pub role_arn: Option<String>,
    /// Its configuration values as they were given, in YAML or JSON.
    pub configuration: Option<String>,
    pub namespace: String,
    pub tags: Tags,
    pub issues: Vec<Issue>,
}

impl Found {
    /// Its properties.
    pub fn spec(&self) -> Spec {
        // Every field is looked at: a new one does not compile until somebody says what it means.
        let Found {
            arn: _, // By this it is tagged.
            status,
            version,
            role_arn,
            configuration,
            namespace,
            tags,
            issues: _, // For people.
        } = self;
        let text = configuration.as_deref().unwrap_or_default();
        // What is no document differs from every one that is wanted.
        let values = if text.trim().is_empty() {
            Ok(json!({}))
        } else {
            kubernetes::parsed("the add-on's configuration", text)
        };
        Spec {
            // An add-on that lacks pods is not helped by an update.
            status: if *status == Status::Degraded { Status::Active } else { status.clone() },
            version: version.clone(),
            role_arn: role_arn.clone().map(Known::Now),
            configuration: Document::literal(values.unwrap_or_else(|_| json!(text))),
            namespace: namespace.clone(),
            tags: tags.clone(),
        }
    }

    /// Whether a deployment of this cluster made it.
    pub fn is_of(&self, owner: &Owner) -> bool {
        owner.owns_of_cluster(&self.tags)
    }

    /// The class of the deployment that keeps it.
    pub fn keeper(&self) -> Option<&str> {
        self.tags.get(&format!("{OUR_PREFIX}storage-class")).map(String::as_str)
    }

    /// What EKS says is wrong, in its own words.
    pub fn told(&self) -> String {
        let told = self.issues.iter().map(|issue| {
            let of = if issue.resources.is_empty() {
                String::new()
            } else {
                format!(" ({})", issue.resources.join(", "))
            };
            inputs::plain(&format!("{}: {}{of}", issue.code, issue.message.replace('\n', " ")))
        });
        let told: Vec<String> = told.collect();
        if told.is_empty() { "EKS does not say why".to_owned() } else { told.join("; ") }
    }
}

/// What was looked at of the add-on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observed {
    pub found: Option<Found>,
    /// The versions that EKS offers, the newest first, where one is chosen.
    pub offered: Vec<Offered>,
    /// The Kubernetes version of the cluster, such as `1.33`.
    pub kubernetes: Option<String>,
    /// The JSON Schema of the configuration values, where those are sent.
    pub schema: Option<Json>,
}

/// A version that EKS offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    pub version: String,
    /// The Kubernetes versions that it is for, and whether it is the default of each.
    pub clusters: Vec<(String, bool)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_a_spec_is_in_the_table() {
        let spec = Spec {
            status: Status::Active,
            version: "v2.1.4-eksbuild.1".to_owned(),
            role_arn: Some(Known::Now("arn".to_owned())),
            configuration: Document::literal(json!({ "useFIPS": true })),
            namespace: NAMESPACE.to_owned(),
            tags: Tags::from([("team".to_owned(), "graphs".to_owned())]),
        };
        // A new field does not compile until it is here, and then it must be in the table.
        let Spec { status: _, version: _, role_arn: _, configuration: _, namespace: _, tags: _ } =
            &spec;
        assert_eq!(PROPERTIES.len(), 6);
        for property in PROPERTIES {
            assert!(!property.rows(&spec).is_empty(), "{} reads nothing", property.name);
        }
    }
}
