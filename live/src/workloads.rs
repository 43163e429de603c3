//! The workloads in a cluster: observed, and changed.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, bail};
use graphscope::{Actual, Inputs};

use crate::cluster::Kube;
use crate::helm::Helm;
use crate::progress::Line;

/// How long pods of a release may take to let go of a claim.
const LETTING_GO: Duration = Duration::from_mins(2);

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

/// Deletes a claim once no pod uses it.
pub(crate) async fn delete_claim(
    kube: &Kube,
    namespace: &str,
    name: &str,
    line: &Line,
) -> anyhow::Result<()> {
    let limit = tokio::time::Instant::now() + LETTING_GO;
    loop {
        let users = kube.users_of(namespace, name).await?;
        if users.is_empty() {
            return kube.delete_claim(namespace, name).await;
        }
        line.observed(&format!("used by {}", users.join(", ")));
        if tokio::time::Instant::now() > limit {
            bail!(
                "`{namespace}/{name}` is still used by {}; what now: stop them, and run it again",
                users.join(", ")
            );
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
