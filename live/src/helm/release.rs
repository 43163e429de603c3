//! Releases: read, made, changed, removed.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::Context;
use kubernetes::release::{Id, Release, Status, Wanted, is_marked};
use kubernetes::yaml::Block;
use serde::Deserialize;
use serde_json::Value;

use super::Helm;
use super::errors::{found, is_listing, may_pass};
use crate::progress::Line;
use crate::wait::{HELM_REVISION, PROGRAM, retry};

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
        let history = ["history", name, "--max", "10", "--output", "json"];
        let values = ["get", "values", name, "--output", "json"];
        let (history, values) = tokio::join!(self.look(id, &history), self.look(id, &values));
        let (Some(history), Some(values)) = (found(history)?, found(values)?) else {
            return Ok(None);
        };
        let history: Vec<Revision> =
            serde_json::from_str(&history).context("reading `helm history`")?;
        let values: Value = serde_json::from_str(&values).context("reading `helm get values`")?;
        let pending_install = history.iter().all(|revision| revision.status == "pending-install");
        let ours = history.iter().any(|revision| revision.description.starts_with(WRITTEN_BY))
            || is_marked(wanted, &values, pending_install);
        let owner = owner(&history);
        let latest = history.into_iter().max_by_key(|revision| revision.number);
        Ok(latest.map(|latest| Release {
            revision: latest.number,
            status: Status::parse(&latest.status),
            chart: latest.chart,
            values,
            ours,
            owner,
        }))
    }

    /// Installs or upgrades a release with these values.
    pub(crate) async fn upgrade(
        &self,
        wanted: &Wanted,
        values: &Value,
        stuck: Option<u64>,
        line: &Line,
    ) -> anyhow::Result<()> {
        if let Some(revision) = stuck {
            self.recover(&wanted.id, revision, line).await?;
        }
        let chart = self.fetched(&wanted.chart, &wanted.version).await?;
        line.state("releasing");
        let mut file = tempfile::Builder::new()
            .prefix("values-")
            .suffix(".yaml")
            .tempfile_in(self.folder.path())
            .context("writing the values for Helm")?;
        // Helm reads JSON as YAML too, and YAML folds or refuses characters that JSON leaves as they are.
        write!(file, "{}", Block(values)).context("writing the values for Helm")?;
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
        retry(PROGRAM, is_listing, || self.in_cluster(&wanted.id, &args)).await.map(drop)
    }

    /// Uninstalls a release; one that is not there any more is fine.
    pub(crate) async fn uninstall(&self, id: &Id) -> anyhow::Result<()> {
        found(self.in_cluster(id, &["uninstall", &id.name]).await).map(drop)
    }

    /// A revision that stays `pending-*` was left by a Helm that was killed: its
    /// record is removed, and the next upgrade starts from the revision before.
    async fn recover(&self, id: &Id, revision: u64, line: &Line) -> anyhow::Result<()> {
        let record = format!("sh.helm.release.v1.{}.v{revision}", id.name);
        let started = Instant::now();
        line.state(&format!("waiting for the run that is working on revision {revision}"));
        loop {
            let Some(labels) = self.kube.release_record(&id.namespace, &record).await? else {
                return Ok(());
            };
            if !labels.get("status").is_some_and(|status| status.starts_with("pending-")) {
                return Ok(());
            }
            let old = age(&labels).is_none_or(|age| age > HELM_REVISION);
            if old || started.elapsed() > HELM_REVISION {
                line.state(&format!("recovering from revision {revision}"));
                return self.kube.delete_release_record(&id.namespace, &record).await;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// Helm, in the cluster and a release's namespace.
    async fn in_cluster(&self, id: &Id, args: &[&str]) -> anyhow::Result<String> {
        let mut all = args.to_vec();
        all.extend(["--namespace", &id.namespace]);
        if let Some(context) = &self.kube.context {
            all.extend(["--kube-context", context]);
        }
        self.run(&all).await
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

/// How long ago a release's record was last written, by the labels that Helm gives it.
fn age(labels: &BTreeMap<String, String>) -> Option<Duration> {
    let seconds = |name: &str| labels.get(name)?.parse::<u64>().ok();
    let written = seconds("modifiedAt").max(seconds("createdAt"))?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?;
    now.checked_sub(Duration::from_secs(written)).or(Some(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revision(number: u64, description: &str) -> Revision {
        let description = description.to_owned();
        Revision { number, status: "deployed".to_owned(), chart: "c-1".to_owned(), description }
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
