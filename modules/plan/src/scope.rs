//! Where a module's names are valid: ids of changes, addresses, and files.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::id::ChangeId;

/// The module block that a plan is made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The label of the module block.
    pub module: String,
    /// Whether another module of the same plan has resources of the same kinds.
    shared: bool,
}

impl Scope {
    /// The only module of its kind: its changes have plain names, and its files
    /// are at the top of the directory.
    pub fn alone(module: &str) -> Scope {
        Scope { module: module.to_owned(), shared: false }
    }

    /// One of several modules: its label is part of all names, and a folder of
    /// the directory.
    pub fn among(module: &str) -> Scope {
        Scope { module: module.to_owned(), shared: true }
    }

    /// The module's label, where names need it to be unique.
    pub fn label(&self) -> Option<&str> {
        self.shared.then_some(&self.module)
    }

    /// The id of a change of this module.
    pub fn id(&self, name: impl fmt::Display) -> ChangeId {
        if self.shared { format!("{}.{name}", self.module) } else { name.to_string() }.into()
    }

    /// The address of one of its resources.
    pub fn address(&self, kind: &'static str, key: Option<&str>) -> Address {
        Address { module: self.module.clone(), kind, key: key.map(str::to_owned) }
    }

    /// The path of one of its files, below the directory.
    pub fn path(&self, file: &str) -> String {
        if self.shared { format!("{}/{file}", folder(&self.module)) } else { file.to_owned() }
    }
}

/// The folder of a module: its label, of which only letters, digits, `-` and `_` stand for
/// themselves, so that no key of a `for_each` leads anywhere else. `a["b"]` becomes `a.b`.
fn folder(label: &str) -> String {
    let (block, key) = label.split_once('[').unwrap_or((label, ""));
    let key = key.trim_end_matches(']').trim_matches('"');
    let mut folder = String::new();
    for c in block.chars() {
        escape(c, &mut folder);
    }
    if !key.is_empty() {
        folder.push('.');
    }
    for c in key.chars() {
        escape(c, &mut folder);
    }
    folder
}

fn escape(c: char, into: &mut String) {
    if c.is_alphanumeric() || c == '-' || c == '_' {
        into.push(c);
    } else {
        into.push_str(&format!("%{:X}", u32::from(c)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_a_module_stay_in_a_folder_of_its_label() {
        assert_eq!(Scope::alone("efs").path("a.yaml"), "a.yaml");
        for (label, path) in [
            ("efs", "efs/a.yaml"),
            ("efs[0]", "efs.0/a.yaml"),
            ("efs[\"logs\"]", "efs.logs/a.yaml"),
            ("efs[\"../..\"]", "efs.%2E%2E%2F%2E%2E/a.yaml"),
            ("efs[\"a.b\"]", "efs.a%2Eb/a.yaml"),
        ] {
            assert_eq!(Scope::among(label).path("a.yaml"), path);
        }
    }
}

/// Which resource, as people write it in HCL: `module.LABEL.KIND["KEY"]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    pub module: String,
    /// The kind of resource, such as `file_system`.
    pub kind: &'static str,
    /// Which one of its kind, where there may be several.
    pub key: Option<String>,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Address { module, kind, key } = self;
        match key {
            None => write!(f, "module.{module}.{kind}"),
            Some(key) => write!(f, "module.{module}.{kind}[\"{}\"]", key.escape_debug()),
        }
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
