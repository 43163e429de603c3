//! What a plan says of those who use a file system, and of data that was left.

use std::collections::BTreeSet;

use efs::resources::file_system;
use efs::{
    AccessPoint, AccessPointId, Actual, AdoptExisting, Call, Desired, FileSystemId, LifeCycle,
    OtherClass, Plan, Replication, Volume,
};
use kubernetes::claim::Claim;
use plan::{Action, Scope, Styled};
use serde_json::{Value, json};

use crate::world::{
    account_and_cluster, apply, deployed, deployed_to_cluster, desired, inputs, planned, scope,
    three,
};

pub(crate) fn text(plan: &Plan) -> String {
    Styled { plan, colour: false }.to_string()
}

pub(crate) fn id(text: &str) -> FileSystemId {
    FileSystemId::try_from(text).unwrap()
}

/// The plan that destroys a deployment, with these file systems named.
fn destroy(more: &Value, actual: &Actual, delete_data: &[FileSystemId]) -> Plan {
    efs::destroy_together(&[(&scope(), &inputs(more), actual)], delete_data).remove(0)
}

fn access_point(number: u32, tags: &[(&str, &str)]) -> AccessPoint {
    AccessPoint {
        id: AccessPointId::try_from(format!("fsap-{number:08x}")).unwrap(),
        life_cycle: LifeCycle::Available,
        client_token: None,
        path: format!("/pvc-{number}"),
        posix_user: None,
        creation_info: None,
        account: Some("111122223333".to_owned()),
        tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
    }
}

pub(crate) fn volume(name: &str, handle: &str, claim: Option<&str>) -> Volume {
    Volume {
        access_points: BTreeSet::new(),
        target_address: None,
        target_zone: None,
        name: name.to_owned(),
        handle: handle.to_owned(),
        of_driver: true,
        class: Some(String::new()),
        capacity: Some("10Gi".to_owned()),
        claim: claim.map(str::to_owned),
    }
}

fn metered(actual: &mut Actual, bytes: u64) {
    let found = actual.file_system.as_mut().unwrap();
    found.metered_bytes = Some(bytes);
    found.metered_at = Some("2026-01-02T00:00:00Z".to_owned());
}

/// A deployment that everybody uses.
fn used() -> Actual {
    let mut actual = deployed_to_cluster(&json!({}));
    metered(&mut actual, 12 << 30);
    actual.access_points = vec![
        access_point(1, &[]),
        access_point(2, &[("efs.csi.aws.com/cluster", "true")]),
        access_point(3, &[("clockwork-codex/cluster", "prod")]),
        access_point(4, &[]),
    ];
    actual.replications = vec![Replication {
        source: "fs-0000000a".to_owned(),
        source_region: "eu-west-1".to_owned(),
        destination: "fs-0000000c".to_owned(),
        destination_region: "eu-central-1".to_owned(),
        status: "ENABLED".to_owned(),
        last_replicated: None,
        ..Replication::default()
    }];
    let cluster = actual.cluster.as_mut().unwrap();
    cluster.other_classes = vec![OtherClass {
        name: "efs-b".to_owned(),
        file_system: Some("fs-0000000a".to_owned()),
        ..OtherClass::default()
    }];
    cluster.volumes = vec![
        volume("pv-1", "fs-0000000a::fsap-00000001", Some("graphs/datasets")),
        volume("pv-2", "efs:fs-0000000a:/data", None),
        volume("pv-3", "fs-0000000b", Some("graphs/elsewhere")),
    ];
    actual
}

#[test]
fn everybody_who_uses_a_file_system_is_named_with_size_and_owner() {
    let plan = destroy(&json!({}), &used(), &[]);
    insta::assert_snapshot!(text(&plan));
    let document = serde_json::to_value(&plan).unwrap();
    insta::assert_json_snapshot!(json!([document["users"], document["refusals"]]));
}

