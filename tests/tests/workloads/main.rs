//! GraphScope's workloads in a real cluster: claims and releases of all three
//! kinds, with charts of our own that have the value paths of the real ones.
//!
//! These tests need the programs of `cargo xtask tools install`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod store;

use std::process::{Command, Stdio};

use control_plane::{Nodes, User};
use serde_json::{Value, json};
use tests::{Call, Clustered, Ran, World, workspace};
use xshell::cmd;

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
  kafka_storage_class = "{LOCAL}"
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

/// The class of Kafka and `ZooKeeper`: volumes of the nodes' own disks, made beforehand.
const LOCAL: &str = "local";

/// Makes that class, and a volume of it for each of the two.
fn local_class(there: &Clustered) {
    let class = json!({
        "metadata": {"name": LOCAL},
        "provisioner": "kubernetes.io/no-provisioner",
    });
    there.cluster().create("/apis/storage.k8s.io/v1/storageclasses", &class).unwrap();
    for name in ["one", "two"] {
        let volume = json!({
            "metadata": {"name": format!("local-{name}")},
            "spec": {
                "capacity": {"storage": "8Gi"},
                "accessModes": ["ReadWriteOnce"],
                "persistentVolumeReclaimPolicy": "Retain",
                "storageClassName": LOCAL,
                "hostPath": {"path": format!("/local/{name}")},
            },
        });
        there.cluster().create("/api/v1/persistentvolumes", &volume).unwrap();
    }
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

/// The directories of the engine in most chapters, and what they become.
const BOTH: &str = "directories = { datasets = \"10Gi\", checkpoints = \"5Gi\" }";
const GROWN: &str = "directories = { datasets = \"20Gi\", checkpoints = \"5Gi\" }";

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn one_file_brings_up_storage_and_all_three_kinds_grows_them_and_takes_them_down() {
    let mut there = Clustered::new();
    let nodes = Nodes::start(&there.plane.kubeconfig(User::Admin), 2).unwrap();
    // It answers for the kubelets, which are not there.
    let _proxy = there.proxied(Some(nodes.folder()));
    local_class(&there);
    all_three_kinds_are_deployed(&there);
    status_shows_each_workload(&there, &nodes);
    claims_grow_and_never_shrink(&there);
    a_directory_that_is_taken_out_keeps_its_data(&there);
    workloads_are_destroyed_and_their_data_with_delete_data(&there);
}

fn all_three_kinds_are_deployed(there: &Clustered) {
    let made = run(there, "deploy-graphscope", BOTH, &[]).exits(0);
    assert!(made.stderr.contains("module.store.helm_release[\"store\"]"), "{}", made.stderr);
    let claims = there.cluster().list(CLAIMS).unwrap();
    let ours: Vec<&str> = claims
        .iter()
        .filter(|claim| claim["metadata"]["labels"]["clockwork-codex/workload"].is_string())
        .map(|claim| claim["metadata"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(ours, ["engine-checkpoints", "engine-datasets", "interactive-data", "store-logs"]);
    for claim in &claims {
        let name = claim["metadata"]["name"].as_str().unwrap();
        let log = name.contains("kafka") || name.contains("zookeeper");
        let class = if log { LOCAL } else { "efs-sc" };
        assert_eq!(claim["spec"]["storageClassName"], class, "{name}");
    }
    assert_eq!(
        stateful_sets(there).len(),
        6,
        "of the engine, the store with Kafka and ZooKeeper, and two interactive"
    );
    let again = run(there, "deploy-graphscope", BOTH, &[]).exits(0);
    assert_eq!(again.json()["changed"], 0, "{}", again.stderr);
}

fn stateful_sets(there: &Clustered) -> Vec<Value> {
    there.cluster().list("/apis/apps/v1/namespaces/graphs/statefulsets").unwrap()
}

/// With its claims, its nodes, and what its files take.
fn status_shows_each_workload(there: &Clustered, nodes: &Nodes) {
    there.await_that("the pods run", || {
        let ready = |set: &Value| set["status"]["readyReplicas"] == set["spec"]["replicas"];
        stateful_sets(there).iter().all(ready)
    });
    let found = there.cluster().get(&format!("{CLAIMS}/engine-datasets")).unwrap();
    let volume = nodes.folder().join(found["spec"]["volumeName"].as_str().unwrap());
    std::fs::create_dir_all(&volume).unwrap();
    std::fs::write(volume.join("edges.csv"), vec![b'1'; 4096]).unwrap();
    let status = run(there, "status", BOTH, &[]).exits(0).json();
    let engine = &status["workloads"][0];
    assert_eq!(engine["workload"], "engine");
    assert_eq!(engine["claims"].as_array().unwrap().len(), 2);
    assert_eq!(engine["release"], "deployed");
    assert!(engine["nodes"][0].as_str().unwrap().starts_with("stand-in-"), "{status:#}");
    assert_eq!(engine["used_bytes"], 4096, "{status:#}");
    assert_eq!(status["healthy"], true, "{status:#}");
}

/// Growth reaches claim and volume.
fn claims_grow_and_never_shrink(there: &Clustered) {
    there.await_that("the claims are bound", || {
        let claims = there.cluster().list(CLAIMS).unwrap();
        claims.iter().all(|claim| claim["status"]["phase"] == "Bound")
    });
    assert_eq!(run(there, "deploy-graphscope", GROWN, &[]).exits(0).json()["changed"], 1);
    assert_eq!(requested(there, "engine-datasets"), "20Gi");
    let found = there.cluster().get(&format!("{CLAIMS}/engine-datasets")).unwrap();
    assert_eq!(found["status"]["capacity"]["storage"], "20Gi");
    let refused = run(there, "deploy-graphscope", BOTH, &[]).exits(1);
    assert!(refused.stderr.contains("claims never shrink"), "{}", refused.stderr);
    // Nor do claims change their class.
    let config = config(GROWN).replacen("module.efs_csi.storage_class_name", "\"another\"", 1);
    let refused = run_file(there, "deploy-graphscope", &config, &[]).exits(1);
    assert!(refused.stderr.contains("which cannot be changed"), "{}", refused.stderr);
}

/// And it comes back with its data.
fn a_directory_that_is_taken_out_keeps_its_data(there: &Clustered) {
    let one = "directories = { datasets = \"20Gi\" }";
    let fewer = run(there, "deploy-graphscope", one, &[]).exits(0);
    assert_eq!(fewer.json()["changed"], 1, "the release: {}", fewer.stderr);
    assert!(fewer.stderr.contains("`engine-checkpoints` stays with its data"), "{}", fewer.stderr);
    let back = run(there, "deploy-graphscope", GROWN, &[]).exits(0);
    assert_eq!(back.json()["changed"], 1, "the release: {}", back.stderr);
}

/// Storage stays while claims hold volumes of it.
fn workloads_are_destroyed_and_their_data_with_delete_data(there: &Clustered) {
    let refused = run(there, "destroy-efs", GROWN, &["--yes"]).exits(1);
    assert!(refused.stderr.contains("graphs/engine-datasets (Bound)"), "{}", refused.stderr);
    run(there, "destroy-graphscope", GROWN, &[]).exits(1);
    run(there, "destroy-graphscope", GROWN, &["--yes"]).exits(0);
    assert_eq!(stateful_sets(there).len(), 0);
    assert_eq!(requested(there, "engine-datasets"), "20Gi", "data outlives the workload");
    let ran = run(there, "destroy-graphscope", GROWN, &["--delete-data", "--yes"]).exits(0);
    let loss = "data is lost: files of the claim ";
    assert!(
        ran.stderr.contains(loss) && ran.stderr.contains("deletes the access point"),
        "{}",
        ran.stderr
    );
    there.await_that("the claims are gone, and those that the store's chart made", || {
        there.cluster().list(CLAIMS).unwrap().is_empty()
    });
    let last = run(there, "destroy-graphscope", GROWN, &["--delete-data", "--yes"]).exits(0);
    assert_eq!(last.json()["changed"], 0, "{}", last.stderr);
}

#[test]
fn what_needs_a_cluster_or_a_workload_says_so_before_anything_is_built_or_called() {
    let world = World::new();
    let ran = world.xtask(&["deploy-graphscope", "--manifests", "manifests"]).exits(2);
    assert!(ran.stderr.contains("no module of `./modules/graphscope`"), "{}", ran.stderr);
    assert!(ran.stderr.contains("--workload-kind"), "{}", ran.stderr);
    for command in ["verify", "expand-volumes"] {
        let ran = world.xtask(&[command, "--sandbox"]).exits(2);
        assert!(ran.stderr.contains("works in a cluster"), "{}", ran.stderr);
        assert!(ran.stderr.contains("`--context`"), "{}", ran.stderr);
    }
}

#[test]
fn flags_tell_a_workload_where_the_file_has_none() {
    let world = World::new();
    let flags = ["--workload-kind=engine", "--workload-directories=datasets=1Ti"];
    let deploy = |more: &[&str]| world.run("deploy-graphscope", &[&flags[..], more].concat());
    deploy(&[]).exits(0);
    let claims = world.document("graphscope/claims.yaml");
    assert!(claims.contains("storageClassName: \"efs-sc\""), "{claims}");
    assert!(claims.contains("storage: \"1Ti\""), "{claims}");
    assert_eq!(deploy(&[]).exits(0).json()["changed"], 0);
    let named = ["--workload-name=fraud", "--workload-namespace=graphs"];
    deploy(&named).exits(0);
    let claims = world.document("fraud/claims.yaml");
    assert!(claims.contains("name: \"fraud-datasets\""), "a folder of its name: {claims}");
    let status = world.run("status", &[&flags[..], &named].concat()).exits(0).json();
    assert_eq!(status["workloads"][0]["name"], "fraud", "{status:#}");
    assert_eq!(status["healthy"], true, "{status:#}");
    assert_eq!(world.run("status", &[]).exits(0).json()["workloads"], json!([]));
    let shrunk = deploy(&["--workload-directories=datasets=1Gi"]).exits(1);
    let told = "keep `--workload-directories=datasets=1Ti`";
    assert!(shrunk.stderr.contains(told), "{}", shrunk.stderr);

    for (flags, told) in [
        (&["--workload-name=fraud"][..], "or pass `--workload-kind`"),
        (&["--workload-kind=engin"], "did you mean `engine`?"),
        (&["--workload-kind=engine", "--workload-directories=vineyard=1Gi"], "memory of the node"),
        (&["--workload-kind=store"], "`--uid 1001 --gid 1001`"),
        (&["--workload-kind=interactive"], "`--workload-helm-chart`"),
    ] {
        let ran = world.run("plan-graphscope", flags).exits(2);
        assert!(ran.stderr.contains(told), "{flags:?}: {}", ran.stderr);
    }
    let file = world.path().join("all.hcl");
    std::fs::write(&file, config("")).unwrap();
    let file = format!("--config={}", file.display());
    let ran = world.run("plan-graphscope", &[&file, "--workload-name=fraud"]).exits(2);
    assert!(ran.stderr.contains("`engine`, `interactive`, `store`"), "{}", ran.stderr);
}

#[test]
fn documents_of_storage_and_workloads_are_planned_as_one_and_left_for_argo_cd_and_flux() {
    let world = World::new();
    let file = world.path().join("all.hcl");
    let run = |command: &str, engine: &str, more: &[&str]| {
        std::fs::write(&file, config(engine)).unwrap();
        let file = format!("--config={}", file.display());
        world.run(command, &[&[file.as_str()][..], more].concat())
    };
    let both = "directories = { datasets = \"10Gi\", checkpoints = \"5Gi\" }";
    let plan = run("plan-graphscope", both, &["--detailed-exitcode"]).exits(2).json();
    let step = |id: &str| {
        let steps = plan["steps"].as_array().unwrap();
        steps.iter().find(|step| step["id"] == id).unwrap_or_else(|| panic!("{id}: {plan:#}"))
    };
    let needs = step("engine.document.claims.yaml")["needs"].to_string();
    assert!(needs.contains("document.storageclass.yaml"), "one graph: {needs}");
    assert!(!world.manifests().exists(), "a plan changes nothing");

    run("deploy-graphscope", both, &[]).exits(0);
    for path in [
        "storageclass.yaml",
        "engine/values.yaml",
        "store/claims.yaml",
        "interactive/kustomization.yaml",
    ] {
        assert!(world.manifests().join(path).exists(), "{path}");
    }
    run("plan-graphscope", both, &["--detailed-exitcode"]).exits(0);
    let manifests = world.manifests().display().to_string();
    world
        .xtask(&["render", &format!("--config={}", file.display()), "--check", &manifests])
        .exits(0);
    let status = run("status", both, &[]).exits(0).json();
    assert_eq!(status["healthy"], true, "{status:#}");
    assert_eq!(status["workloads"].as_array().unwrap().len(), 3);

    let one = "directories = { datasets = \"20Gi\" }";
    let fewer = run("deploy-graphscope", one, &[]).exits(0);
    assert!(fewer.stderr.contains("`engine-checkpoints` stays with its data"), "{}", fewer.stderr);
    assert!(world.document("engine/claims.yaml").contains("engine-checkpoints"));
    let shrunk = run("deploy-graphscope", both, &[]).exits(1);
    assert!(shrunk.stderr.contains("claims never shrink"), "{}", shrunk.stderr);

    run("destroy-graphscope", one, &["--yes"]).exits(0);
    assert!(world.manifests().join("engine/claims.yaml").exists());
    assert!(!world.manifests().join("engine/values.yaml").exists());
    assert!(world.manifests().join("storageclass.yaml").exists(), "the storage is not touched");
    run("destroy-graphscope", one, &["--delete-data", "--yes"]).exits(0);
    assert!(!world.manifests().join("engine").exists());
    assert_eq!(
        run("destroy-graphscope", one, &["--delete-data", "--yes"]).exits(0).json()["changed"],
        0
    );
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_release_of_a_workload_that_was_killed_on_the_way_is_recovered() {
    let there = Clustered::new();
    let kind = ["--workload-kind=interactive", "--workload-namespace=graphs"];
    let deploy = |chart: &str| {
        let chart = format!("--workload-helm-chart={chart}");
        there.run("deploy-graphscope", &[&kind[..], &[&chart]].concat())
    };
    let chart = workspace().join("tests/charts/graphscope-interactive").display().to_string();
    deploy(&chart).exits(0);
    // A hook that never ends, and a Helm that is killed while it waits for it.
    let slow = there.chart_like("graphscope-interactive", "slow");
    let hook = "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: slow\n  annotations:\n    \
                \"helm.sh/hook\": pre-upgrade\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n      \
                containers:\n        - name: slow\n          image: none\n";
    std::fs::write(slow.join("templates/slow.yaml"), hook).unwrap();
    let shell = there.world.shell();
    let slow = slow.display().to_string();
    let mut helm: Command =
        cmd!(shell, "helm upgrade graphscope {slow} --namespace graphs --reuse-values").into();
    let mut helm = helm.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    there.await_that("Helm waits for the hook", || {
        there.cluster().find("/apis/batch/v1/namespaces/graphs/jobs/slow").unwrap().is_some()
    });
    helm.kill().unwrap();
    helm.wait().unwrap();
    let record = "/api/v1/namespaces/graphs/secrets/sh.helm.release.v1.graphscope.v2";
    let old = json!({"createdAt": "1700000000", "modifiedAt": "1700000000"});
    there.cluster().merge(record, &json!({"metadata": {"labels": old}})).unwrap();

    let ran = deploy(&chart).exits(0);
    assert!(ran.stderr.contains("`pending-upgrade`"), "{}", ran.stderr);
    assert!(ran.stderr.contains("recovering from revision 2"), "{}", ran.stderr);
    assert_eq!(deploy(&chart).exits(0).json()["changed"], 0);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_value_that_the_workloads_chart_does_not_know_is_refused_before_anything_is_changed() {
    let there = Clustered::new();
    let misspelt = "helm_values = { engines = { num_worker = 3 } }";
    let refused = run(&there, "deploy-graphscope", misspelt, &["--no-wait"]).exits(1);
    assert!(refused.stderr.contains("did you mean `engines.num_workers`?"), "{}", refused.stderr);
    assert!(there.class().is_none());
    assert!(refused.calls.iter().all(Call::reads));
}
