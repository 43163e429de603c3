//! What a plan says where the target is a cluster.

use efs::resources::driver::{Away, Foreign, Rollout};
use efs::resources::storage_class;
use efs::{Actual, OtherClass, Plan, Volume};
use kubernetes::claim::Claim;
use kubernetes::release;
use kubernetes::{ChartValues, FoundChart};
use plan::{Action, Any, Known, Styled, Table};
use serde_json::{Value, json};

use crate::world::{
    account_and_cluster, apply, deployed_to_cluster, desired, inputs, planned, scope, three,
};

fn text(plan: &Plan) -> String {
    Styled { plan, colour: false }.to_string()
}

fn actions(plan: &Plan) -> Vec<(Action, &str)> {
    plan.changes.iter().map(|change| (change.action, change.address.kind)).collect()
}

fn refusals(plan: &Plan) -> Vec<(&str, &str)> {
    let both = plan.refusals.iter();
    both.map(|refusal| (refusal.reason.as_str(), refusal.remedy.as_str())).collect()
}

/// The plan for these inputs after somebody did something to a deployment of the defaults.
fn after(more: &Value, somebody: impl FnOnce(&mut Actual)) -> Plan {
    let mut actual = deployed_to_cluster(&json!({}));
    somebody(&mut actual);
    planned(&desired(more), &actual)
}

fn cluster(actual: &mut Actual) -> &mut efs::Cluster {
    actual.cluster.as_mut().unwrap()
}

#[test]
fn a_first_deployment_installs_the_driver_beside_aws_and_the_class_last() {
    let plan = planned(&desired(&json!({})), &account_and_cluster(three()));
    insta::assert_snapshot!(text(&plan));
    let class =
        plan.changes.iter().find(|change| change.address.kind == storage_class::KIND).unwrap();
    let Any { of, least } = &class.needs_any;
    assert_eq!(of.iter().filter(|need| need.as_str().starts_with("mount_target.")).count(), 3);
    assert_eq!(*least, 1, "any of the zones will do");
    let release = plan.changes.iter().find(|change| change.address.kind == release::KIND).unwrap();
    assert_eq!(release.needs, [""; 0]);
}

#[test]
fn after_a_deployment_there_is_nothing_to_do() {
    let plan = after(&json!({}), |_| ());
    assert!(plan.is_empty(), "{}", text(&plan));
}

#[test]
fn every_change_of_inputs_converges() {
    for more in [
        json!({ "helm_chart_version": "4.4.1" }),
        json!({ "uid": 1001, "gid": 1001 }),
        json!({ "helm_values": { "controller": { "logLevel": 5, "tags": { "a": "b" } } } }),
        json!({ "storage_class_labels": { "team": "graphs" }, "allow_volume_expansion": false }),
        json!({ "driver": "skip" }),
    ] {
        let desired = desired(&more);
        let mut actual = deployed_to_cluster(&json!({}));
        apply(&planned(&desired, &actual), &mut actual);
        let again = planned(&desired, &actual);
        assert!(again.is_empty(), "{more}: {}", text(&again));
    }
}

#[test]
fn a_class_changed_by_hand_is_replaced_or_fixed_and_what_others_added_stays() {
    let plan = after(&json!({}), |actual| {
        let class = cluster(actual).storage_class.as_mut().unwrap();
        let perms = Known::Now("777".to_owned());
        class.spec.parameters.insert("directoryPerms".to_owned(), perms);
        class.spec.labels.insert("somebodys".to_owned(), "own".to_owned());
    });
    assert_eq!(actions(&plan), [(Action::Replace, storage_class::KIND)]);
    assert_eq!(plan.needing_consent().count(), 1);
    insta::assert_snapshot!(text(&plan));

    let plan = after(&json!({}), |actual| {
        let class = cluster(actual).storage_class.as_mut().unwrap();
        class.spec.allow_volume_expansion = false;
        class.spec.annotations.insert("somebodys".to_owned(), "own".to_owned());
    });
    assert_eq!(actions(&plan), [(Action::Update, storage_class::KIND)]);
    assert_eq!(plan.needing_consent().count(), 0);
}

#[test]
fn a_label_taken_out_of_the_inputs_goes_from_the_class() {
    let actual = deployed_to_cluster(&json!({ "storage_class_labels": { "team": "graphs" } }));
    let plan = planned(&desired(&json!({})), &actual);
    assert_eq!(actions(&plan), [(Action::Update, storage_class::KIND)]);
    assert!(text(&plan).contains("- labels[\"team\"]"), "{}", text(&plan));
}

