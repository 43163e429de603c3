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
