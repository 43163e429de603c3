//! Access points that stay for whoever mounts them, and those that nobody can mount.

use std::collections::BTreeSet;

use efs::resources::access_point::{self, Deletion, Seen};
use efs::resources::persistent_volume::unwanted_claims;
use efs::{Actual, Canary, Desired, LifeCycle, Volume};
use plan::{Action, Plan};
use serde_json::{Value, json};

use crate::access_points::{both, claim, made, refused, steps, with};
use crate::world::{
    account_and_cluster, apply, deployed, deployed_to_cluster, desired, inputs, planned, scope,
    three,
};

#[test]
fn without_a_cluster_those_stay_that_a_volume_there_may_name() {
    let mut found = deployed(&both(), three());
    let none = json!({ "access_points": {} });
    // The second time not even a document names it any more, and its volume is there all the same.
    for _ in 0..2 {
        let plan = planned(&desired(&none), &found);
        assert!(!steps(&plan).concat().contains("access_point["), "{:?}", steps(&plan));
        let told = plan.notes.concat();
        assert!(told.contains("fsap-00000001 (`/datasets`) stays: no cluster"), "{told}");
        assert!(told.contains("`cargo xtask access-points --delete fsap-00000001`"), "{told}");
        apply(&plan, &mut found);
    }
    assert!(!found.documents.contains_key("volumes.yaml"));
    assert_eq!(found.access_points.len(), 2);

    // Nor is it replaced under its volume, whose handle Kubernetes never changes.
    let found = deployed(&both(), three());
    let mut more = with("/datasets/root_directory/path", json!("/other"));
    let plan = planned(&desired(&more), &found);
    assert!(refused(&plan).contains("the place of fsap-00000001"), "{}", refused(&plan));
    assert_eq!(steps(&plan), [""; 0], "its document stays as it is");
    let asked_again = more.clone();
    more["access_points"]["datasets"].as_object_mut().unwrap().remove("claim");
    let plan = planned(&desired(&more), &found);
    assert_eq!(refused(&plan), "");
    assert!(!steps(&plan).concat().contains("Delete module.efs_csi.access_point["), "{plan:?}");

    let mut two = found.clone();
    apply(&plan, &mut two);
    let told = refused(&planned(&desired(&asked_again), &two));
    assert!(told.contains("the place of fsap-00000001"), "its volume is there still: {told}");

    let mut kept = both();
    kept["deletion_policy"] = json!("retain");
    let plan = efs::destroy(&scope(), &inputs(&kept), &found);
    assert!(!steps(&plan).concat().contains("access_point["), "{:?}", steps(&plan));
    let told = plan.notes.concat();
    assert!(
        told.contains("the access points fsap-00000001 (`/datasets`), fsap-00000002"),
        "{told}"
    );

    // One that never had a volume goes.
    let found = deployed(&json!({ "access_points": { "plain": {} } }), three());
    let gone = planned(&desired(&none), &found);
    assert_eq!(steps(&gone), ["Delete module.efs_csi.access_point[\"plain\"]"]);
}

#[test]
fn what_the_inputs_do_not_want_any_more_goes_by_its_id_once_no_volume_names_it() {
    let found = deployed(&both(), three());
    let by_id = |more: &Value, volumes: Vec<Volume>| {
        let (inputs, mut plan) = (inputs(more), Plan::<access_point::Call>::default());
        let (access_points, owner) = (found.access_points.clone(), inputs.owner());
        let deletion = Deletion::Named(vec![access_points[0].id.clone()]);
        let wanted = access_point::Wanted {
            owner: &owner,
            points: inputs.access_points.as_ref(),
            file_system: &found.file_system.as_ref().unwrap().id,
            deletion: &deletion,
        };
        let seen = Seen { access_points, volumes: Some(volumes), claims: Vec::new() };
        access_point::plan(&mut plan, &scope(), &wanted, &seen);
        (plan.changes.len(), plan.refusals.len())
    };
    assert_eq!(by_id(&both(), Vec::new()), (0, 1), "a deploy would make it again");
    let named = [found.access_points[0].id.to_string()].into();
    let volume = Volume { access_points: named, ..Volume::default() };
    for more in
        [json!({ "access_points": {} }), with("/datasets/root_directory/path", json!("/other"))]
    {
        assert_eq!(by_id(&more, Vec::new()), (1, 0));
        assert_eq!(by_id(&more, vec![volume.clone()]), (0, 1));
    }
}

