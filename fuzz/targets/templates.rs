//! Any text as an input: the documents keep their structure.
#![no_main]

use inputs::{Given, GivenInputs};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

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

fn parsed(given: &Value) -> Option<efs::Inputs> {
    let given: GivenInputs = given
        .as_object()?
        .iter()
        .map(|(name, value)| (name.clone(), Given::Literal(value.clone())))
        .collect();
    efs::Inputs::parse(&given).ok()
}

fn with(annotation: &str, more: &Value) -> Value {
    let mut given = json!({
        "aws_region": "eu-west-1",
        "cluster_name": "dev",
        "subnet_ids": ["subnet-00000001"],
        "security_group_id": "sg-00000001",
        "storage_class_annotations": {"a": annotation},
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        given[name] = value.clone();
    }
    given
}

/// The document of the StorageClass.
fn class(inputs: &efs::Inputs, id: &str) -> Value {
    let documents = efs::rendered(inputs, id).expect("they render");
    let class = documents.into_iter().find(|(name, _)| *name == "storageclass.yaml");
    serde_norway::from_str(&class.expect("it is one of them").1).expect("YAML")
}

fuzz_target!(|text: &str| {
    let Some(plain) = parsed(&with("b", &json!({}))) else { unreachable!("it is right") };
    let id = "fs-00000001";
    let mut expected = Vec::new();
    keys(&class(&plain, id), &mut expected);
    if let Some(odd) = parsed(&with(text, &json!({}))) {
        let document = class(&odd, id);
        assert_eq!(document["metadata"]["annotations"]["a"], text);
        let mut found = Vec::new();
        keys(&document, &mut found);
        assert_eq!(found, expected);
    }
    // For every other input with a text, the documents are YAML.
    for more in [
        json!({"tags": {"a": text}}),
        json!({"tags": {text: "a"}}),
        json!({"base_path": text}),
        json!({"mount_options": [text]}),
        json!({"helm_chart": text}),
        json!({"helm_values": {text: {"a": text}}}),
        json!({"sub_path_pattern": text, "helm_chart_version": "2.5.0"}),
    ] {
        let Some(odd) = parsed(&with("b", &more)) else { continue };
        for (name, text) in efs::rendered(&odd, id).expect("they render") {
            let read: Result<Value, _> = serde_norway::from_str(&text);
            assert!(read.is_ok(), "{name}: {text}");
        }
    }
});
