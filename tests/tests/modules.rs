//! Several storage modules in one file: one graph in every command.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use control_plane::{Nodes, User};
use serde_json::Value;
use tests::{Clustered, World};

/// A file with the modules `state` and `logs`, of which the second is given `more`.
fn world(more: &str) -> World {
    let world = World::new();
    let module = |label: &str, more: &str| {
        format!(
            r#"
module "{label}" {{
  source             = "./modules/csi/efs"
  aws_region         = "eu-west-1"
  cluster_name       = "graphscope-dev"
  subnet_ids         = module.network.private_subnets
  security_group_id  = module.network.security_group_id
  storage_class_name = "efs-{label}"
  {more}
}}
"#
        )
    };
    let network = r#"
module "network" {
  source       = "./modules/network"
  cluster_name = "graphscope-dev"
}
"#;
    let file = [network.to_owned(), module("state", ""), module("logs", more)].concat();
    std::fs::write(world.path().join("clockwork.hcl"), file).unwrap();
    world
}

fn addresses(plan: &Value) -> Vec<&str> {
    let steps = plan["steps"].as_array().unwrap();
    steps.iter().map(|step| step["address"].as_str().unwrap()).collect()
}

#[test]
fn all_modules_of_a_file_are_planned_deployed_shown_rendered_and_taken_down_as_one() {
    let world = world("");
    let planned = world.plan(&[]);
    for label in ["state", "logs"] {
        let class = "document[\"storageclass.yaml\"]";
        for resource in ["file_system", "mount_target[\"eu-west-1a\"]", class] {
            let address = format!("module.{label}.{resource}");
            assert!(addresses(&planned).contains(&address.as_str()), "{address}: {planned:#}");
        }
    }

    let made = world.deploy(&[]);
    assert_eq!(made["changed"], planned["changes"]);
    let id = |label: &str| {
        let id = &made["modules"][label]["outputs"]["file_system_id"];
        id.as_str().unwrap().to_owned()
    };
    assert_ne!(id("state"), id("logs"));
    for label in ["state", "logs"] {
        let class = world.document(&format!("{label}/storageclass.yaml"));
        assert!(class.contains(&id(label)), "{class}");
    }
    world.nothing_to_do(&[]);

    let status = world.run("status", &[]).exits(0).json();
    assert_eq!(status["healthy"], true, "{status:#}");
    for label in ["state", "logs"] {
        let rows = status["rows"].as_array().unwrap().iter();
        let mut names = rows.filter(|row| row["module"] == label).map(|row| &row["name"]);
        assert!(names.any(|name| *name == id(label)), "{status:#}");
    }
    let check = format!("--check={}", world.manifests().display());
    world.xtask(&["render", &check]).exits(0);

    let gone = world.run("destroy-efs", &["--yes"]).exits(0).json();
    assert_eq!(gone["changed"], made["changed"]);
    let left = world.aws().efs("GET", "file-systems", None).json();
    assert_eq!(left["FileSystems"].as_array().map(Vec::len), Some(0), "{left:#}");
}

#[test]
fn the_driver_is_among_the_documents_of_one_module_and_stays_while_another_needs_it() {
    let world = world("");
    let made = world.deploy(&[]);
    let folder = |label: &str| world.manifests().join(label);
    // Several folders, applied together, define one object once.
    let carries = |label: &str| {
        let kustomization = world.document(&format!("{label}/kustomization.yaml"));
        (kustomization.contains("helmCharts"), folder(label).join("values.yaml").exists())
    };
    assert_eq!((carries("logs"), carries("state")), ((true, true), (false, false)));
    let outputs = |label: &str| &made["modules"][label]["outputs"]["driver_manifests"];
    assert_eq!(*outputs("state"), folder("logs").to_str().unwrap());
    assert_eq!(*outputs("logs"), Value::Null);

    // One module alone is planned as beside the others, and takes the driver from nobody.
    world.nothing_to_do(&["--module=state"]);
    let gone = world.run("destroy-efs", &["--yes", "--module=logs"]).exits(0);
    assert!(gone.stderr.contains("`module.state` needs it"), "{}", gone.stderr);
    assert_eq!(carries("logs"), (true, true));
    assert!(!folder("logs").join("storageclass.yaml").exists());
    let kustomization = world.document("logs/kustomization.yaml");
    assert!(!kustomization.contains("storageclass.yaml"), "{kustomization}");
    world.nothing_to_do(&["--module=state"]);

    world.run("destroy-efs", &["--yes"]).exits(0);
    assert!(!folder("logs").exists() && !folder("state").exists());
}

