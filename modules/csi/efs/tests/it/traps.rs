//! What older drivers do to the volumes of newer ones, and to classes on one file system.

use efs::resources::driver::{
    Beyond, Call, CsiDriver, CsiDriverFound, CsiDriverMade, CsiDriverSpec, Found, Made,
};
use efs::{Actual, Desired, OtherClass, Plan, Volume, plan_together};
use kubernetes::Preconditions;
use kubernetes::release::Id;
use plan::{Action, Change, Scope};
use serde_json::{Value, json};

use crate::addon::{eks, with};
use crate::world::{account_and_cluster, deployed_to_cluster, desired, planned, three};

/// The reasons and remedies of a plan's refusals.
fn refused(plan: &Plan) -> Vec<String> {
    plan.refusals.iter().map(|it| format!("{}; {}", it.reason, it.remedy)).collect()
}

/// The plan for a chart, in a cluster that has another one with volumes of these handles.
fn changed(from: &str, to: &str, handles: &[&str]) -> Plan {
    let version = |version: &str| json!({ "helm_chart_version": version });
    let mut actual = deployed_to_cluster(&version(from));
    let volume = |(number, handle): (usize, &&str)| Volume {
        name: format!("pv-{number}"),
        handle: (*handle).to_owned(),
        of_driver: !handle.contains(".example.com"),
        ..Volume::default()
    };
    actual.cluster.as_mut().unwrap().driver.volumes =
        handles.iter().enumerate().map(volume).collect();
    planned(&desired(&version(to)), &actual)
}

#[test]
fn a_driver_that_does_not_know_the_volumes_that_are_there_is_refused() {
    let newer = "efs:fs-0000000a::fsap-1";
    let told = refused(&changed("4.4.1", "3.4.1", &["fs-0000000a::fsap-0", newer]));
    assert!(told[0].contains("delete nothing: pv-1"), "{told:?}");
    assert!(told[0].contains("`helm_chart_version` 4.0.0 or later"), "{told:?}");
    for (from, to, handles) in [
        ("4.4.1", "4.0.0", &[newer][..]),
        ("3.4.1", "4.4.1", &[newer]),
        ("4.4.1", "3.4.1", &["fs-0000000a::fsap-0"]),
        ("4.4.1", "3.4.1", &["efs:files.example.com"]),
        ("3.4.1", "3.4.1", &[newer]),
    ] {
        let plan = changed(from, to, handles);
        assert_eq!(refused(&plan), [""; 0], "{from} to {to} with {handles:?}");
    }
}

#[test]
fn a_chart_whose_driver_cannot_go_on_with_the_mounts_that_are_there_is_refused() {
    let volume = "fs-0000000a::fsap-0";
    for from in ["4.4.1", "3.1.1"] {
        let told = refused(&changed(from, "2.5.6", &[volume]));
        assert!(told[0].contains("would hang when a node's pod is replaced"), "{told:?}");
        assert!(told[0].contains("set `helm_chart_version` to 3.1.1 or later"), "{told:?}");
    }
    for (from, to, handles) in [
        ("4.4.1", "2.5.6", &[][..]),
        ("4.4.1", "2.5.6", &["files.example.com:/a"]),
        ("4.4.1", "3.1.1", &[volume]),
        ("2.5.6", "2.4.5", &[volume]),
        ("2.5.6", "3.4.1", &[volume]),
    ] {
        let plan = changed(from, to, handles);
        assert_eq!(refused(&plan), [""; 0], "{from} to {to} with {handles:?}");
    }
}

/// The plan of a class beside another one of this file system and this range.
fn beside(more: &Value, file_system: &str, range: Option<(u32, u32)>) -> Plan {
    let mut actual = deployed_to_cluster(&json!({}));
    actual.cluster.as_mut().unwrap().other_classes = vec![OtherClass {
        name: "efs-b".to_owned(),
        file_system: Some(file_system.to_owned()),
        gid_range: range,
        unknown: None,
    }];
    planned(&desired(more), &actual)
}

/// The file system of the deployment of the defaults.
fn own_file_system() -> String {
    deployed_to_cluster(&json!({})).file_system.unwrap().id.to_string()
}

