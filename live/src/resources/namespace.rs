//! The namespace of a workload.

use graphscope::resources::namespace::Call;
use k8s_openapi::api::core::v1::Namespace;
use serde_json::json;

use crate::cluster::Kube;
use crate::context::{Context, Done};
use crate::progress::Line;

/// Whether a namespace exists.
pub(crate) async fn observe(kube: &Kube, name: &str) -> anyhow::Result<bool> {
    Ok(kube.get::<Namespace>(&kube.all(), name).await?.is_some())
}

/// Carries a call out.
pub(crate) async fn carry_out(context: &Context, call: &Call, line: &Line) -> anyhow::Result<Done> {
    let Call::Create { name } = call;
    line.state("creating");
    let kube = &context.cluster()?.kube;
    let object = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
    kube.apply::<Namespace>(&kube.all(), name, &object).await?;
    Ok(Done::that("created"))
}
