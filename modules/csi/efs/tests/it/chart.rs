//! What a plan says of the values that a chart is given.

use std::collections::BTreeMap;

use efs::Plan;
use kubernetes::{ChartValues, FoundChart, unknown_keys, unread_keys};
use plan::Warning;
use serde_json::{Value, json};

use crate::world::{account_and_cluster, desired, inputs, three};

/// The small chart of our own with the value paths of the real one.
fn chart() -> ChartValues {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/charts/aws-efs-csi-driver");
    let mut files = BTreeMap::new();
    for within in ["", "templates/"] {
        for entry in std::fs::read_dir(format!("{folder}/{within}")).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.file_name().unwrap().to_str().unwrap();
                files.insert(format!("{within}{name}"), std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    ChartValues::of_files(&files).unwrap()
}

/// The plan of a first deployment with these inputs.
fn plan(more: &Value) -> Plan {
    let mut actual = account_and_cluster(three());
    actual.cluster.as_mut().unwrap().driver.chart = Some(FoundChart {
        name: efs::CHART.to_owned(),
        version: "2.4.5".to_owned(),
        values: chart(),
        digest: None,
    });
    efs::plan(&desired(more), &actual).unwrap()
}

#[test]
fn every_value_of_ours_is_known_and_read() {
    let inputs = inputs(&json!({}));
    let values = inputs.driver(&inputs.owner()).release().unwrap().values.value;
    assert_eq!(unknown_keys(&chart(), &values), []);
    assert_eq!(unread_keys(&chart(), &values), [""; 0]);
}

#[test]
fn a_value_that_only_templates_know_is_taken_and_a_word_in_a_comment_is_refused() {
    let node = json!({ "volumeAttachLimit": 20, "unmountTimeout": 5 });
    let taken = plan(&json!({ "helm_values": { "node": node } }));
    assert_eq!((taken.refusals, taken.warnings.len()), (Vec::new(), 1));
    let refused = plan(&json!({ "helm_values": { "Example": 1 } }));
    assert!(refused.refusals[0].reason.contains("does not know the key `Example`"));
}

#[test]
fn a_value_that_no_template_reads_is_warned_of() {
    let before = plan(&json!({})).warnings;
    let warned = plan(&json!({ "helm_values": { "useFIPS": true } })).warnings;
    let more: Vec<&Warning> = warned.iter().filter(|warning| !before.contains(warning)).collect();
    let expected = Warning::new(
        "no template of chart aws-efs-csi-driver-2.4.5 reads the value `useFIPS`",
        "leave it out of `helm_values`, or check its spelling",
    );
    assert_eq!(more, [&expected]);
}
