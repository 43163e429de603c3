//! Releases: read, made, changed, removed.

use std::io::Write as _;

use anyhow::Context;
use failure::failure;
use kubernetes::release::{Id, Release, Status, Storage, Wanted, is_marked};
use kubernetes::yaml::Block;
use serde::Deserialize;
use serde_json::Value;
use tempfile::NamedTempFile;

use super::Helm;
use super::errors::{found, is_listing, is_raced, may_pass, secrets_of};
use crate::cluster::helm_storage;
use crate::progress::Line;
use crate::raced::Raced;
use crate::wait::{PROGRAM, retry};

/// How the descriptions of our revisions begin.
const WRITTEN_BY: &str = "Clockwork Codex";

/// A revision, as `helm history` prints it.
#[derive(Deserialize)]
struct Revision {
    #[serde(rename = "revision")]
    number: u64,
    status: String,
    chart: String,
    #[serde(default)]
    description: String,
}

impl Helm {
    /// The release of that name in that namespace.
    pub(crate) async fn release(&self, wanted: &Wanted) -> anyhow::Result<Option<Release>> {
        let (id, name) = (&wanted.id, wanted.id.name.as_str());
        let values = ["get", "values", name, "--output", "json"];
        let (history, values) = tokio::join!(self.history(id, "10"), self.look(id, &values));
        let (history, values) = (history?, found(values)?);
        let (Some(latest), Some(values)) = (history.last(), values) else {
            return self.kept_elsewhere(id).await.map(|()| None);
        };
        let values: Value = serde_json::from_str(&values).context("reading `helm get values`")?;
        let pending_install = history.iter().all(|revision| revision.status == "pending-install");
        let ours = history.iter().any(|revision| revision.description.starts_with(WRITTEN_BY))
            || is_marked(wanted, &values, pending_install);
        let owner = owner(&history);
        let status = Status::parse(&latest.status);
        let record = match status {
            Status::Pending(_) => self.kube.release_record(id, latest.number).await?,
            Status::Deployed | Status::Other(_) => None,
        };
        Ok(Some(Release {
            revision: latest.number,
            previous: history.iter().rev().nth(1).map(|revision| revision.number),
            status,
            chart: latest.chart.clone(),
            values,
            ours,
            owner,
            record,
        }))
    }

    /// The latest revisions of a release, at most so many, the oldest first.
    async fn history(&self, id: &Id, at_most: &str) -> anyhow::Result<Vec<Revision>> {
        let args = ["history", &id.name, "--max", at_most, "--output", "json"];
        let Some(text) = found(self.look(id, &args).await)? else { return Ok(Vec::new()) };
        let mut history: Vec<Revision> =
            serde_json::from_str(&text).context("reading `helm history`")?;
        history.sort_by_key(|revision| revision.number);
        Ok(history)
    }

    /// An error where the release is kept in the one of Secrets and `ConfigMaps` that this Helm
    /// does not read: it would install a second one over it.
    async fn kept_elsewhere(&self, id: &Id) -> anyhow::Result<()> {
        let (other, objects, driver) = match helm_storage() {
            Some(Storage::Secret) => (Storage::ConfigMap, "ConfigMaps", "configmap"),
            Some(Storage::ConfigMap) => (Storage::Secret, "Secrets", "secret"),
            None => return Ok(()),
        };
        if !self.kube.keeps_release(id, other).await? {
            return Ok(());
        }
        let Id { name, namespace } = id;
        Err(failure(
            format!(
                "the release `{name}` in `{namespace}` is kept in {objects}, which Helm does not read here"
            ),
            format!("set `HELM_DRIVER={driver}`, as whoever installed it did"),
        ))
    }

    /// Installs or upgrades a release with these values, where its latest revision is still the
    /// one that the plan was made for.
    pub(crate) async fn upgrade(
        &self,
        wanted: &Wanted,
        values: &Value,
        follows: Option<u64>,
        line: &Line,
    ) -> anyhow::Result<()> {
        line.state("checking the revision");
        let history = self.history(&wanted.id, "1").await?;
        unchanged(&wanted.id, follows, history.last())?;
        let chart = self.fetched(&wanted.chart, &wanted.version).await?;
        line.state("releasing");
        let file = self.values_file(values)?;
        let (chart, file) = (chart.display().to_string(), file.path().display().to_string());
        let description = describe(&wanted.owner);
        let mut args = vec![
            "upgrade",
            &wanted.id.name,
            &chart,
            "--install",
            "--create-namespace",
            "--reset-values",
            "--history-max",
            "10",
            "--values",
            &file,
            "--description",
            &description,
        ];
        if self.version.major >= 4 {
            // What somebody changed by hand in the driver's objects is taken back.
            args.push("--force-conflicts");
        }
        let secrets = secrets_of(values);
        let upgraded =
            retry(PROGRAM, is_listing, || self.hiding(&wanted.id, &args, &secrets)).await;
        upgraded.map(drop).map_err(|error| {
            if is_raced(&error) { error.context(changed(&wanted.id)) } else { error }
        })
    }

