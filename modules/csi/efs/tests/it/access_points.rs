//! Access points that a deployment makes itself, with their volumes and claims.

use efs::resources::persistent_volume::FoundClaim;
use efs::{Actual, Inputs, Plan, Volume};
use inputs::Given;
use plan::{Action, Change};
use serde_json::{Value, json};

use crate::world::{
    account, apply, deployed, deployed_to_cluster, desired, inputs, planned, scope, three,
};

/// Datasets with a claim, and logs with a volume.
pub(crate) fn both() -> Value {
    json!({ "access_points": {
        "datasets": {
            "posix_user": { "uid": 1001, "gid": 1001, "secondary_gids": [7, 5] },
            "root_directory": {
                "path": "/datasets",
                "creation_info": { "owner_uid": 1001, "owner_gid": 1001, "permissions": "0750" },
            },
            "tags": { "team": "graphs" },
            "claim": { "namespace": "graphs", "size": "100Gi" },
        },
        "logs": { "deletion_policy": "retain", "volume": { "size": "1Gi", "mount_options": ["iam"] } },
    } })
}

/// The same with another value at a place.
pub(crate) fn with(pointer: &str, value: Value) -> Value {
    let mut all = both();
    *all.pointer_mut(&format!("/access_points{pointer}")).unwrap() = value;
    all
}

pub(crate) fn steps(plan: &Plan) -> Vec<String> {
    let step = |change: &Change<efs::Call>| format!("{:?} {}", change.action, change.address);
    plan.changes.iter().map(step).collect()
}

pub(crate) fn refused(plan: &Plan) -> String {
    let told = plan.refusals.iter().map(|it| format!("{}: {}; ", it.address, it.reason));
    told.collect::<Vec<_>>().concat()
}

/// The volumes as users of the file system, as the cluster lists them beside.
fn listed(actual: &mut Actual) {
    let cluster = actual.cluster.as_mut().unwrap();
    cluster.volumes = cluster
        .static_volumes
        .volumes
        .iter()
        .map(|volume| {
            let handle = volume.spec.handle.as_ref().unwrap().to_string();
            let point = handle.rsplit(':').next().unwrap().to_owned();
            Volume {
                name: volume.name.clone(),
                of_driver: true,
                access_points: [point].into(),
                claim: volume.spec.claim.clone(),
                handle,
                ..Volume::default()
            }
        })
        .collect();
}

pub(crate) fn made() -> Actual {
    let mut actual = deployed_to_cluster(&both());
    listed(&mut actual);
    actual
}

pub(crate) fn claim(actual: &mut Actual) -> &mut FoundClaim {
    let found = &mut actual.cluster.as_mut().unwrap().static_volumes;
    found.claims.get_mut("graphs/datasets").unwrap()
}

#[test]
fn each_is_made_once_with_its_volume_and_its_claim_and_a_second_run_finds_nothing() {
    let found = made();
    let names: Vec<&str> = found.access_points.iter().map(|it| it.tags["Name"].as_str()).collect();
    assert_eq!(names, ["datasets", "logs"]);
    let point = &found.access_points[0];
    assert_eq!((point.path.as_str(), point.tags["team"].as_str()), ("/datasets", "graphs"));
    assert_eq!(point.posix_user.as_ref().unwrap().secondary_gids, [7, 5]);
    let volumes = &found.cluster.as_ref().unwrap().static_volumes;
    let handle = volumes.volumes[0].spec.handle.as_ref().unwrap().to_string();
    assert_eq!(handle, "fs-0000000a::fsap-00000001");
    assert_eq!(volumes.claims.keys().collect::<Vec<_>>(), ["graphs/datasets"]);
    assert!(planned(&desired(&both()), &found).is_empty());
    // A driver of chart 4.0.0 or later writes `efs:` before a handle.
    let mut newer = found.clone();
    let volume = &mut newer.cluster.as_mut().unwrap().static_volumes.volumes[0];
    volume.spec.handle = Some(plan::Known::Now(format!("efs:{handle}")));
    assert!(planned(&desired(&both()), &newer).is_empty());
    let rows = efs::rows(&inputs(&both()), &found);
    let shown = rows.iter().filter(|row| ["access point", "volume"].contains(&row.resource));
    let shown: Vec<String> =
        shown.map(|row| format!("{} {} {}", row.name, row.state, row.detail)).collect();
    assert_eq!(
        shown,
        [
            "datasets available fsap-00000001 /datasets as 1001:1001",
            "logs available fsap-00000002 /",
            "efs-sc.datasets Bound fs-0000000a::fsap-00000001, of the claim graphs/datasets",
            "efs-sc.logs Available fs-0000000a::fsap-00000002",
        ]
    );
}

