//! The driver moves from a release of its chart to an add-on of EKS and back, and mounts stay.

use efs::resources::addon;
use efs::resources::driver::{CsiDriver, Foreign, needs_chart};
use efs::{Actual, Plan, Volume};
use plan::Action;
use serde_json::json;

use crate::addon::{actions, found, observed, refused, text, with, with_addon};
use crate::world::{apply, carry_out, deployed_to_cluster, desired, inputs, planned};

fn refused_at_all(plan: &Plan, reason: &str) {
    let said = plan.refusals.iter().any(|refusal| refusal.reason.contains(reason));
    assert!(said, "{reason}: {:?}", plan.refusals);
}

/// A cluster with a release of the chart, where EKS could have the add-on.
fn with_release() -> Actual {
    Actual { addon: Some(observed()), ..deployed_to_cluster(&json!({})) }
}

#[test]
fn a_release_becomes_the_add_on_without_being_uninstalled() {
    let mut actual = with_release();
    let plan = planned(&desired(&with(&json!({}))), &actual);
    refused(&plan, "would find its fields in conflict", "`addon_resolve_conflicts` to `OVERWRITE`");
    let overwrite = desired(&with(&json!({ "addon_resolve_conflicts": "OVERWRITE" })));
    let plan = planned(&overwrite, &actual);
    insta::assert_snapshot!(text(&plan));
    let release = plan.changes.iter().find(|change| change.address.kind == "helm_release").unwrap();
    assert_eq!(release.needs.iter().map(plan::ChangeId::as_str).collect::<Vec<_>>(), ["eks_addon"]);
    // Killed when EKS has it and Helm has not forgotten it.
    let addon = plan.changes.iter().find(|change| change.address.kind == addon::KIND).unwrap();
    addon.calls.iter().for_each(|call| carry_out(call, &mut actual));
    let rest = planned(&overwrite, &actual);
    assert_eq!(actions(&rest), [(Action::Delete, "helm_release")]);
    apply(&rest, &mut actual);
    assert!(planned(&overwrite, &actual).is_empty());
}

fn driver(actual: &mut Actual) -> &mut efs::resources::driver::Found {
    &mut actual.cluster.as_mut().unwrap().driver
}

fn release(actual: &mut Actual) -> &mut kubernetes::release::Release {
    driver(actual).release.as_mut().unwrap()
}

#[test]
fn a_move_that_would_lose_mounts_is_refused() {
    let overwrite = desired(&with(&json!({ "addon_resolve_conflicts": "OVERWRITE" })));
    let tried = |somebody: fn(&mut Actual)| {
        let mut actual = with_release();
        somebody(&mut actual);
        planned(&overwrite, &actual)
    };
    refused(
        &tried(|actual| release(actual).values["nameOverride"] = json!("efs")),
        "the selectors of its workloads never change",
        "drain the nodes",
    );
    refused(
        &tried(|actual| release(actual).chart = "aws-efs-csi-driver-2.4.9".to_owned()),
        "mounts hang when a node's pod is replaced",
        "away from each node first",
    );
    refused(
        &tried(|actual| release(actual).ours = false),
        "is not managed by Clockwork Codex",
        "deploy once with `--driver adopt`",
    );
    refused(
        &tried(|actual| {
            driver(actual).volumes = vec![Volume {
                name: "pv-1".to_owned(),
                handle: "efs:fs-1::fsap-1".to_owned(),
                of_driver: true,
                ..Volume::default()
            }];
        }),
        "does not know the volumes of drivers from 3.0.0 on",
        "driver 3 or later",
    );
    refused(
        &tried(|actual| {
            driver(actual).foreign.push(Foreign::Manifests { namespace: "a".to_owned() });
        }),
        "by plain manifests in `a`",
        "--driver skip",
    );
    let warned = tried(|_| ());
    let told = warned.warnings.iter().any(|it| it.text.contains("efs-proxy in place of stunnel"));
    assert!(told, "{}", text(&warned));
}

