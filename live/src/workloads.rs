//! The workloads in a cluster, or in a directory: observed.

use std::collections::BTreeMap;
use std::path::Path;

use graphscope::{Actual, Document, FoundDocuments, Inputs};

use crate::cluster::Kube;
use crate::helm::Helm;

/// One workload, and Helm for its release.
pub(crate) struct Workload {
    pub(crate) inputs: Inputs,
    /// Not there for whoever only looks, on a machine without Helm.
    pub(crate) helm: Option<Helm>,
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
        let helm = helm.map(|found| Helm::new(found, kube, inputs.release()?)).transpose()?;
        workloads.insert(label.clone(), Workload { inputs: inputs.clone(), helm });
    }
    Ok(workloads)
}

/// The documents of every workload in a directory.
pub(crate) fn read(
    directory: &Path,
    asked: &[(String, Inputs)],
) -> anyhow::Result<BTreeMap<String, Actual>> {
    let all = asked.iter().map(|(label, _)| {
        let mut found = FoundDocuments::new();
        for document in Document::ALL {
            let name = document.file_name();
            if let Some(text) = directory::read_file(&directory.join(label).join(name))? {
                found.insert(name.to_owned(), text);
            }
        }
        Ok((label.clone(), Actual { documents: Some(found), ..Actual::default() }))
    });
    all.collect()
}

/// Observes every workload, all at once.
pub(crate) async fn observe(
    kube: &Kube,
    workloads: &Workloads,
    plans: bool,
) -> anyhow::Result<BTreeMap<String, Actual>> {
    let all = workloads.iter().map(|(label, workload)| async move {
        let Workload { inputs, helm } = workload;
        let release = async {
            match helm {
                Some(helm) => helm.release().await,
                None => Ok(None),
            }
        };
        let (claims, release) = tokio::try_join!(kube.claims_of_workload(inputs), release)?;
        let chart = match helm {
            Some(helm) if plans && inputs.needs_chart(release.as_ref())? => {
                Some(helm.chart().await?)
            }
            _ => None,
        };
        anyhow::Ok((label.clone(), Actual { claims, release, chart, documents: None }))
    });
    Ok(futures_util::future::try_join_all(all).await?.into_iter().collect())
}
