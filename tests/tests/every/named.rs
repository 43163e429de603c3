//! The deployments on a file system that is there.

use serde_json::{Value, json};
use tests::World;

use crate::deployments::{ADOPTED, Deployment, FILE_SYSTEM, TAKEN_OVER};

/// Deploys on a file system that somebody made, finds nothing, and takes it down; what is left.
fn life(deployment: &Deployment) -> (World, String, Value) {
    let world = World::new();
    let id = {
        let aws = world.aws();
        let trust = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" },
            "Action": "sts:AssumeRole",
        }] });
        let role = trust.to_string();
        aws.iam("CreateRole", &[("RoleName", "efs"), ("AssumeRolePolicyDocument", &role)]);
        let asked = json!({ "CreationToken": "theirs", "Encrypted": true, "AvailabilityZoneName": "eu-west-1a" });
        let made = aws.efs("POST", "file-systems", Some(&asked)).json();
        tests::until("it is available", || aws.file_system()["LifeCycleState"] == "available");
        made["FileSystemId"].as_str().unwrap().to_owned()
    };
    let config = deployment.write(world.path(), &[(FILE_SYSTEM, &id)]);
    let adopt = format!("--adopt-existing={id}");
    world.deploy(&[&config, &adopt]);
    world.nothing_to_do(&[&config]);
    let class = world.document("storageclass.yaml");
    assert!(class.contains("\"kube-system/efs/id\"") && !class.contains(&id), "{class}");
    let found = world.aws().file_system();
    (world, config, found)
}

fn is_ours(found: &Value) -> bool {
    found["Tags"].to_string().contains("clockwork-codex/managed-by")
}

#[test]
fn a_file_system_that_somebody_made_becomes_the_deployments_own() {
    let (world, config, found) = life(&TAKEN_OVER);
    assert!(is_ours(&found), "{found:#}");
    // It is as empty as it was made.
    world.run("destroy-efs", &[&config, "--yes"]).exits(0);
    assert_eq!(world.aws().file_systems(), [] as [Value; 0]);
}

#[test]
fn a_file_system_that_is_adopted_stays_somebody_elses() {
    let (world, config, found) = life(&ADOPTED);
    assert!(!is_ours(&found), "{found:#}");
    world.run("destroy-efs", &[&config, "--yes"]).exits(0);
    assert_eq!(world.aws().file_systems().len(), 1);
}
