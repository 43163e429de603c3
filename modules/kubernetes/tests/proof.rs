//! The documents of a proof, whole, and the labels of all documents.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::collections::BTreeSet;
use std::path::Path;

use kubernetes::MANAGER;
use kubernetes::label::{CANARY, DIRECTORY, PART, RELEASE_MARK, ROLE, VERIFY, WORKLOAD};
use kubernetes::proof::Proof;

#[test]
fn the_documents_of_a_proof() {
    let proof = Proof::new("efs-sc", "0f1e".to_owned(), "busybox".to_owned(), 2);
    insta::assert_snapshot!(proof.namespace_document().unwrap());
    insta::assert_snapshot!(proof.claim_document().unwrap());
    insta::assert_snapshot!(proof.pod_document(&proof.team()[1]).unwrap());
}

#[test]
fn the_templates_write_the_labels_of_the_code_and_no_others_of_ours() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates");
    let mut written = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "j2") {
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap();
        let keys = text.lines().filter_map(|line| line.trim().split_once(':')).map(|(key, _)| key);
        let ours = keys.filter(|key| key.starts_with(&format!("{MANAGER}/")));
        written.extend(ours.map(str::to_owned));
    }
    let known = [WORKLOAD, DIRECTORY, VERIFY, PART, RELEASE_MARK, CANARY, ROLE].map(str::to_owned);
    assert_eq!(written, BTreeSet::from(known));
}
