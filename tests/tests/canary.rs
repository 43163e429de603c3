//! A deploy into a cluster ends with a claim of the class that is bound and gone again, or says
//! what is missing.
//!
//! The API server, its controllers and Helm are real; the nodes and the driver are stand-ins.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::process::{Command, Stdio};

use control_plane::{Nodes, Provisioner, Source, User};
use serde_json::{Value, json};
use tests::{Clustered, Ran, programs};
use xshell::cmd;

/// Where canaries are.
const CLAIMS: &str = "/api/v1/namespaces/kube-system/persistentvolumeclaims";
const PODS: &str = "/api/v1/pods?labelSelector=clockwork-codex%2Fcanary";

/// What a class is marked with whose canary did not come back.
const FAILED: &str = "clockwork-codex/canary-failed";

/// Runs a command that waits for the driver.
fn run(there: &Clustered, command: &str, more: &[&str]) -> Ran {
    let chart = format!("--helm-chart={}", Clustered::chart().display());
    let url = format!("--endpoint-url={}", there.aws.url);
    let mut args = vec![command, &url, &chart];
    args.extend(more);
    there.world.xtask(&args)
}

/// Nodes that run pods.
fn nodes(there: &Clustered) -> Nodes {
    Nodes::alone(&there.plane.kubeconfig(User::Admin), 2).unwrap()
}

/// A provisioner that answers claims so.
fn provisioner(there: &Clustered, source: Source) -> Provisioner {
    Provisioner::start(&there.plane.kubeconfig(User::Admin), source).unwrap()
}

