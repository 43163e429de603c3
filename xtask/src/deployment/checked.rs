//! A deployment that passed every check.

use std::path::PathBuf;

use efs::resources::driver::DriverMode;
use job::{FileOutput, Module, ModuleInputs};

/// A deployment that passed every check: the modules of a file.
#[derive(Debug)]
pub(crate) struct Deployment {
    pub(crate) modules: Vec<Module>,
    /// The `output` blocks of its file.
    pub(crate) outputs: Vec<FileOutput>,
}

impl Deployment {
    /// The storage, by label.
    pub(crate) fn storage(&self) -> impl Iterator<Item = (&str, &efs::Inputs)> {
        self.modules.iter().filter_map(|module| match &module.inputs {
            ModuleInputs::Efs(inputs) => Some((module.label.as_str(), inputs.as_ref())),
            ModuleInputs::Network(_) | ModuleInputs::GraphScope(_) => None,
        })
    }

    /// The workloads, by label.
    pub(crate) fn workloads(&self) -> impl Iterator<Item = (&str, &graphscope::Inputs)> {
        self.modules.iter().filter_map(|module| match &module.inputs {
            ModuleInputs::GraphScope(inputs) => Some((module.label.as_str(), inputs)),
            ModuleInputs::Network(_) | ModuleInputs::Efs(_) => None,
        })
    }

    /// The modules without the workloads.
    pub(crate) fn without_workloads(mut self) -> Vec<Module> {
        self.modules.retain(|module| !matches!(module.inputs, ModuleInputs::GraphScope(_)));
        self.modules
    }

    /// The workloads alone.
    pub(crate) fn only_workloads(mut self) -> Vec<Module> {
        self.modules.retain(|module| matches!(module.inputs, ModuleInputs::GraphScope(_)));
        self.modules
    }

    /// The cluster that it is about.
    pub(crate) fn cluster(&self) -> &str {
        self.storage().next().map_or("", |(_, inputs)| &inputs.cluster_name)
    }

    /// Whether a chart of the driver is part of it.
    pub(crate) fn installs_chart(&self) -> bool {
        self.storage().any(|(_, inputs)| inputs.driver.mode.has_chart())
    }

    /// Whether EKS installs the driver as an add-on: a release of its chart may become that.
    pub(crate) fn has_addon(&self) -> bool {
        self.storage().any(|(_, inputs)| inputs.driver.mode == DriverMode::Addon)
    }

    /// The folder that is its own among those of other deployments.
    pub(crate) fn folder(&self) -> PathBuf {
        let mut storage = self.storage();
        let cluster = PathBuf::from(self.cluster());
        match (storage.next(), storage.next()) {
            (Some((_, only)), None) => cluster.join(&only.storage_class.name),
            _ => cluster,
        }
    }
}
