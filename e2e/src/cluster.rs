//! The cluster of a run: started, reached, and taken down.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use control_plane::{Cluster, ControlPlane, Nodes, Programs, Provisioner, Source, User};
use job::{ClusterChoice, EndToEnd};
use tempfile::TempDir;
use xshell::{Shell, cmd};

use crate::report::log;

/// The name of the cluster that `kind` makes.
const KIND: &str = "clockwork-e2e";

/// Where the workers of that cluster have the folder that they share.
const MOUNTED: &str = "/clockwork-shared";

/// A cluster to tell the story on.
pub(crate) struct Place {
    /// The API.
    pub(crate) api: Cluster,
    /// The kubeconfig that leads to it; `None` for the user's own.
    pub(crate) kubeconfig: Option<PathBuf>,
    /// The context.
    pub(crate) context: Option<String>,
    /// What it is, in a few words.
    pub(crate) about: String,
    /// What stands in for what cannot be had here.
    pub(crate) stand_in: Option<&'static str>,
    /// Whether the driver's pods come to run.
    pub(crate) driver_runs: bool,
    running: Running,
}

/// What keeps it running, in the order in which it is stopped.
enum Running {
    Elsewhere,
    ControlPlane { _nodes: Nodes, plane: Box<ControlPlane> },
    Kind { _provisioner: Provisioner, cluster: KindCluster },
}

impl Place {
    pub(crate) fn start(job: &EndToEnd) -> anyhow::Result<Place> {
        match &job.cluster {
            ClusterChoice::ControlPlane => control_plane(job),
            ClusterChoice::Kind { image, reuse } => kind(job, image.as_deref(), *reuse),
            ClusterChoice::Context(context) => Ok(Place {
                api: Cluster::connect_to(context.as_deref())?,
                kubeconfig: None,
                about: format!("context {}", context.as_deref().unwrap_or("of the kubeconfig")),
                context: context.clone(),
                stand_in: None,
                driver_runs: true,
                running: Running::Elsewhere,
            }),
        }
    }

    /// Whether pods can run.
    pub(crate) fn has_nodes(&self) -> anyhow::Result<bool> {
        Ok(!self.api.list("/api/v1/nodes")?.is_empty())
    }

    /// Leaves it standing, and says how to reach it.
    pub(crate) fn keep(self) -> String {
        let kubeconfig = self.kubeconfig.clone();
        // Not even their values are dropped, and so nothing of it is stopped, until this program ends.
        match self.running {
            Running::Elsewhere => "the cluster is as it was found".to_owned(),
            Running::Kind { mut cluster, .. } => {
                cluster.keep = true;
                std::mem::forget(cluster.folder.take());
                format!(
                    "`kind` keeps the cluster `{KIND}`; `kind delete cluster --name {KIND}` removes it"
                )
            }
            Running::ControlPlane { .. } => {
                let path = kubeconfig.unwrap_or_default();
                println!(
                    "note           kept until Enter is pressed: KUBECONFIG={}",
                    path.display()
                );
                let terminal = std::fs::File::open("/dev/tty");
                if let Ok(terminal) = terminal {
                    use std::io::BufRead;
                    let _ = std::io::BufReader::new(terminal).lines().next();
                }
                "the control plane was kept until now".to_owned()
            }
        }
    }

    /// Leaves logs behind.
    pub(crate) fn write_logs(&self, folder: &Path) -> anyhow::Result<()> {
        for (what, path) in [
            ("pods", "/api/v1/pods"),
            ("events", "/api/v1/events"),
            ("claims", "/api/v1/persistentvolumeclaims"),
            ("volumes", "/api/v1/persistentvolumes"),
            ("classes", "/apis/storage.k8s.io/v1/storageclasses"),
        ] {
            let text = match self.api.get(path) {
                Ok(list) => format!("{list:#}"),
                Err(error) => format!("{error:#}"),
            };
            log(folder, what, &text)?;
        }
        if let Running::ControlPlane { plane, .. } = &self.running {
            for (program, text) in plane.logs() {
                log(folder, program, &text)?;
            }
        }
        Ok(())
    }
}

