//! A replication that ends, or that is replaced by another one; and what EFS says of one.

use efs::resources::file_system::{Call, Group, SEEN, UNSEEN, replica_rows, replicas};
use efs::{Actual, AdoptExisting};
use plan::{Action, Change};
use serde_json::{Value, json};

use crate::replication::{in_state, replicated, to};
use crate::world::{apply, desired, planned};

fn none() -> Value {
    json!({ "replication": {} })
}

/// The calls about the replication, in their order.
fn calls(change: &Change<efs::Call>) -> Vec<&'static str> {
    let of = |call: &efs::Call| match call {
        efs::Call::FileSystem(Call::MarkCopy { .. }) => "tag the copy",
        efs::Call::FileSystem(Call::EndReplication { .. }) => "end",
        efs::Call::FileSystem(Call::Put { group: Group::Replication, .. }) => "replicate",
        other => panic!("{other:?}"),
    };
    change.calls.iter().map(of).collect()
}

/// The same file system, of whose replication EFS says more.
fn with(more: &[(&str, &str)]) -> Actual {
    let mut actual = replicated("eu-central-1");
    let found = actual.file_system.as_mut().unwrap().spec.replication.as_mut().unwrap();
    found.extend(more.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())));
    actual
}

#[test]
fn a_replication_that_nobody_wants_any_more_ends_with_consent_and_its_copy_stays() {
    let mut actual = replicated("eu-central-1");
    let plan = planned(&desired(&none()), &actual);
    let [change] = plan.changes.as_slice() else { panic!("{:?}", plan.changes) };
    assert_eq!((change.action, calls(change)), (Action::Delete, vec!["tag the copy", "end"]));
    assert_eq!(plan.needing_consent().count(), 1);
    let said = plan.notes.join("\n");
    for word in [
        "the copy fs-0000000b in eu-central-1 stays with its data",
        "with the tag `clockwork-codex/copy-of`",
        "aws efs delete-file-system --file-system-id fs-0000000b --region eu-central-1",
    ] {
        assert!(said.contains(word), "{word}: {said}");
    }
    apply(&plan, &mut actual);
    assert!(planned(&desired(&none()), &actual).is_settled());
    // A run was killed after EFS had heard of it.
    let plan = planned(&desired(&none()), &in_state("DELETING"));
    assert!(plan.is_settled() && plan.notes.join("").contains("is being deleted"), "{plan:?}");
}

#[test]
fn nobody_tags_a_copy_of_another_account_or_one_that_may_not_answer() {
    let foreign = with(&[("account", "444455556666")]);
    for (actual, whose) in [(&foreign, "of the account 444455556666"), (&in_state("PAUSED"), "")] {
        let plan = planned(&desired(&none()), actual);
        assert_eq!(calls(&plan.changes[0]), ["end"]);
        let said = plan.notes.join("\n");
        assert!(said.contains(whose) && !said.contains("copy-of"), "{said}");
    }
    let ours = with(&[("account", "111122223333")]);
    assert_eq!(calls(&planned(&desired(&none()), &ours).changes[0]).len(), 2);
}

#[test]
fn zone_key_and_role_of_a_copy_are_compared_by_meaning_where_they_are_known() {
    let key = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let role = "arn:aws:iam::111122223333:role/replicates";
    let seen = |more: &[(&str, &str)]| with(&[&[(SEEN, "true")], more].concat());
    let wants = |key: &str, text: &str| {
        let mut wants = to("eu-central-1");
        wants["replication"][key] = json!(text);
        desired(&wants)
    };
    let id = "1234abcd-12ab-34cd-56ef-1234567890ab";
    for (name, wanted, found, differs) in [
        ("kms_key_id", id, vec![("kms_key_id", key)], false),
        ("kms_key_id", key, vec![("kms_key_id", key)], false),
        ("kms_key_id", "alias/a", vec![("kms_key_id", "alias/a")], false),
        ("kms_key_id", "alias/a", vec![("kms_key_id", key)], true),
        ("kms_key_id", "alias/a", vec![], false),
        ("availability_zone_name", "eu-central-1a", vec![], true),
        (
            "availability_zone_name",
            "eu-central-1a",
            vec![("availability_zone_name", "eu-central-1a")],
            false,
        ),
        ("role_arn", role, vec![("role_arn", role)], false),
        ("role_arn", role, vec![("role_arn", "arn:aws:iam::111122223333:role/other")], true),
        ("role_arn", role, vec![], false),
    ] {
        let plan = planned(&wants(name, wanted), &seen(&found));
        let refused = plan.refusals.iter().any(|it| it.reason.contains(name));
        assert_eq!(refused, differs, "{name} {wanted} {found:?}: {:?}", plan.refusals);
        assert_eq!(plan.changes, [], "{name} {wanted}");
    }
    let unseen = with(&[(UNSEEN, "the region does not answer")]);
    let plan = planned(&wants("availability_zone_name", "eu-central-1a"), &unseen);
    assert!(plan.is_settled() && plan.notes.join("").contains("does not answer"), "{plan:?}");
}

