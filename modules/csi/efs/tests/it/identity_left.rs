//! What is left of an identity of ours, where another one is wanted, and a role that is not there.

use efs::{Actual, Desired};
use plan::Action;
use serde_json::json;

use crate::identity::{NEWEST, changed, converge, lines, with_agent};
use crate::obeying::found;
use crate::world::{apply, desired, planned, scope};

/// A deployment with an association of its own, and then with this identity.
fn given_up(identity: &str) -> (Desired, Actual) {
    let more = json!({ "driver_identity": "pod-identity", "helm_chart_version": NEWEST });
    let mut actual = with_agent();
    converge(&desired(&more), &mut actual);
    let more = json!({ "driver_identity": identity, "helm_chart_version": NEWEST });
    (desired(&more), actual)
}

#[test]
fn an_association_of_ours_goes_with_any_other_identity_before_the_driver_changes() {
    for other in ["arn:aws:iam::111122223333:role/theirs", "node", "none"] {
        let (desired, mut actual) = given_up(other);
        let plan = planned(&desired, &actual);
        assert_eq!(changed(&plan), [(Action::Delete, "pod_identity_association")], "{other}");
        let gone = plan.changes.iter().find(|one| one.address.kind == "pod_identity_association");
        let gone = &gone.unwrap().id;
        let driver =
            plan.changes.iter().find(|one| one.address.kind == efs::resources::driver::KIND);
        // A role is an annotation in the release's values; without one, the release stays as it is.
        assert!(driver.is_none_or(|driver| driver.needs.contains(gone)), "{other}");
        assert_eq!(driver.is_some(), other.starts_with("arn:"), "{other}");
        let told = plan.warnings.iter().any(|it| it.remedy.contains("rollout restart"));
        assert_eq!(told, !other.starts_with("arn:"), "{:?}", plan.warnings);
        apply(&plan, &mut actual);
        assert!(planned(&desired, &actual).is_settled(), "{other}");
    }
}

#[test]
fn a_role_that_does_not_exist_is_told_before_anything_changes() {
    let theirs = "arn:aws:iam::111122223333:role/theirs";
    let (desired, mut actual) = given_up(theirs);
    assert_eq!(efs::role_to_look_at(&desired.inputs, actual.cluster.as_ref()), Some(theirs));
    found(&mut actual).given_role_is_missing = true;
    let plan = planned(&desired, &actual);
    let refusal = &plan.refusals[0];
    assert!(refusal.reason.contains("has no role `arn:aws:iam::111122223333:role/theirs`"));
    found(&mut actual).given_role_is_missing = false;
    apply(&planned(&desired, &actual), &mut actual);
    let cluster = actual.cluster.as_ref();
    assert_eq!(efs::role_to_look_at(&desired.inputs, cluster), None, "the release has it");
}

#[test]
fn associations_of_others_stay_with_any_identity() {
    for other in ["arn:aws:iam::111122223333:role/theirs", "node", "none"] {
        let (desired, mut actual) = given_up(other);
        found(&mut actual).associations[0].ours = false;
        assert_eq!(changed(&planned(&desired, &actual)), [], "{other}");
        let destroyed = efs::destroy(&scope(), &desired.inputs, &actual);
        assert_eq!(changed(&destroyed), [(Action::Delete, "iam_role")], "{other}");
    }
}

#[test]
fn an_association_that_another_deployment_of_the_cluster_needs_stays_and_the_plan_says_so() {
    let (desired, mut actual) = given_up("none");
    let role = found(&mut actual).role.as_mut().unwrap();
    role.others = vec!["of-another-class".to_owned()];
    let plan = planned(&desired, &actual);
    assert_eq!(changed(&plan), []);
    let said = lines(plan.warnings).join(" ");
    assert!(said.contains("other deployments too (of-another-class)"), "{said}");
}

#[test]
fn a_destroy_takes_what_is_left_of_an_identity_that_is_not_wanted_any_more() {
    for other in ["arn:aws:iam::111122223333:role/theirs", "node", "none"] {
        let (desired, mut actual) = given_up(other);
        let plan = efs::destroy(&scope(), &desired.inputs, &actual);
        let all = [(Action::Delete, "pod_identity_association"), (Action::Delete, "iam_role")];
        assert_eq!(changed(&plan), all, "{other}");
        found(&mut actual).role = None;
        let plan = efs::destroy(&scope(), &desired.inputs, &actual);
        assert_eq!(changed(&plan), all[..1], "{other}: whose role somebody deleted");
    }
}
