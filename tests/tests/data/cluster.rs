//! The users of a file system that a real API server lists.
//!
//! These tests need the programs of `cargo xtask tools install`.

use control_plane::{Nodes, User};
use serde_json::{Value, json};
use tests::Clustered;

use crate::refused;

pub(crate) const VOLUMES: &str = "/api/v1/persistentvolumes";

pub(crate) fn file_system(there: &Clustered) -> String {
    there.aws.file_system()["FileSystemId"].as_str().unwrap().to_owned()
}

/// Creates a volume by hand, with a handle of the driver.
pub(crate) fn static_volume(there: &Clustered, name: &str, source: &Value) {
    let mut volume = json!({
        "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": "7Gi"},
            "accessModes": ["ReadWriteMany"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "",
        },
    });
    for (key, value) in source.as_object().unwrap() {
        volume["spec"][key] = value.clone();
    }
    there.cluster().create(VOLUMES, &volume).unwrap();
}

/// Binds a claim to a volume by its name.
pub(crate) fn claim(there: &Clustered, name: &str, volume: &str) {
    let path = Clustered::claim_path(name);
    let claim = json!({
        "metadata": {"name": name},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "storageClassName": "",
            "volumeName": volume,
            "resources": {"requests": {"storage": "1Gi"}},
        },
    });
    there.cluster().create(path.rsplit_once('/').unwrap().0, &claim).unwrap();
    there.await_that("the claim is bound", || {
        there.cluster().get(&path).unwrap()["status"]["phase"] == "Bound"
    });
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn every_form_of_a_static_volume_is_found_with_its_claim() {
    let there = Clustered::quick();
    there.deploy(&[]);
    let id = file_system(&there);
    let csi =
        |handle: String| json!({"csi": {"driver": "efs.csi.aws.com", "volumeHandle": handle}});
    let forms = [
        csi(id.clone()),
        csi(format!("{id}:/data")),
        csi(format!("{id}::fsap-0123456789abcdef0")),
        csi(format!("efs:{id}:/data:fsap-0123456789abcdef0")),
        json!({"nfs": {"server": format!("{id}.efs.eu-west-1.amazonaws.com"), "path": "/"}}),
    ];
    // With the word for the data: who uses it in this cluster is refused all the same.
    let all = ["--yes", "--delete-data", &id];
    for (number, form) in forms.iter().enumerate() {
        let name = format!("pv-{number}");
        static_volume(&there, &name, form);
        claim(&there, &format!("data-{number}"), &name);
        let user = format!("volume {name}, 7Gi, of the claim default/data-{number}");
        let ran = refused(there.run("destroy-efs", &all), &["is in use", &user]);
        let plan = ran.json();
        let found = &plan["users"][0];
        assert_eq!((&found["name"], &found["size"]), (&json!(name), &json!("7Gi")), "{plan:#}");
        there.cluster().delete(&Clustered::claim_path(&format!("data-{number}"))).unwrap();
        // Retained, and still a volume of the file system.
        let ran = refused(there.run("destroy-efs", &all), &[&name]);
        assert!(ran.stderr.contains("is in use"), "{}", ran.stderr);
        there.cluster().delete(&format!("{VOLUMES}/{name}")).unwrap();
        there.await_that("the volume is gone", || {
            there.cluster().find(&format!("{VOLUMES}/{name}")).unwrap().is_none()
        });
    }
    // A volume of another file system holds nothing up but the driver.
    static_volume(&there, "others", &csi("fs-0123456789abcdef0:/".to_owned()));
    let ran = there.run("destroy-efs", &["--yes"]).exits(0);
    assert!(ran.stderr.contains("it serves the volume others"), "{}", ran.stderr);
    assert!(there.aws.file_systems().is_empty());
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_second_class_on_the_same_file_system_keeps_it_and_the_data_of_its_claims() {
    let there = Clustered::quick();
    there.deploy(&[]);
    let id = file_system(&there);
    let adopt = format!("--file-system-id={id}");
    let second = ["--storage-class-name=efs-b", &adopt];
    there.deploy(&second);
    let words = ["is in use", "storage class efs-b"];
    refused(there.run("destroy-efs", &["--yes"]), &words);
    assert_eq!(there.aws.mount_targets().len(), 3);

    // A claim of the second class, as the driver provisions it.
    let nodes = Nodes::start(&there.plane.kubeconfig(User::Admin), 1).unwrap();
    let path = Clustered::claim_path("graph");
    let wanted = json!({
        "metadata": {"name": "graph"},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "storageClassName": "efs-b",
            "resources": {"requests": {"storage": "3Gi"}},
        },
    });
    there.cluster().create(path.rsplit_once('/').unwrap().0, &wanted).unwrap();
    there.await_that("the claim is bound", || {
        there.cluster().get(&path).unwrap()["status"]["phase"] == "Bound"
    });
    refused(there.run("destroy-efs", &["--yes"]), &["storage class efs-b"]);
    there.cluster().delete(&path).unwrap();
    drop(nodes);
    for volume in there.cluster().list(VOLUMES).unwrap() {
        let name = volume["metadata"]["name"].as_str().unwrap();
        there.cluster().delete(&format!("{VOLUMES}/{name}")).unwrap();
    }
    there.await_that("no volume is left", || there.cluster().list(VOLUMES).unwrap().is_empty());

    // The second goes first, and then nothing holds the first one up.
    there.run("destroy-efs", &[&second[..], &["--yes"]].concat()).exits(0);
    there.run("destroy-efs", &["--yes"]).exits(0);
    assert!(there.aws.file_systems().is_empty());
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn the_access_points_of_other_clusters_are_data_and_a_recreated_cluster_is_told_of_them() {
    let there = Clustered::quick();
    there.deploy(&[]);
    let id = file_system(&there);
    let point = there.aws.access_point(&id, "pvc-of-another-cluster");
    let word = format!("--delete-data {id}");
    refused(there.run("destroy-efs", &["--yes"]), &["holds data", &point, &word]);
    // An ordinary second run is not asked: the class names the file system.
    assert_eq!(there.deploy(&[])["changed"], 0);

    // The cluster of the same name that comes after has no class, no claim and no volume.
    there.cluster().delete("/apis/storage.k8s.io/v1/storageclasses/efs-sc").unwrap();
    refused(there.run("deploy-efs", &["--yes"]), &["takes over", &id, "1 access point"]);
    assert_eq!(there.class(), None);
    // A volume of it says whose the data is.
    let csi =
        json!({"csi": {"driver": "efs.csi.aws.com", "volumeHandle": format!("{id}::{point}")}});
    static_volume(&there, "kept", &csi);
    let plan = there.run("plan-efs", &[]).exits(0).json();
    assert_eq!(plan["questions"], Value::Null, "{plan:#}");
    there.cluster().delete(&format!("{VOLUMES}/kept")).unwrap();
    there.await_that("the volume is gone", || there.cluster().list(VOLUMES).unwrap().is_empty());
    let made = there.deploy(&["--adopt-existing"]);
    assert_eq!(made["outputs"]["file_system_id"], json!(id));

    there.run("destroy-efs", &["--yes", "--delete-data", &id]).exits(0);
    assert!(there.aws.file_systems().is_empty());
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn files_that_nobody_in_the_cluster_mounts_are_data_too() {
    let there = Clustered::quick();
    there.deploy(&[]);
    let id = file_system(&there);
    there.aws.meter(&id, 6145);
    refused(there.run("destroy-efs", &["--yes"]), &["holds data: files in fs-", "6.0 KiB"]);
    assert!(there.class().is_some(), "nothing was changed");
    there.run("destroy-efs", &["--yes", "--delete-data", &id]).exits(0);
}
