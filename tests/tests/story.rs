//! The end-to-end runs themselves: what they report, and that they leave nothing behind.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use control_plane::Cluster;
use serde_json::Value;
use tests::{World, programs, workspace};
use xshell::cmd;

#[test]
fn the_matrix_is_what_github_includes() {
    let world = World::new();
    let matrix: Value = serde_json::from_str(&world.xtask(&["matrix"]).exits(0).stdout).unwrap();
    let include = matrix["include"].as_array().unwrap();
    assert!(include.len() >= 6);
    for entry in include {
        for key in ["chart", "kubernetes", "image", "aws", "name"] {
            assert!(entry[key].is_string(), "{key} in {entry}");
        }
    }
    let one = world.xtask(&["matrix", "--aws", "moto", "--chart", "2.4.5", "--kubernetes", "1.35"]);
    let one: Value = serde_json::from_str(&one.exits(0).stdout).unwrap();
    assert_eq!(one["include"].as_array().map(Vec::len), Some(1));
    let ran = world.xtask(&["matrix", "--aws", "mota"]).exits(2);
    assert!(ran.stderr.contains("moto"), "{}", ran.stderr);
}

#[test]
fn what_an_end_to_end_run_cannot_use_is_a_mistake() {
    let ran = World::new().xtask(&["e2e", "--aws", "minstack"]).exits(2);
    assert!(ran.stderr.contains("did you mean `ministack`?"), "{}", ran.stderr);
    let ran = World::new().xtask(&["e2e", "--context", "dev"]).exits(2);
    assert!(ran.stderr.contains("--cluster context"), "{}", ran.stderr);
    let ran = World::new().xtask(&["e2e", "--cluster", "kind", "--driver", "real"]).exits(2);
    assert!(ran.stderr.contains("--cluster control-plane"), "{}", ran.stderr);
    let ran = World::new().xtask(&["e2e", "--cluster", "node", "--keep"]).exits(2);
    assert!(ran.stderr.contains("--keep"), "{}", ran.stderr);
}

