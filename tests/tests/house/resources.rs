//! The code of a resource is in files of the same name on both sides: where it is planned, and
//! where its plan is applied.

use std::collections::BTreeSet;
use std::path::Path;

use tests::workspace;

/// Where resources are planned.
const PLANNED: &[&str] = &["modules/csi/efs/src/resources", "modules/graphscope/src/resources"];

/// Where their plans are applied.
const APPLIED: &str = "live/src/resources";

/// The names of the files and folders in a folder, without extensions and without `mod.rs`.
fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).expect("the folders of the rooms");
    let stems = entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_owned());
    let names = stems.map(|stem| stem.to_str().unwrap().to_owned());
    names.filter(|name| name != "mod").collect()
}

/// The resources that only one side has.
fn one_sided(workspace: &Path) -> Vec<String> {
    let applied = names(&workspace.join(APPLIED));
    let planned: BTreeSet<String> =
        PLANNED.iter().flat_map(|side| names(&workspace.join(side))).collect();
    planned.symmetric_difference(&applied).cloned().collect()
}

#[test]
fn a_resource_has_files_of_the_same_name_on_both_sides() {
    assert_eq!(one_sided(&workspace()), [""; 0], "resources on one side only");
}

#[test]
#[should_panic(expected = "the folders of the rooms")]
fn a_folder_that_is_missing_is_no_success() {
    one_sided(tempfile::tempdir().unwrap().path());
}

#[test]
fn a_resource_on_one_side_only_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let add = |side: &str, file: &str| {
        let path = folder.path().join(side).join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "").unwrap();
    };
    add(PLANNED[0], "mod.rs");
    add(PLANNED[0], "file_system.rs");
    add(PLANNED[1], "claim/mod.rs");
    add(APPLIED, "claim.rs");
    add(APPLIED, "file_system.rs");
    assert_eq!(one_sided(folder.path()), [""; 0]);
    add(APPLIED, "driver.rs");
    add(PLANNED[1], "release.rs");
    assert_eq!(one_sided(folder.path()), ["driver", "release"]);
}
