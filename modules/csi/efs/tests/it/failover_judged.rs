//! Whether a copy may take over: the state of its replication, and what people say of the writes.

use efs::resources::persistent_volume;
use efs::resources::replica::{Call, Side};
use efs::{Failover, Plan, Writes};
use serde_json::json;

use crate::failover::{COPY, LAST, SOURCE, Stage, at, id, planned_one, replication, shown};

#[test]
fn a_file_system_that_is_the_copy_of_no_other_is_left_alone() {
    let mut stage = Stage::new();
    stage.failing.replications.clear();
    let plan = stage.plan(&planned_one());
    assert!(plan.is_settled() && plan.warnings.is_empty(), "{}", shown(&plan));
    assert!(shown(&plan).contains("is the copy of no other file system"), "{}", shown(&plan));
}

fn saying(writes: Writes) -> Failover {
    Failover { writes, ..planned_one() }
}

/// The refusals of a copy in this state.
fn refused(status: &str, how: &Failover) -> Vec<String> {
    let mut stage = Stage::new();
    stage.failing.replications = vec![replication(status)];
    stage.failing.replications[0].message = Some("the source is gone".to_owned());
    let all = stage.plan(how).refusals;
    all.into_iter().map(|it| format!("{}; {}", it.reason, it.remedy)).collect()
}

#[test]
fn nobody_loses_writes_without_a_word_that_names_when() {
    let [told] = refused("ENABLED", &saying(Writes::Unsaid)).try_into().unwrap();
    for word in [
        "it has what fs-0000000a in eu-west-1 held at 2026-05-04T09:12:40Z, 10 min ago",
        "`--writes-stopped-at TIME`",
        "`--lose-writes-since 2026-05-04T09:12:40Z`",
    ] {
        assert!(told.contains(word), "no {word:?} in: {told}");
    }
}

#[test]
fn each_word_and_state_has_its_answer() {
    let (stopped, lost) = (Writes::StoppedAt, Writes::LostSince);
    let none: Option<&str> = None;
    for (status, writes, expected) in [
        ("ENABLED", stopped(at(LAST.1 - 1)), none),
        ("PAUSED", stopped(at(LAST.1 - 1)), none),
        ("PAUSED", stopped(at(LAST.1)), Some("in the state PAUSED: the source is gone")),
        ("ERROR", stopped(at(LAST.1)), Some("in the state ERROR: the source is gone")),
        ("ENABLED", stopped(at(LAST.1 + 6000)), Some("is still to come")),
        ("ENABLED", lost(at(LAST.1)), none),
        ("ENABLED", lost(at(LAST.1 - 900)), none),
        ("ERROR", lost(at(LAST.1)), none),
        ("ENABLED", lost(at(LAST.1 + 1)), Some("more would be lost")),
        ("ENABLED", lost(at(LAST.1 - 3601)), Some("more than an hour after")),
    ] {
        let told = refused(status, &saying(writes.clone()));
        match expected {
            None => assert!(told.is_empty(), "{status} {writes:?}: {told:?}"),
            Some(word) => {
                assert!(told.len() == 1 && told[0].contains(word), "{status} {writes:?}: {told:?}");
            }
        }
    }
}

fn waits(plan: &Plan) -> Vec<(&str, Option<u64>)> {
    let all = plan.waits.iter().filter_map(|wait| match &wait.call {
        efs::Call::Replica(Call::UntilCopied { since, .. }) => Some((wait.reason.as_str(), *since)),
        _ => None,
    });
    all.collect()
}

#[test]
fn a_copy_of_all_that_was_written_is_waited_for() {
    let stage = Stage::new();
    let plan = stage.plan(&saying(Writes::StoppedAt(at(LAST.1))));
    let why = format!("the last copy is of {}, and writes stopped at second {}", LAST.0, LAST.1);
    assert_eq!(waits(&plan), [(why.as_str(), Some(LAST.1))]);
    let promotion = plan.changes.iter().find(|it| it.id.as_str() == "replica.promote").unwrap();
    assert!(promotion.needs.contains(&plan.waits[0].id));

    let mut stage = Stage::new();
    stage.failing.replications[0].last_replicated = None;
    stage.failing.last_copy = None;
    let plan = stage.plan(&saying(Writes::StoppedAt(at(LAST.1))));
    let why = "no copy of fs-0000000a in eu-west-1 is complete yet";
    assert_eq!(waits(&plan), [(why, Some(LAST.1))], "a copy of all that was written");
    for writes in [Writes::Unsaid, Writes::LostSince(at(LAST.1))] {
        let told = stage.plan(&saying(writes)).refusals;
        assert!(told[0].reason.contains("is complete yet"), "{told:?}");
    }
    let told = stage.plan(&saying(Writes::StoppedAt(at(LAST.1 + 6000)))).refusals;
    assert!(told[0].reason.contains("still to come"), "{told:?}");
    stage.failing.replications[0].status = "ERROR".to_owned();
    let told = stage.plan(&planned_one()).refusals;
    assert!(told[0].reason.contains("and none will be"), "{told:?}");
}

