//! What a plan says of a release whose latest revision is pending.

use std::time::Duration;

use efs::{Actual, Call, Plan};
use kubernetes::Preconditions;
use kubernetes::release::{self, LONGEST, Record, Status, Storage};
use plan::{Action, Styled};
use serde_json::{Value, json};

use crate::world::{apply, deployed_to_cluster, desired, planned};

/// A record that Helm wrote so long ago.
fn record(age: Duration) -> Record {
    Record {
        storage: Storage::Secret,
        name: "sh.helm.release.v1.aws-efs-csi-driver.v2".to_owned(),
        preconditions: Preconditions {
            uid: Some("5c2d".to_owned()),
            resource_version: Some("23".to_owned()),
        },
        age,
        written_by: Some("Helm".to_owned()),
    }
}

/// A deployment whose driver is at revision 2, in this state.
fn pending(status: &str, record: Option<Record>) -> Actual {
    let mut actual = deployed_to_cluster(&json!({}));
    let release = actual.cluster.as_mut().unwrap().driver.release.as_mut().unwrap();
    (release.revision, release.previous) = (2, Some(1));
    (release.status, release.record) = (Status::parse(status), record);
    actual
}

fn plan(more: &Value, actual: &Actual) -> Plan {
    planned(&desired(more), actual)
}

fn text(plan: &Plan) -> String {
    Styled { plan, colour: false }.to_string()
}

#[test]
fn one_that_was_left_behind_is_discarded_and_the_next_follows_the_revision_before_it() {
    for status in ["pending-install", "pending-upgrade", "pending-rollback"] {
        let left = record(LONGEST);
        let mut actual = pending(status, Some(left.clone()));
        let plan = plan(&json!({}), &actual);
        assert_eq!(plan.changes.len(), 1, "{}", text(&plan));
        let change = &plan.changes[0];
        let reason = format!("revision 2 has been `{status}` for 15 min: its Helm was killed");
        assert_eq!((change.action, &change.reason), (Action::Update, &reason));
        assert!(text(&plan).contains(&format!("~ status = \"{status}\" -> \"deployed\"")));
        let [Call::Release(discard), Call::Release(upgrade), _until_ready] =
            change.calls.as_slice()
        else {
            panic!("{:?}", change.calls);
        };
        let release::Call::Discard { revision: 2, record, .. } = discard else {
            panic!("{discard:?}");
        };
        assert_eq!(*record, left, "the object as it was observed, and no other");
        assert!(matches!(upgrade, release::Call::Upgrade { follows: Some(1), .. }), "{upgrade:?}");
        apply(&plan, &mut actual);
        assert!(planned(&desired(&json!({})), &actual).is_empty());
    }
}

#[test]
fn one_that_helm_may_still_be_at_work_on_is_waited_for_as_long_as_that_can_be() {
    let age = Duration::from_secs(42);
    let mut actual = pending("pending-upgrade", Some(record(age)));
    let waits = plan(&json!({}), &actual);
    assert_eq!(waits.changes, []);
    assert_eq!(
        waits.waits[0].reason,
        "revision 2 has been `pending-upgrade` for 42 s; `Helm` may still be running, for at most 15 min"
    );
    let Call::Release(release::Call::UntilFinished { revision: 2, at_most, .. }) =
        &waits.waits[0].call
    else {
        panic!("{:?}", waits.waits[0].call);
    };
    assert_eq!(*at_most, LONGEST.saturating_sub(age));
    apply(&waits, &mut actual);
    assert!(plan(&json!({}), &actual).is_empty(), "the other run deployed the same");
}

#[test]
fn one_of_somebody_elses_is_never_disturbed_and_its_holder_is_named() {
    let mut actual = pending("pending-upgrade", Some(record(LONGEST * 96)));
    actual.cluster.as_mut().unwrap().driver.release.as_mut().unwrap().ours = false;
    let refused = plan(&json!({ "driver": "adopt" }), &actual);
    assert_eq!((refused.changes.len(), refused.waits.len()), (0, 0));
    assert_eq!(
        refused.refusals[0].reason,
        "revision 2 has been `pending-upgrade` for 24 h, held by `Helm`"
    );
    assert!(refused.refusals[0].remedy.contains("`helm rollback aws-efs-csi-driver"));
    let refused = plan(&json!({}), &actual);
    let reason = &refused.refusals[0].reason;
    assert!(reason.contains("is not managed by Clockwork Codex; revision 2 has been"), "{reason}");
    assert!(reason.contains("held by `Helm`"), "{reason}");
}

#[test]
fn one_of_ours_that_another_program_holds_is_not_discarded_however_old_it_is() {
    for program in [Some("helm-controller"), Some("terraform-provider-helm_v3.1.0_x5"), None] {
        let of = |age| Record { written_by: program.map(str::to_owned), ..record(age) };
        let refused = plan(&json!({}), &pending("pending-upgrade", Some(of(LONGEST))));
        assert_eq!((refused.changes.len(), refused.waits.len()), (0, 0), "{}", text(&refused));
        let holder = program.map_or("another Helm".to_owned(), |program| format!("`{program}`"));
        let reason = format!("revision 2 has been `pending-upgrade` for 15 min, held by {holder}");
        assert_eq!(refused.refusals[0].reason, reason);
        assert!(refused.refusals[0].remedy.contains("`helm rollback aws-efs-csi-driver"));
        // A younger one is waited for, whoever is at work on it.
        let young = plan(&json!({}), &pending("pending-upgrade", Some(of(LONGEST / 2))));
        assert_eq!(young.waits.len(), 1, "{}", text(&young));
    }
}

#[test]
fn one_whose_record_cannot_be_read_is_left_to_people() {
    let refused = plan(&json!({}), &pending("pending-rollback", None));
    assert_eq!((refused.changes.len(), refused.waits.len()), (0, 0));
    assert!(refused.refusals[0].reason.contains("neither a Secret nor a ConfigMap"));
    assert!(refused.refusals[0].remedy.contains("`helm rollback aws-efs-csi-driver"));
}

#[test]
fn a_revision_that_failed_is_followed_by_the_next() {
    let plan = plan(&json!({}), &pending("failed", None));
    assert_eq!(plan.changes[0].reason, "revision 2 is `failed`");
    let upgrade = |call: &Call| {
        matches!(call, Call::Release(release::Call::Upgrade { follows: Some(2), .. }))
    };
    assert!(upgrade(&plan.changes[0].calls[0]), "{:?}", plan.changes[0].calls);
}
