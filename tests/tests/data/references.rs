//! What a real API server shows of file systems that classes name elsewhere, or wrongly, and a
//! destroy without the cluster.
//!
//! These tests need the programs of `cargo xtask tools install`.

use control_plane::User;
use serde_json::{Value, json};
use tests::Clustered;

use crate::cluster::{VOLUMES, claim, file_system, static_volume};
use crate::refused;

const CLASSES: &str = "/apis/storage.k8s.io/v1/storageclasses";
const SECRETS: &str = "/api/v1/namespaces/default/secrets";
const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";

/// A class of the driver with these parameters.
fn class(there: &Clustered, name: &str, parameters: &Value) {
    let class = json!({
        "metadata": {"name": name},
        "provisioner": "efs.csi.aws.com",
        "parameters": parameters,
    });
    there.cluster().create(CLASSES, &class).unwrap();
}

/// Another user's rights: to do everything, but with Secrets nothing at all.
fn allow_all_but_secrets(there: &Clustered) {
    let rules = json!({"rules": [
        {
            "apiGroups": [
                "apps", "storage.k8s.io", "rbac.authorization.k8s.io", "batch", "policy",
                "authorization.k8s.io", "events.k8s.io",
            ],
            "resources": ["*"],
            "verbs": ["*"],
        },
        {
            "apiGroups": [""],
            "resources": [
                "configmaps", "events", "namespaces", "nodes", "persistentvolumeclaims",
                "persistentvolumes", "pods", "serviceaccounts", "services",
            ],
            "verbs": ["*"],
        },
    ]});
    let role = "/apis/rbac.authorization.k8s.io/v1/clusterroles/reader";
    there.cluster().merge(role, &rules).unwrap();
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_class_that_refers_to_its_file_system_is_followed_as_far_as_this_identity_may() {
    let mut there = Clustered::quick();
    there.world.set("HELM_DRIVER", "configmap");
    there.deploy(&[]);
    let id = file_system(&there);
    let config = json!({"metadata": {"name": "efs"}, "data": {"id": format!(" {id}\n")}});
    there.cluster().create(CONFIG_MAPS, &config).unwrap();
    class(&there, "efs-b", &json!({"fileSystemIdConfigRef": "default/efs/id"}));
    let ran = refused(there.run("destroy-efs", &["--yes"]), &["is in use", "storage class efs-b"]);
    assert_eq!(ran.json()["users"][0]["kind"], "storage class");
    // One of another file system, or that refers to nothing, is none of its users.
    let elsewhere = json!({"data": {"id": "fs-0123456789abcdef0"}});
    there.cluster().merge(&format!("{CONFIG_MAPS}/efs"), &elsewhere).unwrap();
    class(&there, "efs-c", &json!({"fileSystemIdSecretRef": "default/missing/id"}));

    // Whoever may not read the Secret cannot know. Helm's records are in ConfigMaps here.
    allow_all_but_secrets(&there);
    there.world.set("KUBECONFIG", there.plane.kubeconfig(User::Reader).display());
    there.nothing_to_do(&[]);
    let words = [
        "is not known: efs-c (this identity may not read the key `id` of the Secret `default/missing`)",
        &format!("--delete-data {id}"),
    ];
    let ran = refused(there.run("destroy-efs", &["--yes"]), &words);
    assert_eq!(ran.json()["refusals"].as_array().map(Vec::len), Some(1), "{}", ran.stderr);
    there.world.set("KUBECONFIG", there.plane.kubeconfig(User::Admin).display());
    let secret = json!({"metadata": {"name": "missing"}, "stringData": {"id": id.clone()}});
    there.cluster().create(SECRETS, &secret).unwrap();
    refused(there.run("destroy-efs", &["--yes"]), &["is in use", "storage class efs-c"]);
    there.cluster().delete(&format!("{SECRETS}/missing")).unwrap();

    there.world.set("KUBECONFIG", there.plane.kubeconfig(User::Reader).display());
    there.run("destroy-efs", &["--yes", "--delete-data", &id]).exits(0);
    assert!(there.aws.file_systems().is_empty());
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_class_is_not_moved_to_another_file_system_under_its_claims() {
    let there = Clustered::quick();
    there.deploy(&[]);
    let id = file_system(&there);
    let made = there.aws.efs("POST", "file-systems", Some(&json!({ "CreationToken": "other" })));
    let other = made.json()["FileSystemId"].as_str().unwrap().to_owned();
    // The class that a deployment of other inputs left, with a claim on it.
    let mut class = there.class().unwrap();
    class["parameters"]["fileSystemId"] = json!(other);
    class["metadata"] = json!({
        "name": "efs-sc",
        "labels": class["metadata"]["labels"],
        "annotations": class["metadata"]["annotations"],
    });
    there.cluster().delete(&format!("{CLASSES}/efs-sc")).unwrap();
    there.cluster().create(CLASSES, &class).unwrap();
    let csi = json!({"csi": {"driver": "efs.csi.aws.com", "volumeHandle": format!("{other}:/a")}});
    static_volume(&there, "pv-1", &csi);
    claim(&there, "datasets", "pv-1");
    let words = [
        &format!(
            "the class names {other}, which holds the volume pv-1 of the claim default/datasets"
        )[..],
        &format!("this deployment's file system is {id}"),
        &format!("`file_system_id = \"{other}\"`"),
    ];
    refused(there.run("deploy-efs", &["--yes"]), &words);
    assert_eq!(there.class().unwrap()["parameters"]["fileSystemId"], json!(other));

    there.cluster().delete(&Clustered::claim_path("datasets")).unwrap();
    there.cluster().delete(&format!("{VOLUMES}/pv-1")).unwrap();
    there.await_that("the volume is gone", || there.cluster().list(VOLUMES).unwrap().is_empty());
    assert_eq!(there.deploy(&["--yes"])["changed"], 1);
    assert_eq!(there.class().unwrap()["parameters"]["fileSystemId"], json!(id));
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_destroy_without_its_cluster_is_told_how_the_part_in_aws_goes() {
    let mut there = Clustered::quick();
    there.deploy(&[]);
    let text = std::fs::read_to_string(there.plane.kubeconfig(User::Admin)).unwrap();
    let nowhere = there.world.path().join("nowhere.kubeconfig");
    std::fs::write(&nowhere, text.replace(there.plane.url(), "https://127.0.0.1:1")).unwrap();
    there.world.set("KUBECONFIG", nowhere.display());
    let way = "if the cluster is gone for good, `destroy-efs --manifests DIR` with an empty DIR";
    refused(there.run("destroy-efs", &["--yes"]), &[way, "no volume, claim or class"]);
    there.world.set("KUBECONFIG", "/dev/null");
    refused(there.run("destroy-efs", &["--yes"]), &["no contexts", way]);

    let url = format!("--endpoint-url={}", there.aws.url);
    let empty = format!("--manifests={}", there.world.path().join("empty").display());
    there.world.xtask(&["destroy-efs", &url, &empty, "--yes"]).exits(0);
    assert!(there.aws.file_systems().is_empty());
}
