//! `deletion_policy = "retain"` in a real cluster: what stays, and how it is used again.
//!
//! These tests need the programs of `cargo xtask tools install`.

use control_plane::{Driver, Efs, Nodes, Source, User};
use serde_json::{Value, json};
use tests::Clustered;

use crate::cluster::{VOLUMES, file_system};
use crate::refused;

const RETAIN: [&str; 2] = ["--deletion-policy=retain", "--nfs-client-cidr=10.0.0.0/16"];

/// The flags of the deployment with these.
fn with<'a>(base: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [base, more].concat()
}

/// The ids of the access points of a file system.
fn access_points(there: &Clustered, file_system: &str) -> Vec<String> {
    let all = Efs::new(&there.aws.url).access_points(file_system).unwrap();
    all.into_iter().map(|point| point.id).collect()
}

/// Nodes whose provisioner makes access points in this AWS, as the driver does.
fn nodes(there: &Clustered) -> Nodes {
    let source = Source::AccessPoints(Efs::new(&there.aws.url));
    Nodes::start_with(&there.plane.kubeconfig(User::Admin), 1, Driver::StandIn(source)).unwrap()
}

/// The only volume of the cluster.
fn volume(there: &Clustered) -> Value {
    let all = there.cluster().list(VOLUMES).unwrap();
    assert_eq!(all.len(), 1, "{all:#?}");
    all.into_iter().next().unwrap()
}

/// Deletes a claim, and waits until it is gone.
fn delete_claim(there: &Clustered, name: &str) {
    let path = Clustered::claim_path(name);
    there.cluster().delete(&path).unwrap();
    there.await_that("the claim is gone", || there.cluster().find(&path).unwrap().is_none());
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn the_data_of_a_claim_outlives_the_deployment_and_is_bound_again_by_the_next() {
    let there = Clustered::quick();
    let inputs = with(&RETAIN, &["--reclaim-policy=Retain"]);
    let all = with(&inputs, &["--yes"]);
    there.deploy(&inputs);
    let id = file_system(&there);
    let made = nodes(&there);
    there.claim("graph", "3Gi");
    let points = access_points(&there, &id);
    let name = volume(&there)["metadata"]["name"].as_str().unwrap().to_owned();
    let handle = volume(&there)["spec"]["csi"]["volumeHandle"].clone();
    assert_eq!(handle, json!(format!("{id}::{}", points[0])));

    // While pods may have it mounted, the driver stays too.
    let words = ["default/graph (Bound)", "`Retain` keep their data, and stay"];
    refused(there.run("destroy-efs", &all), &words);
    delete_claim(&there, "graph");
    there.await_that("its volume is released", || volume(&there)["status"]["phase"] == "Released");
    let ran = there.run("destroy-efs", &with(&all, &["--delete-data", &id])).exits(0);
    for word in [
        &format!("{id} stays with its data and 3 mount targets"),
        "whatever `--delete-data` says",
        "`deploy-efs --adopt-existing` with the same inputs takes it over again",
        &format!("the volume {name} stays, and its data"),
        "may be mounted through it",
    ] {
        assert!(ran.stderr.contains(word), "no {word:?} in:\n{}", ran.stderr);
    }
    assert_eq!((there.class(), there.revisions()), (None, Vec::new()));
    assert_eq!(there.aws.mount_targets().len(), 3);
    assert_eq!(access_points(&there, &id), points);
    assert_eq!(volume(&there)["spec"]["csi"]["volumeHandle"], handle);
    assert_eq!(there.run("destroy-efs", &all).exits(0).json()["changed"], 0);

    // The volume says whose the data is, so that nobody is asked.
    let back = there.deploy(&inputs);
    assert_eq!(back["outputs"]["file_system_id"], json!(id));
    there.nothing_to_do(&inputs);
    there
        .cluster()
        .merge(&format!("{VOLUMES}/{name}"), &json!({"spec": {"claimRef": null}}))
        .unwrap();
    let path = Clustered::claim_path("again");
    let claim = json!({
        "metadata": {"name": "again"},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "storageClassName": "efs-sc",
            "volumeName": name,
            "resources": {"requests": {"storage": "3Gi"}},
        },
    });
    there.cluster().create(path.rsplit_once('/').unwrap().0, &claim).unwrap();
    there.await_that("the claim is bound", || {
        there.cluster().get(&path).unwrap()["status"]["phase"] == "Bound"
    });
    assert_eq!(volume(&there)["spec"]["csi"]["volumeHandle"], handle);
    assert_eq!(access_points(&there, &id), points);
    drop(made);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn what_no_volume_names_any_more_is_adopted_with_consent_by_the_same_or_by_its_id_in_another() {
    let there = Clustered::quick();
    there.deploy(&RETAIN);
    let id = file_system(&there);
    let point = there.aws.access_point(&id, "pvc-of-before");
    there.aws.meter(&id, 5 << 30);
    let targets = there.aws.mount_targets();
    let ran = there.run("destroy-efs", &with(&RETAIN, &["--yes"])).exits(0);
    assert!(ran.stderr.contains(&point) && ran.stderr.contains("5.0 GiB"), "{}", ran.stderr);

    let words = ["takes over", &id, "5.0 GiB", "1 access point", "--adopt-existing"];
    refused(there.run("deploy-efs", &with(&RETAIN, &["--yes"])), &words);
    assert_eq!(there.class(), None);
    // Another deployment adopts it by its id, and leaves it standing.
    let adopt = format!("--file-system-id={id}");
    let other = ["--storage-class-name=efs-b", "--driver=skip", &adopt];
    there.deploy(&other);
    let class = there.cluster().get("/apis/storage.k8s.io/v1/storageclasses/efs-b").unwrap();
    assert_eq!(class["parameters"]["fileSystemId"], json!(id));
    there.run("destroy-efs", &with(&other, &["--yes"])).exits(0);

    let back = there.deploy(&with(&RETAIN, &["--adopt-existing"]));
    assert_eq!(back["outputs"]["file_system_id"], json!(id));
    assert_eq!(there.class().unwrap()["parameters"]["fileSystemId"], json!(id));
    there.nothing_to_do(&RETAIN);
    assert_eq!(there.aws.mount_targets(), targets, "nobody's mount was broken");
    assert_eq!(access_points(&there, &id), std::slice::from_ref(&point));

    // Without `retain` it takes the word again, and then it goes.
    refused(there.run("destroy-efs", &["--yes"]), &["holds data", &point, "--delete-data"]);
    there.run("destroy-efs", &["--yes", "--delete-data", &id]).exits(0);
    assert!(there.aws.file_systems().is_empty());
}
