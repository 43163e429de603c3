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
        if self.shared { format!("{}/{file}", self.module) } else { file.to_owned() }
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
