//! Nobody's data is lost: what a destroy sees, what it takes to delete data, and what happens
//! to data that an earlier deployment left.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod cluster;
mod hindered;
mod references;
mod retained;
mod taken_over;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::{Ran, Storage, World};

/// A deployment of the example, and the id of its file system.
pub(crate) fn deployed(more: &[&str]) -> (World, String) {
    let world = World::new();
    let made = world.deploy(more);
    let id = made["outputs"]["file_system_id"].as_str().unwrap().to_owned();
    (world, id)
}

/// Asserts that a run was refused with these words, before it changed anything in AWS.
#[track_caller]
pub(crate) fn refused(ran: Ran, words: &[&str]) -> Ran {
    let ran = ran.exits(1);
    for word in words {
        assert!(ran.stderr.contains(word), "no {word:?} in:\n{}", ran.stderr);
    }
    let changed = ran.calls.iter().find(|call| !call.reads());
    assert!(changed.is_none(), "AWS was changed: {changed:?}");
    ran
}

fn users(plan: &Value) -> Vec<(&str, &str)> {
    let users = plan["users"].as_array().unwrap().iter();
    users.map(|user| (user["kind"].as_str().unwrap(), user["name"].as_str().unwrap())).collect()
}

#[test]
fn a_destroy_names_all_access_points_of_all_pages_and_yes_alone_deletes_none() {
    let (world, id) = deployed(&[]);
    // EFS lists 100 on a page.
    let points: Vec<String> = {
        let aws = world.aws();
        (0..130).map(|number| aws.access_point(&id, &format!("pvc-{number}"))).collect()
    };
    let flag = format!("--delete-data {id}");
    let ran = refused(world.run("destroy-efs", &["--yes"]), &["holds data", &flag, "retain"]);
    // People are told how many more there are than they would read, and programs of each.
    let plan = ran.json();
    let names: Vec<&str> = users(&plan).into_iter().map(|(_, name)| name).collect();
    assert_eq!(names.len(), 130);
    for point in &points {
        assert!(names.iter().any(|name| name.contains(point)), "{point} is not named");
    }
    assert!(ran.stderr.contains("and 30 more"), "{}", ran.stderr);
    assert_eq!(plan["users"][0]["owner"], "the driver of some cluster");
    assert_eq!(plan["refusals"].as_array().map(Vec::len), Some(1));

    world.run("destroy-efs", &["--yes", "--delete-data", &id]).exits(0);
    let left = world.aws().efs("GET", "file-systems", None).json();
    assert_eq!(left["FileSystems"], json!([]));
    // Whoever repeats the command finds nothing to do.
    let again = world.run("destroy-efs", &["--yes", "--delete-data", &id]).exits(0);
    assert_eq!(again.json()["changed"], 0);
}

#[test]
fn more_than_an_empty_file_system_meters_is_data() {
    let (world, id) = deployed(&[]);
    world.aws().meter(&id, 6145);
    let ran =
        refused(world.run("destroy-efs", &["--yes"]), &["holds data: files in fs-", "6.0 KiB"]);
    assert_eq!(users(&ran.json())[0].0, "files");
    world.aws().meter(&id, 6144);
    world.run("destroy-efs", &["--yes"]).exits(0);

    // What EFS itself meters first in a file system that nobody wrote to.
    let mut world = World::new();
    world.set("CLOCKWORK_SANDBOX_METERING_MS", 0);
    world.deploy(&[]);
    let ran = world.run("destroy-efs", &["--yes"]).exits(0);
    assert!(ran.stderr.contains("\"6.0 KiB as metered at 20"), "{}", ran.stderr);
}

#[test]
fn an_id_of_another_file_system_is_refused_with_the_right_one() {
    let (world, id) = deployed(&[]);
    let wrong = ["--yes", "--delete-data", "fs-0123456789abcdef0"];
    let words = ["fs-0123456789abcdef0 is not a file system of this deployment", &id];
    refused(world.run("destroy-efs", &wrong), &words);
    let ran = world.run("destroy-efs", &["--yes", "--delete-data"]).exits(2);
    assert!(ran.stderr.contains("--delete-data <fs-…>"), "{}", ran.stderr);
    let ran = world.run("destroy-efs", &["--yes", "--delete-data", "efs-sc"]).exits(2);
    assert!(ran.stderr.contains("write the id of the file system"), "{}", ran.stderr);
    // In a fleet nobody would see whose file system it is.
    let ran = world.run("destroy-efs", &["--fleet=files", "--delete-data", &id]).exits(2);
    assert!(ran.stderr.contains("cannot be used with"), "{}", ran.stderr);
    // The claims of a workload are another matter, and so is the flag of that name.
    let workload = ["--workload-kind=engine", "--yes", "--delete-data", &id];
    world.run("destroy-graphscope", &workload).exits(2);
}

#[test]
fn a_replication_or_a_policy_that_efs_obeys_is_told_before_a_mount_target_goes() {
    let (world, id) = deployed(&[]);
    let copy = world.aws().replicate(&id);
    let all = ["--yes", "--delete-data", &id];
    let words = ["replication from", &copy, "eu-central-1", "delete-replication-configuration"];
    refused(world.run("destroy-efs", &all), &words);
    assert_eq!(world.aws().mount_targets().len(), 3);

    let (world, id) = deployed(&[]);
    let deny = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Deny", "Principal": { "AWS": "*" },
            "Action": "elasticfilesystem:DeleteFileSystem",
        }],
    });
    let body = json!({ "Policy": deny.to_string() });
    let path = format!("file-systems/{id}/policy");
    assert_eq!(world.aws().efs("PUT", &path, Some(&body)).status, 200);
    let words = ["denies `elasticfilesystem:DeleteFileSystem`", "delete-file-system-policy"];
    refused(world.run("destroy-efs", &["--yes"]), &words);
    assert_eq!(world.aws().mount_targets().len(), 3);
    assert_eq!(world.aws().efs("DELETE", &path, None).status, 200);
    world.run("destroy-efs", &["--yes"]).exits(0);
}

