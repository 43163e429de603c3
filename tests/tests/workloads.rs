//! GraphScope's workloads in a real cluster: claims and releases of all three
//! kinds, with charts of our own that have the value paths of the real ones.
//!
//! These tests need the programs of `cargo xtask tools install`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use control_plane::{Nodes, User};
use serde_json::Value;
use tests::{Clustered, Ran, World, workspace};

const CLAIMS: &str = "/api/v1/namespaces/graphs/persistentvolumeclaims";

/// The whole deployment in one file: storage, and a workload of each kind.
fn config(engine: &str) -> String {
    let charts = workspace().join("tests/charts");
    let charts = charts.display();
    format!(
        r#"
variable "region" {{ default = "eu-west-1" }}

module "network" {{
  source       = "./modules/network"
  cluster_name = "graphscope-dev"
}}

module "efs_csi" {{
  source            = "./modules/csi/efs"
  aws_region        = var.region
  cluster_name      = "graphscope-dev"
  subnet_ids        = module.network.private_subnets
  security_group_id = module.network.security_group_id
  uid               = 1001
  gid               = 1001
  helm_chart        = "{charts}/aws-efs-csi-driver"
}}

module "engine" {{
  source             = "./modules/graphscope"
  kind               = "engine"
  name               = "engine"
  namespace          = "graphs"
  storage_class_name = module.efs_csi.storage_class_name
  helm_chart         = "{charts}/graphscope"
  {engine}
}}

module "store" {{
  source             = "./modules/graphscope"
  kind               = "store"
  name               = "store"
  namespace          = "graphs"
  storage_class_name = module.efs_csi.storage_class_name
  helm_chart         = "{charts}/graphscope-store"
}}

module "interactive" {{
  source             = "./modules/graphscope"
  kind               = "interactive"
  name               = "interactive"
  namespace          = "graphs"
  storage_class_name = module.efs_csi.storage_class_name
  helm_chart         = "{charts}/graphscope-interactive"
}}
"#
    )
}

/// Runs a command of the file with this engine.
fn run(there: &Clustered, command: &str, engine: &str, more: &[&str]) -> Ran {
    run_file(there, command, &config(engine), more)
}

fn run_file(there: &Clustered, command: &str, config: &str, more: &[&str]) -> Ran {
    let path = there.world.path().join("all.hcl");
    std::fs::write(&path, config).unwrap();
    let (file, url) =
        (format!("--config={}", path.display()), format!("--endpoint-url={}", there.aws.url));
    let mut args = vec![command, &file, &url, "--output=json"];
    args.extend(more);
    there.world.xtask(&args)
}