#[test]
fn the_word_for_data_is_none_for_those_who_still_use_it() {
    let mut actual = used();
    let all = [id("fs-0000000a")];
    assert_eq!(destroy(&json!({}), &actual, &all).refusals.len(), 2, "the cluster, and EFS");
    actual.replications.clear();
    let cluster = actual.cluster.as_mut().unwrap();
    cluster.other_classes.clear();
    assert_eq!(destroy(&json!({}), &actual, &all).refusals.len(), 1);
    actual.cluster.as_mut().unwrap().volumes.clear();
    let plan = destroy(&json!({}), &actual, &all);
    assert_eq!(plan.refusals, []);
    let deleted = plan.changes.iter().find(|change| change.address.kind == "file_system").unwrap();
    assert_eq!(deleted.action, Action::Delete);
    assert_eq!(deleted.loses.len(), 5, "{:?}", deleted.loses);
    apply(&plan, &mut actual);
    assert_eq!(actual.file_system, None);
}

#[test]
fn data_that_claims_use_is_not_offered_for_deletion() {
    let mut actual = deployed_to_cluster(&json!({}));
    actual.access_points = vec![access_point(1, &[])];
    let cluster = actual.cluster.as_mut().unwrap();
    cluster.claims = vec![Claim {
        namespace: "graphs".to_owned(),
        name: "datasets".to_owned(),
        phase: "Bound".to_owned(),
        volume: Some("pv-1".to_owned()),
        ..Claim::default()
    }];
    cluster.volumes = vec![volume("pv-1", "fs-0000000a::fsap-00000001", Some("graphs/datasets"))];
    let plan = destroy(&json!({}), &actual, &[]);
    assert_eq!(plan.refusals.len(), 1, "{}", text(&plan));
    assert!(!text(&plan).contains("--delete-data"), "{}", text(&plan));
}

#[test]
fn a_wrong_id_is_refused_with_the_right_one_unless_that_file_system_is_gone() {
    let mut actual = deployed(&json!({}), three());
    let wrong = [id("fs-0000000b")];
    let plan = destroy(&json!({}), &actual, &wrong);
    assert_eq!(plan.refusals[0].remedy, "its file system is fs-0000000a");
    // It may have been the right one before an earlier run deleted it.
    apply(&destroy(&json!({}), &actual, &[]), &mut actual);
    assert!(destroy(&json!({}), &actual, &wrong).is_settled());
}

#[test]
fn two_modules_on_one_file_system_go_together_and_the_file_system_after_both_classes() {
    let adopts = json!({ "storage_class_name": "efs-b", "file_system_id": "fs-0000000a" });
    let mut own = deployed_to_cluster(&json!({}));
    let other: Desired = desired(&adopts);
    let mut adopted = own.clone();
    adopted.cluster.as_mut().unwrap().storage_class = None;
    apply(&planned(&other, &adopted), &mut adopted);
    for (actual, name) in [(&mut own, "efs-b"), (&mut adopted, "efs-sc")] {
        let file_system = Some("fs-0000000a".to_owned());
        let class = OtherClass { name: name.to_owned(), file_system, ..OtherClass::default() };
        actual.cluster.as_mut().unwrap().other_classes.push(class);
    }
    let scopes = [Scope::among("a"), Scope::among("b")];
    let (one, two) = (inputs(&json!({})), inputs(&adopts));
    // Alone, the class of the second keeps the file system of the first.
    let alone = efs::destroy_together(&[(&scopes[0], &one, &own)], &[]);
    assert!(alone[0].refusals[0].reason.contains("efs-b"), "{:?}", alone[0].refusals);
    let modules = [(&scopes[0], &one, &own), (&scopes[1], &two, &adopted)];
    let plans = efs::destroy_together(&modules, &[]);
    assert!(plans.iter().all(|plan| plan.refusals.is_empty()), "{}", text(&plans[0]));
    let kinds = |kind: &'static str| {
        let all = plans.iter().flat_map(|plan| &plan.changes);
        all.filter(move |change| change.address.kind == kind)
    };
    let classes: Vec<_> = kinds("storage_class").map(|change| change.id.clone()).collect();
    assert_eq!(classes.len(), 2);
    for target in kinds("mount_target") {
        assert!(classes.iter().all(|class| target.needs.contains(class)), "{:?}", target.needs);
    }
}