#[test]
fn an_old_driver_keeps_one_range_of_group_ids_for_all_classes_of_a_file_system() {
    let id = own_file_system();
    let told = refused(&beside(&json!({}), &id, Some((1000, 2000))));
    assert!(told[0].contains("50000 to 7000000"), "{told:?}");
    assert!(told[0].contains("`efs-b` 1000 to 2000"), "{told:?}");
    assert!(told[0].contains("2.5.0 or later"), "{told:?}");
    let own = json!({ "gid_range_start": 1000, "gid_range_end": 2000 });
    for (more, file_system, range) in [
        (own, id.as_str(), Some((1000, 2000))),
        (json!({ "uid": 1, "gid": 1 }), id.as_str(), Some((1000, 2000))),
        (json!({}), id.as_str(), None),
        (json!({}), "fs-0000000f", Some((1000, 2000))),
        (json!({ "helm_chart_version": "2.5.0" }), id.as_str(), Some((1000, 2000))),
        (json!({ "driver": "skip" }), id.as_str(), Some((1000, 2000))),
    ] {
        assert_eq!(refused(&beside(&more, file_system, range)), [""; 0], "{more} {range:?}");
    }
}

#[test]
fn and_so_do_two_modules_that_adopt_the_same_file_system() {
    let module = |label: &str, class: &str, start: u32| -> Desired {
        let more = json!({
            "file_system_id": "fs-0000000a",
            "storage_class_name": class,
            "gid_range_start": start,
            "gid_range_end": 9000,
        });
        Desired { scope: Scope::among(label), ..desired(&more) }
    };
    let actual: Actual = account_and_cluster(three());
    let plans = |start| {
        let (one, other) = (module("a", "efs-a", 1000), module("b", "efs-b", start));
        plan_together(&[(&one, &actual), (&other, &actual)]).unwrap()
    };
    let ranges = |plan: &Plan| refused(plan).iter().any(|told| told.contains("group ids"));
    let differing = plans(2000);
    assert!(!ranges(&differing[0]) && ranges(&differing[1]), "{:?}", refused(&differing[1]));
    assert!(!plans(1000).iter().any(ranges));
}

#[test]
fn two_ranges_of_group_ids_are_refused_with_a_driver_that_keeps_one() {
    let older = |last: u32| {
        let range = json!({ "gid_range_start": 50000, "gid_range_end": last });
        let mut actual = eks();
        let observed = actual.addon.as_mut().unwrap();
        observed.offered.last_mut().unwrap().version = "v1.5.8-eksbuild.1".to_owned();
        observed.kubernetes = Some("1.32".to_owned());
        observed.offered.remove(1);
        planned(&desired(&with(&json!({ "storage_classes": { "b": range } }))), &actual)
    };
    let plan = older(60000);
    let told: Vec<&str> = plan.refusals.iter().map(|it| it.reason.as_str()).collect();
    let [told] = *told else { panic!("{told:?}") };
    assert!(
        told.contains("those of `efs-sc` 50000 to 7000000: the driver of the add-on"),
        "{told}"
    );
    assert!(plan.refusals[0].remedy.contains("`addon_version` of driver 1.7.0 or later"));
    assert_eq!(older(7_000_000).refusals, [], "the same range");
    let newer =
        json!({ "storage_classes": { "b": { "gid_range_start": 50000, "gid_range_end": 60000 } } });
    assert_eq!(planned(&desired(&with(&newer)), &eks()).refusals, [], "driver 2.1.7");
}

#[test]
fn the_classes_of_a_second_module_are_held_against_the_same_add_on() {
    let module = |label: &str, more: &Value| -> Desired {
        let mut more = with(more);
        more["storage_class_name"] = label.into();
        Desired { scope: Scope::among(label), ..desired(&more) }
    };
    let one = module("a", &json!({}));
    let other = module("b", &json!({ "enable_tagging": true }));
    let actual = eks();
    let plans = plan_together(&[(&one, &actual), (&other, &actual)]).unwrap();
    assert_eq!(refused(&plans[0]), [""; 0]);
    let told = refused(&plans[1]);
    assert!(told.iter().any(|it| it.contains("would ignore `enableTagging`")), "{told:?}");
}

/// The plan for other settings of a driver that is found so.
fn upgraded(found: impl FnOnce(&mut Found)) -> Plan {
    let mut actual = deployed_to_cluster(&json!({}));
    found(&mut actual.cluster.as_mut().unwrap().driver);
    planned(&desired(&json!({ "driver_log_level": 5 })), &actual)
}

