//! The example workloads in a real cluster, run and checked by `verify`, and as a person applies them.
//!
//! These tests need the programs of `cargo xtask tools install`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use control_plane::{Nodes, User};
use serde_json::Value;
use tests::{Clustered, World, says_at_its_limit};

const EXAMPLES: [&str; 4] = ["dataset", "checkpoint", "logs", "stream"];

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn each_example_is_run_and_checked_and_leaves_nothing() {
    let there = Clustered::new();
    there.deploy(&[]);
    let nodes = Nodes::start(&there.plane.kubeconfig(User::Admin), 3).unwrap();
    let url = format!("--endpoint-url={}", there.aws.url);
    for example in EXAMPLES {
        let args = ["verify", &url, "--workload", example, "--output", "json"];
        let proof = there.world.xtask(&args).exits(0).json();
        assert_eq!(proof["proved"], true, "{example}: {proof:#}");
        assert_eq!(proof["workload"], example);
        let findings = proof["findings"].as_array().unwrap();
        assert!(findings.len() >= 2, "{example}: {proof:#}");
    }
    let ours = "/api/v1/namespaces?labelSelector=clockwork-codex%2Fverify";
    for path in [ours, "/api/v1/persistentvolumes"] {
        there.await_that("it cleans up", || there.cluster().list(path).unwrap().is_empty());
    }
    drop(nodes);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn on_an_existing_claim_an_example_leaves_what_was_there_and_nothing_else() {
    let there = Clustered::new();
    there.deploy(&[]);
    let nodes = Nodes::start(&there.plane.kubeconfig(User::Admin), 2).unwrap();
    there.claim("kept", "1Gi");
    let claim = there.cluster().get(&Clustered::claim_path("kept")).unwrap();
    let volume = nodes.folder().join(claim["spec"]["volumeName"].as_str().unwrap());
    std::fs::create_dir_all(&volume).unwrap();
    std::fs::write(volume.join("theirs"), "data").unwrap();
    let url = format!("--endpoint-url={}", there.aws.url);
    for example in EXAMPLES {
        let args = ["verify", &url, "--workload", example, "--claim=default/kept"];
        let ran = there.world.xtask(&args).exits(0);
        assert!(ran.stdout.contains("shown"), "{}", ran.stdout);
    }
    let left: Vec<String> = std::fs::read_dir(&volume)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(left, ["theirs"]);
    there.await_that("the Jobs are gone", || {
        there.cluster().list("/apis/batch/v1/namespaces/default/jobs").unwrap().is_empty()
    });
    drop(nodes);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn an_example_that_is_kept_leaves_what_it_wrote_and_one_that_never_runs_names_its_pods() {
    let there = Clustered::new();
    there.deploy(&[]);
    let nodes = Nodes::start(&there.plane.kubeconfig(User::Admin), 2).unwrap();
    there.claim("full", "1Gi");
    let claim = there.cluster().get(&Clustered::claim_path("full")).unwrap();
    let volume = nodes.folder().join(claim["spec"]["volumeName"].as_str().unwrap());
    let _ = std::fs::remove_dir_all(&volume);
    std::fs::create_dir_all(&volume).unwrap();
    let url = format!("--endpoint-url={}", there.aws.url);
    let args = ["verify", &url, "--workload=checkpoint", "--claim=default/full", "--keep"];
    let kept = there.world.xtask(&args).exits(0);
    assert!(kept.stderr.contains("Kept"), "{}", kept.stderr);
    let written = std::fs::read_dir(&volume).unwrap().next().unwrap().unwrap().path();
    assert!(written.join("checkpoint").exists(), "what was written stays: {}", written.display());
    std::fs::remove_dir_all(&volume).unwrap();
    // A file stands where the volume's directory would be: no pod can mount it.
    std::fs::write(&volume, "no directory").unwrap();
    let args = ["verify", &url, "--workload=logs", "--claim=default/full"];
    let verify = |limit: &str| there.world.xtask(&[&args[..], &[limit]].concat());
    says_at_its_limit(verify, "pod logs-writers-");
    drop(nodes);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn what_render_prints_runs_as_it_is_applied_all_at_once() {
    let there = Clustered::new();
    there.deploy(&[]);
    let nodes = Nodes::start(&there.plane.kubeconfig(User::Admin), 3).unwrap();
    for example in EXAMPLES {
        let text = there.world.xtask(&["render", "--example", example]).exits(0).stdout;
        let place = format!("/api/v1/namespaces/clockwork-example-{example}");
        for document in text.split("---\n").skip(1) {
            let object: Value = serde_norway::from_str(document).unwrap();
            match object["kind"].as_str().unwrap() {
                "Namespace" => {
                    there.cluster().create("/api/v1/namespaces", &object).unwrap();
                    let account = format!("{place}/serviceaccounts/default");
                    there.await_that("the account is there", || {
                        there.cluster().find(&account).unwrap().is_some()
                    });
                }
                "PersistentVolumeClaim" => {
                    let claims = format!("{place}/persistentvolumeclaims");
                    there.cluster().create(&claims, &object).unwrap();
                }
                "Job" => {
                    let jobs = place.replace("/api/v1", "/apis/batch/v1");
                    there.cluster().create(&format!("{jobs}/jobs"), &object).unwrap();
                }
                other => panic!("{other}"),
            }
        }
    }
    there.await_that("every Job is complete", || {
        let jobs = there.cluster().list("/apis/batch/v1/jobs").unwrap();
        for job in &jobs {
            assert!(job["status"]["failed"].as_u64().unwrap_or(0) == 0, "{job:#}");
        }
        jobs.len() == 8
            && jobs.iter().all(|job| job["status"]["succeeded"] == job["spec"]["completions"])
    });
    drop(nodes);
}

#[test]
fn an_unknown_example_is_reported_with_those_that_exist() {
    let world = World::new();
    for command in [&["verify", "--workload", "datasets"][..], &["render", "--example", "datasets"]]
    {
        let ran = world.xtask(command).exits(2);
        assert!(ran.stderr.contains("dataset, checkpoint, logs, stream"), "{}", ran.stderr);
    }
}
