//! Access points that stay for whoever mounts them, and those that nobody can mount.

use std::collections::BTreeSet;

use efs::resources::persistent_volume::unwanted_claims;
use efs::{Canary, Desired};
use serde_json::{Value, json};

use crate::access_points::{both, claim, made, refused};
use crate::world::{account_and_cluster, desired, inputs, planned, three};

#[test]
fn a_claim_that_the_inputs_do_not_ask_for_any_more_is_looked_at_with_its_pods_and_stays_with_them()
{
    let mut found = made();
    let volumes = found.cluster.as_ref().unwrap().static_volumes.volumes.clone();
    let unwanted = |more: &Value| {
        let inputs = inputs(more);
        unwanted_claims(&inputs.owner(), inputs.access_points.as_ref().unwrap(), &volumes)
    };
    let none = json!({ "access_points": {} });
    let mut without = both();
    without["access_points"]["datasets"].as_object_mut().unwrap().remove("claim");
    assert!(unwanted(&both()).is_empty());
    let claims = BTreeSet::from([("graphs".to_owned(), "datasets".to_owned())]);
    assert_eq!((unwanted(&none), unwanted(&without)), (claims.clone(), claims));
    claim(&mut found).used_by = vec!["graph-0".to_owned()];
    for more in [none, without] {
        let told = refused(&planned(&desired(&more), &found));
        assert!(told.contains("the pods graph-0 use its claim graphs/datasets"), "{told}");
    }
}

#[test]
fn who_may_not_make_claims_is_told_to_leave_the_check_out_only_where_that_helps() {
    let mut actual = account_and_cluster(three());
    let denied = vec!["create persistentvolumeclaims in kube-system".to_owned()];
    actual.cluster.as_mut().unwrap().denied = denied;
    let own = json!({ "access_points": { "a": { "volume": { "size": "1Gi" } } } });
    let quiet = Desired { canary: Canary::LeftOut, ..desired(&json!({})) };
    for (wanted, helps) in [(desired(&json!({})), true), (desired(&own), false), (quiet, false)] {
        let plan = planned(&wanted, &actual);
        assert_eq!(plan.refusals[0].remedy.contains("--no-canary"), helps, "{:?}", plan.refusals);
    }
}
