//! Groups and rules that change: no node that may mount before and after is kept out in between.

use std::collections::BTreeMap;

use efs::resources::mount_target::{Consent, MountTarget};
use efs::{Actual, Call, Desired, Plan};
use network::{RuleSource, SecurityGroup};
use plan::{ChangeId, Styled};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::turns::{all_subnets, some_order};
use crate::world::{account, apply, carry_out, desired, group, planned, vpc};

/// A group's id by number.
fn sg(number: u32) -> String {
    format!("sg-{number:08x}")
}

/// Inputs with these groups, and with nodes that are admitted.
fn inputs(groups: &[u32], cidr: &str, more: &Value) -> Value {
    let groups: Vec<String> = groups.iter().copied().map(sg).collect();
    let mut all = json!({
        "security_group_id": groups[0],
        "security_group_ids": groups[1..],
        "nfs_client_cidr": cidr,
    });
    for (name, value) in more.as_object().unwrap() {
        all[name] = value.clone();
    }
    all
}

/// A VPC with the groups 1 to 9, and a deployment of these inputs.
fn deployed(inputs: &Value) -> Actual {
    let mut actual = account(all_subnets());
    actual.network.security_groups = (1..10)
        .map(|number| SecurityGroup {
            id: group(&sg(number)),
            vpc_id: vpc(),
            tags: BTreeMap::new(),
        })
        .collect();
    apply(&planned(&desired(inputs), &actual), &mut actual);
    actual
}

fn text(plan: &Plan) -> String {
    Styled { plan, colour: false }.to_string()
}

/// Whether nodes of a source can mount through a target.
fn admits(actual: &Actual, target: &MountTarget, source: &RuleSource) -> bool {
    let groups = target.security_groups.as_deref().unwrap();
    let rules = actual.network.ingress_rules.iter();
    let mut nfs = rules.filter(|rule| (rule.from_port..=rule.to_port).contains(&2049));
    nfs.any(|rule| {
        groups.contains(&rule.group_id) && rule.source.as_ref().is_some_and(|it| it.covers(source))
    })
}

/// The zones and sources of which nodes can mount, of those that are wanted.
fn mounting(actual: &Actual, wanted: &Desired) -> Vec<(String, RuleSource)> {
    let sources = wanted.nfs_sources(&actual.network);
    let of_target = |target: &MountTarget| {
        let now = sources.iter().filter_map(|source| match source {
            efs::resources::ingress::Source::Group(id) => id.now().cloned().map(RuleSource::Group),
            efs::resources::ingress::Source::Cidr(range) => Some(RuleSource::Cidr(*range)),
            efs::resources::ingress::Source::PrefixList(id) => {
                Some(RuleSource::PrefixList(id.clone()))
            }
        });
        let admitted = now.filter(|source| admits(actual, target, source));
        admitted.map(|source| (target.availability_zone.clone(), source)).collect::<Vec<_>>()
    };
    actual.mount_targets.iter().flat_map(of_target).collect()
}

/// That a call keeps nobody out who could mount before, of the targets that are left after it.
fn keeps_open(actual: &Actual, call: &Call, before: &[(String, RuleSource)]) -> Result<(), String> {
    let mut after = actual.clone();
    carry_out(call, &mut after);
    for (zone, source) in before {
        let mut here = after.mount_targets.iter().filter(|it| it.availability_zone == *zone);
        if let Some(target) = here.find(|target| !admits(&after, target, source)) {
            return Err(format!("{source} is kept out of {} in {zone} by {call:?}", target.id));
        }
    }
    Ok(())
}

fn needs<'a>(plan: &'a Plan, id: &str) -> Vec<&'a str> {
    let change = plan.changes.iter().find(|change| change.id.as_str() == id);
    let change = change.unwrap_or_else(|| panic!("no {id} in:\n{}", text(plan)));
    change.needs.iter().map(ChangeId::as_str).collect()
}

#[test]
fn a_rule_in_a_group_that_the_inputs_left_goes_when_the_targets_have_the_new_group() {
    let actual = deployed(&inputs(&[2], "10.0.0.0/16", &json!({})));
    // A zone is moved with it.
    let moved = json!({ "subnet_ids": ["subnet-0000000b", "subnet-00000002", "subnet-00000003"] });
    let wanted = desired(&inputs(&[3], "10.0.0.0/16", &moved));
    let plan = planned(&wanted, &actual);
    let new_rule = "security_group_rule.10.0.0.0/16";
    let targets = [
        "mount_target.eu-west-1b.security_groups",
        "mount_target.eu-west-1c.security_groups",
        "mount_target.eu-west-1a",
    ];
    for target in targets {
        assert_eq!(needs(&plan, target), [new_rule]);
    }
    let revoked = needs(&plan, "security_group_rule.sgr-10.0.0.0/16.delete");
    assert_eq!(revoked, [&[new_rule], &targets[..]].concat());
    insta::assert_snapshot!(text(&plan));
}

