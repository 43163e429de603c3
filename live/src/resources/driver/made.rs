//! The driver's release, and what Helm would make of its chart.

use efs::resources::driver::{
    CsiDriver, CsiDriverFound, CsiDriverMade, CsiDriverSpec, DriverMode, Made, needs_chart,
};
use efs::{Inputs, PROVISIONER};
use job::Goal;
use k8s_openapi::api::storage::v1::CSIDriver;
use kubernetes::release::{Id, Release, Wanted};
use kubernetes::{FoundChart, Preconditions};
use serde_json::Value;
use tokio::try_join;

use crate::cluster::{Kube, beyond, makes_any_role};
use crate::helm::Helm;
use crate::resources::release;
use crate::target::InCluster;

/// What a cluster has of the driver's release, and what its chart would make, where the release must
/// be made or changed.
#[derive(Default)]
pub(crate) struct Installed {
    pub(crate) release: Option<Release>,
    pub(crate) chart: Option<FoundChart>,
    pub(crate) csi_driver: CsiDriver,
    pub(crate) made: Option<Made>,
}

/// The driver's release, and its chart where that must be looked at.
pub(crate) async fn installed(
    goal: &Goal,
    inputs: &Inputs,
    target: &InCluster,
) -> anyhow::Result<Installed> {
    let skips = inputs.driver.mode == DriverMode::Skip || *goal == Goal::Expand;
    let owner = inputs.owner();
    let wanted = inputs.driver(&owner);
    let release = wanted.release()?;
    let Some(helm) = target.helm.as_ref().filter(|_| !skips) else {
        if inputs.driver.mode == DriverMode::Addon && goal.plans() {
            release::without_helm(&target.kube, &release.id).await?;
        }
        return Ok(Installed::default());
    };
    if inputs.driver.mode.has_chart() {
        helm.can_fetch(&release)?;
    }
    let (found, csi_driver) =
        try_join!(release::observe(helm, &release), csi_driver(&target.kube))?;
    if !goal.plans() || !needs_chart(&wanted, found.as_ref(), &csi_driver)? {
        return Ok(Installed { release: found, csi_driver, ..Installed::default() });
    }
    let chart = Some(helm.chart(&release).await?);
    let registers = match csi_driver {
        CsiDriver::There(_) => true,
        CsiDriver::Missing => found.is_some(),
        CsiDriver::Unknown => false,
    };
    let made = made(helm, &target.kube, &release, registers).await?;
    Ok(Installed { release: found, chart, csi_driver, made })
}

/// The CSIDriver object, where this identity may read it.
async fn csi_driver(kube: &Kube) -> anyhow::Result<CsiDriver> {
    let Some(found) = kube.get_if_allowed::<CSIDriver>(&kube.all(), PROVISIONER).await? else {
        return Ok(CsiDriver::Unknown);
    };
    let Some(CSIDriver { metadata, spec }) = found else { return Ok(CsiDriver::Missing) };
    let annotation = |name: &str| metadata.annotations.as_ref()?.get(name).cloned();
    let labels = metadata.labels.as_ref();
    let manager = labels.and_then(|labels| labels.get("app.kubernetes.io/managed-by"));
    // Helm asks for all three (`checkOwnership` of `helm.sh/helm/v4/pkg/action/validate.go`).
    let release = || {
        let name = annotation("meta.helm.sh/release-name")?;
        let namespace = annotation("meta.helm.sh/release-namespace")?;
        (manager.map(String::as_str) == Some("Helm")).then_some(Id { name, namespace })
    };
    let spec = CsiDriverSpec::of(&serde_json::to_value(spec)?);
    let release = release();
    let preconditions = Preconditions {
        uid: metadata.uid.clone(),
        resource_version: metadata.resource_version.clone(),
    };
    Ok(CsiDriver::There(CsiDriverFound { spec, release, preconditions }))
}

/// What Helm would make of the chart, where the cluster may refuse it: its roles, and, where it matters
/// how the chart `registers` the driver, its CSIDriver. A chart that does not render
/// is Helm's to report, as values that it does not know are the plan's.
async fn made(
    helm: &Helm,
    kube: &Kube,
    wanted: &Wanted,
    registers: bool,
) -> anyhow::Result<Option<Made>> {
    let any_role = makes_any_role(kube).await?;
    if any_role && !registers {
        return Ok(None);
    }
    let Ok(documents) = helm.rendered(wanted).await else { return Ok(None) };
    let beyond =
        if any_role { Vec::new() } else { beyond(kube, &documents, &wanted.id.namespace).await? };
    Ok(Some(Made { csi_driver: documents.iter().find_map(csi_driver_made), beyond }))
}

/// The CSIDriver of the driver, where a document is one.
fn csi_driver_made(document: &Value) -> Option<CsiDriverMade> {
    let metadata = &document["metadata"];
    let it = document["kind"] == "CSIDriver" && metadata["name"] == PROVISIONER;
    it.then(|| CsiDriverMade {
        spec: CsiDriverSpec::of(&document["spec"]),
        by_hook: metadata["annotations"]["helm.sh/hook"].is_string(),
    })
}