#[test]
fn a_retained_file_system_keeps_its_way_in_while_anything_uses_it() {
    let more = json!({ "deletion_policy": "retain", "nfs_client_cidr": "10.0.0.0/16" });
    let mut actual = deployed(&more, three());
    let empty = destroy(&more, &actual, &[]);
    assert_eq!(empty.refusals, []);
    let kinds = |plan: &Plan| -> Vec<&'static str> {
        plan.changes.iter().map(|change| change.address.kind).collect()
    };
    assert!(kinds(&empty).contains(&"security_group_rule"), "{}", text(&empty));
    assert_eq!(empty.warnings, []);
    actual.access_points = vec![access_point(1, &[])];
    let plan = destroy(&more, &actual, &[id("fs-0000000a")]);
    // Pods that use the file system would lose the driver: the class goes without it.
    let keys = |plan: &Plan| -> Vec<String> {
        plan.changes.iter().filter_map(|change| change.address.key.clone()).collect()
    };
    assert_eq!(keys(&plan), ["kustomization.yaml", "storageclass.yaml"]);
    let stays = plan.notes.iter().find(|note| note.contains("driver stays")).unwrap();
    assert!(stays.contains("fsap-00000001") && stays.contains("delete `values.yaml`"), "{stays}");
    insta::assert_snapshot!(text(&plan));
    apply(&plan, &mut actual);
    assert!(destroy(&more, &actual, &[]).is_settled(), "nothing more goes");
    // Access points of another cluster's driver are none of this one's pods.
    let mut others = deployed(&more, three());
    others.access_points = vec![access_point(1, &[("clockwork-codex/cluster", "prod")])];
    assert_eq!(keys(&destroy(&more, &others, &[])).len(), 3);
}

#[test]
fn documents_of_others_that_need_the_driver_keep_it() {
    let mut actual = deployed(&json!({}), three());
    actual.driver_documents = vec!["logs/class.yaml".to_owned()];
    let plan = destroy(&json!({}), &actual, &[]);
    let keys: Vec<&str> =
        plan.changes.iter().filter_map(|change| change.address.key.as_deref()).collect();
    assert!(keys.contains(&"storageclass.yaml") && !keys.contains(&"values.yaml"), "{keys:?}");
    assert!(plan.notes.iter().any(|note| note.contains("`logs/class.yaml`")), "{:?}", plan.notes);
    for (text, needs) in [
        ("provisioner: efs.csi.aws.com\n", true),
        ("kind: ConfigMap\n---\nspec:\n  csi:\n    driver: efs.csi.aws.com\n", true),
        ("kind: List\nitems:\n  - provisioner: efs.csi.aws.com\n", true),
        ("provisioner: {{ .Values.provisioner | default \"efs.csi.aws.com\" }}\n", true),
        ("provisioner: ebs.csi.aws.com # not efs.csi.aws.com\n", false),
        ("", false),
    ] {
        assert_eq!(efs::needs_driver(text), needs, "{text}");
    }
}

#[test]
fn a_class_whose_file_system_nobody_may_see_keeps_it_until_its_id_is_given() {
    let mut actual = deployed_to_cluster(&json!({}));
    let hidden = "this identity may not read the key `id` of the Secret `a/b`";
    let class = OtherClass {
        name: "efs-b".to_owned(),
        unknown: Some(hidden.to_owned()),
        ..OtherClass::default()
    };
    actual.cluster.as_mut().unwrap().other_classes = vec![class];
    let plan = destroy(&json!({}), &actual, &[]);
    assert_eq!(plan.refusals.len(), 1, "{}", text(&plan));
    assert!(plan.refusals[0].reason.contains(&format!("efs-b ({hidden})")), "{}", text(&plan));
    assert!(plan.refusals[0].remedy.contains("--delete-data fs-0000000a"));
    assert!(text(&plan).contains("In use: fs-0000000a: perhaps the storage class efs-b"));
    assert_eq!(destroy(&json!({}), &actual, &[id("fs-0000000a")]).refusals, []);
}

