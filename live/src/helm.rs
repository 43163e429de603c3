//! The `helm` program: what is released, and releasing.

use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use efs::{FoundChart, HelmChart, Release, ReleaseStatus, WantedRelease};
use job::HelmVersion;
use kubernetes::ChartValues;
use kubernetes::yaml::Block;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::cluster::Kube;
use crate::progress::Line;

/// How the descriptions of our revisions begin.
const WRITTEN_BY: &str = "Clockwork Codex";

/// How long another run's Helm may be at it, before its revision counts as left behind.
/// Helm itself takes seconds, as it waits for nothing here.
const PATIENCE: Duration = Duration::from_mins(1);

/// The pauses between attempts, for what may pass in a moment.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

/// How Helm says that it could not read what releases there are.
const ASKING: &str = "failed to query with labels";

/// OCI references are understood without a switch from here on.
const OCI: HelmVersion = HelmVersion { major: 3, minor: 8 };

/// Helm, for one release in one cluster.
pub(crate) struct Helm {
    program: PathBuf,
    version: HelmVersion,
    kube: Kube,
    wanted: WantedRelease,
    /// A private folder for what is fetched and rendered.
    folder: TempDir,
    /// The chart, once it is here.
    chart: OnceCell<PathBuf>,
}

/// A revision, as `helm history` tells it.
#[derive(Deserialize)]
struct Revision {
    #[serde(rename = "revision")]
    number: u64,
    status: String,
    chart: String,
    #[serde(default)]
    description: String,
}

/// What a chart says of itself.
#[derive(Deserialize)]
struct About {
    name: String,
    version: String,
}

impl Helm {
    pub(crate) fn new(
        found: &job::Helm,
        kube: &Kube,
        wanted: WantedRelease,
    ) -> anyhow::Result<Helm> {
        if matches!(wanted.chart, HelmChart::Oci(_)) && found.version < OCI {
            bail!(
                "Helm {} does not fetch charts from OCI registries; what now: upgrade it to {OCI} or later",
                found.version
            );
        }
        let folder = tempfile::Builder::new().prefix("clockwork-helm-").tempdir();
        Ok(Helm {
            program: found.program.clone(),
            version: found.version,
            kube: kube.clone(),
            wanted,
            folder: folder.context("making a private folder for Helm")?,
            chart: OnceCell::new(),
        })
    }

    /// The release of our name in our namespace.
    pub(crate) async fn release(&self) -> anyhow::Result<Option<Release>> {
        let name = self.wanted.name.as_str();
        let history = ["history", name, "--max", "10", "--output", "json"];
        let values = ["get", "values", name, "--output", "json"];
        let (history, values) = tokio::join!(self.look(&history), self.look(&values));
        let (Some(history), Some(values)) = (found(history)?, found(values)?) else {
            return Ok(None);
        };
        let history: Vec<Revision> =
            serde_json::from_str(&history).context("reading `helm history`")?;
        let values: Value = serde_json::from_str(&values).context("reading `helm get values`")?;
        let ours = history.iter().any(|revision| revision.description.starts_with(WRITTEN_BY))
            || efs::are_ours(&values)
            // A first install that was killed has only its values to tell whose it was.
            || (history.iter().all(|revision| revision.status == "pending-install")
                && kubernetes::same_values(&values, &self.wanted.values));
        let latest = history.into_iter().max_by_key(|revision| revision.number);
        Ok(latest.map(|latest| Release {
            revision: latest.number,
            status: ReleaseStatus::parse(&latest.status),
            chart: latest.chart,
            values,
            ours,
        }))
    }

    /// The chart as it is where it comes from; fetched once.
    pub(crate) async fn chart(&self) -> anyhow::Result<FoundChart> {
        let path = self.fetched().await?;
        let path_text = path.display().to_string();
        let about = self.anywhere(&["show", "chart", &path_text]).await?;
        let about: About = serde_norway::from_str(&about)
            .with_context(|| format!("reading the chart `{path_text}`"))?;
        let values = ChartValues::of_files(&crate::chart::files(path)?)
            .with_context(|| format!("reading the values of the chart `{path_text}`"))?;
        Ok(FoundChart { name: about.name, version: about.version, values, digest: digest(path)? })
    }

