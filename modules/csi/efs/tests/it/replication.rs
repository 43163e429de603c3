//! A file system that is replicated to another region.

use efs::resources::file_system::{Call, Group, OverwriteProtection};
use efs::{Actual, AdoptExisting, Replication};
use plan::{Action, Styled};
use serde_json::{Value, json};

use crate::inputs::mistakes;
use crate::world::{account, apply, deployed, desired, inputs, planned, scope, three};

pub(crate) fn to(region: &str) -> Value {
    json!({ "replication": { "region": region } })
}

/// What EFS answers of the replication of a deployment.
pub(crate) fn replicated(region: &str) -> Actual {
    let mut actual = deployed(&to(region), three());
    let found = actual.file_system.as_mut().unwrap();
    let entries = [("region", region), ("file_system_id", "fs-0000000b"), ("status", "ENABLED")];
    found.spec.replication =
        Some(entries.map(|(key, text)| (key.to_owned(), text.to_owned())).into());
    actual.replications = vec![Replication {
        source: found.id.to_string(),
        source_region: "eu-west-1".to_owned(),
        destination: "fs-0000000b".to_owned(),
        destination_region: region.to_owned(),
        status: "ENABLED".to_owned(),
        ..Replication::default()
    }];
    actual
}

#[test]
fn a_replication_is_made_once_and_never_changed() {
    let plan = planned(&desired(&to("eu-central-1")), &account(three()));
    let calls = plan.changes.iter().flat_map(|change| &change.calls);
    let is_replication = |call: &&efs::Call| {
        matches!(call, efs::Call::FileSystem(Call::Put { group: Group::Replication, .. }))
    };
    assert_eq!(calls.filter(is_replication).count(), 1);
    let actual = replicated("eu-central-1");
    assert!(planned(&desired(&to("eu-central-1")), &actual).is_settled());
    assert!(planned(&desired(&json!({})), &actual).is_settled(), "nobody asks: it stays");
    let key = json!({ "replication": { "region": "eu-central-1", "kms_key_id": "alias/graphs" } });
    assert!(planned(&desired(&key), &actual).is_settled(), "EFS answers with no key");
    let plan = planned(&desired(&to("eu-north-1")), &actual);
    let [refusal] = plan.refusals.as_slice() else { panic!("{:?}", plan.refusals) };
    assert!(refusal.reason.contains("never changes a replication"), "{}", refusal.reason);
}

#[test]
fn a_destroy_ends_the_replication_first_and_leaves_the_copy() {
    let mut actual = replicated("eu-central-1");
    let plan = efs::destroy(&scope(), &inputs(&to("eu-central-1")), &actual);
    assert_eq!(plan.refusals, []);
    let shown = Styled { plan: &plan, colour: false }.to_string();
    assert!(shown.contains("fs-0000000b in eu-central-1 stays with its data"), "{shown}");
    let ended = plan.changes.iter().find(|change| change.address.kind == "replication").unwrap();
    assert_eq!(ended.action, Action::Delete);
    let last = plan.changes.iter().find(|change| change.id.as_str() == "file_system.delete");
    assert!(last.unwrap().needs.contains(&ended.id));
    apply(&plan, &mut actual);
    assert_eq!(actual.file_system, None);
    // One that the inputs say nothing of is somebody else's.
    let plan = efs::destroy(&scope(), &inputs(&json!({})), &replicated("eu-central-1"));
    assert!(
        plan.refusals.iter().any(|it| it.reason.contains("replication")),
        "{:?}",
        plan.refusals
    );
}

/// The same in another state.
pub(crate) fn in_state(status: &str) -> Actual {
    let mut actual = replicated("eu-central-1");
    let found = actual.file_system.as_mut().unwrap().spec.replication.as_mut().unwrap();
    found.insert("status".to_owned(), status.to_owned());
    actual
}

#[test]
fn one_that_failed_is_told_and_one_that_ends_is_made_again() {
    let wanted = desired(&to("eu-central-1"));
    let told = |plan: &efs::Plan| {
        let is_it = |text: &str| text.contains("to fs-0000000b in eu-central-1 is ERROR");
        plan.warnings
            .iter()
            .any(|it| is_it(&it.text) && it.remedy.contains("--replace-replication"))
    };
    assert!(!told(&planned(&wanted, &in_state("ENABLING"))));
    let plan = planned(&wanted, &in_state("ERROR"));
    assert!(plan.is_settled() && told(&plan));
    for region in ["eu-central-1", "eu-north-1"] {
        let plan = planned(&desired(&to(region)), &in_state("DELETING"));
        assert_eq!(plan.refusals, [], "{region}");
        assert_eq!(plan.changes.len(), 1, "{region}");
    }
}

#[test]
fn a_file_system_of_another_account_is_known_by_its_id() {
    let arn =
        |id: &str| format!("arn:aws:elasticfilesystem:eu-central-1:444455556666:file-system/{id}");
    let role = "arn:aws:iam::111122223333:role/replicates";
    let there =
        |id: &str| json!({ "replication": { "file_system_id": arn(id), "role_arn": role } });
    let actual = replicated("eu-central-1");
    assert!(planned(&desired(&there("fs-0000000b")), &actual).is_settled());
    let other = planned(&desired(&there("fs-0000000c")), &actual);
    assert!(other.refusals[0].reason.contains("never changes a replication"), "{other:?}");
}

