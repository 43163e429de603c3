//! The driver as an EKS managed add-on.

use anyhow::{Context as _, anyhow};
use aws_sdk_eks::types::{Addon, AddonInfo, AddonNamespaceConfigRequest};
use efs::resources::addon::{
    Call, Found, Issue, NAME, Observed, Offered, Spec, Status, chart_of, needs_schema, remedy,
    version,
};
use efs::resources::driver::{DriverMode, Foreign};
use efs::{ChartVersion, Cluster, Inputs};
use failure::{Failure, failure};
use inputs::printable;
use job::Goal;
use network::Tags;
use plan::Known;

use crate::aws::{Aws, explain, is};
use crate::context::{Context, Done};
use crate::meaning::eks as codes;
use crate::progress::Line;
use crate::propagation::{New, known, role_is_unknown};
use crate::raced::Raced;
use crate::wait::{DEGRADED, within};
use crate::watch::Watch;

/// The add-on, where a plan or a status depends on it: where the inputs ask for one, or where EKS
/// applied the driver that is in the cluster.
pub(crate) async fn observe(
    goal: &Goal,
    inputs: &Inputs,
    aws: &Aws,
    cluster: Option<&Cluster>,
) -> anyhow::Result<Option<Observed>> {
    let wanted = inputs.driver.mode == DriverMode::Addon;
    let looks = goal.plans() || goal.destroys() || *goal == Goal::Status;
    // A release of ours that is there has the driver, whoever applied it before.
    let driver = cluster.map(|cluster| &cluster.driver).filter(|driver| driver.release.is_none());
    let applied = driver.is_some_and(|driver| driver.applied_by_eks);
    let concerns = wanted || (applied && inputs.driver.mode.has_chart());
    if !looks || !concerns {
        return Ok(None);
    }
    if !wanted {
        let found = look(aws, &inputs.cluster_name).await;
        // One of others is refused in any case, and this identity may not look at it.
        let refused = driver.is_some_and(|driver| driver.foreign.contains(&Foreign::AddOn));
        return match found {
            Err(_) if refused => Ok(None),
            found => Ok(Some(Observed { found: found?, ..Observed::default() })),
        };
    }
    let name = &inputs.cluster_name;
    let chooses = goal.plans();
    let (found, offered, kubernetes) = tokio::try_join!(
        look(aws, name),
        async { if chooses { offered(aws).await } else { Ok(Vec::new()) } },
        async {
            let shown = if chooses { aws.kubernetes_version(name).await } else { Ok(None) };
            shown.map_err(|error| anyhow!(error).context(unseen(inputs)))
        },
    )?;
    let mut observed = Observed { found, offered, kubernetes, schema: None };
    let version =
        Some(()).filter(|()| chooses).and_then(|()| needs_schema(&inputs.driver, &observed));
    if let Some(version) = version {
        observed.schema = schema(aws, &version).await?;
    }
    Ok(Some(observed))
}

/// Whether an older driver may be installed than the one that made the volumes that are there, and
/// so these be looked at.
pub(crate) fn may_be_older(inputs: &Inputs, observed: Option<&Observed>) -> bool {
    let Some(observed) = observed.filter(|_| inputs.driver.mode == DriverMode::Addon) else {
        return false;
    };
    let installed = observed.found.as_ref().map(|found| found.version.as_str());
    let version = version(&inputs.driver, observed).ok();
    let changes = version.as_deref().filter(|version| Some(*version) != installed);
    let chart = changes.and_then(chart_of);
    chart.is_some_and(|chart| chart < ChartVersion::PREFIXED_HANDLES)
}

/// That an add-on is asked for, and EKS does not show the cluster that gets it.
fn unseen(inputs: &Inputs) -> Failure {
    Failure::new(
        format!("looking for the cluster `{}`, which gets the add-on", inputs.cluster_name),
        "allow `eks:DescribeCluster` on it, as the policy of `cargo xtask render --iam operator` does",
    )
}

/// The add-on of a cluster; `None` where it has none, or EKS does not know the cluster.
async fn look(aws: &Aws, cluster: &str) -> anyhow::Result<Option<Found>> {
    let call = aws.eks.describe_addon().cluster_name(cluster).addon_name(NAME);
    match call.send().await {
        Ok(found) => found.addon().map(found_addon).transpose(),
        Err(error) if is(&error, codes::NOT_FOUND) => Ok(None),
        Err(error) => Err(explain("eks:DescribeAddon", &aws.region, error)),
    }
}