#[test]
fn a_driver_that_moves_to_another_module_is_defined_once_all_the_same() {
    let world = world("");
    world.deploy(&[]);
    let path = world.path().join("clockwork.hcl");
    let file = std::fs::read_to_string(&path).unwrap();
    let skips = file.replace("\"efs-logs\"", "\"efs-logs\"\n  driver = \"skip\"");
    std::fs::write(path, skips).unwrap();
    world.run("deploy-efs", &["--yes"]).exits(0);
    assert!(!world.document("logs/kustomization.yaml").contains("helmCharts"));
    assert!(world.document("state/kustomization.yaml").contains("helmCharts"));
    assert!(!world.manifests().join("logs/values.yaml").exists());
    world.nothing_to_do(&[]);
    let status = world.run("status", &[]).exits(0).json();
    assert_eq!(status["healthy"], true, "{status:#}");
    let check = format!("--check={}", world.manifests().display());
    world.xtask(&["render", &check]).exits(0);
}

#[test]
fn a_zone_is_shown_with_its_module() {
    let world = world("subnet_ids = [\"subnet-0c0dec0000000010a\", \"subnet-0c0dec0000000020a\"]");
    let path = world.path().join("clockwork.hcl");
    let file = std::fs::read_to_string(&path).unwrap();
    let both = "  subnet_ids         = module.network.private_subnets\n";
    let at = file.rfind(both).unwrap();
    std::fs::write(&path, format!("{}{}", &file[..at], &file[at + both.len()..])).unwrap();
    let manifests = format!("--manifests={}", world.manifests().display());
    let text = world.xtask(&["plan-efs", "--sandbox", &manifests]).exits(0).stdout;
    assert!(text.contains("Zone eu-west-1a of module.logs: subnet-"), "{text}");
    let plan = world.plan(&[]);
    let zones = plan["zones"].as_array().unwrap();
    let of = |label: &str| zones.iter().filter(|zone| zone["module"] == label).count();
    assert_eq!((of("logs"), of("state")), (1, zones.len() - 1), "{plan:#}");
}

#[test]
fn one_module_is_changed_in_its_own_folder_and_the_other_left_alone() {
    let world = world("");
    world.deploy(&[]);
    world.nothing_to_do(&["--module=logs"]);
    let plan = world.plan(&["--module=logs", "--throughput-mode=bursting"]);
    assert_eq!(addresses(&plan), ["module.logs.file_system"]);
    world.run("destroy-efs", &["--yes", "--module=logs"]).exits(0);
    world.nothing_to_do(&["--module=state"]);
    let left = world.plan(&[]);
    let left = addresses(&left);
    assert!(left.iter().all(|address| address.starts_with("module.logs.")), "{left:?}");
}

