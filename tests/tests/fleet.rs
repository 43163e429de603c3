//! A fleet: many files, one process, one rate of calls.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use control_plane::{Nodes, User};
use serde_json::{Value, json};
use tests::{Clustered, World};
use xshell::cmd;

fn file(cluster: &str, more: &str) -> String {
    format!(
        r#"module "network" {{
  source       = "./modules/network"
  cluster_name = "graphscope-dev"
}}

module "efs_csi" {{
  source            = "./modules/csi/efs"
  aws_region        = "eu-west-1"
  cluster_name      = "{cluster}"
  subnet_ids        = module.network.private_subnets
  security_group_id = module.network.security_group_id
  {more}
}}
"#
    )
}

fn folder(world: &World, files: &[(&str, String)]) -> PathBuf {
    let folder = world.path().join("files");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, text) in files {
        std::fs::write(folder.join(format!("{name}.hcl")), text).unwrap();
    }
    folder
}

#[test]
fn all_files_of_a_folder_are_deployed_within_the_accounts_rate_found_complete_and_taken_down() {
    let mut world = World::new();
    world.set("CLOCKWORK_SANDBOX_RATE_LIMIT", 40);
    let names: Vec<String> = (0..8).map(|number| format!("cluster-{number}")).collect();
    let files: Vec<(&str, String)> =
        names.iter().map(|name| (name.as_str(), file(name, ""))).collect();
    let fleet = format!("--fleet={}", folder(&world, &files).display());
    // Below what the sandbox allows, which a machine that stood still would exceed afterwards.
    let run = |command: &str| world.run(command, &[&fleet, "--rate=30"]);

    let made = run("deploy-efs").exits(0);
    let result = made.json();
    assert_eq!(result["failed"], 0, "{result:#}");
    assert_eq!(result["changed"], 8 * 7, "{result:#}");
    let refused = made.calls.iter().filter(|call| {
        ["ThrottlingException", "RequestLimitExceeded"].contains(&call.outcome.as_str())
    });
    assert_eq!(refused.count(), 0, "the rate was kept");
    for name in &names {
        let id = result["deployments"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["name"] == name.as_str())
            .unwrap()["outputs"]["file_system_id"]
            .clone();
        let class = world.document(&format!("{name}/storageclass.yaml"));
        assert!(class.contains(id.as_str().unwrap()), "{class}");
        assert!(made.stderr.contains(&format!("{name}: module.efs_csi.file_system: created")));
    }
    let again = run("deploy-efs").exits(0).json();
    assert_eq!(again["changed"], 0, "{again:#}");
    // What deletes or replaces asks nobody: it needs consent beforehand, and says for what.
    let replaced =
        world.run("deploy-efs", &[&fleet, "--rate=40", "--directory-perms=750"]).exits(1);
    assert_eq!(replaced.json()["failed"], 8);
    let told = "cluster-3: This deletes or replaces module.efs_csi.document[\"storageclass.yaml\"]";
    assert!(replaced.stderr.contains(told), "{}", replaced.stderr);
    let gone = run("destroy-efs").exits(0).json();
    assert_eq!((gone["failed"].as_u64(), gone["changed"].as_u64()), (Some(0), Some(8 * 7)));
    assert!(!world.manifests().join("cluster-0").exists());
}

#[test]
fn one_that_fails_keeps_no_other_from_its_end() {
    let world = World::new();
    let wrong =
        file("b", "").replace("module.network.private_subnets", "[\"subnet-0123456789abcdef0\"]");
    let files = [("a", file("a", "")), ("b", wrong), ("c", file("c", ""))];
    let fleet = format!("--fleet={}", folder(&world, &files).display());
    let ran = world.run("deploy-efs", &[&fleet]).exits(1);
    let result = ran.json();
    assert_eq!(result["failed"], 1, "{result:#}");
    assert!(result["deployments"][1]["error"].as_str().unwrap().contains("Nothing was changed"));
    assert!(ran.stderr.contains("b: Refused: subnet-0123456789abcdef0"), "{}", ran.stderr);
    assert!(world.manifests().join("c/storageclass.yaml").exists());
    assert!(!world.manifests().join("b").exists());
}

#[test]
fn one_that_fails_midway_still_reports_what_it_changed() {
    let mut world = World::new();
    world.set("CLOCKWORK_SANDBOX_FAULTS", "CreateMountTarget:*:error");
    let fleet = format!("--fleet={}", folder(&world, &[("a", file("a", ""))]).display());
    let result = world.run("deploy-efs", &[&fleet]).exits(1).json();
    let one = &result["deployments"][0];
    assert!(one["error"].is_string(), "{result:#}");
    assert_eq!(one["changed"], 2, "the file system and the values: {result:#}");
}