/// A CSIDriver that is there, of this release, and one that the chart makes.
fn csi_drivers(attached: bool, owner: Option<&str>, by_hook: bool) -> (CsiDriver, Option<Made>) {
    let spec = |attached: bool| CsiDriverSpec::of(&json!({ "attachRequired": attached }));
    let release =
        owner.map(|name| Id { name: name.to_owned(), namespace: "kube-system".to_owned() });
    let preconditions = Preconditions { uid: Some("7".to_owned()), resource_version: None };
    let found = CsiDriverFound { spec: spec(attached), release, preconditions };
    let made = CsiDriverMade { spec: spec(false), by_hook };
    (CsiDriver::There(found), Some(Made { csi_driver: Some(made), ..Made::default() }))
}

fn replaced(plan: &Plan) -> Option<&Change<efs::Call>> {
    plan.changes.iter().find(|change| change.action == Action::Replace)
}

#[test]
fn a_csi_driver_that_helm_cannot_change_or_take_over_is_replaced_before_the_release() {
    let ours = Some("aws-efs-csi-driver");
    for (attached, owner, why) in [
        (true, ours, "Kubernetes never changes these fields"),
        (false, None, "Helm takes over no object"),
        (false, Some("storage"), "Helm takes over no object"),
    ] {
        let plan = upgraded(|driver| {
            (driver.csi_driver, driver.made) = csi_drivers(attached, owner, false);
        });
        let change = replaced(&plan).unwrap_or_else(|| panic!("{attached} {owner:?}"));
        assert!(change.reason.starts_with(why), "{}", change.reason);
        let uid = Some("7".to_owned());
        let deletes = |call: &efs::Call| {
            matches!(call, efs::Call::Driver(Call::DeleteCsiDriver { observed: Some(it), .. })
                if it.uid == uid)
        };
        assert!(change.calls.iter().all(deletes), "the one that was observed: {change:?}");
        let release = plan.changes.iter().find(|it| it.address.kind == "helm_release").unwrap();
        assert!(release.needs.contains(&change.id), "{release:?}");
    }
    // It is changed in place, or a hook makes it anew and says so where that changes anything.
    for (attached, owner, by_hook, noted) in
        [(false, ours, false, false), (false, None, true, false), (true, None, true, true)]
    {
        let plan = upgraded(|driver| {
            (driver.csi_driver, driver.made) = csi_drivers(attached, owner, by_hook);
        });
        assert!(replaced(&plan).is_none(), "{owner:?} {by_hook}");
        let said = plan.notes.iter().any(|note| note.contains("with another attachRequired"));
        assert_eq!(said, noted, "{:?}", plan.notes);
    }
}

#[test]
fn a_csi_driver_that_is_gone_is_made_again_by_the_release_that_made_it() {
    let plan = |csi_driver, made| {
        let mut actual = deployed_to_cluster(&json!({}));
        let driver = &mut actual.cluster.as_mut().unwrap().driver;
        (driver.csi_driver, driver.made) = (csi_driver, made);
        planned(&desired(&json!({})), &actual)
    };
    let (there, makes_one) = csi_drivers(false, None, true);
    for (found, made) in [
        (CsiDriver::Unknown, makes_one.clone()),
        (there, makes_one.clone()),
        // A chart of somebody's that makes none: nothing would ever be right.
        (CsiDriver::Missing, Some(Made::default())),
        (CsiDriver::Missing, None),
    ] {
        assert_eq!(plan(found, made).changes.len(), 0);
    }
    let changes = plan(CsiDriver::Missing, makes_one).changes;
    assert_eq!(changes.len(), 1);
    assert!(changes[0].reason.contains("`efs.csi.aws.com` is gone"), "{}", changes[0].reason);
}

#[test]
fn a_role_that_allows_more_than_its_maker_may_is_refused_with_what_it_is() {
    let beyond = Beyond {
        role: "efs-csi-external-provisioner-role".to_owned(),
        lacking: vec!["create persistentvolumes".to_owned()],
    };
    let told = refused(&upgraded(|driver| {
        driver.made = Some(Made { beyond: vec![beyond], ..Made::default() });
    }));
    assert!(told[0].contains("`efs-csi-external-provisioner-role`"), "{told:?}");
    assert!(told[0].contains("make or bind such a role: create persistentvolumes"), "{told:?}");
    assert!(told[0].contains("`cargo xtask render --rbac`"), "{told:?}");
}