#[test]
fn a_class_that_is_not_ours_is_refused() {
    let plan = after(&json!({}), |actual| {
        cluster(actual).storage_class.as_mut().unwrap().spec.labels.clear();
    });
    assert_eq!(refusals(&plan)[0].0, "`dev` has a class of that name that was not made here");
    let plan = after(&json!({ "cluster_name": "other" }), |_| ());
    let told = plan.refusals.iter().any(|refusal| {
        refusal.reason.contains("made for the cluster `dev`")
            && refusal.remedy.contains("--context")
    });
    assert!(told, "{}", text(&plan));
}

#[test]
fn a_release_upgraded_by_hand_is_brought_back() {
    let plan = after(&json!({}), |actual| {
        let release = cluster(actual).driver.release.as_mut().unwrap();
        release.revision += 1;
        release.values["controller"]["deleteAccessPointRootDir"] = json!(true);
        release.values["node"]["logLevel"] = json!(5);
    });
    insta::assert_snapshot!(text(&plan));
}

#[test]
fn a_release_of_our_name_that_somebody_else_made_is_refused_unless_it_is_adopted_or_skipped() {
    let foreign = |actual: &mut Actual| {
        cluster(actual).driver.release.as_mut().unwrap().ours = false;
    };
    let plan = after(&json!({}), foreign);
    let (reason, remedy) = refusals(&plan)[0];
    assert!(reason.contains("is not managed by Clockwork Codex"), "{reason}");
    assert!(remedy.contains("--driver adopt") && remedy.contains("--driver skip"), "{remedy}");
    assert!(after(&json!({ "driver": "adopt" }), foreign).is_empty());
    assert!(after(&json!({ "driver": "skip" }), foreign).is_empty());
}

#[test]
fn values_that_look_like_secrets_are_shown_neither_in_text_nor_in_json() {
    let more = json!({ "driver": "adopt", "helm_values": { "controller": {
        "adminPassword": "hunter2", "logLevel": 5,
        "env": [{ "name": "API_TOKEN", "value": "planted" }, { "name": "TZ", "value": "UTC" }],
        "credentials": { "user": "admin" }, "webhook": "https://u:pa55@host/x",
    } } });
    let shown = |plan: &Plan| format!("{}{}", text(plan), serde_json::to_string(plan).unwrap());
    let plan = after(&more, |_| ());
    for secret in ["hunter2", "planted", "\"admin\"", "pa55"] {
        assert!(!shown(&plan).contains(secret), "{secret} is in\n{}", text(&plan));
    }
    for kept in [
        "values.controller.adminPassword",
        "(sensitive value)",
        "UTC",
        "values.controller.logLevel",
    ] {
        assert!(shown(&plan).contains(kept), "{kept} is not in\n{}", text(&plan));
    }
    // All that somebody else's release was given is theirs.
    let foreign = |actual: &mut Actual| {
        let release = cluster(actual).driver.release.as_mut().unwrap();
        release.ours = false;
        release.values["controller"]["logLevel"] = json!("unlikely");
        release.values["region"] = json!("unlikely");
    };
    let adopted = after(&json!({ "driver": "adopt" }), foreign);
    assert!(!adopted.is_empty() && !shown(&adopted).contains("unlikely"), "{}", text(&adopted));
}

#[test]
fn an_installation_of_somebody_elses_is_named_with_the_choices() {
    for (foreign, named) in [
        (
            Foreign::Release { name: "efs".to_owned(), namespace: "storage".to_owned() },
            "`helm uninstall efs --namespace storage`",
        ),
        (Foreign::AddOn, "`aws eks delete-addon"),
        (Foreign::Manifests { namespace: "kube-system".to_owned() }, "delete those manifests"),
    ] {
        let mut actual = account_and_cluster(three());
        cluster(&mut actual).driver.foreign.push(foreign);
        let plan = planned(&desired(&json!({})), &actual);
        let (_, remedy) = refusals(&plan)[0];
        assert!(remedy.contains("--driver skip") && remedy.contains(named), "{remedy}");
        let skipped = planned(&desired(&json!({ "driver": "skip" })), &actual);
        assert_eq!(refusals(&skipped), []);
    }
}

fn chart(version: &str, values: Value) -> FoundChart {
    FoundChart {
        name: efs::CHART.to_owned(),
        version: version.to_owned(),
        values: ChartValues::of_defaults(values),
        digest: None,
    }
}

/// The reasons and remedies for a first deployment with this chart.
fn with_chart(more: &Value, chart: FoundChart) -> Vec<(String, String)> {
    let mut actual = account_and_cluster(three());
    cluster(&mut actual).driver.chart = Some(chart);
    let plan = planned(&desired(more), &actual);
    refusals(&plan).into_iter().map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
}

