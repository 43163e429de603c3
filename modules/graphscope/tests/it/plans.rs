//! What a workload's plan says, for each kind of difference.

use efs::{Action, Plan, Release, ReleaseStatus, Resource, Styled};
use graphscope::{Actual, Document, FoundClaim, Inputs, destroy, plan};
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
            ..efs::Claim::default()
        },
        class: Some("efs-sc".to_owned()),
        ours: true,
        of_release: false,
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
        ..Actual::default()
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
fn the_claims_that_a_chart_made_for_its_pods_go_and_stay_as_the_others_do() {
    let inputs = inputs("store", &json!({}));
    let mut actual = deployed(&inputs);
    let of_pod = FoundClaim { ours: false, of_release: true, ..claim("data-store-0", "100Gi") };
    actual.claims.push(of_pod);
    assert!(plan("store", &inputs, &actual, &[], true).unwrap().is_empty(), "in use");
    let kept = destroy("store", &inputs, &actual, false);
    assert!(
        kept.notes.iter().any(|note| note.contains("`data-store-0` stays")),
        "{:?}",
        kept.notes
    );
    assert_eq!(destroy("store", &inputs, &actual, true).steps.len(), 3);
    actual.release.as_mut().unwrap().ours = false;
    assert_eq!(destroy("store", &inputs, &actual, true).steps.len(), 1, "theirs stays");
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

/// What is there after the documents of these inputs were written.
fn written(inputs: &Inputs) -> Actual {
    let documents = Document::ALL
        .map(|document| (document.file_name().to_owned(), document.render(inputs).unwrap()));
    Actual { documents: Some(documents.into()), ..Actual::default() }
}

#[test]
fn documents_are_written_after_the_class_and_then_there_is_nothing_to_do() {
    for kind in crate::KINDS {
        let inputs = inputs(kind, &json!({}));
        let nothing = Actual { documents: Some([].into()), ..Actual::default() };
        let needs = ["document.storageclass.yaml".to_owned()];
        let first = plan(kind, &inputs, &nothing, &needs, false).unwrap();
        assert_eq!(first.steps.len(), 3);
        assert!(first.steps.iter().all(|step| step.needs.contains(&needs[0])));
        let again = plan(kind, &inputs, &written(&inputs), &[], false).unwrap();
        assert!(again.is_empty(), "{}", text(&again));
    }
}

#[test]
fn a_document_keeps_a_claim_that_is_wanted_no_more_and_none_shrinks_or_moves() {
    let both = engine(&json!({ "datasets": "10Gi", "logs": "1Gi" }));
    let one = engine(&json!({ "datasets": "10Gi" }));
    let kept = plan("engine", &one, &written(&both), &[], false).unwrap();
    assert!(kept.notes[0].contains("`graphscope-logs` stays with its data"), "{:?}", kept.notes);
    assert_eq!(kept.steps.len(), 1, "the values: {}", text(&kept));
    let gone = plan("engine", &one, &written(&both), &[], true).unwrap();
    assert!(text(&gone).contains("graphscope-logs"), "{}", text(&gone));
    assert_eq!(gone.steps.len(), 2);
    let shrunk = plan(
        "engine",
        &engine(&json!({ "datasets": "5Gi", "logs": "1Gi" })),
        &written(&both),
        &[],
        false,
    );
    assert!(shrunk.unwrap().refusals[0].reason.contains("claims never shrink"));
    let moved = inputs(
        "engine",
        &json!({ "directories": { "datasets": "10Gi" }, "storage_class_name": "another" }),
    );
    let moved = plan("engine", &moved, &written(&one), &[], false).unwrap();
    assert!(moved.refusals[0].reason.contains("a claim never changes its class"));
}

#[test]
fn documents_go_and_their_claims_stay_unless_told_otherwise() {
    let inputs = engine(&json!({ "datasets": "10Gi" }));
    let kept = destroy("engine", &inputs, &written(&inputs), false);
    assert_eq!(kept.steps.len(), 2);
    assert!(kept.notes[0].contains("`engine/claims.yaml` stays with the data"));
    assert_eq!(destroy("engine", &inputs, &written(&inputs), true).steps.len(), 3);
    let mut theirs = written(&inputs);
    theirs.documents.as_mut().unwrap().insert("values.yaml".to_owned(), "a: b\n".to_owned());
    let refused = plan("engine", &inputs, &theirs, &[], false).unwrap();
    assert!(refused.refusals[0].remedy.contains("move that file away"));
    assert_eq!(destroy("engine", &inputs, &theirs, true).steps.len(), 2, "theirs stays");
}

#[test]
fn a_chart_archive_cannot_be_left_to_kustomize() {
    let inputs = inputs("engine", &json!({ "helm_chart": "./graphscope.tgz" }));
    let nothing = Actual { documents: Some([].into()), ..Actual::default() };
    let refused = plan("engine", &inputs, &nothing, &[], false).unwrap();
    assert!(refused.refusals[0].reason.contains("kustomize takes no chart archive"));
}