#[test]
fn the_add_on_becomes_a_release_with_its_objects_and_mounts_staying() {
    let mut actual = with_addon(&json!({}));
    let driver = &mut actual.cluster.as_mut().unwrap().driver;
    driver.foreign.push(Foreign::AddOn);
    driver.applied_by_eks = true;
    let chart = desired(&json!({ "helm_chart_version": "4.4.1" }));
    refused_at_all(&planned(&desired(&json!({})), &actual), "drivers before 2.0.0 do not have");
    let plan = planned(&chart, &actual);
    insta::assert_snapshot!(text(&plan));
    assert_eq!(plan.refusals, []);
    // Killed between the two: what is left is the installation, which adopts what is there.
    let [addon, ..] = plan.changes.as_slice() else { panic!() };
    addon.calls.iter().for_each(|call| carry_out(call, &mut actual));
    let rest = planned(&chart, &actual);
    assert_eq!(actions(&rest), [(Action::Create, "helm_release")]);
    apply(&rest, &mut actual);
    assert!(planned(&chart, &actual).is_empty());

    let mut others = with_addon(&json!({}));
    found(&mut others).tags.clear();
    others.cluster.as_mut().unwrap().driver.foreign.push(Foreign::AddOn);
    let plan = planned(&chart, &others);
    assert!(plan.refusals[0].reason.contains("as an EKS add-on"), "{:?}", plan.refusals);
}

#[test]
fn an_add_on_stays_where_the_chart_would_have_other_selectors() {
    let mut actual = with_addon(&json!({}));
    driver(&mut actual).foreign.push(Foreign::AddOn);
    driver(&mut actual).applied_by_eks = true;
    for name in ["nameOverride", "fullnameOverride"] {
        let chart =
            |value: &str| json!({ "helm_chart_version": "4.4.1", "helm_values": { name: value } });
        let plan = planned(&desired(&chart("efs")), &actual);
        refused(&plan, "Helm cannot take them over", &format!("leave `{name}` out"));
        let plan = planned(&desired(&chart("")), &actual);
        assert_eq!(plan.refusals, [], "an empty one is the chart's own");
        assert_eq!(actions(&plan)[0], (Action::Delete, addon::KIND));
    }
}

#[test]
fn an_add_on_stays_that_is_in_another_namespace_or_that_eks_is_at_work_on() {
    let mut actual = with_addon(&json!({}));
    driver(&mut actual).foreign.push(Foreign::AddOn);
    driver(&mut actual).applied_by_eks = true;
    let chart = json!({ "helm_chart_version": "4.4.1", "namespace": "storage" });
    let plan = planned(&desired(&chart), &actual);
    refused(&plan, "install a second driver", "set `namespace` to \"kube-system\"");
    let chart = json!({ "helm_chart_version": "4.4.1" });
    for status in [addon::Status::Creating, addon::Status::Updating] {
        found(&mut actual).status = status;
        refused(&planned(&desired(&chart), &actual), "EKS is at work", "run the same command");
    }
}

#[test]
fn no_chart_is_fetched_where_eks_installs_the_driver() {
    let mut actual = with_release();
    let found = release(&mut actual).clone();
    for (more, fetched) in [
        (json!({}), true),
        (json!({ "driver": "adopt" }), true),
        (json!({ "driver": "addon" }), false),
    ] {
        let inputs = inputs(&more);
        let owner = inputs.owner();
        // Somebody deleted its CSIDriver.
        let needed = needs_chart(&inputs.driver(&owner), Some(&found), &CsiDriver::Missing);
        assert_eq!(needed.unwrap(), fetched, "{more}");
    }
}

#[test]
fn a_move_that_this_identity_may_not_finish_is_refused_before_it_begins() {
    let overwrite = desired(&with(&json!({ "addon_resolve_conflicts": "OVERWRITE" })));
    let mut actual = with_release();
    let lacks = "delete secrets in `kube-system`";
    actual.cluster.as_mut().unwrap().denied.push(lacks.to_owned());
    let plan = planned(&overwrite, &actual);
    refused_at_all(&plan, &format!("this identity may not {lacks}"));
}
