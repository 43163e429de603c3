//! What the status of a workload says.

use graphscope::{Actual, FoundClaim, Inputs, status};
use plan::Table;
use serde_json::json;

use crate::inputs;
use crate::plans::{deployed, written};

fn fraud() -> Inputs {
    inputs(
        "engine",
        &json!({ "name": "fraud", "directories": { "datasets": "1Ti", "logs": "1Gi" } }),
    )
}

/// What the rows say, without their heading and with one space between columns.
fn rows(actual: &Actual) -> Vec<String> {
    let (_, rows) = status("engine", &fraud(), actual);
    let table = Table(&rows).to_string();
    let lines = table.lines().skip(1);
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn used(found: &mut FoundClaim, bytes: u64, node: &str) {
    (found.claim.used_bytes, found.claim.nodes) = (Some(bytes), vec![node.to_owned()]);
}

#[test]
fn a_workload_is_one_row_with_its_release_and_what_its_claims_hold() {
    let mut actual = deployed(&fraud());
    used(&mut actual.claims[0], 3 << 30, "node-b");
    used(&mut actual.claims[1], 1 << 30, "node-a");
    assert_eq!(
        rows(&actual),
        [
            "workload engine: engine graphscope/fraud deployed graphscope-0.31.0, revision 1; claims \
          fraud-datasets, fraud-logs; 4.0 GiB used; on node-a, node-b"
        ]
    );
    let (status, _) = status("engine", &fraud(), &actual);
    assert!(status.healthy);
    assert_eq!(status.used_bytes, Some(4 << 30));
    assert_eq!(status.nodes.iter().collect::<Vec<_>>(), ["node-a", "node-b"]);
}

#[test]
fn a_claim_or_a_release_that_is_not_there_is_missing() {
    let mut actual = deployed(&fraud());
    actual.claims.pop();
    let found = rows(&actual);
    assert_eq!(found[1..], ["workload engine: claim graphscope/fraud-logs missing"]);
    assert!(!status("engine", &fraud(), &actual).0.healthy);
    let none = rows(&Actual::default());
    assert_eq!(none[0], "workload engine: engine graphscope/fraud missing");
    assert_eq!(none.len(), 3, "the release and both claims: {none:?}");
}

#[test]
fn a_directory_has_a_row_for_each_document() {
    let mut actual = written(&fraud());
    let found = rows(&actual);
    assert!(found.iter().all(|row| row.ends_with(" present")), "{found:?}");
    assert!(status("engine", &fraud(), &actual).0.healthy);
    actual.documents.as_mut().unwrap().remove("claims.yaml");
    assert!(rows(&actual).contains(&"workload engine/claims.yaml missing".to_owned()));
}