#[test]
fn tags_change_in_place_and_anything_else_takes_another_access_point_and_consent() {
    let mut without = both();
    without["access_points"]["datasets"].as_object_mut().unwrap().remove("claim");
    let with = |pointer: &str, value: Value| {
        let mut all = without.clone();
        *all.pointer_mut(&format!("/access_points{pointer}")).unwrap() = value;
        all
    };
    let found = deployed(&without, three());
    let tagged = planned(&desired(&with("/datasets/tags/team", json!("ml"))), &found);
    assert_eq!(steps(&tagged), ["Update module.efs_csi.access_point[\"datasets\"]"]);
    for (pointer, value, attribute) in [
        ("/datasets/root_directory/path", json!("/other"), "root_directory.path"),
        ("/datasets/posix_user/uid", json!(7), "posix_user.uid"),
        ("/datasets/posix_user/secondary_gids", json!([5]), "posix_user.secondary_gids"),
        (
            "/datasets/root_directory/creation_info/permissions",
            json!("700"),
            "root_directory.creation_info.permissions",
        ),
    ] {
        let more = with(pointer, value);
        let plan = planned(&desired(&more), &found);
        let [new, old] = plan.changes.as_slice() else { panic!("{:?}", steps(&plan)) };
        assert_eq!((new.action, old.action), (Action::Replace, Action::Delete), "{pointer}");
        let shown: Vec<&str> = new.differences.iter().map(|it| it.attribute.as_str()).collect();
        assert_eq!(shown, [attribute]);
        assert!(old.needs.contains(&new.id));
        assert!(new.reason.contains("files"), "it says what becomes of them: {}", new.reason);
        // Killed between the two: both are there, and the next run removes the old one.
        let mut half = found.clone();
        for call in &new.calls {
            crate::world::carry_out(call, &mut half);
        }
        let again = planned(&desired(&more), &half);
        assert_eq!(again.changes[0].id, old.id, "{:?}", steps(&again));
        let mut whole = found.clone();
        apply(&plan, &mut whole);
        assert!(planned(&desired(&more), &whole).is_empty(), "{pointer}");
        assert_eq!(whole.access_points.len(), 2);
    }
    // The same permissions in three digits are no difference.
    let same = with("/datasets/root_directory/creation_info/permissions", json!("750"));
    assert!(planned(&desired(&same), &found).is_empty());
}

#[test]
fn one_that_a_claim_mounts_is_never_replaced_under_it() {
    let mut found = made();
    let more = with("/datasets/root_directory/path", json!("/other"));
    let plan = planned(&desired(&more), &found);
    assert!(refused(&plan).contains("bound to the claim graphs/datasets"), "{}", refused(&plan));
    // Once a person deleted the claim, the volume is made anew with it.
    let cluster = found.cluster.as_mut().unwrap();
    cluster.static_volumes.claims.clear();
    cluster.static_volumes.volumes[0].phase = "Released".to_owned();
    let plan = planned(&desired(&more), &found);
    assert_eq!(refused(&plan), "");
    let expected = [
        "Replace module.efs_csi.access_point[\"datasets\"]",
        "Delete module.efs_csi.access_point[\"datasets\"]",
        "Replace module.efs_csi.persistent_volume[\"efs-sc.datasets\"]",
        "Create module.efs_csi.persistent_volume_claim[\"graphs/datasets\"]",
    ];
    assert_eq!(steps(&plan), expected);
    apply(&plan, &mut found);
    listed(&mut found);
    assert!(planned(&desired(&more), &found).is_empty());
}

