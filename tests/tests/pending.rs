//! Releases that another Helm is at work on, or was: revisions that are pending, and records
//! that are kept in `ConfigMaps`.
//!
//! These tests need the programs of `cargo xtask tools install`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::process::{Child, Command, Stdio};

use serde_json::json;
use tests::{Clustered, says_at_its_limit};
use xshell::cmd;

const HOOK: &str = "/apis/batch/v1/namespaces/kube-system/jobs/slow";
const RECORDS: &str = "/api/v1/namespaces/kube-system/configmaps";

/// Starts a person's upgrade of the driver that waits for a hook, at most so long.
fn upgrade(there: &Clustered, timeout: &str) -> Child {
    let chart = there.own_chart("slow");
    let hook = "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: slow\n  annotations:\n    \
                \"helm.sh/hook\": pre-upgrade\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n      \
                containers:\n        - name: slow\n          image: none\n";
    std::fs::write(chart.join("templates/slow.yaml"), hook).unwrap();
    let shell = there.world.shell();
    let mut helm: Command = cmd!(
        shell,
        "helm upgrade aws-efs-csi-driver {chart} --namespace kube-system --reuse-values --timeout {timeout}"
    )
    .into();
    let helm = helm.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    there.await_that("Helm waits for the hook", || there.cluster().find(HOOK).unwrap().is_some());
    helm
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_helm_at_work_is_waited_for_and_never_disturbed() {
    let there = Clustered::new();
    there.deploy(&[]);
    let mut helm = upgrade(&there, "60s");

    // The plan says so, and the time of the run ends the wait as any other.
    let plan = there.run("plan-efs", &[]).exits(0).json();
    let reason = plan["waits"][0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("revision 2 has been `pending-upgrade` for "), "{plan:#}");
    assert!(reason.contains("`Helm`"), "its holder is named: {reason}");
    assert_eq!(plan["changes"], 0, "{plan:#}");
    let url = format!("--endpoint-url={}", there.aws.url);
    let chart = format!("--helm-chart={}", Clustered::chart().display());
    let deploy = |limit: &str| there.world.xtask(&["deploy-efs", &url, &chart, limit]);
    let stopped = says_at_its_limit(deploy, "waiting for the Helm that is working on revision 2");
    assert!(stopped.stderr.contains("Timed out"), "{}", stopped.stderr);
    assert_eq!(there.revisions()[1], (2, "pending-upgrade".to_owned()));

    // What is left to do shows when it is done.
    let ran = there.run("deploy-efs", &[]).exits(0);
    assert!(!helm.wait().unwrap().success(), "its hook never ends");
    assert!(ran.stderr.contains("revision 2 is `failed`"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("recovering"), "{}", ran.stderr);
    assert_eq!(there.revisions().last(), Some(&(3, "deployed".to_owned())));
    there.nothing_to_do(&[]);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_release_that_is_kept_in_config_maps_is_found() {
    let mut there = Clustered::new();
    let chart = Clustered::chart().display().to_string();
    there.world.set("HELM_DRIVER", "configmap");
    there.helm(&["install", "aws-efs-csi-driver", &chart, "--namespace", "kube-system"]);
    // Helm reads Secrets unless told otherwise, and would install over it.
    there.world.set("HELM_DRIVER", "");
    let hidden = there.run("deploy-efs", &[]).exits(1);
    assert!(hidden.stderr.contains("is kept in ConfigMaps"), "{}", hidden.stderr);
    assert!(hidden.stderr.contains("help: set `HELM_DRIVER=configmap`"), "{}", hidden.stderr);
    assert!(hidden.calls.iter().all(tests::Call::reads));

    there.world.set("HELM_DRIVER", "configmap");
    let foreign = there.run("deploy-efs", &[]).exits(1);
    assert!(foreign.stderr.contains("is not managed by Clockwork Codex"), "{}", foreign.stderr);
    there.deploy(&["--driver", "adopt"]);
    there.nothing_to_do(&[]);

    let mut helm = upgrade(&there, "10m");
    helm.kill().unwrap();
    helm.wait().unwrap();
    let old = json!({"createdAt": "1700000000", "modifiedAt": "1700000000"});
    let record = format!("{RECORDS}/sh.helm.release.v1.aws-efs-csi-driver.v3");
    there.cluster().merge(&record, &json!({"metadata": {"labels": old}})).unwrap();
    let ran = there.run("deploy-efs", &[]).exits(0);
    assert!(ran.stderr.contains("its Helm was killed"), "{}", ran.stderr);
    assert!(ran.stderr.contains("recovering from revision 3"), "{}", ran.stderr);
    there.nothing_to_do(&[]);
    assert!(there.revisions().is_empty(), "no Secret was written");
}
