//! What the inputs say of single mount targets: `mount_targets`.

use efs::Actual;
use plan::Action;
use serde_json::{Value, json};

use crate::inputs::mistakes;
use crate::world::{account, apply, deployed, desired, group, planned, subnet, three};

/// A group for the target of the first zone, beside the one of all.
fn more_groups() -> Value {
    json!({ "mount_targets": { "eu-west-1a": { "security_groups": ["sg-00000002"] } } })
}

/// An account that has this group too.
fn with_group(mut actual: Actual) -> Actual {
    let mut more = actual.network.security_groups[0].clone();
    more.id = group("sg-00000002");
    actual.network.security_groups.push(more);
    actual
}

fn groups_of(actual: &Actual) -> Vec<usize> {
    let of = |target: &efs::resources::mount_target::MountTarget| {
        target.security_groups.as_ref().map_or(0, Vec::len)
    };
    actual.mount_targets.iter().map(of).collect()
}

#[test]
fn a_target_gets_groups_of_its_own_keeps_them_and_gets_them_back() {
    let wanted = desired(&more_groups());
    let mut actual = with_group(account(three()));
    apply(&planned(&wanted, &actual), &mut actual);
    assert_eq!(groups_of(&actual), [2, 1, 1]);
    assert!(planned(&wanted, &actual).is_settled());
    assert_eq!(planned(&wanted, &actual).notes, [""; 0], "an input names it");

    // Somebody takes it off: it comes back, in place.
    actual.mount_targets[0].security_groups = Some(vec![group("sg-00000001")]);
    let plan = planned(&wanted, &actual);
    let [change] = plan.changes.as_slice() else { panic!("{:#?}", plan.changes) };
    assert_eq!((change.action, change.address.kind), (Action::Update, "mount_target"));
    apply(&plan, &mut actual);
    assert_eq!(groups_of(&actual), [2, 1, 1]);

    // No input names it any more: it stays, as any group of others, until that is asked for.
    let plan = planned(&desired(&json!({})), &actual);
    assert!(plan.is_settled());
    assert!(plan.notes[0].contains("sg-00000002 stays"), "{:?}", plan.notes);
}

#[test]
fn each_target_has_the_family_and_the_address_of_its_entry() {
    let mut subnets = three();
    subnets[1].ranges.push("fd00::/64".parse().unwrap());
    subnets[2].ranges = vec!["fd00:0:0:1::/64".parse().unwrap()];
    let wanted = desired(&json!({ "mount_targets": {
        "subnet-00000001": { "ip_address": "10.0.1.9" },
        "euw1-az2": { "ip_address_type": "DUAL_STACK", "ipv6_address": "fd00::9" },
        "eu-west-1c": { "ip_address_type": "IPV6_ONLY" },
    } }));
    let mut actual = account(subnets);
    apply(&planned(&wanted, &actual), &mut actual);
    let has = |n: usize| {
        let target = &actual.mount_targets[n];
        (target.ip_address.is_some(), target.ipv6_address.clone())
    };
    assert_eq!(actual.mount_targets[0].ip_address.as_deref(), Some("10.0.1.9"));
    assert_eq!(has(0), (true, None));
    assert_eq!(has(1), (true, Some("fd00::9".to_owned())));
    assert!(matches!(has(2), (false, Some(_))));
    assert!(planned(&wanted, &actual).is_settled());

    // EFS changes neither in place.
    actual.mount_targets[1].ipv6_address = None;
    let plan = planned(&wanted, &actual);
    let [change] = plan.changes.as_slice() else { panic!("{:#?}", plan.changes) };
    assert_eq!(change.action, Action::Replace);
    assert_eq!(change.reason, "EFS never changes its `ip_address_type, ip_address`");
}

#[test]
fn the_subnet_of_an_entry_carries_the_target_of_its_zone_and_the_map_alone_is_enough() {
    let mut actual = deployed(&json!({}), three());
    actual.network.subnets.push(subnet(4, 'a'));
    let all = ["subnet-00000001", "subnet-00000002", "subnet-00000003", "subnet-00000004"];
    assert!(planned(&desired(&json!({ "subnet_ids": all })), &actual).is_settled());
    let entry = json!({ "eu-west-1a": { "subnet_id": "subnet-00000004" } });
    let moved = json!({ "subnet_ids": all, "mount_targets": entry });
    let plan = planned(&desired(&moved), &actual);
    let [change] = plan.changes.as_slice() else { panic!("{:#?}", plan.changes) };
    assert_eq!(change.action, Action::Replace);
    assert_eq!(change.reason, "`mount_targets` names subnet-00000004 for its zone");
    apply(&plan, &mut actual);
    assert!(planned(&desired(&moved), &actual).is_settled());

    let map = json!({ "subnet_ids": null, "mount_targets": {
        "eu-west-1a": { "subnet_id": "subnet-00000004" },
        "subnet-00000002": {},
        "euw1-az3": { "subnet_id": "subnet-00000003" },
    } });
    assert!(planned(&desired(&map), &actual).is_settled(), "these are the subnets too");
}

