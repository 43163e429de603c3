//! A store: its pods' claims grow, and its log is never on EFS.

use super::*;

const SETS: &str = "/apis/apps/v1/namespaces/graphs/statefulsets";

/// A store with `data` of this size, whose log keeps nothing.
fn store(data: &str) -> String {
    format!(
        "directories = {{ data = \"{data}\" }}\n  helm_values = {{ kafka = {{ persistence = \
         {{ enabled = false }}, zookeeper = {{ persistence = {{ enabled = false }} }} }} }}"
    )
}

/// Storage and a store, with these inputs of the latter.
fn config_of(inputs: &str) -> String {
    let charts = workspace().join("tests/charts");
    let charts = charts.display();
    format!(
        r#"
module "network" {{
  source       = "./modules/network"
  cluster_name = "graphscope-dev"
}}

module "efs_csi" {{
  source            = "./modules/csi/efs"
  aws_region        = "eu-west-1"
  cluster_name      = "graphscope-dev"
  subnet_ids        = module.network.private_subnets
  security_group_id = module.network.security_group_id
  uid               = 1001
  gid               = 1001
  helm_chart        = "{charts}/aws-efs-csi-driver"
}}

module "store" {{
  source             = "./modules/graphscope"
  kind               = "store"
  name               = "fraud"
  namespace          = "graphs"
  storage_class_name = module.efs_csi.storage_class_name
  helm_chart         = "{charts}/graphscope-store"
  {inputs}
}}
"#
    )
}

fn deploy(there: &Clustered, inputs: &str) -> Ran {
    run_file(there, "deploy-graphscope", &config_of(inputs), &["--no-wait"])
}

fn found(there: &Clustered, path: &str) -> Value {
    there.cluster().get(path).unwrap_or_else(|error| panic!("{path}: {error:#}"))
}

/// What a claim asks for, and what it has.
fn sizes(there: &Clustered, claim: &str) -> [String; 2] {
    let claim = found(there, &format!("{CLAIMS}/{claim}"));
    let of = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    [
        of(&claim["spec"]["resources"]["requests"]["storage"]),
        of(&claim["status"]["capacity"]["storage"]),
    ]
}

fn await_bound(there: &Clustered, claim: &str) {
    let path = format!("{CLAIMS}/{claim}");
    there.await_that("the claim is bound", || {
        let claim = there.cluster().find(&path).unwrap();
        claim.is_some_and(|claim| claim["status"]["phase"] == "Bound")
    });
}

