//! Several storage modules in one file: one graph in every command.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use serde_json::Value;
use tests::World;

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
        for resource in ["file_system", "mount_target[\"eu-west-1a\"]", "document[\"values.yaml\"]"]
        {
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
    assert!(!world.manifests().join("engine.a/claims.yaml").exists());
    run("destroy-efs", &["--yes"]);
    let left: Vec<_> = std::fs::read_dir(world.manifests()).into_iter().flatten().collect();
    assert!(left.is_empty(), "{left:?}");
}
