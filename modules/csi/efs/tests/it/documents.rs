//! The documents, whole.

use efs::{DOCUMENTS, FileSystemId, Inputs};
use plan::Known;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::inputs;

/// The documents of every deployment.
const OF_ALL: [&str; 3] = ["values.yaml", "storageclass.yaml", "kustomization.yaml"];

fn render(document: &str, inputs: &Inputs) -> String {
    let id = Known::Now(FileSystemId::try_from("fs-0123456789abcdef0").unwrap());
    let all = efs::documents(inputs, &id).unwrap();
    all.into_iter().find(|(name, _)| *name == document).unwrap().1.now().unwrap()
}

/// Every input of the class and the driver, set.
fn everything() -> Value {
    json!({
        "namespace": "storage",
        "storage_class_name": "graphs.shared",
        "helm_chart_version": "4.4.1",
        "driver_role_arn": "arn:aws:iam::111122223333:role/efs-csi",
        "tags": { "team": "graphs", "cost center": "a b", "url": "https://example.com" },
        "access_point_tags": { "team": "graphs" },
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
    for document in OF_ALL {
        insta::assert_snapshot!(
            format!("defaults_{}", document),
            render(document, &inputs(&json!({})))
        );
    }
}

#[test]
fn the_volumes_of_access_points_are_a_document_of_their_own() {
    let points = json!({
        "datasets": { "claim": { "namespace": "graphs", "size": "100Gi", "mount_options": ["iam"] } },
        "logs": { "volume": { "size": "1Gi" } },
    });
    let more = json!({
        "access_points": points,
        "availability_zone_name": "eu-west-1a",
        "storage_classes": { "efs-store": { "uid": 1001, "gid": 1001 } },
    });
    let all = efs::rendered(&inputs(&more), "fs-0123456789abcdef0").unwrap();
    let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, DOCUMENTS);
    insta::assert_snapshot!("volumes.yaml", all[3].1);
}

#[test]
fn images_come_from_the_registry_that_is_named_unless_a_value_says_otherwise() {
    let values = |more: &Value| {
        let text = render("values.yaml", &inputs(more));
        serde_norway::from_str::<Value>(&text).unwrap()
    };
    let eks = values(&json!({ "image_registry": "eks" }));
    let registry = "602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks";
    assert_eq!(eks["image"]["repository"], format!("{registry}/aws-efs-csi-driver"));
    for (sidecar, image) in [
        ("livenessProbe", "livenessprobe"),
        ("nodeDriverRegistrar", "csi-node-driver-registrar"),
        ("csiProvisioner", "csi-provisioner"),
    ] {
        let repository = &eks["sidecars"][sidecar]["image"]["repository"];
        assert_eq!(*repository, format!("{registry}/{image}"));
    }
    let own = values(&json!({
        "image_registry": "mirror.example.com/aws",
        "helm_values": { "image": { "repository": "mirror.example.com/own/driver" } },
    }));
    assert_eq!(own["image"]["repository"], "mirror.example.com/own/driver");
    let provisioner = &own["sidecars"]["csiProvisioner"]["image"]["repository"];
    assert_eq!(*provisioner, "mirror.example.com/aws/csi-provisioner");
    assert!(values(&json!({})).get("image").is_none());
}

#[test]
fn the_documents_of_everything_set() {
    for document in OF_ALL {
        insta::assert_snapshot!(
            format!("everything_{}", document),
            render(document, &inputs(&everything()))
        );
    }
}

#[test]
fn a_class_has_a_slot_where_its_file_system_is_known_later() {
    let inputs = inputs(&json!({}));
    let later = Known::After("file_system".into());
    let all = efs::documents(&inputs, &later).unwrap();
    for (name, text) in all {
        let resolved = text
            .resolve(|change| {
                assert_eq!(*change, "file_system");
                Ok::<_, std::convert::Infallible>("fs-0123456789abcdef0".to_owned())
            })
            .unwrap();
        assert_eq!(text.now().is_none(), name == "storageclass.yaml");
        assert_eq!(resolved, render(name, &inputs));
    }
}

#[test]
fn a_role_that_the_same_plan_makes_is_named_by_the_service_accounts_when_it_is_there() {
    let more =
        json!({ "helm_values": { "node": { "tolerations": [] } }, "mount_options": ["iam"] });
    let inputs = inputs(&more);
    let owner = inputs.owner();
    let mut driver = inputs.driver(&owner);
    driver.role = Some(Known::After("iam_role".into()));
    let values = driver.release().unwrap().values;
    let arn = "arn:aws:iam::111122223333:role/efs";
    let annotated = |values: &Value, whose: &str| {
        values[whose]["serviceAccount"]["annotations"]["eks.amazonaws.com/role-arn"].clone()
    };
    for whose in ["controller", "node"] {
        assert_eq!(annotated(&values.value, whose), json!("(known after apply)"));
    }
    let role = |change: &plan::ChangeId| {
        assert_eq!(*change, "iam_role");
        Ok::<_, std::convert::Infallible>(arn.to_owned())
    };
    let resolved = values.resolve(role).unwrap();
    for whose in ["controller", "node"] {
        assert_eq!(annotated(&resolved, whose), json!(arn));
    }
    // A document in a directory is the same.
    let text = driver.values().unwrap().resolve(role).unwrap();
    assert_eq!(serde_norway::from_str::<Value>(&text).unwrap(), resolved);
}

#[test]
fn nothing_but_the_drivers_own_tag_is_put_on_access_points_unless_it_is_asked_for() {
    let text = render("values.yaml", &inputs(&json!({ "tags": { "team": "graphs" } })));
    let values: Value = serde_norway::from_str(&text).unwrap();
    assert_eq!(values["controller"]["tags"], Value::Null);
}

#[test]
fn values_follow_the_chart_version() {
    let replicas = |version: &str| {
        let text = render("values.yaml", &inputs(&json!({ "helm_chart_version": version })));
        let values: Value = serde_norway::from_str(&text).unwrap();
        (values["replicaCount"].clone(), values["controller"]["replicaCount"].clone())
    };
    assert_eq!(replicas("2.4.5"), (json!(2), Value::Null));
    assert_eq!(replicas("3.0.8"), (json!(2), Value::Null));
    assert_eq!(replicas("3.1.1"), (Value::Null, json!(2)));
    assert_eq!(replicas("4.4.1"), (Value::Null, json!(2)));
}

#[test]
fn every_parameter_of_a_class_is_text() {
    let class: Value =
        serde_norway::from_str(&render("storageclass.yaml", &inputs(&everything()))).unwrap();
    for (key, value) in class["parameters"].as_object().unwrap() {
        assert!(value.is_string(), "{key} is {value}");
    }
}

#[test]
fn the_file_system_of_a_class_can_be_read_back() {
    let named = |text: &str| {
        efs::file_system_of(&[("storageclass.yaml".to_owned(), text.to_owned())].into())
    };
    let text = render("storageclass.yaml", &inputs(&json!({})));
    assert_eq!(named(&text).as_deref(), Some("fs-0123456789abcdef0"));
    assert_eq!(named("not: a class"), None);
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
        let parse = |inputs| serde_norway::from_str::<Value>(&render("storageclass.yaml", inputs)).unwrap();
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
        let class: Value = serde_norway::from_str(&render("storageclass.yaml", &inputs)).unwrap();
        prop_assert_eq!(&class["mountOptions"], &json!([option]));
        prop_assert_eq!(&class["parameters"]["basePath"], &json!(path));
    }

    #[test]
    fn any_tag_that_passes_the_rules_keeps_the_values_one_document(
        key in "[\\p{L}\\p{N}_.=+@/-]{1,40}",
        value in "[\\p{L}\\p{N}_.=+@/-]{1,60}",
    ) {
        prop_assume!(!key.to_lowercase().starts_with("aws:") && !key.starts_with("clockwork-codex/"));
        let inputs = inputs(&json!({ "access_point_tags": { key.clone(): value.clone() } }));
        let text = render("values.yaml", &inputs);
        let values: Value = serde_norway::from_str(&text).unwrap();
        prop_assert_eq!(&values["controller"]["tags"], &json!({ key: value }));
    }
}
