//! What gives the driver's pods their credentials: EKS's agent, and its webhook.

use efs::resources::driver::{ControllerPod, PODS_KIND, Pods, SKIPS_WEBHOOK};
use efs::resources::mount_target;
use plan::Action;
use serde_json::json;

use crate::identity::{NEWEST, changed, converge, eks, text, with_agent};
use crate::obeying::found;
use crate::world::{apply, desired, planned};

/// "The EKS Pod Identity Agent is pre-installed on EKS Auto Mode clusters" (EKS User Guide, "Set up
/// the Amazon EKS Pod Identity Agent"), and no object of the cluster shows it.
#[test]
fn in_auto_mode_the_driver_gets_its_role_by_pod_identity_without_an_agent_in_sight() {
    let mut actual = eks();
    found(&mut actual).built_in_agent = true;
    let plan = planned(&desired(&json!({ "helm_chart_version": NEWEST })), &actual);
    let created = (Action::Create, "pod_identity_association");
    assert!(changed(&plan).contains(&created), "{}", text(&plan));
    let asked = json!({ "driver_identity": "pod-identity", "helm_chart_version": NEWEST });
    for (built_in, warned) in [(true, false), (false, true)] {
        found(&mut actual).built_in_agent = built_in;
        let plan = planned(&desired(&asked), &actual);
        assert_eq!(text(&plan).contains("has no EKS Pod Identity Agent"), warned);
    }
}

/// EKS's webhook gives pods their credentials when they are admitted, and never later.
#[test]
fn pods_that_were_admitted_without_their_credentials_are_made_anew_and_only_those() {
    let mut actual = with_agent();
    let asked = json!({ "driver_identity": "pod-identity", "helm_chart_version": NEWEST });
    let desired = desired(&asked);
    converge(&desired, &mut actual);
    let pod = |name: &str, role: Option<&str>, has_association| ControllerPod {
        name: name.to_owned(),
        role: role.map(str::to_owned),
        has_association,
        skips: None,
    };
    for (pods, lacking) in [
        (vec![pod("a", None, true), pod("b", None, false)], Some("b had no credentials")),
        // AWS's SDKs take the role of an annotation before that of an association.
        (vec![pod("a", Some("arn"), true)], Some("a had no credentials")),
        (vec![pod("a", None, true)], None),
        (vec![], None),
    ] {
        actual.cluster.as_mut().unwrap().driver.pods = Pods::Seen(pods);
        let plan = planned(&desired, &actual);
        let kinds: Vec<_> = plan.changes.iter().map(|change| change.address.kind).collect();
        let expected = lacking.map(|_| PODS_KIND);
        assert_eq!(kinds, expected.into_iter().collect::<Vec<_>>(), "{}", text(&plan));
        assert!(text(&plan).contains(lacking.unwrap_or_default()), "{}", text(&plan));
        let sent =
            plan.checks.iter().any(|check| check.needs.iter().any(|it| it.as_str() == PODS_KIND));
        assert_eq!(sent, lacking.is_some(), "a canary proves that they have them");
        converge(&desired, &mut actual);
    }
}

#[test]
fn a_running_driver_that_gets_an_association_has_its_pods_made_anew_after_it() {
    let mut actual = with_agent();
    converge(
        &desired(&json!({ "driver_identity": "node", "helm_chart_version": NEWEST })),
        &mut actual,
    );
    let pod = ControllerPod { name: "a".to_owned(), ..ControllerPod::default() };
    actual.cluster.as_mut().unwrap().driver.pods = Pods::Seen(vec![pod]);
    let asked = json!({ "driver_identity": "pod-identity", "helm_chart_version": NEWEST });
    let plan = planned(&desired(&asked), &actual);
    let change = plan.changes.iter().find(|change| change.address.kind == PODS_KIND).unwrap();
    let association = |need: &plan::ChangeId| need.as_str().starts_with("pod_identity_association");
    assert!(change.needs.iter().any(association), "{:?}", change.needs);
    assert!(plan.changes.iter().all(|change| change.address.kind != "helm_release"));
    apply(&plan, &mut actual);
    assert!(planned(&desired(&asked), &actual).is_settled());
}

/// A cluster whose controller has one pod, which lacks its credentials.
fn lacking(pods: Pods) -> (efs::Desired, efs::Actual) {
    let mut actual = with_agent();
    let asked = json!({ "driver_identity": "pod-identity", "helm_chart_version": NEWEST });
    let desired = desired(&asked);
    converge(&desired, &mut actual);
    actual.cluster.as_mut().unwrap().driver.pods = pods;
    (desired, actual)
}

#[test]
fn what_is_under_way_elsewhere_keeps_no_pod_from_its_credentials() {
    let pod = ControllerPod { name: "a".to_owned(), ..ControllerPod::default() };
    let (desired, mut actual) = lacking(Pods::Seen(vec![pod]));
    let target = &mut actual.mount_targets[0];
    target.life_cycle = efs::LifeCycle::Creating;
    let plan = planned(&desired, &actual);
    assert!(plan.waits.iter().any(|wait| wait.address.kind == mount_target::KIND));
    let change = plan.changes.iter().find(|change| change.address.kind == PODS_KIND);
    assert!(change.unwrap().needs.is_empty(), "a mount target is none of its business");
    // The pods of a rollout that is under way may come with them: they are looked at after it.
    let rollout = &mut actual.cluster.as_mut().unwrap().driver.rollouts;
    rollout.push(efs::resources::driver::Rollout {
        name: "deployment/efs-csi-controller".to_owned(),
        desired: 2,
        ..Default::default()
    });
    let plan = planned(&desired, &actual);
    let of_driver = plan.waits.iter().find(|wait| wait.address.kind == "helm_release").unwrap();
    let change = plan.changes.iter().find(|change| change.address.kind == PODS_KIND).unwrap();
    assert_eq!(change.needs, std::slice::from_ref(&of_driver.id));
}

#[test]
fn pods_that_nobody_may_look_at_or_give_credentials_to_are_told_and_left_alone() {
    let (desired, actual) = lacking(Pods::Forbidden);
    let plan = planned(&desired, &actual);
    assert!(plan.is_settled());
    let told = |word: &str| text(&plan).contains(word);
    assert!(told("may not list pods in `kube-system`"), "{}", text(&plan));
    let name = "a".to_owned();
    let pod = ControllerPod { name, skips: Some(SKIPS_WEBHOOK), ..ControllerPod::default() };
    let (desired, actual) = lacking(Pods::Seen(vec![pod]));
    let plan = planned(&desired, &actual);
    assert!(plan.is_settled(), "a new one would lack them too");
    let told = plan.warnings.iter().find(|it| it.text.contains("gives no credentials to the pods"));
    assert!(told.is_some_and(|it| it.text.contains(SKIPS_WEBHOOK)), "{}", text(&plan));
}

#[test]
fn making_pods_anew_takes_the_permission_to_delete_them() {
    let pod = ControllerPod { name: "a".to_owned(), ..ControllerPod::default() };
    let (desired, mut actual) = lacking(Pods::Seen(vec![pod]));
    let denied = vec!["delete pods in `kube-system`".to_owned()];
    actual.cluster.as_mut().unwrap().denied = denied.clone();
    let plan = planned(&desired, &actual);
    assert!(plan.refusals[0].reason.contains("may not delete pods"), "{:?}", plan.refusals);
    // Who makes none anew needs none.
    let (desired, mut actual) = lacking(Pods::Seen(Vec::new()));
    actual.cluster.as_mut().unwrap().denied = denied;
    assert_eq!(planned(&desired, &actual).refusals, []);
}
