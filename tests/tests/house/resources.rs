//! The code of a resource is in files of the same name on both sides: where it is planned, and
//! where its plan is applied. A crate that plans resources has them in `src/resources`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::Item;
use tests::workspace;

use crate::sources;

/// The folder of a crate's resources.
const ROOMS: &str = "src/resources";

/// The crate that applies plans.
const APPLIES: &str = "live";

/// The functions and types of each resource in a folder, by the name of its file or folder.
type Rooms = BTreeMap<String, BTreeSet<String>>;

/// The folders of resources in all crates below a folder.
fn folders(folder: &Path) -> Vec<PathBuf> {
    let files = sources(folder);
    let rooms = files.iter().filter_map(|file| file.ancestors().find(|it| it.ends_with(ROOMS)));
    let rooms: BTreeSet<&Path> = rooms.collect();
    rooms.into_iter().map(Path::to_owned).collect()
}

/// The resources in a folder.
fn rooms(folder: &Path) -> Rooms {
    let mut rooms = Rooms::new();
    for file in sources(folder) {
        let within = file.strip_prefix(folder).unwrap().with_extension("");
        let name = within.components().next().unwrap().as_os_str().to_str().unwrap().to_owned();
        if name != "mod" {
            rooms.entry(name).or_default().extend(names(&std::fs::read_to_string(&file).unwrap()));
        }
    }
    rooms
}

/// The functions and types that a file has, or imports.
fn names(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for item in syn::parse_file(text).unwrap().items {
        match item {
            Item::Fn(function) => drop(names.insert(function.sig.ident.to_string())),
            Item::Enum(item) => drop(names.insert(item.ident.to_string())),
            Item::Use(item) => used(&item.tree, &mut names),
            _ => {}
        }
    }
    names
}

fn used(tree: &syn::UseTree, names: &mut BTreeSet<String>) {
    match tree {
        syn::UseTree::Path(path) => used(&path.tree, names),
        syn::UseTree::Name(name) => drop(names.insert(name.ident.to_string())),
        syn::UseTree::Group(group) => group.items.iter().for_each(|tree| used(tree, names)),
        syn::UseTree::Rename(_) | syn::UseTree::Glob(_) => {}
    }
}

/// What is wrong with the resources of a workspace.
fn wrong(workspace: &Path) -> Vec<String> {
    let (applying, planning): (Vec<PathBuf>, Vec<PathBuf>) = folders(workspace)
        .into_iter()
        .partition(|folder| folder.starts_with(workspace.join(APPLIES)));
    let [applying] = applying.as_slice() else { panic!("the folder of the rooms in `live`") };
    let (applied, mut planned) = (rooms(applying), Rooms::new());
    for folder in planning {
        planned.extend(rooms(&folder));
    }
    let mut wrong = Vec::new();
    for name in planned.keys().chain(applied.keys()).collect::<BTreeSet<_>>() {
        match (planned.get(name), applied.get(name)) {
            (Some(planned), Some(applied)) => {
                // What a check makes is gone at its end: there is nothing to observe, and what a
                // killed run left of it is swept.
                let looks = if planned.contains("Check") { "sweep" } else { "observe" };
                let parts = [("Call", planned), ("plan", planned), (looks, applied)];
                let parts = parts.into_iter().chain([("carry_out", applied)]);
                let missing = parts.filter(|(part, names)| !names.contains(*part));
                wrong.extend(missing.map(|(part, _)| format!("{name}: no `{part}`")));
            }
            (Some(_), None) => wrong.push(format!("{name}: not in `{APPLIES}`")),
            (None, _) => wrong.push(format!("{name}: planned nowhere")),
        }
    }
    wrong
}

#[test]
fn a_resource_is_planned_observed_and_carried_out_in_files_of_the_same_name() {
    assert_eq!(wrong(&workspace()), [""; 0]);
}

#[test]
fn the_architecture_names_the_files_of_every_resource() {
    let workspace = workspace();
    let page = std::fs::read_to_string(workspace.join("ARCHITECTURE.md")).unwrap();
    let mut unnamed = Vec::new();
    for folder in folders(&workspace) {
        let crate_folder = folder.strip_prefix(&workspace).unwrap().display().to_string();
        for name in rooms(&folder).into_keys() {
            let is_named = if crate_folder.starts_with(APPLIES) {
                page.contains(&format!("`{name}.rs`"))
            } else {
                let file = format!("`{crate_folder}/{name}");
                page.contains(&format!("{file}.rs`")) || page.contains(&format!("{file}/`"))
            };
            if !is_named {
                unnamed.push(format!("{crate_folder}/{name}"));
            }
        }
    }
    assert_eq!(unnamed, [""; 0], "the table of rooms lacks these");
}

#[test]
#[should_panic(expected = "the folder of the rooms in `live`")]
fn a_folder_that_is_missing_is_no_success() {
    wrong(tempfile::tempdir().unwrap().path());
}

#[test]
fn a_resource_on_one_side_only_or_without_its_parts_is_found_in_any_crate() {
    let folder = tempfile::tempdir().unwrap();
    let add = |file: &str, text: &str| {
        let path = folder.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let planned = "pub enum Call {} pub fn plan() {}";
    let applied = "pub(crate) async fn observe() {} pub(crate) async fn carry_out() {}";
    add("modules/csi/efs/src/resources/mod.rs", "pub mod file_system;");
    add("modules/csi/efs/src/resources/file_system.rs", planned);
    add("modules/graphscope/src/resources/claim/mod.rs", "pub use planning::{Call, plan};");
    add("live/src/resources/claim.rs", applied);
    add("live/src/resources/file_system.rs", applied);
    assert_eq!(wrong(folder.path()), [""; 0]);
    add("live/src/resources/claim.rs", "pub(crate) async fn observe() {}");
    add("live/src/resources/driver.rs", applied);
    add("modules/iam/src/resources/role.rs", planned);
    let expected = ["claim: no `carry_out`", "driver: planned nowhere", "role: not in `live`"];
    assert_eq!(wrong(folder.path()), expected);
}
