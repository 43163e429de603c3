//! A Helm release: the driver's, or a workload's.

use anyhow::Context as _;
use failure::failure;
use kubernetes::release::{Call, Id, Record, Release, Wanted};

use crate::cluster::{Kube, helm_storage};
use crate::context::{Context, Done};
use crate::helm::Helm;
use crate::progress::Line;
use crate::wait::within;
use crate::watch::Watch;

/// A release as it is.
pub(crate) async fn observe(helm: &Helm, wanted: &Wanted) -> anyhow::Result<Option<Release>> {
    helm.release(wanted).await
}

/// An error where there is a release, and no Helm to look at it: the driver is about to become an
/// add-on of EKS.
pub(crate) async fn without_helm(kube: &Kube, id: &Id) -> anyhow::Result<()> {
    let Some(storage) = helm_storage() else { return Ok(()) };
    if !kube.keeps_release(id, storage).await? {
        return Ok(());
    }
    let Id { name, namespace } = id;
    Err(failure(
        format!(
            "the release `{name}` in `{namespace}` has the driver, and Helm is not installed here"
        ),
        "install Helm 3.6 or later: the release becomes the add-on",
    ))
}

/// Carries a call out.
pub(crate) async fn carry_out(context: &Context, call: &Call, line: &Line) -> anyhow::Result<Done> {
    let cluster = context.cluster()?;
    let helm =
        cluster.helm.as_ref().context("the plan has a release, and Helm was not looked for")?;
    match call {
        Call::UntilFinished { id, revision, record, at_most } => {
            line.state(&format!("waiting for the Helm that is working on revision {revision}"));
            let finished = finished(context, &cluster.kube, id, record);
            Ok(Done::that(match within(*at_most, finished).await {
                Some(finished) => finished.map(|()| "finished")?,
                None => "still pending",
            }))
        }
        Call::Discard { id, revision, record } => {
            line.state(&format!("recovering from revision {revision}"));
            cluster.kube.delete_release_record(id, record).await?;
            Ok(Done::that(format!("discarded revision {revision}")))
        }
        Call::Upgrade { release, follows } => {
            let values = release.values.resolve(|change| context.results.of(change))?;
            helm.upgrade(release, &values, *follows, line).await?;
            Ok(Done::that("released"))
        }
        Call::Uninstall(id) => {
            line.state("uninstalling");
            helm.uninstall(id).await?;
            Ok(Done::that("destroyed"))
        }
    }
}

/// Waits until Helm is done with a revision, however it ends.
async fn finished(context: &Context, kube: &Kube, id: &Id, record: &Record) -> anyhow::Result<()> {
    let of = (kube.clone(), id.clone(), record.clone());
    let watch = Watch::new(move || {
        let (kube, id, record) = of.clone();
        async move { kube.is_pending(&id, &record).await }
    });
    context.wait_unless_failing(&watch, |pending| (!pending).then_some(())).await
}
