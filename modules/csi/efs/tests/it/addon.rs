//! The driver as an EKS managed add-on: installed, kept, taken down.

use efs::resources::addon::{self, Found, Issue, Observed, Offered, Status};
use efs::resources::iam_role::Role;
use efs::{Actual, EksIdentity, IdentityFound, OtherClass, Plan};
use place::ClusterArn;
use plan::{Action, Styled, Table};
use serde_json::{Value, json};

use crate::world::{account, account_and_cluster, apply, desired, inputs, planned, scope, three};

/// What EKS offers: four versions, of which the newest two are for a cluster of 1.33.
fn offered() -> Vec<Offered> {
    let one = |version: &str, clusters: &[(&str, bool)]| Offered {
        version: version.to_owned(),
        clusters: clusters.iter().map(|(name, default)| ((*name).to_owned(), *default)).collect(),
    };
    vec![
        one("v3.0.1-eksbuild.1", &[("1.34", true), ("1.33", false)]),
        one("v2.1.7-eksbuild.1", &[("1.34", false), ("1.33", true), ("1.32", true)]),
        one("v1.7.6-eksbuild.2", &[("1.32", false)]),
    ]
}

fn schema() -> Value {
    let part = json!({ "type": "object", "additionalProperties": false, "properties": {
        "logLevel": { "type": "integer", "minimum": 1, "maximum": 5 },
        "replicaCount": { "type": "integer" },
        "tags": { "type": "object", "additionalProperties": { "type": "string" } },
    } });
    json!({
        "$ref": "#/definitions/Driver",
        "definitions": { "Part": part, "Driver": { "type": "object", "additionalProperties": false,
            "properties": {
                "controller": { "$ref": "#/definitions/Part" },
                "node": { "$ref": "#/definitions/Part" },
            } } },
    })
}

/// What was looked at of the add-on.
pub(crate) fn observed() -> Observed {
    Observed {
        offered: offered(),
        kubernetes: Some("1.33".to_owned()),
        schema: Some(schema()),
        ..Observed::default()
    }
}

/// An account with an EKS cluster of 1.33, without a driver.
pub(crate) fn eks() -> Actual {
    Actual { addon: Some(observed()), ..account_and_cluster(three()) }
}

pub(crate) fn with(more: &Value) -> Value {
    let mut all = json!({ "driver": "addon" });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    all
}

pub(crate) fn text(plan: &Plan) -> String {
    Styled { plan, colour: false }.to_string()
}

pub(crate) fn found(actual: &mut Actual) -> &mut Found {
    actual.addon.as_mut().unwrap().found.as_mut().unwrap()
}

/// A cluster with the add-on of these inputs.
pub(crate) fn with_addon(more: &Value) -> Actual {
    let mut actual = eks();
    apply(&planned(&desired(&with(more)), &actual), &mut actual);
    actual
}

/// The plan for these inputs after somebody did something to an add-on of the defaults.
pub(crate) fn after(more: &Value, somebody: impl FnOnce(&mut Actual)) -> Plan {
    let mut actual = with_addon(&json!({}));
    somebody(&mut actual);
    planned(&desired(&with(more)), &actual)
}

pub(crate) fn actions(plan: &Plan) -> Vec<(Action, &str)> {
    plan.changes.iter().map(|change| (change.action, change.address.kind)).collect()
}

#[track_caller]
pub(crate) fn refused(plan: &Plan, reason: &str, remedy: &str) {
    let [refusal] = plan.refusals.as_slice() else { panic!("{:?}", plan.refusals) };
    assert!(refusal.reason.contains(reason), "{}", refusal.reason);
    assert!(refusal.remedy.contains(remedy), "{}", refusal.remedy);
    let touches = plan.changes.iter().any(|change| change.address.kind == addon::KIND);
    assert!(!touches, "{}", text(plan));
}

#[test]
fn a_first_deployment_installs_the_add_on_in_the_place_of_the_chart() {
    let plan = planned(&desired(&with(&json!({ "driver_log_level": 3 }))), &eks());
    insta::assert_snapshot!(text(&plan));
    assert!(!actions(&plan).iter().any(|(_, kind)| *kind == "helm_release"));
}

/// What somebody does to an add-on.
type Somebody = fn(&mut Found);

