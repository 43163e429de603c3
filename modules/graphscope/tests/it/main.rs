//! The workloads as their users meet them: inputs in, claims, values and documents out.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod examples;
mod plans;
mod stores;

use std::collections::BTreeMap;
use std::path::Path;

use graphscope::{DIRECTORIES, Inputs, Workload, documents};
use inputs::{Given, Mistake};
use kubernetes::{ChartValues, unknown_keys, unread_keys};
use serde_json::{Value, json};

const KINDS: [&str; 3] = ["engine", "store", "interactive"];

fn parse(kind: &str, more: &Value) -> Result<Inputs, Vec<Mistake>> {
    let mut all = json!({ "kind": kind, "storage_class_name": "efs-sc" });
    for (name, value) in more.as_object().unwrap() {
        all[name] = value.clone();
    }
    let given = all.as_object().unwrap().iter();
    Inputs::parse(
        &given.map(|(name, value)| (name.clone(), Given::Literal(value.clone()))).collect(),
    )
}

fn inputs(kind: &str, more: &Value) -> Inputs {
    parse(kind, more).unwrap()
}

fn mistake(kind: &str, more: &Value) -> String {
    parse(kind, more).unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_documents_of_every_kind() {
    for kind in KINDS {
        for (name, text) in documents(&inputs(kind, &json!({})), &[]).unwrap() {
            insta::assert_snapshot!(format!("{kind}_{name}"), text);
        }
    }
}

#[test]
fn the_documents_of_everything_set() {
    let more = json!({
        "name": "fraud",
        "namespace": "graphs",
        "directories": { "datasets": "1Ti", "checkpoints": "200Gi" },
        "helm_chart": "./charts/graphscope",
        "helm_values": { "engines": { "num_workers": 8 }, "volumes": { "items": { "datasets": { "field": { "readOnly": true } } } } },
    });
    for (name, text) in documents(&inputs("engine", &more), &[]).unwrap() {
        insta::assert_snapshot!(format!("everything_{name}"), text);
    }
}

/// The value paths of the real chart, in a small one of our own.
fn chart(kind: Workload) -> ChartValues {
    let folder = format!("{}/../../tests/charts/{}", env!("CARGO_MANIFEST_DIR"), kind.chart());
    let mut files = BTreeMap::new();
    read(Path::new(&folder), "", &mut files);
    ChartValues::of_files(&files).unwrap()
}

fn read(folder: &Path, within: &str, into: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{within}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            read(&path, &format!("{name}/"), into);
        } else {
            into.insert(name, std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_value_has_the_path_that_the_chart_reads() {
    for kind in KINDS {
        let inputs = inputs(kind, &json!({}));
        let values = inputs.release_values().unwrap();
        let chart = chart(inputs.kind);
        assert_eq!(unknown_keys(&chart, &values), [], "{kind}");
        assert_eq!(unread_keys(&chart, &values), [""; 0], "{kind}");
    }
}

#[test]
fn a_wrong_path_would_be_found() {
    let wrong = json!({
        "logPersistence": { "storageClass": "efs-sc", "existing_claim": "a", "size": "2Gi" },
        "kafka": { "persistence": { "storageClass": "gp3", "class": "gp3" } },
        "Example": 1,
    });
    let chart = chart(Workload::Store);
    let unknown = unknown_keys(&chart, &wrong);
    let paths: Vec<&str> = unknown.iter().map(|key| key.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "Example",
            "kafka.persistence.class",
            "logPersistence.existing_claim",
            "logPersistence.storageClass",
        ]
    );
    assert_eq!(unread_keys(&chart, &wrong), ["logPersistence.size"]);
}

#[test]
fn values_name_the_claims_that_are_made_beforehand() {
    for kind in KINDS {
        let inputs = inputs(kind, &json!({ "name": "fraud" }));
        let values = inputs.release_values().unwrap().to_string();
        for claim in inputs.claims() {
            assert!(values.contains(&format!("\"{}\"", claim.name)), "{kind}: {}", claim.name);
        }
    }
    // The store's pods have a claim each, which its chart makes.
    let store = inputs("store", &json!({}));
    assert_eq!(store.claims().len(), 1);
    assert_eq!(store.release_values().unwrap()["store"]["persistence"]["size"], "100Gi");
}

#[test]
fn kafka_and_zookeeper_never_get_the_class_of_the_data() {
    let values = |more: &Value| inputs("store", more).release_values().unwrap();
    let own = values(&json!({}));
    assert_eq!(own["persistence"]["storageClass"], "efs-sc");
    // Helm hands it to the charts below, where it wins over their own.
    assert_eq!(own["global"], Value::Null);
    assert_eq!(own["kafka"], Value::Null);
    let given = values(&json!({ "kafka_storage_class": "gp3" }));
    let chart = chart(Workload::Store);
    assert_eq!(unknown_keys(&chart, &given), []);
    assert_eq!(unread_keys(&chart, &given), [""; 0]);
    let class = json!({ "storageClass": "gp3" });
    assert_eq!(given["kafka"]["persistence"], class);
    assert_eq!(given["kafka"]["zookeeper"]["persistence"], class);
}

#[test]
fn what_must_not_be_shared_is_refused_with_the_reason() {
    for (kind, directory, reason) in [
        ("engine", "vineyard", "memory of the node"),
        ("engine", "etcd", "local one"),
        ("store", "kafka", "which NFS does not bear"),
        ("interactive", "scratch", "the node's own disk"),
    ] {
        let told = mistake(kind, &json!({ "directories": { directory: "1Gi" } }));
        assert!(told.contains("must not be on shared storage") && told.contains(reason), "{told}");
    }
}

#[test]
fn mistakes_name_the_remedy() {
    let on = |class: &str| json!({ "global": { "storageClass": class } });
    let on_persistence = |class: &str| json!({ "persistence": { "storageClass": class } });
    for (kind, more, told) in [
        ("engin", json!({}), "did you mean `engine`?"),
        ("engine", json!({ "directories": { "dataset": "1Gi" } }), "did you mean `datasets`?"),
        ("store", json!({ "directories": { "datasets": "1Gi" } }), "name some of data, logs"),
        ("store", json!({ "directories": { "logs": "1Gi" } }), "add `data = \"100Gi\"`"),
        ("interactive", json!({ "directories": {} }), "add `data = \"100Gi\"`"),
        ("engine", json!({ "directories": { "logs": "ten" } }), "\"100Gi\""),
        ("engine", json!({ "directories": { "logs": "0" } }), "\"100Gi\""),
        ("engine", json!({ "helm_chart_version": "v0.31" }), "no `v`, no range"),
        ("engine", json!({ "helm_chart": "./a", "helm_repository": "https://b" }), "leave out"),
        ("engine", json!({ "name": "Fraud" }), "`Fraud`"),
        ("engine", json!({ "kafka_storage_class": "gp3" }), "leave `kafka_storage_class` out"),
        ("store", json!({ "kafka_storage_class": "efs-sc" }), "Kafka must not be on `efs-sc`"),
        ("store", json!({ "kafka_storage_class": "gp_3" }), "`gp_3`"),
        ("store", json!({ "helm_values": on("gp3") }), "it wins over `storage_class_name`"),
        (
            "store",
            json!({ "helm_values": { "kafka": on_persistence("efs-sc") } }),
            "Kafka must not",
        ),
        (
            "store",
            json!({ "helm_values": { "kafka": { "zookeeper": on_persistence("efs-sc") } } }),
            "ZooKeeper must not be on `efs-sc`",
        ),
    ] {
        let mistakes = mistake(kind, &more);
        assert!(mistakes.contains(told), "{more}: {mistakes}");
    }
}

#[test]
fn the_store_needs_volumes_of_its_own_user() {
    let store = inputs("store", &json!({}));
    assert!(store.incompatible_user(None, None).unwrap().remedy.contains("uid = 1001"));
    assert!(store.incompatible_user(Some(1001), Some(1001)).is_none());
    assert!(inputs("engine", &json!({})).incompatible_user(None, None).is_none());
}

#[test]
fn the_table_of_the_documentation_is_the_one_of_the_code() {
    let text = include_str!("../../src/lib.rs");
    for directory in DIRECTORIES {
        let shared = if directory.shared_at.is_some() { "yes" } else { "no" };
        let row = text.lines().find(|line| {
            line.starts_with(&format!("//! | `{}` |", directory.name))
                && line.contains(&format!("| {shared} |"))
        });
        assert!(row.is_some(), "{} is not in the table", directory.name);
    }
}

#[test]
fn a_name_has_room_for_what_charts_put_behind_it() {
    assert!(parse("engine", &json!({ "name": "a".repeat(53) })).is_ok());
    let told = mistake("engine", &json!({ "name": "a".repeat(54) }));
    assert!(told.contains("54 characters, and Helm takes 53"), "{told}");
}
