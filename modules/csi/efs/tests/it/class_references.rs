//! The Secret that a class gives to the driver, and what a driver of somebody else knows of classes.

use efs::resources::driver::Foreign;
use efs::{Actual, Plan, ProvisionerSecret, Referred, SecretFound, SecretKeys, plan_together};
use plan::Scope;
use serde_json::{Value, json};

use crate::inputs::mistakes;
use crate::world::{
    account, account_and_cluster, deployed_to_cluster, desired, inputs, planned, three,
};

/// A class for a file system of another account, with a chart that lets the driver read its Secret.
fn crossing(more: &Value) -> Value {
    let mut all = json!({
        "helm_chart_version": "4.4.1",
        "provisioner_secret": "kube-system/x-account",
    });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    all
}

/// What a Secret holds, as bytes by their keys.
fn secret(entries: &[(&str, &str)]) -> SecretFound {
    let data = entries.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec()));
    SecretFound::There(SecretKeys::of(&data.collect()))
}

fn with_secret(mut actual: Actual, found: SecretFound) -> Actual {
    let referred = Referred { file_system: None, secret: Some(found) };
    let cluster = actual.cluster.as_mut().unwrap();
    cluster.referred.insert("efs-sc".to_owned(), referred);
    actual
}

/// All that a plan says beside its changes, each with its remedy.
fn told(plan: &Plan) -> Vec<String> {
    let refused = plan.refusals.iter().map(|it| format!("refused {}; {}", it.reason, it.remedy));
    let warned = plan.warnings.iter().map(|it| format!("warned {}; {}", it.text, it.remedy));
    let noted = plan.notes.iter().map(|it| format!("noted {it}"));
    refused.chain(warned).chain(noted).collect()
}

const ROLE: (&str, &str) = ("awsRoleArn", "arn:aws:iam::444455556666:role/efs");

#[test]
fn a_class_names_the_secret_by_the_parameters_of_the_provisioner() {
    let found = deployed_to_cluster(&crossing(&json!({ "az": "eu-west-1b" })));
    let parameters =
        &found.cluster.as_ref().unwrap().storage_class.as_ref().unwrap().spec.parameters;
    let text = |name: &str| parameters[name].to_string();
    assert_eq!(text("csi.storage.k8s.io/provisioner-secret-namespace"), "kube-system");
    assert_eq!(text("csi.storage.k8s.io/provisioner-secret-name"), "x-account");
    assert_eq!(text("az"), "eu-west-1b");
    // Another one is another class, as Kubernetes changes no parameters.
    let other = crossing(&json!({ "az": "eu-west-1b", "provisioner_secret": "storage/other" }));
    let plan = planned(&desired(&other), &found);
    assert_eq!(plan.changes[0].action, plan::Action::Replace);
    let beside = json!({ "storage_classes": { "b": { "provisioner_secret": "storage/other" } } });
    let secrets = inputs(&beside).storage_classes[0].provisioner_secret.clone();
    let (namespace, name) = ("storage".to_owned(), "other".to_owned());
    assert_eq!(secrets, Some(ProvisionerSecret { namespace, name }));
    for wrong in ["x-account", "a/b/c", "A/b"] {
        assert_eq!(mistakes(&json!({ "provisioner_secret": wrong })).len(), 1, "{wrong}");
    }
}

