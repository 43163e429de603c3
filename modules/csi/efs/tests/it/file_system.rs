//! What a plan says of the properties of a file system.

use efs::resources::file_system::Policy;
use efs::resources::file_system::{self, Group};
use efs::{Actual, Call, Node, Plan};
use plan::Styled;
use serde_json::{Value, json};

use crate::world::{account, account_and_cluster, apply, deployed, desired, planned, three};

fn text(plan: &Plan) -> String {
    Styled { plan, colour: false }.to_string()
}

/// The plan after the inputs changed from `before` to `after`.
fn changed(before: &Value, after: &Value) -> Plan {
    planned(&desired(after), &deployed(before, three()))
}

#[test]
fn a_lifecycle_policy_is_set_after_creation_and_changed_in_place() {
    let policy = json!({ "lifecycle_policy": { "transition_to_ia": "AFTER_30_DAYS" } });
    let made = planned(&desired(&policy), &account(three()));
    assert!(text(&made).contains("lifecycle_policy[\"transition_to_ia\"]"), "{}", text(&made));
    let create = made.changes.iter().find(|change| change.address.kind == file_system::KIND);
    let calls = &create.unwrap().calls;
    assert!(
        matches!(
            calls.as_slice(),
            [
                Call::FileSystem(file_system::Call::Create { .. }),
                Call::FileSystem(file_system::Call::Put { group: Group::Lifecycle, .. }),
                Call::FileSystem(file_system::Call::Put { group: Group::Policy, .. })
            ]
        ),
        "{calls:#?}"
    );
    let archives = json!({ "lifecycle_policy": {
        "transition_to_archive": "AFTER_90_DAYS",
        "transition_to_primary_storage_class": "AFTER_1_ACCESS",
    } });
    insta::assert_snapshot!(text(&changed(&policy, &archives)));
}

