//! The release and the claims of a workload, as the inputs have them.

use kubernetes::RenderError;
use kubernetes::release::{self, Id, Release, Wanted};
use plan::Document;

use crate::inputs::Inputs;
use crate::resources::claim as claims;

impl Inputs {
    /// The workload's release.
    pub fn release_id(&self) -> Id {
        Id { name: self.name.clone(), namespace: self.namespace.clone() }
    }

    /// The workload's release as it should be.
    pub fn release(&self) -> Result<Wanted, RenderError> {
        Ok(Wanted {
            id: self.release_id(),
            chart_name: self.kind.chart().to_owned(),
            chart: self.helm_chart.clone(),
            version: self.helm_chart_version.clone(),
            digest: None,
            values: Document::literal(self.release_values()?),
            // The engines' chart mounts whatever items there are.
            marks: &[],
            owner: format!("{}/{}", self.namespace, self.name),
            written: self.written.clone(),
        })
    }

    /// Whether the release must be made or changed, and so its chart be looked at.
    pub fn needs_chart(&self, release: Option<&Release>) -> Result<bool, RenderError> {
        Ok(release::differs(&self.release()?, release))
    }

    /// What all of the workload's claims have in common.
    pub(crate) fn wanted(&self) -> claims::Wanted<'_> {
        claims::Wanted {
            namespace: &self.namespace,
            class: &self.storage_class_name,
            written: &self.written,
        }
    }
}