#[test]
fn a_volume_of_another_driver_keeps_the_file_system_by_address_or_name() {
    for server in ["10.0.0.4", "fs-0000000a.efs.eu-west-1.amazonaws.com"] {
        let mut actual = deployed_to_cluster(&json!({}));
        let other = Volume { of_driver: false, ..volume("pv-1", server, None) };
        actual.cluster.as_mut().unwrap().volumes = vec![other];
        let refusals = destroy(&json!({}), &actual, &[]).refusals;
        assert!(refusals[0].reason.contains("volume pv-1"), "{server}: {refusals:?}");
    }
}

#[test]
fn an_adopted_and_a_retained_file_system_stay() {
    for (more, stays) in [
        (json!({}), false),
        (json!({ "deletion_policy": "retain" }), true),
        (json!({ "file_system_id": "fs-0000000a" }), true),
    ] {
        assert_eq!(inputs(&more).keeps_file_system(), stays, "{more}");
    }
}

#[test]
fn what_keeps_efs_from_deleting_is_ended_where_it_is_or_waited_for() {
    let mut actual = used();
    let statement = json!({ "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*" });
    actual.policy = Some(json!({ "Statement": statement }).to_string());
    let remedies = |actual: &Actual| -> Vec<String> {
        destroy(&json!({}), actual, &[]).refusals.into_iter().map(|it| it.remedy).collect()
    };
    let has = |all: &[String], part: &str| all.iter().any(|remedy| remedy.contains(part));
    let all = remedies(&actual);
    let call = "delete-file-system-policy --file-system-id fs-0000000a --region eu-west-1`";
    assert!(has(&all, call) && has(&all, "delete-replication-configuration"), "{all:?}");
    actual.replications[0].status = "DELETING".to_owned();
    let all = remedies(&actual);
    assert!(has(&all, "wait until it is gone"), "{all:?}");
    assert!(!has(&all, "delete-replication-configuration"), "{all:?}");
}

#[test]
fn a_policy_that_may_deny_the_deletion_is_warned_of() {
    let mut actual = deployed(&json!({}), three());
    let role = json!({ "AWS": "arn:aws:iam::111122223333:role/ci" });
    let deny = json!({ "Statement": { "Effect": "Deny", "Principal": role, "Action": "*" } });
    actual.policy = Some(deny.to_string());
    let plan = destroy(&json!({}), &actual, &[]);
    assert_eq!(plan.refusals, []);
    assert!(plan.warnings[0].text.contains("DeleteMountTarget"), "{:?}", plan.warnings);
}

/// The changes of a plan whose call number `position` looks for users once more.
fn looks(plan: &Plan, position: usize) -> Vec<&'static str> {
    let is_look =
        |call: &Call| matches!(call, Call::FileSystem(file_system::Call::StillUnused { .. }));
    let all = plan.changes.iter().filter(|it| it.calls.get(position).is_some_and(is_look));
    all.map(|change| change.address.kind).collect()
}

#[test]
fn users_are_looked_for_once_more_also_where_the_class_is_gone_already() {
    let mut actual = deployed_to_cluster(&json!({}));
    assert_eq!(looks(&destroy(&json!({}), &actual, &[]), 1), ["storage_class"]);
    // And once more when the driver is gone, which takes its time.
    assert_eq!(looks(&destroy(&json!({}), &actual, &[]), 0), ["mount_target"; 3]);
    // An earlier run was killed after it, or somebody deleted the class and the driver.
    let cluster = actual.cluster.as_mut().unwrap();
    (cluster.storage_class, cluster.driver.release) = (None, None);
    assert_eq!(looks(&destroy(&json!({}), &actual, &[]), 0), ["mount_target"; 3]);
    actual.mount_targets[0].life_cycle = LifeCycle::Deleting;
    assert_eq!(looks(&destroy(&json!({}), &actual, &[]), 0), ["mount_target"; 2]);
    // Targets that are leaving are not ours to spare any more.
    for target in &mut actual.mount_targets {
        target.life_cycle = LifeCycle::Deleting;
    }
    assert_eq!(looks(&destroy(&json!({}), &actual, &[]), 0), ["file_system"]);
    actual.mount_targets.clear();
    assert_eq!(looks(&destroy(&json!({}), &actual, &[]), 0), ["file_system"]);
    // The same with documents: a directory that has none of them.
    let mut actual = deployed(&json!({}), three());
    actual.documents.clear();
    assert_eq!(looks(&destroy(&json!({}), &actual, &[]), 0), ["mount_target"; 3]);
}