#[test]
fn an_address_chooses_no_subnet_and_goes_with_an_entry_about_its_zone() {
    let second = subnet(9, 'a');
    let actual = deployed(&json!({}), three());
    let mut with_second = actual.clone();
    with_second.network.subnets.push(second.clone());
    let both = json!({
        "subnet_ids": [three()[0].id, three()[1].id, three()[2].id, second.id],
        "mount_target_addresses": { (second.id.to_string()): "10.0.9.9" },
    });
    let plan = planned(&desired(&both), &with_second);
    assert!(plan.is_settled(), "the target stays where it is: {:?}", plan.changes);

    let beside = json!({
        "mount_targets": { "eu-west-1a": { "security_groups": ["sg-00000002"] } },
        "mount_target_addresses": { "subnet-00000001": actual.mount_targets[0].ip_address },
    });
    let plan = planned(&desired(&beside), &with_group(actual));
    assert_eq!(plan.refusals, []);
    assert_eq!(plan.changes.len(), 1, "the group is set: {:?}", plan.changes);
}

#[test]
fn what_a_plan_finds_wrong_with_an_entry_is_refused_with_its_place() {
    let refused = |more: &Value, actual: &Actual, said: &str| {
        let plan = planned(&desired(more), actual);
        let told = plan.refusals.iter().find(|refusal| refusal.reason.contains(said));
        let told = told.unwrap_or_else(|| panic!("{more}: {:?}", plan.refusals));
        assert!(told.address.contains("mount_target[") || told.address.starts_with("sg-"));
    };
    let each = |entries: &Value| json!({ "mount_targets": entries });
    let there = account(three());
    refused(&each(&json!({ "eu-west-1f": {} })), &there, "none of `subnet_ids` is in `eu-west-1f`");
    let wrong = json!({ "eu-west-1b": { "subnet_id": "subnet-00000001" } });
    refused(&each(&wrong), &there, "subnet-00000001 is in eu-west-1a");
    let twice = json!({ "eu-west-1a": {}, "euw1-az1": {} });
    refused(&each(&twice), &there, "a zone has one");
    refused(&more_groups(), &there, "the security group does not exist");
    let ipv6 = json!({ "eu-west-1a": { "ip_address_type": "DUAL_STACK" } });
    refused(&each(&ipv6), &there, "does not support `DUAL_STACK`");
    let mut one_zone = each(&json!({ "eu-west-1b": {} }));
    one_zone["availability_zone_name"] = json!("eu-west-1a");
    refused(&one_zone, &there, "takes its mount target in its own zone eu-west-1a only");
}

#[test]
fn mistakes_in_the_map_are_all_found_before_anything_is_looked_at() {
    let entry = |key: &str, value: Value| json!({ "mount_targets": { key: value } });
    let five = ["sg-00000002", "sg-00000003", "sg-00000004", "sg-00000005", "sg-00000006"];
    let unlisted = json!({ "subnet_ids": null, "mount_targets": { "eu-west-1a": {} } });
    for (more, said) in [
        (entry("rack-7", json!({})), "neither a subnet nor a zone"),
        (entry("us-east-1a", json!({})), "neither a subnet nor a zone"),
        (entry("eu-west-1a", json!("x")), "is not an object"),
        (entry("eu-west-1a", json!({ "subnet": "x" })), "`subnet`"),
        (entry("eu-west-1a", json!({ "ip_address": "fd00::1" })), "is not an IPv4 address"),
        (entry("eu-west-1a", json!({ "ipv6_address": "10.0.0.1" })), "is not an IPv6 address"),
        (entry("eu-west-1a", json!({ "ipv6_address": "fd00::1" })), "does not go with"),
        (entry("eu-west-1a", json!({ "security_groups": five })), "would have 6 security groups"),
        (entry("subnet-00000009", json!({})), "is not among `subnet_ids`"),
        (
            entry("subnet-00000001", json!({ "subnet_id": "subnet-00000002" })),
            "has the `subnet_id`",
        ),
        (unlisted, "names no subnet"),
        (json!({ "subnet_ids": null, "mount_targets": {} }), "names no subnet"),
        (
            entry("eu-west-1a", json!({ "security_groups": ["sg-00000002", "sg-00000002"] })),
            "more than once",
        ),
    ] {
        let told = mistakes(&more);
        assert_eq!(told.len(), 1, "{more}: {told:?}");
        assert!(told[0].1.contains(said), "{said}: {told:?}");
    }
}
