//! Several storage modules of one job: one driver for all of them.

use efs::resources::storage_class;
use efs::{Actual, Desired, OtherClass, Plan, destroy_together, plan_together};
use kubernetes::release;
use plan::{Action, Change, Scope, files};
use serde_json::{Value, json};

use crate::world::{account_and_cluster, deployed_to_cluster, desired, inputs, three};

/// What a module of this label wants.
fn module(label: &str, more: &Value) -> Desired {
    Desired { scope: Scope::among(label), ..desired(more) }
}

/// The plans of two modules of these inputs for an empty account and cluster.
fn plans(first: &Value, second: &Value) -> Vec<Plan> {
    let actual = account_and_cluster(three());
    let (one, other) = (module("a", first), module("b", second));
    plan_together(&[(&one, &actual), (&other, &actual)]).unwrap()
}

fn releases(plan: &Plan) -> impl Iterator<Item = &Change<efs::Call>> {
    plan.changes.iter().filter(|change| change.address.kind == release::KIND)
}

#[test]
fn the_first_module_installs_the_driver_for_all() {
    let plans = plans(&json!({}), &json!({ "storage_class_name": "efs-logs" }));
    let counts: Vec<usize> = plans.iter().map(|plan| releases(plan).count()).collect();
    assert_eq!(counts, [1, 0]);
    assert!(plans.iter().all(|plan| plan.refusals.is_empty()));
}

#[test]
fn a_module_that_skips_the_driver_leaves_it_to_the_others() {
    let skips = json!({ "driver": "skip" });
    let plans = plans(&skips, &json!({ "storage_class_name": "efs-logs" }));
    let counts: Vec<usize> = plans.iter().map(|plan| releases(plan).count()).collect();
    assert_eq!(counts, [0, 1]);
}

#[test]
fn modules_that_want_different_drivers_are_refused_with_what_differs() {
    let other = json!({
        "storage_class_name": "efs-logs",
        "namespace": "storage",
        "helm_values": { "controller": { "replicaCount": 3 } },
    });
    let plans = plans(&json!({}), &other);
    assert!(plans[0].refusals.is_empty());
    let [refusal] = plans[1].refusals.as_slice() else { panic!("{:?}", plans[1].refusals) };
    assert_eq!(
        refusal.reason,
        "a cluster has one EFS driver, and `module.a` and `module.b` want different ones: \
         namespace, values.controller.replicaCount"
    );
    assert!(refusal.remedy.contains("driver = \"skip\""), "{}", refusal.remedy);
}

/// The plans that take down modules `a` and `b`, which are deployed, beside what `also` adds.
fn destroyed(also: impl Fn(&mut Actual)) -> Vec<Plan> {
    let logs = json!({ "storage_class_name": "efs-logs" });
    let (mut first, mut second) = (deployed_to_cluster(&json!({})), deployed_to_cluster(&logs));
    for (actual, other) in [(&mut first, "efs-logs"), (&mut second, "efs-sc")] {
        actual.cluster.as_mut().unwrap().other_classes.push(class(other));
        also(actual);
    }
    let scopes = [Scope::among("a"), Scope::among("b")];
    let (one, other) = (inputs(&json!({})), inputs(&logs));
    destroy_together(&[(&scopes[0], &one, &first), (&scopes[1], &other, &second)], &[])
}

/// Another class of the driver, on a file system that nothing here is about.
fn class(name: &str) -> OtherClass {
    OtherClass { name: name.to_owned(), ..OtherClass::default() }
}

#[test]
fn the_driver_goes_after_the_classes_of_all_modules() {
    let plans = destroyed(|_| ());
    assert_eq!(releases(&plans[0]).count(), 0);
    let driver = releases(&plans[1]).next().unwrap();
    assert_eq!(driver.action, Action::Delete);
    let classes = plans.iter().flat_map(|plan| &plan.changes);
    let classes = classes.filter(|change| change.address.kind == storage_class::KIND);
    let classes: Vec<_> = classes.map(|change| &change.id).collect();
    assert_eq!(classes.len(), 2);
    assert!(classes.iter().all(|class| driver.needs.contains(class)), "{:?}", driver.needs);
}

