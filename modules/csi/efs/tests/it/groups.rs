//! Mount targets with several security groups: of the inputs, of others, and of the plan itself.

use std::collections::BTreeMap;

use efs::resources::file_system::Planned;
use efs::resources::mount_target::{self, Call, Consent, MOST_GROUPS, Wanted, WantedTargets};
use efs::{Actual, Desired, FileSystemId, Plan};
use network::{SecurityGroup, SecurityGroupId};
use plan::{Action, ChangeId, Known, Styled};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::{apply, deployed, desired, group, planned, scope, subnet, three, vpc};

/// The plan of the targets of a deployment that should have these groups.
fn plan(groups: &[Known<network::SecurityGroupId>], found: &Actual) -> Plan {
    let mut plan = Plan::default();
    let subnets: Vec<_> = found.network.subnets.iter().collect();
    let wanted = Wanted {
        subnets: &subnets,
        discovered_by: None,
        going: &[],
        security_groups: groups,
        consent: Consent::default(),
        targets: WantedTargets { family: None, each: &BTreeMap::new() },
    };
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
    let more = [named("security_groups", false), named("ip_address", false)];
    assert_eq!(replaced(&found), [&known[..], &more].concat());
    found.mount_targets[0].security_groups = None;
    assert_eq!(replaced(&found), [&known[..], &more[1..]].concat());
}

/// A group's id by number.
fn sg(number: u32) -> SecurityGroupId {
    group(&format!("sg-{number:08x}"))
}

/// The groups 1 to 9 of the VPC, and the targets of the inputs, on which somebody put groups.
fn world(more: &Value, others: &[(usize, u32)]) -> Actual {
    let mut actual = deployed(&json!({}), three());
    actual.network.security_groups = (1..10)
        .map(|number| SecurityGroup { id: sg(number), vpc_id: vpc(), tags: BTreeMap::new() })
        .collect();
    apply(&planned(&desired(more), &actual), &mut actual);
    for (target, number) in others {
        let groups = actual.mount_targets[*target].security_groups.as_mut().unwrap();
        groups.push(sg(*number));
        groups.sort();
        groups.dedup();
    }
    actual
}

fn removing(more: &Value) -> Desired {
    let consent = Consent { remove_security_groups: true, ..Consent::default() };
    Desired { consent, ..desired(more) }
}

/// The groups that each target has.
fn groups_of(actual: &Actual) -> Vec<Vec<SecurityGroupId>> {
    actual.mount_targets.iter().map(|it| it.security_groups.clone().unwrap()).collect()
}

#[test]
fn a_group_that_somebody_put_on_a_target_stays_and_the_plan_says_so() {
    let mut actual = world(&json!({}), &[(0, 7), (2, 7)]);
    let before = groups_of(&actual);
    let plan = planned(&desired(&json!({})), &actual);
    assert!(plan.is_empty(), "{}", Styled { plan: &plan, colour: false });
    let note = "sg-00000007 stays on the mount targets of fs-0000000a in eu-west-1a, eu-west-1c";
    assert!(plan.notes.iter().any(|it| it.starts_with(note)), "{:?}", plan.notes);
    // Nor does it go where the inputs change.
    let more = json!({ "security_group_ids": ["sg-00000002"] });
    let plan = planned(&desired(&more), &actual);
    insta::assert_snapshot!(Styled { plan: &plan, colour: false }.to_string());
    apply(&plan, &mut actual);
    for (before, after) in before.iter().zip(groups_of(&actual)) {
        assert!(before.iter().chain([&sg(2)]).all(|id| after.contains(id)), "{after:?}");
    }
}

#[test]
fn a_group_that_earlier_inputs_named_stays_until_its_removal_is_consented_to() {
    let actual = world(&json!({ "security_group_ids": ["sg-00000002", "sg-00000003"] }), &[]);
    let fewer = json!({ "security_group_ids": ["sg-00000002"] });
    let plan = planned(&desired(&fewer), &actual);
    assert!(plan.is_empty() && plan.notes.iter().any(|it| it.contains("sg-00000003")));
    let plan = planned(&removing(&fewer), &actual);
    insta::assert_snapshot!(Styled { plan: &plan, colour: false }.to_string());
    assert!(!plan.notes.iter().any(|it| it.contains("sg-00000003")), "{:?}", plan.notes);
    let mut after = actual;
    apply(&plan, &mut after);
    assert_eq!(groups_of(&after), [[sg(1), sg(2)], [sg(1), sg(2)], [sg(1), sg(2)]]);
}