#[test]
fn after_a_deployment_there_is_nothing_to_do_and_what_somebody_changed_is_repaired() {
    let plan = after(&json!({}), |_| ());
    assert!(plan.is_empty(), "{}", text(&plan));
    let changes: [(&str, Somebody); 4] = [
        ("addon_version", |found| found.version = "v1.7.6-eksbuild.2".to_owned()),
        ("configuration", |found| found.configuration = Some("node: {logLevel: 5}".to_owned())),
        ("tags", |found| drop(found.tags.remove("team"))),
        ("status", |found| found.status = Status::UpdateFailed),
    ];
    for (attribute, somebody) in changes {
        let more = json!({ "tags": { "team": "graphs" } });
        let mut actual = with_addon(&more);
        somebody(found(&mut actual));
        let desired = desired(&with(&more));
        let plan = planned(&desired, &actual);
        assert_eq!(actions(&plan), [(Action::Update, addon::KIND)], "{attribute}");
        assert!(text(&plan).contains(attribute), "{attribute}: {}", text(&plan));
        apply(&plan, &mut actual);
        assert!(planned(&desired, &actual).is_empty(), "{attribute}");
    }
}

#[test]
fn a_configuration_is_compared_by_what_it_means() {
    let same = "# by hand\ncontroller:\n  logLevel: 3\nnode: {\"logLevel\": 3}\n";
    let mut actual = with_addon(&json!({ "driver_log_level": 3 }));
    found(&mut actual).configuration = Some(same.to_owned());
    let plan = planned(&desired(&with(&json!({ "driver_log_level": 3 }))), &actual);
    assert!(plan.is_empty(), "{}", text(&plan));
}