#[test]
fn one_that_efs_could_not_make_is_made_anew_with_another_token_and_goes() {
    let wanted = json!({ "access_points": { "plain": {} } });
    let mut found = deployed(&wanted, three());
    found.access_points[0].life_cycle = LifeCycle::Other("error".to_owned());
    let plan = planned(&desired(&wanted), &found);
    let address = "module.efs_csi.access_point[\"plain\"]";
    assert_eq!(steps(&plan), [format!("Replace {address}"), format!("Delete {address}")]);
    assert!(plan.changes[0].reason.contains("fsap-00000001 is in the state `error`"), "{plan:?}");
    // Killed between the two.
    let mut half = found.clone();
    for call in &plan.changes[0].calls {
        crate::world::carry_out(call, &mut half);
    }
    assert_eq!(steps(&planned(&desired(&wanted), &half)), [format!("Delete {address}")]);
    // The world refuses a token that an access point has.
    apply(&plan, &mut found);
    assert_eq!(found.access_points.len(), 1);
    assert!(planned(&desired(&wanted), &found).is_empty());

    // Its volume was never made, as that waits for it.
    let mut found = deployed(&both(), three());
    found.documents.remove("volumes.yaml");
    found.access_points[0].life_cycle = LifeCycle::Other("error".to_owned());
    let plan = planned(&desired(&both()), &found);
    assert_eq!((refused(&plan).as_str(), plan.changes[0].action), ("", Action::Replace));
    apply(&plan, &mut found);
    assert!(planned(&desired(&both()), &found).is_empty());
}

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
    for (wanted, helps) in [(desired(&json!({})), true), (desired(&own), false)] {
        let plan = planned(&wanted, &actual);
        assert_eq!(plan.refusals[0].remedy.contains("--no-canary"), helps, "{:?}", plan.refusals);
    }
    assert_eq!(planned(&quiet, &actual).refusals, [], "it makes no claim there");
}

#[test]
fn only_what_a_plan_does_with_volumes_and_claims_takes_a_permission() {
    let all = ["create", "patch", "delete"].into_iter().flat_map(|verb| {
        [format!("{verb} persistentvolumes"), format!("{verb} persistentvolumeclaims in `graphs`")]
    });
    let all: Vec<String> = all.collect();
    let told = |inputs: &Value, mut found: Actual| {
        found.cluster.as_mut().unwrap().denied = all.clone();
        let quiet = Desired { canary: Canary::LeftOut, ..desired(inputs) };
        let refusals = planned(&quiet, &found).refusals;
        refusals.into_iter().map(|it| it.reason).collect::<Vec<_>>().join("; ")
    };
    let first = told(&both(), deployed_to_cluster(&json!({})));
    for word in ["create persistentvolumes", "create persistentvolumeclaims in `graphs`"] {
        assert!(first.contains(word) && !first.contains("delete"), "{first}");
    }
    let last = told(&json!({ "access_points": {} }), made());
    for word in ["delete persistentvolumes", "delete persistentvolumeclaims in `graphs`"] {
        assert!(last.contains(word) && !last.contains("create"), "{last}");
    }
    assert_eq!(told(&both(), made()), "", "nothing is done");
}

#[test]
fn who_may_not_change_volumes_is_told_so_where_nothing_else_changes() {
    let mut found = deployed_to_cluster(&json!({}));
    found.cluster.as_mut().unwrap().denied = vec!["patch persistentvolumes".to_owned()];
    let own = json!({ "access_points": { "a": { "volume": { "size": "1Gi" } } } });
    let wanted = Desired { canary: Canary::LeftOut, ..desired(&own) };
    let told = refused(&planned(&wanted, &found));
    assert!(told.contains("may not patch persistentvolumes"), "{told}");
}

#[test]
fn a_claim_that_the_inputs_take_back_from_its_volume_is_said_to_stay() {
    let with = |what: &str| json!({ "access_points": { "a": { what: { "size": "1Gi", "namespace": "graphs" } } } });
    let found = deployed_to_cluster(&with("claim"));
    let alone = json!({ "access_points": { "a": { "volume": { "size": "1Gi" } } } });
    let plan = planned(&desired(&alone), &found);
    assert!(
        plan.notes.iter().any(|note| note.starts_with("the claim graphs/")),
        "{:?}",
        plan.notes
    );
}
