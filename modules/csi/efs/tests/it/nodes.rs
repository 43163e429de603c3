//! Nodes that do not take any pod: what a plan warns of, and where it is silent.

use efs::{Node, Taint};
use serde_json::{Value, json};

use crate::world::{account_and_cluster, desired, planned, three};

/// A node in a zone of the subnets, with a taint where one is given as `KEY=VALUE:EFFECT`.
fn node(name: &str, taint: Option<&str>) -> Node {
    let taint = taint.map(|text| {
        let (taint, effect) = text.split_once(':').unwrap();
        let (key, value) = taint.split_once('=').unwrap_or((taint, ""));
        Taint::new(key, value, effect)
    });
    Node {
        name: name.to_owned(),
        zone: Some("eu-west-1a".to_owned()),
        taints: taint.into_iter().collect(),
        ..Node::default()
    }
}

/// What is warned of with these inputs and nodes.
fn warned(more: &Value, nodes: &[Node]) -> Vec<String> {
    let mut inputs = json!({ "uid": 1001, "gid": 1001 });
    inputs.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let mut actual = account_and_cluster(three());
    actual.cluster.as_mut().unwrap().nodes = nodes.to_vec();
    let warnings = planned(&desired(&inputs), &actual).warnings;
    warnings.into_iter().map(|warning| format!("{}; {}", warning.text, warning.remedy)).collect()
}

#[test]
fn nodes_that_take_the_controller_are_passed_over_in_silence() {
    let open = [node("a", None), node("b", None)];
    assert_eq!(warned(&json!({}), &open), [""; 0]);
    // Nothing is known of a cluster whose nodes come with its pods.
    assert_eq!(warned(&json!({}), &[]), [""; 0]);
    let passing = [
        node("a", Some("node.kubernetes.io/not-ready:NoSchedule")),
        node("b", Some("gpu:PreferNoSchedule")),
    ];
    assert_eq!(warned(&json!({}), &passing), [""; 0]);
}

#[test]
fn a_taint_on_every_node_that_the_controller_does_not_tolerate_is_told_with_the_value_to_set() {
    let gpu = [
        node("a", Some("nvidia.com/gpu=true:NoSchedule")),
        node("b", Some("nvidia.com/gpu=true:NoSchedule")),
    ];
    let told = warned(&json!({}), &gpu);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("(nvidia.com/gpu)") && told[0].contains("`controller.tolerations`"));
    assert!(told[0].contains("`driver_tolerations`"), "{told:?}");
    let input = |taint: &str| json!({ "driver_tolerations": [taint] });
    assert_eq!(warned(&input("nvidia.com/gpu"), &gpu), [""; 0]);
    assert_eq!(warned(&input("nvidia.com/other"), &gpu).len(), 1);
    // The user's values win over the input.
    let mut both = input("nvidia.com/gpu");
    both["helm_values"] = json!({ "controller": { "tolerations": [] } });
    assert_eq!(warned(&both, &gpu).len(), 1);
    let tolerates = |toleration: Value| json!({ "helm_values": { "controller": { "tolerations": [toleration] } } });
    for toleration in [
        json!({ "operator": "Exists" }),
        json!({ "key": "nvidia.com/gpu", "operator": "Exists" }),
        json!({ "key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule" }),
    ] {
        assert_eq!(warned(&tolerates(toleration.clone()), &gpu), [""; 0], "{toleration}");
    }
    for toleration in [
        json!({ "key": "nvidia.com/gpu", "value": "false" }),
        json!({ "key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoExecute" }),
    ] {
        assert_eq!(warned(&tolerates(toleration.clone()), &gpu).len(), 1, "{toleration}");
    }
    // The default of newer charts.
    let critical = [node("a", Some("CriticalAddonsOnly=true:NoSchedule"))];
    assert_eq!(warned(&json!({ "helm_chart_version": "4.4.1" }), &critical), [""; 0]);
    assert_eq!(warned(&json!({}), &critical).len(), 1);
    let skipped = warned(&json!({ "driver": "skip" }), &critical);
    assert!(skipped.iter().all(|warning| !warning.contains("taint")), "{skipped:?}");
}

#[test]
fn a_cluster_of_fargate_or_windows_alone_has_no_place_for_the_driver() {
    let fargate = Node { fargate: true, ..node("a", None) };
    let windows = Node { windows: true, ..node("b", None) };
    let told = warned(&json!({}), &[fargate.clone(), windows.clone()]);
    assert!(told[0].contains("of Fargate or run Windows"), "{told:?}");
    let mixed = [fargate, windows, node("c", None), node("d", None)];
    assert_eq!(warned(&json!({}), &mixed), [""; 0]);
}

#[test]
fn two_replicas_on_the_ports_of_their_node_need_two_nodes() {
    let one = [node("a", None), node("b", Some("gpu:NoSchedule"))];
    let told = warned(&json!({}), &one);
    assert!(told[0].contains("2 replicas") && told[0].contains("1 node "), "{told:?}");
    assert!(told[0].contains("`driver_replicas`"), "{told:?}");
    let single = json!({ "helm_values": { "replicaCount": 1 } });
    assert_eq!(warned(&single, &one), [""; 0]);
    assert_eq!(warned(&json!({ "driver_replicas": 1 }), &one), [""; 0]);
    let three = warned(&json!({ "driver_replicas": 3 }), &one);
    assert!(three[0].contains("3 replicas"), "{three:?}");
    assert_eq!(warned(&json!({ "helm_chart_version": "4.4.1" }), &one), [""; 0]);
}

#[test]
fn nodes_of_a_zone_without_a_mount_target_are_told() {
    let far = Node { zone: Some("eu-west-1f".to_owned()), ..node("c", None) };
    let told = warned(&json!({}), &[node("a", None), node("b", None), far]);
    assert!(told[0].contains("nodes are in eu-west-1f"), "{told:?}");
    assert!(told[0].contains("`subnet_ids`"), "{told:?}");
}

#[test]
fn a_second_default_class_is_told_where_ours_is_one() {
    let mut actual = account_and_cluster(three());
    actual.cluster.as_mut().unwrap().default_classes = vec!["gp3".to_owned()];
    let warned = |more: &Value| planned(&desired(more), &actual).warnings;
    let inputs = json!({ "uid": 1001, "gid": 1001, "default_storage_class": true });
    let told = warned(&inputs);
    assert!(told[0].text.contains("another default class, `gp3`"), "{told:?}");
    assert_eq!(warned(&json!({ "uid": 1001, "gid": 1001 })), []);
}