#[test]
fn what_the_inputs_name_no_more_goes_unless_it_is_retained_or_in_use() {
    let mut found = made();
    let none = json!({ "access_points": {} });
    let plan = planned(&desired(&none), &found);
    assert!(plan.notes.iter().any(|it| it.contains("fsap-00000002 (`/`) stays")), "{plan:?}");
    let expected = [
        "Delete module.efs_csi.access_point[\"datasets\"]",
        "Delete module.efs_csi.persistent_volume_claim[\"graphs/datasets\"]",
        "Delete module.efs_csi.persistent_volume[\"efs-sc.datasets\"]",
    ];
    assert_eq!(steps(&plan), expected);
    assert!(plan.notes.iter().any(|it| it.contains("the volume efs-sc.logs stays")), "{plan:?}");
    // Where the inputs still name the access point, its volume goes when they ask for none.
    let without = planned(&desired(&with("/logs", json!({ "deletion_policy": "retain" }))), &found);
    assert_eq!(steps(&without), ["Delete module.efs_csi.persistent_volume[\"efs-sc.logs\"]"]);
    claim(&mut found).managed = false;
    let plan = planned(&desired(&none), &found);
    assert!(refused(&plan).contains("this deployment did not make"), "{}", refused(&plan));
    claim(&mut found).managed = true;
    let plan = planned(&desired(&none), &found);
    apply(&plan, &mut found);
    assert_eq!(found.access_points.len(), 1, "the retained one");
    let volumes = &found.cluster.as_ref().unwrap().static_volumes.volumes;
    assert_eq!(volumes.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["efs-sc.logs"]);
    listed(&mut found);
    assert!(planned(&desired(&none), &found).is_empty());
    // Where nobody says which there are, nobody looks, and nothing goes.
    assert!(planned(&desired(&json!({})), &made()).is_empty());
    // A volume of somebody else keeps the access point.
    let mut found = deployed_to_cluster(&both());
    listed(&mut found);
    let cluster = found.cluster.as_mut().unwrap();
    let by_hand = Volume { name: "by-hand".to_owned(), ..cluster.volumes[0].clone() };
    cluster.volumes.push(by_hand);
    let plan = planned(&desired(&none), &found);
    assert!(refused(&plan).contains("the volume by-hand of the claim"), "{}", refused(&plan));
}

#[test]
fn a_destroy_that_keeps_the_file_system_takes_them_down_and_one_that_does_not_asks_for_its_data() {
    let more = both();
    let mut kept = more.clone();
    kept["deletion_policy"] = json!("retain");
    let mut found = made();
    let plan = efs::destroy(&scope(), &inputs(&kept), &found);
    assert_eq!(refused(&plan), "");
    let gone: Vec<String> =
        steps(&plan).into_iter().filter(|it| it.contains("access_point[")).collect();
    assert_eq!(gone, ["Delete module.efs_csi.access_point[\"datasets\"]"]);
    let point = plan.changes.iter().find(|it| it.address.kind == "access_point").unwrap();
    let volume = plan.changes.iter().find(|it| it.address.kind == "persistent_volume").unwrap();
    let class = plan.changes.iter().find(|it| it.address.kind == "storage_class").unwrap();
    assert!(point.needs.contains(&volume.id) && class.needs.contains(&volume.id));
    assert!(plan.notes.iter().any(|it| it.contains("efs-sc.logs stays")), "{:?}", plan.notes);

    let plan = efs::destroy(&scope(), &inputs(&more), &found);
    let told = refused(&plan);
    assert!(told.contains("is in use: volume efs-sc.logs"), "a volume that stays: {told}");
    let cluster = found.cluster.as_mut().unwrap();
    cluster.volumes.retain(|it| it.name != "efs-sc.logs");
    cluster.static_volumes.volumes.retain(|it| it.name != "efs-sc.logs");
    let told = refused(&efs::destroy(&scope(), &inputs(&more), &found));
    assert!(told.contains("holds data: access point fsap-00000001"), "{told}");
    claim(&mut found).used_by = vec!["graph-0".to_owned()];
    let told = refused(&efs::destroy(&scope(), &inputs(&more), &found));
    assert!(told.contains("the pods graph-0 use its claim graphs/datasets"), "{told}");
}

