//! Observing a cluster: everything at once.

use anyhow::Context;
use efs::{Cluster, Driver, DriverMode, Inputs};
use job::Command;
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use kube::Api;
use kube::api::PostParams;
use tokio::try_join;

use super::calls::patiently;
use super::{Kube, claims, class};
use crate::helm::Helm;

/// Observes what a command needs to know of the cluster.
pub(crate) async fn observe(
    kube: &Kube,
    helm: Option<&Helm>,
    inputs: &Inputs,
    command: &Command,
) -> anyhow::Result<Cluster> {
    if matches!(command, Command::DestroyWorkloads { .. }) {
        return Ok(Cluster { name: kube.name.clone(), ..Cluster::default() });
    }
    let namespace = &inputs.driver.namespace;
    let name = &inputs.storage_class.name;
    let destroys = *command == Command::Destroy;
    let plans = command.plans();
    let (classes, taints, objects, lacking, (release, chart), claimed, other_volumes) = try_join!(
        kube.classes(),
        async { if plans { kube.taints().await } else { Ok(Vec::new()) } },
        kube.driver_objects(namespace),
        async {
            if plans || destroys { denied(kube, inputs, destroys).await } else { Ok(Vec::new()) }
        },
        async {
            let Some(helm) = helm else { return Ok((None, None)) };
            let release = helm.release().await?;
            let needed = plans && efs::needs_chart(inputs, release.as_ref());
            let chart = if needed { Some(helm.chart().await?) } else { None };
            Ok((release, chart))
        },
        async {
            let mut found = if plans { Vec::new() } else { claims(kube, name).await? };
            if *command == Command::Status {
                kube.measure(&mut found).await;
            }
            Ok(found)
        },
        async { if destroys { volumes_of(kube, name).await } else { Ok(Vec::new()) } },
    )
    .with_context(|| format!("observing the cluster `{}`", kube.name))?;
    let own = classes.iter().find(|class| class.metadata.name.as_ref() == Some(name));
    let other_classes = classes
        .iter()
        .filter(|class| class.provisioner == efs::PROVISIONER)
        .filter_map(|class| class.metadata.name.clone())
        .filter(|other| other != name)
        .collect();
    Ok(Cluster {
        name: kube.name.clone(),
        storage_class: own.map(class::observed),
        other_classes,
        driver: Driver { release, foreign: objects.foreign, rollouts: objects.rollouts, chart },
        claims: claimed,
        other_volumes,
        taints,
        denied: lacking,
    })
}

/// The driver's volumes that are not of this class.
async fn volumes_of(kube: &Kube, class: &str) -> anyhow::Result<Vec<String>> {
    let volumes = kube.volumes().await?;
    Ok(volumes
        .into_iter()
        .filter(|volume| {
            let spec = volume.spec.as_ref();
            let ours = spec.and_then(|spec| spec.storage_class_name.as_deref()) == Some(class);
            let driver = spec.and_then(|spec| spec.csi.as_ref()).map(|csi| csi.driver.as_str());
            driver == Some(efs::PROVISIONER) && !ours
        })
        .filter_map(|volume| volume.metadata.name)
        .collect())
}

/// What this identity may not do, of what the command would do.
async fn denied(kube: &Kube, inputs: &Inputs, destroys: bool) -> anyhow::Result<Vec<String>> {
    let namespace = inputs.driver.namespace.as_str();
    let (change, make) = if destroys { ("delete", "delete") } else { ("patch", "create") };
    let mut asked = vec![(change, "storage.k8s.io", "storageclasses", None)];
    if inputs.driver.mode != DriverMode::Skip {
        asked.extend([
            (make, "", "secrets", Some(namespace)),
            (make, "apps", "deployments", Some(namespace)),
            (make, "apps", "daemonsets", Some(namespace)),
            (make, "", "serviceaccounts", Some(namespace)),
            (make, "rbac.authorization.k8s.io", "clusterroles", None),
            (make, "storage.k8s.io", "csidrivers", None),
        ]);
    }
    let reviews = asked.into_iter().map(|(verb, group, resource, namespace)| async move {
        let api: Api<SelfSubjectAccessReview> = Api::all(kube.client.clone());
        let review = SelfSubjectAccessReview {
            spec: SelfSubjectAccessReviewSpec {
                resource_attributes: Some(ResourceAttributes {
                    verb: Some(verb.to_owned()),
                    group: Some(group.to_owned()),
                    resource: Some(resource.to_owned()),
                    namespace: namespace.map(str::to_owned),
                    ..ResourceAttributes::default()
                }),
                ..SelfSubjectAccessReviewSpec::default()
            },
            ..SelfSubjectAccessReview::default()
        };
        let how = PostParams::default();
        let answer = patiently(|| api.create(&how, &review)).await;
        let answer =
            answer.map_err(|error| kube.failed::<SelfSubjectAccessReview>("create", "", error))?;
        let dot = if group.is_empty() { "" } else { "." };
        let place = namespace.map(|namespace| format!(" in `{namespace}`")).unwrap_or_default();
        let allowed = answer.status.is_some_and(|status| status.allowed);
        anyhow::Ok((!allowed).then(|| format!("{verb} {resource}{dot}{group}{place}")))
    });
    let answers = futures_util::future::try_join_all(reviews).await?;
    Ok(answers.into_iter().flatten().collect())
}