    /// Installs or upgrades the release with the values that were asked for.
    pub(crate) async fn upgrade(&self, stuck: Option<u64>, line: &Line) -> anyhow::Result<()> {
        if let Some(revision) = stuck {
            self.recover(revision, line).await?;
        }
        let chart = self.fetched().await?;
        line.state("releasing");
        let mut values = tempfile::Builder::new()
            .prefix("values-")
            .suffix(".yaml")
            .tempfile_in(self.folder.path())
            .context("writing the values for Helm")?;
        // Helm reads JSON as YAML too, and YAML folds or refuses characters that JSON leaves as they are.
        write!(values, "{}", Block(&self.wanted.values)).context("writing the values for Helm")?;
        let (chart, values) = (chart.display().to_string(), values.path().display().to_string());
        let description = format!("{WRITTEN_BY} for {}", self.wanted.owner);
        let mut args = vec![
            "upgrade",
            &self.wanted.name,
            &chart,
            "--install",
            "--create-namespace",
            "--reset-values",
            "--history-max",
            "10",
            "--values",
            &values,
            "--description",
            &description,
        ];
        if self.version.major >= 4 {
            // What somebody changed by hand in the driver's objects is taken back.
            args.push("--force-conflicts");
        }
        for pause in PAUSES {
            match self.in_cluster(&args).await {
                // It could not even ask what is there, and so changed nothing.
                Err(error) if format!("{error:#}").contains(ASKING) => {
                    tokio::time::sleep(pause).await;
                }
                ended => return ended.map(drop),
            }
        }
        self.in_cluster(&args).await.map(drop)
    }

    /// Uninstalls the release; one that is not there any more is fine.
    pub(crate) async fn uninstall(&self) -> anyhow::Result<()> {
        found(self.in_cluster(&["uninstall", &self.wanted.name]).await).map(drop)
    }

