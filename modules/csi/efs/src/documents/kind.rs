//! The configuration of a cluster of containers.

use serde::Serialize;

use super::template::{RenderError, render};

/// A cluster of containers whose workers share a folder of the machine, which
/// stands in for EFS there: no container can mount the real one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KindCluster {
    /// The image of the nodes; `kind` has a default of its own.
    pub image: Option<String>,
    /// The folder on this machine.
    pub shared: String,
    /// Where the workers have it.
    pub mounted: String,
}

impl KindCluster {
    /// The configuration file.
    pub fn document(&self) -> Result<String, RenderError> {
        render("kind.yaml", self)
    }
}
