//! What a store's plan says: of the claims that its chart makes, and of its log.

use std::collections::BTreeMap;

use graphscope::resources::claim;
use graphscope::resources::stateful_set::{self, StatefulSet, Template};
use graphscope::{Actual, Call, DefaultClass, FoundClaim, Inputs, Plan, destroy};
use plan::Scope;
use serde_json::{Value, json};

use crate::inputs;
use crate::plans::{claim, deployed, planned, text, written};

/// The StatefulSet of a store whose pods' claims ask for so much of a class.
fn set(size: &str, class: &str) -> StatefulSet {
    let template = Template {
        class: Some(class.to_owned()),
        access_modes: vec!["ReadWriteOnce".to_owned()],
        size: Some(size.to_owned()),
    };
    StatefulSet {
        name: "graphscope-store".to_owned(),
        templates: BTreeMap::from([("data".to_owned(), template)]),
        uid: Some("5e7".to_owned()),
    }
}

/// A claim of the store's pod.
fn of_pod(size: &str) -> FoundClaim {
    let made = claim("data-graphscope-store-0", size);
    FoundClaim { ours: false, of_release: true, of_pod: true, ..made }
}

fn store(data: &str) -> Inputs {
    inputs("store", &json!({ "directories": { "data": data } }))
}

/// A store with 10Gi for each pod, and the plan that makes it one with `wanted`.
fn resized(wanted: &str, change: impl FnOnce(&mut Actual)) -> Plan {
    let mut actual = deployed(&store("10Gi"));
    actual.claims.push(of_pod("10Gi"));
    actual.stateful_sets = vec![set("10Gi", "efs-sc")];
    actual.rendered = vec![set(wanted, "efs-sc")];
    change(&mut actual);
    planned("store", &store(wanted), &actual, &[], false)
}

fn calls(plan: &Plan) -> Vec<&'static str> {
    let name = |call: &Call| match call {
        Call::Claim(claim::Call::Grow { .. }) => "grow",
        Call::Expand(_) => "expand",
        Call::StatefulSet(stateful_set::Call::DeleteWithoutPods { .. }) => "orphan",
        Call::Release(_) => "upgrade",
        other => panic!("{other:?}"),
    };
    plan.changes.iter().flat_map(|change| &change.calls).map(name).collect()
}

#[test]
fn the_claims_of_pods_grow_before_their_statefulset_is_made_anew_around_the_pods() {
    let plan = resized("20Gi", |_| {});
    insta::assert_snapshot!(text(&plan));
    assert_eq!(calls(&plan), ["grow", "expand", "orphan", "upgrade"]);
    assert_eq!(plan.needing_consent().count(), 0, "nothing is lost");
    for pair in plan.changes.windows(2) {
        assert!(pair[1].needs.contains(&pair[0].id), "{:?}", pair[1]);
    }
}

#[test]
fn what_a_killed_run_left_is_completed_from_there() {
    let expanded = resized("20Gi", |actual| {
        actual.claims.last_mut().unwrap().claim.requested = Some("20Gi".to_owned());
    });
    assert_eq!(calls(&expanded), ["expand", "orphan", "upgrade"]);
    let grown = resized("20Gi", |actual| *actual.claims.last_mut().unwrap() = of_pod("20Gi"));
    assert_eq!(calls(&grown), ["orphan", "upgrade"]);
    let without = resized("20Gi", |actual| actual.stateful_sets.clear());
    assert_eq!(calls(&without), ["grow", "expand", "upgrade"]);
    let larger = resized("20Gi", |actual| *actual.claims.last_mut().unwrap() = of_pod("30Gi"));
    assert_eq!(calls(&larger), ["orphan", "upgrade"], "grown by hand, and left so");
    let failed = resized("20Gi", |actual| {
        actual.release.as_mut().unwrap().status = kubernetes::release::Status::parse("failed");
    });
    assert_eq!(calls(&failed), ["grow", "expand", "orphan", "upgrade"]);
    let theirs = resized("20Gi", |actual| actual.release.as_mut().unwrap().ours = false);
    assert_eq!(calls(&theirs), [""; 0]);
}

#[test]
fn the_claims_of_pods_never_shrink_nor_change_their_class_and_grow_when_they_are_bound() {
    let shrunk = resized("5Gi", |_| {});
    assert!(shrunk.refusals[0].reason.contains("claims never shrink"));
    assert_eq!(shrunk.refusals[0].remedy, "keep `data = \"10Gi\"`");
    let moved = resized("10Gi", |actual| {
        actual.stateful_sets = vec![set("10Gi", "gp3")];
        actual.claims.last_mut().unwrap().class = Some("gp3".to_owned());
    });
    assert!(
        moved.refusals[0].reason.contains("`gp3`, which cannot be changed"),
        "{}",
        text(&moved)
    );
    let log = resized("10Gi", |actual| actual.rendered = vec![set("10Gi", "gp3")]);
    assert!(log.refusals.is_empty(), "{}", text(&log));
    assert!(log.warnings[0].text.contains("keeps its class `efs-sc`"), "{:?}", log.warnings);
    let pending = resized("20Gi", |actual| {
        let claim = &mut actual.claims.last_mut().unwrap().claim;
        claim.phase = "Pending".to_owned();
        (claim.capacity, claim.volume) = (None, None);
    });
    assert!(pending.refusals[0].reason.contains("only a bound claim grows"));
}