#[test]
fn every_mistake_of_every_file_is_reported_before_anything_is_called() {
    let world = World::new();
    let files = [
        ("a", file("same", "")),
        ("b", file("same", "")),
        ("c", file("c", "encripted = true")),
        ("d", file("d", "directory_perms = 9")),
    ];
    let fleet = format!("--fleet={}", folder(&world, &files).display());
    let ran = world.run("deploy-efs", &[&fleet]).exits(2);
    for told in ["`a.hcl` has the same region", "did you mean `encrypted`?", "d.hcl", "c.hcl"] {
        assert!(ran.stderr.contains(told), "{told}: {}", ran.stderr);
    }
    assert!(ran.calls.is_empty());
    let empty = world.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let ran = world.run("deploy-efs", &["--fleet", empty.to_str().unwrap()]).exits(2);
    assert!(ran.stderr.contains("no `.hcl` file"), "{}", ran.stderr);
    for (args, told) in [
        (&["--fleet=files", "--config=a.hcl"][..], "cannot be used with"),
        (&["--rate=20"], "--fleet"),
        (&["--fleet=files", "--rate=0"], "0.1 to 1000"),
    ] {
        let ran = world.run("deploy-efs", args).exits(2);
        assert!(ran.stderr.contains(told), "{args:?}: {}", ran.stderr);
    }
}

/// What a command of a fleet results in, by the names of its files.
fn by_name(result: &Value) -> BTreeMap<&str, &Value> {
    let all = result["deployments"].as_array().unwrap().iter();
    all.map(|one| (one["name"].as_str().unwrap(), one)).collect()
}

#[test]
fn a_fleet_is_planned_and_shown_and_every_result_is_the_one_of_its_file() {
    let world = World::new();
    let files = [("a", file("a", "")), ("b", file("b", ""))];
    let fleet = format!("--fleet={}", folder(&world, &files).display());
    let planned = world.run("plan-efs", &[&fleet, "--detailed-exitcode"]).exits(2);
    let result = planned.json();
    let plan = &by_name(&result)["a"]["result"];
    assert_eq!(plan["changes"], 7, "{result:#}");
    assert_eq!(plan["steps"].as_array().map(Vec::len), Some(7));
    assert_eq!((&result["changed"], &result["failed"]), (&json!(0), &json!(0)), "{result:#}");
    assert!(planned.calls.iter().all(|call| !call.operation.starts_with("Create")));

    world.run("deploy-efs", &[&fleet]).exits(0);
    let again = world.run("plan-efs", &[&fleet, "--detailed-exitcode"]).exits(0).json();
    let status = world.run("status", &[&fleet]).exits(0).json();
    for name in ["a", "b"] {
        assert_eq!(by_name(&again)[name]["result"]["changes"], 0, "{again:#}");
        let one = &by_name(&status)[name]["result"];
        assert_eq!(one["healthy"], true, "{status:#}");
        assert!(one["rows"].as_array().unwrap().len() >= 7, "{status:#}");
    }
    let manifests = format!("--manifests={}", world.manifests().display());
    let text = world.xtask(&["status", "--sandbox", &manifests, &fleet]).exits(0).stdout;
    assert!(text.starts_with("a:\n\nAWS: account"), "{text}");
    assert!(text.contains("2 of 2 read:"), "{text}");
}

#[test]
fn a_refused_plan_of_a_fleet_fails_it_and_the_others_are_shown() {
    let world = World::new();
    let wrong =
        file("b", "").replace("module.network.private_subnets", "[\"subnet-0123456789abcdef0\"]");
    let files = [("a", file("a", "")), ("b", wrong)];
    let fleet = format!("--fleet={}", folder(&world, &files).display());
    let result = world.run("plan-efs", &[&fleet, "--detailed-exitcode"]).exits(1).json();
    let (a, b) = (by_name(&result)["a"], by_name(&result)["b"]);
    assert_eq!((&a["error"], &a["result"]["changes"]), (&Value::Null, &json!(7)), "{result:#}");
    assert!(b["error"].as_str().unwrap().starts_with("Cannot apply: "), "{result:#}");
    assert!(!b["result"]["refusals"].as_array().unwrap().is_empty(), "{result:#}");
}

/// A workload on the class of the file's storage.
fn engine(name: &str) -> String {
    format!(
        "module \"engine\" {{\n  source = \"./modules/graphscope\"\n  kind = \"engine\"\n  name = \"{name}\"\n  \
         namespace = \"graphs\"\n  storage_class_name = module.efs_csi.storage_class_name\n}}\n"
    )
}

