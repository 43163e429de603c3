//! What a plan says of the properties of a file system.

use efs::resources::file_system::{self, Group};
use efs::{Call, Plan};
use plan::Styled;
use serde_json::{Value, json};

use crate::world::{account, deployed, desired, planned, three};

fn text(plan: &Plan) -> String {
    Styled { plan, colour: false }.to_string()
}

/// The plan after the inputs changed from `before` to `after`.
fn changed(before: &Value, after: &Value) -> Plan {
    planned(&desired(after), &deployed(before, three()))
}

#[test]
fn a_lifecycle_policy_is_set_after_creation_and_changed_in_place() {
    let policy = json!({ "lifecycle_policy": { "transition_to_ia": "AFTER_30_DAYS" } });
    let made = planned(&desired(&policy), &account(three()));
    assert!(text(&made).contains("lifecycle_policy[\"transition_to_ia\"]"), "{}", text(&made));
    let create = made.changes.iter().find(|change| change.address.kind == file_system::KIND);
    let calls = &create.unwrap().calls;
    assert!(
        matches!(
            calls.as_slice(),
            [
                Call::FileSystem(file_system::Call::Create { .. }),
                Call::FileSystem(file_system::Call::Put { group: Group::Lifecycle, .. })
            ]
        ),
        "{calls:#?}"
    );
    let archives = json!({ "lifecycle_policy": {
        "transition_to_archive": "AFTER_90_DAYS",
        "transition_to_primary_storage_class": "AFTER_1_ACCESS",
    } });
    insta::assert_snapshot!(text(&changed(&policy, &archives)));
}

#[test]
fn a_lifecycle_policy_that_is_left_out_is_left_alone_and_an_empty_one_turns_all_off() {
    let policy = json!({ "lifecycle_policy": { "transition_to_ia": "AFTER_30_DAYS" } });
    assert!(changed(&policy, &json!({})).is_empty());
    let off = text(&changed(&policy, &json!({ "lifecycle_policy": {} })));
    assert!(off.contains(r#""AFTER_30_DAYS" -> "off""#), "{off}");
}

#[test]
fn elastic_throughput_begins_before_archiving_and_ends_after_it() {
    let bursting = json!({ "throughput_mode": "bursting", "lifecycle_policy": {} });
    let archives = json!({ "lifecycle_policy": { "transition_to_archive": "AFTER_90_DAYS" } });
    let groups = |before: &Value, after: &Value| {
        let plan = changed(before, after);
        let calls = plan.changes.iter().flat_map(|change| &change.calls);
        let group = |call: &Call| match call {
            Call::FileSystem(file_system::Call::Put { group, .. }) => Some(*group),
            _ => None,
        };
        calls.filter_map(group).collect::<Vec<_>>()
    };
    assert_eq!(groups(&bursting, &archives), [Group::Throughput, Group::Lifecycle]);
    assert_eq!(groups(&archives, &bursting), [Group::Lifecycle, Group::Throughput]);
}

#[test]
fn throughput_that_a_policy_of_others_excludes_is_refused_in_the_plan() {
    let archives = json!({ "lifecycle_policy": { "transition_to_archive": "AFTER_90_DAYS" } });
    let plan = changed(&archives, &json!({ "throughput_mode": "bursting" }));
    let [refusal] = plan.refusals.as_slice() else { panic!("{}", text(&plan)) };
    assert!(refusal.reason.contains("move to Archive"), "{}", refusal.reason);
}
