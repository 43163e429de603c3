//! Several classes on one file system, and classes that find it by a reference.

use efs::{Actual, Inputs, Led, OtherClass, Plan, Referred, Volume};
use inputs::Given;
use plan::Change;
use serde_json::{Value, json};

use crate::world::{
    account, account_and_cluster, apply, deployed, deployed_to_cluster, desired, inputs, planned,
    scope, subnet, three,
};

/// The engines' class, and one for the store's user.
fn two() -> Value {
    json!({
        "helm_chart_version": "2.5.6",
        "storage_classes": { "efs-store": { "uid": 1001, "gid": 1001, "base_path": "/store" } },
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut all = two();
    all["storage_classes"]["efs-store"][name] = value;
    all
}

fn steps(plan: &Plan) -> Vec<String> {
    let step = |change: &Change<efs::Call>| format!("{:?} {}", change.action, change.address);
    plan.changes.iter().map(step).collect()
}

fn class_steps(plan: &Plan) -> Vec<String> {
    steps(plan).into_iter().filter(|it| it.contains("storage_class")).collect()
}

const STORE: &str = "module.efs_csi.storage_class[\"efs-store\"]";
const OWN: &str = "module.efs_csi.storage_class[\"efs-sc\"]";

fn made() -> Actual {
    deployed_to_cluster(&two())
}

#[test]
fn each_class_is_made_on_the_same_file_system_with_its_own_user() {
    let found = made();
    let cluster = found.cluster.as_ref().unwrap();
    let store = &cluster.classes_beside["efs-store"];
    assert_eq!(store.file_system(), cluster.storage_class.as_ref().unwrap().file_system());
    let parameter = |name: &str| store.spec.parameters[name].to_string();
    assert_eq!((parameter("uid"), parameter("basePath")), ("1001".to_owned(), "/store".to_owned()));
    assert!(planned(&desired(&two()), &found).is_empty());
    let rows = efs::rows(&inputs(&two()), &found);
    let rows = rows.iter().filter(|row| row.resource == "storage class");
    let rows: Vec<(&str, bool)> = rows.map(|row| (row.name.as_str(), row.healthy)).collect();
    assert_eq!(rows, [("efs-sc", true), ("efs-store", true)]);
}

#[test]
fn one_changes_and_goes_by_itself_and_claims_stay() {
    let found = made();
    let plan = planned(&desired(&with("uid", json!(7))), &found);
    assert_eq!(steps(&plan), [format!("Replace {STORE}")]);
    let plan = planned(&desired(&json!({ "helm_chart_version": "2.5.6" })), &found);
    assert_eq!(steps(&plan), [format!("Delete {STORE}")]);
    assert!(plan.changes[0].reason.contains("claims and volumes of it stay"));
    let mut gone = found.clone();
    apply(&plan, &mut gone);
    assert!(gone.cluster.as_ref().unwrap().classes_beside.is_empty());
    // A class of that name that is somebody else's, or another deployment's, stays.
    for annotation in ["clockwork-codex/storage-class", "clockwork-codex/cluster"] {
        let mut foreign = found.clone();
        let classes = &mut foreign.cluster.as_mut().unwrap().classes_beside;
        let annotations = &mut classes.get_mut("efs-store").unwrap().spec.annotations;
        annotations.insert(annotation.to_owned(), "other".to_owned());
        let plan = planned(&desired(&two()), &foreign);
        assert_eq!(plan.refusals[0].address, STORE, "{annotation}");
        let plan = efs::destroy(&scope(), &inputs(&two()), &foreign);
        assert!(!steps(&plan).contains(&format!("Delete {STORE}")), "{annotation}");
    }
}

#[test]
fn a_destroy_takes_all_of_them_and_the_own_one_last() {
    let mut found = made();
    let plan = efs::destroy(&scope(), &inputs(&two()), &found);
    assert_eq!(plan.refusals, []);
    let expected = [format!("Delete {STORE}"), format!("Delete {OWN}")];
    assert_eq!(class_steps(&plan), expected);
    let of =
        |address: &str| plan.changes.iter().find(|it| it.address.to_string() == address).unwrap();
    assert!(of(OWN).needs.contains(&of(STORE).id));
    apply(&plan, &mut found);
    assert_eq!(found.file_system, None);
}

#[test]
fn the_driver_stays_for_volumes_of_a_class_that_the_inputs_do_not_name_any_more() {
    for stays in
        [json!({ "deletion_policy": "retain" }), json!({ "file_system_id": "fs-0000000a" })]
    {
        let mut found = made();
        found.cluster.as_mut().unwrap().volumes.push(Volume {
            name: "pv-1".to_owned(),
            handle: "fs-0000000a::fsap-1".to_owned(),
            of_driver: true,
            class: Some("efs-store".to_owned()),
            claim: Some("graphs/store".to_owned()),
            ..Volume::default()
        });
        let destroyed = |more: &Value| {
            let mut all = stays.clone();
            all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            efs::destroy(&scope(), &inputs(&all), &found)
        };
        let uninstalls = |plan: &Plan| steps(plan).iter().any(|it| it.contains("helm_release"));
        let plan = destroyed(&json!({ "helm_chart_version": "2.5.6" }));
        assert!(!uninstalls(&plan), "{stays}: {:?}", steps(&plan));
        let told = plan.notes.iter().any(|note| note.contains("pv-1"));
        assert!(told, "{stays}: {:?}", plan.notes);
        // Named, its claims are looked at: there are none, and the volume is the class's own.
        assert!(uninstalls(&destroyed(&two())), "{stays}");
    }
}

#[test]
fn the_document_of_the_others_says_what_is_replaced() {
    let found = deployed(&two(), three());
    let text = &found.documents["storageclasses.yaml"];
    assert!(text.contains("name: \"efs-store\"") && text.contains("fs-0000000a"), "{text}");
    assert!(found.documents["kustomization.yaml"].contains("storageclasses.yaml"));
    assert!(planned(&desired(&two()), &found).is_empty());
    let plan = planned(&desired(&with("uid", json!(7))), &found);
    assert_eq!(steps(&plan), ["Replace module.efs_csi.document[\"storageclasses.yaml\"]"]);
    let plan = planned(&desired(&with("allow_volume_expansion", json!(false))), &found);
    assert_eq!(steps(&plan), ["Update module.efs_csi.document[\"storageclasses.yaml\"]"]);
}

fn mistakes(more: &Value) -> Vec<String> {
    let mut all = json!({
        "aws_region": "eu-west-1",
        "cluster_name": "dev",
        "subnet_ids": ["subnet-00000001"],
        "security_group_id": "sg-00000001",
    });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let given = all.as_object().unwrap().iter();
    let given = given.map(|(name, value)| (name.clone(), Given::Literal(value.clone()))).collect();
    let found = Inputs::parse(&given).err().unwrap_or_default();
    found.into_iter().map(|it| format!("{}: {}; {}", it.input, it.message, it.remedy)).collect()
}

#[test]
fn mistakes_name_the_class_and_what_classes_cannot_have_together() {
    for (more, told) in [
        (json!({ "storage_classes": { "a": 1 } }), "`storage_classes.a` is not an object"),
        (json!({ "storage_classes": { "a": { "kms_key_id": "x" } } }), "in `storage_classes.a`"),
        (json!({ "storage_classes": { "A_b": {} } }), "in `storage_classes.A_b`"),
        (json!({ "storage_classes": { "efs-sc": {} } }), "is the module's own class"),
        (
            json!({ "storage_classes": { "a": { "sub_path_pattern": "${.PVC.name}" } } }),
            "would ignore `subPathPattern`",
        ),
        (
            json!({ "storage_classes": { "a": { "gid_range_start": 5, "gid_range_end": 9 } } }),
            "keeps one range for each file system",
        ),
        (
            json!({
                "default_storage_class": true,
                "storage_classes": { "a": { "default_storage_class": true } },
            }),
            "two classes are to be the default one",
        ),
        (
            json!({
                "availability_zone_name": "eu-west-1a",
                "storage_classes": { "a": { "mount_options": ["az=eu-west-1b"] } },
            }),
            "has its mount target in eu-west-1a",
        ),
        (
            json!({
                "allow_anonymous": false, "mount_options": ["iam"], "storage_classes": { "a": {} },
            }),
            "volumes of the class `a` mount without",
        ),
        (
            json!({
                "allow_anonymous": false,
                "mount_options": ["iam"],
                "access_points": {
                    "a": { "volume": { "size": "1Gi", "mount_options": ["iam"] } },
                    "b": { "claim": { "namespace": "x", "size": "1Gi" } },
                },
            }),
            "volumes of the access point `b` mount without",
        ),
    ] {
        let found = mistakes(&more);
        assert!(found.len() == 1 && found[0].contains(told), "{told}: {found:?}");
    }
    // From driver 1.7.0 on each class has a range of its own.
    let ranges = json!({
        "helm_chart_version": "2.5.6",
        "storage_classes": { "a": { "gid_range_start": 5, "gid_range_end": 9 } },
    });
    assert_eq!(mistakes(&ranges), [""; 0]);
}

#[test]
fn classes_of_one_file_system_go_to_the_zone_of_a_one_zone_file_system() {
    let mut more = two();
    more["availability_zone_name"] = json!("eu-west-1a");
    let found = deployed(&more, vec![subnet(1, 'a'), subnet(2, 'b'), subnet(3, 'c')]);
    assert!(found.documents["storageclasses.yaml"].contains("az=eu-west-1a"));
}

#[test]
fn a_class_beside_shares_no_range_with_that_of_somebody_else() {
    let more = json!({ "storage_classes": { "other": {} } });
    let mut found = deployed_to_cluster(&more);
    found.cluster.as_mut().unwrap().other_classes.push(OtherClass {
        name: "by-hand".to_owned(),
        file_system: Some("fs-0000000a".to_owned()),
        gid_range: Some((5, 9)),
        unknown: None,
    });
    let plan = planned(&desired(&more), &found);
    let refused: Vec<&str> = plan.refusals.iter().map(|it| it.address.as_str()).collect();
    assert_eq!(refused, [OWN, "module.efs_csi.storage_class[\"other\"]"]);
}

#[test]
fn a_driver_that_deletes_directories_of_a_one_zone_file_system_is_kept_in_its_zone() {
    let warned = |more: &Value| {
        let mut all = json!({
            "helm_chart_version": "4.4.1",
            "availability_zone_name": "eu-west-1a",
            "helm_values": { "controller": { "deleteAccessPointRootDir": true } },
        });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let plan = planned(&desired(&all), &account(three()));
        let told = plan.warnings.iter().map(|it| format!("{}; {}", it.text, it.remedy));
        told.filter(|it| it.contains("One Zone file system, and such volumes")).count()
    };
    assert_eq!(warned(&json!({})), 1);
    assert_eq!(warned(&json!({ "availability_zone_name": null })), 0);
    assert_eq!(warned(&json!({ "helm_values": null })), 0);
    let there = |zone: &str| json!({ "driver_controller_node_selector": { "topology.kubernetes.io/zone": zone } });
    assert_eq!((warned(&there("eu-west-1a")), warned(&there("eu-west-1b"))), (0, 1));
}

/// A class that finds its file system by a `ConfigMap`.
fn referring() -> Value {
    json!({
        "helm_chart_version": "3.2.6",
        "file_system_id_config_ref": "graphs/efs-sc-outputs/file_system_id",
    })
}

#[test]
fn a_reference_takes_the_place_of_the_id_and_is_followed() {
    let mut found = deployed_to_cluster(&referring());
    let class = found.cluster.as_ref().unwrap().storage_class.as_ref().unwrap();
    assert_eq!(
        class.spec.parameters["fileSystemIdConfigRef"].to_string(),
        "graphs/efs-sc-outputs/file_system_id"
    );
    assert!(!class.spec.parameters.contains_key("fileSystemId"));
    let led = |led: Led| Referred { file_system: Some(led), secret: None };
    let warned = |found: &mut Actual, to: Led| {
        let cluster = found.cluster.as_mut().unwrap();
        cluster.referred.insert("efs-sc".to_owned(), led(to));
        let plan = planned(&desired(&referring()), found);
        assert!(plan.is_empty());
        let told = plan.warnings.iter().map(|it| format!("{}; {}", it.text, it.remedy));
        told.filter(|it| it.contains("finds its file system by")).collect::<Vec<_>>()
    };
    let told = warned(&mut found, Led::Nowhere);
    assert!(told[0].contains("leads to nothing") && told[0].contains("config-map"), "{told:?}");
    let told = warned(&mut found, Led::To("fs-0000000b".to_owned()));
    assert!(told[0].contains("leads to fs-0000000b, and this deployment's is fs-0000000a"));
    assert_eq!(warned(&mut found, Led::To("fs-0000000a".to_owned())), [""; 0]);
    // Before the first deploy too: the id is known after it.
    let mut new = account_and_cluster(three());
    let cluster = new.cluster.as_mut().unwrap();
    cluster.referred.insert("efs-sc".to_owned(), led(Led::Nowhere));
    let plan = planned(&desired(&referring()), &new);
    let told = plan.warnings.iter().find(|it| it.text.contains("this deployment's is the new one"));
    assert!(told.is_some(), "{:?}", plan.warnings);
    // In a directory, the document is this deployment's although it has no id in it.
    let mut found = deployed(&referring(), three());
    found.file_system.as_mut().unwrap().metered_bytes = Some(1 << 30);
    assert_eq!(planned(&desired(&referring()), &found).questions, []);
}

#[test]
fn a_reference_is_refused_by_name_with_an_older_chart_and_where_it_names_no_key() {
    let older = |name: &str| mistakes(&json!({ name: "a/b/c", "helm_chart_version": "3.2.5" }));
    let newer = |more: &Value| {
        let mut more = more.clone();
        more["helm_chart_version"] = json!("3.2.6");
        mistakes(&more)
    };
    let told = older("file_system_id_config_ref");
    assert!(told[0].contains("`fileSystemIdConfigRef`") && told[0].contains("3.2.6"), "{told:?}");
    let told = older("file_system_id_secret_ref");
    assert!(told[0].contains("`fileSystemIdSecretRef`"), "{told:?}");
    for text in ["a/b", "a/b/", "a/b/c/d", "A/b/c", "a/b/c d"] {
        assert_eq!(newer(&json!({ "file_system_id_secret_ref": text })).len(), 1, "{text}");
    }
    let both =
        json!({ "file_system_id_secret_ref": "a/b/c", "file_system_id_config_ref": "a/b/c" });
    assert!(newer(&both)[0].contains("in a ConfigMap and in a Secret"));
    assert_eq!(newer(&json!({ "file_system_id_secret_ref": "a/b/c" })), [""; 0]);
}

/// Without the chart's value the driver may not read them, and every claim is pending.
#[test]
fn the_driver_is_let_read_what_a_class_refers_to() {
    let enabled = |more: Value| {
        let mut given = more;
        given["helm_chart_version"] = json!("3.2.6");
        let driver = inputs(&given).driver;
        driver.given_values().pointer("/controller/fileSystemIdRefs/enabled").cloned()
    };
    assert_eq!(enabled(json!({})), None);
    let refers = json!({ "file_system_id_config_ref": "storage/efs/id" });
    assert_eq!(enabled(refers.clone()), Some(json!(true)));
    assert_eq!(enabled(json!({ "storage_classes": { "b": refers.clone() } })), Some(json!(true)));
    // Who lets it read less, or otherwise, says so.
    let mut own = refers;
    own["helm_values"] = json!({ "controller": { "fileSystemIdRefs": { "enabled": false } } });
    assert_eq!(enabled(own), Some(json!(false)));
}