#[track_caller]
fn nothing_is_left(there: &Clustered) {
    let list = |path| there.cluster().list(path).unwrap();
    assert_eq!(list(CLAIMS), [] as [Value; 0]);
    assert_eq!(list("/api/v1/persistentvolumes"), [] as [Value; 0]);
    there.await_that("the pods are gone", || list(PODS).is_empty());
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_deploy_ends_with_a_claim_that_is_bound_and_gone_and_a_plan_without_changes_has_none() {
    let there = Clustered::quick();
    let _running = (nodes(&there), provisioner(&there, Source::MadeUp));
    let ran = run(&there, "deploy-efs", &[]).exits(0);
    let bound = "module.efs_csi.canary[\"efs-sc\"]: bound as fsap-";
    assert!(ran.stderr.contains(bound), "{}", ran.stderr);
    assert!(ran.stderr.contains("Check: a claim of the class efs-sc"), "{}", ran.stderr);
    nothing_is_left(&there);
    let plan = run(&there, "plan-efs", &["--output=json"]).exits(0).json();
    assert_eq!((&plan["changes"], &plan["checks"]), (&json!(0), &Value::Null), "{plan:#}");
    let again = run(&there, "deploy-efs", &["--output=json"]).exits(0);
    assert!(!again.stderr.contains("canary"), "{}", again.stderr);

    // A class that keeps its volumes loses that of the canary all the same.
    let ran = run(&there, "deploy-efs", &["--reclaim-policy=Retain", "--yes"]).exits(0);
    assert!(ran.stderr.contains(bound), "{}", ran.stderr);
    nothing_is_left(&there);

    // One that makes volumes for pods only gets a pod.
    let later = ["--volume-binding-mode=WaitForFirstConsumer", "--yes"];
    let ran = run(&there, "deploy-efs", &later).exits(0);
    assert!(ran.stderr.contains(bound), "{}", ran.stderr);
    assert!(ran.stderr.contains("and a pod"), "{}", ran.stderr);
    nothing_is_left(&there);

    let ran = run(&there, "deploy-efs", &["--yes", "--no-canary"]).exits(0);
    assert!(ran.stderr.contains("module.efs_csi.storage_class"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_claim_that_is_not_bound_fails_the_deploy_with_its_cause_and_the_next_one_proves_it() {
    let there = Clustered::quick();
    let answer = "rpc error: code = Internal desc = Failed to locate a free GID for given file \
                  system: fs-1. Please create a new storage class with a new file-system";
    let _nodes = nodes(&there);
    let refusing = provisioner(&there, Source::Refused(answer.to_owned()));
    let ran = run(&there, "deploy-efs", &[]).exits(1);
    for said in [
        "every group id that the driver may hand out is in use",
        answer,
        "help: widen `gid_range_start` and `gid_range_end`",
        "Completed steps are kept.",
    ] {
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
    }
    nothing_is_left(&there);
    let annotation = || there.class().unwrap()["metadata"]["annotations"][FAILED].clone();
    assert_eq!(annotation(), "true");
    drop(refusing);

    // Nothing is left to change, and it is still to be shown that the class works.
    let plan = run(&there, "plan-efs", &["--output=json"]).exits(0).json();
    assert_eq!(plan["changes"], 0, "{plan:#}");
    assert_eq!(plan["checks"][0]["id"], "canary", "{plan:#}");
    let _provisioner = provisioner(&there, Source::MadeUp);
    let ran = run(&there, "deploy-efs", &["--output=json"]).exits(0);
    assert!(ran.stderr.contains("canary[\"efs-sc\"]: bound as fsap-"), "{}", ran.stderr);
    assert_eq!(ran.json()["changed"], 0);
    assert_eq!(annotation(), Value::Null);
    let ran = run(&there, "deploy-efs", &[]).exits(0);
    assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn what_a_killed_run_left_is_swept_by_the_next_deploy_and_by_a_destroy() {
    let there = Clustered::quick();
    let denied = "rpc error: code = Unauthenticated desc = Access Denied. Please ensure you have \
                  the right AWS permissions: Access denied";
    let _nodes = nodes(&there);
    let refusing = provisioner(&there, Source::Refused(denied.to_owned()));
    let killed = || {
        let (shell, url) = (there.world.shell(), &there.aws.url);
        let (xtask, chart) = (programs().join("xtask"), Clustered::chart());
        let mut command: Command =
            cmd!(shell, "{xtask} deploy-efs --endpoint-url={url} --helm-chart={chart}").into();
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        there.await_that("a canary is there", || !there.cluster().list(CLAIMS).unwrap().is_empty());
        child.kill().unwrap();
        child.wait().unwrap();
        let [left] = &there.cluster().list(CLAIMS).unwrap()[..] else { panic!("one is left") };
        left["metadata"]["name"].as_str().unwrap().to_owned()
    };
    let first = killed();
    drop(refusing);
    let _provisioner = provisioner(&there, Source::MadeUp);
    there.await_that("what was left is bound", || {
        there.cluster().get(&format!("{CLAIMS}/{first}")).unwrap()["status"]["phase"] == "Bound"
    });
    let ran = run(&there, "destroy-efs", &["--yes"]).exits(0);
    let line = format!("claim kube-system/{first}: destroyed");
    assert!(ran.stderr.contains(&line), "{}", ran.stderr);
    nothing_is_left(&there);
}

/// The marker of a cluster of EKS: its webhook, which here sees no pod, as one that is late.
fn late_webhook(there: &Clustered) {
    let path = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
    let webhook = json!({
        "metadata": { "name": "pod-identity-webhook" },
        "webhooks": [{
            "name": "iam-for-pods.amazonaws.com",
            "clientConfig": { "url": "https://127.0.0.1:23443/mutate" },
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "failurePolicy": "Ignore",
            "objectSelector": { "matchLabels": { "nobody": "has-it" } },
            "rules": [{
                "apiGroups": [""],
                "apiVersions": ["v1"],
                "operations": ["CREATE"],
                "resources": ["pods"],
            }],
        }],
    });
    there.cluster().create(path, &webhook).unwrap();
}

/// Has the API server tell all new pods this role, as the webhook does, and waits until it does.
fn webhook_that_knows(there: &Clustered, role: &str) {
    let group = "/apis/admissionregistration.k8s.io/v1";
    let environment = format!(
        "Object{{spec: Object.spec{{containers: object.spec.containers.map(c, \
         Object.spec.containers{{name: c.name, env: [Object.spec.containers.env{{\
         name: \"AWS_ROLE_ARN\", value: \"{role}\"}}]}})}}}}"
    );
    let policy = json!({
        "metadata": { "name": "tells-pods-their-role" },
        "spec": {
            "failurePolicy": "Fail",
            "reinvocationPolicy": "Never",
            "matchConstraints": { "resourceRules": [{
                "apiGroups": [""],
                "apiVersions": ["v1"],
                "operations": ["CREATE"],
                "resources": ["pods"],
            }] },
            "mutations": [{
                "patchType": "ApplyConfiguration",
                "applyConfiguration": { "expression": environment },
            }],
        },
    });
    let cluster = there.cluster();
    cluster.create(&format!("{group}/mutatingadmissionpolicies"), &policy).unwrap();
    let binding = json!({
        "metadata": { "name": "tells-pods-their-role" },
        "spec": { "policyName": "tells-pods-their-role" },
    });
    cluster.create(&format!("{group}/mutatingadmissionpolicybindings"), &binding).unwrap();
    let pod = json!({
        "metadata": { "name": "probe" },
        "spec": { "containers": [{ "name": "probe", "image": "none" }] },
    });
    there.await_that("new pods are told their role", || {
        let made = cluster.create("/api/v1/namespaces/kube-system/pods?dryRun=All", &pod);
        made.is_ok_and(|made| made.to_string().contains(role))
    });
}

/// "Pods admitted before the association propagates never get credentials"
/// (aws/amazon-eks-pod-identity-webhook issue 264; aws/containers-roadmap issue 2507).
#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn pods_that_were_admitted_without_credentials_are_made_anew_before_the_canary() {
    let there = Clustered::quick();
    let _running = (nodes(&there), provisioner(&there, Source::MadeUp));
    let irsa = ["--driver-identity=irsa", "--oidc-provider=create", "--output=json"];
    run(&there, "deploy-efs", &irsa).exits(0);
    let plan = || run(&there, "plan-efs", &irsa).exits(0).json();
    assert_eq!(plan()["changes"], 0, "a cluster without the webhook says nothing of credentials");
    late_webhook(&there);
    let planned = plan();
    assert_eq!(planned["steps"][0]["resource"], "driver_pods", "{planned:#}");
    let roles = there.aws.iam("ListRoles", &[]);
    let role = roles.split("<Arn>").find(|rest| rest.contains("role/clockwork-")).unwrap();
    let role = role.split('<').next().unwrap();
    webhook_that_knows(&there, role);
    let ran = run(&there, "deploy-efs", &irsa).exits(0);
    assert!(ran.stderr.contains("its controller has its credentials"), "{}", ran.stderr);
    assert!(ran.stderr.contains("bound as fsap-"), "{}", ran.stderr);
    assert_eq!(plan()["changes"], 0);
}