#[test]
fn workloads_of_a_fleet_are_planned_deployed_and_taken_down_with_their_storage() {
    let world = World::new();
    // A file without a workload is deployed with the others.
    let files = [("a", file("a", "") + &engine("fraud")), ("b", file("b", ""))];
    let fleet = format!("--fleet={}", folder(&world, &files).display());
    let run = |command: &str, more: &[&str]| {
        world.run(command, &[&[fleet.as_str()], more].concat()).exits(0).json()
    };
    let planned = run("plan-graphscope", &[]);
    assert_eq!(by_name(&planned)["a"]["result"]["changes"], 10, "{planned:#}");
    let made = run("deploy-graphscope", &[]);
    assert_eq!(by_name(&made)["a"]["changed"], 10, "{made:#}");
    assert_eq!(by_name(&made)["b"]["changed"], 7, "{made:#}");
    assert!(world.document("a/engine/claims.yaml").contains("fraud-datasets"));
    assert_eq!(run("deploy-graphscope", &[])["changed"], 0);
    let gone = run("destroy-graphscope", &["--yes", "--delete-data"]);
    assert_eq!((&gone["changed"], &gone["failed"]), (&json!(3), &json!(0)), "{gone:#}");
    assert!(!world.manifests().join("a/engine").exists());
    assert!(world.manifests().join("a/storageclass.yaml").exists());
}

#[test]
fn workloads_of_two_files_are_refused_where_they_are_one_and_the_same() {
    let world = World::new();
    let second = file("a", "storage_class_name = \"other\"") + &engine("fraud");
    let files = [("a", file("a", "") + &engine("fraud")), ("b", second)];
    let fleet = format!("--fleet={}", folder(&world, &files).display());
    let ran = world.run("deploy-graphscope", &[&fleet]).exits(2);
    let told = "`a.hcl` has a workload of the same cluster, namespace and name: `graphs/fraud`";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    // Nor has a cluster two drivers.
    let told = "`a.hcl` installs the driver of the cluster `a` too";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    let none = World::new();
    let fleet = format!("--fleet={}", folder(&none, &[("a", file("a", ""))]).display());
    let ran = none.run("destroy-graphscope", &[&fleet]).exits(2);
    assert!(ran.stderr.contains("no file of the folder has a module"), "{}", ran.stderr);
}

