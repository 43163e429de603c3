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

/// The plan of these inputs in a cluster of these nodes.
fn plan_of(more: &Value, nodes: &[Node]) -> efs::Plan {
    let mut inputs = json!({ "uid": 1001, "gid": 1001 });
    inputs.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let mut actual = account_and_cluster(three());
    actual.cluster.as_mut().unwrap().nodes = nodes.to_vec();
    planned(&desired(&inputs), &actual)
}

/// What is warned of with these inputs and nodes.
fn warned(more: &Value, nodes: &[Node]) -> Vec<String> {
    let warnings = plan_of(more, nodes).warnings.into_iter();
    warnings.map(|warning| format!("{}; {}", warning.text, warning.remedy)).collect()
}

/// What is noted of nodes that do not take the driver.
fn noted(nodes: &[Node]) -> Vec<String> {
    let all = plan_of(&json!({}), nodes).notes.into_iter();
    all.filter(|note| note.contains("the driver does not run on")).collect()
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

/// A node with a label.
fn labelled(name: &str, label: &str, value: &str) -> Node {
    let labels = [(label.to_owned(), value.to_owned())].into();
    Node { labels, ..node(name, None) }
}

#[test]
fn nodes_of_arm_with_gpus_and_of_bottlerocket_take_the_driver() {
    let arm = labelled("arm", "kubernetes.io/arch", "arm64");
    let gpu = node("gpu", Some("nvidia.com/gpu=true:NoSchedule"));
    let bottlerocket = labelled("bottlerocket", "node.kubernetes.io/os-distro", "bottlerocket");
    let nodes = [arm, gpu, bottlerocket];
    assert_eq!(warned(&json!({}), &nodes), [""; 0], "the chart's DaemonSet tolerates every taint");
    assert_eq!(noted(&nodes), [""; 0]);
}

#[test]
fn nodes_that_never_take_the_driver_are_noted_with_the_cause_and_the_remedy() {
    let open = [node("c", None), node("d", None)];
    let fargate = |name: &str| Node { fargate: true, ..node(name, None) };
    let windows = Node { windows: true, ..node("windows-1", None) };
    let power = labelled("power", "kubernetes.io/arch", "ppc64le");
    for (node, name, cause, remedy) in [
        (fargate("fargate-1"), "fargate-1", "Fargate runs no DaemonSet", "no Fargate profile"),
        (windows, "windows-1", "they run Windows", "`kubernetes.io/os: linux`"),
        (power, "power", "no image for ppc64le", "`kubernetes.io/arch`"),
    ] {
        let told = noted(&[&open[..], &[node]].concat());
        assert_eq!(told.len(), 1, "{told:?}");
        assert!([name, cause, remedy].iter().all(|words| told[0].contains(words)), "{told:?}");
    }
    let many: Vec<Node> = (0..5).map(|n| fargate(&format!("fargate-{n}"))).chain(open).collect();
    let told = noted(&many);
    assert!(told[0].contains("fargate-0, fargate-1, fargate-2 and 2 more"), "{told:?}");
}

#[test]
fn nodes_that_values_keep_the_daemon_set_off_are_warned_of() {
    let chosen = labelled("chosen", "storage", "efs");
    let gpu = node("gpu", Some("nvidia.com/gpu=true:NoSchedule"));
    for (values, other, cause, remedy) in [
        (
            json!({ "tolerations": [] }),
            gpu,
            "leaves out their taint nvidia.com/gpu",
            "add it there",
        ),
        (
            json!({ "nodeSelector": { "storage": "efs" } }),
            node("other", None),
            "asks for the label storage",
            "give them the label",
        ),
    ] {
        let more = json!({ "helm_values": { "node": values } });
        let told = warned(&more, &[chosen.clone(), chosen.clone(), other.clone()]);
        assert_eq!(told.len(), 1, "{told:?}");
        let words = [cause, remedy, &other.name];
        assert!(words.iter().all(|words| told[0].contains(words)), "{told:?}");
    }
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
