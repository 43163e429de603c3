//! What goes wrong in a cluster: each trouble has a message with a remedy, is
//! told before anything is changed where it can be known, and leaves AWS and
//! the cluster such that the next run finishes.
//!
//! These tests need the programs of `cargo xtask tools install`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::process::{Command, Stdio};

use control_plane::User;
use serde_json::{Value, json};
use tests::{Clustered, Ran, World, programs};
use xshell::cmd;

const CLASS: &str = "/apis/storage.k8s.io/v1/storageclasses/efs-sc";

/// Expects that a run failed with this in its message, and that AWS was not changed.
#[track_caller]
fn refused(ran: &Ran, code: i32, told: &[&str]) {
    assert_eq!(ran.code, Some(code), "{}\n{}", ran.stdout, ran.stderr);
    for part in told {
        assert!(
            ran.stderr.contains(part) || ran.stdout.contains(part),
            "no {part:?} in:\n{}",
            ran.stderr
        );
    }
    let changed: Vec<&str> =
        ran.calls.iter().filter(|call| !call.reads()).map(|call| call.operation.as_str()).collect();
    assert_eq!(changed, [""; 0], "AWS was changed");
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_class_changed_by_hand_is_fixed_and_replaced_with_consent_only() {
    let there = Clustered::new();
    there.deploy(&[]);
    let meddle = json!({"allowVolumeExpansion": false, "metadata": {"labels": {
        "app.kubernetes.io/managed-by": "clockwork-codex", "somebodys": "own",
    }}});
    there.cluster().merge(CLASS, &meddle).unwrap();
    assert_eq!(there.deploy(&[])["changed"], 1);
    let class = there.class().unwrap();
    assert_eq!(class["allowVolumeExpansion"], true);
    assert_eq!(class["metadata"]["labels"]["somebodys"], "own", "what others added stays");

    // What Kubernetes never changes can only have been made anew.
    let mut other = class;
    other["parameters"]["directoryPerms"] = json!("777");
    other["metadata"] = json!({
        "name": "efs-sc",
        "labels": other["metadata"]["labels"],
        "annotations": other["metadata"]["annotations"],
    });
    there.cluster().delete(CLASS).unwrap();
    there.cluster().create("/apis/storage.k8s.io/v1/storageclasses", &other).unwrap();
    let ran = there.run("deploy-efs", &[]);
    refused(&ran, 1, &["must be replaced", "forces replacement", "--yes"]);
    assert_eq!(there.class().unwrap()["parameters"]["directoryPerms"], "777");
    assert_eq!(there.deploy(&["--yes"])["changed"], 1);
    assert_eq!(there.class().unwrap()["parameters"]["directoryPerms"], "700");
    there.nothing_to_do(&[]);

    // One that is not ours is never touched.
    there.cluster().delete(CLASS).unwrap();
    other["metadata"] = json!({"name": "efs-sc"});
    there.cluster().create("/apis/storage.k8s.io/v1/storageclasses", &other).unwrap();
    refused(&there.run("deploy-efs", &["--yes"]), 1, &["was not made here", "storage_class_name"]);
    let ran = there.run("destroy-efs", &["--yes"]);
    refused(&ran, 1, &["is in use: storage class efs-sc", "delete", "retain"]);
    assert!(there.class().is_some());
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_release_upgraded_by_hand_is_brought_back() {
    let there = Clustered::new();
    there.deploy(&[]);
    let chart = Clustered::chart().display().to_string();
    there.helm(&[
        "upgrade",
        "aws-efs-csi-driver",
        &chart,
        "--namespace",
        "kube-system",
        "--reuse-values",
        "--set",
        "controller.logLevel=9",
    ]);
    let plan = there.run("plan-efs", &[]).exits(0).json();
    assert_eq!(plan["changes"], 1, "{plan:#}");
    assert_eq!(plan["steps"][0]["differences"][0]["attribute"], "values.controller.logLevel");
    there.deploy(&[]);
    there.nothing_to_do(&[]);
    let values = there.helm(&[
        "get",
        "values",
        "aws-efs-csi-driver",
        "--namespace",
        "kube-system",
        "--output",
        "json",
    ]);
    let values: Value = serde_json::from_str(&values).unwrap();
    assert_eq!(values["controller"]["logLevel"], Value::Null);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_release_stuck_in_pending_upgrade_is_recovered() {
    let there = Clustered::new();
    there.deploy(&[]);
    // A hook that never ends, and a Helm that is killed while it waits for it.
    let chart = slow_chart(&there, "pre-upgrade");
    let shell = there.world.shell();
    let mut helm: Command = cmd!(
        shell,
        "helm upgrade aws-efs-csi-driver {chart} --namespace kube-system --reuse-values"
    )
    .into();
    let mut helm = helm.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    there.await_that("Helm waits for the hook", || hook_is_there(&there));
    helm.kill().unwrap();
    helm.wait().unwrap();
    assert_eq!(there.revisions()[1], (2, "pending-upgrade".to_owned()));
    make_old(&there, 2);

    let ran = there.run("deploy-efs", &[]).exits(0);
    assert!(ran.stderr.contains("`pending-upgrade`"), "{}", ran.stderr);
    assert!(ran.stderr.contains("recovering from revision 2"), "{}", ran.stderr);
    assert_eq!(there.revisions().last().unwrap().1, "deployed");
    there.nothing_to_do(&[]);
}

/// The chart of our own with a hook that never ends.
fn slow_chart(there: &Clustered, when: &str) -> std::path::PathBuf {
    let chart = there.own_chart(&format!("slow-{when}"));
    let hook = format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: slow\n  annotations:\n    \
         \"helm.sh/hook\": {when}\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n      \
         containers:\n        - name: slow\n          image: none\n"
    );
    std::fs::write(chart.join("templates/slow.yaml"), hook).unwrap();
    chart
}

fn hook_is_there(there: &Clustered) -> bool {
    there.cluster().find("/apis/batch/v1/namespaces/kube-system/jobs/slow").unwrap().is_some()
}

/// As if a revision were left long ago: who was killed a moment ago might still be at it.
fn make_old(there: &Clustered, revision: u64) {
    let record = format!(
        "/api/v1/namespaces/kube-system/secrets/sh.helm.release.v1.aws-efs-csi-driver.v{revision}"
    );
    let labels = json!({"createdAt": "1700000000", "modifiedAt": "1700000000"});
    there.cluster().merge(&record, &json!({"metadata": {"labels": labels}})).unwrap();
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_first_install_that_was_killed_is_finished_where_it_was_ours_and_left_where_it_was_not() {
    let there = Clustered::new();
    let slow = slow_chart(&there, "pre-install").display().to_string();
    let shell = there.world.shell();
    let kill_helm = || cmd!(shell, "pkill -KILL -f {slow}").quiet().run().unwrap();
    let (xtask, url) = (programs().join("xtask"), &there.aws.url);
    let ours: Command =
        cmd!(shell, "{xtask} deploy-efs --endpoint-url {url} --helm-chart={slow} --no-wait").into();
    let somebodys: Command =
        cmd!(shell, "helm install aws-efs-csi-driver {slow} --namespace kube-system").into();
    for (mut command, is_ours) in [(somebodys, false), (ours, true)] {
        let mut run = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        there.await_that("Helm waits for the hook", || hook_is_there(&there));
        let _ = run.kill();
        if is_ours {
            // Helm is in a process group of its own, and outlives whoever started it.
            kill_helm();
        }
        run.wait().unwrap();
        assert_eq!(there.revisions(), [(1, "pending-install".to_owned())]);
        make_old(&there, 1);
        if is_ours {
            there.deploy(&[]);
            there.nothing_to_do(&[]);
            continue;
        }
        let ran = there.run("deploy-efs", &[]);
        refused(&ran, 1, &["is not managed by Clockwork Codex", "--driver adopt"]);
        there.helm(&["uninstall", "aws-efs-csi-driver", "--namespace", "kube-system"]);
        there.cluster().delete("/apis/batch/v1/namespaces/kube-system/jobs/slow").unwrap();
        there.await_that("the hook is gone", || !hook_is_there(&there));
    }
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn who_may_only_read_changes_neither_aws_nor_the_cluster() {
    let mut there = Clustered::new();
    there.world.set("KUBECONFIG", there.plane.kubeconfig(User::Reader).display());
    let ran = there.run("deploy-efs", &[]);
    refused(
        &ran,
        1,
        &[
            "may not patch storageclasses.storage.k8s.io",
            "create secrets in `kube-system`",
            "--manifests",
        ],
    );
    there.world.set("KUBECONFIG", there.plane.kubeconfig(User::Expired).display());
    let ran = there.run("deploy-efs", &[]);
    refused(&ran, 1, &["does not accept the credentials", "log in again"]);
    let ran = there.run("deploy-efs", &["--context", "another"]);
    refused(&ran, 1, &["no context `another`", "`control-plane`"]);

    // A cluster that does not answer.
    let there_was = there.plane.kubeconfig(User::Admin);
    let text = std::fs::read_to_string(there_was).unwrap();
    let nowhere = there.world.path().join("nowhere.kubeconfig");
    std::fs::write(&nowhere, text.replace(there.plane.url(), "https://127.0.0.1:1")).unwrap();
    there.world.set("KUBECONFIG", nowhere.display());
    let ran = there.run("deploy-efs", &[]);
    refused(&ran, 1, &["could not be reached", "KUBECONFIG"]);
    there.world.set("KUBECONFIG", "/dev/null");
    let ran = there.run("deploy-efs", &[]);
    refused(&ran, 1, &["help:"]);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_chart_that_does_not_fit_is_refused_and_one_that_does_not_render_changes_nothing_of_it() {
    let there = Clustered::new();
    // A key that the chart does not know would be ignored by Helm.
    let own = there.world.path().join("own.yaml");
    std::fs::write(&own, "controller:\n  loglevel: 5\n").unwrap();
    let own = format!("--helm-values={}", own.display());
    let ran = there.run("deploy-efs", &[&own]);
    refused(&ran, 1, &["`controller.loglevel`", "did you mean `controller.logLevel`?"]);

    // An archive of a known version with another content.
    let shell = there.world.shell();
    let chart = Clustered::chart();
    cmd!(shell, "helm package {chart}").quiet().ignore_stdout().run().unwrap();
    let archive = there.world.path().join("aws-efs-csi-driver-2.4.5.tgz");
    let archive = format!("--helm-chart={}", archive.display());
    refused(
        &there.run("deploy-efs", &[&archive]),
        1,
        &["the archive's digest is", "that of chart 2.4.5"],
    );
    // One of an unknown version is as good as any.
    let renamed = there.own_chart("renamed");
    let about = std::fs::read_to_string(renamed.join("Chart.yaml")).unwrap();
    std::fs::write(renamed.join("Chart.yaml"), about.replace("2.4.5", "2.4.99")).unwrap();
    cmd!(shell, "helm package {renamed}").quiet().ignore_stdout().run().unwrap();
    let archive = there.world.path().join("aws-efs-csi-driver-2.4.99.tgz");
    let archive = format!("--helm-chart={}", archive.display());
    let planned = there.run("plan-efs", &[&archive, "--helm-chart-version=2.4.99"]).exits(0).json();
    assert_eq!(planned["refusals"], json!([]));

    // Failing to render: AWS is done, the release is not, and the next run finishes.
    let broken = there.own_chart("broken");
    std::fs::write(broken.join("templates/broken.yaml"), "{{ fail \"no such thing\" }}").unwrap();
    let broken = format!("--helm-chart={}", broken.display());
    let ran = there.run("deploy-efs", &[&broken]).exits(1);
    assert!(ran.stderr.contains("no such thing"), "{}", ran.stderr);
    assert!(ran.stderr.contains("does not render with these values"), "{}", ran.stderr);
    assert_eq!(there.revisions(), []);
    there.deploy(&[]);
    there.nothing_to_do(&[]);
    assert_eq!(there.aws.mount_targets().len(), 3);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_driver_of_somebody_elses_is_named_and_can_be_adopted_or_left_alone() {
    let there = Clustered::new();
    let chart = Clustered::chart().display().to_string();
    there.helm(&["install", "mine", &chart, "--namespace", "default"]);
    let ran = there.run("deploy-efs", &[]);
    refused(
        &ran,
        1,
        &["by the release `mine` in `default`", "--driver skip", "helm uninstall mine"],
    );
    let made = there.deploy(&["--driver", "skip"]);
    assert_eq!(made["outputs"]["storage_class_name"], "efs-sc");
    assert_eq!(there.revisions(), []);
    there.nothing_to_do(&["--driver", "skip"]);
    there.helm(&["uninstall", "mine", "--namespace", "default"]);

    there.helm(&["install", "aws-efs-csi-driver", &chart, "--namespace", "kube-system"]);
    let ran = there.run("deploy-efs", &[]);
    refused(&ran, 1, &["is not managed by Clockwork Codex", "--driver adopt"]);
    there.deploy(&["--driver", "adopt"]);
    assert_eq!(there.revisions().len(), 2);
    there.nothing_to_do(&[]);
}

#[test]
fn helm_is_asked_for_before_anything_is_built_or_called() {
    let world = World::new();
    // A copy of the front door far from the tools folder.
    let bin = world.path().join("target/debug");
    std::fs::create_dir_all(&bin).unwrap();
    tests::copy_program(&programs().join("xtask"), &bin.join("xtask"));
    let run = |path: &str| {
        let shell = world.shell();
        shell.set_var("PATH", path);
        let program = bin.join("xtask");
        let output = cmd!(shell, "{program} deploy-efs --endpoint-url http://127.0.0.1:1")
            .quiet()
            .ignore_status()
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(!bin.join("live").exists(), "nothing was built");
        String::from_utf8(output.stderr).unwrap()
    };
    let said = run("/nonexistent");
    assert!(said.contains("`helm` was not found"), "{said}");
    assert!(said.contains("cargo xtask tools install helm"), "{said}");

    let old = world.path().join("old");
    std::fs::create_dir_all(&old).unwrap();
    let helm = old.join("helm");
    tests::write_program(&helm, "#!/bin/sh\necho v3.5.4+g1b5edb6\n");
    let said = run(&format!("{}:/bin:/usr/bin", old.display()));
    assert!(said.contains("is Helm 3.5, and 3.6 is the oldest"), "{said}");
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn credentials_reach_neither_output_nor_files_nor_arguments_however_verbose() {
    let mut there = Clustered::new();
    let planted = "PLANTED0123456789abcdefghijSECRET";
    there.world.set("AWS_SECRET_ACCESS_KEY", planted);
    let kubeconfig = std::fs::read_to_string(there.plane.kubeconfig(User::Admin)).unwrap();
    let kubeconfig: Value = serde_json::from_str(&kubeconfig).unwrap();
    let token = kubeconfig["users"][0]["user"]["token"].as_str().unwrap().to_owned();
    // A Helm that writes down how it was called.
    let spy = there.world.path().join("spy");
    std::fs::create_dir_all(&spy).unwrap();
    let shell = there.world.shell();
    let helm = cmd!(shell, "which helm").quiet().read().unwrap();
    let calls = there.world.path().join("helm.calls");
    let script = format!("#!/bin/sh\necho \"$@\" >> {}\nexec {helm} \"$@\"\n", calls.display());
    tests::write_program(&spy.join("helm"), &script);
    there.world.set("PATH", format!("{}:{}", spy.display(), std::env::var("PATH").unwrap()));

    let mut told = String::new();
    let broken = there.own_chart("broken");
    std::fs::write(broken.join("templates/broken.yaml"), "{{ fail \"no\" }}").unwrap();
    let broken = format!("--helm-chart={}", broken.display());
    for (args, code) in [
        (vec!["deploy-efs", &broken, "-vvv"], 1),
        (vec!["deploy-efs", "-vvv", "--timeline=timeline.html"], 0),
        (vec!["plan-efs", "-vvv", "--aws-region", "eu-west-1"], 0),
        (vec!["destroy-efs", "--yes", "-vvv"], 0),
    ] {
        let ran = there.run(args[0], &args[1..]).exits(code);
        told.push_str(&ran.stdout);
        told.push_str(&ran.stderr);
    }
    let helm_calls = std::fs::read_to_string(&calls).unwrap();
    assert!(helm_calls.contains("upgrade aws-efs-csi-driver") && !helm_calls.contains("--set"));
    told.push_str(&helm_calls);
    for entry in std::fs::read_dir(there.world.path()).unwrap() {
        told.push_str(&std::fs::read_to_string(entry.unwrap().path()).unwrap_or_default());
    }
    assert!(told.contains("aws: CreateFileSystem"), "every call is told");
    assert!(told.contains("<title>Timeline of "), "the timeline is among the files");
    for secret in [planted, token.as_str()] {
        assert!(!told.contains(secret), "a secret was told");
    }
}
