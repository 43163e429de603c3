//! The templates of the workloads' documents and of the examples.

use std::sync::LazyLock;

use kubernetes::{RenderError, Templates};
use serde::Serialize;

macro_rules! templates {
    ($($name:literal),+) => {
        &[$(($name, include_str!(concat!("../../../templates/", $name, ".j2")))),+]
    };
}

static TEMPLATES: LazyLock<Templates> = LazyLock::new(|| {
    Templates::new(templates![
        "example-header.yaml",
        "example-job.yaml",
        "graphscope-claims.yaml",
        "graphscope-kustomization.yaml",
        "graphscope-values-engine.yaml",
        "graphscope-values-interactive.yaml",
        "graphscope-values-store.yaml",
        "verify-claim.yaml",
        "verify-namespace.yaml"
    ])
});

/// Renders one of the templates.
pub(crate) fn render(
    template: &'static str,
    context: &impl Serialize,
) -> Result<String, RenderError> {
    TEMPLATES.render(template, context)
}
