//! The life of a deployment in a real cluster: kube-apiserver, etcd and the
//! controllers, Helm, and a small chart of our own. No nodes.
//!
//! These tests need the programs of `cargo xtask tools install`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use tests::Clustered;

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_deployment_reaches_the_cluster_is_found_complete_and_is_taken_down() {
    let there = Clustered::new();
    let made = there.deploy(&[]);
    let id = made["outputs"]["file_system_id"].as_str().unwrap();
    assert_eq!(made["outputs"]["cluster"], "control-plane");
    let class = there.class().unwrap();
    assert_eq!(class["parameters"]["fileSystemId"], id);
    assert_eq!(class["metadata"]["managedFields"][0]["manager"], "clockwork-codex");
    assert_eq!(there.revisions(), [(1, "deployed".to_owned())]);

    // A run that changes nothing calls no upgrade.
    there.nothing_to_do(&[]);
    assert_eq!(there.deploy(&[])["changed"], 0);
    assert_eq!(there.revisions().len(), 1);

    there.run("destroy-efs", &["--yes"]).exits(0);
    assert_eq!(there.class(), None);
    assert_eq!(there.revisions(), []);
    assert!(there.cluster().list("/apis/storage.k8s.io/v1/csidrivers").unwrap().is_empty());
    assert_eq!(there.run("destroy-efs", &["--yes"]).exits(0).json()["changed"], 0);
}
