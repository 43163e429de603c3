//! Observing a workload: its documents, or what a cluster has of it.

use std::path::Path;

use efs::resources::storage_class::StorageClassInputs;
use graphscope::{DefaultClass, Workload};
use job::{Goal, Job};
use tokio::try_join;

use crate::cluster::Kube;
use crate::resources::{claim, namespace, release, stateful_set, storage_class};
use crate::target::{InCluster, Target};

/// What is there of a workload, as far as the goal needs to know it.
pub(crate) async fn observe(
    job: &Job,
    label: &str,
    inputs: &graphscope::Inputs,
    target: &Target,
) -> anyhow::Result<graphscope::Actual> {
    let InCluster { kube, helm } = match target {
        Target::Cluster(cluster) => cluster.as_ref(),
        Target::Directory(directory) => {
            return in_directory(job, (label, inputs), directory).await;
        }
    };
    let wanted = inputs.release()?;
    let found = async {
        let Some(helm) = helm else { return Ok(None) };
        helm.can_fetch(&wanted)?;
        release::observe(helm, &wanted).await
    };
    let id = inputs.release_id();
    let of_pods = async {
        let sets = stateful_set::observe(kube, &id).await?;
        let may_delete = job.goal.deletes_data();
        let mut claims = claim::observe_workload(kube, inputs, (&sets, may_delete)).await?;
        if job.goal == Goal::Status {
            for found in &mut claims {
                kube.explain_pending(std::slice::from_mut(&mut found.claim)).await;
            }
        }
        anyhow::Ok((sets, claims))
    };
    let ((stateful_sets, claims), release, default_class) =
        try_join!(of_pods, found, default_class(job, inputs, Some(kube)))?;
    // What is in it shows that it exists; nothing else asks for it.
    let namespace = !claims.is_empty()
        || release.is_some()
        || !job.goal.plans()
        || namespace::observe(kube, &inputs.namespace).await?;
    let (chart, rendered) = match helm {
        Some(helm) if job.goal.plans() && inputs.needs_chart(release.as_ref())? => {
            let changes = release.as_ref().is_some_and(kubernetes::release::can_change);
            let has_pods = !stateful_sets.is_empty() || claims.iter().any(|claim| claim.of_release);
            let (chart, objects) = try_join!(helm.chart(&wanted), async {
                if changes && has_pods { helm.rendered(&wanted).await } else { Ok(Vec::new()) }
            })?;
            (Some(chart), stateful_set::rendered(&objects, &inputs.namespace))
        }
        _ => (None, Vec::new()),
    };
    Ok(graphscope::Actual {
        documents: None,
        namespace,
        claims,
        default_class,
        release,
        stateful_sets,
        rendered,
        chart,
    })
}

/// What the documents of a workload say, where it is not seen in a cluster.
async fn in_directory(
    job: &Job,
    (label, inputs): (&str, &graphscope::Inputs),
    directory: &Path,
) -> anyhow::Result<graphscope::Actual> {
    let folder = directory.join(Job::workload_scope(label).path(""));
    let documents = Some(directory::read(&folder, graphscope::DOCUMENTS)?);
    let default_class = default_class(job, inputs, None).await?;
    Ok(graphscope::Actual { documents, default_class, ..Default::default() })
}

/// The class of claims that name none, where a plan needs to know it.
async fn default_class(
    job: &Job,
    inputs: &graphscope::Inputs,
    kube: Option<&Kube>,
) -> anyhow::Result<DefaultClass> {
    if !job.goal.plans() || inputs.kind != Workload::Store {
        return Ok(DefaultClass::Unknown);
    }
    let ours = |class: &StorageClassInputs| class.name == inputs.storage_class_name;
    let will_be = |class: &StorageClassInputs| ours(class) && class.default;
    if job.storage().any(|(_, inputs)| inputs.classes().any(will_be)) {
        return Ok(DefaultClass::Named(inputs.storage_class_name.clone()));
    }
    let Some(kube) = kube else { return Ok(DefaultClass::Unknown) };
    let found = storage_class::default(kube).await?;
    Ok(found.map_or(DefaultClass::Missing, DefaultClass::Named))
}
