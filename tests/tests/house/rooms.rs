//! A resource has a room of the same name on both sides: where it is planned and where it
//! is carried out.

use std::collections::BTreeSet;
use std::path::Path;

use tests::workspace;

/// Where resources are planned; together they have the rooms of `CARRIED_OUT`.
const PLANNED: &[&str] = &["modules/csi/efs/src/resources", "modules/graphscope/src/resources"];

/// Where they are carried out.
const CARRIED_OUT: &str = "live/src/resources";

/// The rooms of a folder: its files and folders by name, without `mod.rs`. `None` where
/// there is no such folder.
fn rooms(folder: &Path) -> Option<BTreeSet<String>> {
    let entries = std::fs::read_dir(folder).ok()?;
    let names = entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_owned());
    let names = names.map(|name| name.to_str().unwrap().to_owned());
    Some(names.filter(|name| name != "mod").collect())
}

/// The rooms that one side has and the other lacks; `None` while a side has no folder.
fn lonely(workspace: &Path) -> Option<Vec<String>> {
    let carried_out = rooms(&workspace.join(CARRIED_OUT))?;
    let sides: Vec<_> = PLANNED.iter().map(|side| rooms(&workspace.join(side))).collect();
    let sides: Option<Vec<_>> = sides.into_iter().collect();
    let planned: BTreeSet<String> = sides?.into_iter().flatten().collect();
    Some(planned.symmetric_difference(&carried_out).cloned().collect())
}

#[test]
fn what_is_planned_in_one_room_is_carried_out_in_the_room_of_that_name() {
    if let Some(lonely) = lonely(&workspace()) {
        assert_eq!(lonely, [""; 0], "a room on one side only");
    }
}

#[test]
fn a_room_on_one_side_only_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let add = |side: &str, room: &str| {
        let path = folder.path().join(side).join(room);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "").unwrap();
    };
    add(PLANNED[0], "mod.rs");
    add(PLANNED[0], "file_system.rs");
    add(PLANNED[1], "claim/mod.rs");
    assert_eq!(lonely(folder.path()), None);
    add(CARRIED_OUT, "claim.rs");
    add(CARRIED_OUT, "file_system.rs");
    assert_eq!(lonely(folder.path()), Some(Vec::new()));
    add(CARRIED_OUT, "driver.rs");
    add(PLANNED[1], "release.rs");
    assert_eq!(lonely(folder.path()), Some(vec!["driver".to_owned(), "release".to_owned()]));
}
