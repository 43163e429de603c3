//! The deployment with the add-on, in a directory: EKS makes the driver's objects.

use serde_json::{Value, json};
use tests::{Answer, Aws, World, until};

use crate::declared::properties;
use crate::deployments::MANAGED;
use crate::fixed::{are_refused, are_shown};
use crate::shown::shown;

const CLUSTER: &str = "clusters/graphscope-dev";
const ADDON: &str = "clusters/graphscope-dev/addons/aws-efs-csi-driver";

#[track_caller]
fn took(answer: &Answer) -> Value {
    assert!((200..300).contains(&answer.status), "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap_or_default()
}

/// The status that EKS gives the add-on, once nothing is in progress.
fn settled(aws: &Aws) -> String {
    let status =
        || aws.eks("GET", ADDON, None).json()["addon"]["status"].as_str().unwrap().to_owned();
    until("the add-on is as it will be", || !status().ends_with("ING"));
    status()
}

/// Another version, other values, a role and no tag; and an update that fails as others set fields.
fn change_by_hand(aws: &Aws) {
    let other = json!({
        "addonVersion": "v2.1.4-eksbuild.1",
        "configurationValues": "{\"controller\":{\"logLevel\":5}}",
        "serviceAccountRoleArn": "arn:aws:iam::111122223333:role/other",
    });
    took(&aws.eks("POST", &format!("{ADDON}/update"), Some(&other)));
    assert_eq!(settled(aws), "ACTIVE");
    let cluster = json!({ "name": "graphscope-dev", "selfManaged": ["aws-efs-csi-driver"] });
    let seed = json!({ "Clusters": [cluster] }).to_string();
    assert_eq!(aws.admin("POST", "seed/eu-west-1", &seed).status, 204);
    let again = json!({ "configurationValues": "{\"controller\":{\"logLevel\":2}}" });
    took(&aws.eks("POST", &format!("{ADDON}/update"), Some(&again)));
    assert_eq!(settled(aws), "UPDATE_FAILED");
    let addon = aws.eks("GET", ADDON, None).json()["addon"].clone();
    let arn = addon["addonArn"].as_str().unwrap().replace('/', "%2F").replace(':', "%3A");
    took(&aws.eks("DELETE", &format!("tags/{arn}?tagKeys=team"), None));
    let all = aws.eks("GET", &format!("{CLUSTER}/pod-identity-associations"), None).json();
    let id = all["associations"][0]["associationId"].as_str().unwrap();
    let role = json!({ "roleArn": "arn:aws:iam::111122223333:role/other" });
    took(&aws.eks("POST", &format!("{CLUSTER}/pod-identity-associations/{id}"), Some(&role)));
}

#[test]
fn a_one_zone_deployment_with_an_add_on_is_made_found_drifted_repaired_and_taken_down() {
    let mut world = World::new();
    for time in ["ADDON_CHANGING", "FILE_SYSTEM_CREATING", "MOUNT_TARGET_CREATING"] {
        world.set(&format!("CLOCKWORK_SANDBOX_{time}_MS"), 20);
    }
    {
        let aws = world.aws();
        let trust = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": { "Service": "pods.eks.amazonaws.com" },
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }] });
        let document = trust.to_string();
        aws.iam("CreateRole", &[("RoleName", "other"), ("AssumeRolePolicyDocument", &document)]);
    }
    let config = MANAGED.write(world.path(), &[]);
    let declared = properties();
    let first = world.plan(&[&config]);
    are_shown(&MANAGED, &shown(&first, &declared));
    let made = world.deploy(&[&config]);
    world.nothing_to_do(&[&config]);
    are_refused(&MANAGED, |flag| world.run("plan-efs", &[&config, flag]));
    change_by_hand(&world.aws());
    let plan = world.plan(&[&config]);
    assert_eq!(shown(&plan, &declared), MANAGED.drifts(), "{plan:#}");
    world.deploy(&[&config, "--yes"]);
    world.nothing_to_do(&[&config]);
    // The add-on and the mount target go; the file system is to be retained.
    world.run("destroy-efs", &[&config, "--yes"]).exits(0);
    let aws = world.aws();
    assert_eq!(aws.eks("GET", ADDON, None).status, 404);
    assert_eq!(aws.file_system()["FileSystemId"], made["outputs"]["file_system_id"]);
}