fn values() -> Value {
    json!({
        "replicaCount": 2,
        "controller": {
            "deleteAccessPointRootDir": false, "logLevel": 2, "tags": {},
            "serviceAccount": { "create": true, "name": "", "annotations": {} },
        },
        "node": { "serviceAccount": { "create": true, "name": "", "annotations": {} } },
        "storageClasses": [],
    })
}

#[test]
fn every_key_that_the_chart_does_not_know_is_refused_with_the_nearest() {
    assert_eq!(with_chart(&json!({}), chart("2.4.5", values())), []);
    let more = json!({ "helm_values": { "controller": { "loglevel": 5, "tolerationz": [] } } });
    let told = with_chart(&more, chart("2.4.5", values()));
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].0.contains("`controller.loglevel`"), "{told:?}");
    assert_eq!(told[0].1, "did you mean `controller.logLevel`?");
}

#[test]
fn a_chart_of_another_name_or_version_or_with_another_digest_is_refused() {
    let mut other = chart("2.4.6", values());
    other.name = "efs".to_owned();
    assert_eq!(with_chart(&json!({}), other).len(), 2);
    let mut changed = chart("2.4.5", values());
    changed.digest = Some("00".repeat(32));
    let told = with_chart(&json!({}), changed.clone());
    assert!(told[0].0.contains("digest"), "{told:?}");
    changed.digest =
        Some("31bf5936588b50d6ee6b66d4b0c1b5a21af5ad63c9b4c7bab4febc1dc1d15140".to_owned());
    assert_eq!(with_chart(&json!({}), changed), []);
}

#[test]
fn a_driver_that_does_not_run_yet_is_waited_for_without_no_wait() {
    let mut actual = deployed_to_cluster(&json!({}));
    cluster(&mut actual).driver.rollouts.push(Rollout {
        name: "deployment/efs-csi-controller".to_owned(),
        ready: 1,
        updated: 1,
        desired: 2,
        current: true,
        ..Rollout::default()
    });
    let mut desired = desired(&json!({}));
    let plan = planned(&desired, &actual);
    assert_eq!(plan.waits.len(), 1);
    assert!(plan.waits[0].reason.contains("deployment/efs-csi-controller 1 of 2"));
    desired.wait_for_driver = false;
    assert!(planned(&desired, &actual).is_empty());
}

#[test]
fn a_node_that_cannot_run_the_driver_is_named_and_not_waited_for() {
    let mut actual = deployed_to_cluster(&json!({}));
    let away =
        |node: &str| Away { node: node.to_owned(), reason: "NotReady".to_owned(), updated: true };
    let rollout = |ready, away| Rollout {
        name: "daemonset/efs-csi-node".to_owned(),
        ready,
        updated: 10,
        desired: 10,
        current: true,
        away,
        ..Rollout::default()
    };
    let mut planned_with = |rollout| {
        cluster(&mut actual).driver.rollouts = vec![rollout];
        planned(&desired(&json!({})), &actual)
    };
    let plan = planned_with(rollout(9, vec![away("ip-10-0-0-7")]));
    assert!(plan.is_empty(), "{}", text(&plan));
    let warning = "daemonset/efs-csi-node 9 of 10, not on ip-10-0-0-7 (NotReady): not waited for";
    assert!(plan.warnings.iter().any(|it| it.text == warning), "{:?}", plan.warnings);
    // Another one that is missing beside it is waited for, or within `maxUnavailable` is not.
    let plan = planned_with(rollout(8, vec![away("ip-10-0-0-7")]));
    assert!(plan.waits[0].reason.contains("8 of 10, not on ip-10-0-0-7 (NotReady)"));
    let plan = planned_with(Rollout { may_lack: 1, ..rollout(8, vec![away("ip-10-0-0-7")]) });
    assert!(plan.is_empty(), "{}", text(&plan));
}

#[test]
fn what_the_identity_may_not_do_is_refused_before_anything_is_changed() {
    let mut actual = account_and_cluster(three());
    cluster(&mut actual).denied = vec!["patch storageclasses.storage.k8s.io".to_owned()];
    let plan = planned(&desired(&json!({})), &actual);
    let (reason, remedy) = refusals(&plan)[0];
    assert!(reason.contains("patch storageclasses"), "{reason}");
    assert!(remedy.contains("--manifests"), "{remedy}");
    // Who only looks needs no permission to change.
    let plan = after(&json!({}), |actual| {
        cluster(actual).denied = vec!["patch storageclasses.storage.k8s.io".to_owned()];
    });
    assert_eq!(refusals(&plan), []);
}

