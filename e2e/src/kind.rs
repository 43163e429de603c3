//! A cluster of containers, made with `kind`, whose workers share a folder in place of EFS.

use std::path::{Path, PathBuf};

use anyhow::Context;
use control_plane::{Provisioner, Source};
use failure::{Help, failure};
use job::EndToEnd;
use serde_json::{Value, json};
use tempfile::TempDir;
use xshell::{Shell, cmd};

/// The name of the cluster.
pub(crate) const NAME: &str = "clockwork-e2e";

/// The path of the shared folder on the workers.
const MOUNTED: &str = "/clockwork-shared";

/// A running cluster; dropping this value deletes it, unless it is to be kept.
pub(crate) struct Kind {
    // Dropped first: it works on the cluster.
    _provisioner: Provisioner,
    cluster: KindCluster,
}

impl Kind {
    /// Creates the cluster; with `reuse`, one that exists is used and kept.
    pub(crate) fn start(job: &EndToEnd, image: Option<&str>, reuse: bool) -> anyhow::Result<Kind> {
        let program = program(&job.tools);
        let exists = exists(&program)?;
        if exists && !reuse {
            return Err(failure(
                format!("the cluster `{NAME}` already exists"),
                format!(
                    "use it with `--reuse`, or delete it with `kind delete cluster --name {NAME}`"
                ),
            ));
        }
        let folder = tempfile::Builder::new()
            .prefix("clockwork-kind-")
            .tempdir()
            .context("creating a folder for the kubeconfig")?;
        // The same folder for every run, as a cluster that is used again has it mounted.
        let shared = std::path::absolute(job.programs.join("../e2e/kind-shared"))?;
        // From here on, a failure deletes the cluster that was created.
        let cluster = KindCluster { program, shared, folder: Some(folder), keep: exists };
        if exists {
            cluster.export_kubeconfig()?;
        } else {
            cluster.create(image)?;
        }
        let source = Source::HostPath { here: cluster.shared.clone(), mounted: MOUNTED.to_owned() };
        let provisioner = Provisioner::start(&cluster.kubeconfig(), source)?;
        Ok(Kind { _provisioner: provisioner, cluster })
    }

    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.cluster.kubeconfig()
    }

    /// Leaves the cluster and its kubeconfig; says how to use and to delete it.
    pub(crate) fn keep(mut self) -> String {
        self.cluster.keep = true;
        let kubeconfig = self.cluster.kubeconfig();
        if let Some(folder) = self.cluster.folder.take() {
            let _ = folder.keep();
        }
        format!(
            "kept: KUBECONFIG={}; `kind delete cluster --name {NAME}` deletes the cluster",
            kubeconfig.display()
        )
    }
}

struct KindCluster {
    program: PathBuf,
    /// The folder on this machine that the workers share.
    shared: PathBuf,
    /// The private folder of the kubeconfig.
    folder: Option<TempDir>,
    keep: bool,
}

impl KindCluster {
    fn folder(&self) -> &Path {
        self.folder.as_ref().map_or(Path::new("."), TempDir::path)
    }

    fn kubeconfig(&self) -> PathBuf {
        self.folder().join("kubeconfig")
    }

    fn export_kubeconfig(&self) -> anyhow::Result<()> {
        let shell = Shell::new()?;
        let (program, kubeconfig) = (&self.program, self.kubeconfig());
        cmd!(shell, "{program} export kubeconfig --name {NAME} --kubeconfig {kubeconfig}")
            .run()
            .help("reading the kubeconfig of the cluster", "see the message of `kind` above")
    }

    fn create(&self, image: Option<&str>) -> anyhow::Result<()> {
        std::fs::create_dir_all(&self.shared)
            .with_context(|| format!("creating `{}`", self.shared.display()))?;
        let config = self.folder().join("kind.yaml");
        std::fs::write(&config, configuration(image, &self.shared).to_string())
            .with_context(|| format!("writing `{}`", config.display()))?;
        let shell = Shell::new()?;
        let (program, kubeconfig) = (&self.program, self.kubeconfig());
        cmd!(
            shell,
            "{program} create cluster --name {NAME} --config {config} --kubeconfig {kubeconfig} --wait 180s"
        )
        .run()
        .help("creating a cluster", "see the message of `kind` above")
    }
}

impl Drop for KindCluster {
    fn drop(&mut self) {
        if self.keep {
            return;
        }
        let program = &self.program;
        if let Ok(shell) = Shell::new() {
            let _ = cmd!(shell, "{program} delete cluster --name {NAME}").quiet().run();
        }
        let _ = std::fs::remove_dir_all(&self.shared);
    }
}

/// Our own build of `kind`, or the one in `PATH`.
fn program(tools: &Path) -> PathBuf {
    let own = tools.join("kind");
    if own.exists() { own } else { PathBuf::from("kind") }
}

fn exists(program: &Path) -> anyhow::Result<bool> {
    let shell = Shell::new()?;
    let clusters = cmd!(shell, "{program} get clusters").quiet().ignore_stderr().read();
    let clusters = clusters.help(
        "listing the clusters of `kind`",
        "run `cargo xtask tools install kind`, and start a container engine",
    )?;
    Ok(clusters.lines().any(|name| name.trim() == NAME))
}

/// The configuration of the cluster: two workers that share a folder. JSON is YAML.
fn configuration(image: Option<&str>, shared: &Path) -> Value {
    let node = |role: &str| {
        let mut node = json!({"role": role});
        if let Some(image) = image {
            node["image"] = json!(image);
        }
        node
    };
    let worker = || {
        let mut worker = node("worker");
        worker["extraMounts"] = json!([{"hostPath": shared, "containerPath": MOUNTED}]);
        worker
    };
    json!({
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "nodes": [node("control-plane"), worker(), worker()],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_workers_share_a_folder_and_all_nodes_have_the_image() {
        let mount = json!([{"hostPath": "/tmp/shared", "containerPath": "/clockwork-shared"}]);
        let expected = json!([
            {"role": "control-plane", "image": "kindest/node:v1.35.0"},
            {"role": "worker", "image": "kindest/node:v1.35.0", "extraMounts": mount},
            {"role": "worker", "image": "kindest/node:v1.35.0", "extraMounts": mount},
        ]);
        let found = configuration(Some("kindest/node:v1.35.0"), Path::new("/tmp/shared"));
        assert_eq!(found["nodes"], expected);
    }

    #[test]
    fn without_an_image_kind_chooses_its_own() {
        let found = configuration(None, Path::new("/tmp/shared"));
        assert_eq!(found["nodes"][0], json!({"role": "control-plane"}));
    }
}
