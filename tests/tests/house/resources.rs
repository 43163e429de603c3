//! The code of a resource is in files of the same name on both sides: where it is planned, and
//! where its plan is applied.

use std::collections::BTreeSet;
use std::path::Path;

use tests::workspace;

/// Where resources are planned.
const PLANNED: &[&str] = &["modules/csi/efs/src/resources", "modules/graphscope/src/resources"];

/// Where their plans are applied.
const APPLIED: &str = "live/src/resources";

/// The names of the files and folders in a folder, without extensions and without `mod.rs`;
/// `None` if the folder does not exist.
fn names(folder: &Path) -> Option<BTreeSet<String>> {
    let entries = std::fs::read_dir(folder).ok()?;
    let stems = entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_owned());
    let names = stems.map(|stem| stem.to_str().unwrap().to_owned());
    Some(names.filter(|name| name != "mod").collect())
}

/// The resources that only one side has; `None` unless all folders exist.
fn one_sided(workspace: &Path) -> Option<Vec<String>> {
    let applied = names(&workspace.join(APPLIED))?;
    let sides: Vec<_> = PLANNED.iter().map(|side| names(&workspace.join(side))).collect();
    let sides: Option<Vec<_>> = sides.into_iter().collect();
    let planned: BTreeSet<String> = sides?.into_iter().flatten().collect();
    Some(planned.symmetric_difference(&applied).cloned().collect())
}

#[test]
fn a_resource_has_files_of_the_same_name_on_both_sides() {
    if let Some(one_sided) = one_sided(&workspace()) {
        assert_eq!(one_sided, [""; 0], "resources on one side only");
    }
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
    assert_eq!(one_sided(folder.path()), None);
    add(APPLIED, "claim.rs");
    add(APPLIED, "file_system.rs");
    assert_eq!(one_sided(folder.path()), Some(Vec::new()));
    add(APPLIED, "driver.rs");
    add(PLANNED[1], "release.rs");
    assert_eq!(one_sided(folder.path()), Some(vec!["driver".to_owned(), "release".to_owned()]));
}
