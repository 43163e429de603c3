//! Outputs of modules that are inputs too: known before anything runs, and values like any other.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use serde_json::Value;
use xshell::{Shell, cmd};

const PROGRAM: &str = env!("CARGO_BIN_EXE_xtask");

/// A storage module with these lines, and a workload on the class `class`.
fn file(storage: &str, class: &str) -> String {
    format!(
        r#"module "efs" {{
  source            = "./modules/csi/efs"
  aws_region        = "eu-west-1"
  cluster_name      = "dev"
  subnet_ids        = ["subnet-00000001"]
  security_group_id = "sg-00000001"
  {storage}
}}

module "engine" {{
  source             = "./modules/graphscope"
  kind               = "engine"
  storage_class_name = {class}
}}
"#
    )
}

/// Runs a command on a file: the job that it makes, or the mistakes.
fn run(text: &str, args: &[&str]) -> Result<Value, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("clockwork.hcl"), text).unwrap();
    let shell = Shell::new().unwrap();
    shell.change_dir(folder.path());
    // What a job is handed to is not built for these tests.
    shell.set_var("CARGO", "true");
    shell.set_var("NO_COLOR", "1");
    let all = [&["plan-graphscope", "--sandbox", "--print-job"], args].concat();
    let output = cmd!(shell, "{PROGRAM} {all...}").quiet().ignore_status().output().unwrap();
    if output.status.success() {
        return Ok(serde_json::from_slice(&output.stdout).unwrap());
    }
    Err(String::from_utf8(output.stderr).unwrap())
}

/// The classes of all workloads of a job.
fn classes(text: &str, args: &[&str]) -> Vec<String> {
    let job = run(text, args).unwrap_or_else(|told| panic!("{told}"));
    let modules = job["work"]["run"]["modules"].as_array().unwrap().iter();
    let workloads = modules.filter_map(|module| module["inputs"].get("graph_scope"));
    let class = |inputs: &Value| inputs["storage_class_name"].as_str().unwrap().to_owned();
    workloads.map(class).collect()
}

#[test]
fn the_class_of_another_block_is_part_of_a_text_a_condition_and_a_function() {
    let named = "storage_class_name = \"efs-a\"";
    for (expression, class) in [
        ("module.efs.storage_class_name", "efs-a"),
        ("\"${module.efs.storage_class_name}-0\"", "efs-a-0"),
        ("upper(module.efs.storage_class_name) == \"EFS-A\" ? \"same\" : \"other\"", "same"),
        ("replace(module.efs.storage_class_name, \"efs-\", \"nfs-\")", "nfs-a"),
    ] {
        assert_eq!(classes(&file(named, expression), &[]), [class], "{expression}");
    }
}

#[test]
fn a_default_a_flag_a_local_and_a_null_count() {
    let text = "\"${module.efs.storage_class_name}-0\"";
    assert_eq!(classes(&file("", text), &[]), ["efs-sc-0"]);
    assert_eq!(classes(&file("storage_class_name = null", text), &[]), ["efs-sc-0"]);
    assert_eq!(classes(&file("", text), &["--storage-class-name=flag"]), ["flag-0"]);
    assert_eq!(classes(&file("", text), &["--var=storage_class_name=var"]), ["var-0"]);
    let own = file("storage_class_name = local.name", text);
    assert_eq!(classes(&(own + "locals { name = \"local\" }\n"), &[]), ["local-0"]);
    let through = file("", "local.of").replace("local.of", "\"${local.of}-0\"");
    let local = "locals { of = module.efs.storage_class_name }\n";
    assert_eq!(classes(&(through + local), &[]), ["efs-sc-0"]);
}

#[test]
fn modules_of_one_block_are_known_one_by_one() {
    let counted = "count = 2\n  storage_class_name = \"efs-${count.index}\"";
    let second = file(counted, "\"${module.efs[1].storage_class_name}-x\"");
    assert_eq!(classes(&second, &[]), ["efs-1-x"]);
    let keyed = "for_each = toset([\"a\", \"b\"])\n  storage_class_name = \"efs-${each.key}\"";
    let each = "[for key in [\"a\", \"b\"] : module.efs[key].storage_class_name][1]";
    assert_eq!(classes(&file(keyed, each), &[]), ["efs-b"]);
    let workloads = file(keyed, "each.value").replace(
        "kind               = \"engine\"",
        "kind = \"engine\"\n  name = each.value\n  for_each = toset([module.efs[\"a\"].storage_class_name])",
    );
    assert_eq!(classes(&workloads, &[]), ["efs-a"]);
}

#[test]
fn what_aws_decides_is_known_after_apply_still() {
    let told = run(&file("", "\"${module.efs.file_system_id}-0\""), &[]).unwrap_err();
    assert!(told.contains("`module.efs.file_system_id` is known only after"), "{told}");
    let adopted = "file_system_id = \"fs-0123456789abcdef0\"";
    let class = classes(&file(adopted, "\"${module.efs.file_system_id}-0\""), &[]);
    assert_eq!(class, ["fs-0123456789abcdef0-0"]);
}

#[test]
fn a_cycle_of_classes_is_reported_and_so_is_a_class_of_its_own() {
    let circle = file("storage_class_name = local.name", "module.efs.storage_class_name")
        + "locals { name = \"${module.efs.storage_class_name}-0\" }\n";
    let told = run(&circle, &[]).unwrap_err();
    assert!(told.contains("depends on itself"), "{told}");
    let own = file("storage_class_name = \"${module.efs.storage_class_name}-0\"", "\"a\"");
    let told = run(&own, &[]).unwrap_err();
    assert!(told.contains("`module.efs` refers to itself"), "{told}");
}

#[test]
fn the_user_of_a_store_is_held_against_the_class_however_it_is_named() {
    let store =
        |class: &str| file("", class).replace("\"engine\"\n  storage", "\"store\"\n  storage");
    for class in
        ["module.efs.storage_class_name", "\"efs-sc\"", "\"${module.efs.storage_class_name}\""]
    {
        let told = run(&store(class), &[]).unwrap_err();
        assert!(told.contains("1001"), "{class}: {told}");
    }
}
