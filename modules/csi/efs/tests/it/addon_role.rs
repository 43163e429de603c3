//! The role of an add-on, and how long a new one is waited for.

use efs::resources::addon;
use efs::{Actual, EksIdentity, IdentityFound, Plan};
use place::ClusterArn;
use serde_json::json;

use crate::addon::{after, eks, found, text, with, with_addon};
use crate::world::{apply, desired, planned};

#[test]
fn a_role_that_somebody_gave_it_is_sent_with_each_update_as_eks_would_take_it_away() {
    let role = "arn:aws:iam::111122223333:role/theirs";
    for identity in ["auto", "node", "none"] {
        let mut actual = with_addon(&json!({}));
        found(&mut actual).role_arn = Some(role.to_owned());
        let same = desired(&with(&json!({ "driver_identity": identity })));
        assert!(planned(&same, &actual).is_empty(), "{identity}");
        let other = json!({ "driver_identity": identity, "driver_log_level": 3 });
        let desired = desired(&with(&other));
        let plan = planned(&desired, &actual);
        assert!(text(&plan).contains("must be allowed to pass to EKS"), "{}", text(&plan));
        apply(&plan, &mut actual);
        assert_eq!(found(&mut actual).role_arn.as_deref(), Some(role), "{identity}");
        assert!(planned(&desired, &actual).is_empty());
    }
}

#[test]
fn an_add_on_that_goes_from_irsa_to_pod_identity_loses_its_role_as_that_would_win() {
    let arn = ClusterArn::parse("arn:aws:eks:eu-west-1:111122223333:cluster/dev").unwrap();
    let cluster = Some(EksIdentity { arn, issuer: None });
    let identity = Some(IdentityFound { cluster, ..IdentityFound::default() });
    let mut actual = Actual { identity, ..with_addon(&json!({})) };
    found(&mut actual).role_arn = Some("arn:aws:iam::111122223333:role/irsa".to_owned());
    let desired = desired(&with(&json!({ "driver_identity": "pod-identity" })));
    let plan = planned(&desired, &actual);
    apply(&plan, &mut actual);
    assert_eq!(found(&mut actual).role_arn, None);
    assert!(planned(&desired, &actual).is_empty());
}

#[test]
fn a_new_add_on_may_lack_pods_for_as_long_as_the_run_lasts_and_one_that_ran_may_not() {
    let waits = |plan: &Plan| {
        let calls = plan.changes.iter().flat_map(|change| &change.calls);
        calls
            .filter_map(|call| match call {
                efs::Call::Addon(addon::Call::UntilActive { is_new, .. }) => Some(*is_new),
                _ => None,
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(waits(&planned(&desired(&with(&json!({}))), &eks())), [true]);
    assert_eq!(waits(&after(&json!({ "driver_log_level": 3 }), |_| {})), [false]);
}
