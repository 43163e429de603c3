//! Ingress rules whose group, or whose source, is a group that the same plan creates; and
//! their rows in a status.

use efs::resources::ingress::{self, Call, Source, Wanted};
use efs::{Plan, rows};
use network::SecurityGroupId;
use plan::{Action, ChangeId, Known, Styled};
use serde_json::json;

use crate::world::{deployed, desired, group, inputs, scope, three};

/// A group that a change of the same plan creates.
fn created(change: &str) -> Known<SecurityGroupId> {
    Known::After(ChangeId::from(change))
}

/// The plan of rules of this group for these sources, beside those of a deployment.
fn planned(group: &Known<SecurityGroupId>, sources: &[Source]) -> Plan {
    let desired = desired(&json!({}));
    let (owner, tags) = (desired.inputs.owner(), desired.inputs.all_tags());
    let found = deployed(&json!({ "nfs_client_cidr": "10.0.0.0/16" }), three());
    let mut plan = Plan::default();
    let wanted = Wanted {
        owner: &owner,
        groups: std::slice::from_ref(group),
        own: &[],
        sources,
        tags: &tags,
    };
    ingress::plan(&mut plan, &scope(), &wanted, &found.network.ingress_rules);
    plan
}

#[test]
fn a_rule_of_a_group_that_the_plan_creates_comes_after_it_and_shows_what_is_known() {
    let own = created("security_group");
    let sources =
        [Source::Group(created("clients")), Source::Group(Known::Now(group("sg-00000009")))];
    let plan = planned(&own, &sources);
    let made: Vec<_> =
        plan.changes.iter().filter(|change| change.action == Action::Create).collect();
    let addresses: Vec<String> = made.iter().map(|change| change.address.to_string()).collect();
    assert_eq!(
        addresses,
        [
            "module.efs_csi.security_group_rule[\"clients\"]",
            "module.efs_csi.security_group_rule[\"sg-00000009\"]",
        ]
    );
    assert_eq!(made[0].needs, ["clients", "security_group"].map(ChangeId::from));
    assert_eq!(made[1].needs, [ChangeId::from("security_group")]);
    for (change, wanted) in made.iter().zip(&sources) {
        let [efs::Call::Ingress(Call::Authorize { group, source, .. })] = &change.calls[..] else {
            panic!("{:?}", change.calls);
        };
        assert_eq!((group, source), (&own, wanted));
    }
    let text = Styled { plan: &plan, colour: false }.to_string();
    assert!(text.contains("+ source                 = (known after apply)"), "{text}");
    assert!(text.contains("+ group_id               = (known after apply)"), "{text}");
}

#[test]
fn a_rule_of_ours_in_a_group_that_was_left_for_a_new_one_goes() {
    let plan = planned(&created("security_group"), &[Source::Cidr("10.0.0.0/16".parse().unwrap())]);
    let taken: Vec<Action> = plan.changes.iter().map(|change| change.action).collect();
    assert_eq!(taken, [Action::Create, Action::Delete]);
}

#[test]
fn a_status_has_a_row_for_each_rule_of_ours_and_none_for_those_of_others() {
    let more = json!({ "nfs_client_cidr": "10.0.0.0/16" });
    let found = deployed(&more, three());
    let rows = rows(&inputs(&more), &found);
    let rules: Vec<_> = rows.iter().filter(|row| row.resource == "ingress rule").collect();
    assert_eq!(found.network.ingress_rules.len(), 2, "one is not ours");
    assert_eq!(rules.len(), 1);
    assert_eq!(rules[0].name, "10.0.0.0/16");
    assert_eq!(rules[0].detail, "sgr-10.0.0.0/16 sg-00000001 tcp 2049");
}

/// Clients by every kind of list.
fn lists() -> serde_json::Value {
    json!({
        "nfs_client_cidr": "10.0.0.0/16",
        "nfs_client_cidrs": ["10.1.0.0/16", "fd00::/64", "10.0.0.0/16"],
        "nfs_client_security_groups": ["sg-00000008", "sg-00000009"],
        "nfs_client_prefix_lists": ["pl-0000000a"],
    })
}

#[test]
fn each_client_of_a_list_has_a_rule_which_comes_back_and_goes_by_consent() {
    let mut found = deployed(&lists(), three());
    assert!(crate::world::planned(&desired(&lists()), &found).is_settled());
    let ours = |found: &efs::Actual| {
        let owner = desired(&json!({})).inputs.owner();
        let rules = found.network.ingress_rules.iter().filter(|rule| owner.owns(&rule.tags));
        let mut all: Vec<String> =
            rules.map(|rule| rule.source.as_ref().unwrap().to_string()).collect();
        all.sort();
        all
    };
    let all =
        ["10.0.0.0/16", "10.1.0.0/16", "fd00::/64", "pl-0000000a", "sg-00000008", "sg-00000009"];
    assert_eq!(ours(&found), all, "a range that is given twice has one rule");

    // Somebody revokes the rule of the prefix list: nothing else admits what is on it.
    found.network.ingress_rules.retain(|rule| {
        rule.source.as_ref().is_none_or(|source| source.to_string() != "pl-0000000a")
    });
    let plan = crate::world::planned(&desired(&lists()), &found);
    let [change] = plan.changes.as_slice() else { panic!("{:#?}", plan.changes) };
    assert_eq!(change.address.to_string(), "module.efs_csi.security_group_rule[\"pl-0000000a\"]");
    crate::world::apply(&plan, &mut found);
    assert_eq!(ours(&found), all);

    let plan =
        crate::world::planned(&desired(&json!({ "nfs_client_cidrs": ["fd00::/64"] })), &found);
    assert_eq!(plan.changes.len(), 5);
    assert!(plan.changes.iter().all(|change| change.action == Action::Delete));
}

#[test]
fn more_rules_than_a_group_takes_are_told_before_ec2_refuses_them() {
    let ranges = |family: &str, count: usize| -> Vec<String> {
        let of = |n: usize| {
            if family == "4" { format!("10.{n}.0.0/16") } else { format!("fd00:{n}::/64") }
        };
        (0..count).map(of).collect()
    };
    let told = |ranges: Vec<String>, lists: &[&str]| {
        let more = json!({ "nfs_client_cidrs": ranges, "nfs_client_prefix_lists": lists });
        let plan = crate::world::planned(&desired(&more), &crate::world::account(three()));
        let warnings = plan.warnings.into_iter().map(|it| it.text);
        warnings.filter(|it| it.contains("EC2 takes 60")).collect::<Vec<_>>()
    };
    // The group has a rule of its own, which counts for both families.
    assert_eq!(told(ranges("4", 59), &[]), [""; 0]);
    assert_eq!(told([ranges("4", 59), ranges("6", 59)].concat(), &[]), [""; 0]);
    let [over] = &told([ranges("4", 60), ranges("6", 5)].concat(), &[])[..] else { panic!() };
    assert!(over.contains("sg-00000001 will have 61 ingress rules"), "{over}");
    let [listed] = &told(ranges("6", 59), &["pl-0000000a"])[..] else { panic!() };
    assert!(listed.contains("1 of them count as as many"), "{listed}");
}