    /// A revision that stays `pending-*` was left by a Helm that was killed: its
    /// record is removed, and the next upgrade starts from the revision before.
    async fn recover(&self, revision: u64, line: &Line) -> anyhow::Result<()> {
        let name = format!("sh.helm.release.v1.{}.v{revision}", self.wanted.name);
        let namespace = &self.wanted.namespace;
        let started = Instant::now();
        line.state(&format!("waiting for whoever is at revision {revision}"));
        loop {
            let Some(labels) = self.kube.release_record(namespace, &name).await? else {
                return Ok(());
            };
            if !labels.get("status").is_some_and(|status| status.starts_with("pending-")) {
                return Ok(());
            }
            if age(&labels).is_none_or(|age| age > PATIENCE) || started.elapsed() > PATIENCE {
                line.state(&format!("recovering from revision {revision}"));
                return self.kube.delete_release_record(namespace, &name).await;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// The chart's archive or folder on this machine.
    async fn fetched(&self) -> anyhow::Result<&Path> {
        let fetch = || async {
            let version = &self.wanted.version;
            let into = self.folder.path().join("chart");
            let into_text = into.display().to_string();
            let from: Vec<&str> = match &self.wanted.chart {
                HelmChart::Archive(path) | HelmChart::Folder(path) => {
                    let there = std::path::absolute(path)?;
                    if !there.exists() {
                        bail!("there is no chart at `{path}`; what now: correct `helm_chart`");
                    }
                    return Ok(there);
                }
                HelmChart::Repository { name, url } => vec![name, "--repo", url],
                HelmChart::Oci(reference) => vec![reference],
            };
            std::fs::create_dir_all(&into).context("making a folder for the chart")?;
            let mut args = vec!["pull"];
            args.extend(from);
            args.extend(["--version", version, "--destination", &into_text]);
            self.anywhere(&args).await?;
            let mut files = std::fs::read_dir(&into).context("looking for the chart")?;
            let file = files.next().context("Helm fetched no chart")??;
            Ok(file.path())
        };
        self.chart.get_or_try_init(fetch).await.map(PathBuf::as_path)
    }

    /// Helm, in the cluster and the namespace.
    async fn in_cluster(&self, args: &[&str]) -> anyhow::Result<String> {
        let mut all = args.to_vec();
        all.extend(["--namespace", &self.wanted.namespace]);
        if let Some(context) = &self.kube.context {
            all.extend(["--kube-context", context]);
        }
        self.run(&all).await
    }

    /// The same for what only looks: what may pass in a moment is tried again.
    async fn look(&self, args: &[&str]) -> anyhow::Result<String> {
        for pause in PAUSES {
            match self.in_cluster(args).await {
                Err(error) if may_pass(&format!("{error:#}")) => {
                    tokio::time::sleep(pause).await;
                }
                answered => return answered,
            }
        }
        self.in_cluster(args).await
    }

    /// Helm, where no cluster matters.
    async fn anywhere(&self, args: &[&str]) -> anyhow::Result<String> {
        self.run(args).await
    }

    async fn run(&self, args: &[&str]) -> anyhow::Result<String> {
        let shell = xshell::Shell::new()?;
        let program = &self.program;
        let mut command: std::process::Command = xshell::cmd!(shell, "{program} {args...}").into();
        for (name, _) in std::env::vars_os() {
            // What could lead Helm to another cluster or namespace than ours.
            let name = name.to_string_lossy();
            if name.starts_with("HELM_KUBE") || name == "HELM_NAMESPACE" {
                command.env_remove(&*name);
            }
        }
        // A process group of its own: Ctrl-C is for this program, and Helm ends what it began.
        command.process_group(0).stdin(Stdio::null());
        let output = tokio::process::Command::from(command)
            .output()
            .await
            .with_context(|| format!("starting `{}`", program.display()))?;
        if output.status.success() {
            return String::from_utf8(output.stdout).context("reading what Helm printed");
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(explain(args, &said, &self.kube.name))
    }
}

/// Whether what Helm said may be otherwise in a moment: the API server's trouble, or a cut connection.
fn may_pass(said: &str) -> bool {
    let final_ = ["forbidden", "Unauthorized", "provide credentials", "refused", "no such host"];
    let passing = [
        ASKING,
        "EOF",
        "connection reset",
        "etcdserver",
        "Internal error",
        "InternalError",
        "ServiceUnavailable",
        "currently unable",
        "Too many requests",
        "TooManyRequests",
        "try again",
    ];
    let says = |signs: &[&str]| signs.iter().any(|sign| said.contains(sign));
    says(&passing) && !says(&final_)
}

/// `None` where Helm says that there is no such release.
fn found(answer: anyhow::Result<String>) -> anyhow::Result<Option<String>> {
    match answer {
        Ok(text) => Ok(Some(text)),
        Err(error) if format!("{error:#}").contains("release: not found") => Ok(None),
        Err(error) => Err(error),
    }
}

/// How long ago a release's record was last written, by the labels that Helm gives it.
fn age(labels: &std::collections::BTreeMap<String, String>) -> Option<Duration> {
    let seconds = |name: &str| labels.get(name)?.parse::<u64>().ok();
    let written = seconds("modifiedAt").max(seconds("createdAt"))?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?;
    now.checked_sub(Duration::from_secs(written)).or(Some(Duration::ZERO))
}

fn digest(path: &Path) -> anyhow::Result<Option<String>> {
    if path.is_dir() {
        return Ok(None);
    }
    let bytes = std::fs::read(path).with_context(|| format!("reading `{}`", path.display()))?;
    let mut text = String::new();
    for byte in Sha256::digest(&bytes) {
        write!(text, "{byte:02x}")?;
    }
    Ok(Some(text))
}

/// What Helm said, with a remedy.
fn explain(args: &[&str], said: &str, cluster: &str) -> anyhow::Error {
    let said = efs::printable(said.trim());
    let cause = said.lines().filter(|line| !line.starts_with("WARNING:")).collect::<Vec<_>>();
    let cause = cause.join("\n").trim_start_matches("Error: ").to_owned();
    let contains = |any: &[&str]| any.iter().any(|part| cause.contains(part));
    let remedy = if contains(&["Unauthorized", "the server has asked for the client to provide"]) {
        "the cluster does not accept the credentials: log in again".to_owned()
    } else if contains(&["forbidden"]) {
        "ask for the permission that the message names".to_owned()
    } else if contains(&[
        "connection refused",
        "no such host",
        "i/o timeout",
        "cluster unreachable",
    ]) {
        match args {
            ["pull", ..] => "the chart's source could not be reached: check `helm_repository`, or \
                             give `helm_chart` a `.tgz` file that you fetched elsewhere"
                .to_owned(),
            _ => format!("`{cluster}` could not be reached: check the network and `--context`"),
        }
    } else if contains(&[
        "execution error",
        "template:",
        "parse error",
        "YAML parse",
        "values don't meet",
    ]) {
        "the chart does not render with these values: correct `helm_values`, or choose another \
         `helm_chart_version`; nothing of it was changed"
            .to_owned()
    } else if contains(&["not found in", "no chart version found", "failed to fetch", "404"]) {
        "check `helm_chart_version`, `helm_chart` and `helm_repository`".to_owned()
    } else if contains(&[
        "invalid ownership metadata",
        "cannot be imported into the current release",
    ]) {
        "objects of that name are there and belong to somebody else: remove them, or leave the \
         driver alone with `--driver skip`"
            .to_owned()
    } else {
        "see Helm's message; the same command run again goes on from there".to_owned()
    };
    let what = args.iter().take(2).copied().collect::<Vec<_>>().join(" ");
    anyhow!("{cause}").context(format!("running `helm {what}`; what now: {remedy}"))
}
