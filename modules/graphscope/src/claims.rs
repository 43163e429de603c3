//! The claims that a workload needs before its chart is installed.

use serde::Serialize;

use crate::directories;
use crate::inputs::{Inputs, Workload};

/// A claim, for many pods at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// Its name.
    pub name: String,
    /// The directory that it holds.
    pub directory: String,
    /// Where pods have it.
    pub mounted_at: String,
    /// What it asks for.
    pub size: String,
}

impl Inputs {
    /// The claims that are made beforehand: those of which the chart could not
    /// name the class. The store's own data has a claim for each of its pods,
    /// which its chart makes from the class.
    pub fn claims(&self) -> Vec<Claim> {
        self.directories
            .iter()
            .filter(|(name, _)| !self.is_made_by_the_chart(name))
            .filter_map(|(name, size)| {
                let directory = directories::find(self.kind, name)?;
                Some(Claim {
                    name: format!("{}-{name}", self.name),
                    directory: name.clone(),
                    mounted_at: directory.shared_at?.to_owned(),
                    size: size.clone(),
                })
            })
            .collect()
    }

    fn is_made_by_the_chart(&self, directory: &str) -> bool {
        self.kind == Workload::Store && directory == "data"
    }
}