#[test]
fn another_replication_takes_the_place_of_one_only_with_the_word_for_it() {
    let mut wanted = desired(&to("eu-north-1"));
    let mut actual = replicated("eu-central-1");
    let refusal = &planned(&wanted, &actual).refusals[0];
    assert!(refusal.remedy.contains("--replace-replication"), "{}", refusal.remedy);
    wanted.consent.replace_replication = true;
    let plan = planned(&wanted, &actual);
    assert_eq!(plan.refusals, []);
    let [change] = plan.changes.as_slice() else { panic!("{:?}", plan.changes) };
    assert_eq!(change.action, Action::Replace);
    assert_eq!(calls(change), ["tag the copy", "end", "replicate"]);
    assert_eq!(plan.needing_consent().count(), 1, "`--yes` beside it");
    apply(&plan, &mut actual);
    assert!(planned(&wanted, &actual).is_settled());
    // Nothing happens to one that is right.
    let right = efs::Desired { consent: wanted.consent, ..desired(&to("eu-north-1")) };
    assert!(planned(&right, &actual).is_settled());
}

#[test]
fn a_replication_that_failed_is_made_again_only_with_the_word_for_it() {
    let mut wanted = desired(&to("eu-central-1"));
    wanted.consent.replace_replication = true;
    let plan = planned(&wanted, &in_state("ERROR"));
    assert_eq!(calls(&plan.changes[0]), ["end", "replicate"]);
    for status in ["ENABLED", "ENABLING", "PAUSED", "PAUSING"] {
        assert!(planned(&wanted, &in_state(status)).is_settled(), "{status}");
    }
    // Over one that is there, EFS asks for its protection first.
    let there =
        json!({ "replication": { "region": "eu-central-1", "file_system_id": "fs-0000000b" } });
    let mut wanted = desired(&there);
    wanted.consent.replace_replication = true;
    wanted.adopt_existing = AdoptExisting::Any;
    let plan = planned(&wanted, &in_state("ERROR"));
    let told = plan.warnings.iter().any(|it| it.remedy.contains("deploy `replication = {}`"));
    assert!(plan.is_settled() && told, "{plan:?}");
}

#[test]
fn a_state_in_which_nothing_is_copied_is_told_in_the_words_of_efs_and_is_unhealthy() {
    for (status, healthy) in [
        ("ENABLED", true),
        ("ENABLING", true),
        ("DELETING", true),
        ("PAUSING", false),
        ("PAUSED", false),
        ("ERROR", false),
    ] {
        let said = [
            ("status", status),
            ("message", "not authorized"),
            ("last_replicated", "2026-05-04T09:12:40Z"),
            ("lag_seconds", "7500"),
        ];
        let actual = with(&said);
        let found = actual.file_system.as_ref();
        // Listed by both looks, it is one.
        let rows = replica_rows(found, &replicas("eu-west-1", found, &actual.replications));
        let [row] = rows.as_slice() else { panic!("{rows:?}") };
        assert_eq!((row.state.as_str(), row.healthy), (status, healthy));
        assert_eq!(
            row.detail,
            format!(
                "copy in eu-central-1 ({status}), last copy complete at 2026-05-04T09:12:40Z, 2 h \
                 ago: not authorized"
            )
        );
        let plan = planned(&desired(&to("eu-central-1")), &actual);
        let told = plan.warnings.iter().any(|it| it.text.contains("not authorized"));
        assert_eq!(told, !healthy, "{status}: {:?}", plan.warnings);
    }
}
