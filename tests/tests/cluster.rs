//! The life of a deployment in a real cluster: kube-apiserver, etcd and the
//! controllers, Helm, and a small chart of our own. No nodes.
//!
//! These tests need the programs of `cargo xtask tools install`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use control_plane::{Nodes, User};
use serde_json::json;
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

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn with_nodes_the_driver_is_waited_for_and_a_shared_mount_is_proved() {
    let there = Clustered::new();
    let nodes = Nodes::start(&there.plane.kubeconfig(User::Admin), 3).unwrap();
    let chart = format!("--helm-chart={}", Clustered::chart().display());
    let url = format!("--endpoint-url={}", there.aws.url);
    let ran = there.world.xtask(&["deploy-efs", &url, &chart, "--output", "json"]).exits(0);
    assert!(ran.stderr.contains("helm_release[\"aws-efs-csi-driver\"]: runs"), "{}", ran.stderr);

    let status = there.world.xtask(&["status", &url, "--output", "json"]).exits(0).json();
    assert_eq!(status["healthy"], true, "{status:#}");

    let proof = there.world.xtask(&["verify", &url, "--output", "json", "-v"]).exits(0).json();
    assert_eq!(proof["proved"], true, "{proof:#}");
    assert_eq!(proof["findings"].as_array().unwrap().len(), 4);
    let ours = "labelSelector=app.kubernetes.io%2Fmanaged-by%3Dclockwork-codex";
    let namespaces = there.cluster().list(&format!("/api/v1/namespaces?{ours}")).unwrap();
    assert_eq!(namespaces.len(), 0, "the proof cleans up");
    assert!(there.cluster().list("/api/v1/persistentvolumes").unwrap().is_empty());
    drop(nodes);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_proof_that_fails_says_what_the_pods_say_and_cleans_up() {
    let there = Clustered::new();
    there.deploy(&[]);
    // No node ever runs the pods.
    let url = format!("--endpoint-url={}", there.aws.url);
    let ran = there.world.xtask(&["verify", &url, "--timeout", "5s"]).exits(1);
    assert!(ran.stderr.contains("-writer: Pending"), "{}", ran.stderr);
    assert!(ran.stderr.contains("claim shared: Pending"), "{}", ran.stderr);
    assert!(ran.stderr.contains("--timeout"), "{}", ran.stderr);
    assert!(ran.stderr.contains("removed what the proof made"), "{}", ran.stderr);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn grown_claims_are_completed_and_bound_claims_hold_up_a_destroy() {
    let there = Clustered::new();
    there.deploy(&[]);
    let nodes = Nodes::start(&there.plane.kubeconfig(User::Admin), 1).unwrap();
    let claims = "/api/v1/namespaces/default/persistentvolumeclaims";
    there
        .cluster()
        .create(
            claims,
            &json!({
                "metadata": {"name": "checkpoints"},
                "spec": {
                    "accessModes": ["ReadWriteMany"],
                    "storageClassName": "efs-sc",
                    "resources": {"requests": {"storage": "10Gi"}},
                },
            }),
        )
        .unwrap();
    let claim = format!("{claims}/checkpoints");
    there.await_that("the claim is bound", || {
        there.cluster().get(&claim).unwrap()["status"]["phase"] == "Bound"
    });
    let grown = json!({"spec": {"resources": {"requests": {"storage": "20Gi"}}}});
    there.cluster().merge(&claim, &grown).unwrap();

    let url = format!("--endpoint-url={}", there.aws.url);
    let expand = || there.world.xtask(&["expand-volumes", &url, "--output", "json"]).exits(0);
    let ran = expand();
    assert!(ran.stderr.contains("default/checkpoints"), "the plan comes first: {}", ran.stderr);
    assert_eq!(ran.json()["changed"], 1);
    let found = there.cluster().get(&claim).unwrap();
    assert_eq!(found["status"]["capacity"]["storage"], "20Gi");
    let volume = found["spec"]["volumeName"].as_str().unwrap();
    let volume = there.cluster().get(&format!("/api/v1/persistentvolumes/{volume}")).unwrap();
    assert_eq!(volume["spec"]["capacity"]["storage"], "20Gi");
    assert_eq!(expand().json()["changed"], 0);

    let refused = there.run("destroy-efs", &["--yes"]).exits(1);
    assert!(refused.stderr.contains("default/checkpoints (Bound)"), "{}", refused.stderr);
    assert!(there.class().is_some(), "nothing was changed");
    there.cluster().delete(&claim).unwrap();
    there.await_that("the volume is gone", || {
        there.cluster().list("/api/v1/persistentvolumes").unwrap().is_empty()
    });
    there.run("destroy-efs", &["--yes"]).exits(0);
    drop(nodes);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn the_commands_of_the_readme_for_a_real_cluster_run_in_their_order() {
    let there = Clustered::new();
    let nodes = Nodes::start(&there.plane.kubeconfig(User::Admin), 2).unwrap();
    std::fs::copy(there.world.path().join("clockwork.hcl"), there.world.path().join("prod.hcl"))
        .unwrap();
    let readme = std::fs::read_to_string(tests::workspace().join("README.md")).unwrap();
    let (url, chart) = (
        format!("--endpoint-url={}", there.aws.url),
        format!("--helm-chart={}", Clustered::chart().display()),
    );
    let mut count = 0;
    for line in readme.lines().filter(|line| line.starts_with("cargo xtask")) {
        let in_cluster =
            line.contains("prod.hcl") && !line.contains("--manifests") && !line.contains("render");
        if in_cluster {
            let command = line.split(" #").next().unwrap();
            let mut args: Vec<&str> = command.split_whitespace().skip(2).collect();
            args.extend([url.as_str(), chart.as_str()]);
            there.world.xtask(&args).exits(0);
            count += 1;
        }
    }
    assert_eq!(count, 6);
    drop(nodes);
}
