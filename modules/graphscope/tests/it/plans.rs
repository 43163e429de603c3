//! What a workload's plan says, for each kind of difference.

use efs::{Action, Plan, Release, ReleaseStatus, Resource, Styled};
use graphscope::{Actual, FoundClaim, Inputs, destroy, plan};
use serde_json::{Value, json};

use crate::inputs;

fn text(plan: &Plan) -> String {
    Styled { plan, colour: false }.to_string()
}

fn claim(name: &str, size: &str) -> FoundClaim {
    FoundClaim {
        claim: efs::Claim {
            namespace: "graphscope".to_owned(),
            name: name.to_owned(),
            phase: "Bound".to_owned(),
            volume: Some("pv".to_owned()),
            requested: Some(size.to_owned()),
            capacity: Some(size.to_owned()),
            wants_more: false,
            used_by: Vec::new(),
        },
        class: Some("efs-sc".to_owned()),
        ours: true,
    }
}

/// What is there after these inputs were deployed.
fn deployed(inputs: &Inputs) -> Actual {
    Actual {
        claims: inputs.claims().iter().map(|it| claim(&it.name, &it.size)).collect(),
        release: Some(Release {
            revision: 1,
            status: ReleaseStatus::Deployed,
            chart: format!("{}-{}", inputs.kind.chart(), inputs.helm_chart_version),
            values: inputs.release_values().unwrap(),
            ours: true,
        }),
        chart: None,
    }
}

fn engine(sizes: &Value) -> Inputs {
    inputs("engine", &json!({ "directories": sizes }))
}

#[test]
fn a_first_deployment_makes_claims_after_the_class_and_the_release_after_them() {
    let inputs = engine(&json!({ "datasets": "10Gi", "logs": "1Gi" }));
    let needs = ["storage_class".to_owned()];
    let plan = plan("engine", &inputs, &Actual::default(), &needs, false).unwrap();
    insta::assert_snapshot!(text(&plan));
    let release = plan.steps.last().unwrap();
    assert_eq!(release.resource, Resource::HelmRelease);
    assert_eq!(release.needs.len(), 3, "the class and both claims: {:?}", release.needs);
}

#[test]
fn after_a_deployment_there_is_nothing_to_do() {
    for kind in crate::KINDS {
        let inputs = inputs(kind, &json!({}));
        let plan = plan(kind, &inputs, &deployed(&inputs), &[], false).unwrap();
        assert!(plan.is_empty(), "{}", text(&plan));
    }
}

#[test]
fn a_claim_grows_and_never_shrinks_or_changes_its_class() {
    let actual = deployed(&engine(&json!({ "datasets": "10Gi" })));
    let of = |inputs: &Inputs| plan("engine", inputs, &actual, &[], false).unwrap();
    let grown = of(&engine(&json!({ "datasets": "20Gi" })));
    assert_eq!(grown.steps[0].action, Action::Update);
    assert_eq!(grown.needing_consent().count(), 0);
    let shrunk = of(&engine(&json!({ "datasets": "5Gi" })));
    assert!(shrunk.refusals[0].reason.contains("claims never shrink"));
    let moved = of(&inputs(
        "engine",
        &json!({ "directories": { "datasets": "10Gi" }, "storage_class_name": "another" }),
    ));
    assert!(moved.refusals[0].remedy.contains("storage_class_name = \"efs-sc\""));
}

#[test]
fn data_outlives_what_used_it_unless_told_otherwise_and_never_goes_from_under_a_pod() {
    let fewer = engine(&json!({ "datasets": "10Gi" }));
    let mut actual = deployed(&engine(&json!({ "datasets": "10Gi", "logs": "1Gi" })));
    let kept = plan("engine", &fewer, &actual, &[], false).unwrap();
    assert!(kept.notes[0].contains("`graphscope-logs` stays with its data"), "{:?}", kept.notes);
    let gone = plan("engine", &fewer, &actual, &[], true).unwrap();
    assert_eq!(gone.needing_consent().count(), 1);

    actual.release = None;
    for found in &mut actual.claims {
        found.claim.used_by.push("somebody".to_owned());
    }
    let refused = destroy("engine", &fewer, &actual, true);
    assert!(refused.refusals.iter().all(|it| it.reason.contains("pods use it: somebody")));
    assert_eq!(destroy("engine", &fewer, &actual, false).steps.len(), 0);
}

#[test]
fn what_was_not_made_here_is_refused() {
    let inputs = engine(&json!({ "datasets": "10Gi" }));
    let mut actual = deployed(&inputs);
    actual.claims[0].ours = false;
    actual.release.as_mut().unwrap().ours = false;
    let plan = plan("engine", &inputs, &actual, &[], false).unwrap();
    assert_eq!(plan.refusals.len(), 2, "{}", text(&plan));
    assert!(plan.refusals.iter().all(|it| it.remedy.contains("another `name` or `namespace`")));
}
