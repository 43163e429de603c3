//! What the inputs refuse, and in which words.

use inputs::{Given, GivenInputs};
use serde_json::{Value, json};

use crate::world::{account_and_cluster, desired, inputs, planned, three};

pub(crate) fn mistakes(more: &Value) -> Vec<(String, String)> {
    let mut all = json!({
        "aws_region": "eu-west-1",
        "cluster_name": "dev",
        "subnet_ids": ["subnet-00000001"],
        "security_group_id": "sg-00000001",
    });
    for (name, value) in more.as_object().unwrap() {
        all[name] = value.clone();
    }
    let given: GivenInputs = all
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), Given::Literal(value.clone())))
        .collect();
    match efs::Inputs::parse(&given) {
        Ok(_) => Vec::new(),
        Err(mistakes) => {
            mistakes.iter().map(|mistake| (mistake.input.to_owned(), mistake.to_string())).collect()
        }
    }
}

#[test]
fn the_seed_inputs_have_the_names_defaults_and_marks_that_were_promised() {
    let seed: Vec<(&str, Option<&str>, bool)> = efs::INPUTS
        .iter()
        .take(7)
        .map(|input| (input.name, input.default, input.required))
        .collect();
    assert_eq!(
        seed,
        [
            ("aws_region", None, true),
            ("cluster_name", None, true),
            ("subnet_ids", None, true),
            ("security_group_id", None, true),
            ("namespace", Some("kube-system"), false),
            ("storage_class_name", Some("efs-sc"), false),
            ("helm_chart_version", Some("2.4.5"), false),
        ]
    );
}

#[test]
fn what_aws_and_kubernetes_accept_is_accepted() {
    for good in [
        json!({ "cluster_name": "a".repeat(100) }),
        json!({ "storage_class_name": "a.b-c.9" }),
        json!({ "kms_key_id": "alias/graphs" }),
        json!({ "kms_key_id": "mrk-0123456789abcdef0123456789abcdef" }),
        json!({ "gid_range_start": 1000, "gid_range_end": "2000" }),
        json!({ "helm_chart_version": "2.5.0", "sub_path_pattern": "${.PVC.namespace}/${.PVC.name}" }),
        json!({ "directory_perms": 700 }),
        json!({ "tags": { "Übung": "a b+c" } }),
        json!({ "access_point_tags": { "team": "graphs" } }),
        json!({ "throughput_mode": "provisioned", "provisioned_throughput_in_mibps": 1.5 }),
        json!({ "performance_mode": "maxIO", "throughput_mode": "bursting" }),
        json!({ "nfs_client_cidr": "fd00::/8" }),
        json!({ "security_group_id": null, "security_group_ids": ["sg-00000001", "sg-00000002"] }),
        json!({ "security_group_ids": ["sg-00000001"] }),
        json!({ "security_group_ids": [] }),
        json!({ "security_group_ids": (1..6).map(|n| format!("sg-{n:08x}")).collect::<Vec<_>>() }),
        json!({ "lifecycle_policy": {} }),
        json!({ "deletion_policy": "retain" }),
        json!({ "deletion_policy": "retain", "file_system_id": "fs-00000001" }),
        json!({ "lifecycle_policy": {
            "transition_to_ia": "AFTER_7_DAYS",
            "transition_to_archive": "AFTER_14_DAYS",
            "transition_to_primary_storage_class": "AFTER_1_ACCESS",
        } }),
    ] {
        assert_eq!(mistakes(&good), [], "{good}");
    }
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let told = mistakes(&json!({
        "aws_region": "eu-west-1a",
        "namespace": "Kube_System",
        "uid": -1,
        "gid_range_start": 5,
        "tags": { "aws:x": "y", "ok": "\u{1b}" },
    }));
    let inputs: Vec<&str> = told.iter().map(|(input, _)| input.as_str()).collect();
    assert_eq!(inputs, ["aws_region", "namespace", "tags", "tags", "uid", "gid_range_start"]);
}

#[test]
fn a_tag_that_the_driver_cannot_put_on_access_points_is_a_mistake() {
    for (key, value, said) in [
        ("efs.csi.aws.com/cluster", "true", "the driver sets the tag"),
        ("cost center", "1", "without spaces and colons"),
        ("url", "https://example.com", "without spaces and colons"),
        ("team", "", "not empty"),
        ("clockwork-codex/cluster", "dev", "reserved"),
    ] {
        let told = mistakes(&json!({ "access_point_tags": { key: value } }));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].1.contains(said), "{told:?}");
    }
}