/// A deployment whose cluster was created anew: nothing names the file system.
fn recreated(bytes: u64, points: u32) -> Actual {
    let mut actual = deployed_to_cluster(&json!({}));
    actual.cluster = account_and_cluster(three()).cluster;
    metered(&mut actual, bytes);
    actual.access_points = (1..=points).map(|number| access_point(number, &[])).collect();
    actual
}

#[test]
fn earlier_data_is_taken_over_only_with_consent() {
    let wanted = desired(&json!({}));
    let plan = planned(&wanted, &recreated(12 << 30, 3));
    assert_eq!(
        plan.questions[0].asks,
        "takes over fs-0000000a, which exists since 2026-01-01T00:00:00Z and holds 12 GiB as \
         metered at 2026-01-02T00:00:00Z and 3 access points: no class and no volume in `dev` \
         names it"
    );
    assert!(text(&plan).contains("Needs consent: module.efs_csi.file_system"), "{}", text(&plan));
    let told = Desired { adopt_existing: AdoptExisting::Any, ..wanted.clone() };
    let plan = planned(&told, &recreated(6144, 1));
    assert_eq!(plan.questions, []);
    assert!(plan.notes[0].contains("takes over fs-0000000a"), "{:?}", plan.notes);
    // Several files have an answer each: it names the file system.
    let these = |ids: &[&str]| Desired {
        adopt_existing: AdoptExisting::These(ids.iter().map(|it| id(it)).collect()),
        ..wanted.clone()
    };
    let asks = |desired: &Desired| planned(desired, &recreated(6144, 1)).questions.len();
    assert_eq!(asks(&these(&["fs-0000000a", "fs-0000000b"])), 0);
    assert_eq!(asks(&these(&["fs-0000000b"])), 1);
    // Nothing is taken over that is empty, named, or somebody's own choice.
    assert_eq!(planned(&wanted, &recreated(6144, 0)).questions, []);
    let mut named = recreated(12 << 30, 3);
    let kept = volume("pv-1", "fs-0000000a::fsap-00000001", None);
    named.cluster.as_mut().unwrap().volumes.push(kept);
    assert_eq!(planned(&wanted, &named).questions, []);
    let adopts = desired(&json!({ "file_system_id": "fs-0000000a" }));
    assert_eq!(planned(&adopts, &recreated(12 << 30, 3)).questions, []);
}

#[test]
fn thousands_of_users_are_counted_for_people_and_listed_for_programs() {
    let mut actual = deployed_to_cluster(&json!({}));
    actual.access_points = (0..3000).map(|number| access_point(number, &[])).collect();
    let refused = destroy(&json!({}), &actual, &[]).refusals;
    assert!(refused[0].reason.ends_with(" and 2900 more"), "{refused:?}");
    let plan = destroy(&json!({}), &actual, &[id("fs-0000000a")]);
    let text = text(&plan);
    assert!(text.lines().count() < 300, "{text}");
    assert!(text.contains("data is lost: 2900 more, which `--output json` lists"), "{text}");
    let listed = serde_json::to_string(&plan).unwrap();
    assert_eq!((0..3000).filter(|n| listed.contains(&format!("fsap-{n:08x}"))).count(), 3000);
}