    /// The objects that an upgrade to this release would make; its values are known whole.
    pub(crate) async fn rendered(&self, wanted: &Wanted) -> anyhow::Result<Vec<Value>> {
        let chart = self.fetched(&wanted.chart, &wanted.version).await?;
        let file = self.values_file(&wanted.values.value)?;
        let (chart, file) = (chart.display().to_string(), file.path().display().to_string());
        let name = wanted.id.name.as_str();
        // As an upgrade, and with what the cluster can do: charts ask for both. Helm 4 has another
        // word for asking the cluster.
        let asks = if self.version.major >= 4 { "--dry-run=server" } else { "--validate" };
        let args = ["template", name, &chart, "--values", &file, "--is-upgrade", asks];
        let secrets = secrets_of(&wanted.values.value);
        let text = retry(PROGRAM, may_pass, || self.hiding(&wanted.id, &args, &secrets)).await?;
        serde_norway::Deserializer::from_str(&text)
            .map(|document| Value::deserialize(document).context("reading `helm template`"))
            .collect()
    }

    /// Values, in a private file.
    fn values_file(&self, values: &Value) -> anyhow::Result<NamedTempFile> {
        let mut file = tempfile::Builder::new()
            .prefix("values-")
            .suffix(".yaml")
            .tempfile_in(self.folder.path())
            .context("writing the values for Helm")?;
        // Helm reads JSON as YAML too, and YAML folds or refuses characters that JSON leaves as they are.
        write!(file, "{}", Block(values)).context("writing the values for Helm")?;
        Ok(file)
    }

    /// Uninstalls a release; one that is not there any more is fine.
    pub(crate) async fn uninstall(&self, id: &Id) -> anyhow::Result<()> {
        found(self.in_cluster(id, &["uninstall", &id.name]).await).map(drop)
    }

    /// Helm, in the cluster and a release's namespace.
    async fn in_cluster(&self, id: &Id, args: &[&str]) -> anyhow::Result<String> {
        self.hiding(id, args, &[]).await
    }

    /// The same with values that hold these secrets.
    async fn hiding(&self, id: &Id, args: &[&str], secrets: &[String]) -> anyhow::Result<String> {
        let mut all = args.to_vec();
        all.extend(["--namespace", &id.namespace]);
        if let Some(context) = &self.kube.context {
            all.extend(["--kube-context", context]);
        }
        self.run_hiding(&all, secrets).await
    }

    /// The same for what only looks.
    async fn look(&self, id: &Id, args: &[&str]) -> anyhow::Result<String> {
        retry(PROGRAM, may_pass, || self.in_cluster(id, args)).await
    }
}

/// The description of a revision that a deployment makes.
fn describe(owner: &str) -> String {
    format!("{WRITTEN_BY} for {owner}")
}

/// The deployment that made the latest of our revisions.
fn owner(history: &[Revision]) -> Option<String> {
    let ours = history.iter().filter_map(|revision| {
        let owner = revision.description.strip_prefix(&describe(""))?;
        Some((revision.number, owner.to_owned()))
    });
    ours.max_by_key(|(number, _)| *number).map(|(_, owner)| owner)
}

/// An error where the latest revision is not the one that the plan was made for.
fn unchanged(id: &Id, follows: Option<u64>, latest: Option<&Revision>) -> anyhow::Result<()> {
    if latest.map(|latest| latest.number) == follows {
        return Ok(());
    }
    let is = latest.map_or("not installed".to_owned(), |latest| {
        format!("at revision {}, which is `{}`", latest.number, latest.status)
    });
    let was = follows.map_or("none".to_owned(), |revision| format!("revision {revision}"));
    let error = failure(
        format!("the release is {is}, and the plan was made for {was}"),
        "run the same command again, which plans from there",
    );
    Err(error.context(changed(id)))
}

fn changed(id: &Id) -> Raced {
    Raced(format!("another run changed the release `{}` in `{}` meanwhile", id.name, id.namespace))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revision(number: u64, description: &str) -> Revision {
        Revision {
            number,
            status: "pending-upgrade".to_owned(),
            chart: "a-1.0.0".to_owned(),
            description: description.to_owned(),
        }
    }

    #[test]
    fn an_upgrade_follows_the_revision_that_its_plan_was_made_for_and_no_other() {
        let id = Id { name: "a".to_owned(), namespace: "b".to_owned() };
        for (follows, latest) in [(None, None), (Some(2), Some(2))] {
            unchanged(&id, follows, latest.map(|number| revision(number, "")).as_ref()).unwrap();
        }
        for (follows, latest) in [(None, Some(1)), (Some(1), None), (Some(2), Some(3))] {
            let error = unchanged(&id, follows, latest.map(|number| revision(number, "")).as_ref())
                .unwrap_err();
            assert!(error.downcast_ref::<Raced>().is_some(), "a reason to plan again");
            let report = failure::report(&[error]);
            assert!(report.contains("help: run the same command again"), "{report}");
        }
    }

    #[test]
    fn a_release_belongs_to_the_deployment_that_described_its_latest_revision_of_ours() {
        let described = describe("dev/efs-sc");
        let mut history = vec![revision(1, &describe("dev/efs-logs")), revision(2, &described)];
        assert_eq!(owner(&history).as_deref(), Some("dev/efs-sc"));
        history.push(revision(3, "Upgrade complete"));
        assert_eq!(owner(&history).as_deref(), Some("dev/efs-sc"));
        assert_eq!(owner(&[revision(1, "Install complete")]), None);
    }
}