#[test]
fn what_works_in_a_cluster_only_says_so_for_a_fleet_too() {
    let world = World::new();
    let fleet = format!("--fleet={}", folder(&world, &[("a", file("a", ""))]).display());
    for command in ["verify", "expand-volumes"] {
        let ran = world.run(command, &[&fleet]).exits(2);
        assert!(ran.stderr.contains("works in a cluster"), "{}", ran.stderr);
    }
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn the_classes_of_a_fleet_are_proved_side_by_side() {
    let there = Clustered::new();
    let here = file("control-plane", "");
    let second = file("control-plane", "storage_class_name = \"other\"\n  driver = \"skip\"");
    let fleet =
        format!("--fleet={}", folder(&there.world, &[("a", here), ("b", second)]).display());
    let url = format!("--endpoint-url={}", there.aws.url);
    let chart = format!("--helm-chart={}", Clustered::chart().display());
    let run = |command: &str, more: &[&str]| {
        there.world.xtask(&[&[command, &fleet, &url, "--output=json"], more].concat())
    };
    run("deploy-efs", &["--no-wait", &chart]).exits(0);
    let nodes = Nodes::start(&there.plane.kubeconfig(User::Admin), 3).unwrap();
    let proved = run("verify", &[]).exits(0).json();
    for name in ["a", "b"] {
        assert_eq!(by_name(&proved)[name]["result"]["proved"], true, "{proved:#}");
    }
    let expanded = run("expand-volumes", &[]).exits(0).json();
    assert_eq!(expanded["failed"], 0, "{expanded:#}");
    drop(nodes);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn each_goes_to_the_cluster_that_its_file_names() {
    let there = Clustered::new();
    // The only context of the control plane has this name.
    let here = file("control-plane", "driver = \"skip\"");
    let second = here.replace("driver =", "storage_class_name = \"other\"\n  driver =");
    let elsewhere = file("another", "driver = \"skip\"");
    let files = [("a", here), ("b", second), ("c", elsewhere)];
    let fleet = format!("--fleet={}", folder(&there.world, &files).display());
    let url = format!("--endpoint-url={}", there.aws.url);
    let ran =
        there.world.xtask(&["deploy-efs", &fleet, &url, "--no-canary", "--output=json"]).exits(1);
    let result = ran.json();
    assert_eq!(result["failed"], 1, "{result:#}");
    let error = result["deployments"][2]["error"].as_str().unwrap();
    assert!(error.contains("no context of the cluster `another`"), "{error}");
    assert!(error.contains("aws eks update-kubeconfig"), "{error}");
    for class in ["efs-sc", "other"] {
        let path = format!("/apis/storage.k8s.io/v1/storageclasses/{class}");
        assert!(there.cluster().find(&path).unwrap().is_some(), "{class}");
    }
}

/// How many programs a fleet runs at once.
const AT_ONCE: usize = 8;

/// A program that stands in for another one and writes down how many of it run. The first ones wait
/// until as many run as may, and then for a moment in which one too many would come.
fn counted(there: &Clustered, name: &str, goes_on: &str) -> (PathBuf, PathBuf) {
    let place = there.world.path().join(format!("counted-{name}"));
    let (running, seen) = (place.join("running"), place.join("seen"));
    std::fs::create_dir_all(&running).unwrap();
    let (here, seen_here) = (running.display(), seen.display());
    let script = format!(
        "#!/bin/sh\n\
         [ \"$1\" = version ] && {{ {goes_on}; exit; }}\n\
         : > {here}/$$\n\
         count() {{ ls {here} | wc -l; }}\n\
         count >> {seen_here}\n\
         left=600\n\
         while [ ! -e {seen_here}.full ] && [ $left -gt 0 ]; do\n\
         if [ $(count) -ge {AT_ONCE} ]; then sleep 1; count >> {seen_here}; : > {seen_here}.full; fi\n\
         sleep 0.1; left=$((left - 1))\n\
         done\n\
         {goes_on}\n\
         code=$?\n\
         rm {here}/$$\n\
         exit $code\n"
    );
    tests::write_program(&place.join(name), &script);
    (place.join(name), seen)
}

/// The most that ran at once.
fn most(seen: &std::path::Path) -> usize {
    let counts = std::fs::read_to_string(seen).unwrap();
    counts.lines().map(|count| count.trim().parse::<usize>().unwrap()).max().unwrap()
}

/// A fleet of a dozen files for clusters of their own, which are all the same API server.
fn dozen(there: &Clustered, user: &Value, more: &str) -> String {
    let kubeconfig = std::fs::read_to_string(there.plane.kubeconfig(User::Admin)).unwrap();
    let mut kubeconfig: Value = serde_json::from_str(&kubeconfig).unwrap();
    let cluster = kubeconfig["clusters"][0]["name"].clone();
    let names: Vec<String> = (0..12).map(|number| format!("cluster-{number}")).collect();
    let all = |of: &dyn Fn(&str) -> Value| names.iter().map(|name| of(name)).collect::<Value>();
    kubeconfig["users"] = all(&|name| json!({ "name": name, "user": user }));
    kubeconfig["contexts"] =
        all(&|name| json!({ "name": name, "context": { "cluster": cluster, "user": name } }));
    kubeconfig["current-context"] = json!(names[0]);
    std::fs::write(there.world.path().join("dozen.kubeconfig"), kubeconfig.to_string()).unwrap();
    let files: Vec<(&str, String)> =
        names.iter().map(|name| (name.as_str(), file(name, more))).collect();
    format!("--fleet={}", folder(&there.world, &files).display())
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn no_more_than_eight_helms_and_eight_credential_programs_run_at_once() {
    let mut there = Clustered::quick();
    let kubeconfig = std::fs::read_to_string(there.plane.kubeconfig(User::Admin)).unwrap();
    let kubeconfig: Value = serde_json::from_str(&kubeconfig).unwrap();
    let token = kubeconfig["users"][0]["user"]["token"].clone();
    let (url, chart) = (
        format!("--endpoint-url={}", there.aws.url),
        format!("--helm-chart={}", Clustered::chart().display()),
    );
    let credential = json!({
        "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
        "status": { "token": token },
    });
    let (login, logins) = counted(&there, "login", &format!("echo '{credential}'"));
    let shell = there.world.shell();
    let helm = cmd!(shell, "which helm").quiet().read().unwrap();
    let (helm, helms) = counted(&there, "helm", &format!("{helm} \"$@\""));
    let there_was =
        there.world.env.iter().rev().find(|(name, _)| name == "PATH").unwrap().1.clone();
    there.world.set("PATH", format!("{}:{there_was}", helm.parent().unwrap().display()));
    there.world.set("KUBECONFIG", there.world.path().join("dozen.kubeconfig").display());
    let planned = |fleet: &str| {
        let result = there.world.xtask(&["plan-efs", fleet, &url, &chart, "--output=json"]);
        let result = result.exits(0).json();
        assert_eq!((&result["failed"], by_name(&result).len()), (&json!(0), 12), "{result:#}");
    };
    planned(&dozen(&there, &json!({ "token": token }), ""));
    assert_eq!(most(&helms), AT_ONCE);

    // Without a driver to look for, no Helm runs, which would start such programs too.
    let exec = json!({
        "apiVersion": "client.authentication.k8s.io/v1", "command": login, "interactiveMode": "Never",
    });
    planned(&dozen(&there, &json!({ "exec": exec }), "driver = \"skip\""));
    assert_eq!(most(&logins), AT_ONCE);
}
