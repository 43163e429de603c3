//! The cluster of a run: started, reached, and stopped or kept.

use std::io::{BufRead, BufReader, IsTerminal};
use std::path::{Path, PathBuf};

use control_plane::{
    Cluster, ControlPlane, Driver, DriverPrograms, Efs, Nodes, Programs, RealDriver, RealNode,
    Source, User, complete_provisioner_role,
};
use job::{ClusterChoice, DriverChoice, EndToEnd};

use crate::aws::Aws;
use crate::interrupt::Interrupt;
use crate::kind::{self, Kind};
use crate::node::{self, missing};
use crate::report::{Report, write_log};

pub(crate) struct TestCluster {
    pub(crate) api: Cluster,
    /// `None` is the user's own kubeconfig.
    pub(crate) kubeconfig: Option<PathBuf>,
    pub(crate) context: Option<String>,
    pub(crate) description: String,
    /// What is not real in this cluster, for people.
    pub(crate) stand_in: Option<&'static str>,
    /// Whether the driver's pods become ready.
    pub(crate) runs_driver: bool,
    /// Whether volumes are access points, and not folders.
    pub(crate) has_access_points: bool,
    running: Running,
}

/// What is stopped when the cluster is dropped.
enum Running {
    External,
    // The nodes stop before the API server that they report to.
    ControlPlane { nodes: Option<Nodes>, plane: Box<ControlPlane> },
    Node { node: Option<Box<RealNode>>, plane: Box<ControlPlane> },
    Kind(Kind),
}

impl TestCluster {
    pub(crate) fn start(job: &EndToEnd) -> anyhow::Result<TestCluster> {
        match &job.cluster {
            ClusterChoice::ControlPlane => control_plane(job),
            ClusterChoice::Node => with_node(job),
            ClusterChoice::Kind { image, reuse } => in_kind(job, image.as_deref(), *reuse),
            ClusterChoice::Context(context) => Ok(TestCluster {
                api: Cluster::connect_to(context.as_deref())?,
                kubeconfig: None,
                description: match context {
                    Some(context) => format!("context {context}"),
                    None => "current context of the kubeconfig".to_owned(),
                },
                // Whoever gave `--cluster context` means it: deletions take it by name.
                context: match context {
                    Some(context) => Some(context.clone()),
                    None => Cluster::current_context()?,
                },
                stand_in: None,
                runs_driver: true,
                has_access_points: true,
                running: Running::External,
            }),
        }
    }

    /// Adds the nodes of a control plane, and what makes the volumes of claims: it calls AWS.
    ///
    /// # Errors
    /// If a program is missing, or the API server refuses a node.
    pub(crate) fn add_nodes(&mut self, job: &EndToEnd, aws: &Aws) -> anyhow::Result<()> {
        let real = job.driver == DriverChoice::Real || job.cluster == ClusterChoice::Node;
        if real {
            complete_provisioner_role(&self.api)?;
        }
        let (nodes, plane) = match &mut self.running {
            Running::ControlPlane { nodes, plane } => (nodes, plane),
            Running::Node { node, plane } => {
                *node = Some(Box::new(node::start(job, aws, plane)?));
                return Ok(());
            }
            Running::External | Running::Kind(_) => return Ok(()),
        };
        let driver = match job.driver {
            DriverChoice::StandIn => Driver::StandIn(Source::AccessPoints(Efs::new(&aws.url))),
            DriverChoice::Real => Driver::Real(Box::new(RealDriver {
                programs: DriverPrograms::find(&job.tools).map_err(|names| missing(&names))?,
                aws: aws.url.clone(),
                api_server: plane.url().to_owned(),
                authority: plane.authority(),
                node_credentials: aws.node_credentials.clone(),
            })),
        };
        *nodes = Some(Nodes::start_with(&plane.kubeconfig(User::Admin), 3, driver)?);
        Ok(())
    }

    /// Whether its nodes ask the sandbox before they mount.
    pub(crate) fn asks_about_mounts(&self) -> bool {
        matches!(self.running, Running::ControlPlane { .. } | Running::Node { .. })
    }

    /// Whether pods can run.
    pub(crate) fn has_nodes(&self) -> anyhow::Result<bool> {
        Ok(!self.api.list("/api/v1/nodes")?.is_empty())
    }