fn found_addon(addon: &Addon) -> anyhow::Result<Found> {
    let tags = addon.tags().into_iter().flatten();
    let issues = addon.health().map(aws_sdk_eks::types::AddonHealth::issues).unwrap_or_default();
    let issues = issues.iter().map(|issue| Issue {
        code: issue.code().map(|code| printable(code.as_str())).unwrap_or_default(),
        message: printable(issue.message().unwrap_or_default()),
        resources: issue.resource_ids().iter().map(|id| printable(id)).collect(),
    });
    let namespace = addon.namespace_config().and_then(|config| config.namespace());
    Ok(Found {
        arn: addon.addon_arn().unwrap_or_default().to_owned(),
        status: Status::parse(
            addon.status().context("eks:DescribeAddon shows no status")?.as_str(),
        ),
        version: printable(addon.addon_version().unwrap_or_default()),
        role_arn: addon.service_account_role_arn().map(str::to_owned),
        configuration: addon.configuration_values().map(str::to_owned),
        // EKS did not always show it, and had the one for every add-on.
        namespace: namespace.unwrap_or("kube-system").to_owned(),
        tags: tags.map(|(key, value)| (key.clone(), value.clone())).collect::<Tags>(),
        issues: issues.collect(),
    })
}

/// The versions that EKS offers, for all Kubernetes versions.
async fn offered(aws: &Aws) -> anyhow::Result<Vec<Offered>> {
    let call = aws.eks.describe_addon_versions().addon_name(NAME);
    let pages = call.into_paginator().items().send().try_collect().await;
    let addons: Vec<AddonInfo> = match pages {
        Ok(addons) => addons,
        // A region whose EKS does not have it.
        Err(error) if is(&error, codes::NOT_FOUND) => Vec::new(),
        Err(error) => return Err(explain("eks:DescribeAddonVersions", &aws.region, error)),
    };
    let versions = addons.iter().flat_map(AddonInfo::addon_versions);
    let offered = versions.map(|version| Offered {
        version: printable(version.addon_version().unwrap_or_default()),
        clusters: version
            .compatibilities()
            .iter()
            .filter_map(|it| Some((it.cluster_version()?.to_owned(), it.default_version())))
            .collect(),
    });
    Ok(offered.collect())
}

/// The JSON Schema of a version's configuration values; `None` where EKS gives none.
async fn schema(aws: &Aws, version: &str) -> anyhow::Result<Option<serde_json::Value>> {
    let call = aws.eks.describe_addon_configuration().addon_name(NAME).addon_version(version);
    let sent = call.send().await;
    let shown =
        sent.map_err(|error| explain("eks:DescribeAddonConfiguration", &aws.region, error))?;
    let Some(text) = shown.configuration_schema() else { return Ok(None) };
    serde_json::from_str(text).map(Some).context("reading the schema of the add-on")
}

/// Carries a call out.
pub(crate) async fn carry_out(
    context: &Context,
    aws: &Aws,
    call: &Call,
    line: &Line,
) -> anyhow::Result<Done> {
    match call {
        Call::Create { cluster, spec, resolve_conflicts } => {
            line.state("creating");
            create((context, aws, line), (cluster, spec), resolve_conflicts.as_str()).await
        }
        Call::Update { cluster, spec, resolve_conflicts } => {
            line.state("updating");
            update((context, aws, line), (cluster, spec), resolve_conflicts.as_str()).await
        }
        Call::Tag { arn, tags } => {
            line.state("tagging");
            let call = aws.eks.tag_resource().resource_arn(arn);
            let sent = call.set_tags(Some(tags.clone().into_iter().collect())).send().await;
            sent.map_err(|error| explain("eks:TagResource", &aws.region, error))?;
            Ok(Done::that("tagged"))
        }
        Call::Delete { cluster, preserve } => {
            line.state("deleting");
            let call = aws.eks.delete_addon().cluster_name(cluster).addon_name(NAME);
            match call.preserve(*preserve).send().await {
                Err(error) if !is(&error, codes::NOT_FOUND) => {
                    Err(explain("eks:DeleteAddon", &aws.region, error))
                }
                _ => Ok(Done::default()),
            }
        }
        Call::UntilActive { cluster, is_new } => {
            active(context, aws, (cluster, *is_new), line).await
        }
        Call::UntilGone { cluster } => {
            let gone = |found: &Option<Found>| match found {
                None => Some(Ok(())),
                Some(found) if found.status == Status::DeleteFailed => Some(Err(failed(found))),
                Some(_) => None,
            };
            until(context, aws, cluster, line, gone).await??;
            Ok(Done::that("destroyed"))
        }
        Call::UntilSettled { cluster } => {
            let settled = |found: &Option<Found>| {
                let under_way = [Status::Creating, Status::Updating, Status::Deleting];
                let busy = found.as_ref().is_some_and(|it| under_way.contains(&it.status));
                (!busy).then_some(())
            };
            until(context, aws, cluster, line, settled).await?;
            Ok(Done::that("settled"))
        }
    }
}

/// The configuration values as EKS takes them: JSON.
fn configuration(spec: &Spec) -> String {
    spec.configuration.value.to_string()
}

