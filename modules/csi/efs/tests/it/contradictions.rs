//! Values that contradict each other or what is there: found before anything is called, or told.

use inputs::{Given, GivenInputs};
use serde_json::{Value, json};

use crate::world::{deployed, deployed_to_cluster, desired, planned, three};

/// The mistakes of these inputs beside the required ones.
fn mistakes(more: &Value) -> Vec<String> {
    let mut all = json!({
        "aws_region": "eu-west-1",
        "cluster_name": "dev",
        "subnet_ids": ["subnet-00000001"],
        "security_group_id": "sg-00000001",
    });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let literal = |(name, value): (&String, &Value)| (name.clone(), Given::Literal(value.clone()));
    let given: GivenInputs = all.as_object().unwrap().iter().map(literal).collect();
    let read = efs::Inputs::parse(&given).err().unwrap_or_default();
    read.iter().map(ToString::to_string).collect()
}

/// What is warned of with these inputs, where nobody looks at nodes.
fn warned(more: &Value) -> Vec<String> {
    let mut inputs = json!({ "uid": 1001, "gid": 1001 });
    inputs.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let plan = planned(&desired(&inputs), &deployed(&json!({}), three()));
    plan.warnings.into_iter().map(|warning| warning.text).collect()
}

#[test]
fn a_mount_option_that_the_driver_sets_itself_is_a_mistake() {
    let told = mistakes(&json!({ "mount_options": ["iam", "accesspoint=fsap-0123456789abcdef0"] }));
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("the driver sets `accesspoint` of each volume itself"), "{told:?}");
    assert_eq!(mistakes(&json!({ "mount_options": ["iam", "tls"] })), [""; 0]);
}

#[test]
fn a_chart_version_that_was_never_published_is_a_mistake_of_the_published_chart_alone() {
    for never in ["2.5.8", "3.1.0"] {
        let told = mistakes(&json!({ "helm_chart_version": never }));
        assert!(told[0].contains(&format!("there is no chart {never}")), "{told:?}");
        let own = json!({ "helm_chart_version": never, "helm_chart": "oci://example.com/efs" });
        assert_eq!(mistakes(&own), [""; 0]);
    }
    // What is newer than this program may well be there.
    assert_eq!(mistakes(&json!({ "helm_chart_version": "4.5.0" })), [""; 0]);
}

#[test]
fn a_registry_that_is_none_is_a_mistake() {
    for (registry, region, told) in [
        ("mirror", "eu-west-1", "is not a registry"),
        ("https://mirror.example.com", "eu-west-1", "is not a registry"),
        ("eks", "us-isof-east-1", "is not known here"),
    ] {
        let found = mistakes(&json!({ "image_registry": registry, "aws_region": region }));
        assert!(found[0].contains(told), "{registry}: {found:?}");
    }
}

#[test]
fn permissions_that_lock_the_owner_out_and_directories_of_several_claims_are_told() {
    for perms in ["077", "500", "0670"] {
        let told = warned(&json!({ "directory_perms": perms }));
        assert!(told.iter().any(|text| text.contains("every pod is that owner")), "{told:?}");
    }
    for perms in ["700", "0750", "777"] {
        let told = warned(&json!({ "directory_perms": perms }));
        assert!(!told.iter().any(|text| text.contains("directory_perms")), "{told:?}");
    }
    let shares = |pattern: &str, unique: Option<bool>| {
        let mut inputs = json!({ "helm_chart_version": "4.4.1", "sub_path_pattern": pattern });
        if let Some(unique) = unique {
            inputs["ensure_unique_directory"] = json!(unique);
        }
        warned(&inputs).iter().any(|text| text.contains("several claims one directory"))
    };
    assert!(shares("${.PVC.name}", Some(false)));
    assert!(shares("data", Some(false)));
    assert!(!shares("${.PVC.namespace}/${.PVC.name}", Some(false)));
    assert!(!shares("${.PV.name}", Some(false)));
    assert!(!shares("${.PVC.name}", None));
}

#[test]
fn what_aws_encrypted_all_the_same_is_a_note_and_nothing_to_do() {
    let unencrypted = json!({ "encrypted": false, "uid": 1001, "gid": 1001 });
    let found = deployed(&unencrypted, three());
    let told = planned(&desired(&unencrypted), &found);
    assert!(told.warnings.iter().any(|warning| warning.text.contains("not encrypted at rest")));
    let mut found = found;
    found.file_system.as_mut().unwrap().spec.encrypted = true;
    let told = planned(&desired(&unencrypted), &found);
    assert!(told.is_empty() && told.refusals.is_empty(), "{:?}", told.refusals);
    assert!(told.notes.iter().any(|note| note.contains("AWS encrypts it all the same")));
    assert_eq!(told.warnings, []);
    // The other way round is a refusal: no file system is ever encrypted later.
    found.file_system.as_mut().unwrap().spec.encrypted = false;
    let wanted = json!({ "uid": 1001, "gid": 1001 });
    assert_eq!(planned(&desired(&wanted), &found).refusals.len(), 1);
}

#[test]
fn an_upgrade_after_which_mounts_must_be_made_anew_says_so_and_no_other_does() {
    let told = |from: &str, to: &str| {
        let version = |of: &str| json!({ "helm_chart_version": of, "uid": 1001, "gid": 1001 });
        let plan = planned(&desired(&version(to)), &deployed_to_cluster(&version(from)));
        plan.warnings.iter().any(|warning| warning.text.contains("until they are made anew"))
    };
    assert!(told("2.4.5", "4.4.1"));
    assert!(told("2.5.7", "3.0.0"));
    assert!(!told("2.4.5", "2.5.7"));
    assert!(!told("3.4.1", "4.4.1"));
    assert!(!told("4.4.1", "4.4.1"));
}
