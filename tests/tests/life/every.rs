//! One deployment that sets every property of a file system at once: made, planned to nothing,
//! changed by hand in every one that can be, repaired, and destroyed.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::{Call, World, page};

/// The inputs of the file system that the deployment sets. `encrypted`, `performance_mode`,
/// `enforce_tls` and `deletion_policy` have the value of their default: another one excludes
/// something else here, and has a test of its own.
const SET: &[(&str, &str)] = &[
    ("ip_address_type", "IPV4_ONLY"),
    ("mount_target_addresses", "subnet-0c0dec0000000010a=10.0.0.77"),
    ("tags", "team=graphs"),
    ("encrypted", "true"),
    ("kms_key_id", "alias/aws/elasticfilesystem"),
    ("availability_zone_name", "eu-west-1a"),
    ("performance_mode", "generalPurpose"),
    ("throughput_mode", "provisioned"),
    ("provisioned_throughput_in_mibps", "64"),
    ("lifecycle_policy", "transition_to_ia=AFTER_30_DAYS"),
    ("backup_policy", "DISABLED"),
    ("replication_overwrite_protection", "DISABLED"),
    ("enforce_tls", "true"),
    ("root_squash", "true"),
    ("allow_anonymous", "false"),
    ("mount_options", "iam"),
    ("policy_statements", "statements.yaml"),
    ("source_policy_documents", AUDIT),
    ("override_policy_documents", AUDIT_OF_ALL),
    ("bypass_policy_lockout_safety_check", "true"),
    ("replication", "region=eu-central-1"),
    ("deletion_policy", "delete"),
    ("access_points", "points.json"),
];

const AUDIT: &str = r#"{"Statement":{"Sid":"Audit","Effect":"Allow","Principal":"*","Action":"elasticfilesystem:DescribeTags"}}"#;
const AUDIT_OF_ALL: &str = r#"{"Statement":{"Sid":"Audit","Effect":"Allow","Principal":"*","Action":"elasticfilesystem:Describe*"}}"#;

/// Those that exclude one that is set, each with the reason.
const EXCLUDED: &[(&str, &str)] = &[
    ("file_system_policy", "the whole policy, in place of the switches"),
    ("file_system_id", "adopts a file system, of which nothing is changed"),
    ("manage_file_system", "makes that one the deployment's own, as `imported.rs` tests"),
];

/// The inputs that are about the file system, as the reference lists them, whose rows are the
/// module's.
fn of_the_file_system() -> BTreeSet<String> {
    let reference = page("docs/reference.md");
    let table = reference.split("## Inputs of `./modules/csi/efs`").nth(1).unwrap();
    let names = table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let names: Vec<&str> = names.take_while(|name| *name != "nfs_clients").collect();
    let of_targets = ["ip_address_type", "mount_target_addresses"];
    let first = names.iter().position(|name| *name == "tags").unwrap();
    let names = names.into_iter().enumerate();
    let names = names.filter(|(at, name)| *at >= first || of_targets.contains(name));
    names.map(|(_, name)| name.to_owned()).collect()
}

/// The flags, and the file that one of them names.
pub(crate) fn flags(world: &World) -> Vec<String> {
    let file = world.path().join("statements.yaml");
    let statement =
        "Own: { Effect: Allow, Principal: { AWS: '*' }, Action: elasticfilesystem:ListTags* }\n";
    std::fs::write(&file, statement).unwrap();
    let points = world.path().join("points.json");
    let point = json!({ "logs": {
        "posix_user": { "uid": 7, "gid": 7, "secondary_gids": [5] },
        "root_directory": { "path": "/logs", "creation_info": {
            "owner_uid": 7, "owner_gid": 7, "permissions": "750",
        } },
        "tags": { "kind": "logs" },
        "volume": { "size": "1Gi", "mount_options": ["iam"] },
    } });
    std::fs::write(&points, point.to_string()).unwrap();
    let flag = |(name, value): &(&str, &str)| {
        let flag = name.replace('_', "-");
        match *name {
            "access_points" => format!("--{flag}={}", points.display()),
            "policy_statements" => format!("--{flag}={}", file.display()),
            _ => format!("--{flag}={value}"),
        }
    };
    SET.iter().map(flag).collect()
}

