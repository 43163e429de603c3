//! What the code declares, read from it: the properties of each room, and the inputs of the module.
//! This package links none of the crates that it tests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::Visit;
use syn::{Expr, Item, ItemConst, LitStr, Type};
use tests::workspace;

const MODULE: &str = "modules/csi/efs/src";

/// The tables of properties, by their file and name, and the kind of their resource.
const TABLES: &[(&str, &str, &str)] = &[
    ("access_point/declared.rs", "PROPERTIES", "access_point"),
    ("addon/spec.rs", "PROPERTIES", "eks_addon"),
    ("driver/csi_driver.rs", "PROPERTIES", "csi_driver"),
    ("file_system/spec.rs", "PROPERTIES", "file_system"),
    ("file_system/spec.rs", "TAGS", "file_system"),
    ("iam_role.rs", "POLICY_PROPERTIES", "iam_role_policy"),
    ("iam_role.rs", "PROPERTIES", "iam_role"),
    ("ingress.rs", "PROPERTIES", "security_group_rule"),
    ("mount_target/target.rs", "PROPERTIES", "mount_target"),
    ("oidc_provider.rs", "PROPERTIES", "oidc_provider"),
    ("persistent_volume/spec.rs", "CLAIM_PROPERTIES", "persistent_volume_claim"),
    ("persistent_volume/spec.rs", "PROPERTIES", "persistent_volume"),
    ("pod_identity_association.rs", "PROPERTIES", "pod_identity_association"),
    ("security_group.rs", "PROPERTIES", "security_group"),
    ("storage_class/spec.rs", "PROPERTIES", "storage_class"),
];

/// The table of the driver's release, which is that of any release.
const RELEASE: &str = "modules/kubernetes/src/release/spec.rs";

/// Every property, as the kind of its resource and its name.
pub(crate) fn properties() -> BTreeSet<(String, String)> {
    let rooms = workspace().join(MODULE).join("resources");
    let mut all: BTreeSet<(String, String)> = names(&workspace().join(RELEASE), "PROPERTIES")
        .into_iter()
        .map(|name| ("helm_release".to_owned(), name))
        .collect();
    for (file, table, kind) in TABLES {
        let names = names(&rooms.join(file), table);
        assert!(!names.is_empty(), "{file} has no {table}");
        all.extend(names.into_iter().map(|name| ((*kind).to_owned(), name)));
    }
    all
}

/// The names of the module's inputs, in their order: one table joins those of several files.
pub(crate) fn inputs() -> Vec<String> {
    let folder = workspace().join(MODULE).join("inputs");
    let schema = constants(&folder.join("schema.rs"));
    let Expr::Reference(joined) = &*schema["INPUTS"].expr else { panic!("`INPUTS` is a list") };
    let Expr::Call(joined) = &*joined.expr else { panic!("`INPUTS` joins tables") };
    let Some(Expr::Array(tables)) = joined.args.first() else { panic!("a list of tables") };
    let mut files = Vec::new();
    sources(&folder, &mut files);
    let of_table = |table: &Expr| {
        let Expr::Path(path) = table else { panic!("the name of a table") };
        let name = path.path.get_ident().unwrap().to_string();
        let found: Vec<String> = files.iter().flat_map(|file| names(file, &name)).collect();
        assert!(!found.is_empty(), "no file has the table {name}");
        found
    };
    tables.elems.iter().flat_map(of_table).collect()
}

/// The constants of a file by name.
fn constants(file: &Path) -> BTreeMap<String, ItemConst> {
    let text = std::fs::read_to_string(file).unwrap();
    let items = syn::parse_file(&text).unwrap().items.into_iter();
    let constants = items.filter_map(|item| match item {
        Item::Const(item) => Some((item.ident.to_string(), item)),
        _ => None,
    });
    constants.collect()
}

/// What the elements of a table are called: each is written out, or made by a function that takes
/// its name first, or a constant of the same file that is.
fn names(file: &Path, table: &str) -> Vec<String> {
    let constants = constants(file);
    let Some(Expr::Reference(list)) = constants.get(table).map(|item| &*item.expr) else {
        return Vec::new();
    };
    let Expr::Array(list) = &*list.expr else { return Vec::new() };
    let name = |element: &Expr| {
        let constant = match element {
            Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
            _ => None,
        };
        let mut texts = Texts(Vec::new());
        texts.visit_expr(constant.map_or(element, |name| &*constants[&name].expr));
        texts.0.swap_remove(0)
    };
    list.elems.iter().map(name).collect()
}

/// The texts of an expression, in their order.
struct Texts(Vec<String>);

impl<'ast> Visit<'ast> for Texts {
    fn visit_lit_str(&mut self, text: &'ast LitStr) {
        self.0.push(text.value());
    }
}

/// Whether a constant is a list of properties.
fn is_table(item: &ItemConst) -> bool {
    let Type::Reference(list) = &*item.ty else { return false };
    let Type::Slice(list) = &*list.elem else { return false };
    let Type::Path(of) = &*list.elem else { return false };
    of.path.segments.last().is_some_and(|it| it.ident == "Property")
}

fn sources(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, all);
        } else {
            all.push(path);
        }
    }
}

#[test]
fn every_table_of_properties_is_known() {
    let rooms = workspace().join(MODULE).join("resources");
    let mut files = Vec::new();
    sources(&rooms, &mut files);
    let mut found: Vec<(String, String)> = Vec::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|it| it == "rs")) {
        let place = file.strip_prefix(&rooms).unwrap().display().to_string();
        let tables = constants(file).into_iter().filter(|(_, item)| is_table(item));
        found.extend(tables.map(|(name, _)| (place.clone(), name)));
    }
    found.sort();
    let known: Vec<(String, String)> =
        TABLES.iter().map(|(file, name, _)| ((*file).to_owned(), (*name).to_owned())).collect();
    assert_eq!(found, known, "name the kind of each in `TABLES`");
}