#[test]
fn a_file_system_that_stays_in_use_ends_the_wait_with_what_uses_it() {
    let storage = Storage::new();
    let trial = storage.trial("in-use", &[]);
    trial.run(&storage.deploy).exits(0);
    let id = trial.aws.file_system()["FileSystemId"].as_str().unwrap().to_owned();
    trial.aws.admin("POST", "faults", "DeleteMountTarget:*:hold-before");
    let destroy = trial.here(&storage.destroy).start();
    let limit = Instant::now() + Duration::from_mins(3);
    while trial.aws.held() < 3 {
        assert!(Instant::now() < limit, "the mount targets are not deleted");
        std::thread::sleep(Duration::from_millis(10));
    }
    // Somebody replicates it while its mount targets go.
    let copy = trial.aws.replicate(&id);
    trial.aws.admin("DELETE", "faults", "");
    trial.aws.admin("POST", "release", "");
    let output = destroy.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("{id} is still in use by the replication")), "{said}");
    assert!(said.contains(&copy), "{said}");
}

#[test]
fn who_comes_between_the_plan_and_the_first_deletion_is_seen() {
    let storage = Storage::new();
    let trial = storage.trial("meanwhile", &[]);
    trial.run(&storage.deploy).exits(0);
    let id = trial.aws.file_system()["FileSystemId"].as_str().unwrap().to_owned();
    // The first look is for the plan, the second before the first mount target goes.
    trial.aws.admin("POST", "faults", "DescribeAccessPoints:#2:hold-before");
    let destroy = trial.here(&storage.destroy).start();
    let limit = Instant::now() + Duration::from_mins(3);
    while trial.aws.held() < 1 {
        assert!(Instant::now() < limit, "it does not look again");
        std::thread::sleep(Duration::from_millis(10));
    }
    let point = trial.aws.access_point(&id, "pvc-1");
    trial.aws.admin("DELETE", "faults", "");
    trial.aws.admin("POST", "release", "");
    let output = destroy.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    for word in [&format!("{id} holds data"), &point, "--delete-data"] {
        assert!(said.contains(word), "no {word:?} in:\n{said}");
    }
    assert_eq!(trial.aws.mount_targets().len(), 3);
}

#[test]
fn with_retain_everything_else_goes_and_the_file_system_stays_whatever_is_asked() {
    let (world, id) = deployed(&["--deletion-policy=retain", "--nfs-client-cidr=10.0.0.0/16"]);
    let point = world.aws().access_point(&id, "pvc-1");
    let retain = ["--deletion-policy=retain", "--nfs-client-cidr=10.0.0.0/16"];
    let all = [&retain[..], &["--yes", "--delete-data", &id]].concat();
    let ran = world.run("destroy-efs", &all).exits(0);
    for word in
        ["stays with its data and 3 mount targets", "--adopt-existing", "ingress rule", &point]
    {
        assert!(ran.stderr.contains(word), "no {word:?} in:\n{}", ran.stderr);
    }
    // Pods may still mount it, and would lose the driver if somebody applied its removal.
    let stays = format!(
        "the driver stays among the documents, as these may need it: the access point {point}"
    );
    assert!(ran.stderr.contains(&stays), "{}", ran.stderr);
    assert!(!world.manifests().join("storageclass.yaml").exists());
    assert!(!world.document("kustomization.yaml").contains("storageclass.yaml"));
    assert_eq!(world.aws().mount_targets().len(), 3);
    assert_eq!(world.run("destroy-efs", &all).exits(0).json()["changed"], 0);

    let back = world.deploy(&[&retain[..], &["--adopt-existing"]].concat());
    assert_eq!(back["outputs"]["file_system_id"], json!(id));
    world.nothing_to_do(&retain);

    let ran = world.run("plan-efs", &["--deletion-policy=keep"]).exits(2);
    assert!(ran.stderr.contains("`delete`, `retain`"), "{}", ran.stderr);
}

#[test]
fn documents_of_others_in_the_directory_that_need_the_driver_keep_it() {
    let (world, _) = deployed(&[]);
    let others = world.manifests().join("others");
    std::fs::create_dir_all(&others).unwrap();
    let class = "kind: StorageClass\nprovisioner: efs.csi.aws.com\n";
    std::fs::write(others.join("class.yml"), class).unwrap();
    std::fs::write(others.join("more.yaml"), "kind: ConfigMap\n").unwrap();
    let ran = world.run("destroy-efs", &["--yes"]).exits(0);
    assert!(ran.stderr.contains("as these may need it: `others/class.yml`;"), "{}", ran.stderr);
    assert!(world.manifests().join("values.yaml").exists());
    std::fs::remove_dir_all(&others).unwrap();
    assert_eq!(world.run("destroy-efs", &["--yes"]).exits(0).json()["changed"], 2);
    assert!(!world.manifests().exists());
}
