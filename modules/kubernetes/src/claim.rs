//! A PersistentVolumeClaim: as it is, its row, and what can be done about it.

use inputs::plain;
use plan::{
    Action, Change, Difference, Known, Mutability, Property, Row, Scope, Unset, Value, compare,
    equal, set,
};
use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::quantity::bytes;
use crate::usage::used;

/// The kind of resource, as it stands in addresses.
pub const KIND: &str = "persistent_volume_claim";

/// The call that gives a claim and its volume the capacity that the claim asks for: the capacity
/// of an EFS volume is nominal, its driver expands nothing, and no resizer runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expand {
    pub namespace: String,
    pub name: String,
    pub volume: String,
    /// As Kubernetes writes quantities.
    pub capacity: String,
}

/// A claim, or a volume that no claim holds any more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claim {
    /// Its namespace; empty for a volume without a claim.
    pub namespace: String,
    /// Its name, or that of the volume.
    pub name: String,
    /// `Pending`, `Bound`, `Lost`; `Released`, `Available` or `Failed` for a volume without a claim.
    pub phase: String,
    pub volume: Option<String>,
    /// What it asks for, as Kubernetes writes quantities.
    pub requested: Option<String>,
    /// What it has, as Kubernetes writes quantities.
    pub capacity: Option<String>,
    /// The pods that use it.
    pub used_by: Vec<String>,
    /// The nodes that those pods run on.
    pub nodes: Vec<String>,
    /// How many bytes its files take, where a node measures that.
    pub used_bytes: Option<u64>,
    /// The object's own id, which no other of its name will have.
    pub uid: Option<String>,
    /// Whether it is a volume without a claim that Kubernetes keeps, as its reclaim policy is
    /// `Retain`.
    pub retained: bool,
    /// What the newest of its events says, where it has no volume yet and somebody asked.
    pub why: Option<String>,
}

impl Claim {
    /// As people name it: `NAMESPACE/NAME`, or the volume.
    pub fn address(&self) -> String {
        if self.namespace.is_empty() {
            format!("volume {}", self.name)
        } else {
            format!("{}/{}", self.namespace, self.name)
        }
    }

    /// The volume that can be given what the claim asks for, where there is one.
    pub fn expandable(&self) -> Option<&String> {
        let has = self.phase == "Bound" && self.capacity.is_some();
        self.volume.as_ref().filter(|_| has)
    }

    /// Whether it has a volume, and all that it asks for.
    pub fn is_satisfied(&self) -> bool {
        self.phase == "Bound" && !self.wants_more()
    }

    /// Whether it asks for more than it has; one that has no volume yet does not.
    pub fn wants_more(&self) -> bool {
        !self.lacks().is_empty()
    }

    /// What it asks for and does not have.
    fn lacks(&self) -> Vec<Difference> {
        if self.capacity.is_none() {
            return Vec::new();
        }
        let found = Spec { capacity: self.capacity.clone(), ..Spec::default() };
        let wanted = Spec { capacity: self.requested.clone(), ..Spec::default() };
        compare([&CAPACITY], &wanted, Some(&found)).differences
    }
}

/// With what is decided of it, as programs read it.
impl Serialize for Claim {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Every field is looked at: a new one does not compile until it is here.
        let Claim {
            namespace,
            name,
            phase,
            volume,
            requested,
            capacity,
            used_by,
            nodes,
            used_bytes,
            uid: _,      // No person and no program needs it.
            retained: _, // A deployment of a file system that stays asks for it.
            why,
        } = self;
        let mut claim = serializer.serialize_struct("Claim", 11)?;
        claim.serialize_field("namespace", namespace)?;
        claim.serialize_field("name", name)?;
        claim.serialize_field("phase", phase)?;
        claim.serialize_field("volume", volume)?;
        claim.serialize_field("requested", requested)?;
        claim.serialize_field("capacity", capacity)?;
        claim.serialize_field("wants_more", &self.wants_more())?;
        claim.serialize_field("used_by", used_by)?;
        claim.serialize_field("nodes", nodes)?;
        claim.serialize_field("used_bytes", used_bytes)?;
        claim.serialize_field("why", why)?;
        claim.end()
    }
}

/// The properties of a claim, wanted or found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spec {
    pub class: Option<String>,
    pub access_modes: Vec<String>,
    /// What it asks for.
    pub size: Option<String>,
    /// What it has; none is wanted of one that has no volume yet.
    pub capacity: Option<String>,
}

/// The properties that change in place, by one call each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    Size,
    Capacity,
}