fn requested(there: &Clustered, claim: &str) -> Value {
    let found = there.cluster().get(&format!("{CLAIMS}/{claim}")).unwrap();
    found["spec"]["resources"]["requests"]["storage"].clone()
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn one_file_brings_up_storage_and_all_three_kinds_grows_them_and_takes_them_down() {
    let there = Clustered::new();
    let nodes = Nodes::start(&there.plane.kubeconfig(User::Admin), 2).unwrap();
    let both = "directories = { datasets = \"10Gi\", checkpoints = \"5Gi\" }";
    let made = run(&there, "deploy-graphscope", both, &[]).exits(0);
    assert!(made.stderr.contains("module.store.helm_release[\"store\"]"), "{}", made.stderr);
    let claims = there.cluster().list(CLAIMS).unwrap();
    let ours: Vec<&str> = claims
        .iter()
        .filter(|claim| claim["metadata"]["labels"]["clockwork-codex/workload"].is_string())
        .map(|claim| claim["metadata"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(ours, ["engine-checkpoints", "engine-datasets", "interactive-data", "store-logs"]);
    for claim in &claims {
        assert_eq!(claim["spec"]["storageClassName"], "efs-sc", "{claim:#}");
    }
    let sets = there.cluster().list("/apis/apps/v1/namespaces/graphs/statefulsets").unwrap();
    assert_eq!(sets.len(), 4, "the engine's, the store's, and two of the interactive one");
    let again = run(&there, "deploy-graphscope", both, &[]).exits(0);
    assert_eq!(again.json()["changed"], 0, "{}", again.stderr);

    // Growth reaches claim and volume; nothing ever shrinks.
    there.await_that("the claims are bound", || {
        let claims = there.cluster().list(CLAIMS).unwrap();
        claims.iter().all(|claim| claim["status"]["phase"] == "Bound")
    });
    let grown = "directories = { datasets = \"20Gi\", checkpoints = \"5Gi\" }";
    assert_eq!(run(&there, "deploy-graphscope", grown, &[]).exits(0).json()["changed"], 1);
    assert_eq!(requested(&there, "engine-datasets"), "20Gi");
    let found = there.cluster().get(&format!("{CLAIMS}/engine-datasets")).unwrap();
    assert_eq!(found["status"]["capacity"]["storage"], "20Gi");
    let refused = run(&there, "deploy-graphscope", both, &[]).exits(1);
    assert!(refused.stderr.contains("claims never shrink"), "{}", refused.stderr);

    // A directory taken out keeps its data, and comes back with it.
    let one = "directories = { datasets = \"20Gi\" }";
    let fewer = run(&there, "deploy-graphscope", one, &[]).exits(0);
    assert_eq!(fewer.json()["changed"], 1, "the release: {}", fewer.stderr);
    assert!(fewer.stderr.contains("`engine-checkpoints` stays with its data"), "{}", fewer.stderr);
    let back = run(&there, "deploy-graphscope", grown, &[]).exits(0);
    assert_eq!(back.json()["changed"], 1, "the release: {}", back.stderr);

    // The class of a claim never changes.
    let config = config(grown).replacen("module.efs_csi.storage_class_name", "\"another\"", 1);
    let refused = run_file(&there, "deploy-graphscope", &config, &[]).exits(1);
    assert!(refused.stderr.contains("a claim never changes its class"), "{}", refused.stderr);

    // Storage stays while claims hold volumes of it; workloads go, and their data when told so.
    let refused = run(&there, "destroy-efs", grown, &["--yes"]).exits(1);
    assert!(refused.stderr.contains("graphs/engine-datasets (Bound)"), "{}", refused.stderr);
    run(&there, "destroy-graphscope", grown, &[]).exits(1);
    run(&there, "destroy-graphscope", grown, &["--yes"]).exits(0);
    let sets = there.cluster().list("/apis/apps/v1/namespaces/graphs/statefulsets").unwrap();
    assert_eq!(sets.len(), 0);
    assert_eq!(requested(&there, "engine-datasets"), "20Gi", "data outlives the workload");
    run(&there, "destroy-graphscope", grown, &["--delete-data", "--yes"]).exits(0);
    there.await_that("the claims are gone", || {
        let claims = there.cluster().list(CLAIMS).unwrap();
        claims.iter().all(|claim| claim["metadata"]["labels"]["clockwork-codex/workload"].is_null())
    });
    let last = run(&there, "destroy-graphscope", grown, &["--delete-data", "--yes"]).exits(0);
    assert_eq!(last.json()["changed"], 0, "{}", last.stderr);
    drop(nodes);
}

#[test]
fn what_needs_a_cluster_or_a_workload_says_so_before_anything_is_built_or_called() {
    let world = World::new();
    let ran = world.xtask(&["deploy-graphscope", "--manifests", "manifests"]).exits(2);
    assert!(ran.stderr.contains("no module of `./modules/graphscope`"), "{}", ran.stderr);
    for command in ["verify", "expand-volumes"] {
        let ran = world.xtask(&[command, "--sandbox"]).exits(2);
        assert!(ran.stderr.contains("works in a cluster"), "{}", ran.stderr);
        assert!(ran.stderr.contains("`--context`"), "{}", ran.stderr);
    }
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_value_that_the_workloads_chart_does_not_know_is_refused_before_anything_is_changed() {
    let there = Clustered::new();
    let misspelt = "helm_values = { engines = { num_worker = 3 } }";
    let refused = run(&there, "deploy-graphscope", misspelt, &["--no-wait"]).exits(1);
    assert!(refused.stderr.contains("did you mean `engines.num_workers`?"), "{}", refused.stderr);
    assert!(there.class().is_none());
    assert!(refused.calls.iter().all(|call| call.operation.starts_with("Describe")));
}