#[test]
fn a_volume_that_is_mounted_with_iam_gives_the_nodes_an_identity() {
    assert!(inputs(&both()).mounts_with_iam());
    assert!(!inputs(&with("/logs/volume/mount_options", json!(["tls"]))).mounts_with_iam());
}

#[test]
fn a_directory_gets_the_volumes_as_a_document_that_is_never_pruned() {
    let found = deployed(&both(), three());
    let text = &found.documents["volumes.yaml"];
    assert!(text.contains("volumeHandle: \"fs-0000000a::fsap-00000001\""), "{text}");
    assert_eq!(text.matches("prune: disabled").count(), 3);
    assert!(found.documents["kustomization.yaml"].contains("volumes.yaml"));
    assert!(planned(&desired(&both()), &found).is_empty());
    let without = planned(&desired(&json!({ "access_points": {} })), &found);
    let last = without.changes.last().unwrap();
    assert_eq!(last.address.key.as_deref(), Some("volumes.yaml"));
    assert!(!planned(&desired(&both()), &account(three())).changes.is_empty());
}

#[test]
fn mistakes_are_found_all_at_once_with_their_places() {
    let mistakes = |points: Value| {
        let mut given: std::collections::BTreeMap<String, Given> = [
            ("aws_region", json!("eu-west-1")),
            ("cluster_name", json!("dev")),
            ("subnet_ids", json!(["subnet-00000001"])),
            ("security_group_id", json!("sg-00000001")),
        ]
        .map(|(name, value)| (name.to_owned(), Given::Literal(value)))
        .into();
        given.insert("access_points".to_owned(), Given::Literal(points));
        let found = Inputs::parse(&given).unwrap_err();
        let told = found.into_iter().map(|it| format!("{}; {}\n", it.message, it.remedy));
        told.collect::<Vec<_>>().concat()
    };
    let told = mistakes(json!({
        "A": 1,
        "UPPER": {},
        "a": { "posix_user": { "uid": 1 }, "root_dir": {} },
        "b": { "root_directory": { "path": "/1/2/3/4/5" }, "deletion_policy": "keep" },
        "c": { "claim": { "namespace": "x", "size": "lots" }, "volume": { "size": "1Gi" } },
        "d": { "root_directory": { "creation_info": { "owner_uid": -1, "owner_gid": 0,
            "permissions": "9" } } },
        "e": { "posix_user": { "uid": 1, "gid": 1, "secondary_gids": (0..17).collect::<Vec<_>>() } },
    }));
    for part in [
        "`access_points.A` is not an object",
        "UPPER",
        "in `access_points.a.posix_user`: `gid` is not given",
        "in `access_points.a`",
        "root_directory",
        "has 5 levels",
        "in `access_points.b`",
        "`lots` is not a size",
        "`volume` and `claim`",
        "in `access_points.d.root_directory.creation_info`",
        "`9` is not a set of POSIX permissions",
        "EFS takes 16 secondary groups",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let claim = json!({ "claim": { "namespace": "x", "name": "y", "size": "1Gi" } });
    let told = mistakes(json!({ "a": claim, "b": claim }));
    assert!(told.contains("two access points have the claim `x/y`"), "{told}");
}