#[test]
fn a_claim_of_another_class_is_completed_by_that_class() {
    let plan = resized("20Gi", |actual| {
        let other = |size| vec![set(size, "gp3")];
        (actual.stateful_sets, actual.rendered) = (other("10Gi"), other("20Gi"));
        actual.claims.last_mut().unwrap().class = Some("gp3".to_owned());
    });
    assert_eq!(calls(&plan), ["grow", "orphan", "upgrade"]);
}

#[test]
fn documents_say_what_argo_cd_and_flux_cannot_do_where_data_grows() {
    let plan = |size: &str| planned("store", &store(size), &written(&store("10Gi")), &[], false);
    let grown = &plan("20Gi").warnings[0].remedy;
    assert!(grown.contains("--cascade=orphan --namespace graphscope"), "{grown}");
    assert!(grown.contains("app.kubernetes.io/instance=graphscope"), "{grown}");
    assert!(plan("5Gi").refusals[0].remedy.contains("10Gi"));
    assert!(plan("10Gi").warnings.is_empty());
}

#[test]
fn the_claims_that_a_chart_made_for_its_pods_go_and_stay_as_the_others_do() {
    let inputs = inputs("store", &json!({}));
    let mut actual = deployed(&inputs);
    let of_pod = FoundClaim { ours: false, of_release: true, ..claim("data-store-0", "100Gi") };
    actual.claims.push(of_pod);
    assert!(planned("store", &inputs, &actual, &[], true).is_empty(), "in use");
    let kept = destroy(&Scope::among("store"), &inputs, &actual, false);
    assert!(
        kept.notes.iter().any(|note| note.contains("`data-store-0` stays")),
        "{:?}",
        kept.notes
    );
    assert_eq!(destroy(&Scope::among("store"), &inputs, &actual, true).changes.len(), 3);
    actual.release.as_mut().unwrap().ours = false;
    assert_eq!(
        destroy(&Scope::among("store"), &inputs, &actual, true).changes.len(),
        1,
        "theirs stays"
    );
}

#[test]
fn a_store_is_warned_where_its_log_would_get_the_class_of_its_data_or_none() {
    let warned = |more: &Value, default: DefaultClass, documents: bool| {
        let inputs = inputs("store", more);
        let documents = documents.then(Default::default);
        let actual = Actual { default_class: default, documents, ..Actual::default() };
        planned("store", &inputs, &actual, &[], false).warnings
    };
    let ours = || DefaultClass::Named("efs-sc".to_owned());
    for documents in [false, true] {
        let told = warned(&json!({}), ours(), documents);
        assert!(told[0].text.contains("Kafka and ZooKeeper get the default class"), "{told:?}");
        assert!(warned(&json!({ "kafka_storage_class": "gp3" }), ours(), documents).is_empty());
    }
    assert!(warned(&json!({}), DefaultClass::Missing, false)[0].text.contains("stay pending"));
    assert!(warned(&json!({}), DefaultClass::Named("gp3".to_owned()), false).is_empty());
}

#[test]
fn a_claim_that_has_only_the_label_of_the_release_stays() {
    let inputs = inputs("store", &json!({}));
    let labelled = |name: &str, class: &str| FoundClaim {
        ours: false,
        of_release: true,
        class: Some(class.to_owned()),
        ..claim(name, "100Gi")
    };
    for (name, class, goes) in [
        ("data-graphscope-store-0", "gp3", true),
        ("kafka-data-graphscope-kafka-12", "gp3", true),
        ("uploads", "efs-sc", true),
        ("uploads", "gp3", false),
        ("data-mygraphscope-0", "gp3", false),
        ("data-graphscope", "gp3", false),
        ("graphscope-0", "gp3", false),
    ] {
        let mut actual = deployed(&inputs);
        let before = destroy(&Scope::among("store"), &inputs, &actual, true).changes.len();
        actual.claims.push(labelled(name, class));
        let plan = destroy(&Scope::among("store"), &inputs, &actual, true);
        assert_eq!(plan.changes.len() - before, usize::from(goes), "{name} of {class}");
        let noted = plan.notes.iter().any(|note| note.contains(&format!("`{name}` stays")));
        assert_eq!(noted, !goes, "{:?}", plan.notes);
    }
}