#[test]
fn more_groups_than_a_target_takes_are_refused_with_both_ways_out() {
    let actual = world(&json!({}), &[(1, 7), (1, 8), (1, 9)]);
    let more = json!({ "security_group_ids": ["sg-00000002", "sg-00000003"] });
    let plan = planned(&desired(&more), &actual);
    let [refusal] = plan.refusals.as_slice() else { panic!("{:?}", plan.refusals) };
    assert_eq!(refusal.address, "module.efs_csi.mount_target[\"eu-west-1b\"]");
    for part in ["sg-00000007, sg-00000008, sg-00000009", "these are 6"] {
        assert!(refusal.reason.contains(part), "{}", refusal.reason);
    }
    assert!(refusal.remedy.contains("--remove-security-groups"), "{}", refusal.remedy);
    assert_eq!(planned(&removing(&more), &actual).refusals, []);
}

#[test]
fn a_target_that_is_made_anew_gets_the_groups_of_the_one_before() {
    let mut actual = world(&json!({}), &[(0, 7)]);
    actual.network.subnets[0] = subnet(4, 'a');
    let more = json!({ "subnet_ids": ["subnet-00000002", "subnet-00000003", "subnet-00000004"] });
    apply(&planned(&desired(&more), &actual), &mut actual);
    let made = actual.mount_targets.iter().find(|it| it.subnet_id == subnet(4, 'a').id).unwrap();
    assert_eq!(made.security_groups, Some(vec![sg(1), sg(7)]));
}

#[test]
fn the_groups_of_an_adopted_file_system_are_nobodys_business() {
    let mut actual = world(&json!({}), &[(0, 7)]);
    actual.documents.clear();
    actual.file_system.as_mut().unwrap().tags.clear();
    let plan = planned(&removing(&json!({ "file_system_id": "fs-0000000a" })), &actual);
    assert!(!plan.notes.iter().any(|it| it.contains("sg-00000007")), "{:?}", plan.notes);
    assert!(!plan.changes.iter().any(|it| it.address.kind == "mount_target"));
}

#[test]
fn a_rule_in_any_of_the_groups_admits_and_a_missing_one_is_added_to_the_first() {
    let rules = |more: Value, actual: &Actual| {
        let mut more = more;
        more["nfs_client_cidr"] = json!("10.0.0.0/16");
        let plan = planned(&desired(&more), actual);
        let of_rules = plan.changes.iter().filter(|it| it.address.kind == "security_group_rule");
        of_rules.map(|it| format!("{:?} {:?}", it.action, it.calls[0])).collect::<Vec<_>>()
    };
    let (a, b) = ("sg-00000002", "sg-00000003");
    let inputs = |one: &str, several: &[&str]| json!({ "security_group_id": one, "security_group_ids": several });
    let mut actual = world(&inputs(a, &[b]), &[]);
    let first = rules(inputs(a, &[b]), &actual);
    assert!(matches!(&first[..], [one] if one.contains("Create") && one.contains(a)), "{first:?}");
    let mut wanted = inputs(a, &[b]);
    wanted["nfs_client_cidr"] = json!("10.0.0.0/16");
    apply(&planned(&desired(&wanted), &actual), &mut actual);
    assert_eq!(rules(inputs(a, &[b]), &actual), [""; 0]);
    assert_eq!(rules(inputs(b, &[a]), &actual), [""; 0], "another order changes nothing");
}

proptest! {
    /// Whatever the inputs were and become, and whatever others put on a target: nothing goes.
    #[test]
    fn no_plan_takes_a_group_off_a_target_without_consent(
        before in proptest::collection::vec(1_u32..10, 0..4),
        after in proptest::collection::vec(1_u32..10, 0..4),
        others in proptest::collection::vec((0_usize..3, 1_u32..10), 0..4),
    ) {
        let inputs = |numbers: &[u32]| {
            let mut ids: Vec<String> = numbers.iter().map(|it| sg(*it).to_string()).collect();
            ids.sort();
            ids.dedup();
            json!({ "security_group_ids": ids })
        };
        let (before, after) = (inputs(&before), inputs(&after));
        let mut actual = world(&before, &others);
        let had = groups_of(&actual);
        let plan = planned(&desired(&after), &actual);
        if plan.refusals.is_empty() {
            apply(&plan, &mut actual);
            for (had, has) in had.iter().zip(groups_of(&actual)) {
                prop_assert!(had.iter().all(|id| has.contains(id)), "{had:?} -> {has:?}");
                prop_assert!(has.len() <= MOST_GROUPS);
            }
            prop_assert!(planned(&desired(&after), &actual).is_empty());
        } else {
            prop_assert!(plan.refusals.iter().all(|it| it.reason.contains("takes 5")));
        }
        // With the word for it, exactly those of the inputs are left.
        apply(&planned(&removing(&after), &actual), &mut actual);
        let wanted: Vec<SecurityGroupId> = desired(&after).security_groups.iter()
            .map(|it| it.now().unwrap().clone()).collect();
        for has in groups_of(&actual) {
            prop_assert!(has.len() == wanted.len() && wanted.iter().all(|id| has.contains(id)));
        }
    }
}
