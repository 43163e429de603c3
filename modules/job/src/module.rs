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