#[test]
fn a_parameter_that_the_driver_would_ignore_names_the_first_version_that_has_it() {
    for (input, value) in [
        ("sub_path_pattern", json!("${.PVC.name}")),
        ("ensure_unique_directory", json!(false)),
        ("reuse_access_point", json!(true)),
    ] {
        let told = mistakes(&json!({ input: value }));
        assert!(told.iter().any(|(_, told)| told.contains("2.5.0")), "{told:?}");
    }
    for (input, value, last_without, first) in [
        ("enforce_zone_affinity", json!(true), "3.3.0", "3.4.0"),
        ("enable_tagging", json!(false), "4.3.0", "4.4.0"),
        ("driver_host_network", json!(false), "2.5.5", "2.5.6"),
        ("driver_controller_priority_class", json!("high"), "2.5.5", "2.5.6"),
        ("driver_node_priority_class", json!("high"), "3.0.0", "3.0.1"),
        ("driver_volume_attach_limit", json!(50), "3.2.3", "3.2.4"),
        ("driver_max_inflight_mounts", json!(5), "3.2.3", "3.2.4"),
        ("driver_metrics", json!(true), "4.3.0", "4.4.0"),
    ] {
        let of = |version: &str| mistakes(&json!({ input: value, "helm_chart_version": version }));
        let told = of(last_without);
        let [(of_input, text)] = told.as_slice() else { panic!("{input}: {told:?}") };
        assert_eq!(of_input, input);
        assert!(text.contains("without a word") && text.contains(first), "{text}");
        assert_eq!(of(first), [], "{input}");
    }
}

/// The values that a release is given with these inputs.
fn release(more: &Value) -> Value {
    let inputs = inputs(more);
    inputs.driver(&inputs.owner()).release().unwrap().values.value
}

#[test]
fn driver_settings_become_the_values_of_the_charts_version() {
    let old = release(&json!({ "driver_replicas": 3, "driver_log_level": 5 }));
    assert_eq!((&old["replicaCount"], &old["controller"]["logLevel"]), (&json!(3), &json!(5)));
    assert_eq!(old["node"]["logLevel"], 5);
    let new = release(&json!({
        "helm_chart_version": "4.4.1",
        "driver_replicas": 1,
        "driver_tolerations": ["dedicated=graphs:NoSchedule", "CriticalAddonsOnly"],
        "driver_controller_node_selector": { "kubernetes.io/os": "linux" },
        "driver_node_resources": { "limits.memory": "2Gi", "requests.cpu": "100m" },
        "driver_volume_attach_limit": 40,
        "driver_metrics": true,
        "driver_service_monitor": true,
        // Whoever writes a value knows best.
        "helm_values": { "controller": { "replicaCount": 2 } },
    }));
    let controller = &new["controller"];
    assert_eq!((&new["replicaCount"], &controller["replicaCount"]), (&Value::Null, &json!(2)));
    assert_eq!(
        controller["tolerations"],
        json!([
            { "key": "efs.csi.aws.com/agent-not-ready", "operator": "Exists" },
            { "key": "dedicated", "operator": "Equal", "value": "graphs", "effect": "NoSchedule" },
            { "key": "CriticalAddonsOnly", "operator": "Exists" },
        ])
    );
    assert_eq!(controller["serviceMonitor"], json!({ "enabled": true }));
    // What the template sets is still there.
    assert_eq!(controller["serviceAccount"]["name"], "efs-csi-controller-sa");
    let node = &new["node"];
    let expected = json!({ "limits": { "memory": "2Gi" }, "requests": { "cpu": "100m" } });
    assert_eq!(node["resources"], expected);
    let limit = (&node["volumeAttachLimit"], &node["volumeAttachLimitOptIn"]);
    assert_eq!(limit, (&json!(40), &json!(true)));
}