fn role(context: &Context, role: Option<&Known<String>>) -> anyhow::Result<Option<String>> {
    role.map(|role| context.results.resolve(role)).transpose()
}

/// Creates it. Where it is there already, another run made it.
async fn create(
    (context, aws, line): (&Context, &Aws, &Line),
    (cluster, spec): (&str, &Spec),
    resolve_conflicts: &str,
) -> anyhow::Result<Done> {
    // The namespace that it has without being asked is not sent: older endpoints do not know it.
    let namespace = Some(&spec.namespace).filter(|namespace| *namespace != "kube-system");
    let namespace =
        namespace.map(|name| AddonNamespaceConfigRequest::builder().namespace(name).build());
    let call = aws
        .eks
        .create_addon()
        .cluster_name(cluster)
        .addon_name(NAME)
        .addon_version(&spec.version)
        .set_service_account_role_arn(role(context, spec.role_arn.as_ref())?)
        .resolve_conflicts(resolve_conflicts.into())
        .configuration_values(configuration(spec))
        .set_namespace_config(namespace)
        .set_tags(Some(spec.tags.clone().into_iter().collect()));
    match known(context, line, New::Role, role_is_unknown, || call.clone().send()).await? {
        Ok(created) => {
            let arn = created.addon().and_then(Addon::addon_arn).unwrap_or(NAME);
            Ok(Done::created(arn))
        }
        Err(error) if is(&error, codes::IN_USE) => {
            let what = format!("the add-on {NAME} of {cluster} was created meanwhile");
            Err(Raced(what).into())
        }
        Err(error) => Err(explain("eks:CreateAddon", &aws.region, error)),
    }
}

async fn update(
    (context, aws, line): (&Context, &Aws, &Line),
    (cluster, spec): (&str, &Spec),
    resolve_conflicts: &str,
) -> anyhow::Result<Done> {
    let call = aws
        .eks
        .update_addon()
        .cluster_name(cluster)
        .addon_name(NAME)
        .addon_version(&spec.version)
        .set_service_account_role_arn(role(context, spec.role_arn.as_ref())?)
        .resolve_conflicts(resolve_conflicts.into())
        .configuration_values(configuration(spec));
    let sent = known(context, line, New::Role, role_is_unknown, || call.clone().send()).await?;
    sent.map_err(|error| explain("eks:UpdateAddon", &aws.region, error))?;
    Ok(Done::that("updated"))
}

/// Looks at the add-on until `judge` finds what it is after.
async fn until<R>(
    context: &Context,
    aws: &Aws,
    cluster: &str,
    line: &Line,
    judge: impl Fn(&Option<Found>) -> Option<R>,
) -> anyhow::Result<R> {
    let of = (aws.clone(), cluster.to_owned());
    let watch = Watch::new(move || {
        let (aws, cluster) = of.clone();
        async move { look(&aws, &cluster).await }
    });
    let observed = |found: &Option<Found>| {
        let judged = judge(found);
        if let (None, Some(found)) = (&judged, found) {
            let told = if found.issues.is_empty() { String::new() } else { found.told() };
            line.observed(format!("{} {told}", found.status.as_str()).trim());
        }
        judged
    };
    context.wait(&watch, observed).await
}

/// Waits until its pods run. One that lacks pods may be about to start them: a new one for as long as
/// the run lasts, as nodes may just be starting, and Terraform's provider waits 20 minutes for that
/// (`waitAddonCreated`); one that ran before counts as failed after a while.
async fn active(
    context: &Context,
    aws: &Aws,
    (cluster, is_new): (&str, bool),
    line: &Line,
) -> anyhow::Result<Done> {
    let ended = |found: &Option<Found>| match found {
        None => Some(Err(anyhow!(Raced(format!("the add-on {NAME} was deleted meanwhile"))))),
        Some(found) => match found.status {
            Status::Active => Some(Ok(())),
            Status::CreateFailed | Status::UpdateFailed | Status::DeleteFailed => {
                Some(Err(failed(found)))
            }
            _ => None,
        },
    };
    let lacking = |found: &Option<Found>| match found {
        Some(found) if found.status == Status::Degraded && !is_new => Some(Ok(Some(found.clone()))),
        found => ended(found).map(|ended| ended.map(|()| None)),
    };
    if let Some(degraded) = until(context, aws, cluster, line, lacking).await?? {
        let waited = within(DEGRADED, until(context, aws, cluster, line, ended)).await;
        waited.unwrap_or_else(|| Ok(Err(failed(&degraded))))??;
    }
    Ok(Done::that("runs"))
}

/// What EKS says of an add-on that failed.
fn failed(found: &Found) -> anyhow::Error {
    let what = format!("the add-on {NAME} is {}: {}", found.status.as_str(), found.told());
    failure(what, remedy(&found.issues))
}
