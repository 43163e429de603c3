//! A real Kubernetes control plane on the loopback: kube-apiserver, etcd and
//! kube-controller-manager, without nodes.
//!
//! Everything it writes is in one private folder that goes with it, and its
//! programs end with the process that started them, even when that is killed.

mod certificates;
mod cluster;
mod kubeconfig;
mod nodes;
mod programs;
mod provisioner;
mod proxy;
mod repeated;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::json;
use supervised::Program;
use tempfile::TempDir;

pub use cluster::Cluster;
pub use kubeconfig::CONTEXT;
pub use nodes::Nodes;
pub use programs::Programs;
pub use provisioner::{Provisioner, Source};
pub use proxy::{ApiProxy, Trouble};

/// How long the programs may take until the API server says that it is ready.
const PATIENCE: Duration = Duration::from_secs(90);

/// Somebody whom the API server knows by a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum User {
    /// May do everything.
    Admin,
    /// May read everything and change nothing.
    Reader,
    /// Has a token that the API server does not accept any more.
    Expired,
}

impl User {
    const ALL: [User; 3] = [User::Admin, User::Reader, User::Expired];

    fn name(self) -> &'static str {
        match self {
            User::Admin => "admin",
            User::Reader => "reader",
            User::Expired => "expired",
        }
    }
}

/// A running control plane. It ends with this value.
pub struct ControlPlane {
    // Stopped in this order, and before the folder goes.
    controller_manager: Program,
    api_server: Program,
    etcd: Program,
    cluster: Cluster,
    url: String,
    folder: TempDir,
}

