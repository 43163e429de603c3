//! The modules of a job.

use plan::Scope;
use serde::{Deserialize, Serialize};

/// One module block, read and checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Module {
    /// The label of its block.
    pub label: String,
    /// Whether its file has other modules of its kind, so that names need its label.
    pub shared: bool,
    pub inputs: ModuleInputs,
    /// Whose documents have the driver, where they are left in a directory: of the storage
    /// modules of a file, one.
    pub driver: DriverDocuments,
}

/// Where a storage module's driver is, among the documents of its file's modules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriverDocuments {
    /// Among its own, or nowhere.
    #[default]
    Own,
    /// Among its own, and these modules rely on it.
    Shared(Vec<String>),
    /// Among those of this module.
    Of(String),
}

impl DriverDocuments {
    /// The other module whose documents have the driver.
    pub fn elsewhere(&self) -> Option<&str> {
        match self {
            DriverDocuments::Of(label) => Some(label),
            DriverDocuments::Own | DriverDocuments::Shared(_) => None,
        }
    }

    /// The other modules that rely on the driver among these documents.
    pub fn users(&self) -> &[String] {
        match self {
            DriverDocuments::Shared(labels) => labels,
            DriverDocuments::Own | DriverDocuments::Of(_) => &[],
        }
    }
}

impl Module {
    /// Where its names are valid. With several of its kind in its file, they carry its
    /// label, also where a command is about one of them.
    pub fn scope(&self) -> Scope {
        if self.shared { Scope::among(&self.label) } else { Scope::alone(&self.label) }
    }
}

/// A module's inputs, by its source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModuleInputs {
    /// `./modules/network`
    Network(network::Inputs),
    /// `./modules/csi/efs`
    Efs(Box<efs::Inputs>),
    /// `./modules/graphscope`
    GraphScope(graphscope::Inputs),
}
