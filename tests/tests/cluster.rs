//! The life of a deployment in a real cluster: kube-apiserver, etcd and the
//! controllers, Helm, and a small chart of our own. No nodes.
//!
//! These tests need the programs of `cargo xtask tools install`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::process::{Command, Stdio};

use control_plane::{Nodes, User};
use serde_json::{Value, json};
use tests::{Call, Clustered, Ran, World, programs, says_at_its_limit};
use xshell::cmd;

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

/// A cluster over six zones whose AWS takes its time.
fn over_six_zones() -> Clustered {
    let mut world = World::new();
    world.set("CLOCKWORK_SANDBOX_ZONES", 6);
    // Enough for calls that are sent together to overlap, on a busy machine too.
    world.set("CLOCKWORK_SANDBOX_LATENCY_MS", 600);
    // One look at what is made, and another one on a machine that is slow: how many there are
    // depends on how long AWS takes.
    for name in ["FILE_SYSTEM_CREATING", "MOUNT_TARGET_CREATING"] {
        world.set(&format!("CLOCKWORK_SANDBOX_{name}_MS"), 20);
    }
    Clustered::with(world)
}

/// Deploys, with at most so many calls, and then finds nothing to do, with at most so many in three
/// rounds.
#[track_caller]
fn within(there: &Clustered, inputs: &[&str], (first, nothing): (usize, usize)) {
    let names = |ran: &Ran| {
        let names = ran.calls.iter().map(|call| call.operation.as_str());
        format!("{}: {}", ran.calls.len(), names.collect::<Vec<_>>().join(" "))
    };
    let ran = there.run("deploy-efs", inputs).exits(0);
    assert!(ran.calls.len() <= first, "{}", names(&ran));
    let ran = there.run("deploy-efs", inputs).exits(0);
    assert_eq!(ran.json()["changed"], 0, "{}", ran.stderr);
    assert!(ran.calls.len() <= nothing, "{}", names(&ran));
    assert!(Call::rounds(&ran.calls) <= 3, "{:#?}", ran.calls);
}