#[test]
fn only_a_lost_region_is_left_out_and_only_between_regions() {
    let promoted = |how: &Failover, region: &str| {
        let mut stage = Stage::new();
        stage.failing.replications[0].source_region = region.to_owned();
        let plan = stage.plan(how);
        assert_eq!(plan.refusals, []);
        let calls: Vec<efs::Call> = plan.changes.into_iter().flat_map(|it| it.calls).collect();
        calls.into_iter().find_map(|call| match call {
            efs::Call::Replica(Call::Promote { source, replica, local }) => {
                Some((source, replica, local))
            }
            _ => None,
        })
    };
    let lost = Failover { source_lost: true, ..saying(Writes::LostSince(at(LAST.1))) };
    let sides = |local| Some((id(SOURCE), id(COPY), local));
    assert_eq!(promoted(&planned_one(), "eu-north-1"), sides(false));
    assert_eq!(promoted(&lost, "eu-north-1"), sides(true));
    // "Do not use this mode for same-account, same-region replication"
    assert_eq!(promoted(&lost, "eu-west-1"), sides(false));
}

#[test]
fn the_way_back_overwrites_only_what_is_named_and_what_no_pod_uses() {
    let from = Side { region: "eu-central-1".to_owned(), file_system: id(SOURCE) };
    let back = |overwrite: Option<&str>| Failover {
        proves: false,
        replicate_from: Some(from.clone()),
        writes: Writes::Unsaid,
        source_lost: false,
        overwrite: overwrite.map(id),
    };
    let mut stage = Stage::new();
    stage.failing.replications.clear();
    stage.failing.volumes.claims.clear();
    let plan = stage.plan(&back(None));
    let [refusal] = plan.refusals.as_slice() else { panic!("{:?}", plan.refusals) };
    assert!(refusal.remedy.contains("`--overwrite fs-0000000b`"), "{}", refusal.remedy);
    let plan = stage.plan(&back(Some(COPY)));
    assert_eq!(plan.refusals, []);
    let [change] = plan.changes.as_slice() else { panic!("{:?}", plan.changes) };
    assert!(change.action.needs_consent() && !change.loses.is_empty());
    let calls: Vec<Call> = change.calls.iter().map(replica).collect();
    let [Call::Open { .. }, Call::Replicate { source, region, .. }] = calls.as_slice() else {
        panic!("{calls:?}")
    };
    assert_eq!((source, region.as_str()), (&from, "eu-west-1"));

    let mut used = Stage::new();
    used.failing.replications.clear();
    let claim = used.failing.volumes.claims.get_mut("graphs/one").unwrap();
    claim.used_by = vec!["graphs/load-0".to_owned()];
    let told = used.plan(&back(Some(COPY))).refusals;
    assert!(told[0].reason.contains("graphs/load-0"), "{told:?}");

    // The copies that it makes itself have been taken over, or it is still the source.
    let mut source = Stage::new();
    source.failing.volumes.claims.clear();
    source.failing.replications[0].source = COPY.to_owned();
    source.failing.replications[0].destination = SOURCE.to_owned();
    let told = source.plan(&back(Some(COPY))).refusals;
    assert!(told[0].reason.contains("is copied to fs-0000000a now"), "{told:?}");
    source.failing.replications[0].status = "ERROR".to_owned();
    let plan = source.plan(&back(Some(COPY)));
    assert!(matches!(replica(&plan.changes[0].calls[0]), Call::Leave { local: false, .. }));

    let mut copied = Stage::new();
    copied.failing.replications[0].source_region = "eu-central-1".to_owned();
    assert!(copied.plan(&back(None)).is_settled(), "it is replicated already");
}

fn replica(call: &efs::Call) -> Call {
    let efs::Call::Replica(call) = call else { panic!("{call:?}") };
    call.clone()
}

#[test]
fn volumes_that_are_not_the_drivers_are_named_and_keep_a_failover_from_being_complete() {
    let mut stage = Stage::new();
    stage.failing.volumes.others = vec!["by-nfs".to_owned()];
    let plan = stage.plan(&planned_one());
    let warned = plan.warnings.iter().any(|it| it.text.ends_with("eu-west-1: by-nfs"));
    assert!(warned, "{:?}", plan.warnings);
    assert!(!plan.changes.iter().any(|it| it.id.as_str() == "replica.complete"));
}

/// A volume that names the zone of a One Zone source would not be mounted from the copy.
#[test]
fn a_volume_on_the_copy_names_no_zone_of_the_source() {
    let mut stage = Stage::new();
    let spec = &mut stage.failing.volumes.volumes[0].object["spec"];
    spec["mountOptions"] = json!(["tls", "az=eu-west-1a"]);
    spec["nodeAffinity"] = json!({ "required": { "nodeSelectorTerms": ["of-a-zone"] } });
    let plan = stage.plan(&planned_one());
    let applied =
        plan.changes.iter().flat_map(|change| &change.calls).find_map(|call| match call {
            efs::Call::PersistentVolume(call @ persistent_volume::Call::Apply { name, .. })
                if name.starts_with("pvc-1-") =>
            {
                Some(format!("{call:?}"))
            }
            _ => None,
        });
    let applied = applied.unwrap();
    assert!(applied.contains("mountOptions") && applied.contains("tls"), "{applied}");
    assert!(!applied.contains("az=eu-west-1a") && !applied.contains("of-a-zone"), "{applied}");
}