#[test]
fn a_lifecycle_policy_that_is_left_out_is_left_alone_and_an_empty_one_turns_all_off() {
    let policy = json!({ "lifecycle_policy": { "transition_to_ia": "AFTER_30_DAYS" } });
    assert!(changed(&policy, &json!({})).is_empty());
    let off = text(&changed(&policy, &json!({ "lifecycle_policy": {} })));
    assert!(off.contains(r#""AFTER_30_DAYS" -> "off""#), "{off}");
}

#[test]
fn elastic_throughput_begins_before_archiving_and_ends_after_it() {
    let bursting = json!({ "throughput_mode": "bursting", "lifecycle_policy": {} });
    let archives = json!({ "lifecycle_policy": { "transition_to_archive": "AFTER_90_DAYS" } });
    let groups = |before: &Value, after: &Value| {
        let plan = changed(before, after);
        let calls = plan.changes.iter().flat_map(|change| &change.calls);
        let group = |call: &Call| match call {
            Call::FileSystem(file_system::Call::Put { group, .. }) => Some(*group),
            _ => None,
        };
        calls.filter_map(group).collect::<Vec<_>>()
    };
    assert_eq!(groups(&bursting, &archives), [Group::Throughput, Group::Lifecycle]);
    assert_eq!(groups(&archives, &bursting), [Group::Lifecycle, Group::Throughput]);
}

#[test]
fn throughput_that_a_policy_of_others_excludes_is_refused_in_the_plan() {
    let archives = json!({ "lifecycle_policy": { "transition_to_archive": "AFTER_90_DAYS" } });
    let plan = changed(&archives, &json!({ "throughput_mode": "bursting" }));
    let [refusal] = plan.refusals.as_slice() else { panic!("{}", text(&plan)) };
    assert!(refusal.reason.contains("move to Archive"), "{}", refusal.reason);
}

/// The groups that the only change of a plan sets.
#[test]
fn files_in_archive_keep_a_file_system_elastic() {
    let none = json!({ "throughput_mode": "bursting", "lifecycle_policy": {} });
    let mut actual = deployed(&json!({ "lifecycle_policy": {} }), three());
    assert_eq!(planned(&desired(&none), &actual).refusals, []);
    actual.file_system.as_mut().unwrap().metered_in.archive = Some(4096);
    let refusals = planned(&desired(&none), &actual).refusals;
    assert!(refusals[0].reason.contains("4096 bytes in Archive"), "{refusals:?}");
}

fn groups(plan: &Plan) -> Vec<Group> {
    let calls = plan.changes.iter().flat_map(|change| &change.calls);
    let group = |call: &Call| match call {
        Call::FileSystem(file_system::Call::Put { group, .. }) => Some(*group),
        _ => None,
    };
    calls.filter_map(group).collect()
}

#[test]
fn backups_are_on_unless_somebody_says_otherwise_and_change_in_place() {
    let made = text(&planned(&desired(&json!({})), &account(three())));
    assert!(made.contains("backup_policy") && made.contains(r#""ENABLED""#), "{made}");
    let off = json!({ "backup_policy": false });
    let plan = changed(&json!({}), &off);
    assert_eq!(groups(&plan), [Group::Backup]);
    insta::assert_snapshot!(text(&plan));
    let on = json!({ "backup_policy": true });
    assert_eq!(groups(&changed(&off, &on)), [Group::Backup]);
    // Somebody may have turned them off, and they cost what they store.
    let plan = changed(&off, &json!({}));
    assert!(plan.changes.is_empty(), "{}", text(&plan));
    let told = |plan: &Plan| plan.warnings.iter().any(|it| it.text.contains("is not backed up"));
    assert!(told(&plan) && !told(&changed(&on, &json!({}))));
    assert!(changed(&off, &json!({ "backup_policy": "DISABLED" })).is_empty());
}

#[test]
fn protection_against_replication_is_left_alone_unless_it_is_given() {
    let off = json!({ "replication_overwrite_protection": "DISABLED" });
    assert_eq!(groups(&changed(&json!({}), &off)), [Group::Protection]);
    assert!(changed(&off, &json!({})).is_empty());
    let mut replica = deployed(&json!({}), three());
    let protection = |actual: &mut Actual, word: &str| {
        actual.file_system.as_mut().unwrap().spec.overwrite_protection =
            Some(file_system::OverwriteProtection::parse(word));
    };
    protection(&mut replica, "REPLICATING");
    assert!(planned(&desired(&json!({})), &replica).is_settled());
    let plan = planned(&desired(&off), &replica);
    let [refusal] = plan.refusals.as_slice() else { panic!("{}", text(&plan)) };
    assert!(refusal.reason.contains("destination of a replication"), "{}", refusal.reason);
}

/// A deployment whose file system has this policy.
fn with_policy(inputs: &Value, policy: Option<&Value>) -> Actual {
    let mut actual = deployed(inputs, three());
    let text = policy.map(Value::to_string);
    actual.file_system.as_mut().unwrap().spec.policy = text.as_deref().and_then(Policy::found);
    actual
}

#[test]
fn tls_is_enforced_before_any_mount_target_is_made() {
    let plan = planned(&desired(&json!({})), &account(three()));
    assert_eq!(groups(&plan), [Group::Policy]);
    assert_eq!(plan.questions, []);
    let shown = text(&plan);
    for statement in ["DenyWithoutTls", "AllowThroughMountTargets"] {
        assert!(shown.contains(&format!("file_system_policy[\"{statement}\"]")), "{shown}");
    }
    let none = planned(&desired(&json!({ "enforce_tls": false })), &account(three()));
    assert_eq!(groups(&none), []);
}

#[test]
fn the_switches_of_the_policy_change_its_statements_in_place() {
    let strict = json!({
        "root_squash": true,
        "allow_anonymous": false,
        "mount_options": ["iam"],
        "policy_statements": { "Audit": {
            "Effect": "Allow",
            "Principal": { "AWS": "111122223333" },
            "Action": "elasticfilesystem:DescribeMountTargets",
        } },
    });
    let plan = planned(&desired(&strict), &deployed(&json!({ "mount_options": ["iam"] }), three()));
    assert_eq!(groups(&plan), [Group::Policy]);
    insta::assert_snapshot!(text(&plan));
}

#[test]
fn a_policy_that_means_the_same_is_no_change_whoever_wrote_it() {
    let mut actual = deployed(&json!({}), three());
    let policy = &mut actual.file_system.as_mut().unwrap().spec.policy;
    let mut document = policy.as_ref().unwrap().document.clone();
    document["Id"] = "console".into();
    document["Statement"].as_array_mut().unwrap().reverse();
    document["Statement"][0]["Principal"] = "*".into();
    *policy = Policy::found(&document.to_string());
    assert!(planned(&desired(&json!({})), &actual).is_settled());
}

#[test]
fn a_policy_of_ours_that_somebody_changed_is_repaired_and_one_of_others_stays() {
    let statement = json!({ "Sid": "Theirs", "Effect": "Allow", "Principal": "*", "Action": "*" });
    let ours = json!({ "Id": "clockwork-codex", "Statement": [statement] });
    let tls = json!({ "enforce_tls": true });
    let plan = planned(&desired(&tls), &with_policy(&tls, Some(&ours)));
    assert_eq!(groups(&plan), [Group::Policy]);

    let theirs = json!({ "Version": "2012-10-17", "Statement": [statement] });
    let actual = with_policy(&json!({}), Some(&theirs));
    let default = planned(&desired(&json!({})), &actual);
    assert!(default.is_empty() && default.refusals.is_empty(), "{}", text(&default));
    let stays = |warning: &plan::Warning| warning.text.contains("stays as it is");
    assert!(default.warnings.iter().any(stays), "{:?}", default.warnings);
    let explicit = planned(&desired(&tls), &actual);
    let [refusal] = explicit.refusals.as_slice() else { panic!("{}", text(&explicit)) };
    assert!(refusal.remedy.contains("--replace-file-system-policy"), "{}", refusal.remedy);
    let mut consented = desired(&tls);
    consented.consent.replace_file_system_policy = true;
    assert_eq!(groups(&planned(&consented, &actual)), [Group::Policy]);
    // Nobody wants one: theirs stays, and ours goes.
    let none = json!({ "enforce_tls": false });
    assert!(planned(&desired(&none), &actual).is_settled());
    assert_eq!(
        groups(&planned(&desired(&none), &with_policy(&none, Some(&ours)))),
        [Group::Policy]
    );
}

#[test]
fn a_file_system_that_is_mounted_without_a_policy_gets_one_only_where_an_input_asks_for_it() {
    let actual = with_policy(&json!({}), None);
    let plan = planned(&desired(&json!({})), &actual);
    let warned = |warning: &plan::Warning| warning.remedy.contains("`enforce_tls = true`");
    assert!(plan.is_settled() && plan.warnings.iter().any(warned), "{:?}", plan.warnings);
    let explicit = planned(&desired(&json!({ "enforce_tls": true })), &actual);
    assert_eq!(groups(&explicit), [Group::Policy]);
    assert!(!explicit.warnings.iter().any(warned), "{:?}", explicit.warnings);
    let mut repaired = actual.clone();
    apply(&explicit, &mut repaired);
    assert!(planned(&desired(&json!({})), &repaired).is_settled());
}

#[test]
fn the_plan_says_when_efs_changes_the_throughput_again() {
    let provisioned = |mibps: u32| json!({ "throughput_mode": "provisioned", "provisioned_throughput_in_mibps": mibps });
    let told = |plan: &Plan| plan.notes.iter().any(|note| note.contains("once in 24 hours"));
    assert!(told(&changed(&json!({}), &provisioned(64))));
    assert!(told(&changed(&provisioned(64), &provisioned(32))));
    assert!(!told(&changed(&provisioned(64), &provisioned(128))), "an increase is free");
    let mut refused = deployed(&json!({}), three());
    let tags = &mut refused.file_system.as_mut().unwrap().tags;
    tags.insert("clockwork-codex/throughput-from".to_owned(), "2026-01-02T03:04:05Z".to_owned());
    let plan = text(&planned(&desired(&provisioned(64)), &refused));
    assert!(plan.contains("from 2026-01-02T03:04:05Z UTC on"), "{plan}");
    assert!(planned(&desired(&json!({})), &refused).is_settled(), "the tag is no difference");
}

#[test]
fn the_class_of_a_one_zone_file_system_mounts_it_by_its_zone() {
    let one_zone = json!({ "availability_zone_name": "eu-west-1b", "mount_options": ["iam"] });
    let class = |more: &Value| desired(more).inputs.storage_class.mount_options;
    assert_eq!(class(&one_zone), ["iam", "az=eu-west-1b"]);
    let by_hand =
        json!({ "availability_zone_name": "eu-west-1b", "mount_options": ["az=eu-west-1b"] });
    assert_eq!(class(&by_hand), ["az=eu-west-1b"]);
    assert_eq!(class(&json!({})), [""; 0]);
    // The parameter `az` is for volumes of another account.
    let parameter = json!({ "availability_zone_name": "eu-west-1b", "az": "eu-west-1a" });
    assert_eq!(class(&parameter), ["az=eu-west-1b"]);
    // The file system says where it stores, whatever the inputs say.
    let left_out = json!({ "mount_options": ["iam"] });
    assert!(planned(&desired(&left_out), &deployed(&one_zone, three())).is_settled());
    // Nodes of all zones mount it, and nobody is told to add subnets, which would be passed over.
    let mut actual = account_and_cluster(three());
    let node = Node { zone: Some("eu-west-1a".to_owned()), ..Node::default() };
    actual.cluster.as_mut().unwrap().nodes = vec![node];
    let warned = |more: &Value| {
        let warnings = planned(&desired(more), &actual).warnings;
        warnings.iter().any(|warning| warning.text.contains("no mount target will be"))
    };
    assert!(!warned(&one_zone));
    assert!(warned(&json!({ "subnet_ids": ["subnet-00000002"] })));
}

#[test]
fn a_one_zone_file_system_has_one_target_and_never_moves() {
    let one_zone = json!({ "availability_zone_name": "eu-west-1b" });
    let plan = planned(&desired(&one_zone), &account(three()));
    let made: Vec<String> = plan.changes.iter().map(|change| change.id.to_string()).collect();
    assert!(made.contains(&"mount_target.eu-west-1b".to_owned()), "{made:?}");
    assert!(!made.iter().any(|id| id == "mount_target.eu-west-1a"), "{made:?}");
    assert!(plan.notes.iter().any(|note| note.contains("`az=eu-west-1b`")), "{:?}", plan.notes);
    let actual = deployed(&one_zone, three());
    assert!(planned(&desired(&one_zone), &actual).is_settled());
    // The file system says where it stores, also where the input was left out.
    assert!(planned(&desired(&json!({})), &actual).is_settled());
    for (before, after) in [
        (&one_zone, json!({ "availability_zone_name": "eu-west-1a" })),
        (&json!({}), json!({ "availability_zone_name": "eu-west-1a" })),
    ] {
        let plan = changed(before, &after);
        let [refusal] = plan.refusals.as_slice() else { panic!("{}", text(&plan)) };
        assert!(refusal.reason.contains("EFS never changes it"), "{}", refusal.reason);
    }
    let elsewhere =
        json!({ "availability_zone_name": "eu-west-1c", "subnet_ids": ["subnet-00000001"] });
    let plan = planned(&desired(&elsewhere), &account(three()));
    assert!(plan.refusals[0].remedy.contains("give a subnet of eu-west-1c"), "{}", text(&plan));
}

#[test]
fn a_zone_may_be_given_by_the_id_that_is_the_same_in_every_account() {
    let by_id = json!({ "availability_zone_name": "euw1-az2" });
    let by_name = json!({ "availability_zone_name": "eu-west-1b" });
    let found = deployed(&by_id, three());
    let spec = &found.file_system.as_ref().unwrap().spec;
    assert_eq!(spec.availability_zone.as_deref(), Some("eu-west-1b"));
    assert!(found.documents["storageclass.yaml"].contains("az=eu-west-1b"));
    assert_eq!(found.mount_targets.len(), 1);
    for inputs in [&by_id, &by_name] {
        assert!(planned(&desired(inputs), &found).is_settled(), "{inputs}");
    }
    let elsewhere = json!({ "availability_zone_name": "euw1-az7" });
    let plan = planned(&desired(&elsewhere), &account(three()));
    let [refusal] = plan.refusals.as_slice() else { panic!("{}", text(&plan)) };
    assert_eq!(refusal.reason, "no subnet of the inputs is in the zone `euw1-az7`");
}
