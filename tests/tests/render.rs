//! `render`: documents without touching anything.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use tests::World;

const ID: &str = "fs-0123456789abcdef0";

#[test]
fn what_was_written_is_found_the_same_and_a_difference_is_shown() {
    let world = World::new();
    let folder = world.manifests();
    let folder = folder.to_str().unwrap();
    world.xtask(&["render", "--write", folder, "--file-system-id", ID]).exits(0);
    // The id is known from the class that is there.
    let same = world.xtask(&["render", "--check", folder]).exits(0);
    assert_eq!(same.stdout, "");
    let differs =
        world.xtask(&["render", "--check", folder, "--helm-chart-version", "4.4.1"]).exits(1);
    assert!(
        differs.stdout.contains("-    version: \"2.4.5\"\n+    version: \"4.4.1\""),
        "{}",
        differs.stdout
    );
    let absent = world.xtask(&["render", "--check", "nowhere"]).exits(1);
    assert!(absent.stdout.contains("+kind: StorageClass"), "{}", absent.stdout);
}

#[test]
fn an_id_that_is_not_known_yet_is_never_written() {
    let world = World::new();
    let folder = world.manifests();
    let ran = world.xtask(&["render", "--write", folder.to_str().unwrap()]).exits(1);
    assert!(ran.stderr.contains("deploy-efs"), "{}", ran.stderr);
    assert!(!folder.exists());
    let printed = world.xtask(&["render"]).exits(0);
    assert!(printed.stdout.contains("\"(known after apply)\""), "{}", printed.stdout);
}

#[test]
fn programs_read_the_documents_as_json() {
    let world = World::new();
    let all = world.xtask(&["render", "--output", "json", "--file-system-id", ID]).exits(0).json();
    assert!(all["storageclass.yaml"].as_str().unwrap().contains(ID));
    assert_eq!(all.as_object().unwrap().len(), 3);
}

#[test]
fn rendering_and_deploying_write_the_same() {
    let world = World::new();
    world.deploy(&[]);
    let folder = world.manifests();
    world.xtask(&["render", "--check", folder.to_str().unwrap()]).exits(0);
}

#[test]
fn completions_name_every_command() {
    let world = World::new();
    let script = world.xtask(&["completions", "bash"]).exits(0).stdout;
    for command in ["plan-efs", "deploy-efs", "destroy-efs", "render", "sandbox"] {
        assert!(script.contains(command), "{command}");
    }
}

const WORKLOADS: &str = r#"
module "efs_csi" {
  source            = "./modules/csi/efs"
  aws_region        = "eu-west-1"
  cluster_name      = "dev"
  subnet_ids        = ["subnet-0123456789abcdef0"]
  security_group_id = "sg-0123456789abcdef0"
  uid               = 1001
  gid               = 1001
}

module "fraud" {
  source             = "./modules/graphscope"
  kind               = "engine"
  name               = "fraud"
  storage_class_name = module.efs_csi.storage_class_name
  directories        = { datasets = "1Ti", checkpoints = "200Gi" }
  helm_values        = "own.yaml"
}

module "facts" {
  source             = "./modules/graphscope"
  kind               = "store"
  storage_class_name = module.efs_csi.storage_class_name
}
"#;

#[test]
fn the_workloads_of_a_file_are_rendered_each_in_a_folder_of_its_own() {
    let world = World::new();
    let config = world.path().join("all.hcl");
    std::fs::write(&config, WORKLOADS).unwrap();
    std::fs::write(world.path().join("own.yaml"), "engines:\n  num_workers: 8\n").unwrap();
    let config = format!("--config={}", config.display());
    let args = ["render", &config, "--output", "json", "--file-system-id", ID];
    let all = world.xtask(&args).exits(0).json();
    let text = |name: &str| all[name].as_str().unwrap_or_default().to_owned();
    assert!(text("fraud/claims.yaml").contains("storageClassName: \"efs-sc\""));
    assert!(
        text("fraud/values.yaml").contains("\"num_workers\": 8"),
        "{}",
        text("fraud/values.yaml")
    );
    assert!(text("facts/values.yaml").contains("storageClass: \"efs-sc\""));
    assert_eq!(all.as_object().unwrap().len(), 9);

    let folder = world.manifests();
    let folder = folder.to_str().unwrap();
    world.xtask(&["render", &config, "--write", folder, "--file-system-id", ID]).exits(0);
    assert!(world.manifests().join("fraud/kustomization.yaml").exists());
    world.xtask(&["render", &config, "--check", folder]).exits(0);
}

#[test]
fn a_workload_that_could_not_use_the_storage_is_a_mistake() {
    let world = World::new();
    let config = world.path().join("all.hcl");
    let run = |text: &str| {
        std::fs::write(&config, text.replace("own.yaml", "absent.yaml")).unwrap();
        let config = format!("--config={}", config.display());
        world.xtask(&["render", &config]).exits(2).stderr
    };
    let told = run(&WORKLOADS.replace("  uid               = 1001\n", ""));
    assert!(told.contains("the store runs as user and group 1001"), "{told}");
    assert!(told.contains("absent.yaml` cannot be read"), "every mistake at once: {told}");
    let told = run(&WORKLOADS.replace("checkpoints =", "vineyard ="));
    assert!(told.contains("must not be on shared storage"), "{told}");
    let told = run(&WORKLOADS.replace("\"fraud\" {", "\"../fraud\" {"));
    assert!(told.contains("../fraud"), "{told}");
}

