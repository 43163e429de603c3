//! Mount targets with several security groups, some of which the plan itself makes.

use efs::resources::file_system::Planned;
use efs::resources::mount_target::{self, Call, Wanted};
use efs::{Actual, FileSystemId, Plan};
use plan::{Action, ChangeId, Known, Styled};
use serde_json::{Value, json};

use crate::world::{deployed, group, scope, subnet, three};

/// The plan of the targets of a deployment that should have these groups.
fn plan(groups: &[Known<network::SecurityGroupId>], found: &Actual) -> Plan {
    let mut plan = Plan::default();
    let subnets: Vec<_> = found.network.subnets.iter().collect();
    let wanted = Wanted { subnets: &subnets, security_groups: groups };
    let id = Known::Now(FileSystemId::try_from("fs-0000000a").unwrap());
    let file_system = Planned { id, needs: Vec::new(), own: true, one_zone: None };
    mount_target::plan(&mut plan, &scope(), &wanted, &file_system, &found.mount_targets);
    plan
}

fn groups() -> [Known<network::SecurityGroupId>; 2] {
    [Known::Now(group("sg-00000001")), Known::After(ChangeId::from("security_group"))]
}

#[test]
fn the_plan_shows_the_groups_that_are_known_and_the_calls_carry_all_of_them() {
    let mut empty = deployed(&json!({}), three());
    let full = empty.clone();
    empty.mount_targets.clear();
    for (found, before) in [(&empty, Value::Null), (&full, json!("sg-00000001"))] {
        let plan = plan(&groups(), found);
        assert_eq!(plan.changes.len(), 3);
        let text = Styled { plan: &plan, colour: false }.to_string();
        assert!(text.contains("\"sg-00000001\", (known after apply)"), "{text}");
        let json = serde_json::to_value(&plan).unwrap();
        let differences = json["steps"][0]["differences"].as_array().unwrap();
        let shown =
            differences.iter().find(|difference| difference["attribute"] == "security_groups");
        let after = json!({ "elements": [{ "value": "sg-00000001" }, "known_after_apply"] });
        assert_eq!(shown.unwrap()["after"], after);
        assert_eq!(shown.unwrap()["before"], before);
        for call in plan.changes.iter().flat_map(|change| &change.calls) {
            let efs::Call::MountTarget(
                Call::Create { security_groups, .. }
                | Call::SetSecurityGroups { security_groups, .. },
            ) = call
            else {
                panic!("{call:?}");
            };
            assert_eq!(*security_groups, groups());
        }
    }
}

#[test]
fn groups_that_are_all_known_are_shown_as_one_value() {
    let mut found = deployed(&json!({}), three());
    let both = [group("sg-00000001"), group("sg-00000002")];
    let wanted = both.clone().map(Known::Now);
    let plan = plan(&wanted, &found);
    let text = Styled { plan: &plan, colour: false }.to_string();
    let shown = "~ security_groups = \"sg-00000001\" -> \"sg-00000001, sg-00000002\"";
    assert!(text.contains(shown), "{text}");
    for target in &mut found.mount_targets {
        target.security_groups = Some(both.to_vec());
    }
    assert!(self::plan(&wanted, &found).is_empty());
}

#[test]
fn a_replaced_target_shows_the_groups_that_change_with_it_where_it_was_read() {
    let mut found = deployed(&json!({}), three());
    found.network.subnets[0] = subnet(4, 'a');
    let wanted = [group("sg-00000001"), group("sg-00000002")].map(Known::Now);
    let replaced = |found: &Actual| {
        let plan = plan(&wanted, found);
        let change = plan.changes.iter().find(|change| change.action == Action::Replace);
        let shown = change.unwrap().differences.iter();
        let shown = shown.map(|one| (one.attribute.as_str().to_owned(), one.forces_replacement));
        shown.collect::<Vec<_>>()
    };
    let named = |name: &str, forces| (name.to_owned(), forces);
    let known = [named("mount_target_id", false), named("subnet_id", true)];
    assert_eq!(replaced(&found), [&known[..], &[named("security_groups", false)]].concat());
    found.mount_targets[0].security_groups = None;
    assert_eq!(replaced(&found), known);
}
