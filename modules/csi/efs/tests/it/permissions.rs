//! The policy that a deployment is given for its file system.

use efs::permissions::{cluster_roles, operator, to_leave_a_release};
use kubernetes::release::Storage;
use serde_json::{Value, json};

use crate::world::inputs;

/// The statements of the rendered policy that allow an action.
fn allowing(more: &Value, action: &str) -> Vec<Value> {
    let policy = operator(&inputs(more));
    let statements = policy["Statement"].as_array().unwrap().iter();
    let allows = |one: &&Value| one["Action"].as_array().unwrap().contains(&json!(action));
    statements.filter(allows).cloned().collect()
}

const CREATE: &str = "elasticfilesystem:CreateFileSystem";

#[test]
fn a_replication_is_allowed_without_the_tags_that_efs_does_not_look_at() {
    let replicated = json!({ "replication": { "region": "eu-central-1" } });
    for action in ["CreateReplicationConfiguration", "DeleteReplicationConfiguration"] {
        let action = format!("elasticfilesystem:{action}");
        assert_eq!(allowing(&json!({}), &action), Vec::<Value>::new());
        let [statement] = &*allowing(&replicated, &action) else { panic!("{action}") };
        assert_eq!(statement.get("Condition"), None, "{action}");
    }
    let untagged =
        |more: &Value| allowing(more, CREATE).iter().any(|one| one.get("Condition").is_none());
    assert!(untagged(&replicated), "the copy has none of our tags");
    assert!(!untagged(&json!({})));
    let existing = json!({
        "replication": { "region": "eu-central-1", "file_system_id": "fs-0000000b" },
    });
    assert!(!untagged(&existing), "nothing is made");
}

#[test]
fn the_key_of_a_copy_is_used_in_the_region_of_the_copy() {
    let keyed =
        json!({ "replication": { "region": "eu-central-1", "kms_key_id": "alias/copies" } });
    let [statement] = &*allowing(&keyed, "kms:CreateGrant") else { panic!() };
    assert_eq!(
        statement["Condition"]["StringEquals"]["kms:ViaService"],
        "elasticfilesystem.eu-central-1.amazonaws.com"
    );
    let resource = statement["Resource"].as_str().unwrap();
    assert!(resource.starts_with("arn:aws:kms:eu-central-1:"), "{resource}");
}

#[test]
fn a_role_of_a_replication_may_be_passed_to_efs_only() {
    let role = "arn:aws:iam::111122223333:role/replicates";
    let there = "arn:aws:elasticfilesystem:eu-central-1:444455556666:file-system/fs-0000000b";
    let replication =
        json!({ "region": "eu-central-1", "file_system_id": there, "role_arn": role });
    let passing = allowing(&json!({ "replication": replication }), "iam:PassRole");
    let passing = passing.iter().find(|one| one["Resource"] == role).unwrap();
    assert_eq!(
        passing["Condition"]["StringEquals"]["iam:PassedToService"],
        "elasticfilesystem.amazonaws.com"
    );
}

#[test]
fn the_role_of_aws_backup_may_be_made_unless_nothing_is_backed_up() {
    let of_backup = |more: &Value| {
        let all = allowing(more, "iam:CreateServiceLinkedRole");
        let condition =
            |one: &Value| one["Condition"]["StringEquals"]["iam:AWSServiceName"].clone();
        all.iter().any(|one| condition(one) == "backup.amazonaws.com")
    };
    assert!(of_backup(&json!({})));
    assert!(!of_backup(&json!({ "backup_policy": "DISABLED" })));
    assert!(!of_backup(&json!({ "file_system_id": "fs-0000000b" })));
}

/// Whether the role for the driver's namespace, as `render --rbac` prints it for these inputs,
/// allows something.
fn role_allows(more: &[Value], (verb, group, resource): (&str, &str, &str)) -> bool {
    let all: Vec<efs::Inputs> = more.iter().map(inputs).collect();
    let documents = cluster_roles(&all);
    let of_driver = |role: &&Value| role["metadata"]["namespace"] == "kube-system";
    let rules = documents.iter().find(of_driver).unwrap()["rules"].as_array().unwrap();
    let has = |rule: &Value, list: &str, it: &str| {
        rule[list].as_array().unwrap().iter().any(|value| value == it)
    };
    let mut rules = rules.iter();
    rules.any(|it| {
        has(it, "apiGroups", group) && has(it, "resources", resource) && has(it, "verbs", verb)
    })
}

#[test]
fn who_may_install_the_add_on_may_leave_a_release_to_it_wherever_helm_keeps_its_records() {
    let addon = json!({ "driver": "addon" });
    for (records, resource) in [
        (None, "secrets"),
        (Some(Storage::Secret), "secrets"),
        (Some(Storage::ConfigMap), "configmaps"),
    ] {
        let asked = to_leave_a_release(records);
        assert_eq!(
            asked,
            [
                ("patch", "apps", "deployments"),
                ("patch", "apps", "daemonsets"),
                ("delete", "", resource)
            ]
        );
        for asked in asked {
            assert!(role_allows(std::slice::from_ref(&addon), asked), "{asked:?}");
            assert!(role_allows(&[addon.clone(), json!({})], asked), "{asked:?} beside a chart");
            assert!(!role_allows(&[json!({ "driver": "skip" })], asked), "{asked:?}");
        }
    }
}

#[test]
fn what_classes_refer_to_may_be_read_by_name_and_nothing_beside_it() {
    let more = json!({
        "helm_chart_version": "4.4.1",
        "provisioner_secret": "kube-system/x-account",
        "storage_classes": { "b": { "file_system_id_config_ref": "graphs/efs/id" } },
    });
    let all = [inputs(&more)];
    let documents = cluster_roles(&all);
    let roles =
        documents.iter().filter(|it| it["metadata"]["name"] == "clockwork-codex-references");
    let roles: Vec<(&Value, &Value)> =
        roles.map(|role| (&role["metadata"]["namespace"], &role["rules"])).collect();
    let rule = |kind: &str, name: &str| json!([{ "apiGroups": [""], "resources": [kind], "verbs": ["get"], "resourceNames": [name] }]);
    let (config, secret) = (rule("configmaps", "efs"), rule("secrets", "x-account"));
    assert_eq!(roles, [(&json!("graphs"), &config), (&json!("kube-system"), &secret)]);
    let plain = [inputs(&json!({}))];
    assert!(!json!(cluster_roles(&plain)).to_string().contains("references"));
}
