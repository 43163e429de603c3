//! Access points that stay for whoever mounts them, and those that nobody can mount.

use efs::{Canary, Desired};
use serde_json::json;

use crate::world::{account_and_cluster, desired, planned, three};

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
