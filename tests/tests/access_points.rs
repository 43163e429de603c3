//! Access points that no volume names any more: which they are, and what removes them.
//!
//! Some of these tests need the programs of `cargo xtask tools install`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use serde_json::{Value, json};
use tests::{Clustered, Ran, World};

const VOLUMES: &str = "/api/v1/persistentvolumes";

/// Makes an access point as the driver does whose deployment gives it these tags.
fn access_point(aws: &tests::Aws, file_system: &str, token: &str, tags: &[(&str, &str)]) -> String {
    let tags = tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value }));
    let body = json!({
        "ClientToken": token,
        "FileSystemId": file_system,
        "PosixUser": { "Uid": 50000, "Gid": 50000 },
        "RootDirectory": { "Path": format!("/{token}") },
        "Tags": tags.collect::<Vec<_>>(),
    });
    let made = aws.efs("POST", "access-points", Some(&body));
    assert_eq!(made.status, 200, "{}", made.body);
    made.json()["AccessPointId"].as_str().unwrap().to_owned()
}

/// The access points of an account, by id.
fn left(aws: &tests::Aws) -> Vec<String> {
    let all = aws.efs("GET", "access-points", None).json();
    let ids = all["AccessPoints"].as_array().unwrap().iter();
    let mut ids: Vec<String> =
        ids.map(|point| point["AccessPointId"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

/// The standing of each access point in a list.
fn standing(ran: &Ran, id: &str) -> Value {
    let all = ran.json()["access_points"].as_array().unwrap().clone();
    let found = all.into_iter().find(|point| point["access_point_id"] == id);
    found.unwrap_or_else(|| panic!("{id} is not listed"))["standing"].clone()
}

const DRIVER: (&str, &str) = ("efs.csi.aws.com/cluster", "true");
const MINE: (&str, &str) = ("cluster", "graphscope-dev");

#[test]
fn without_a_cluster_they_are_listed_and_none_is_deleted() {
    let world = World::new();
    world.run("access-points", &[]).exits(0);
    let made = world.deploy(&[]);
    let id = made["outputs"]["file_system_id"].as_str().unwrap();
    let point = {
        let aws = world.aws();
        access_point(&aws, id, "pvc-1", &[DRIVER, MINE])
    };
    let ran = world.run("access-points", &[]).exits(0);
    assert_eq!(standing(&ran, &point), json!({ "state": "unseen" }));
    for more in [&["--delete", "--yes"][..], &["--yes", "--delete", &point]] {
        let ran = world.run("access-points", more).exits(1);
        assert!(ran.stderr.contains("no cluster is looked at"), "{}", ran.stderr);
        assert!(ran.calls.iter().all(tests::Call::reads), "{:?}", ran.calls);
    }
    let ran = world.run("access-points", &["--delete=fs-1"]).exits(2);
    assert!(ran.stderr.contains("write it as fsap-"), "{}", ran.stderr);
    // In a status they are counted against the quota.
    let rows = world.run("status", &[]).exits(0).json()["rows"].clone();
    let row = rows.as_array().unwrap().iter().find(|row| row["resource"] == "access points");
    let row = row.unwrap_or_else(|| panic!("{rows:#}"));
    assert_eq!((&row["name"], &row["detail"]), (&json!("1"), &json!("of 10000")));
}

/// Creates a volume that is kept for its data: released or available, and named by no claim.
fn volume(there: &Clustered, name: &str, spec: &Value) {
    let mut volume = json!({
        "metadata": { "name": name },
        "spec": {
            "capacity": { "storage": "7Gi" },
            "accessModes": ["ReadWriteMany"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "",
        },
    });
    for (key, value) in spec.as_object().unwrap() {
        volume["spec"][key] = value.clone();
    }
    there.cluster().create(VOLUMES, &volume).unwrap();
}

/// Creates a claim of the class that nobody binds; returns its uid.
fn pending_claim(there: &Clustered, name: &str) -> String {
    let path = Clustered::claim_path(name);
    let wanted = json!({
        "metadata": { "name": name },
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "storageClassName": "efs-sc",
            "resources": { "requests": { "storage": "3Gi" } },
        },
    });
    there.cluster().create(path.rsplit_once('/').unwrap().0, &wanted).unwrap();
    there.cluster().get(&path).unwrap()["metadata"]["uid"].as_str().unwrap().to_owned()
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn only_what_is_this_clusters_and_nothing_names_goes_on_request() {
    let there = Clustered::quick();
    there.deploy(&[]);
    let id = there.aws.file_system()["FileSystemId"].as_str().unwrap().to_owned();
    let made = |token: &str, tags: &[(&str, &str)]| access_point(&there.aws, &id, token, tags);
    let leftover = made("pvc-gone", &[DRIVER, MINE]);
    let named = made("pvc-named", &[DRIVER, MINE]);
    let by_option = made("pvc-option", &[DRIVER, MINE]);
    let others = made("pvc-others", &[DRIVER, ("eks:cluster-name", "staging")]);
    let untold = made("pvc-untold", &[DRIVER]);
    let by_hand = made("by-hand", &[("team", "graphs")]);
    let csi = |handle: String| json!({ "driver": "efs.csi.aws.com", "volumeHandle": handle });
    volume(&there, "kept", &json!({ "csi": csi(format!("{id}::{named}")) }));
    let options = json!(["tls", format!("accesspoint={by_option}")]);
    volume(&there, "old", &json!({ "csi": csi(id.clone()), "mountOptions": options }));
    // A claim whose access point is made already, and whose volume is not.
    let uid = pending_claim(&there, "graph");
    let awaited = made(&format!("pvc-{uid}"), &[DRIVER, MINE]);

    let ran = there.run("access-points", &[]).exits(0);
    for (point, expected) in [
        (&leftover, json!({ "state": "leftover" })),
        (&named, json!({ "state": "volume", "by": "kept" })),
        (&by_option, json!({ "state": "volume", "by": "old" })),
        (&awaited, json!({ "state": "claim", "by": "default/graph" })),
        (&others, json!({ "state": "other_cluster", "by": "staging" })),
        (&untold, json!({ "state": "some_cluster" })),
        (&by_hand, json!({ "state": "foreign" })),
    ] {
        assert_eq!(standing(&ran, point), expected);
    }

    // Consent is asked for, and there is nobody to give it.
    let ran = there.run("access-points", &["--delete"]).exits(1);
    assert!(ran.stderr.contains(&leftover) && ran.stderr.contains("--yes"), "{}", ran.stderr);
    let all = left(&there.aws);
    for (kept, why) in [
        (&named, "the volume kept names it"),
        (&awaited, "the claim default/graph has no volume yet"),
        (&others, "its tags name the cluster staging"),
    ] {
        let ran = there.run("access-points", &["--yes", "--delete", kept]).exits(1);
        assert!(ran.stderr.contains(why), "{}", ran.stderr);
    }
    assert_eq!(left(&there.aws), all);
    let ran = there.run("access-points", &["--delete", "--yes"]).exits(0);
    assert_eq!(ran.json()["changed"], 1);
    let mut expected =
        vec![named.clone(), by_option, awaited, others, untold.clone(), by_hand.clone()];
    expected.sort();
    assert_eq!(left(&there.aws), expected);
    // What nobody can tell goes by its id.
    there.run("access-points", &["--yes", "--delete", &untold, &by_hand]).exits(0);
    expected.retain(|id| *id != untold && *id != by_hand);
    assert_eq!(left(&there.aws), expected);
    let again = there.run("access-points", &["--delete", "--yes"]).exits(0);
    assert_eq!(again.json()["changed"], 0);
}

/// The access points of the deployment's own, as a file of the input.
fn declared(world: &World, points: &Value) -> String {
    let file = world.path().join("points.json");
    std::fs::write(&file, points.to_string()).unwrap();
    format!("--access-points={}", file.display())
}

fn datasets() -> Value {
    json!({ "datasets": {
        "posix_user": { "uid": 1001, "gid": 1001, "secondary_gids": [7] },
        "root_directory": {
            "path": "/datasets",
            "creation_info": { "owner_uid": 1001, "owner_gid": 1001, "permissions": "0750" },
        },
        "claim": { "namespace": "default", "size": "1Gi" },
    } })
}

#[test]
fn those_of_the_deployment_are_made_found_changed_listed_and_removed() {
    let world = World::new();
    let mut points = datasets();
    let flag = declared(&world, &points);
    let made = world.deploy(&[&flag]);
    world.nothing_to_do(&[&flag]);
    let id = made["outputs"]["file_system_id"].as_str().unwrap().to_owned();
    let all = world.aws().efs("GET", "access-points", None).json()["AccessPoints"].clone();
    let [first] = all.as_array().unwrap().as_slice() else { panic!("{all:#}") };
    assert_eq!(first["PosixUser"], json!({ "Uid": 1001, "Gid": 1001, "SecondaryGids": [7] }));
    assert_eq!(first["RootDirectory"]["CreationInfo"]["Permissions"], "0750");
    let point = first["AccessPointId"].as_str().unwrap().to_owned();
    assert!(world.document("volumes.yaml").contains(&format!("\"{id}::{point}\"")));
    let listed = world.run("access-points", &[&flag]).exits(0);
    assert_eq!(standing(&listed, &point), json!({ "state": "unseen" }));
    let named = world.run("outputs", &["access_points", &flag]).exits(0).json();
    assert_eq!(
        (&named[0]["name"], &named[0]["access_point_id"]),
        (&json!("datasets"), &json!(point))
    );

    // Its volume is in a cluster that nobody looks at: it is not replaced under it.
    points["datasets"]["root_directory"]["path"] = json!("/others");
    declared(&world, &points);
    let refused = world.run("deploy-efs", &[&flag, "--yes"]).exits(1);
    let remedy = format!("cargo xtask access-points --delete {point}");
    assert!(refused.stderr.contains(&remedy), "{}", refused.stderr);
    points["others"] = json!({ "root_directory": { "path": "/others" } });
    points["datasets"]["root_directory"]["path"] = json!("/datasets");
    declared(&world, &points);
    world.deploy(&[&flag]);
    points["others"]["root_directory"]["path"] = json!("/changed");
    declared(&world, &points);
    let refused = world.run("deploy-efs", &[&flag]).exits(1);
    assert!(refused.stderr.contains("--yes"), "{}", refused.stderr);
    world.deploy(&[&flag, "--yes"]);
    world.nothing_to_do(&[&flag]);
    let status = world.run("status", &[&flag]).exits(0).json()["rows"].to_string();
    assert!(status.contains("/changed") && !status.contains("/others"), "{status}");

    // The deletion of a file system with access points is asked for by its id.
    let kept = world.run("destroy-efs", &[&flag, "--yes"]).exits(1);
    assert!(kept.stderr.contains(&format!("--delete-data {id}")), "{}", kept.stderr);
    declared(&world, &json!({}));
    for _ in 0..2 {
        let ran = world.run("deploy-efs", &[&flag, "--yes"]).exits(0);
        assert!(ran.stderr.contains(&remedy), "{}", ran.stderr);
        assert_eq!(left(&world.aws()), std::slice::from_ref(&point));
    }
    let data = format!("--delete-data={id}");
    world.run("destroy-efs", &[&flag, "--yes", &data]).exits(0);
}

const CLAIM: &str = "/api/v1/namespaces/default/persistentvolumeclaims/datasets";

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_claim_is_bound_to_the_volume_of_its_access_point_and_keeps_it_until_it_goes() {
    let there = Clustered::quick();
    let mut points = datasets();
    let flag = declared(&there.world, &points);
    points["logs"] = json!({ "claim": { "namespace": "nowhere", "size": "1Gi" } });
    declared(&there.world, &points);
    let ran = there.run("deploy-efs", &[&flag]).exits(1);
    assert!(ran.stderr.contains("kubectl create namespace nowhere"), "{}", ran.stderr);

    let mut points = datasets();
    declared(&there.world, &points);
    there.deploy(&[&flag]);
    let volume = || there.cluster().get(&format!("{VOLUMES}/efs-sc.datasets")).unwrap();
    there.await_that("the claim is bound", || {
        there.cluster().get(CLAIM).unwrap()["status"]["phase"] == "Bound"
    });
    let handle = volume()["spec"]["csi"]["volumeHandle"].clone();
    there.nothing_to_do(&[&flag]);
    let status = there.run("status", &[&flag]).json()["rows"].to_string();
    assert!(status.contains("of the claim default/datasets"), "{status}");

    points["datasets"]["root_directory"]["path"] = json!("/others");
    declared(&there.world, &points);
    let ran = there.run("deploy-efs", &[&flag, "--yes"]).exits(1);
    assert!(ran.stderr.contains("is bound to the claim default/datasets"), "{}", ran.stderr);
    assert_eq!(volume()["spec"]["csi"]["volumeHandle"], handle);
    there.cluster().delete(CLAIM).unwrap();
    there.await_that("the volume is let go", || volume()["status"]["phase"] == "Released");
    there.run("deploy-efs", &[&flag, "--yes"]).exits(0);
    there.await_that("the claim is bound again", || {
        there.cluster().get(CLAIM).unwrap()["status"]["phase"] == "Bound"
    });
    assert_ne!(volume()["spec"]["csi"]["volumeHandle"], handle);
    there.nothing_to_do(&[&flag]);
    assert_eq!(left(&there.aws).len(), 1);

    let id = there.aws.file_system()["FileSystemId"].as_str().unwrap().to_owned();
    let data = format!("--delete-data={id}");
    there.run("destroy-efs", &[&flag, "--yes"]).exits(1);
    there.run("destroy-efs", &[&flag, "--yes", &data]).exits(0);
    assert!(there.cluster().get(CLAIM).is_err(), "the claim went with the deployment");
}
