//! The driver as an EKS managed add-on, against EKS's own rules: made, found, repaired, deleted,
//! with every trap that EKS has for it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use serde_json::{Value, json};
use tests::{World, says_at_its_limit};

const DRIVER: &str = "clusters/graphscope-dev/addons/aws-efs-csi-driver";
const ADDON: &str = "--driver=addon";

/// A world whose EKS is quick.
fn world() -> World {
    let mut world = World::new();
    for time in ["ADDON_CHANGING", "FILE_SYSTEM_CREATING", "MOUNT_TARGET_CREATING"] {
        world.set(&format!("CLOCKWORK_SANDBOX_{time}_MS"), 20);
    }
    world
}

/// Has EKS show the cluster with these members.
fn seed(world: &World, members: &Value) {
    let mut cluster = json!({ "name": "graphscope-dev" });
    cluster.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    let seed = json!({ "Clusters": [cluster] }).to_string();
    assert_eq!(world.aws().admin("POST", "seed/eu-west-1", &seed).status, 204);
}

fn found(world: &World) -> Value {
    world.aws().eks("GET", DRIVER, None).json()["addon"].clone()
}

/// What of a plan concerns the add-on.
fn planned(plan: &Value) -> Vec<String> {
    let steps = plan["steps"].as_array().unwrap().iter();
    let addon = steps.filter(|step| step["resource"] == "eks_addon");
    addon.map(|step| step["action"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_add_on_is_installed_kept_repaired_and_deleted() {
    let world = world();
    let inputs = [ADDON, "--driver-log-level=3", "--tags=team=graphs"];
    world.deploy(&inputs);
    let made = found(&world);
    assert_eq!(
        (&made["status"], &made["addonVersion"]),
        (&json!("ACTIVE"), &json!("v2.1.7-eksbuild.1"))
    );
    assert_eq!(made["tags"]["team"], "graphs");
    assert_eq!(made["tags"]["clockwork-codex/storage-class"], "efs-sc");
    let values: Value =
        serde_json::from_str(made["configurationValues"].as_str().unwrap()).unwrap();
    assert_eq!(values, json!({ "controller": { "logLevel": 3 }, "node": { "logLevel": 3 } }));
    let documents = std::fs::read_dir(world.manifests()).unwrap();
    let documents: Vec<_> = documents.map(|it| it.unwrap().file_name()).collect();
    assert!(!documents.contains(&"values.yaml".into()), "no chart: {documents:?}");
    world.nothing_to_do(&inputs);

    // Somebody changes version, values and tags.
    {
        let aws = world.aws();
        let other = json!({ "addonVersion": "v2.1.4-eksbuild.1", "configurationValues": "node: {logLevel: 5}" });
        assert_eq!(aws.eks("POST", &format!("{DRIVER}/update"), Some(&other)).status, 200);
    }
    let pinned = [&inputs[..], &["--addon-version=v2.1.7-eksbuild.1"]].concat();
    assert_eq!(planned(&world.plan(&pinned)), ["update"]);
    world.deploy(&pinned);
    world.nothing_to_do(&pinned);
    assert_eq!(found(&world)["addonVersion"], "v2.1.7-eksbuild.1");
    // Without a version, the one that is installed stays.
    world.nothing_to_do(&inputs);

    let status = world.run("status", &inputs).exits(0);
    assert!(status.stdout.contains("v2.1.7-eksbuild.1") || status.stdout.contains("document"));
    let destroyed = world.run("destroy-efs", &[&inputs[..], &["--yes"]].concat()).exits(0);
    assert!(destroyed.stderr.contains("objects stay in the cluster"), "{}", destroyed.stderr);
    assert_eq!(world.aws().eks("GET", DRIVER, None).status, 404);
}

#[test]
fn what_eks_does_not_take_is_refused_before_anything_is_made() {
    let world = world();
    let run = |more: &[&str]| {
        let ran = world.run("deploy-efs", &[&[ADDON][..], more].concat()).exits(1);
        let changed = world.calls().into_iter().find(|call| !call.reads());
        assert_eq!(changed.map(|call| call.operation), None, "{more:?}");
        ran.stderr
    };
    let said = run(&["--driver-host-network=true", "--driver-log-level=9"]);
    assert!(
        said.contains(
            "no configuration value `controller.hostNetwork`, which `driver_host_network`"
        ),
        "{said}"
    );
    assert!(said.contains("`node.logLevel` of the add-on: it takes 5 or less"), "{said}");
    let said = run(&["--addon-version=v9.9.9-eksbuild.1"]);
    assert!(
        said.contains("does not offer the add-on's version v9.9.9-eksbuild.1 for Kubernetes 1.33"),
        "{said}"
    );
    assert!(said.contains("one of v2.1.7-eksbuild.1"), "{said}");
    seed(&world, &json!({ "version": "1.29" }));
    let said = run(&[]);
    assert!(said.contains("EKS offers no version of the add-on for Kubernetes 1.29"), "{said}");
}

#[test]
fn a_driver_that_was_installed_by_other_means_is_a_conflict_until_somebody_says_otherwise() {
    let world = world();
    seed(&world, &json!({ "selfManaged": ["aws-efs-csi-driver"] }));
    let failed = world.run("deploy-efs", &[ADDON]).exits(1);
    assert!(
        failed.stderr.contains("is CREATE_FAILED: ConfigurationConflict: Conflicts found"),
        "{}",
        failed.stderr
    );
    assert!(
        failed.stderr.contains("set `addon_resolve_conflicts` to `OVERWRITE`"),
        "{}",
        failed.stderr
    );
    // The same would fail again, and says so before it is tried.
    let refused = world.run("plan-efs", &[ADDON]).exits(1).json();
    assert!(refused["refusals"].to_string().contains("ConfigurationConflict"), "{refused:#}");
    let overwrite = [ADDON, "--addon-resolve-conflicts=OVERWRITE"];
    assert_eq!(planned(&world.plan(&overwrite)), ["replace"]);
    world.deploy(&[&overwrite[..], &["--yes"]].concat());
    world.nothing_to_do(&overwrite);
    assert_eq!(found(&world)["status"], "ACTIVE");
    let deleted = world.calls().into_iter().filter(|call| call.operation == "DeleteAddon").count();
    assert_eq!(deleted, 1);

    // Fields that somebody changed meet the next update.
    seed(&world, &json!({ "selfManaged": ["aws-efs-csi-driver"] }));
    let failed = world.run("deploy-efs", &[ADDON, "--driver-log-level=2"]).exits(1);
    assert!(failed.stderr.contains("is UPDATE_FAILED: ConfigurationConflict"), "{}", failed.stderr);
    world.deploy(&[&overwrite[..], &["--driver-log-level=2"]].concat());
    world.nothing_to_do(&[ADDON, "--driver-log-level=2"]);
}

#[test]
fn an_add_on_whose_pods_do_not_run_is_told_in_the_words_of_eks() {
    let world = world();
    world.deploy(&[ADDON]);
    seed(&world, &json!({ "withoutReplicas": ["aws-efs-csi-driver"] }));
    let plan = world.plan(&[ADDON]);
    assert_eq!(plan["changes"], 0);
    let warnings = plan["warnings"].to_string();
    assert!(warnings.contains("DEGRADED: InsufficientNumberOfReplicas"), "{warnings}");
    assert!(warnings.contains("kubectl"), "{warnings}");
}

#[test]
fn a_new_add_on_whose_pods_do_not_start_is_waited_for_and_told_in_the_words_of_eks() {
    let world = world();
    seed(&world, &json!({ "withoutReplicas": ["aws-efs-csi-driver"] }));
    let deploy = |limit: &str| world.run("deploy-efs", &[ADDON, limit]);
    let stopped = says_at_its_limit(deploy, "InsufficientNumberOfReplicas");
    for words in ["eks_addon", "DEGRADED", "desired number of replicas", "help: "] {
        assert!(stopped.stderr.contains(words), "`{words}` is missing:\n{}", stopped.stderr);
    }
    assert_eq!(found(&world)["status"], "DEGRADED");
    seed(&world, &json!({ "withoutReplicas": [] }));
    world.deploy(&[ADDON]);
    world.nothing_to_do(&[ADDON]);
    assert_eq!(found(&world)["status"], "ACTIVE");
}

#[test]
fn the_add_on_of_somebody_else_stays_as_it_is() {
    let world = world();
    {
        let aws = world.aws();
        let body = json!({ "addonName": "aws-efs-csi-driver" });
        assert_eq!(aws.eks("POST", "clusters/graphscope-dev/addons", Some(&body)).status, 200);
    }
    let refused = world.run("deploy-efs", &[ADDON]).exits(1);
    assert!(refused.stderr.contains("does not carry this project's tags"), "{}", refused.stderr);
    // The remedy that it names works.
    {
        let arn = found(&world)["addonArn"].as_str().unwrap().to_owned();
        let tags = json!({ "tags": {
            "clockwork-codex/cluster": "graphscope-dev",
            "clockwork-codex/managed-by": "clockwork-codex",
            "clockwork-codex/storage-class": "efs-sc",
        } });
        let path = format!("tags/{}", arn.replace(':', "%3A").replace('/', "%2F"));
        assert_eq!(world.aws().eks("POST", &path, Some(&tags)).status, 200);
    }
    world.deploy(&[ADDON]);
    world.nothing_to_do(&[ADDON]);
}

#[test]
fn a_role_by_irsa_is_the_add_ons_own_and_pod_identity_has_its_association() {
    let world = world();
    let irsa = [ADDON, "--driver-identity=irsa", "--oidc-provider=create"];
    world.deploy(&irsa);
    let role = found(&world)["serviceAccountRoleArn"].as_str().unwrap().to_owned();
    assert!(role.contains(":role/clockwork-efs-csi-graphscope-dev-"), "{role}");
    world.nothing_to_do(&irsa);
    let pods = [ADDON, "--driver-identity=pod-identity"];
    world.deploy(&[&pods[..], &["--yes"]].concat());
    world.nothing_to_do(&pods);
    assert_eq!(found(&world)["serviceAccountRoleArn"], Value::Null, "it would win");
    let path = "clusters/graphscope-dev/pod-identity-associations";
    let all = world.aws().eks("GET", path, None).json();
    assert_eq!(all["associations"].as_array().unwrap().len(), 1, "{all:#}");
    world.run("destroy-efs", &[&pods[..], &["--yes"]].concat()).exits(0);
    let all = world.aws().eks("GET", path, None).json();
    assert_eq!(all["associations"].as_array().unwrap().len(), 0, "{all:#}");
}

#[test]
fn an_update_keeps_the_role_that_somebody_gave_the_add_on() {
    let world = world();
    world.deploy(&[ADDON]);
    let role = {
        let aws = world.aws();
        let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
        aws.iam("CreateRole", &[("RoleName", "theirs"), ("AssumeRolePolicyDocument", trust)]);
        let role = "arn:aws:iam::111122223333:role/theirs";
        let body = json!({ "serviceAccountRoleArn": role });
        assert_eq!(aws.eks("POST", &format!("{DRIVER}/update"), Some(&body)).status, 200);
        role
    };
    let inputs = [ADDON, "--driver-log-level=3"];
    world.deploy(&inputs);
    assert_eq!(found(&world)["serviceAccountRoleArn"], role);
    world.nothing_to_do(&inputs);
}

#[test]
fn a_run_whose_call_was_cut_off_after_eks_obeyed_is_finished_by_the_next() {
    for operation in ["CreateAddon", "UpdateAddon", "DeleteAddon"] {
        let mut world = world();
        let other = [ADDON, "--driver-log-level=2"];
        if operation != "CreateAddon" {
            world.deploy(&[ADDON]);
        }
        world.set("CLOCKWORK_SANDBOX_FAULTS", format!("{operation}:*:cut-after"));
        let (command, inputs) = match operation {
            "DeleteAddon" => ("destroy-efs", &[ADDON, "--yes"]),
            _ => ("deploy-efs", &other),
        };
        world.run(command, inputs);
        // One that never comes: the faults are over.
        world.set("CLOCKWORK_SANDBOX_FAULTS", "CreateAddon:#1000:error");
        world.run(command, inputs).exits(0);
        if operation == "DeleteAddon" {
            assert_eq!(world.aws().eks("GET", DRIVER, None).status, 404);
        } else {
            world.nothing_to_do(&other);
        }
    }
}
