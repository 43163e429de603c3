//! The security group that a deployment makes for its mount targets.

use network::{SecurityGroupId, Tags, VpcId};
use plan::{
    Action, Change, ChangeId, Difference, Known, Mutability, Plan, Property, Row, Scope, Unset,
    Value, compare, equal, map, set,
};

use crate::owner::Owner;

/// The kind of resource, as it stands in addresses.
pub const KIND: &str = "security_group";

/// What people read of the group in the console. EC2 never changes it: with the tags, which anybody
/// may copy, it says that a deployment made the group, whatever its name.
pub const DESCRIPTION: &str = "NFS for EFS mount targets, by Clockwork Codex";

/// The properties of a group, wanted or found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// Unique within a VPC (`CreateSecurityGroup`, EC2 API Reference).
    pub name: String,
    pub description: String,
    pub vpc_id: VpcId,
    pub tags: Tags,
}

/// The properties, in the order in which plans show them. A group is known by its name, its VPC
/// and our tags, so that only the other tags change in place.
pub const PROPERTIES: &[Property<Spec>] = &[
    property("name", |spec| set(&spec.name), equal),
    property("description", |spec| set(&spec.description), |_, _| true),
    property("vpc_id", |spec| set(&spec.vpc_id), equal),
    Property {
        name: "tags",
        value: Value::Each { entries: |spec| map(&spec.tags), row: |key| format!("tags[{key:?}]") },
        same: equal,
        unset: Unset::Leave,
        change: Mutability::InPlace(()),
    },
];

const fn property(
    name: &'static str,
    value: fn(&Spec) -> Option<Known<String>>,
    same: fn(&str, &str) -> bool,
) -> Property<Spec> {
    let (value, unset, change) = (Value::One(value), Unset::Leave, Mutability::Replaces);
    Property { name, value, same, unset, change }
}

/// A group of a deployment that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub id: SecurityGroupId,
    pub spec: Spec,
}

/// A call of EC2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Creates it; where there is one of that name in the VPC, it must carry these marks.
    Create {
        spec: Spec,
        marks: Tags,
    },
    Tag {
        id: SecurityGroupId,
        tags: Tags,
    },
    /// Deletes it, once no network interface has it any more.
    Delete {
        id: SecurityGroupId,
    },
}

/// The name of a deployment's group where the inputs give none.
pub fn name(owner: &Owner) -> String {
    owner.creation_token()
}

/// The group as a deployment wants it.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub owner: &'a Owner,
    /// Its name. EC2 never changes it: one of another name is made in its place.
    pub name: &'a str,
    /// The VPC of the mount targets.
    pub vpc: &'a VpcId,
    /// The tags of everything that is created.
    pub tags: &'a Tags,
}

impl Wanted<'_> {
    /// Whether a group of the deployment is this one.
    pub(crate) fn is_met_by(&self, found: &Found) -> bool {
        found.spec.vpc_id == *self.vpc && found.spec.name == self.name
    }
}

/// The id of the change that creates the group.
pub fn id(scope: &Scope) -> ChangeId {
    scope.id(KIND)
}

/// Plans the group; the answer is its id.
pub fn plan<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    wanted: &Wanted,
    found: &[Found],
) -> Known<SecurityGroupId> {
    let Wanted { owner, name, vpc, tags } = wanted;
    let spec = Spec {
        name: (*name).to_owned(),
        description: DESCRIPTION.to_owned(),
        vpc_id: (*vpc).clone(),
        tags: (*tags).clone(),
    };
    let there = found.iter().find(|found| wanted.is_met_by(found));
    let differences = compare(PROPERTIES, &spec, there.map(|found| &found.spec)).differences;
    let (id, address) = (id(scope), scope.address(KIND, None));
    let Some(there) = there else {
        let change = Change::new(Action::Create, id.clone(), address)
            .because("the mount targets have no group of their own")
            .showing([Difference::later("security_group_id")])
            .showing(differences)
            .calling(Call::Create { spec, marks: owner.marks() });
        plan.changes.push(change);
        return Known::After(id);
    };
    if !differences.is_empty() {
        let missing = spec.tags.into_iter();
        let missing = missing.filter(|(key, value)| there.spec.tags.get(key) != Some(value));
        let change = Change::new(Action::Update, id, address)
            .because(format!("the tags of {} differ", there.id))
            .showing(differences)
            .calling(Call::Tag { id: there.id.clone(), tags: missing.collect() });
        plan.changes.push(change);
    }
    Known::Now(there.id.clone())
}

/// Plans the removal of groups, after `needs`.
pub fn remove<'a, C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    found: impl IntoIterator<Item = &'a Found>,
    why: &str,
    needs: &[ChangeId],
) -> Vec<ChangeId> {
    let mut ids = Vec::new();
    for found in found {
        let id = scope.id(format_args!("{KIND}.{}.delete", found.id));
        let change = Change::new(Action::Delete, id.clone(), scope.address(KIND, None))
            .because(why)
            .needing(needs.to_vec())
            .showing([Difference::gone("security_group_id", &found.id)])
            .showing(plan::gone(&PROPERTIES[..3], &found.spec))
            .calling(Call::Delete { id: found.id.clone() });
        plan.changes.push(change);
        ids.push(id);
    }
    ids
}

/// The rows of groups in a status.
pub fn rows(found: &[Found]) -> Vec<Row> {
    let row = |found: &Found| Row {
        resource: "security group",
        name: found.id.to_string(),
        state: "present".to_owned(),
        detail: inputs::plain(&format!("{} {}", found.spec.vpc_id, found.spec.name)),
        healthy: true,
    };
    found.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_a_spec_is_in_the_table() {
        let spec = Spec {
            name: "clockwork-1".to_owned(),
            description: DESCRIPTION.to_owned(),
            vpc_id: VpcId::try_from("vpc-00000001").unwrap(),
            tags: Tags::from([("team".to_owned(), "graphs".to_owned())]),
        };
        // A new field does not compile until it is here, and then it must be in the table.
        let Spec { name: _, description: _, vpc_id: _, tags: _ } = &spec;
        assert_eq!(PROPERTIES.len(), 4);
        for property in PROPERTIES {
            assert!(!property.rows(&spec).is_empty(), "{} reads nothing", property.name);
        }
    }

    #[test]
    fn the_name_of_a_group_is_one_that_ec2_takes() {
        let owner = |cluster: &str| Owner {
            region: "eu-west-1".to_owned(),
            cluster: cluster.to_owned(),
            storage_class: "efs-sc".to_owned(),
        };
        let name = name(&owner("dev"));
        assert!(!name.starts_with("sg-") && name.len() <= 255, "{name}");
        assert_ne!(name, super::name(&owner("prod")));
    }
}