    /// Leaves the cluster running and prints how to reach it. A control plane ends with this
    /// program, so this waits for Enter in a terminal, and for Ctrl-C or SIGTERM anywhere.
    pub(crate) fn keep(self, aws_url: &str, interrupt: &Interrupt) {
        match self.running {
            Running::External => Report::note("kept: everything in the cluster that was given"),
            Running::Kind(kind) => Report::note(&kind.keep()),
            Running::ControlPlane { .. } | Running::Node { .. } => {
                let kubeconfig = self.kubeconfig.unwrap_or_default();
                Report::note(&format!(
                    "kept: KUBECONFIG={}, --endpoint-url={aws_url}",
                    kubeconfig.display()
                ));
                if raise_on_enter(interrupt) {
                    Report::note("press Enter or Ctrl-C to stop everything");
                } else {
                    let process = std::process::id();
                    Report::note(&format!("`kill {process}` stops everything"));
                }
                interrupt.wait();
            }
        }
    }

    /// Writes the objects of the cluster, and the logs of what was started for it.
    pub(crate) fn write_logs(&self, folder: &Path) -> anyhow::Result<()> {
        for (name, path) in [
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
            write_log(folder, name, &text)?;
        }
        if let Running::ControlPlane { plane, nodes } = &self.running {
            for (program, text) in plane.logs() {
                write_log(folder, program, &text)?;
            }
            for (program, text) in nodes.iter().flat_map(Nodes::logs) {
                write_log(folder, &program, &text)?;
            }
        }
        if let Running::Node { plane, node } = &self.running {
            let node = node.iter().flat_map(|node| node.logs());
            for (program, text) in plane.logs().into_iter().chain(node) {
                write_log(folder, program, &text)?;
            }
        }
        Ok(())
    }
}

/// Raises the interrupt when Enter is pressed; `false` where there is no terminal. Standard
/// input is no help: it holds the job.
fn raise_on_enter(interrupt: &Interrupt) -> bool {
    if !std::io::stdout().is_terminal() {
        return false;
    }
    let Ok(terminal) = std::fs::File::open("/dev/tty") else { return false };
    let interrupt = interrupt.clone();
    std::thread::spawn(move || {
        let mut line = String::new();
        // The input ended: no terminal is there to press Enter at.
        if BufReader::new(terminal).read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
            interrupt.raise();
        }
    });
    true
}

fn control_plane(job: &EndToEnd) -> anyhow::Result<TestCluster> {
    let programs = Programs::find(&job.tools).map_err(|names| missing(&names))?;
    let plane = ControlPlane::start(&programs)?;
    let kubeconfig = plane.kubeconfig(User::Admin);
    Ok(TestCluster {
        api: Cluster::connect(&kubeconfig)?,
        description: format!("control plane in {}", plane.folder().display()),
        context: Some(control_plane::CONTEXT.to_owned()),
        kubeconfig: Some(kubeconfig),
        stand_in: Some(match job.driver {
            DriverChoice::StandIn => {
                "there is no kubelet and no driver: commands of pods run as processes of this \
                 machine, folders stand in for EFS, and a stand-in makes access points"
            }
            DriverChoice::Real => {
                "there is no kubelet: commands of pods run as processes of this machine, the \
                 driver's controller among them, and folders stand in for EFS"
            }
        }),
        runs_driver: true,
        has_access_points: true,
        running: Running::ControlPlane { nodes: None, plane: Box::new(plane) },
    })
}

/// Starts the control plane of a real node.
fn with_node(job: &EndToEnd) -> anyhow::Result<TestCluster> {
    let programs = Programs::find(&job.tools).map_err(|names| missing(&names))?;
    let plane = ControlPlane::start(&programs)?;
    let kubeconfig = plane.kubeconfig(User::Admin);
    Ok(TestCluster {
        api: Cluster::connect(&kubeconfig)?,
        description: format!("control plane in {}", plane.folder().display()),
        context: Some(control_plane::CONTEXT.to_owned()),
        kubeconfig: Some(kubeconfig),
        stand_in: Some(
            "pods run in containers, and folders stand in for EFS; of the driver's chart, the \
             sidecars that register it and report its health are replaced",
        ),
        runs_driver: true,
        has_access_points: true,
        running: Running::Node { node: None, plane: Box::new(plane) },
    })
}

fn in_kind(job: &EndToEnd, image: Option<&str>, reuse: bool) -> anyhow::Result<TestCluster> {
    let kind = Kind::start(job, image, reuse)?;
    let kubeconfig = kind.kubeconfig();
    Ok(TestCluster {
        api: Cluster::connect(&kubeconfig)?,
        description: format!("cluster {}", kind::NAME),
        context: Some(format!("kind-{}", kind::NAME)),
        kubeconfig: Some(kubeconfig),
        stand_in: Some(
            "containers cannot mount EFS: a folder that both workers share stands in for it",
        ),
        runs_driver: false,
        has_access_points: false,
        running: Running::Kind(kind),
    })
}
