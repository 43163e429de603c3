//! What a workload's plan says, for each kind of difference.

use std::time::Duration;

use graphscope::resources::{claim, namespace};
use graphscope::{Actual, Call, FoundClaim, Inputs, Plan, destroy, documents};
use inputs::Written;
use kubernetes::Preconditions;
use kubernetes::claim::Claim;
use kubernetes::release::{self, Record, Release, Status, Storage};
use plan::{Action, ChangeId, Scope, Styled};
use serde_json::{Value, json};

use crate::inputs;

pub(crate) fn text(plan: &Plan) -> String {
    Styled { plan, colour: false }.to_string()
}

pub(crate) fn claim(name: &str, size: &str) -> FoundClaim {
    FoundClaim {
        claim: Claim {
            namespace: "graphscope".to_owned(),
            name: name.to_owned(),
            phase: "Bound".to_owned(),
            volume: Some("pv".to_owned()),
            requested: Some(size.to_owned()),
            capacity: Some(size.to_owned()),
            ..Claim::default()
        },
        class: Some("efs-sc".to_owned()),
        access_modes: vec!["ReadWriteMany".to_owned()],
        ours: true,
        of_release: false,
        of_pod: false,
        reclaim_policy: Some("Delete".to_owned()),
    }
}

/// The plan that makes a workload what it should be.
pub(crate) fn planned(
    label: &str,
    inputs: &Inputs,
    actual: &Actual,
    needs: &[ChangeId],
    delete_data: bool,
) -> Plan {
    graphscope::plan(&Scope::among(label), inputs, actual, needs, delete_data).unwrap()
}

