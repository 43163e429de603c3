//! The modules of a job.

use serde::{Deserialize, Serialize};

/// One module block, read and checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Module {
    /// The label of its block.
    pub label: String,
    pub inputs: ModuleInputs,
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
