//! A file system that is replicated to another region.

use efs::resources::file_system::{Call, Group};
use efs::{Actual, Replication};
use plan::{Action, Styled};
use serde_json::{Value, json};

use crate::inputs::mistakes;
use crate::world::{account, apply, deployed, desired, inputs, planned, scope, three};

fn to(region: &str) -> Value {
    json!({ "replication": { "region": region } })
}

/// What EFS answers of the replication of a deployment.
fn replicated(region: &str) -> Actual {
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
        last_replicated: None,
        message: None,
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
fn in_state(status: &str) -> Actual {
    let mut actual = replicated("eu-central-1");
    let found = actual.file_system.as_mut().unwrap().spec.replication.as_mut().unwrap();
    found.insert("status".to_owned(), status.to_owned());
    actual
}

#[test]
fn one_that_failed_is_told_and_one_that_ends_is_made_again() {
    let wanted = desired(&to("eu-central-1"));
    let told = |plan: &efs::Plan| {
        plan.warnings.iter().any(|it| it.text.contains("to fs-0000000b in eu-central-1 failed"))
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
        (
            json!({ "region": "eu-north-1", "role_arn": "arn:aws:iam::111122223333:role/a" }),
            "no ARN of one is given",
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
    assert_eq!(
        mistakes(&json!({ "replication": { "availability_zone_name": "eu-central-1a" } })),
        []
    );
}
