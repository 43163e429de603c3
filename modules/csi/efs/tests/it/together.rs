//! Several storage modules of one job: one driver for all of them.

use efs::resources::storage_class;
use efs::{Actual, Desired, OtherClass, Plan, destroy_together, plan_together};
use kubernetes::release;
use plan::{Action, Change, Scope};
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
    OtherClass { name: name.to_owned(), file_system: None }
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
