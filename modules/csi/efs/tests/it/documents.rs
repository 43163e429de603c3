//! The documents, whole.

use efs::{Document, Inputs};
use network::FileSystemId;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::inputs;

fn render(document: Document, inputs: &Inputs) -> String {
    document.render(inputs, &FileSystemId::try_from("fs-0123456789abcdef0").unwrap()).unwrap()
}

/// Every input of the class and the driver, set.
fn everything() -> Value {
    json!({
        "namespace": "storage",
        "storage_class_name": "graphs.shared",
        "helm_chart_version": "4.4.1",
        "driver_role_arn": "arn:aws:iam::111122223333:role/efs-csi",
        "tags": { "team": "graphs", "cost center": "a b", "url": "https://example.com" },
        "directory_perms": "0770",
        "uid": 1001,
        "gid": 1001,
        "gid_range_start": 2000,
        "gid_range_end": 3000,
        "base_path": "/graphscope",
        "sub_path_pattern": "${.PVC.namespace}/${.PVC.name}",
        "ensure_unique_directory": false,
        "reuse_access_point": true,
        "reclaim_policy": "Retain",
        "volume_binding_mode": "WaitForFirstConsumer",
        "mount_options": ["iam", "lookupcache=pos"],
        "allow_volume_expansion": false,
        "storage_class_labels": { "team": "graphs" },
        "storage_class_annotations": { "example.com/why": "said: \"yes\"\n# no" },
        "default_storage_class": true,
    })
}

#[test]
fn the_documents_of_the_defaults() {
    for document in Document::ALL {
        insta::assert_snapshot!(
            format!("defaults_{}", document.file_name()),
            render(document, &inputs(&json!({})))
        );
    }
}

#[test]
fn the_documents_of_everything_set() {
    for document in Document::ALL {
        insta::assert_snapshot!(
            format!("everything_{}", document.file_name()),
            render(document, &inputs(&everything()))
        );
    }
}

#[test]
fn the_documents_of_a_proof() {
    let proof = efs::Proof::new(&inputs(&json!({})), "0f1e".to_owned(), "busybox".to_owned(), 2);
    insta::assert_snapshot!(proof.namespace_document().unwrap());
    insta::assert_snapshot!(proof.claim_document().unwrap());
    insta::assert_snapshot!(proof.pod_document(&proof.team()[1]).unwrap());
}

#[test]
fn the_cluster_of_containers_shares_a_folder_among_two_workers() {
    let mut cluster = efs::KindCluster {
        image: Some("kindest/node:v1.35.0".to_owned()),
        shared: "/tmp/shared".to_owned(),
        mounted: "/shared".to_owned(),
    };
    insta::assert_snapshot!(cluster.document().unwrap());
    cluster.image = None;
    let parsed: Value = serde_norway::from_str(&cluster.document().unwrap()).unwrap();
    assert_eq!(parsed["nodes"].as_array().map(Vec::len), Some(3));
    assert_eq!(parsed["nodes"][2]["extraMounts"][0]["hostPath"], "/tmp/shared");
}

#[test]
fn values_follow_the_chart_version() {
    let replicas = |version: &str| {
        let text =
            render(Document::ChartValues, &inputs(&json!({ "helm_chart_version": version })));
        let values: Value = serde_norway::from_str(&text).unwrap();
        (values["replicaCount"].clone(), values["controller"]["replicaCount"].clone())
    };
    assert_eq!(replicas("2.4.5"), (json!(2), Value::Null));
    assert_eq!(replicas("3.0.9"), (json!(2), Value::Null));
    assert_eq!(replicas("3.1.0"), (Value::Null, json!(2)));
    assert_eq!(replicas("4.4.1"), (Value::Null, json!(2)));
}

#[test]
fn every_parameter_of_a_class_is_text() {
    let class: Value =
        serde_norway::from_str(&render(Document::StorageClass, &inputs(&everything()))).unwrap();
    for (key, value) in class["parameters"].as_object().unwrap() {
        assert!(value.is_string(), "{key} is {value}");
    }
}

#[test]
fn the_file_system_of_a_class_can_be_read_back() {
    let text = render(Document::StorageClass, &inputs(&json!({})));
    assert_eq!(efs::file_system_of(&text).as_deref(), Some("fs-0123456789abcdef0"));
    assert_eq!(efs::file_system_of("not: a class"), None);
}

/// The keys of every map in a document, in order.
fn keys(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                into.push(key.clone());
                keys(value, into);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| keys(value, into)),
        _ => {}
    }
}

proptest! {
    #[test]
    fn any_annotation_comes_back_as_itself_and_adds_no_key(text in any::<String>()) {
        let plain = inputs(&json!({ "storage_class_annotations": { "a": "b" } }));
        let odd = inputs(&json!({ "storage_class_annotations": { "a": text } }));
        let parse = |inputs| serde_norway::from_str::<Value>(&render(Document::StorageClass, inputs)).unwrap();
        let (plain, odd) = (parse(&plain), parse(&odd));
        prop_assert_eq!(&odd["metadata"]["annotations"]["a"], &json!(text));
        let (mut before, mut after) = (Vec::new(), Vec::new());
        keys(&plain, &mut before);
        keys(&odd, &mut after);
        prop_assert_eq!(before, after);
    }

    #[test]
    fn any_mount_option_and_path_that_passes_the_rules_comes_back_as_itself(
        option in "[^\\s,\\p{C}]{1,40}",
        level in "[^/.\\p{C}$#<>;`|&?{}^*]{1,20}",
    ) {
        let path = format!("/{level}");
        prop_assume!(path.len() <= 59);
        let inputs = inputs(&json!({ "mount_options": [option], "base_path": path }));
        let class: Value = serde_norway::from_str(&render(Document::StorageClass, &inputs)).unwrap();
        prop_assert_eq!(&class["mountOptions"], &json!([option]));
        prop_assert_eq!(&class["parameters"]["basePath"], &json!(path));
    }

    #[test]
    fn any_tag_that_passes_the_rules_keeps_the_values_one_document(
        key in "[\\p{L}\\p{N}_.=+@/-]{1,40}",
        value in "[\\p{L}\\p{N} _.=+:@/-]{0,60}",
    ) {
        prop_assume!(!key.to_lowercase().starts_with("aws:") && !key.starts_with("clockwork-codex/"));
        let inputs = inputs(&json!({ "tags": { key.clone(): value.clone() } }));
        let text = render(Document::ChartValues, &inputs);
        let values: Value = serde_norway::from_str(&text).unwrap();
        let told = &values["controller"]["tags"][&key];
        let passes = key != "Name" && !value.is_empty() && !value.contains([' ', ':']);
        let expected = if passes { json!(value) } else { Value::Null };
        prop_assert_eq!(told, &expected);
    }
}