fn destroy(somebody: impl FnOnce(&mut Actual)) -> Plan {
    let mut actual = deployed_to_cluster(&json!({}));
    somebody(&mut actual);
    efs::destroy(&scope(), &inputs(&json!({})), &actual)
}

#[test]
fn destroying_takes_class_and_driver_before_what_they_need() {
    insta::assert_snapshot!(text(&destroy(|_| ())));
}

fn claim() -> Claim {
    Claim {
        namespace: "graphs".to_owned(),
        name: "checkpoints".to_owned(),
        phase: "Bound".to_owned(),
        volume: Some("pvc-1".to_owned()),
        requested: Some("20Gi".to_owned()),
        capacity: Some("10Gi".to_owned()),
        used_by: vec!["engine-0".to_owned()],
        ..Claim::default()
    }
}

#[test]
fn destroying_is_refused_while_claims_hold_volumes() {
    let plan = destroy(|actual| cluster(actual).claims.push(claim()));
    assert!(refusals(&plan)[0].0.contains("graphs/checkpoints (Bound)"), "{}", text(&plan));
}

#[test]
fn a_driver_that_serves_others_stays() {
    let class = OtherClass { name: "efs-logs".to_owned(), ..OtherClass::default() };
    let plan = destroy(|actual| cluster(actual).other_classes.push(class));
    assert!(!actions(&plan).contains(&(Action::Delete, release::KIND)));
    assert!(plan.notes[0].contains("it serves the class efs-logs"), "{:?}", plan.notes);
    let (name, handle) = ("pv-1".to_owned(), "fs-0000000b".to_owned());
    let volume = Volume { name, handle, of_driver: true, ..Volume::default() };
    let plan = destroy(|actual| cluster(actual).volumes.push(volume));
    assert!(plan.notes[0].contains("it serves the volume pv-1"), "{:?}", plan.notes);
}

#[test]
fn a_grown_claim_is_completed_and_others_are_left_alone() {
    let mut actual = deployed_to_cluster(&json!({}));
    let fits = Claim { capacity: Some("20Gi".to_owned()), name: "fits".to_owned(), ..claim() };
    let unbound = Claim { phase: "Pending".to_owned(), name: "new".to_owned(), ..claim() };
    cluster(&mut actual).claims = vec![claim(), fits, unbound];
    let inputs = inputs(&json!({}));
    let plan = efs::expand(&scope(), &inputs, actual.cluster.as_ref().unwrap());
    insta::assert_snapshot!(text(&plan));
    apply(&plan, &mut actual);
    assert!(efs::expand(&scope(), &inputs, actual.cluster.as_ref().unwrap()).is_empty());
}

#[test]
fn the_status_of_a_deployment_is_one_table() {
    let mut actual = deployed_to_cluster(&json!({}));
    cluster(&mut actual).claims.push(claim());
    let inputs = inputs(&json!({}));
    insta::assert_snapshot!(Table(&efs::rows(&inputs, &actual)));
    insta::assert_snapshot!(Table(&efs::rows(&inputs, &account_and_cluster(three()))));
    let healthy = |actual: &Actual| efs::rows(&inputs, actual).iter().all(|row| row.healthy);
    assert!(!healthy(&actual), "a claim waits for more");
    assert!(healthy(&deployed_to_cluster(&json!({}))));
}

#[test]
fn hazards_of_the_chart_are_warned_of_with_their_source_where_they_apply() {
    let warned = |more: &Value, taints: &[&str]| {
        let mut actual = account_and_cluster(three());
        let taint = |key: &&str| efs::Taint::new(*key, "", "PreferNoSchedule");
        let node = efs::Node { taints: taints.iter().map(taint).collect(), ..Default::default() };
        cluster(&mut actual).nodes = vec![node; 2];
        planned(&desired(more), &actual).warnings
    };
    let fixed = json!({ "uid": 1001, "gid": 1001 });
    assert_eq!(warned(&fixed, &[]), []);
    let tainted = warned(&fixed, &["efs.csi.aws.com/agent-not-ready"]);
    assert!(tainted[0].text.contains("nothing is scheduled there"), "{tainted:?}");
    let newer = json!({ "uid": 1001, "gid": 1001, "helm_chart_version": "2.5.2" });
    assert_eq!(warned(&newer, &["efs.csi.aws.com/agent-not-ready"]), []);
    let deletes = json!({
        "helm_chart_version": "4.4.1",
        "helm_values": { "controller": { "deleteAccessPointRootDir": true } },
    });
    assert!(warned(&deletes, &[])[0].text.contains("issues/1085"));
}
