//! `doctor` of a deployment: who calls AWS and the cluster, and whether both belong to it.

use failure::{Failure, report};
use inputs::printable;
use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use kube::Api;
use kube::api::PostParams;
use serde::Serialize;
use serde_json::json;

use super::connection::Connection;
use crate::cluster::{Kube, patiently};
use crate::outcome::{Conclusion, Ending, Outcome, Shown};
use crate::report;
use crate::target::Target;

/// Who calls the API server.
#[derive(Serialize)]
struct User {
    context: Option<String>,
    server: String,
    /// As RBAC names it.
    name: String,
    groups: Vec<String>,
    /// The version of Kubernetes.
    version: String,
}

/// Asks AWS and the API server, each of which may fail without the other.
pub(super) async fn run(connection: &Connection<'_>) -> anyhow::Result<Outcome> {
    let (mut errors, mut user) = (Vec::new(), None);
    let target = match connection.connect().await {
        Ok(target) => target,
        Err(error) => {
            errors.push(error);
            // Account and region can be told all the same.
            Target::Directory(std::path::PathBuf::new())
        }
    };
    if let Some(cluster) = target.cluster() {
        match connection.stop.or(of_cluster(&cluster.kube)).await? {
            Ok(found) => user = Some(found),
            Err(error) => errors.push(error),
        }
    }
    connection.stop.or(connection.look_at_places(&target)).await?;
    let places = connection.places();
    let mut lines = place::lines(places);
    if let Some(User { name, groups, server, version, .. }) = &user {
        let groups = groups.join(", ");
        lines.push(format!("Kubernetes: `{name}` ({groups}) at {server}, version {version}"));
    }
    for verdict in places {
        lines.extend(verdict.doubts.iter().map(|doubt| format!("note: {doubt}")));
        errors.extend(verdict.refusals.iter().map(|refusal| {
            anyhow::Error::new(Failure::new(refusal.reason.clone(), refusal.remedy.clone()))
        }));
    }
    let nobody = places.iter().any(|verdict| verdict.caller.is_none());
    if !errors.is_empty() {
        lines.push(report(&errors));
    }
    let document = json!({
        "healthy": errors.is_empty() && !nobody,
        "places": report::places(places),
        "kubernetes": user,
        "errors": errors.iter().map(|error| printable(&format!("{error:#}"))).collect::<Vec<_>>(),
    });
    let shown = Shown::new(printable(&lines.join("\n")), &document)?;
    Ok(Outcome::unchanged(Ending::Shown(match errors.first() {
        None if nobody => Shown {
            conclusion: Conclusion::Wrong,
            problem: Some("AWS does not say who this is".to_owned()),
            ..shown
        },
        None => shown,
        Some(first) => Shown {
            conclusion: Conclusion::Wrong,
            problem: Some(printable(&first.to_string())),
            ..shown
        },
    })))
}

async fn of_cluster(kube: &Kube) -> anyhow::Result<User> {
    let api: Api<SelfSubjectReview> = Api::all(kube.client.clone());
    let (how, asked) = (PostParams::default(), SelfSubjectReview::default());
    let review = patiently(|| api.create(&how, &asked)).await;
    let review = review.map_err(|error| kube.failed::<SelfSubjectReview>("create", "", error))?;
    let info = review.status.and_then(|status| status.user_info).unwrap_or_default();
    let version = patiently(|| kube.client.apiserver_version()).await;
    let version = version
        .map_err(|error| kube.failed::<SelfSubjectReview>("get the version by", "", error))?;
    Ok(User {
        context: kube.context.clone(),
        server: kube.access.server.clone(),
        name: info.username.unwrap_or_default(),
        groups: info.groups.unwrap_or_default(),
        version: version.git_version,
    })
}