#[test]
fn a_comma_within_an_annotation_is_written_as_the_advice_says() {
    let world = World::new();
    let advised = "storage_class_annotations={ note = \"a,b\" }";
    let ran = world.xtask(&["render", "--var", advised]).exits(0);
    assert!(ran.stdout.contains("\"note\": \"a,b\""), "{}", ran.stdout);
}

/// A deployment of a cluster and a class of its own.
fn of_cluster(cluster: &str, more: &str) -> String {
    format!(
        r#"module "efs_csi" {{
  source            = "./modules/csi/efs"
  aws_region        = "eu-west-1"
  cluster_name      = "{cluster}"
  subnet_ids        = ["subnet-0123456789abcdef0"]
  security_group_id = "sg-0123456789abcdef0"
  file_system_id    = "{ID}"
  {more}
}}
"#
    )
}

#[test]
fn every_file_of_a_fleet_is_rendered_into_a_folder_of_its_name() {
    let world = World::new();
    let files = world.path().join("clusters");
    std::fs::create_dir(&files).unwrap();
    let file = |name: &str, text: String| std::fs::write(files.join(name), text).unwrap();
    file("prod.hcl", of_cluster("prod", ""));
    file("test.hcl", of_cluster("test", "helm_chart_version = \"4.4.1\""));
    let fleet = format!("--fleet={}", files.display());
    let all = world.xtask(&["render", &fleet, "--output", "json"]).exits(0).json();
    let names: Vec<&String> = all.as_object().unwrap().keys().collect();
    let expected = ["prod", "test"].map(|name| {
        ["kustomization.yaml", "storageclass.yaml", "values.yaml"].map(|it| format!("{name}/{it}"))
    });
    assert_eq!(names, expected.iter().flatten().collect::<Vec<_>>());
    assert!(all["test/kustomization.yaml"].as_str().unwrap().contains("4.4.1"));

    let folder = world.manifests();
    let folder = folder.to_str().unwrap();
    world.xtask(&["render", &fleet, "--write", folder]).exits(0);
    let same = world.xtask(&["render", &fleet, "--check", folder]).exits(0);
    assert_eq!(same.stdout, "");
    file("prod.hcl", of_cluster("prod", "directory_perms = \"750\""));
    let differs = world.xtask(&["render", &fleet, "--check", folder]).exits(1).stdout;
    assert!(differs.contains("prod/storageclass.yaml (there)"), "{differs}");
    assert!(!differs.contains("test/"), "{differs}");

    file("also.hcl", of_cluster("test", "storage_class_name = \"scratch\""));
    file("wrong.hcl", of_cluster("wrong", "directory_perms = \"9\""));
    let wrong = world.xtask(&["render", &fleet]).exits(2).stderr;
    for part in ["`also.hcl` installs the driver of the cluster `test` too", "wrong.hcl"] {
        assert!(wrong.contains(part), "{part}: {wrong}");
    }
}

#[test]
fn a_fleet_is_checked_against_what_deploying_it_writes() {
    let world = World::new();
    let files = world.path().join("clusters");
    std::fs::create_dir(&files).unwrap();
    let text = std::fs::read_to_string(world.path().join("clockwork.hcl")).unwrap();
    std::fs::write(files.join("dev.hcl"), text).unwrap();
    let fleet = format!("--fleet={}", files.display());
    world.deploy(&[&fleet]);
    let folder = world.manifests();
    // The ids of file systems are known from the classes that are there.
    world.xtask(&["render", &fleet, "--check", folder.to_str().unwrap()]).exits(0);
}

#[test]
fn settings_of_the_driver_are_flags_and_stand_in_the_rendered_values() {
    let world = World::new();
    let settings = [
        "render",
        "--output=json",
        "--helm-chart-version=4.4.1",
        "--driver-replicas=3",
        "--driver-tolerations=dedicated=graphs:NoSchedule",
        "--driver-node-resources=limits.memory=2Gi",
        "--driver-volume-attach-limit=40",
        "--driver-metrics=true",
        "--enforce-zone-affinity=true",
    ];
    let rendered = world.xtask(&settings).exits(0).json();
    let text = rendered["values.yaml"].as_str().unwrap();
    let values: serde_json::Value = serde_norway::from_str(text).unwrap();
    assert_eq!(values["controller"]["replicaCount"], 3, "{text}");
    assert_eq!(values["controller"]["enableMetrics"], true, "{text}");
    assert_eq!(values["controller"]["tolerations"][2]["key"], "dedicated", "{text}");
    assert_eq!(values["node"]["volumeAttachLimit"], 40, "{text}");
    assert_eq!(values["node"]["resources"]["limits"]["memory"], "2Gi", "{text}");
    let class = rendered["storageclass.yaml"].as_str().unwrap();
    assert!(class.contains("\"enforceZoneAffinity\": \"true\""), "{class}");
    let old = world.xtask(&["render", "--driver-metrics=true"]).exits(2);
    assert!(old.stderr.contains("chart 2.4.5 would ignore the value `controller.enableMetrics`"));
}