#[test]
fn a_range_that_gets_narrower_is_admitted_before_the_wider_rule_goes() {
    let mut actual = deployed(&inputs(&[2], "10.0.0.0/8", &json!({})));
    let wanted = desired(&inputs(&[2], "10.0.0.0/16", &json!({})));
    let plan = planned(&wanted, &actual);
    let revoked = needs(&plan, "security_group_rule.sgr-10.0.0.0/8.delete");
    assert_eq!(revoked, ["security_group_rule.10.0.0.0/16"]);
    apply(&plan, &mut actual);
    assert!(planned(&wanted, &actual).is_empty());
    assert_eq!(mounting(&actual, &wanted).len(), 3);
}

#[test]
fn a_rule_by_which_a_target_is_reached_that_keeps_its_groups_stays_and_the_plan_says_so() {
    let adopted = json!({ "file_system_id": "fs-0000000a" });
    let mut actual = deployed(&inputs(&[2], "10.0.0.0/16", &json!({})));
    actual.documents.clear();
    actual.file_system.as_mut().unwrap().tags.clear();
    // Nothing of an adopted file system is changed, so its targets stay in the old group.
    let wanted = desired(&inputs(&[3], "10.0.0.0/16", &adopted));
    let plan = planned(&wanted, &actual);
    let stays = "the ingress rule sgr-10.0.0.0/16 of sg-00000002 stays: fsmt-00000001, which has \
                 none of the security groups of the inputs, is reached through it";
    assert!(plan.notes.iter().any(|note| note == stays), "{:?}", plan.notes);
    apply(&plan, &mut actual);
    assert_eq!(mounting(&actual, &wanted).len(), 3);
    assert!(planned(&wanted, &actual).changes.is_empty());
    // Groups that could not be read may be any.
    for target in &mut actual.mount_targets {
        target.security_groups = None;
    }
    let notes = planned(&wanted, &actual).notes;
    assert!(notes.iter().any(|note| note.contains("could not be read")), "{notes:?}");
    // Nodes that are not wanted any more are kept out all the same.
    let others = desired(&inputs(&[3], "10.9.0.0/16", &adopted));
    let plan = planned(&others, &actual);
    assert!(!needs(&plan, "security_group_rule.sgr-10.0.0.0/16.delete").is_empty());
}

/// Groups, who is admitted, and where the targets are: of a deployment.
fn some_inputs() -> impl Strategy<Value = Value> {
    let groups = proptest::sample::subsequence(vec![2_u32, 3, 4], 1..4);
    let cidr = proptest::sample::select(vec!["10.0.0.0/8", "10.0.0.0/16", "10.0.0.0/20"]);
    let nodes = proptest::option::of(8_u32..10);
    let seconds = proptest::collection::vec(any::<bool>(), 3);
    (groups, cidr, nodes, seconds).prop_map(|(groups, cidr, nodes, seconds)| {
        let subnet = |(number, second): (u32, bool)| number + if second { 10 } else { 0 };
        let subnets: Vec<String> =
            (1..).zip(seconds).map(subnet).map(|n| format!("subnet-{n:08x}")).collect();
        let mut more = json!({ "subnet_ids": subnets });
        if let Some(nodes) = nodes {
            more["nfs_client_security_group_id"] = json!(sg(nodes));
        }
        inputs(&groups, cidr, &more)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Whatever the inputs were and become, in any order of execution that is killed anywhere and
    /// begun again: nodes that may mount, and still should, are kept out of no target that is there.
    #[test]
    fn nobody_is_kept_out_while_groups_and_rules_change(
        before in some_inputs(),
        after in some_inputs(),
        takes_off in any::<bool>(),
        first in proptest::collection::vec(any::<u8>(), 0..24),
        second in proptest::collection::vec(any::<u8>(), 0..24),
    ) {
        let mut actual = deployed(&before);
        let consent = Consent { remove_security_groups: takes_off, ..Consent::default() };
        let wanted = Desired { consent, ..desired(&after) };
        for order in [first, second, vec![0; 200]] {
            let plan = planned(&wanted, &actual);
            prop_assert_eq!(&plan.refusals, &[]);
            let open = mounting(&actual, &wanted);
            let judge = |actual: &Actual, call: &Call| keeps_open(actual, call, &open);
            let ran = some_order(&plan, &mut actual, &order, &judge);
            prop_assert!(ran.is_ok(), "{}\n{}", ran.unwrap_err(), text(&plan));
        }
        prop_assert!(planned(&wanted, &actual).is_empty());
        let sources = wanted.nfs_sources(&actual.network).len();
        prop_assert_eq!(mounting(&actual, &wanted).len(), 3 * sources);
    }
}

/// The property is judged by what it says: a plan without needs breaks it.
#[test]
fn the_judge_sees_a_rule_that_goes_too_early() {
    let mut actual = deployed(&inputs(&[2], "10.0.0.0/16", &json!({})));
    let wanted = desired(&inputs(&[3], "10.0.0.0/16", &json!({})));
    let mut plan = planned(&wanted, &actual);
    for change in &mut plan.changes {
        change.needs.clear();
    }
    let open = mounting(&actual, &wanted);
    assert_eq!(open.len(), 3);
    let judge = |actual: &Actual, call: &Call| keeps_open(actual, call, &open);
    let last = u8::try_from(plan.changes.len() - 1).unwrap();
    let why = some_order(&plan, &mut actual, &[last], &judge).unwrap_err();
    assert!(why.contains("is kept out"), "{why}");
}
