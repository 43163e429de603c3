//! The security group that a deployment makes for its mount targets, from its first plan to its
//! removal.

use efs::{Actual, destroy, rows};
use network::{IngressRule, RuleSource};
use plan::{Action, ChangeId};
use serde_json::{Value, json};

use crate::world::{account, apply, deployed, desired, group, inputs, planned, scope, three};

/// The group in place of those that are there, which admits the group of the nodes.
fn own() -> Value {
    json!({
        "security_group_id": null,
        "security_group": "own",
        "nfs_client_security_group_id": "sg-00000009",
    })
}

fn deployed_with_own() -> Actual {
    deployed(&own(), three())
}

/// The changes of a plan, by action and address.
fn steps(plan: &efs::Plan) -> Vec<String> {
    let step = |change: &plan::Change<efs::Call>| format!("{:?} {}", change.action, change.address);
    plan.changes.iter().map(step).collect()
}

#[test]
fn the_targets_get_a_group_that_is_made_before_them_and_admits_exactly_the_clients() {
    let plan = planned(&desired(&own()), &account(three()));
    let made = plan.changes.iter().find(|change| change.address.kind == "security_group").unwrap();
    assert_eq!(made.id, ChangeId::from("security_group"));
    let after_it = plan.changes.iter().filter(|change| change.needs.contains(&made.id));
    let kinds: Vec<&str> = after_it.map(|change| change.address.kind).collect();
    assert_eq!(kinds, ["mount_target", "mount_target", "mount_target", "security_group_rule"]);

    let found = deployed_with_own();
    assert_eq!(found.own_groups.len(), 1);
    let id = &found.own_groups[0].id;
    for target in &found.mount_targets {
        assert_eq!(target.security_groups.as_ref().unwrap(), std::slice::from_ref(id));
    }
    let rules = found.network.ingress_rules.iter().filter(|rule| rule.group_id == *id);
    let sources: Vec<_> = rules.map(|rule| rule.source.clone()).collect();
    assert_eq!(sources, [Some(RuleSource::Group(group("sg-00000009")))]);
    assert!(planned(&desired(&own()), &found).is_empty(), "a second run finds nothing");
    let row =
        rows(&inputs(&own()), &found).into_iter().find(|row| row.resource == "security group");
    assert_eq!(row.unwrap().name, id.to_string());
}

#[test]
fn what_somebody_changed_of_it_is_put_right_and_rules_that_nobody_asked_for_go() {
    let mut found = deployed_with_own();
    let id = found.own_groups[0].id.clone();
    found.own_groups[0].spec.tags.remove("Name");
    found.mount_targets[0].security_groups = Some(vec![group("sg-00000001")]);
    found.network.ingress_rules.push(IngressRule {
        id: "sgr-0000000f".to_owned(),
        group_id: id,
        protocol: "-1".to_owned(),
        from_port: -1,
        to_port: -1,
        source: Some(RuleSource::Cidr("0.0.0.0/0".parse().unwrap())),
        tags: network::Tags::new(),
    });
    let plan = planned(&desired(&own()), &found);
    assert_eq!(
        steps(&plan),
        [
            "Update module.efs_csi.security_group",
            "Update module.efs_csi.mount_target[\"eu-west-1a\"]",
            "Delete module.efs_csi.security_group_rule[\"0.0.0.0/0\"]",
        ]
    );
    apply(&plan, &mut found);
    assert!(planned(&desired(&own()), &found).is_empty());
}

#[test]
fn a_group_that_no_input_asks_for_any_more_goes_after_it_was_taken_off_the_targets() {
    let mut found = deployed_with_own();
    let other = desired(&json!({ "nfs_client_security_group_id": "sg-00000009" }));
    let plan = planned(&other, &found);
    let last = plan.changes.iter().find(|change| change.action == Action::Delete).unwrap();
    assert_eq!(last.address.kind, "security_group", "its rules go with it");
    assert_eq!(last.needs.len(), 3, "each target is done before: {:?}", last.needs);
    apply(&plan, &mut found);
    assert_eq!(found.own_groups, []);
    assert!(planned(&other, &found).is_empty());
}

#[test]
fn a_destroy_deletes_it_after_the_targets_and_before_the_file_system_wherever_it_was_killed() {
    let mut found = deployed_with_own();
    let plan = destroy(&scope(), &inputs(&own()), &found);
    let of = |kind: &str| plan.changes.iter().find(|change| change.address.kind == kind).unwrap();
    let (made, last) = (of("security_group"), of("file_system"));
    let targets = plan.changes.iter().filter(|change| change.address.kind == "mount_target");
    assert!(targets.clone().all(|target| made.needs.contains(&target.id)), "{:?}", made.needs);
    assert!(last.needs.contains(&made.id), "{:?}", last.needs);
    let mut whole = found.clone();
    apply(&plan, &mut whole);
    assert_eq!((whole.own_groups.len(), whole.file_system), (0, None));

    // Killed after the file system went, as by an earlier version, or by hand.
    (found.file_system, found.mount_targets) = (None, Vec::new());
    found.documents.clear();
    let plan = destroy(&scope(), &inputs(&own()), &found);
    assert_eq!(steps(&plan), ["Delete module.efs_csi.security_group"]);
}

#[test]
fn another_vpc_gets_another_group_and_the_one_before_goes() {
    let mut found = deployed_with_own();
    found.own_groups[0].spec.vpc_id = network::VpcId::try_from("vpc-00000009").unwrap();
    found.mount_targets.clear();
    let plan = planned(&desired(&own()), &found);
    let of_groups: Vec<Action> = plan
        .changes
        .iter()
        .filter(|change| change.address.kind == "security_group")
        .map(|change| change.action)
        .collect();
    assert_eq!(of_groups, [Action::Create, Action::Delete]);
}

#[test]
fn the_group_of_a_file_system_that_stays_stays_with_its_targets() {
    let mut all = own();
    all["deletion_policy"] = json!("retain");
    let found = deployed(&all, three());
    let plan = destroy(&scope(), &inputs(&all), &found);
    assert!(plan.changes.iter().all(|change| change.address.kind != "security_group"));
    let id = found.own_groups[0].id.to_string();
    assert!(plan.notes.iter().any(|note| note.starts_with(&id)), "{:?}", plan.notes);
}

#[test]
fn another_name_is_another_group_that_takes_the_place_of_the_one_before() {
    let mut found = deployed_with_own();
    let mut named = own();
    named["security_group_name"] = json!("graphs-efs");
    let plan = planned(&desired(&named), &found);
    let targets = plan.changes.iter().filter(|change| change.address.kind == "mount_target");
    assert!(targets.clone().all(|change| change.action == Action::Update), "no mount breaks");
    let (new, old) =
        ("Create module.efs_csi.security_group", "Delete module.efs_csi.security_group");
    let steps = steps(&plan);
    assert!(steps.iter().any(|it| it == new) && steps.iter().any(|it| it == old), "{steps:?}");
    apply(&plan, &mut found);
    let left: Vec<&str> = found.own_groups.iter().map(|it| it.spec.name.as_str()).collect();
    assert_eq!(left, ["graphs-efs"]);
    assert!(planned(&desired(&named), &found).is_empty());

    for (name, said) in [("sg-mine", "no name of a security group"), ("default", "no name of")] {
        named["security_group_name"] = json!(name);
        let told = crate::inputs::mistakes(&named);
        assert!(told[0].1.contains(said), "{told:?}");
    }
    let alone = json!({ "security_group_name": "graphs-efs" });
    assert!(crate::inputs::mistakes(&alone)[0].1.contains("it makes none"));
}
