//! What holds for every deployment.

use efs::{Actual, LifeCycle};
use plan::Styled;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::{account, apply, desired, group, inputs, planned, scope, subnet, subnet_id};

/// Up to eight subnets over up to four zones.
pub(crate) fn subnets() -> impl Strategy<Value = Vec<(u32, char)>> {
    proptest::collection::btree_map(
        1_u32..20,
        prop_oneof![Just('a'), Just('b'), Just('c'), Just('d')],
        1..8,
    )
    .prop_map(|subnets| subnets.into_iter().collect())
}

/// Backups, protection and policy, as a person could want them.
fn settings() -> impl Strategy<Value = Value> {
    (
        prop_oneof![Just(Value::Null), Just(json!("ENABLED")), Just(json!("DISABLED"))],
        prop_oneof![Just(Value::Null), Just(json!("ENABLED")), Just(json!("DISABLED"))],
        // Given, so that nobody is asked.
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(backup, protection, enforce_tls, root_squash)| {
            json!({
                "backup_policy": backup,
                "replication_overwrite_protection": protection,
                "enforce_tls": enforce_tls,
                "root_squash": root_squash,
            })
        })
}

/// Access points of the deployment's own.
fn points() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({})),
        Just(json!({ "logs": { "tags": { "a": "b" } } })),
        Just(json!({ "logs": {
            "root_directory": { "path": "/logs" }, "volume": { "size": "1Gi" },
        } })),
        Just(json!({ "logs": { "posix_user": { "uid": 7, "gid": 7 } }, "data": {} })),
    ]
}

/// Inputs that a person could give.
pub(crate) fn more() -> impl Strategy<Value = Value> {
    (
        prop_oneof![
            Just(json!({ "throughput_mode": "elastic" })),
            Just(json!({ "throughput_mode": "bursting" })),
            Just(
                json!({ "throughput_mode": "provisioned", "provisioned_throughput_in_mibps": 64 })
            ),
        ],
        prop_oneof![Just(Value::Null), Just(json!("10.0.0.0/16")), Just(json!("10.1.0.0/16"))],
        prop_oneof![Just(Value::Null), Just(json!(1001))],
        proptest::collection::btree_map("[a-z]{1,5}", "[a-z]{0,5}", 0..3),
        prop_oneof![Just("2.4.5"), Just("4.4.1")],
        prop_oneof![
            Just(Value::Null),
            Just(json!({})),
            Just(json!({ "transition_to_ia": "AFTER_30_DAYS" })),
            Just(json!({ "transition_to_primary_storage_class": "AFTER_1_ACCESS" })),
        ],
        settings(),
        points(),
    )
        .prop_map(|(mut more, cidr, uid, tags, chart, lifecycle, settings, points)| {
            more["access_points"] = points;
            more.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
            more["lifecycle_policy"] = lifecycle;
            more["nfs_client_cidr"] = cidr;
            more["uid"] = uid;
            more["tags"] = json!(tags);
            more["helm_chart_version"] = json!(chart);
            more
        })
}

/// The inputs with those of the subnets that `chosen` picks, at least one.
pub(crate) fn with_subnets(more: &Value, subnets: &[(u32, char)], chosen: &[bool]) -> Value {
    let mut more = more.clone();
    let picked = subnets.iter().zip(chosen.iter().cycle()).filter(|(_, picked)| **picked);
    let mut ids: Vec<String> = picked.map(|((n, _), _)| subnet_id(*n).to_string()).collect();
    if ids.is_empty() {
        ids.push(subnet_id(subnets[0].0).to_string());
    }
    more["subnet_ids"] = json!(ids);
    more
}

pub(crate) fn world(subnets: &[(u32, char)]) -> Actual {
    account(subnets.iter().map(|(n, zone)| subnet(*n, *zone)).collect())
}

/// Somebody meddles with what was deployed.
fn meddle(actual: &mut Actual, what: u8) {
    match what % 7 {
        0 => drop(actual.mount_targets.pop()),
        1 => {
            if let Some(target) = actual.mount_targets.first_mut() {
                target.security_groups = Some(vec![group("sg-00000009")]);
            }
        }
        2 => drop(actual.documents.remove("storageclass.yaml")),
        3 => {
            if let Some(found) = actual.file_system.as_mut() {
                found.tags.remove("Name");
            }
        }
        4 => {
            if let Some(target) = actual.mount_targets.last_mut() {
                target.life_cycle = LifeCycle::Deleting;
            }
        }
        5 => {
            if let Some(target) = actual.mount_targets.first_mut() {
                target.life_cycle = LifeCycle::Other("error".to_owned());
            }
        }
        _ => {
            if let Some(found) = actual.file_system.as_mut() {
                found.life_cycle = LifeCycle::Updating;
            }
        }
    }
}

proptest! {
    #[test]
    fn after_every_deployment_change_and_repair_planning_again_finds_nothing(
        subnets in subnets(),
        before in more(),
        after in more(),
        chosen in proptest::collection::vec(any::<bool>(), 2..8),
        meddling in proptest::collection::vec(any::<u8>(), 0..4),
    ) {
        let mut actual = world(&subnets);
        let first = desired(&with_subnets(&before, &subnets, &[true]));
        apply(&planned(&first, &actual), &mut actual);
        for what in meddling {
            meddle(&mut actual, what);
        }
        let second = desired(&with_subnets(&after, &subnets, &chosen));
        apply(&planned(&second, &actual), &mut actual);
        let again = planned(&second, &actual);
        prop_assert!(again.is_empty(), "{}", Styled { plan: &again, colour: false });
    }

    #[test]
    fn after_destroying_nothing_of_ours_is_left(
        subnets in subnets(),
        more in more(),
        meddling in proptest::collection::vec(any::<u8>(), 0..4),
    ) {
        let before = world(&subnets);
        let mut actual = before.clone();
        let mut more = more;
        // Those are data, which takes more than this.
        more["access_points"] = json!({});
        let more = with_subnets(&more, &subnets, &[true]);
        let wanted = desired(&more);
        apply(&planned(&wanted, &actual), &mut actual);
        for what in meddling {
            meddle(&mut actual, what);
        }
        let plan = efs::destroy(&scope(), &inputs(&more), &actual);
        apply(&plan, &mut actual);
        prop_assert_eq!(&actual, &before);
    }

    #[test]
    fn the_order_of_subnets_changes_nothing(subnets in subnets(), more in more(), seed in any::<u64>()) {
        let mut shuffled = subnets.clone();
        let turn = usize::try_from(seed % 8).unwrap() % shuffled.len();
        shuffled.rotate_left(turn);
        shuffled.reverse();
        let here = planned(&desired(&with_subnets(&more, &subnets, &[true])), &world(&subnets));
        let there = planned(&desired(&with_subnets(&more, &shuffled, &[true])), &world(&shuffled));
        prop_assert_eq!(here, there);
    }

    #[test]
    fn there_is_one_target_per_zone(subnets in subnets(), more in more()) {
        let mut actual = world(&subnets);
        let wanted = desired(&with_subnets(&more, &subnets, &[true]));
        apply(&planned(&wanted, &actual), &mut actual);
        let mut zones: Vec<char> = subnets.iter().map(|(_, zone)| *zone).collect();
        zones.sort_unstable();
        zones.dedup();
        prop_assert_eq!(actual.mount_targets.len(), zones.len());
    }
}
