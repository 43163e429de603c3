//! The documents of a proof, whole.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use kubernetes::proof::Proof;

#[test]
fn the_documents_of_a_proof() {
    let proof = Proof::new("efs-sc", "0f1e".to_owned(), "busybox".to_owned(), 2);
    insta::assert_snapshot!(proof.namespace_document().unwrap());
    insta::assert_snapshot!(proof.claim_document().unwrap());
    insta::assert_snapshot!(proof.pod_document(&proof.team()[1]).unwrap());
}