#[test]
fn a_secret_without_which_no_claim_is_bound_keeps_the_class_from_being_made() {
    let switched = |value| secret(&[ROLE, ("crossaccount", value)]);
    for (found, said) in [
        (SecretFound::Missing, "`kube-system/x-account` does not exist; make it: `kubectl create"),
        (secret(&[]), "has no `awsRoleArn`"),
        (secret(&[("awsRoleArn", "")]), "has no `awsRoleArn`"),
        (switched("yes"), "neither true nor false"),
    ] {
        let new = with_secret(account_and_cluster(three()), found);
        let plan = planned(&desired(&crossing(&json!({}))), &new);
        assert!(told(&plan)[0].contains(said), "{said}: {:?}", told(&plan));
        assert!(told(&plan)[0].starts_with("refused"), "{:?}", told(&plan));
        // Lost later, it keeps nothing else from being repaired.
        let there = with_secret(deployed_to_cluster(&crossing(&json!({}))), found);
        let plan = planned(&desired(&crossing(&json!({}))), &there);
        assert_eq!(plan.refusals, []);
        let warned = told(&plan).into_iter().find(|it| it.contains(said));
        assert!(warned.is_some_and(|it| it.contains("claims of the class `efs-sc` stay pending")));
    }
    for good in [secret(&[ROLE]), switched("true"), secret(&[ROLE, ("externalId", "a")])] {
        let new = with_secret(account_and_cluster(three()), good);
        let plan = planned(&desired(&crossing(&json!({}))), &new);
        assert!(!told(&plan).iter().any(|it| it.contains("x-account")), "{:?}", told(&plan));
    }
    let unknown = with_secret(account_and_cluster(three()), SecretFound::Unknown);
    let plan = planned(&desired(&crossing(&json!({}))), &unknown);
    let noted = told(&plan).into_iter().find(|it| it.contains("this identity may not read"));
    assert!(noted.is_some_and(|it| it.starts_with("noted")), "{:?}", told(&plan));
}

#[test]
fn what_the_driver_does_not_heed_of_a_secret_or_without_one_is_told() {
    let by_dns = [ROLE, ("crossaccount", "true")];
    let with_id = [ROLE, ("externalId", "a")];
    for (more, entries, said) in [
        (json!({ "az": "eu-west-1b" }), &by_dns[..], Some("ignores `az` of the class `efs-sc`")),
        (json!({ "az": "eu-west-1b" }), &[ROLE][..], None),
        (json!({ "helm_chart_version": "2.5.7" }), &by_dns, Some("does not know `crossaccount`")),
        (json!({ "helm_chart_version": "3.0.0" }), &by_dns, None),
        (json!({ "helm_chart_version": "3.2.6" }), &with_id, Some("does not know `externalId`")),
        (json!({ "helm_chart_version": "3.3.0" }), &with_id, None),
    ] {
        let new = with_secret(account_and_cluster(three()), secret(entries));
        let plan = planned(&desired(&crossing(&more)), &new);
        assert_eq!(plan.refusals, []);
        let told = told(&plan);
        let heard = told.iter().find(|it| it.contains("x-account") || it.contains("`az`"));
        match said {
            Some(said) => assert!(heard.is_some_and(|it| it.contains(said)), "{more}: {told:?}"),
            None => assert_eq!(heard, None, "{more}"),
        }
    }
    let plan = planned(&desired(&json!({ "az": "eu-west-1b" })), &account(three()));
    let alone =
        told(&plan).into_iter().find(|it| it.contains("the driver ignores `az` eu-west-1b"));
    assert!(alone.is_some_and(|it| it.contains("set `provisioner_secret`")), "{:?}", told(&plan));
}

#[test]
fn a_secret_that_the_chart_does_not_let_the_driver_read_is_told() {
    for (more, said) in [
        (json!({}), None),
        (json!({ "helm_chart_version": "2.5.5" }), None),
        (json!({ "helm_chart_version": "2.5.4" }), Some("lets it read no Secret")),
        (
            json!({ "provisioner_secret": "kube-system/y" }),
            Some("`x-account` in `kube-system` alone"),
        ),
        (json!({ "namespace": "storage" }), Some("`x-account` in `storage` alone")),
        (json!({ "driver": "skip" }), None),
    ] {
        let plan = planned(&desired(&crossing(&more)), &account(three()));
        let told = told(&plan).into_iter().find(|it| it.contains("the driver may not read"));
        match said {
            Some(said) => assert!(told.is_some_and(|it| it.contains(said)), "{more}"),
            None => assert_eq!(told, None, "{more}"),
        }
    }
}

