//! What keeps EFS from deleting a file system, in a real cluster: told before anything is taken
//! away, and named where it comes in the middle.
//!
//! These tests need the programs of `cargo xtask tools install`.

use serde_json::json;
use tests::{Clustered, until};

use crate::cluster::file_system;
use crate::refused;

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_replication_and_a_policy_are_told_while_class_driver_and_mount_targets_stand() {
    let there = Clustered::quick();
    there.deploy(&[]);
    let id = file_system(&there);
    let (targets, class, revisions) = (there.aws.mount_targets(), there.class(), there.revisions());
    let all = ["--yes", "--delete-data", &id];
    let path = |of: &str| format!("file-systems/{id}/{of}");
    let stands = || {
        assert_eq!(there.aws.mount_targets(), targets);
        assert_eq!((there.class(), there.revisions()), (class.clone(), revisions.clone()));
    };

    let copy = there.aws.replicate(&id);
    let words = ["replication from", &copy, "eu-central-1", "delete-replication-configuration"];
    let ran = refused(there.run("destroy-efs", &all), &words);
    let user = ran.json()["users"][0].clone();
    assert_eq!(user["kind"], "replication", "{user:#}");
    stands();
    let ended = there.aws.efs("DELETE", &path("replication-configuration"), None);
    assert!(ended.status < 300, "{}", ended.body);
    until("the replication is gone", || {
        let all = format!("file-systems/replication-configurations?FileSystemId={id}");
        there.aws.efs("GET", &all, None).status == 404
    });

    let deny = |action: &str| {
        let statement = json!({
            "Effect": "Deny", "Principal": { "AWS": "*" },
            "Action": format!("elasticfilesystem:{action}"),
        });
        let policy = json!({ "Version": "2012-10-17", "Statement": [statement] });
        let body = json!({ "Policy": policy.to_string() });
        assert_eq!(there.aws.efs("PUT", &path("policy"), Some(&body)).status, 200);
    };
    // What would fail at the first step, and what only at the last.
    for action in ["DeleteMountTarget", "DeleteFileSystem"] {
        deny(action);
        let words = ["denies `elasticfilesystem:Delete", "delete-file-system-policy"];
        refused(there.run("destroy-efs", &all), &words);
        stands();
    }
    assert_eq!(there.aws.efs("DELETE", &path("policy"), None).status, 200);
    there.run("destroy-efs", &["--yes"]).exits(0);
    assert!(there.aws.file_systems().is_empty());
    assert_eq!((there.class(), there.revisions()), (None, Vec::new()));
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_replication_that_begins_while_the_mount_targets_go_is_named_at_the_end_of_the_wait() {
    let there = Clustered::quick();
    there.deploy(&[]);
    let id = file_system(&there);
    there.aws.admin("POST", "faults", "DeleteMountTarget:*:hold-before");
    let (ran, copy) = std::thread::scope(|scope| {
        let destroy = scope.spawn(|| there.run("destroy-efs", &["--yes"]));
        until("its deletions are held", || there.aws.held() == 3);
        let copy = there.aws.replicate(&id);
        there.aws.admin("DELETE", "faults", "");
        there.aws.admin("POST", "release", "");
        (destroy.join().unwrap().exits(1), copy)
    });
    let who = format!("{id} is still in use by the replication from {id} in eu-west-1 to {copy}");
    for word in [&who[..], "end that, and run the same command again", "FileSystemInUse"] {
        assert!(ran.stderr.contains(word), "no {word:?} in:\n{}", ran.stderr);
    }
    // What was done stays done, and the same command goes on from there.
    let words = ["replication from", &copy];
    refused(there.run("destroy-efs", &["--yes"]), &words);
    let path = format!("file-systems/{id}/replication-configuration");
    assert!(there.aws.efs("DELETE", &path, None).status < 300);
    until("the replication is gone", || {
        let all = format!("file-systems/replication-configurations?FileSystemId={id}");
        there.aws.efs("GET", &all, None).status == 404
    });
    there.run("destroy-efs", &["--yes"]).exits(0);
    assert!(there.aws.file_systems().is_empty());
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn who_comes_while_the_driver_is_uninstalled_is_seen_before_a_mount_target_goes() {
    let there = Clustered::quick();
    there.deploy(&[]);
    let id = file_system(&there);
    // The first look is for the plan, the second when the class is gone, the third now.
    there.aws.admin("POST", "faults", "DescribeAccessPoints:#3:hold-before");
    let (ran, point) = std::thread::scope(|scope| {
        let destroy = scope.spawn(|| there.run("destroy-efs", &["--yes"]));
        until("it looks once more", || there.aws.held() == 1);
        assert_eq!(there.revisions(), Vec::new(), "the driver is gone");
        let point = there.aws.access_point(&id, "pvc-of-another-cluster");
        there.aws.admin("DELETE", "faults", "");
        there.aws.admin("POST", "release", "");
        (destroy.join().unwrap().exits(1), point)
    });
    for word in [&format!("{id} holds data")[..], &point, "--delete-data"] {
        assert!(ran.stderr.contains(word), "no {word:?} in:\n{}", ran.stderr);
    }
    assert_eq!(there.aws.mount_targets().len(), 3);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_pod_that_mounts_it_over_nfs_without_a_volume_holds_it_up() {
    let there = Clustered::quick();
    there.deploy(&[]);
    let id = file_system(&there);
    let address = there.aws.mount_targets()[1]["IpAddress"].clone();
    let name = format!("{id}.efs.eu-west-1.amazonaws.com");
    let pods = "/api/v1/namespaces/default/pods";
    for (pod, server) in [("by-name", json!(name)), ("by-address", address)] {
        let object = json!({
            "metadata": { "name": pod },
            "spec": {
                "automountServiceAccountToken": false,
                "containers": [{ "name": "a", "image": "a" }],
                "volumes": [{ "name": "data", "nfs": { "server": server, "path": "/" } }],
            },
        });
        there.cluster().create(pods, &object).unwrap();
        let user = format!("volume data of the pod default/{pod}");
        let all = ["--yes", "--delete-data", &id];
        refused(there.run("destroy-efs", &all), &["is in use", &user]);
        there.cluster().delete(&format!("{pods}/{pod}")).unwrap();
        until("the pod is gone", || {
            there.cluster().find(&format!("{pods}/{pod}")).unwrap().is_none()
        });
    }
    there.run("destroy-efs", &["--yes"]).exits(0);
    assert!(there.aws.file_systems().is_empty());
}