#[test]
fn the_version_is_the_default_of_the_cluster_and_stays_until_somebody_asks_for_another() {
    let mut actual = with_addon(&json!({}));
    assert_eq!(found(&mut actual).version, "v2.1.7-eksbuild.1");
    // EKS has a newer default: nobody's nodes restart their driver for that.
    let plan = after(&json!({}), |actual| {
        let offered = &mut actual.addon.as_mut().unwrap().offered;
        offered[0].clusters[1].1 = true;
        offered[1].clusters[1].1 = false;
    });
    assert!(plan.is_empty(), "{}", text(&plan));
    assert!(text(&plan).contains("EKS's default is v3.0.1-eksbuild.1"), "{}", text(&plan));
    // The cluster was upgraded to a version that does not have it.
    let plan = after(&json!({}), |actual| {
        let observed = actual.addon.as_mut().unwrap();
        observed.kubernetes = Some("1.34".to_owned());
        observed.offered[1].clusters.remove(0);
    });
    assert!(
        text(&plan).contains(r#""v2.1.7-eksbuild.1" -> "v3.0.1-eksbuild.1""#),
        "{}",
        text(&plan)
    );
    let plan = after(&json!({ "addon_version": "v3.0.1-eksbuild.1" }), |_| ());
    assert_eq!(actions(&plan), [(Action::Update, addon::KIND)]);
    let plan = after(&json!({ "addon_version": "v1.7.6-eksbuild.2" }), |_| ());
    refused(
        &plan,
        "does not offer the add-on's version v1.7.6-eksbuild.2 for Kubernetes 1.33",
        "one of v3.0.1-eksbuild.1, v2.1.7-eksbuild.1",
    );
}

#[test]
fn a_version_that_eks_withdrew_stays_where_it_is_asked_for_and_installed() {
    let pinned = json!({ "addon_version": "v2.1.7-eksbuild.1" });
    let withdraw = |actual: &mut Actual| {
        actual.addon.as_mut().unwrap().offered.retain(|it| it.version != "v2.1.7-eksbuild.1");
    };
    let warned = |plan: &Plan| plan.warnings.iter().any(|it| it.text.contains("any more"));
    assert!(!warned(&after(&pinned, |_| ())));
    let plan = after(&pinned, withdraw);
    assert!(plan.is_empty() && warned(&plan), "{}", text(&plan));
    // Nobody looks for the schema of what EKS does not describe.
    let mut changed = pinned.clone();
    changed["driver_log_level"] = json!(3);
    let mut actual = with_addon(&json!({}));
    let driver = inputs(&with(&changed)).driver;
    assert!(addon::needs_schema(&driver, actual.addon.as_ref().unwrap()).is_some());
    withdraw(&mut actual);
    assert_eq!(addon::needs_schema(&driver, actual.addon.as_ref().unwrap()), None);
    // A first installation is refused as before.
    actual.addon.as_mut().unwrap().found = None;
    refused(&planned(&desired(&with(&pinned)), &actual), "does not offer", "one of v3.0.1");
}

#[test]
fn values_that_the_add_on_does_not_take_are_refused_by_name_all_at_once() {
    let more = with(&json!({
        "driver_host_network": true,
        "driver_log_level": 9,
        "access_point_tags": { "team": "graphs" },
        "addon_configuration": { "controler": { "logLevel": 2 } },
    }));
    let plan = planned(&desired(&more), &eks());
    let said: Vec<String> =
        plan.refusals.iter().map(|it| format!("{}\n  {}", it.reason, it.remedy)).collect();
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn parameters_of_the_class_that_its_driver_does_not_know_are_refused() {
    let plan = planned(&desired(&with(&json!({ "enable_tagging": true }))), &eks());
    assert!(plan.refusals[0].reason.contains("would ignore `enableTagging`"));
    assert!(plan.refusals[0].remedy.contains("choose a newer `addon_version`"));
    let beside = json!({ "storage_classes": { "b": { "enable_tagging": true } } });
    let plan = planned(&desired(&with(&beside)), &eks());
    assert!(plan.refusals[0].reason.contains("would ignore `enableTagging`"));
    assert_eq!(plan.refusals[0].address, "module.efs_csi.storage_class[\"b\"]");
}

#[test]
fn what_eks_is_at_work_on_is_waited_for_and_then_looked_at_again() {
    for status in [Status::Creating, Status::Updating, Status::Deleting] {
        let plan = after(&json!({}), |actual| found(actual).status = status.clone());
        assert_eq!(actions(&plan), [], "{status:?}");
        assert_eq!(plan.waits.len(), 1, "{status:?}");
    }
}

#[test]
fn what_failed_is_told_in_the_words_of_eks_and_made_anew_where_that_may_help() {
    let conflict = |status: Status| {
        move |actual: &mut Actual| {
            let found = found(actual);
            found.status = status;
            let message = "Conflicts found when trying to apply.\nDaemonSet efs-csi-node - .spec";
            found.issues = vec![Issue {
                code: "ConfigurationConflict".to_owned(),
                message: message.to_owned(),
                resources: Vec::new(),
            }];
        }
    };
    for status in [Status::CreateFailed, Status::UpdateFailed] {
        let plan = after(&json!({}), conflict(status));
        refused(
            &plan,
            "ConfigurationConflict: Conflicts found when trying to apply. DaemonSet efs-csi-node",
            "set `addon_resolve_conflicts` to `OVERWRITE`",
        );
    }
    let overwrite = json!({ "addon_resolve_conflicts": "OVERWRITE" });
    let plan = after(&overwrite, conflict(Status::CreateFailed));
    assert_eq!(actions(&plan), [(Action::Replace, addon::KIND)]);
    let keeps = addon::Call::Delete { cluster: "dev".to_owned(), preserve: true };
    assert!(plan.changes[0].calls.contains(&keeps.into()), "mounts stay");
    assert_eq!(actions(&after(&overwrite, conflict(Status::UpdateFailed))).len(), 1);

    let plan = after(&json!({}), |actual| {
        let found = found(actual);
        found.status = Status::Degraded;
        found.issues = vec![Issue {
            code: "InsufficientNumberOfReplicas".to_owned(),
            message: "The add-on is unhealthy because all deployments have 0 replicas.".to_owned(),
            resources: vec!["efs-csi-controller".to_owned()],
        }];
    });
    assert!(plan.is_empty());
    let warning = plan.warnings.last().unwrap();
    assert!(warning.text.contains("DEGRADED: InsufficientNumberOfReplicas"), "{}", warning.text);
    assert!(warning.remedy.contains("kubectl"), "{}", warning.remedy);
}

#[test]
fn the_add_on_of_somebody_else_is_left_alone() {
    let plan = after(&json!({}), |actual| found(actual).tags.clear());
    refused(&plan, "does not carry this project's tags", "aws eks tag-resource");
    let plan = after(&json!({}), |actual| found(actual).namespace = "storage".to_owned());
    refused(&plan, "its namespace is `storage`", "set `namespace` to \"storage\"");
}

#[test]
fn two_deployments_share_it_or_are_told_which_keeps_it() {
    let another = |actual: &mut Actual| {
        let key = "clockwork-codex/storage-class".to_owned();
        found(actual).tags.insert(key, "efs-logs".to_owned());
        let class = OtherClass { name: "efs-logs".to_owned(), ..OtherClass::default() };
        actual.cluster.as_mut().unwrap().other_classes.push(class);
    };
    let plan = after(&json!({}), another);
    assert!(plan.is_empty(), "{}", text(&plan));
    let plan = after(&json!({ "driver_log_level": 3 }), another);
    refused(&plan, "`dev/efs-logs` keeps the add-on", "give both the same inputs");
    let gone = |actual: &mut Actual| {
        another(actual);
        actual.cluster.as_mut().unwrap().other_classes.clear();
    };
    assert_eq!(actions(&after(&json!({}), gone)), [(Action::Update, addon::KIND)]);
}

#[test]
fn it_gets_its_role_by_irsa_for_both_accounts_and_eks_may_have_it_passed() {
    let arn = ClusterArn::parse("arn:aws:eks:eu-west-1:111122223333:cluster/dev").unwrap();
    let issuer = Some("https://oidc.eks.eu-west-1.amazonaws.com/id/0C0DEC".to_owned());
    let cluster = Some(EksIdentity { arn, issuer });
    let identity = Some(IdentityFound { cluster, ..IdentityFound::default() });
    let mut actual = Actual { identity, ..eks() };
    let inputs = with(&json!({ "driver_identity": "irsa", "oidc_provider": "create" }));
    let desired = desired(&inputs);
    let plan = planned(&desired, &actual);
    let change = plan.changes.iter().find(|change| change.address.kind == addon::KIND).unwrap();
    assert!(change.needs.iter().any(|need| need.as_str() == "iam_role"));
    apply(&plan, &mut actual);
    assert!(planned(&desired, &actual).is_empty());
    let Role { arn, trust, .. } = actual.identity.as_ref().unwrap().role.clone().unwrap();
    assert_eq!(found(&mut actual).role_arn.as_ref(), Some(&arn));
    assert!(trust.to_string().contains("kube-system:efs-csi-node-sa"), "{trust}");
    found(&mut actual).role_arn = Some("arn:aws:iam::111122223333:role/other".to_owned());
    assert_eq!(actions(&planned(&desired, &actual)), [(Action::Update, addon::KIND)]);
}

fn destroyed(actual: &Actual) -> Plan {
    efs::destroy(&scope(), &inputs(&with(&json!({}))), actual)
}

#[test]
fn a_destroy_deletes_it_unless_others_use_the_driver() {
    let deleted = |plan: &Plan| {
        let change = plan.changes.iter().find(|change| change.address.kind == addon::KIND)?;
        change.calls.iter().find_map(|call| match call {
            efs::Call::Addon(addon::Call::Delete { preserve, .. }) => Some(*preserve),
            _ => None,
        })
    };
    let mut actual = with_addon(&json!({}));
    let plan = destroyed(&actual);
    assert_eq!(deleted(&plan), Some(false), "nobody needs its objects");
    apply(&plan, &mut actual);
    assert_eq!(actual.addon.unwrap().found, None);

    let mut shared = with_addon(&json!({}));
    let class = OtherClass { name: "efs-logs".to_owned(), ..OtherClass::default() };
    shared.cluster.as_mut().unwrap().other_classes.push(class);
    let plan = destroyed(&shared);
    assert_eq!(deleted(&plan), None);
    assert!(text(&plan).contains("stays: it serves the class efs-logs"), "{}", text(&plan));

    // Where no cluster is looked at, nobody knows who mounts.
    let mut actual = Actual { addon: Some(observed()), ..account(three()) };
    apply(&planned(&desired(&with(&json!({}))), &actual), &mut actual);
    let plan = destroyed(&actual);
    assert_eq!(deleted(&plan), Some(true));
    assert!(text(&plan).contains("objects stay in the cluster"), "{}", text(&plan));
}

#[test]
fn its_row_says_how_it_is() {
    let mut actual = with_addon(&json!({}));
    let rows = |actual: &Actual| {
        let rows = efs::rows(&inputs(&with(&json!({}))), actual);
        let row = rows.into_iter().find(|row| row.resource == "driver").unwrap();
        (row.healthy, Table(&[row]).to_string())
    };
    let (healthy, shown) = rows(&actual);
    assert!(healthy && shown.contains("add-on aws-efs-csi-driver"), "{shown}");
    found(&mut actual).status = Status::Degraded;
    let (healthy, shown) = rows(&actual);
    assert!(!healthy && shown.contains("EKS does not say why"), "{shown}");
    actual.addon = Some(observed());
    assert!(rows(&actual).1.contains("missing"));
}

#[test]
fn what_is_for_the_other_way_to_install_it_is_a_mistake() {
    for (more, said) in [
        (with(&json!({ "helm_values": { "a": 1 } })), "`helm_values` is for the chart"),
        (with(&json!({ "image_registry": "eks" })), "`image_registry` is for the chart"),
        (json!({ "addon_version": "v2.1.7-eksbuild.1" }), "`addon_version` is for an add-on"),
        (with(&json!({ "addon_version": "2.1.7" })), "is not a version of an add-on"),
        (with(&json!({ "addon_resolve_conflicts": "FIGHT" })), "FIGHT"),
    ] {
        let mistakes = crate::inputs::mistakes(&more);
        assert!(mistakes.iter().any(|(_, told)| told.contains(said)), "{said}: {mistakes:?}");
    }
}
