//! The templates of the storage's documents.

use std::sync::LazyLock;

use kubernetes::{RenderError, Templates};
use serde::Serialize;

static TEMPLATES: LazyLock<Templates> = LazyLock::new(|| {
    Templates::new(&[
        ("canary-claim.yaml", include_str!("../../../../templates/canary-claim.yaml.j2")),
        ("canary-pod.yaml", include_str!("../../../../templates/canary-pod.yaml.j2")),
        ("kustomization.yaml", include_str!("../../../../templates/kustomization.yaml.j2")),
        ("outputs-configmap.yaml", include_str!("../../../../templates/outputs-configmap.yaml.j2")),
        ("persistent-volume.yaml", include_str!("../../../../templates/persistent-volume.yaml.j2")),
        (
            "persistent-volume-claim.yaml",
            include_str!("../../../../templates/persistent-volume-claim.yaml.j2"),
        ),
        ("storageclass.yaml", include_str!("../../../../templates/storageclass.yaml.j2")),
        ("values.yaml", include_str!("../../../../templates/values.yaml.j2")),
    ])
});

/// Renders one of the templates.
pub(crate) fn render(
    template: &'static str,
    context: &impl Serialize,
) -> Result<String, RenderError> {
    TEMPLATES.render(template, context)
}