impl ControlPlane {
    /// Starts all programs, and waits until the API server is ready and the
    /// controllers are at work.
    ///
    /// # Errors
    /// Where a program does not start or does not become ready; the end of its
    /// log is part of the error.
    pub fn start(programs: &Programs) -> anyhow::Result<ControlPlane> {
        let mut attempt = 1;
        loop {
            match ControlPlane::try_start(programs) {
                Ok(started) => return Ok(started),
                // A port that was free a moment ago may be taken: once more, with others.
                Err(error) if attempt < 3 && format!("{error:#}").contains("address already") => {
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn try_start(programs: &Programs) -> anyhow::Result<ControlPlane> {
        let folder = tempfile::Builder::new()
            .prefix("control-plane-")
            .tempdir()
            .context("making a folder for the control plane")?;
        let [client, peer, secure] = free_ports()?;
        certificates::write(folder.path())?;
        let tokens = kubeconfig::Tokens::write(folder.path())?;
        let url = format!("https://127.0.0.1:{secure}");
        for user in User::ALL {
            kubeconfig::write(folder.path(), user, &url, &tokens)?;
        }
        let etcd = etcd(programs, folder.path(), client, peer)?;
        let api_server = api_server(programs, folder.path(), client, secure)?;
        let cluster = Cluster::connect(&path_of(folder.path(), User::Admin))?;
        let limit = Instant::now() + PATIENCE;
        ready(&cluster, limit, &[&etcd, &api_server])?;
        let controller_manager = controller_manager(programs, folder.path())?;
        let started = ControlPlane { controller_manager, api_server, etcd, cluster, url, folder };
        started.introduce_the_reader()?;
        started.wait_for_controllers(limit)?;
        Ok(started)
    }

    /// The API, as the administrator.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Where the API server answers.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The private folder of everything that it writes.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The kubeconfig of somebody.
    pub fn kubeconfig(&self, user: User) -> PathBuf {
        path_of(self.folder.path(), user)
    }

    /// The logs so far, by program.
    pub fn logs(&self) -> BTreeMap<&'static str, String> {
        [&self.etcd, &self.api_server, &self.controller_manager]
            .map(|program| (program.name(), program.log()))
            .into()
    }

    /// The reader's role: everything may be read, nothing changed.
    fn introduce_the_reader(&self) -> anyhow::Result<()> {
        let rbac = "/apis/rbac.authorization.k8s.io/v1";
        let metadata = json!({"name": "reader"});
        self.cluster.create(
            &format!("{rbac}/clusterroles"),
            &json!({
                "metadata": metadata,
                "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}],
            }),
        )?;
        self.cluster.create(
            &format!("{rbac}/clusterrolebindings"),
            &json!({
                "metadata": metadata,
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "reader"},
                "subjects": [{"kind": "User", "name": User::Reader.name()}],
            }),
        )?;
        Ok(())
    }

    /// The controllers are at work once they have made the default service account.
    fn wait_for_controllers(&self, limit: Instant) -> anyhow::Result<()> {
        let account = "/api/v1/namespaces/default/serviceaccounts/default";
        while self.cluster.find(account)?.is_none() {
            self.controller_manager.is_alive()?;
            if Instant::now() > limit {
                bail!("the controllers did nothing in time:\n{}", self.controller_manager.tail());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

fn path_of(folder: &Path, user: User) -> PathBuf {
    folder.join(format!("{}.kubeconfig", user.name()))
}

/// Waits until the API server says so itself.
fn ready(cluster: &Cluster, limit: Instant, programs: &[&Program]) -> anyhow::Result<()> {
    while !cluster.is_ready() {
        for program in programs {
            program.is_alive()?;
        }
        if Instant::now() > limit {
            let tails: Vec<String> = programs.iter().map(|program| program.tail()).collect();
            bail!("the API server was not ready in {PATIENCE:?}:\n{}", tails.join("\n"));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Ports that are free now, all different.
fn free_ports<const N: usize>() -> anyhow::Result<[u16; N]> {
    let listeners: Vec<TcpListener> =
        (0..N).map(|_| TcpListener::bind(("127.0.0.1", 0))).collect::<Result<_, _>>()?;
    let mut ports = [0; N];
    for (port, listener) in ports.iter_mut().zip(&listeners) {
        *port = listener.local_addr()?.port();
    }
    Ok(ports)
}

fn etcd(programs: &Programs, folder: &Path, client: u16, peer: u16) -> anyhow::Result<Program> {
    let data = folder.join("etcd");
    let (client, peer) = (format!("http://127.0.0.1:{client}"), format!("http://127.0.0.1:{peer}"));
    Program::start(
        "etcd",
        &programs.etcd,
        folder,
        &[
            format!("--data-dir={}", data.display()),
            format!("--listen-client-urls={client}"),
            format!("--advertise-client-urls={client}"),
            format!("--listen-peer-urls={peer}"),
            format!("--initial-advertise-peer-urls={peer}"),
            format!("--initial-cluster=default={peer}"),
            // Nothing of it outlives the run.
            "--unsafe-no-fsync=true".to_owned(),
        ],
        &[],
    )
}

fn api_server(
    programs: &Programs,
    folder: &Path,
    etcd: u16,
    secure: u16,
) -> anyhow::Result<Program> {
    let at = |name: &str| folder.join(name).display().to_string();
    Program::start(
        "kube-apiserver",
        &programs.kube_apiserver,
        folder,
        &[
            format!("--etcd-servers=http://127.0.0.1:{etcd}"),
            "--bind-address=127.0.0.1".to_owned(),
            format!("--secure-port={secure}"),
            format!("--tls-cert-file={}", at(certificates::SERVER)),
            format!("--tls-private-key-file={}", at(certificates::SERVER_KEY)),
            format!("--service-account-key-file={}", at(certificates::ACCOUNTS_PUBLIC)),
            format!("--service-account-signing-key-file={}", at(certificates::ACCOUNTS)),
            "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
            format!("--token-auth-file={}", at(kubeconfig::TOKENS)),
            "--authorization-mode=RBAC".to_owned(),
            "--service-cluster-ip-range=10.0.0.0/24".to_owned(),
            // Nobody else reaches it, so nobody needs to be told where it is.
            "--endpoint-reconciler-type=none".to_owned(),
        ],
        &[],
    )
}

fn controller_manager(programs: &Programs, folder: &Path) -> anyhow::Result<Program> {
    let at = |name: &str| folder.join(name).display().to_string();
    Program::start(
        "kube-controller-manager",
        &programs.kube_controller_manager,
        folder,
        &[
            format!("--kubeconfig={}", path_of(folder, User::Admin).display()),
            format!("--service-account-private-key-file={}", at(certificates::ACCOUNTS)),
            format!("--root-ca-file={}", at(certificates::AUTHORITY)),
            "--leader-elect=false".to_owned(),
            "--secure-port=0".to_owned(),
            "--bind-address=127.0.0.1".to_owned(),
        ],
        &[],
    )
}
