//! The `helm` program: started, and charts fetched.

mod chart;
mod errors;
mod release;

use std::fmt::Write as _;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use failure::failure;
use job::HelmVersion;
use kubernetes::release::Wanted;
use kubernetes::{ChartSource, ChartValues, FoundChart};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::sync::{Mutex, OnceCell, Semaphore};

use crate::cluster::Kube;
use crate::requests::Request;
use errors::explain;

/// OCI references are understood without a switch from here on.
const OCI: HelmVersion = HelmVersion { major: 3, minor: 8 };

/// How many Helms run at once, in a fleet: each takes tens of megabytes, and a core for a second.
static PLACES: Semaphore = Semaphore::const_new(8);

/// A chart that is fetched once: where it comes from, and where it is.
type Fetched = (ChartSource, String, Arc<OnceCell<PathBuf>>);

/// Helm, for the releases of one cluster.
pub(crate) struct Helm {
    program: PathBuf,
    version: HelmVersion,
    kube: Kube,
    /// A private folder for what is fetched and rendered.
    folder: TempDir,
    charts: Mutex<Vec<Fetched>>,
}

/// What a chart says of itself.
#[derive(Deserialize)]
struct About {
    name: String,
    version: String,
}

impl Helm {
    pub(crate) fn new(found: &job::Helm, kube: &Kube) -> anyhow::Result<Helm> {
        let folder = tempfile::Builder::new().prefix("clockwork-helm-").tempdir();
        Ok(Helm {
            program: found.program.clone(),
            version: found.version,
            kube: kube.clone(),
            folder: folder.context("making a private folder for Helm")?,
            charts: Mutex::default(),
        })
    }

    /// Whether this Helm can fetch the chart of a release at all.
    pub(crate) fn can_fetch(&self, wanted: &Wanted) -> anyhow::Result<()> {
        if matches!(wanted.chart, ChartSource::Oci(_)) && self.version < OCI {
            return Err(failure(
                format!("Helm {} does not fetch charts from OCI registries", self.version),
                format!("upgrade it to {OCI} or later"),
            ));
        }
        Ok(())
    }

    /// The chart of a release as it is where it comes from; fetched once.
    pub(crate) async fn chart(&self, wanted: &Wanted) -> anyhow::Result<FoundChart> {
        let path = self.fetched(&wanted.chart, &wanted.version).await?;
        let text = path.display().to_string();
        let about = self.run(&["show", "chart", &text]).await?;
        let about: About = serde_norway::from_str(&about)
            .with_context(|| format!("reading the chart `{text}`"))?;
        let values = ChartValues::of_files(&chart::files(&path)?)
            .with_context(|| format!("reading the values of the chart `{text}`"))?;
        Ok(FoundChart { name: about.name, version: about.version, values, digest: digest(&path)? })
    }

    /// A chart's archive or folder on this machine.
    async fn fetched(&self, chart: &ChartSource, version: &str) -> anyhow::Result<PathBuf> {
        let (at, cell) = {
            let mut charts = self.charts.lock().await;
            let known = charts.iter().position(|(it, of, _)| it == chart && of == version);
            let at = known.unwrap_or_else(|| {
                charts.push((chart.clone(), version.to_owned(), Arc::default()));
                charts.len() - 1
            });
            (at, Arc::clone(&charts[at].2))
        };
        let into = self.folder.path().join(format!("chart-{at}"));
        cell.get_or_try_init(|| self.fetch(chart, version, &into)).await.cloned()
    }

    async fn fetch(
        &self,
        chart: &ChartSource,
        version: &str,
        into: &Path,
    ) -> anyhow::Result<PathBuf> {
        let from: Vec<&str> = match chart {
            ChartSource::Archive(path) | ChartSource::Folder(path) => {
                let there = std::path::absolute(path)?;
                if !there.exists() {
                    return Err(failure(
                        format!("there is no chart at `{path}`"),
                        "correct `helm_chart`",
                    ));
                }
                return Ok(there);
            }
            ChartSource::Repository { name, url } => vec![name, "--repo", url],
            ChartSource::Oci(reference) => vec![reference],
        };
        std::fs::create_dir_all(into).context("making a folder for the chart")?;
        let into_text = into.display().to_string();
        let mut args = vec!["pull"];
        args.extend(from);
        args.extend(["--version", version, "--destination", &into_text]);
        self.run(&args).await?;
        let mut files = std::fs::read_dir(into).context("looking for the chart")?;
        let file = files.next().context("Helm fetched no chart")??;
        Ok(file.path())
    }

    async fn run(&self, args: &[&str]) -> anyhow::Result<String> {
        self.run_hiding(args, &[]).await
    }

    /// The same with values that hold these secrets, which no error shows.
    async fn run_hiding(&self, args: &[&str], secrets: &[String]) -> anyhow::Result<String> {
        let shell = xshell::Shell::new()?;
        let program = &self.program;
        let mut command: std::process::Command = xshell::cmd!(shell, "{program} {args...}").into();
        keep_in_place(&mut command, self.kube.context.is_none());
        // A process group of its own: Ctrl-C is for this program, and Helm ends what it began.
        command.process_group(0).stdin(Stdio::null());
        let _place = PLACES.acquire().await;
        let since = Instant::now();
        let output = tokio::process::Command::from(command)
            .output()
            .await
            .with_context(|| format!("starting `{}`", program.display()))?;
        tell(args, output.status, since);
        if output.status.success() {
            return String::from_utf8(output.stdout).context("reading what Helm printed");
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(explain(args, &said, (&self.kube.name, secrets)))
    }
}

/// Tells a command of Helm, by its name and what it is about: the rest is files of ours.
fn tell(args: &[&str], status: ExitStatus, since: Instant) {
    let operation = args.first().copied().unwrap_or_default();
    let request = Request {
        service: "helm",
        operation,
        resource: args.get(1).copied().filter(|about| !about.starts_with('-')),
        region: None,
        attempt: None,
        status: status.code().and_then(|code| u16::try_from(code).ok()),
        error_code: None,
        id: None,
        elapsed: since.elapsed(),
        succeeded: status.success(),
        changes: matches!(operation, "upgrade" | "rollback" | "uninstall"),
    };
    request.tell();
}

/// Takes away what could lead Helm to another cluster or namespace than ours. In a pod it is
/// given an empty kubeconfig: client-go looks at the pod's own account only where the
/// kubeconfig is empty, and one may be mounted there.
fn keep_in_place(command: &mut std::process::Command, in_pod: bool) {
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("HELM_KUBE") || name == "HELM_NAMESPACE" {
            command.env_remove(&*name);
        }
    }
    if in_pod {
        command.env("KUBECONFIG", "/dev/null");
    }
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

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    #[test]
    fn helm_in_a_pod_does_not_see_a_kubeconfig_that_is_mounted_there() {
        let kubeconfig = |in_pod| {
            let shell = xshell::Shell::new().unwrap();
            let mut command: std::process::Command = xshell::cmd!(shell, "helm").into();
            keep_in_place(&mut command, in_pod);
            let mut set = command.get_envs().filter(|(name, _)| *name == "KUBECONFIG");
            set.next().and_then(|(_, value)| value.map(OsStr::to_owned))
        };
        assert_eq!(kubeconfig(true).as_deref(), Some(OsStr::new("/dev/null")));
        assert_eq!(kubeconfig(false), None, "a context names the cluster");
    }
}