#[test]
fn a_setting_that_kubernetes_or_the_driver_would_not_bear_is_a_mistake() {
    for (more, said) in [
        (json!({ "driver_replicas": 0 }), "from 1 to 10"),
        (json!({ "driver_tolerations": ["a=b:Never"] }), "no effect of a taint"),
        (json!({ "driver_tolerations": ["a b"] }), "`a b` is no taint"),
        (json!({ "driver_tolerations": ["a/b/c"] }), "no key of a label"),
        (json!({ "driver_node_selector": { "a": "b c" } }), "no value of a label"),
        (json!({ "driver_node_resources": { "memory": "1Gi" } }), "no request and no limit"),
        (json!({ "driver_node_resources": { "limits.memory": "much" } }), "no quantity"),
        (json!({ "az": "eu-west-1" }), "is no Availability Zone"),
        (
            json!({ "helm_chart_version": "4.4.0", "driver_service_monitor": true }),
            "metrics, which are off",
        ),
        // (100 × 12 + 10 × 30) × 1.5
        (
            json!({
                "helm_chart_version": "4.4.0",
                "driver_volume_attach_limit": 100,
                "driver_node_resources": { "limits.memory": "2249Mi" },
            }),
            "need 2250 MiB on a node",
        ),
        (
            json!({
                "helm_chart_version": "4.4.0",
                "enable_tagging": false,
                "access_point_tags": { "team": "graphs" },
            }),
            "refuses claims of a class without tags",
        ),
    ] {
        let told = mistakes(&more);
        assert_eq!(told.len(), 1, "{more}: {told:?}");
        assert!(told[0].1.contains(said), "{told:?}");
    }
    let enough = json!({
        "helm_chart_version": "4.4.0",
        "driver_volume_attach_limit": 100,
        "driver_node_resources": { "limits.memory": "2250Mi" },
    });
    assert_eq!(mistakes(&enough), []);
}

#[test]
fn a_class_gets_the_parameters_that_its_driver_knows() {
    let inputs = inputs(&json!({
        "helm_chart_version": "4.4.1",
        "az": "eu-west-1b",
        "enforce_zone_affinity": true,
        "enable_tagging": false,
    }));
    let owner = inputs.owner();
    let id = plan::Known::Now(efs::FileSystemId::try_from("fs-00000001").unwrap());
    let parameters = inputs.storage_class(&owner, &id).spec().parameters;
    let text = |name: &str| parameters[name].to_string();
    assert_eq!(text("az"), "eu-west-1b");
    assert_eq!(
        (text("enforceZoneAffinity"), text("enableTagging")),
        ("true".into(), "false".into())
    );
}

#[test]
fn a_reused_access_point_is_never_deleted_under_the_claims_that_share_it() {
    let reused = |more: &Value| {
        let mut all = json!({ "helm_chart_version": "2.5.7", "reuse_access_point": true });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    for given in [json!({}), json!({ "reclaim_policy": "Delete" })] {
        let told = mistakes(&reused(&given));
        assert!(told[0].1.contains("takes it away from the others"), "{told:?}");
    }
    let kept = reused(&json!({ "reclaim_policy": "Retain" }));
    let plan = planned(&desired(&kept), &account_and_cluster(three()));
    assert!(plan.notes.iter().any(|note| note.contains("claims of one name")), "{:?}", plan.notes);
}

#[test]
fn what_would_change_an_adopted_file_system_is_a_mistake() {
    let told = mistakes(
        &json!({ "file_system_id": "fs-0000000a", "encrypted": true, "throughput_mode": "elastic" }),
    );
    assert_eq!(told.len(), 2, "{told:?}");
}

#[test]
fn an_adopted_file_system_is_never_deleted_so_that_asking_for_it_is_a_mistake() {
    let delete = json!({ "file_system_id": "fs-0000000a", "deletion_policy": "delete" });
    assert!(mistakes(&delete)[0].1.contains("never deleted"), "{:?}", mistakes(&delete));
    let keep = mistakes(&json!({ "deletion_policy": "keep" }));
    assert!(keep[0].1.contains("`delete`, `retain`"), "{keep:?}");
}

#[test]
fn a_lifecycle_policy_that_efs_would_refuse_is_a_mistake() {
    for (policy, more, said) in [
        (json!({ "to_ia": "AFTER_30_DAYS" }), json!({}), "`transition_to_ia`"),
        (
            json!({ "transition_to_ia": "AFTER_31_DAYS" }),
            json!({}),
            "`AFTER_31_DAYS` is not one of",
        ),
        (
            json!({ "transition_to_primary_storage_class": "AFTER_7_DAYS" }),
            json!({}),
            "AFTER_1_ACCESS",
        ),
        (
            json!({ "transition_to_ia": "AFTER_30_DAYS", "transition_to_archive": "AFTER_30_DAYS" }),
            json!({}),
            "is not later than",
        ),
        (
            json!({ "transition_to_archive": "AFTER_90_DAYS" }),
            json!({ "throughput_mode": "bursting" }),
            "needs elastic throughput",
        ),
    ] {
        let mut inputs = more;
        inputs["lifecycle_policy"] = policy;
        let told = mistakes(&inputs);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].1.contains(said), "{told:?}");
    }
    let adopted = json!({ "file_system_id": "fs-0000000a", "lifecycle_policy": {} });
    assert_eq!(mistakes(&adopted).len(), 1);
}