#[test]
fn the_replication_ends_after_the_last_look_for_users_and_before_anything_that_uses_the_network() {
    let actual = replicated("eu-central-1");
    let mut bare = actual.clone();
    bare.documents.clear();
    for actual in [actual, bare] {
        let plan = efs::destroy(&scope(), &inputs(&to("eu-central-1")), &actual);
        let is_look = |call: &efs::Call| {
            matches!(call, efs::Call::FileSystem(Call::StillUnused { replicas, .. })
                if *replicas == ["fs-0000000b"])
        };
        let ended = plan.changes.iter().find(|it| it.address.kind == "replication").unwrap();
        let looks: Vec<_> = plan.changes.iter().filter(|it| it.calls.iter().any(is_look)).collect();
        let first =
            |it: &&plan::Change<efs::Call>| it.id == ended.id || ended.needs.contains(&it.id);
        assert!(looks.iter().any(first), "a look comes before the end");
        let after = plan.changes.iter().filter(|it| it.needs.contains(&ended.id));
        let after: std::collections::BTreeSet<_> = after.map(|it| it.address.kind).collect();
        assert!(after.contains("mount_target") && after.contains("file_system"), "{after:?}");
        assert!(!after.contains("document"), "{after:?}");
    }
}

#[test]
fn a_destination_that_efs_would_refuse_is_a_mistake() {
    for (replication, said) in [
        (json!({ "to": "eu-central-1" }), "`to`"),
        (json!({ "kms_key_id": "alias/graphs" }), "no region is given"),
        (
            json!({ "region": "eu-north-1", "availability_zone_name": "eu-central-1a" }),
            "another region",
        ),
        (
            json!({ "region": "eu-north-1", "file_system_id": "fs-00000001", "kms_key_id": "alias/a" }),
            "its zone and its key already",
        ),
        (json!({ "file_system_id": "arn:aws:efs:eu-north-1:1:fs-1" }), "not the ARN"),
        (
            json!({
                "region": "eu-north-1",
                "file_system_id":
                    "arn:aws:elasticfilesystem:eu-central-1:444455556666:file-system/fs-0000000b",
            }),
            "the ARN is of another region",
        ),
    ] {
        let told = mistakes(&json!({ "replication": replication }));
        assert_eq!(told.len(), 1, "{replication}: {told:?}");
        assert!(told[0].1.contains(said), "{told:?}");
    }
    for right in [
        json!({ "availability_zone_name": "eu-central-1a" }),
        json!({ "region": "eu-north-1", "role_arn": "arn:aws:iam::111122223333:role/a" }),
    ] {
        assert_eq!(mistakes(&json!({ "replication": right })), []);
    }
}

#[test]
fn another_account_takes_a_role() {
    let arn = "arn:aws:elasticfilesystem:eu-central-1:444455556666:file-system/fs-0000000b";
    let inputs = json!({
        "aws_account_id": "111122223333",
        "replication": { "file_system_id": arn },
    });
    let told = mistakes(&inputs);
    assert!(told.len() == 1 && told[0].1.contains("by a role"), "{told:?}");
}

/// The files of the destination go: that takes its id, and bare `--adopt-existing` is not it.
#[test]
fn a_file_system_is_replicated_over_another_one_only_by_its_name() {
    let to =
        json!({ "replication": { "region": "eu-central-1", "file_system_id": "fs-0000000b" } });
    let mut desired = desired(&to);
    let asks = |desired: &efs::Desired, actual: &Actual| {
        let asked = planned(desired, actual).questions;
        asked.iter().map(|it| format!("{}; {}", it.asks, it.remedy)).collect::<Vec<_>>()
    };
    let actual = account(three());
    for consents in [AdoptExisting::None, AdoptExisting::Any] {
        desired.adopt_existing = consents;
        let asked = asks(&desired, &actual);
        assert!(asked[0].contains("EFS deletes all its files"), "{asked:?}");
        assert!(asked[0].contains("--adopt-existing=fs-0000000b"), "{asked:?}");
    }
    desired.adopt_existing = AdoptExisting::These(vec!["fs-0000000b".try_into().unwrap()]);
    assert_eq!(asks(&desired, &actual), [] as [String; 0]);
    desired.adopt_existing = AdoptExisting::None;
    assert_eq!(asks(&desired, &replicated("eu-central-1")), [] as [String; 0], "it is one already");
}

#[test]
fn a_destination_is_not_replicated_in_turn() {
    let mut actual = deployed(&json!({}), three());
    let found = actual.file_system.as_mut().unwrap();
    found.spec.overwrite_protection = Some(OverwriteProtection::Replicating);
    let plan = planned(&desired(&to("eu-central-1")), &actual);
    let reasons: Vec<_> = plan.refusals.iter().map(|it| it.reason.as_str()).collect();
    assert!(reasons[0].contains("does not replicate it in turn"), "{reasons:?}");
}
