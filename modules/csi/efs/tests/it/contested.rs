//! Two deployments in one cluster: one of them keeps the driver's release.

use efs::{Actual, Desired, OtherClass, plan_together};
use plan::{Refusal, Scope};
use serde_json::{Value, json};

use crate::world::{account_and_cluster, deployed_to_cluster, desired, planned, three};

/// The cluster as `dev/efs-logs` finds it where `dev/efs-sc` was deployed with these inputs.
fn beside(first: &Value) -> Actual {
    let mut actual = account_and_cluster(three());
    let cluster = actual.cluster.as_mut().unwrap();
    cluster.driver = deployed_to_cluster(first).cluster.unwrap().driver;
    cluster.other_classes.push(OtherClass { name: "efs-sc".to_owned(), ..OtherClass::default() });
    actual
}

/// What `dev/efs-logs` wants.
fn logs(more: &Value) -> Desired {
    let mut all = json!({ "storage_class_name": "efs-logs" });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    desired(&all)
}

fn refused(first: &Value, second: &Value) -> Vec<Refusal> {
    planned(&logs(second), &beside(first)).refusals
}

#[test]
fn deployments_that_want_the_same_driver_share_it() {
    let plan = planned(&logs(&json!({})), &beside(&json!({})));
    assert!(plan.refusals.is_empty(), "{:?}", plan.refusals);
    assert!(plan.changes.iter().all(|change| change.address.kind != "helm_release"));
}

#[test]
fn each_is_named_with_what_it_would_undo_of_the_other() {
    let first = json!({ "access_point_tags": { "team": "graphs" } });
    let second = json!({ "helm_chart_version": "2.5.7", "access_point_tags": { "team": "logs" } });
    let [refusal] = refused(&first, &second).try_into().unwrap();
    assert_eq!(refusal.address, "module.efs_csi.helm_release[\"aws-efs-csi-driver\"]");
    assert_eq!(
        refusal.reason,
        "`dev/efs-sc` keeps the driver of this cluster with other settings: `dev/efs-logs` would \
         undo `chart` = aws-efs-csi-driver-2.4.5, `values.controller.tags.team` = graphs, and the \
         next run of `dev/efs-sc` would undo `chart` = aws-efs-csi-driver-2.5.7, \
         `values.controller.tags.team` = logs"
    );
    assert_eq!(
        refusal.remedy,
        "give both the same `access_point_tags` and `helm_chart_version`, or one of them `driver = \"skip\"`; \
         with `--driver adopt` `dev/efs-logs` keeps it from now on"
    );
}

#[test]
fn roles_and_values_are_settings_as_well() {
    let role = json!({ "driver_role_arn": "arn:aws:iam::111122223333:role/efs" });
    let [refusal] = refused(&role, &json!({})).try_into().unwrap();
    assert!(refusal.remedy.starts_with("give both the same `driver_role_arn`,"), "{refusal:?}");
    assert!(refusal.reason.contains("is not set"), "{refusal:?}");
    let values = json!({ "helm_values": { "controller": { "logLevel": 5 } } });
    let [refusal] = refused(&json!({}), &values).try_into().unwrap();
    let same = "give both the same `helm_values` or `driver_log_level`,";
    assert!(refusal.remedy.starts_with(same), "{refusal:?}");
}

#[test]
fn every_remedy_settles_it() {
    let first = json!({ "access_point_tags": { "team": "graphs" } });
    assert!(refused(&first, &first).is_empty());
    let skips = json!({ "driver": "skip" });
    assert!(refused(&first, &skips).is_empty());
    let plan = planned(&logs(&json!({ "driver": "adopt" })), &beside(&first));
    assert!(plan.refusals.is_empty(), "{:?}", plan.refusals);
    let hands = "from `dev/efs-sc` to `dev/efs-logs`";
    let said = plan.warnings.iter().any(|warning| warning.text.contains(hands));
    assert!(said, "{:?}", plan.warnings);
}

#[test]
fn a_deployment_whose_class_is_gone_keeps_nothing() {
    let mut actual = beside(&json!({ "access_point_tags": { "team": "graphs" } }));
    actual.cluster.as_mut().unwrap().other_classes.clear();
    assert!(planned(&logs(&json!({})), &actual).refusals.is_empty());
}

#[test]
fn modules_of_one_file_hand_the_driver_on_without_a_word() {
    let first = json!({ "access_point_tags": { "team": "graphs" } });
    let mut there = deployed_to_cluster(&first);
    there
        .cluster
        .as_mut()
        .unwrap()
        .other_classes
        .push(OtherClass { name: "efs-logs".to_owned(), ..OtherClass::default() });
    let one = Desired { scope: Scope::among("a"), ..logs(&json!({})) };
    let other = Desired { scope: Scope::among("b"), ..desired(&json!({})) };
    let plans = plan_together(&[(&one, &beside(&first)), (&other, &there)]).unwrap();
    let refused: Vec<&Refusal> = plans.iter().flat_map(|plan| &plan.refusals).collect();
    assert!(refused.is_empty(), "{refused:?}");
}