#[test]
fn a_driver_that_a_class_of_no_module_needs_stays() {
    let plans = destroyed(|actual| {
        actual.cluster.as_mut().unwrap().other_classes.push(class("of-others"));
    });
    assert!(plans.iter().all(|plan| releases(plan).count() == 0));
    assert!(plans[1].notes.iter().any(|note| note.contains("it serves the class of-others")));
}

/// What a module's kustomization says after a plan: the text that the plan writes.
fn kustomization(plan: &Plan) -> Option<String> {
    let writes = plan.changes.iter().flat_map(|change| &change.calls);
    let mut texts = writes.filter_map(|call| match call {
        efs::Call::File(files::Call::Write { path, text })
            if path.ends_with("kustomization.yaml") =>
        {
            text.now()
        }
        _ => None,
    });
    texts.next()
}

#[test]
fn in_a_directory_the_driver_is_among_the_documents_of_one_module() {
    let one = module("a", &json!({}));
    let other = Desired {
        driver_in: Some("a".to_owned()),
        ..module("b", &json!({ "storage_class_name": "efs-logs" }))
    };
    let actual = Actual { cluster: None, ..account_and_cluster(three()) };
    let plans = plan_together(&[(&one, &actual), (&other, &actual)]).unwrap();
    let helm = |plan: &Plan| kustomization(plan).unwrap().contains("helmCharts");
    assert_eq!((helm(&plans[0]), helm(&plans[1])), (true, false));
    let values = |plan: &Plan| {
        let written = plan.changes.iter().filter(|change| change.address.kind == files::KIND);
        written.filter(|change| change.address.key.as_deref() == Some("values.yaml")).count()
    };
    assert_eq!((values(&plans[0]), values(&plans[1])), (1, 0));
}

#[test]
fn documents_of_the_driver_stay_without_the_class_while_another_module_relies_on_them() {
    let wanted = inputs(&json!({}));
    let later = plan::Known::Now("fs-0123456789abcdef0".to_owned().try_into().unwrap());
    let documents = efs::documents(&wanted, &later).unwrap().into_iter();
    let documents = documents.map(|(name, text)| (name.to_owned(), text.now().unwrap()));
    let actual = Actual {
        documents: documents.collect(),
        driver_users: vec!["b".to_owned()],
        ..Actual::default()
    };
    let scope = Scope::among("a");
    let [plan] = &destroy_together(&[(&scope, &wanted, &actual)], &[])[..] else { panic!() };
    let changes: Vec<_> =
        plan.changes.iter().map(|change| (change.action, change.address.key.as_deref())).collect();
    let (rewritten, gone) = (Some("kustomization.yaml"), Some("storageclass.yaml"));
    assert_eq!(changes, [(Action::Update, rewritten), (Action::Delete, gone)]);
    // Nobody applies a kustomization that names a class which is not there.
    assert_eq!(plan.changes[1].needs, [plan.changes[0].id.clone()]);
    let text = kustomization(plan).unwrap();
    assert!(text.contains("helmCharts") && !text.contains("storageclass.yaml"), "{text}");
    assert!(plan.notes.iter().any(|note| note.contains("`module.b` needs it")), "{:?}", plan.notes);
}

#[test]
fn zones_carry_the_label_of_their_module_where_there_are_several() {
    let actual = account_and_cluster(three());
    let zones = |desired: &Desired| {
        let plan = efs::plan(desired, &actual).unwrap();
        plan.details["zones"].iter().map(|zone| zone.value["module"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(zones(&module("a", &json!({}))), [json!("a"), json!("a"), json!("a")]);
    assert_eq!(zones(&desired(&json!({}))), [Value::Null, Value::Null, Value::Null]);
}
