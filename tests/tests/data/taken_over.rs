//! A recreated cluster of the same name: its deployment finds the file system of the one
//! before.

use serde_json::json;
use tests::World;

use crate::{deployed, refused};

/// The cluster is gone, and with it whatever named the file system.
fn recreate(world: &World) {
    std::fs::remove_dir_all(world.manifests()).unwrap();
}

#[test]
fn data_of_an_earlier_deployment_is_taken_over_only_with_consent() {
    let (world, id) = deployed(&[]);
    {
        let aws = world.aws();
        aws.access_point(&id, "pvc-1");
        aws.access_point(&id, "pvc-2");
        aws.meter(&id, 5 << 30);
    }
    recreate(&world);
    let plan = world.plan(&[]);
    let question = &plan["questions"][0];
    assert_eq!(question["address"], "module.efs_csi.file_system");
    let asks = question["asks"].as_str().unwrap();
    for part in [&id, "exists since 20", "5.0 GiB as metered at 20", "2 access points"] {
        assert!(asks.contains(part), "no {part:?} in {asks}");
    }
    // `--yes` is consent to deletions, and this deletes nothing.
    refused(world.run("deploy-efs", &["--yes"]), &["takes over", &id, "--adopt-existing"]);
    assert!(!world.manifests().exists());

    let ran = world.run("deploy-efs", &["--adopt-existing"]).exits(0);
    assert_eq!(ran.json()["outputs"]["file_system_id"], json!(id));
    assert!(ran.stderr.contains("the deployment takes over"), "{}", ran.stderr);
    // From now on it is an ordinary deployment.
    world.nothing_to_do(&[]);
    assert_eq!(world.deploy(&[])["changed"], 0);
}

#[test]
fn an_ordinary_deployment_with_data_is_not_asked() {
    let (world, id) = deployed(&[]);
    world.aws().access_point(&id, "pvc-1");
    world.aws().meter(&id, 5 << 30);
    let again = world.run("deploy-efs", &["--tags=team=graphs"]).exits(0);
    assert_eq!(again.json()["changed"], 2);
    // Looking for access points takes a permission and a call, which no ordinary run needs.
    let asked = again.calls.iter().any(|call| call.operation == "DescribeAccessPoints");
    assert!(!asked, "{:#?}", again.calls);
}

#[test]
fn an_empty_file_system_that_a_killed_run_left_is_finished_without_a_question() {
    let (world, id) = deployed(&[]);
    recreate(&world);
    assert_eq!(world.plan(&[])["questions"], json!(null));
    assert_eq!(world.deploy(&[])["outputs"]["file_system_id"], json!(id));
    // The first metering finds what an empty file system takes.
    world.aws().meter(&id, 6144);
    recreate(&world);
    world.deploy(&[]);
}
