//! What older drivers do to the volumes of newer ones, and to classes on one file system.

use efs::{Actual, Desired, OtherClass, Plan, Volume, plan_together};
use plan::Scope;
use serde_json::{Value, json};

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