#[test]
fn an_input_on_the_command_line_needs_the_module_that_it_is_for() {
    let ran = world("").run("plan-efs", &["--throughput-mode=bursting"]).exits(2);
    assert!(
        ran.stderr.contains("several modules could be meant: `logs`, `state`"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("--module"), "{}", ran.stderr);
}

#[test]
fn a_module_that_is_not_there_is_answered_with_those_that_are() {
    let world = world("");
    for command in [&["plan-efs"][..], &["verify", "--context=any"], &["render", "--example=logs"]]
    {
        let ran = world.xtask(&[command, &["--module=log"]].concat()).exits(2);
        assert!(ran.stderr.contains("there is no `module \"log\"`"), "{}", ran.stderr);
        assert!(ran.stderr.contains("the file has `logs`, `state`"), "{}", ran.stderr);
    }
}

#[test]
fn an_example_is_rendered_for_each_class_or_for_the_one_that_is_named() {
    let world = world("");
    let json = |more: &[&str]| {
        let args = [&["render", "--example=logs", "--output=json"], more].concat();
        world.xtask(&args).exits(0).json()
    };
    let all = json(&[]);
    let texts: Vec<&str> =
        all.as_object().unwrap().values().map(|text| text.as_str().unwrap()).collect();
    let [logs, state] = texts.as_slice() else { panic!("{all:#}") };
    assert!(logs.contains("storageClassName: \"efs-logs\""), "{logs}");
    assert!(state.contains("storageClassName: \"efs-state\""), "{state}");
    // Applied together, neither takes the other's names.
    let namespace = |text: &str| {
        let at = text.find("name: \"clockwork-example-").unwrap();
        text[at..].lines().next().unwrap().to_owned()
    };
    assert_ne!(namespace(logs), namespace(state));
    let one = json(&["--module=state"]);
    assert_eq!(one.as_object().unwrap().keys().collect::<Vec<_>>(), ["state/logs.yaml"]);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn every_class_of_a_file_is_proved_by_name() {
    let there = Clustered::with(world(""));
    // A flag would be for one module, and both want the same driver.
    let path = there.world.path().join("clockwork.hcl");
    let chart =
        format!("\"./modules/csi/efs\"\n  helm_chart = \"{}\"", Clustered::chart().display());
    let file = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, file.replace("\"./modules/csi/efs\"", &chart)).unwrap();
    let url = format!("--endpoint-url={}", there.aws.url);
    there.world.xtask(&["deploy-efs", &url, "--no-wait"]).exits(0);
    let nodes = Nodes::start(&there.plane.kubeconfig(User::Admin), 3).unwrap();
    let proof = there.world.xtask(&["verify", &url, "--output=json"]).exits(0);
    let found = proof.json();
    assert_eq!(found["proved"], true, "{found:#}");
    for label in ["logs", "state"] {
        let one = &found["modules"][label];
        assert_eq!(one["proved"], true, "{found:#}");
        assert_eq!(one["storage_class_name"], format!("efs-{label}"));
        assert_eq!(one["findings"].as_array().unwrap().len(), 4);
        let line = format!("module.{label}: proof on clockwork-verify-");
        assert!(proof.stderr.contains(&line), "{}", proof.stderr);
    }
    let text = there.world.xtask(&["verify", &url, "--workload=checkpoint"]).exits(0).stdout;
    assert!(text.contains("module.state, storage class efs-state\nshown"), "{text}");
    // One that is named is proved as the only one of a file is.
    let one = there.world.xtask(&["verify", &url, "--module=logs", "--output=json"]);
    assert_eq!(one.exits(0).json()["findings"].as_array().unwrap().len(), 4);
    drop(nodes);
}

#[test]
fn two_clusters_in_one_file_are_refused_by_name_with_the_way_out() {
    let world = world("");
    let path = world.path().join("clockwork.hcl");
    let file = std::fs::read_to_string(&path).unwrap();
    let at = file.rfind("\"graphscope-dev\"").unwrap();
    let file = format!("{}\"other\"{}", &file[..at], &file[at + "\"graphscope-dev\"".len()..]);
    std::fs::write(path, file).unwrap();
    for command in ["plan-efs", "deploy-efs", "destroy-efs", "status"] {
        let ran = world.run(command, &[]).exits(2);
        for told in [
            "two clusters: `module \"logs\"` in `other` and `module \"state\"` in `graphscope-dev`",
            "--fleet",
            "--module",
        ] {
            assert!(ran.stderr.contains(told), "{told}: {}", ran.stderr);
        }
        assert!(ran.calls.is_empty());
    }
    // One module by itself is of one cluster, whose driver is its own.
    for module in ["--module=logs", "--module=state"] {
        let plan = world.plan(&[module]);
        let values = |address: &&str| address.ends_with("document[\"values.yaml\"]");
        assert_eq!(addresses(&plan).into_iter().filter(values).count(), 1, "{module}: {plan:#}");
    }
}

#[test]
fn modules_of_one_class_are_refused() {
    let world = world("");
    let path = world.path().join("clockwork.hcl");
    let file = std::fs::read_to_string(&path).unwrap().replace("efs-logs", "efs-state");
    std::fs::write(path, file).unwrap();
    let ran = world.run("plan-efs", &[]).exits(2);
    assert!(ran.stderr.contains("same cluster and storage class"), "{}", ran.stderr);
}

#[test]
fn modules_that_want_different_drivers_are_refused() {
    let ran = world("namespace = \"storage\"").run("deploy-efs", &[]).exits(1);
    assert!(ran.stderr.contains("a cluster has one EFS driver"), "{}", ran.stderr);
    assert!(ran.calls.iter().all(|call| !call.operation.starts_with("Create")), "nothing was made");
}

#[test]
fn outputs_of_several_modules_reach_later_steps_by_label() {
    let mut world = world("");
    let file = world.path().join("outputs");
    world.set("GITHUB_OUTPUT", file.display());
    let made = world.deploy(&[]);
    let text = std::fs::read_to_string(file).unwrap();
    for label in ["state", "logs"] {
        let id = made["modules"][label]["outputs"]["file_system_id"].as_str().unwrap();
        assert!(text.contains(&format!("{label}_file_system_id={id}\n")), "{text}");
    }
}

/// A file whose blocks are repeated: storage for `a` and `b.c`, and a workload on each.
fn repeated() -> World {
    let world = World::new();
    let file = r#"
module "efs" {
  source             = "./modules/csi/efs"
  for_each           = toset(["a", "b.c"])
  aws_region         = "eu-west-1"
  cluster_name       = "graphscope-dev"
  subnet_ids         = ["subnet-0c0dec0000000010a"]
  security_group_id  = "sg-0c0dec00000000001"
  storage_class_name = "efs-${each.key}"
}

module "engine" {
  source             = "./modules/graphscope"
  for_each           = toset(["a", "b.c"])
  kind               = "engine"
  name               = replace("engine-${each.key}", ".", "-")
  namespace          = "graphs"
  storage_class_name = "efs-${each.key}"
}
"#;
    std::fs::write(world.path().join("clockwork.hcl"), file).unwrap();
    world
}

#[test]
fn repeated_blocks_converge_and_are_taken_down_workloads_too() {
    let mut world = repeated();
    let file = world.path().join("outputs");
    world.set("GITHUB_OUTPUT", file.display());
    let run = |command: &str, more: &[&str]| world.run(command, more).exits(0).json();
    let made = run("deploy-graphscope", &[]);
    assert!(world.document("engine.b%2Ec/claims.yaml").contains("efs-b.c"));
    assert_eq!(run("plan-graphscope", &[])["changes"], 0);
    assert_eq!(run("status", &[])["healthy"], true);
    let text = std::fs::read_to_string(&file).unwrap();
    let id = made["modules"]["efs[\"b.c\"]"]["outputs"]["file_system_id"].as_str().unwrap();
    assert!(text.contains(&format!("efs_b_2Ec_file_system_id={id}\n")), "{text}");

    let one = run("plan-graphscope", &["--module=efs[\"a\"]"]);
    assert_eq!(one["changes"], 0, "{one:#}");
    run("destroy-graphscope", &["--yes", "--delete-data"]);
    let again = world.run("destroy-graphscope", &["--yes", "--delete-data"]).exits(0);
    assert!(again.stderr.contains("There is nothing to destroy."), "{}", again.stderr);
    assert!(again.calls.is_empty(), "{:#?}", again.calls);
    assert!(!world.manifests().join("engine.a/claims.yaml").exists());
    run("destroy-efs", &["--yes"]);
    let left: Vec<_> = std::fs::read_dir(world.manifests()).into_iter().flatten().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_reset_of_the_sandbox_takes_the_documents_of_modules_workloads_and_fleets_and_nothing_else() {
    let world = repeated();
    let fleet = world.path().join("files");
    std::fs::create_dir(&fleet).unwrap();
    let one = std::fs::read_to_string(world.path().join("clockwork.hcl")).unwrap();
    let one = one.replace("efs-${each.key}", "fleet-${each.key}").replace("engine-", "fleet-");
    std::fs::write(fleet.join("graphs.hcl"), one).unwrap();
    let fleet = format!("--fleet={}", fleet.display());
    for args in [&["deploy-graphscope"][..], &["deploy-graphscope", &fleet]] {
        world.xtask(&[args, &["--sandbox"]].concat()).exits(0);
    }
    let manifests = world.state().with_file_name("manifests");
    let written =
        ["graphscope-dev/efs.a", "graphscope-dev/engine.a", "graphs/efs.a", "graphs/engine.a"];
    for folder in written {
        assert!(manifests.join(folder).join("kustomization.yaml").exists(), "{folder}");
    }
    let theirs = manifests.join("graphs/engine.a/values.yaml");
    std::fs::write(&theirs, "theirs: true\n").unwrap();
    world.xtask(&["sandbox", "--reset"]).exits(0);
    assert_eq!(std::fs::read_to_string(&theirs).unwrap(), "theirs: true\n");
    std::fs::remove_file(&theirs).unwrap();
    world.xtask(&["sandbox", "--reset"]).exits(0);
    assert!(!manifests.exists() || std::fs::read_dir(manifests).unwrap().next().is_none());
}