/// A deployment that leaves the driver alone, whose class says what drivers know from chart 2.5.0 on.
fn skipping(more: &Value) -> Value {
    let mut all = json!({ "driver": "skip", "sub_path_pattern": "${.PVC.name}" });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    all
}

/// A cluster with somebody else's driver of this version, where its image tells that.
fn with_driver(version: Option<(u16, u16, u16)>) -> Actual {
    let mut actual = account_and_cluster(three());
    let driver = &mut actual.cluster.as_mut().unwrap().driver;
    driver.foreign.push(Foreign::AddOn);
    driver.running = version;
    actual
}

#[test]
fn a_class_is_held_against_the_driver_that_runs_where_that_is_somebody_elses() {
    let plan = planned(&desired(&skipping(&json!({}))), &with_driver(Some((1, 5, 9))));
    let [refusal] = plan.refusals.as_slice() else { panic!("{:?}", told(&plan)) };
    assert!(refusal.reason.contains("would ignore `subPathPattern`"), "{refusal:?}");
    assert!(refusal.remedy.contains("that of chart 2.5.0 or later"), "{refusal:?}");
    // What runs counts, and not what the inputs say of it.
    let said = skipping(&json!({ "helm_chart_version": "4.4.1" }));
    assert_eq!(planned(&desired(&said), &with_driver(Some((1, 5, 9)))).refusals.len(), 1);
    let newer = planned(&desired(&skipping(&json!({}))), &with_driver(Some((2, 1, 4))));
    assert!(!told(&newer).iter().any(|it| it.contains("subPathPattern")), "{:?}", told(&newer));
    // One range for each file system, whatever its classes say.
    let ranges = json!({
        "driver": "skip",
        "storage_classes": { "b": { "gid_range_start": 5, "gid_range_end": 9 } },
    });
    let plan = planned(&desired(&ranges), &with_driver(Some((1, 5, 9))));
    assert!(told(&plan)[0].contains("which runs, keeps one range"), "{:?}", told(&plan));
    assert_eq!(planned(&desired(&ranges), &with_driver(Some((1, 7, 0)))).refusals, []);
}

#[test]
fn what_is_assumed_of_a_driver_that_nobody_looked_at_is_told() {
    for actual in [account(three()), with_driver(None)] {
        let plan = planned(&desired(&skipping(&json!({}))), &actual);
        assert_eq!(plan.refusals, []);
        let told = told(&plan);
        let assumed = told.iter().find(|it| it.contains("`subPathPattern` from chart 2.5.0 on"));
        assert!(assumed.is_some_and(|it| it.contains("`helm_chart_version`")), "{told:?}");
        let named = skipping(&json!({ "helm_chart_version": "2.5.0" }));
        let plan = planned(&desired(&named), &actual);
        assert!(!self::told(&plan).iter().any(|it| it.contains("subPathPattern")));
    }
    let older = mistakes(&skipping(&json!({ "helm_chart_version": "2.4.9" })));
    assert!(older[0].1.contains("would ignore `subPathPattern`"), "{older:?}");
    assert_eq!(mistakes(&skipping(&json!({}))), []);
}

#[test]
fn a_module_that_leaves_the_driver_to_another_one_of_its_file_knows_that_ones() {
    let module =
        |label: &str, more: &Value| efs::Desired { scope: Scope::among(label), ..desired(more) };
    let refused = |chart: &str| {
        let installs = json!({ "helm_chart_version": chart, "storage_class_name": "z" });
        let (one, other) = (module("a", &skipping(&json!({}))), module("b", &installs));
        // What runs now is on its way to that one.
        let actual = with_driver(Some((1, 5, 9)));
        let plans = plan_together(&[(&one, &actual), (&other, &actual)]).unwrap();
        told(&plans[0]).iter().any(|it| it.contains("subPathPattern"))
    };
    assert!(refused("2.4.5") && !refused("2.5.0"));
}
