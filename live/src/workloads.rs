//! The workloads in a cluster: observed, and changed.

use std::collections::BTreeMap;

use anyhow::Context;
use graphscope::{Actual, Inputs};

use crate::cluster::Kube;
use crate::helm::Helm;

/// One workload, and Helm for its release.
pub(crate) struct Workload {
    pub(crate) inputs: Inputs,
    pub(crate) helm: Helm,
}

/// All of them, by the labels of their blocks.
pub(crate) type Workloads = BTreeMap<String, Workload>;

/// Prepares Helm for each workload.
pub(crate) fn prepare(
    asked: &[(String, Inputs)],
    helm: Option<&job::Helm>,
    kube: &Kube,
) -> anyhow::Result<Workloads> {
    let mut workloads = Workloads::new();
    for (label, inputs) in asked {
        let helm = helm.context("the workloads' charts need Helm")?;
        let helm = Helm::new(helm, kube, inputs.release()?)?;
        workloads.insert(label.clone(), Workload { inputs: inputs.clone(), helm });
    }
    Ok(workloads)
}

/// Observes every workload, all at once.
pub(crate) async fn observe(
    kube: &Kube,
    workloads: &Workloads,
    destroys: bool,
) -> anyhow::Result<BTreeMap<String, Actual>> {
    let all = workloads.iter().map(|(label, workload)| async move {
        let Workload { inputs, helm } = workload;
        let (claims, release) = tokio::try_join!(kube.claims_of_workload(inputs), helm.release())?;
        let needed = !destroys && inputs.needs_chart(release.as_ref())?;
        let chart = if needed { Some(helm.chart().await?) } else { None };
        anyhow::Ok((label.clone(), Actual { claims, release, chart }))
    });
    Ok(futures_util::future::try_join_all(all).await?.into_iter().collect())
}