fn control_plane(job: &EndToEnd) -> anyhow::Result<Place> {
    let programs = Programs::find(&job.tools).map_err(|missing| {
        anyhow::anyhow!(
            "missing: {}; what now: `cargo xtask tools install {}`, or set KUBEBUILDER_ASSETS",
            missing.join(", "),
            missing.join(" ")
        )
    })?;
    let plane = ControlPlane::start(&programs)?;
    let kubeconfig = plane.kubeconfig(User::Admin);
    let nodes = Nodes::start(&kubeconfig, 3)?;
    Ok(Place {
        api: Cluster::connect(&kubeconfig)?,
        about: format!("control plane in {}", plane.folder().display()),
        context: Some(control_plane::CONTEXT.to_owned()),
        kubeconfig: Some(kubeconfig),
        stand_in: Some(
            "no kubelet runs here: stand-ins bind pods to nodes, run their commands as processes of \
             this machine, and give claims folders of it in place of EFS",
        ),
        driver_runs: true,
        running: Running::ControlPlane { _nodes: nodes, plane: Box::new(plane) },
    })
}

/// A cluster that `kind` made, with the folder that its workers share.
struct KindCluster {
    program: PathBuf,
    /// The folder that its workers share.
    shared: PathBuf,
    /// A private folder for its kubeconfig.
    folder: Option<TempDir>,
    keep: bool,
}

impl Drop for KindCluster {
    fn drop(&mut self) {
        if self.keep {
            return;
        }
        let program = &self.program;
        if let Ok(shell) = Shell::new() {
            let _ = cmd!(shell, "{program} delete cluster --name {KIND}").quiet().run();
        }
        let _ = std::fs::remove_dir_all(&self.shared);
    }
}

fn kind(job: &EndToEnd, image: Option<&str>, reuse: bool) -> anyhow::Result<Place> {
    let shell = Shell::new()?;
    let program = [job.tools.join("kind")]
        .into_iter()
        .find(|path| path.exists())
        .unwrap_or_else(|| PathBuf::from("kind"));
    let there = cmd!(shell, "{program} get clusters").quiet().ignore_stderr().read().context(
        "asking `kind` for its clusters; what now: `cargo xtask tools install kind`, and start a container engine",
    )?;
    let there = there.lines().any(|name| name.trim() == KIND);
    if there && !reuse {
        bail!(
            "a cluster `{KIND}` is there already; what now: `--reuse` takes it, `kind delete cluster --name {KIND}` removes it"
        );
    }
    let folder = tempfile::Builder::new().prefix("clockwork-kind-").tempdir()?;
    let kubeconfig = folder.path().join("kubeconfig");
    // From here on, whatever fails, a cluster that was made is deleted.
    // It stands in the same place for a cluster that is used again.
    let shared = std::path::absolute(job.programs.join("../e2e/kind-shared"))?;
    let mut cluster =
        KindCluster { program: program.clone(), shared: shared.clone(), keep: there, folder: None };
    if there {
        cmd!(shell, "{program} export kubeconfig --name {KIND} --kubeconfig {kubeconfig}").run()?;
    } else {
        std::fs::create_dir_all(&shared)?;
        let asked = efs::KindCluster {
            image: image.map(str::to_owned),
            shared: shared.display().to_string(),
            mounted: MOUNTED.to_owned(),
        };
        let config = folder.path().join("kind.yaml");
        std::fs::write(&config, asked.document()?)
            .context("writing the configuration for `kind`")?;
        cmd!(
            shell,
            "{program} create cluster --name {KIND} --config {config} --kubeconfig {kubeconfig} --wait 180s"
        )
        .run()
        .context("making a cluster with `kind`; what now: see its message above")?;
    }
    let provisioner = Provisioner::start(
        &kubeconfig,
        Source::HostPath { here: shared, mounted: MOUNTED.to_owned() },
    )?;
    let api = Cluster::connect(&kubeconfig)?;
    cluster.folder = Some(folder);
    Ok(Place {
        api,
        about: format!("cluster {KIND}"),
        context: Some(format!("kind-{KIND}")),
        kubeconfig: Some(kubeconfig),
        stand_in: Some(
            "containers cannot mount EFS: a folder that both workers share stands in for it, and \
             claims on the class get volumes in that folder",
        ),
        driver_runs: false,
        running: Running::Kind { _provisioner: provisioner, cluster },
    })
}
