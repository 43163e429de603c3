//! One deployment, and what to do with it.

use std::path::PathBuf;

use plan::Scope;
use serde::{Deserialize, Serialize};

use crate::cluster::Destination;
use crate::file_output::FileOutput;
use crate::goal::Goal;
use crate::module::{DriverDocuments, Module, ModuleInputs};

/// One deployment, and what to do with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    pub goal: Goal,
    /// The modules that the goal is about, by label: one graph.
    pub modules: Vec<Module>,
    /// The `output` blocks of the file, by name.
    pub outputs: Vec<FileOutput>,
    /// Where the deployments of the file belong, each place once; also where the goal is about
    /// the workloads alone.
    pub places: Vec<place::Wanted>,
    /// Where Kubernetes objects go.
    pub target: Destination,
    /// Whether a driver that does not run yet is waited for.
    pub wait: bool,
    /// Whether deletions and replacements have consent.
    pub yes: bool,
    /// Where the page goes that shows when what happened.
    pub timeline: Option<PathBuf>,
}

impl Job {
    /// The networks, by label.
    pub fn networks(&self) -> impl Iterator<Item = (&str, &network::Inputs)> {
        self.modules.iter().filter_map(|module| match &module.inputs {
            ModuleInputs::Network(inputs) => Some((module.label.as_str(), inputs)),
            ModuleInputs::Efs(_) | ModuleInputs::GraphScope(_) => None,
        })
    }

    /// The storage, by label.
    pub fn storage(&self) -> impl Iterator<Item = (&str, &efs::Inputs)> {
        self.modules.iter().filter_map(|module| match &module.inputs {
            ModuleInputs::Efs(inputs) => Some((module.label.as_str(), inputs.as_ref())),
            ModuleInputs::Network(_) | ModuleInputs::GraphScope(_) => None,
        })
    }

    /// The workloads, by label.
    pub fn workloads(&self) -> impl Iterator<Item = (&str, &graphscope::Inputs)> {
        self.modules.iter().filter_map(|module| match &module.inputs {
            ModuleInputs::GraphScope(inputs) => Some((module.label.as_str(), inputs)),
            ModuleInputs::Network(_) | ModuleInputs::Efs(_) => None,
        })
    }

    /// The scope of a storage module.
    pub fn storage_scope(&self, label: &str) -> Scope {
        let module = self.modules.iter().find(|module| module.label == label);
        module.map_or_else(|| Scope::alone(label), Module::scope)
    }

    /// Where a storage module's driver is among the documents of its file.
    pub fn driver_documents(&self, label: &str) -> &DriverDocuments {
        let module = self.modules.iter().find(|module| module.label == label);
        module.map_or(&DriverDocuments::Own, |module| &module.driver)
    }

    /// The scope of a workload: there may always be several.
    pub fn workload_scope(label: &str) -> Scope {
        Scope::among(label)
    }
}