/// A first deploy with the default inputs: 24 calls, of which 9 change something, and 12 where there
/// is nothing to do. Each identity that is chosen takes what only it can show or make.
#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn calls_and_rounds_stay_within_their_budgets_in_a_cluster_too() {
    let nfs = "--nfs-client-cidr=10.0.0.0/16";
    let there = over_six_zones();
    // Whether there is a role of ours is asked where there is nothing to do, as somebody may have
    // taken its annotation away.
    within(&there, &[nfs], (24, 12));
    let node = "--driver-identity=node";
    // Associations of before would win over the nodes' role.
    within(&there, &[nfs, node], (13, 12));
    // A lifecycle policy takes a call of its own. A role of ours is looked at: with its policy, the
    // provider and the associations.
    let lifecycle = "--lifecycle-policy=transition_to_ia=AFTER_30_DAYS";
    let irsa = [nfs, lifecycle, "--driver-identity=irsa", "--oidc-provider=create"];
    within(&there, &irsa, (24, 11 + 1 + 4));
    drop(there);

    within(&over_six_zones(), &[nfs, node], (24, 12));
    // Nothing combines these: the role is looked for, then provider, role and policy are made. No
    // call of EC2, EFS or IAM shows or makes two of them at once.
    let irsa = [nfs, "--driver-identity=irsa", "--oidc-provider=create"];
    within(&over_six_zones(), &irsa, (24 + 4, 11 + 4));
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn the_control_plane_takes_the_real_driver() {
    let there = Clustered::new();
    let _nodes = Nodes::start(&there.plane.kubeconfig(User::Admin), 3).unwrap();
    // The driver's node pods are privileged.
    let container = json!({
        "name": "efs-plugin",
        "image": "none",
        "securityContext": {"privileged": true},
    });
    let pod = json!({"metadata": {"name": "efs-csi-node"}, "spec": {"containers": [container]}});
    let created = there.cluster().create("/api/v1/namespaces/default/pods", &pod).unwrap();
    let context = &created["spec"]["containers"][0]["securityContext"];
    assert_eq!(context["privileged"], true, "{created:#}");
    // It reads its instance from the node, and its topology from the CSINode.
    let nodes = there.cluster().list("/api/v1/nodes").unwrap();
    assert_eq!(nodes.len(), 3);
    for (node, zone) in nodes.iter().zip(["eu-west-1a", "eu-west-1b", "eu-west-1c"]) {
        let provider = node["spec"]["providerID"].as_str().unwrap();
        assert!(provider.starts_with(&format!("aws:///{zone}/i-")), "{provider}");
        let labels = &node["metadata"]["labels"];
        assert_eq!(labels["topology.kubernetes.io/zone"], zone);
        assert_eq!(labels["topology.kubernetes.io/region"], "eu-west-1");
        let name = node["metadata"]["name"].as_str().unwrap();
        let path = format!("/apis/storage.k8s.io/v1/csinodes/{name}");
        let driver = there.cluster().get(&path).unwrap()["spec"]["drivers"][0].clone();
        assert_eq!(driver["topologyKeys"], json!(["topology.kubernetes.io/zone"]));
        assert!(provider.ends_with(driver["nodeID"].as_str().unwrap()), "{driver}");
    }
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn with_nodes_the_driver_is_waited_for_and_a_shared_mount_is_proved() {
    let there = Clustered::new();
    let nodes = Nodes::start(&there.plane.kubeconfig(User::Admin), 3).unwrap();
    let chart = format!("--helm-chart={}", Clustered::chart().display());
    let url = format!("--endpoint-url={}", there.aws.url);
    let ran = there.world.xtask(&["deploy-efs", &url, &chart, "--output", "json"]).exits(0);
    assert!(
        ran.stderr.contains("helm_release[\"aws-efs-csi-driver\"]: released, runs"),
        "{}",
        ran.stderr
    );

    let status = there.world.xtask(&["status", &url, "--output", "json"]).exits(0).json();
    assert_eq!(status["healthy"], true, "{status:#}");

    let proof = there.world.xtask(&["verify", &url, "--output", "json", "-v"]).exits(0).json();
    assert_eq!(proof["proved"], true, "{proof:#}");
    assert_eq!(proof["findings"].as_array().unwrap().len(), 4);
    let ours = "labelSelector=app.kubernetes.io%2Fmanaged-by%3Dclockwork-codex";
    for path in [&*format!("/api/v1/namespaces?{ours}"), "/api/v1/persistentvolumes"] {
        there.await_that("the proof cleans up", || there.cluster().list(path).unwrap().is_empty());
    }
    drop(nodes);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_proof_that_fails_says_what_the_pods_say_and_cleans_up() {
    let there = Clustered::new();
    there.deploy(&[]);
    // No node ever runs the pods.
    let url = format!("--endpoint-url={}", there.aws.url);
    let verify = |limit: &str| there.world.xtask(&["verify", &url, limit]);
    let ran = says_at_its_limit(verify, "-writer: Pending");
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
    there.claim("checkpoints", "10Gi");
    let claim = Clustered::claim_path("checkpoints");
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
fn a_status_says_why_a_claim_is_pending_as_its_events_do() {
    let there = Clustered::quick();
    there.deploy(&[]);
    // Nothing in this cluster makes volumes of the class.
    let claim = json!({
        "metadata": {"name": "waiting"},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "storageClassName": "efs-sc",
            "resources": {"requests": {"storage": "1Gi"}},
        },
    });
    let claims = "/api/v1/namespaces/default/persistentvolumeclaims";
    there.cluster().create(claims, &claim).unwrap();
    there.await_that("the status gives the reason", || {
        let status = there.run("status", &[]).exits(0).json();
        let rows = status["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["name"] == "default/waiting").unwrap();
        assert_eq!(row["state"], "Pending", "{row}");
        row["detail"].as_str().unwrap().contains("efs.csi.aws.com")
    });
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn the_commands_of_the_pages_for_a_real_cluster_run_in_their_order() {
    let there = Clustered::new();
    let nodes = Nodes::start(&there.plane.kubeconfig(User::Admin), 2).unwrap();
    let example = std::fs::read_to_string(there.world.path().join("clockwork.hcl")).unwrap();
    let chart = tests::workspace().join("tests/charts/graphscope");
    let workload = format!(
        r#"
module "fraud" {{
  source             = "./modules/graphscope"
  kind               = "engine"
  storage_class_name = module.efs_csi.storage_class_name
  helm_chart         = "{}"
}}
"#,
        chart.display()
    );
    std::fs::write(there.world.path().join("prod.hcl"), example + &workload).unwrap();
    let (url, chart) = (
        format!("--endpoint-url={}", there.aws.url),
        format!("--helm-chart={}", Clustered::chart().display()),
    );
    let mut count = 0;
    let text: Vec<String> = tests::pages().iter().map(|path| tests::page(path)).collect();
    let lines = text.iter().flat_map(|text| text.lines());
    for line in lines.filter(|line| line.starts_with("cargo xtask")) {
        let in_cluster =
            line.contains("prod.hcl") && !line.contains("--manifests") && !line.contains("render");
        if in_cluster {
            // What a shell does with the output is its own affair.
            let command = line.split(['#', '>', '|']).next().unwrap();
            let mut args: Vec<&str> = command.split_whitespace().skip(2).collect();
            args.extend([url.as_str(), chart.as_str()]);
            there.world.xtask(&args).exits(0);
            count += 1;
        }
    }
    assert!(count >= 20, "the commands were not found: {count}");
    drop(nodes);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_proof_on_an_existing_claim_leaves_it_as_it_was_and_an_interrupted_one_cleans_up() {
    let there = Clustered::new();
    there.deploy(&[]);
    let nodes = Nodes::start(&there.plane.kubeconfig(User::Admin), 2).unwrap();
    there.claim("kept", "1Gi");
    let url = format!("--endpoint-url={}", there.aws.url);
    let args = ["verify", &url, "--claim", "default/kept", "--readers", "3", "--output", "json"];
    let proof = there.world.xtask(&args).exits(0).json();
    assert_eq!(proof["proved"], true, "{proof:#}");
    assert_eq!(proof["findings"][0]["detail"], "4 of 4");
    let pods = there.cluster().list("/api/v1/namespaces/default/pods").unwrap();
    assert!(pods.iter().all(|pod| pod["metadata"]["deletionTimestamp"].is_string()), "{pods:#?}");
    assert!(there.cluster().find(&Clustered::claim_path("kept")).unwrap().is_some());
    drop(nodes);

    // Without nodes nothing ever comes of it: Ctrl-C, and everything is gone.
    let shell = there.world.shell();
    let xtask = programs().join("xtask");
    let mut command: Command = cmd!(shell, "{xtask} verify {url}").into();
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let pods = "/api/v1/pods?labelSelector=clockwork-codex%2Fverify";
    there.await_that("the pods are made", || there.cluster().list(pods).unwrap().len() >= 3);
    let id = child.id().to_string();
    cmd!(shell, "kill -INT {id}").quiet().run().unwrap();
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(130), "{said}");
    let ours = "/api/v1/namespaces?labelSelector=clockwork-codex%2Fverify";
    assert!(there.cluster().list(ours).unwrap().is_empty(), "{said}");
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn the_chart_comes_from_a_repository_and_a_driver_that_does_not_start_is_reported_with_the_reason()
{
    let there = Clustered::new();
    // A repository of our own, with a version whose published digest is not known.
    let shell = there.world.shell();
    let chart = there.own_chart("chart");
    let about = std::fs::read_to_string(chart.join("Chart.yaml")).unwrap();
    std::fs::write(chart.join("Chart.yaml"), about.replace("2.4.5", "2.4.99")).unwrap();
    let charts = there.world.path().join("charts");
    cmd!(shell, "helm package {chart} --destination {charts}")
        .quiet()
        .ignore_stdout()
        .run()
        .unwrap();
    cmd!(shell, "helm repo index {charts}").quiet().run().unwrap();
    let repository = tests::serve_files(charts);
    let url = format!("--endpoint-url={}", there.aws.url);
    let from = format!("--helm-repository={repository}");
    let args = ["deploy-efs", &url, &from, "--helm-chart-version=2.4.99", "--uid=1", "--gid=1"];
    // No node runs it, and it is waited for.
    let deploy = |limit: &str| there.world.xtask(&[&args[..], &[limit]].concat());
    let ran = says_at_its_limit(deploy, "deployment/efs-csi-controller 0 of 2 (pod");
    assert!(ran.stderr.contains("--timeout"), "{}", ran.stderr);
    assert_eq!(there.revisions(), [(1, "deployed".to_owned())]);
    // What runs is not made again, and what was left is waited for.
    let plan = there.world.xtask(&[
        "plan-efs",
        &url,
        &from,
        "--helm-chart-version=2.4.99",
        "--uid=1",
        "--gid=1",
        "--output=json",
    ]);
    let plan = plan.exits(0).json();
    assert_eq!(plan["changes"], 0, "{plan:#}");
    assert!(plan["waits"][0]["reason"].as_str().unwrap().contains("0 of 2"), "{plan:#}");

    let wrong = there
        .run("plan-efs", &[&from, "--helm-chart=aws-efs-csi-driver", "--helm-chart-version=2.4.7"]);
    assert_eq!(wrong.code, Some(1));
    assert!(wrong.stderr.contains("check `helm_chart_version`"), "{}", wrong.stderr);
    let nowhere = [
        "--helm-chart=aws-efs-csi-driver",
        "--helm-repository=http://127.0.0.1:1",
        "--helm-chart-version=2.4.7",
    ];
    let wrong = there.run("plan-efs", &nowhere);
    assert!(wrong.stderr.contains("helm_repository"), "{}", wrong.stderr);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn the_classes_of_a_deployment_are_made_changed_and_taken_down_together() {
    let there = Clustered::quick();
    let file = there.world.path().join("classes.json");
    let write = |classes: &Value| std::fs::write(&file, classes.to_string()).unwrap();
    let flag = format!("--storage-classes={}", file.display());
    let class = |name: &str| {
        there.cluster().find(&format!("/apis/storage.k8s.io/v1/storageclasses/{name}")).unwrap()
    };
    write(&json!({ "efs-store": { "uid": 1001, "gid": 1001 }, "efs-logs": {} }));
    there.deploy(&[&flag]);
    there.nothing_to_do(&[&flag]);
    let store = class("efs-store").unwrap();
    assert_eq!(store["parameters"]["uid"], "1001");
    assert_eq!(
        store["parameters"]["fileSystemId"],
        class("efs-sc").unwrap()["parameters"]["fileSystemId"]
    );
    let status = there.run("status", &[&flag]).json()["rows"].to_string();
    assert!(status.contains("efs-store") && status.contains("efs-logs"), "{status}");
    // One changes for good and one goes, with consent; the deployment's own stays as it is.
    write(&json!({ "efs-store": { "uid": 7, "gid": 7 } }));
    let uid = class("efs-sc").unwrap()["metadata"]["uid"].clone();
    let ran = there.run("deploy-efs", &[&flag]).exits(1);
    assert!(ran.stderr.contains("--yes"), "{}", ran.stderr);
    there.deploy(&[&flag, "--yes"]);
    assert_eq!(
        (&class("efs-store").unwrap()["parameters"]["uid"], class("efs-logs")),
        (&json!("7"), None)
    );
    assert_eq!(class("efs-sc").unwrap()["metadata"]["uid"], uid);
    there.run("destroy-efs", &[&flag, "--yes"]).exits(0);
    assert_eq!((class("efs-sc"), class("efs-store")), (None, None));
}