#[test]
fn no_input_of_the_file_system_is_left_out_of_the_deployment_that_sets_all() {
    let set: BTreeSet<String> =
        SET.iter().chain(EXCLUDED).map(|(name, _)| (*name).to_owned()).collect();
    let missing: Vec<String> = of_the_file_system().difference(&set).cloned().collect();
    assert_eq!(missing, [""; 0], "give each a value in `SET`");
}

/// Changes everything that can be changed, as a person would.
fn change_by_hand(world: &World, id: &str) {
    let aws = world.aws();
    let put = |path: &str, body: &Value| {
        let answer = aws.efs("PUT", &format!("file-systems/{id}{path}"), Some(body));
        assert!([200, 202].contains(&answer.status), "{path}: {}", answer.body);
    };
    put("/lifecycle-configuration", &json!({ "LifecyclePolicies": [] }));
    put("/backup-policy", &json!({ "BackupPolicy": { "Status": "ENABLED" } }));
    put("/protection", &json!({ "ReplicationOverwriteProtection": "ENABLED" }));
    let open = json!({ "Version": "2012-10-17", "Id": "clockwork-codex", "Statement": [
        { "Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "elasticfilesystem:*" },
    ] });
    put("/policy", &json!({ "Policy": open.to_string() }));
    aws.efs("DELETE", &format!("resource-tags/{id}?tagKeys=team"), None);
    let all = aws.efs("GET", "access-points", None).json();
    let point = all["AccessPoints"][0]["AccessPointId"].as_str().unwrap();
    aws.efs("DELETE", &format!("resource-tags/{point}?tagKeys=kind"), None);
    put("", &json!({ "ThroughputMode": "provisioned", "ProvisionedThroughputInMibps": 32.0 }));
}

#[test]
fn a_deployment_with_every_property_is_made_found_drifted_repaired_and_taken_down() {
    let mut world = World::new();
    world.set("CLOCKWORK_SANDBOX_THROUGHPUT_CHANGE_MS", 1);
    // Calls that are sent together are answered together, on a busy machine too.
    world.set("CLOCKWORK_SANDBOX_LATENCY_MS", 600);
    let flags = flags(&world);
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let made = world.deploy(&flags);
    assert_eq!(made["outputs"]["mount_targets"].as_array().unwrap().len(), 1, "it is One Zone");
    assert_eq!(made["outputs"]["zones_without_mount_target"], json!([]));
    world.nothing_to_do(&flags);
    let nothing = world.run("deploy-efs", &flags).exits(0);
    assert!(nothing.calls.len() <= 18, "{:#?}", nothing.calls);
    assert!(Call::rounds(&nothing.calls) <= 3, "{:#?}", nothing.calls);

    let id = made["outputs"]["file_system_id"].as_str().unwrap().to_owned();
    change_by_hand(&world, &id);
    let plan = world.plan(&flags).to_string();
    for name in [
        "provisioned_throughput_in_mibps",
        "lifecycle_policy",
        "backup_policy",
        "replication_overwrite_protection",
        "file_system_policy",
        "tags",
    ] {
        assert!(plan.contains(&format!("\"attribute\":\"{name}")), "{name}: {plan}");
    }
    assert!(plan.contains("\"attribute\":\"tags[\\\"kind\\\"]"), "{plan}");
    assert_eq!(world.deploy(&flags)["changed"], 2);
    world.nothing_to_do(&flags);
    let status = world.run("status", &flags).exits(0).json().to_string();
    assert!(status.contains("in eu-central-1 (EN"), "it is replicated: {status}");
    // Its access points are to go first, or its data by its id.
    let kept = world.run("destroy-efs", &flags).exits(1);
    assert!(kept.stderr.contains(&format!("--delete-data {id}")), "{}", kept.stderr);
    std::fs::write(world.path().join("points.json"), "{}").unwrap();
    world.run("deploy-efs", &[&flags[..], &["--yes"]].concat()).exits(0);
    // Nobody looks at the cluster whose volume may name it: it stays, until its id is given.
    let data = format!("--delete-data={id}");
    let gone = world.run("destroy-efs", &[&flags[..], &["--yes", &data]].concat()).exits(0);
    assert!(gone.stderr.contains("in eu-central-1 stays with its data"), "{}", gone.stderr);
    let all = world.aws().efs("GET", "file-systems", None).json();
    assert_eq!(all["FileSystems"], json!([]));
}
