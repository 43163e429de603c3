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
fn in_a_fleet_the_answer_names_the_file_system() {
    let world = World::new();
    let folder = world.path().join("files");
    std::fs::create_dir_all(&folder).unwrap();
    let example = std::fs::read_to_string(world.path().join("clockwork.hcl")).unwrap();
    for class in ["one", "two"] {
        let skips = format!("{class}\"\n  driver = \"skip");
        let file = example.replace("efs-sc", &skips);
        std::fs::write(folder.join(format!("{class}.hcl")), file).unwrap();
    }
    let fleet = format!("--fleet={}", folder.display());
    let made = world.deploy(&[&fleet]);
    let id = |at: usize| made["deployments"][at]["outputs"]["file_system_id"].as_str().unwrap();
    {
        let aws = world.aws();
        aws.access_point(id(0), "pvc-1");
        aws.access_point(id(1), "pvc-2");
    }
    recreate(&world);
    let all = world.run("deploy-efs", &[&fleet, "--adopt-existing"]).exits(2);
    assert!(all.stderr.contains("with `--fleet` it must name the file systems"), "{}", all.stderr);
    let wrong = world.run("deploy-efs", &[&fleet, "--adopt-existing=one"]).exits(2);
    assert!(wrong.stderr.contains("write the id of the file system"), "{}", wrong.stderr);

    let consent = format!("--adopt-existing={}", id(0));
    let ran = world.run("deploy-efs", &[&fleet, &consent]).exits(1);
    let result = ran.json();
    assert_eq!(result["deployments"][0]["error"], json!(null), "{result:#}");
    let other = result["deployments"][1]["error"].as_str().unwrap();
    assert!(other.contains(&format!("takes over {}", id(1))), "{other}");
    assert!(other.contains(&format!("--adopt-existing={}", id(1))), "{other}");
}

#[test]
fn a_document_stays_on_the_file_system_that_it_names_while_that_holds_anything() {
    let (world, id) = deployed(&[]);
    let other = {
        let aws = world.aws();
        let made = aws.efs("POST", "file-systems", Some(&json!({ "CreationToken": "other" })));
        let other = made.json()["FileSystemId"].as_str().unwrap().to_owned();
        aws.meter(&other, 5 << 30);
        other
    };
    let class = world.document("storageclass.yaml").replace(&id, &other);
    std::fs::write(world.manifests().join("storageclass.yaml"), &class).unwrap();
    let words = ["the class names", &other, "5.0 GiB", "this deployment's file system is", &id];
    refused(world.run("deploy-efs", &["--yes"]), &words);
    assert_eq!(world.document("storageclass.yaml"), class);
    // Adopted, it is the deployment's.
    let adopt = format!("--file-system-id={other}");
    let adopted = world.run("plan-efs", &[&adopt]).exits(0).json();
    assert_eq!(adopted["refusals"], json!([]), "{adopted:#}");
    // Empty, it holds nobody up, and what is gone neither.
    world.aws().meter(&other, 6144);
    assert_eq!(world.plan(&[])["steps"][0]["action"], "replace");
    world.aws().efs("DELETE", &format!("file-systems/{other}"), None);
    assert_eq!(world.deploy(&["--yes"])["changed"], 1);
    assert!(world.document("storageclass.yaml").contains(&id));
}

#[test]
fn an_ordinary_deployment_with_data_is_not_asked() {
    let (world, id) = deployed(&[]);
    world.aws().access_point(&id, "pvc-1");
    world.aws().meter(&id, 5 << 30);
    let again = world.run("deploy-efs", &["--tags=team=graphs"]).exits(0);
    assert_eq!(again.json()["changed"], 1);
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