/// Starts a run, and waits until it has printed a text.
fn until(world: &World, args: &[&str], text: &str) -> Child {
    let shell = world.shell();
    let (xtask, report) = (programs().join("xtask"), world.path().join("report"));
    let out = std::fs::File::create(world.path().join("out")).unwrap();
    let mut command: Command = cmd!(shell, "{xtask} e2e --report {report} {args...}").into();
    let child = command.stdout(out).stderr(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_mins(5);
    while !said(world).contains(text) {
        assert!(Instant::now() < deadline, "{text:?} was not printed:\n{}", said(world));
        std::thread::sleep(Duration::from_millis(50));
    }
    child
}

fn said(world: &World) -> String {
    std::fs::read_to_string(world.path().join("out")).unwrap()
}

/// The processes that a run started, found by what only it gave them: its control plane's folder.
fn left(world: &World) -> usize {
    let shell = world.shell();
    let all = cmd!(shell, "ps -eo args").quiet().read().unwrap();
    let folder = said(world);
    let folder = folder.lines().find_map(|line| line.split("control plane in ").nth(1)).unwrap();
    all.lines().filter(|line| line.contains(folder.trim())).count()
}

fn signal(world: &World, run: &Child, signal: &str) {
    let (shell, id) = (world.shell(), run.id().to_string());
    cmd!(shell, "kill -{signal} {id}").quiet().run().unwrap();
}

/// Waits until no process of the run is left.
fn await_none_left(world: &World, after: &str) {
    let deadline = Instant::now() + Duration::from_mins(3);
    while left(world) > 0 {
        assert!(Instant::now() < deadline, "after {after}: {} processes are left", left(world));
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn an_interrupted_run_takes_down_what_it_started_and_a_killed_one_leaves_no_process() {
    for name in ["INT", "KILL"] {
        let world = World::new();
        let mut run = until(&world, &[], "no changes");
        assert!(left(&world) > 0, "it runs");
        signal(&world, &run, name);
        let code = run.wait().unwrap().code();
        assert_ne!(code, Some(0));
        await_none_left(&world, name);
        if name == "INT" {
            let junit = std::fs::read_to_string(world.path().join("report/junit.xml")).unwrap();
            assert!(junit.contains("<testcase") && junit.contains("name=\"deploy\""), "{junit}");
        }
    }
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn without_a_terminal_a_kept_run_can_be_used_until_it_is_stopped() {
    let world = World::new();
    let mut run = until(&world, &["--keep"], "stops everything");
    let said = said(&world);
    let kept = said.split("kept: KUBECONFIG=").nth(1).unwrap_or_else(|| panic!("{said}"));
    let (kubeconfig, rest) = kept.split_once(", --endpoint-url=").unwrap();
    let url = rest.lines().next().unwrap();
    // The report is written, the cluster has what was deployed, and AWS responds.
    assert!(world.path().join("report/junit.xml").exists());
    let cluster = Cluster::connect(Path::new(kubeconfig)).unwrap();
    let class = "/apis/storage.k8s.io/v1/storageclasses/clockwork-e2e";
    let id = cluster.get(class).unwrap()["parameters"]["fileSystemId"].clone();
    assert!(id.as_str().unwrap().starts_with("fs-"), "{id}");
    assert!(!emulators::mount_targets(url, id.as_str().unwrap()).unwrap().is_empty());
    assert_eq!(run.try_wait().unwrap(), None, "it waits");
    signal(&world, &run, "TERM");
    assert_eq!(run.wait().unwrap().code(), Some(0), "{said}");
    await_none_left(&world, "TERM");
}

/// The objects of a kind that a chart renders.
fn rendered(chart: &Path, kind: &str) -> Vec<Value> {
    let tools = programs().parent().unwrap().join("tools/bin");
    let helm = control_plane::find("helm", &tools)
        .unwrap_or_else(|| panic!("helm is missing; run `cargo xtask tools install helm`"));
    let world = World::new();
    let shell = world.shell();
    let text = cmd!(shell, "{helm} template release {chart}").quiet().read().unwrap();
    let objects = text.split("\n---\n").map(|text| serde_norway::from_str::<Value>(text).unwrap());
    objects.filter(|object| object["kind"] == kind).collect()
}

/// What the driver's controller may do, as group, resource and verb.
fn rights(chart: &Path) -> BTreeSet<[String; 3]> {
    let roles = rendered(chart, "ClusterRole");
    let role = roles
        .iter()
        .find(|role| role["metadata"]["name"] == "efs-csi-external-provisioner-role")
        .unwrap_or_else(|| panic!("{} has no such role", chart.display()));
    let texts = |value: &Value| -> Vec<String> { serde_json::from_value(value.clone()).unwrap() };
    let mut rights = BTreeSet::new();
    for rule in role["rules"].as_array().unwrap() {
        for group in texts(&rule["apiGroups"]) {
            for resource in texts(&rule["resources"]) {
                for verb in texts(&rule["verbs"]) {
                    rights.insert([group.clone(), resource.clone(), verb]);
                }
            }
        }
    }
    rights
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn our_small_chart_gives_the_driver_the_accounts_and_rights_of_its_own_chart() {
    let small = workspace().join("tests/charts/aws-efs-csi-driver");
    let own = programs().parent().unwrap().join("tools/share/aws-efs-csi-driver");
    assert!(own.exists(), "run `cargo xtask tools install efs-csi-driver`");
    assert_eq!(rights(&small), rights(&own));
    let names = |chart: &Path| -> BTreeSet<String> {
        let accounts = rendered(chart, "ServiceAccount");
        accounts.iter().map(|found| found["metadata"]["name"].to_string()).collect()
    };
    assert_eq!(names(&small), names(&own));
}
