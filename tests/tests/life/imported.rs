//! The deployment with every property at once is taken over by another one, by tags alone.

use serde_json::{Value, json};
use tests::{Call, Ran, World};

/// The inputs of a file system, all but those that exclude one of these.
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

/// The flags, and the file that one of them names.
fn flags(world: &World) -> Vec<String> {
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

/// What a plan changes but for documents, which a deployment of other names writes anew.
fn in_aws(plan: &Value) -> Vec<String> {
    let all = plan["steps"].as_array().unwrap().iter();
    let all = all.filter(|step| !step["address"].as_str().unwrap().contains(".document"));
    all.map(|step| format!("{} {}", step["action"].as_str().unwrap(), step["id"].as_str().unwrap()))
        .collect()
}

fn other(world: &World, command: &str, more: &[&str]) -> Ran {
    let (manifests, config) = (world.path().join("other"), world.path().join("other.hcl"));
    let (manifests, config) = (manifests.to_str().unwrap(), config.to_str().unwrap());
    let args =
        [command, "--sandbox", "--output=json", "--manifests", manifests, "--config", config];
    world.xtask(&[&args[..], more].concat())
}

#[test]
fn a_deployment_with_every_property_is_imported_under_another_name() {
    let mut world = World::new();
    world.set("CLOCKWORK_SANDBOX_THROUGHPUT_CHANGE_MS", 1);
    let flags = flags(&world);
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let made = world.deploy(&flags);
    let id = made["outputs"]["file_system_id"].as_str().unwrap().to_owned();

    let file = world.path().join("other.hcl");
    let names = ["--aws-region=eu-west-1", "--cluster-name=other", "--storage-class-name=taken"];
    let (by_id, out) = (format!("--file-system-id={id}"), format!("--out={}", file.display()));
    let args = ["import", "--sandbox", "--output=json", &by_id, &out];
    let ran = world.xtask(&[&args[..], &names].concat()).exits(0);
    assert!(ran.calls.iter().all(Call::reads), "{:?}", ran.calls);
    let found = ran.json()["file_systems"][0].clone();
    assert_eq!(found["differences"], json!([]), "{found:#}");
    assert_eq!(found["refusals"], json!([]), "{found:#}");
    let tagged: Vec<&str> =
        found["tagged"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!(tagged[0], id, "{found:#}");
    assert!(tagged.len() == 2 && tagged[1].starts_with("fsap-"), "{found:#}");
    assert_eq!(found["tagged"][0]["tags"]["clockwork-codex/cluster"], "other");
    assert!(ran.stderr.contains("is of the deployment `graphscope-dev/efs-sc`"), "{}", ran.stderr);

    // The file says what was found, and nothing else is to be done in AWS.
    let plan = other(&world, "plan-efs", &[]).exits(0).json();
    assert_eq!(in_aws(&plan), ["update file_system", "update access_point.logs"], "{plan:#}");
    let refused = other(&world, "deploy-efs", &[]).exits(1);
    assert!(refused.stderr.contains(&format!("--adopt-existing={id}")), "{}", refused.stderr);
    other(&world, "deploy-efs", &[&format!("--adopt-existing={id}")]).exits(0);
    let again = other(&world, "plan-efs", &[]).exits(0).json();
    assert_eq!(again["changes"], 0, "{again:#}");

    // The first deployment finds that it is another one's now, and changes nothing of it.
    let before = world.run("deploy-efs", &flags).exits(1);
    assert!(before.stderr.contains("but not its tags"), "{}", before.stderr);
    // Data of before goes by no habit.
    let kept = other(&world, "destroy-efs", &["--yes"]).exits(0);
    assert!(kept.stderr.contains("stays with its data"), "{}", kept.stderr);
    assert_eq!(world.aws().file_systems().len(), 1);
}