/// The pod of the store, once its StatefulSet owns it.
fn owned_pod(there: &Clustered) -> Value {
    let path = "/api/v1/namespaces/graphs/pods/fraud-store-0";
    there.await_that("the StatefulSet owns the pod", || {
        let set = found(there, &format!("{SETS}/fraud-store"));
        let pod = there.cluster().find(path).unwrap();
        pod.is_some_and(|pod| {
            pod["metadata"]["ownerReferences"][0]["uid"] == set["metadata"]["uid"]
        })
    });
    found(there, path)
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn the_data_of_a_store_grows_while_its_pods_run() {
    let there = Clustered::quick();
    let _nodes = Nodes::start(&there.plane.kubeconfig(User::Admin), 1).unwrap();
    deploy(&there, &store("10Gi")).exits(0);
    await_bound(&there, "data-fraud-store-0");
    let before = owned_pod(&there);

    let ran = deploy(&there, &store("20Gi")).exits(0);
    assert_eq!(ran.json()["changed"], 3, "claim, StatefulSet, release: {}", ran.stderr);
    assert_eq!(sizes(&there, "data-fraud-store-0"), ["20Gi", "20Gi"]);
    let set = found(&there, &format!("{SETS}/fraud-store"));
    let template = &set["spec"]["volumeClaimTemplates"][0]["spec"];
    assert_eq!(template["resources"]["requests"]["storage"], "20Gi");
    let after = owned_pod(&there);
    assert_eq!(after["metadata"]["uid"], before["metadata"]["uid"], "the pod ran on");
    let again = deploy(&there, &store("20Gi")).exits(0);
    assert_eq!(again.json()["changed"], 0, "{}", again.stderr);

    let shrunk = deploy(&there, &store("10Gi")).exits(1);
    assert!(shrunk.stderr.contains("keep `data = \"20Gi\"`"), "{}", shrunk.stderr);
    killed_on_the_way(&there);
}

/// After each step a run may be killed: the next one completes what is left.
fn killed_on_the_way(there: &Clustered) {
    // The claim asks for more, and its volume has less.
    let claim = format!("{CLAIMS}/data-fraud-store-0");
    let more = json!({"spec": {"resources": {"requests": {"storage": "30Gi"}}}});
    there.cluster().merge(&claim, &more).unwrap();
    let before = owned_pod(there);
    // The StatefulSet is gone, and its pod belongs to nobody.
    there.cluster().delete(&format!("{SETS}/fraud-store?propagationPolicy=Orphan")).unwrap();
    there.await_that("the StatefulSet is gone", || {
        there.cluster().find(&format!("{SETS}/fraud-store")).unwrap().is_none()
    });
    deploy(there, &store("30Gi")).exits(0);
    let after = owned_pod(there);
    assert_eq!(after["metadata"]["uid"], before["metadata"]["uid"], "the pod ran on");
    let again = deploy(there, &store("30Gi")).exits(0);
    assert_eq!(again.json()["changed"], 0, "{}", again.stderr);
    assert_eq!(sizes(there, "data-fraud-store-0"), ["30Gi", "30Gi"]);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_store_of_before_whose_log_is_on_efs_is_upgraded_and_told() {
    let there = Clustered::quick();
    let _nodes = Nodes::start(&there.plane.kubeconfig(User::Admin), 1).unwrap();
    let chart = workspace().join("tests/charts/graphscope-store").display().to_string();
    run_file(&there, "deploy-efs", &config_of(""), &["--no-wait"]).exits(0);
    // As this project installed it before it knew better.
    there.helm(&[
        "upgrade",
        "fraud",
        &chart,
        "--install",
        "--create-namespace",
        "--namespace=graphs",
        "--description=Clockwork Codex for graphs/fraud",
        "--set=global.storageClass=efs-sc,store.persistence.size=100Gi",
    ]);
    await_bound(&there, "data-fraud-kafka-0");

    let ran = deploy(&there, "kafka_storage_class = \"local\"").exits(0);
    for part in ["kafka", "zookeeper"] {
        let told = format!("the claim `data-fraud-{part}-0` keeps its class `efs-sc`");
        assert!(ran.stderr.contains(&told), "{}", ran.stderr);
        let set = found(&there, &format!("{SETS}/fraud-{part}"));
        let template = &set["spec"]["volumeClaimTemplates"][0]["spec"];
        assert_eq!(template["storageClassName"], "local");
    }
    let again = deploy(&there, "kafka_storage_class = \"local\"").exits(0);
    assert_eq!(again.json()["changed"], 0, "{}", again.stderr);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_log_that_would_get_the_class_of_the_data_or_none_is_warned_of() {
    let there = Clustered::quick();
    let plan = |inputs: &str, class: &str| {
        let config = config_of(inputs).replace("uid               = 1001", class);
        run_file(&there, "plan-graphscope", &config, &["--no-wait"]).exits(0)
    };
    let uid = "uid               = 1001";
    let ran = plan("", uid);
    assert!(ran.stdout.contains("the cluster has no default class"), "{}", ran.stdout);
    let ran = plan("", &format!("default_storage_class = true\n  {uid}"));
    assert!(ran.stdout.contains("which is `efs-sc`"), "{}", ran.stdout);
    let ran = plan("kafka_storage_class = \"local\"", uid);
    assert!(!ran.stdout.contains("default class"), "{}", ran.stdout);
    let class = json!({
        "metadata": {
            "name": "block",
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": "ebs.csi.aws.com",
    });
    there.cluster().create("/apis/storage.k8s.io/v1/storageclasses", &class).unwrap();
    let ran = plan("", uid);
    assert!(!ran.stdout.contains("default class"), "{}", ran.stdout);
}