/// What is there after these inputs were deployed.
pub(crate) fn deployed(inputs: &Inputs) -> Actual {
    Actual {
        namespace: true,
        claims: inputs.claims().iter().map(|it| claim(&it.name, &it.size)).collect(),
        release: Some(Release {
            revision: 1,
            previous: None,
            status: Status::Deployed,
            chart: format!("{}-{}", inputs.kind.chart(), inputs.helm_chart_version),
            values: inputs.release_values().unwrap(),
            ours: true,
            owner: None,
            record: None,
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
    let needs = ["storage_class".into()];
    let plan = planned("engine", &inputs, &Actual::default(), &needs, false);
    insta::assert_snapshot!(text(&plan));
    let release = plan.changes.last().unwrap();
    assert_eq!(release.address.kind, release::KIND);
    assert_eq!(release.needs.len(), 4, "class, namespace and claims: {:?}", release.needs);
}

#[test]
fn a_namespace_that_is_missing_is_planned_once_for_all_workloads_in_it() {
    let mut whole = Plan::default();
    for label in ["engine", "second"] {
        let inputs = inputs("engine", &json!({ "name": label, "namespace": "graphs" }));
        whole.append(planned(label, &inputs, &Actual::default(), &[], false));
    }
    let created: Vec<_> =
        whole.changes.iter().filter(|change| change.address.kind == namespace::KIND).collect();
    assert_eq!(created.len(), 1, "{}", text(&whole));
    let create = Call::Namespace(namespace::Call::Create { name: "graphs".to_owned() });
    assert_eq!(created[0].calls, [create]);
    let others = whole.changes.iter().filter(|change| change.id != created[0].id);
    for change in others {
        assert!(change.needs.contains(&created[0].id), "{}: {:?}", change.id, change.needs);
    }
}

#[test]
fn after_a_deployment_there_is_nothing_to_do() {
    for kind in crate::KINDS {
        let inputs = inputs(kind, &json!({}));
        let plan = planned(kind, &inputs, &deployed(&inputs), &[], false);
        assert!(plan.is_empty(), "{}", text(&plan));
    }
}

#[test]
fn a_claim_grows_and_never_shrinks_or_changes_its_class() {
    let actual = deployed(&engine(&json!({ "datasets": "10Gi" })));
    let of = |inputs: &Inputs| planned("engine", inputs, &actual, &[], false);
    let grown = of(&engine(&json!({ "datasets": "20Gi" })));
    assert_eq!(grown.changes[0].action, Action::Update);
    assert_eq!(grown.needing_consent().count(), 0);
    let shown = text(&grown);
    assert!(shown.contains("~ storage  = \"10Gi\" -> \"20Gi\""), "{shown}");
    assert!(shown.contains("~ capacity = \"10Gi\" -> \"20Gi\""), "{shown}");
    let [Call::Claim(claim::Call::Apply { document, .. }), Call::Expand(expand)] =
        grown.changes[0].calls.as_slice()
    else {
        panic!("{:?}", grown.changes[0].calls);
    };
    assert!(document.contains("storage: \"20Gi\""), "{document}");
    assert_eq!((expand.volume.as_str(), expand.capacity.as_str()), ("pv", "20Gi"));
    let shrunk = of(&engine(&json!({ "datasets": "5Gi" })));
    assert!(shrunk.refusals[0].reason.contains("claims never shrink"));
    let moved = of(&inputs(
        "engine",
        &json!({ "directories": { "datasets": "10Gi" }, "storage_class_name": "another" }),
    ));
    assert_eq!(moved.refusals[0].reason, "the claim's class is `efs-sc`, which cannot be changed");
    assert!(moved.refusals[0].remedy.contains("storage_class_name = \"efs-sc\""));
}

#[test]
fn a_claim_is_completed_as_far_as_it_can_be() {
    let inputs = engine(&json!({ "datasets": "20Gi" }));
    let with = |somebody: fn(&mut FoundClaim)| {
        let mut actual = deployed(&inputs);
        somebody(&mut actual.claims[0]);
        planned("engine", &inputs, &actual, &[], false)
    };
    let calls = |plan: &Plan| -> Vec<&'static str> {
        let name = |call: &Call| match call {
            Call::Claim(claim::Call::Apply { .. }) => "apply",
            Call::Expand(_) => "expand",
            other => panic!("{other:?}"),
        };
        plan.changes.iter().flat_map(|change| &change.calls).map(name).collect()
    };
    // Grown by hand, or by a run that was killed before it completed the volume.
    let grown = with(|found| found.claim.capacity = Some("10Gi".to_owned()));
    assert_eq!(calls(&grown), ["expand"]);
    let unbound = with(|found| {
        found.claim.phase = "Pending".to_owned();
        (found.claim.capacity, found.claim.volume) = (None, None);
    });
    assert_eq!(calls(&unbound), [""; 0], "a volume is made as large as its claim");
    let larger = with(|found| found.claim.capacity = Some("30Gi".to_owned()));
    assert_eq!(calls(&larger), [""; 0]);
}

/// "spec is immutable after creation except resources.requests and volumeAttributesClassName for
/// bound claims" (the API server, of a claim that is not).
#[test]
fn a_claim_that_is_not_bound_cannot_grow_and_the_plan_says_what_to_do() {
    let mut actual = deployed(&engine(&json!({ "datasets": "10Gi" })));
    let claim = &mut actual.claims[0].claim;
    claim.phase = "Pending".to_owned();
    (claim.capacity, claim.volume) = (None, None);
    let refused = planned("engine", &engine(&json!({ "datasets": "20Gi" })), &actual, &[], false);
    let [refusal] = refused.refusals.as_slice() else { panic!("{}", text(&refused)) };
    assert_eq!(refusal.reason, "the claim is `Pending`, and only a bound claim grows");
    assert!(refusal.remedy.contains("can be deleted"), "{}", refusal.remedy);
}

#[test]
fn a_claim_for_one_pod_alone_is_refused() {
    let inputs = engine(&json!({ "datasets": "10Gi" }));
    let mut actual = deployed(&inputs);
    actual.claims[0].access_modes = vec!["ReadWriteOnce".to_owned()];
    let refused = planned("engine", &inputs, &actual, &[], false);
    assert!(refused.refusals[0].reason.contains("`ReadWriteOnce`"), "{}", text(&refused));
    assert!(refused.refusals[0].remedy.contains("another `name`"));
}

#[test]
fn a_claim_whose_data_goes_is_the_one_that_was_observed() {
    let mut actual = deployed(&engine(&json!({ "datasets": "10Gi" })));
    actual.claims[0].claim.uid = Some("77aa".to_owned());
    let destroyed = destroy(&Scope::among("engine"), &engine(&json!({})), &actual, true);
    let delete =
        destroyed.changes.iter().flat_map(|change| &change.calls).find_map(|call| match call {
            Call::Claim(claim::Call::Delete { uid, .. }) => Some(uid.as_deref()),
            _ => None,
        });
    assert_eq!(delete, Some(Some("77aa")));
}

#[test]
fn nothing_is_taken_from_under_a_release_that_helm_is_at_work_on() {
    let mut actual = deployed(&engine(&json!({ "datasets": "10Gi", "logs": "1Gi" })));
    let release = actual.release.as_mut().unwrap();
    release.status = Status::parse("pending-upgrade");
    release.record = Some(Record {
        storage: Storage::ConfigMap,
        name: "sh.helm.release.v1.graphscope.v1".to_owned(),
        preconditions: Preconditions::default(),
        age: Duration::ZERO,
        written_by: None,
    });
    let fewer = engine(&json!({ "datasets": "10Gi" }));
    let plan = planned("engine", &fewer, &actual, &[], true);
    assert_eq!(plan.waits.len(), 1);
    assert!(plan.changes[0].needs.contains(&plan.waits[0].id), "{:?}", plan.changes[0]);
}

#[test]
fn data_outlives_its_workload_without_delete_data_and_is_never_deleted_while_a_pod_uses_it() {
    let fewer = engine(&json!({ "datasets": "10Gi" }));
    let mut actual = deployed(&engine(&json!({ "datasets": "10Gi", "logs": "1Gi" })));
    let kept = planned("engine", &fewer, &actual, &[], false);
    assert!(kept.notes[0].contains("`graphscope-logs` stays with its data"), "{:?}", kept.notes);
    let gone = planned("engine", &fewer, &actual, &[], true);
    assert_eq!(gone.needing_consent().count(), 1);

    actual.release = None;
    for found in &mut actual.claims {
        found.claim.used_by.push("somebody".to_owned());
    }
    let refused = destroy(&Scope::among("engine"), &fewer, &actual, true);
    assert!(refused.refusals.iter().all(|it| it.reason.contains("pods use it: somebody")));
    assert_eq!(destroy(&Scope::among("engine"), &fewer, &actual, false).changes.len(), 0);
}

#[test]
fn a_claim_that_is_deleted_says_what_data_goes_with_it_and_how() {
    let inputs = inputs("engine", &json!({}));
    let mut lost = Vec::new();
    for policy in [Some("Delete"), None, Some("Retain")] {
        let mut actual = deployed(&inputs);
        for found in &mut actual.claims {
            found.reclaim_policy = policy.map(str::to_owned);
        }
        let plan = destroy(&Scope::among("fraud"), &inputs, &actual, true);
        let deletes = plan.changes.iter().filter(|it| it.address.kind == "persistent_volume_claim");
        let all: Vec<String> =
            deletes.flat_map(|it| &it.loses).map(|loss| loss.shown.clone()).collect();
        let stays = plan.notes.iter().any(|note| note.contains("stays with its data"));
        assert_eq!((all.is_empty(), stays), (policy == Some("Retain"), policy == Some("Retain")));
        lost.extend(all.into_iter().take(1));
        // A claim without a volume has no data.
        for found in &mut actual.claims {
            found.claim.volume = None;
        }
        let plan = destroy(&Scope::among("fraud"), &inputs, &actual, true);
        assert!(plan.changes.iter().all(|change| change.loses.is_empty()));
    }
    insta::assert_snapshot!(lost.join("\n"));
}

#[test]
fn what_was_not_made_here_is_refused() {
    let inputs = engine(&json!({ "datasets": "10Gi" }));
    let mut actual = deployed(&inputs);
    actual.claims[0].ours = false;
    actual.release.as_mut().unwrap().ours = false;
    let plan = planned("engine", &inputs, &actual, &[], false);
    assert_eq!(plan.refusals.len(), 2, "{}", text(&plan));
    assert!(plan.refusals.iter().all(|it| it.remedy.contains("another `name` or `namespace`")));
}

#[test]
fn remedies_name_the_flags_that_were_used() {
    let mut inputs = engine(&json!({ "datasets": "5Gi" }));
    inputs.written = Written::with_flags("workload-", ["name", "namespace", "directories"]);
    let mut actual = deployed(&engine(&json!({ "datasets": "10Gi" })));
    let shrunk = planned("engine", &inputs, &actual, &[], false);
    assert_eq!(shrunk.refusals[0].remedy, "keep `--workload-directories=datasets=10Gi`");
    actual.claims[0].ours = false;
    actual.release.as_mut().unwrap().ours = false;
    let theirs = planned("engine", &inputs, &actual, &[], false);
    let other = "give the workload another `--workload-name` or `--workload-namespace`";
    assert!(theirs.refusals.iter().all(|refusal| refusal.remedy == other), "{}", text(&theirs));
}

/// What is there after the documents of these inputs were written.
pub(crate) fn written(inputs: &Inputs) -> Actual {
    let written = documents(inputs, &[]).unwrap().into_iter();
    let written = written.map(|(name, text)| (name.to_owned(), text)).collect();
    Actual { documents: Some(written), ..Actual::default() }
}

#[test]
fn documents_are_written_after_the_class_and_then_there_is_nothing_to_do() {
    for kind in crate::KINDS {
        let inputs = inputs(kind, &json!({}));
        let nothing = Actual { documents: Some([].into()), ..Actual::default() };
        let needs = ["document.storageclass.yaml".into()];
        let first = planned(kind, &inputs, &nothing, &needs, false);
        assert_eq!(first.changes.len(), 3);
        assert!(first.changes.iter().all(|change| change.needs.contains(&needs[0])));
        let again = planned(kind, &inputs, &written(&inputs), &[], false);
        assert!(again.is_empty(), "{}", text(&again));
    }
}

#[test]
fn a_document_keeps_a_claim_that_is_wanted_no_more_and_none_shrinks_or_moves() {
    let both = engine(&json!({ "datasets": "10Gi", "logs": "1Gi" }));
    let one = engine(&json!({ "datasets": "10Gi" }));
    let kept = planned("engine", &one, &written(&both), &[], false);
    assert!(kept.notes[0].contains("`graphscope-logs` stays with its data"), "{:?}", kept.notes);
    assert_eq!(kept.changes.len(), 1, "the values: {}", text(&kept));
    let gone = planned("engine", &one, &written(&both), &[], true);
    assert!(text(&gone).contains("graphscope-logs"), "{}", text(&gone));
    assert_eq!(gone.changes.len(), 2);
    let shrunk = planned(
        "engine",
        &engine(&json!({ "datasets": "5Gi", "logs": "1Gi" })),
        &written(&both),
        &[],
        false,
    );
    assert!(shrunk.refusals[0].reason.contains("claims never shrink"));
    let moved = inputs(
        "engine",
        &json!({ "directories": { "datasets": "10Gi" }, "storage_class_name": "another" }),
    );
    let moved = planned("engine", &moved, &written(&one), &[], false);
    assert!(moved.refusals[0].reason.contains("which cannot be changed"));
}

#[test]
fn documents_go_and_their_claims_stay_without_delete_data() {
    let inputs = engine(&json!({ "datasets": "10Gi" }));
    let kept = destroy(&Scope::among("engine"), &inputs, &written(&inputs), false);
    assert_eq!(kept.changes.len(), 2);
    assert!(kept.notes[0].contains("`engine/claims.yaml` stays with the data"));
    assert_eq!(destroy(&Scope::among("engine"), &inputs, &written(&inputs), true).changes.len(), 3);
    let mut theirs = written(&inputs);
    theirs.documents.as_mut().unwrap().insert("values.yaml".to_owned(), "a: b\n".to_owned());
    let refused = planned("engine", &inputs, &theirs, &[], false);
    assert!(refused.refusals[0].remedy.contains("move that file away"));
    assert_eq!(
        destroy(&Scope::among("engine"), &inputs, &theirs, true).changes.len(),
        2,
        "theirs stays"
    );
}

#[test]
fn a_chart_archive_cannot_be_left_to_kustomize() {
    let inputs = inputs("engine", &json!({ "helm_chart": "./graphscope.tgz" }));
    let nothing = Actual { documents: Some([].into()), ..Actual::default() };
    let refused = planned("engine", &inputs, &nothing, &[], false);
    assert!(refused.refusals[0].reason.contains("kustomize takes no chart archive"));
}