#[test]
fn the_directory_of_a_volume_is_judged_as_a_whole() {
    let path = |given: &str| inputs(&json!({ "base_path": given })).storage_class.base_path;
    assert_eq!(path("/"), None);
    assert_eq!(path("/a//b/"), Some("/a/b".to_owned()));
    let told = mistakes(&json!({ "base_path": format!("/{}", "a".repeat(80)) }));
    assert_eq!(told.len(), 1, "{told:?}");
    let told = mistakes(&json!({
        "helm_chart_version": "2.5.0", "base_path": "/a/b/c", "sub_path_pattern": "d/${.PVC.name}"
    }));
    assert!(told[0].1.contains("5 levels"), "{told:?}");
}

#[test]
fn the_name_of_cluster_and_class_is_one_that_aws_takes() {
    let long = json!({ "cluster_name": "a".repeat(100), "storage_class_name": "b".repeat(200) });
    let told = mistakes(&long);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].1.contains("301 characters"), "{told:?}");
    let mut named = long;
    named["tags"] = json!({ "Name": "graphs" });
    assert_eq!(mistakes(&named), []);
}

#[test]
fn security_groups_that_efs_would_refuse_are_a_mistake() {
    let alone = |groups: Value| json!({ "security_group_id": null, "security_group_ids": groups });
    for (more, input, said) in [
        (
            json!({ "security_group_id": null }),
            "security_group_id",
            "or `security_group_ids`, or `security_group`",
        ),
        (alone(json!([])), "security_group_ids", "is empty"),
        (alone(json!("sg-00000001")), "security_group_ids", "takes a list(string)"),
        (alone(json!(["sg-00000001", "sg-00000001"])), "security_group_ids", "more than once"),
        (alone(json!(["sg-1"])), "security_group_ids", "`sg-1` is not a security group id"),
        (
            json!({ "security_group_ids": (2..7).map(|n| format!("sg-{n:08x}")).collect::<Vec<_>>() }),
            "security_group_ids",
            "6 security groups are too many together with `security_group_id`",
        ),
    ] {
        let told = mistakes(&more);
        assert_eq!(told.len(), 1, "{more}: {told:?}");
        assert_eq!(told[0].0, input);
        assert!(told[0].1.contains(said), "{told:?}");
    }
    // Every wrong element is named.
    assert_eq!(mistakes(&alone(json!(["sg-1", "sg-2"]))).len(), 2);
}

#[test]
fn a_list_of_security_groups_takes_the_one_of_a_network_and_no_other_output() {
    let parsed = |elements: Vec<Given>| {
        let mut given: GivenInputs = [
            ("aws_region", json!("eu-west-1")),
            ("cluster_name", json!("dev")),
            ("subnet_ids", json!(["subnet-00000001"])),
        ]
        .map(|(name, value)| (name.to_owned(), Given::Literal(value)))
        .into();
        given.insert("security_group_ids".to_owned(), Given::List(elements));
        efs::Inputs::parse(&given)
    };
    let output =
        |output: &str| Given::Output { module: "network".to_owned(), output: output.to_owned() };
    let other = || Given::Literal(json!("sg-00000002"));
    let groups = parsed(vec![output("security_group_id"), other()]).unwrap().security_groups;
    let listed = efs::Group::Listed(network::SecurityGroupId::try_from("sg-00000002").unwrap());
    assert_eq!(groups, [efs::Group::FromNetwork("network".to_owned()), listed]);
    let mistakes = parsed(vec![output("vpc_id"), other()]).unwrap_err();
    assert!(mistakes[0].remedy.contains("module.network.security_group_id"), "{mistakes:?}");
}