/// The properties, in the order in which plans show them.
pub const PROPERTIES: &[Property<Spec, Group>] = &[
    Property {
        name: "storageClassName",
        value: Value::One(|spec| spec.class.as_ref().and_then(set)),
        same: equal,
        unset: Unset::Leave,
        change: Mutability::Never,
    },
    Property {
        name: "accessModes",
        value: Value::List(|spec| spec.access_modes.iter().cloned().map(Known::Now).collect()),
        same: |found, wanted| found.split(", ").any(|mode| mode == wanted),
        unset: Unset::Leave,
        change: Mutability::Never,
    },
    Property {
        name: "storage",
        value: Value::One(|spec| spec.size.as_ref().and_then(set)),
        same: |found, wanted| bytes(found) == bytes(wanted),
        unset: Unset::Leave,
        change: Mutability::InPlace(Group::Size),
    },
    CAPACITY,
];

/// The one that nothing but [`Expand`] changes.
const CAPACITY: Property<Spec, Group> = Property {
    name: "capacity",
    value: Value::One(|spec| spec.capacity.as_ref().and_then(set)),
    // Quantities that are none do not compare.
    same: |found, wanted| bytes(found).zip(bytes(wanted)).is_none_or(|(has, asks)| has >= asks),
    unset: Unset::Leave,
    change: Mutability::InPlace(Group::Capacity),
};

/// The change that gives a claim what it asks for; `None` where it has it. A grown claim would
/// wait for ever.
pub fn expand<C: From<Expand>>(scope: &Scope, claim: &Claim) -> Option<Change<C>> {
    let volume = claim.expandable()?.clone();
    let differences = claim.lacks();
    let capacity = claim.requested.clone().filter(|_| !differences.is_empty())?;
    let id = scope.id(format_args!("claim.{}", claim.address()));
    let (namespace, name) = (claim.namespace.clone(), claim.name.clone());
    let change = Change::new(Action::Update, id, scope.address(KIND, Some(&claim.address())))
        .because("it requests more than it has, and nothing else completes that")
        .showing(differences)
        .calling(Expand { namespace, name, volume, capacity });
    Some(change)
}

/// A claim in the table of a status.
pub fn row(claim: &Claim) -> Row {
    let capacity = claim.capacity.as_deref().unwrap_or("-");
    let mut detail = match &claim.requested {
        Some(requested) if claim.wants_more() => {
            format!("{capacity}, requests {requested}: `expand-volumes` completes that")
        }
        _ => capacity.to_owned(),
    };
    detail.push_str(&used(claim.used_bytes));
    if !claim.used_by.is_empty() {
        detail.push_str(&format!(", used by {}", claim.used_by.join(", ")));
    }
    if !claim.nodes.is_empty() {
        detail.push_str(&format!(" on {}", claim.nodes.join(", ")));
    }
    if let Some(why) = &claim.why {
        detail.push_str(&format!(": {why}"));
    }
    Row {
        resource: "claim",
        name: plain(&claim.address()),
        state: plain(&claim.phase),
        detail: plain(&detail),
        healthy: claim.is_satisfied(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_wants_more_where_it_has_less_than_it_asks_for() {
        for (requested, capacity, more) in [
            (Some("20Gi"), Some("10Gi"), true),
            (Some("10Gi"), Some("10240Mi"), false),
            (Some("10Gi"), Some("20Gi"), false),
            (Some("10Gi"), None, false),
            (None, Some("10Gi"), false),
            (Some("10Gi"), Some("much"), false),
            (Some("much"), Some("10Gi"), false),
        ] {
            let [requested, capacity] = [requested, capacity].map(|text| text.map(str::to_owned));
            let volume = Some("pvc-1".to_owned());
            let phase = "Bound".to_owned();
            let claim = Claim { phase, volume, requested, capacity, ..Claim::default() };
            assert_eq!(claim.wants_more(), more, "{claim:?}");
            assert_eq!(serde_json::to_value(&claim).unwrap()["wants_more"], more);
            let change = expand::<Expand>(&Scope::alone("efs_csi"), &claim);
            assert_eq!(change.is_some(), more, "{claim:?}");
        }
    }

    #[test]
    fn a_claim_without_a_volume_says_why() {
        let claim = Claim {
            namespace: "graphs".to_owned(),
            name: "data".to_owned(),
            phase: "Pending".to_owned(),
            why: Some("storageclass.storage.k8s.io \"gp3\" not found".to_owned()),
            ..Claim::default()
        };
        let row = row(&claim);
        assert_eq!(row.detail, "-: storageclass.storage.k8s.io \"gp3\" not found");
        assert!(!row.healthy);
    }

    #[test]
    fn every_field_of_a_spec_is_in_the_table() {
        let spec = Spec {
            class: Some("efs-sc".to_owned()),
            access_modes: vec!["ReadWriteMany".to_owned()],
            size: Some("1Gi".to_owned()),
            capacity: Some("1Gi".to_owned()),
        };
        // A new field does not compile until it is here, and then it must be in the table.
        let Spec { class: _, access_modes: _, size: _, capacity: _ } = &spec;
        assert_eq!(PROPERTIES.len(), 4);
        for property in PROPERTIES {
            assert!(!property.rows(&spec).is_empty(), "{} reads nothing", property.name);
        }
    }
}
