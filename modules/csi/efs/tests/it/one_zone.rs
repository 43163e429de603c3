//! Classes of a One Zone file system: where their pods go.

use serde_json::{Value, json};

use crate::world::{account, deployed_to_cluster, desired, planned, three};

/// Two classes of a One Zone file system with these inputs.
fn in_one_zone(own: &Value, beside: &Value) -> Value {
    let mut all = json!({
        "helm_chart_version": "4.4.1",
        "availability_zone_name": "eu-west-1a",
        "storage_classes": { "other": beside },
    });
    all.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    all
}

#[test]
fn every_class_whose_pods_may_leave_the_zone_of_a_one_zone_file_system_is_named() {
    let waits = json!({
        "volume_binding_mode": "WaitForFirstConsumer", "allowed_topologies": ["eu-west-1a"],
    });
    let affinity = json!({ "enforce_zone_affinity": true });
    let told = |own: &Value, beside: &Value| {
        let plan = planned(&desired(&in_one_zone(own, beside)), &account(three()));
        let mut warnings = plan.warnings.into_iter().map(|it| it.text);
        warnings.find(|it| it.contains("across zones"))
    };
    let both = told(&json!({}), &json!({})).unwrap();
    assert!(both.contains("`efs-sc`, `other`: AWS bills that traffic"), "{both}");
    let one = told(&affinity, &json!({})).unwrap();
    assert!(one.contains("by `other`:"), "{one}");
    assert_eq!(told(&affinity, &waits), None);
}

#[test]
fn a_class_keeps_its_first_pods_in_a_zone_and_is_replaced_where_that_changes() {
    let waits = json!({
        "volume_binding_mode": "WaitForFirstConsumer", "allowed_topologies": ["eu-west-1a"],
    });
    let found = deployed_to_cluster(&waits);
    let class = found.cluster.as_ref().unwrap().storage_class.as_ref().unwrap();
    assert_eq!(class.spec.allowed_topologies, ["topology.kubernetes.io/zone=eu-west-1a"]);
    assert!(planned(&desired(&waits), &found).is_settled());
    let mut more = waits.clone();
    more["allowed_topologies"] = json!(["eu-west-1a", "eu-west-1b"]);
    let plan = planned(&desired(&more), &found);
    let [change] = plan.changes.as_slice() else { panic!("{:#?}", plan.changes) };
    assert_eq!(change.action, plan::Action::Replace);

    let told = |more: &Value| {
        let told = crate::inputs::mistakes(more);
        assert_eq!(told.len(), 1, "{told:?}");
        told[0].1.clone()
    };
    let early = json!({ "allowed_topologies": ["eu-west-1a"] });
    assert!(told(&early).contains("keeps no pod in a zone"));
    let mut other = in_one_zone(&waits, &json!({}));
    other["allowed_topologies"] = json!(["eu-west-1b"]);
    assert!(told(&other).contains("leaves eu-west-1a out"));
}
