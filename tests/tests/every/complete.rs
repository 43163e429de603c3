//! Nothing is left out: every property of the code and every input of the module is in a deployment
//! here, and has its row in the reference. A new one fails here until it is.

use std::collections::BTreeSet;

use tests::page;

use crate::declared::{inputs, properties};
use crate::deployments::{DEPLOYMENTS, FIXED, Fixed};

#[test]
fn every_property_that_the_code_declares_drifts_in_a_deployment_here_or_never_changes() {
    let mut covered: BTreeSet<(String, String)> =
        DEPLOYMENTS.iter().flat_map(|deployment| deployment.drifts()).collect();
    for (kind, name, _, fixed) in FIXED {
        if let Fixed::Alone(why) = fixed {
            assert!(!why.is_empty(), "{kind} {name}");
        }
        let new = covered.insert(((*kind).to_owned(), (*name).to_owned()));
        assert!(new, "{kind} {name} drifts, and is said never to change");
    }
    assert_eq!(covered, properties(), "give it to the `drifts` of a deployment, or to `FIXED`");
}

#[test]
fn every_input_of_the_module_is_set_by_a_deployment_here() {
    let declared = inputs();
    assert!(declared.len() > 80, "{declared:?}");
    let set: BTreeSet<&str> =
        DEPLOYMENTS.iter().flat_map(|it| it.inputs.iter().map(|(name, _)| *name)).collect();
    let declared: BTreeSet<&str> = declared.iter().map(String::as_str).collect();
    assert_eq!(set, declared, "give it a value in one of `DEPLOYMENTS`");
    // What stands in a further deployment says why it does not stand in the first one.
    let all = DEPLOYMENTS[1..].iter();
    assert!(all.clone().all(|it| !it.why.is_empty()) && DEPLOYMENTS[0].why.is_empty());
}

#[test]
fn every_input_has_its_row_in_the_reference_and_no_row_is_of_another() {
    let reference = page("docs/reference.md");
    let section = reference.split("## Inputs of `./modules/csi/efs`\n").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let names = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    assert_eq!(names.collect::<Vec<_>>(), inputs());
}

/// What a property of a file system is called by the input that sets it, so that a plan names what
/// people wrote.
#[test]
fn every_property_of_a_file_system_is_named_as_its_input() {
    let inputs = inputs();
    for (kind, name) in properties() {
        assert!(kind != "file_system" || inputs.contains(&name), "{name}");
    }
}
