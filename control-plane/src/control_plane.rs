//! The programs of a control plane: started, waited for, and stopped.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::json;
use supervised::Program;
use tempfile::TempDir;

use crate::certificates;
use crate::cluster::Cluster;
use crate::kubeconfig::{self, User};
use crate::programs::Programs;

/// How long the control plane may take until it is ready.
const START_TIMEOUT: Duration = Duration::from_mins(5);

/// A running control plane; dropping this value stops it.
pub struct ControlPlane {
    // Dropped in this order: the programs stop before their folder is removed.
    controller_manager: Program,
    api_server: Program,
    etcd: Program,
    cluster: Cluster,
    url: String,
    folder: TempDir,
}

impl ControlPlane {
    /// Starts all programs, and waits until the API server and the controllers are ready.
    ///
    /// # Errors
    /// If a program does not start or does not become ready; the error has the end of its log.
    pub fn start(programs: &Programs) -> anyhow::Result<ControlPlane> {
        let mut attempt = 1;
        loop {
            match ControlPlane::try_start(programs) {
                Ok(started) => return Ok(started),
                // A port that was free a moment ago may be taken by now: try again with others.
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
            .context("creating a folder for the control plane")?;
        let [client, peer, secure] = free_ports()?;
        certificates::write(folder.path())?;
        let tokens = kubeconfig::Tokens::write(folder.path())?;
        let url = format!("https://127.0.0.1:{secure}");
        for user in User::ALL {
            kubeconfig::write(folder.path(), user, &url, &tokens)?;
        }
        let etcd = etcd(programs, folder.path(), client, peer)?;
        let api_server = api_server(programs, folder.path(), client, secure)?;
        let cluster = Cluster::connect(&User::Admin.kubeconfig(folder.path()))?;
        let deadline = Instant::now() + START_TIMEOUT;
        wait_for_api_server(&cluster, deadline, &[&etcd, &api_server])?;
        let controller_manager = controller_manager(programs, folder.path())?;
        let started = ControlPlane { controller_manager, api_server, etcd, cluster, url, folder };
        started.create_reader_role()?;
        started.wait_for_controllers(deadline)?;
        Ok(started)
    }

    /// A client of the API, as [`User::Admin`].
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The URL of the API server.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The private folder of all its files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The file with the certificate authority of the API server.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join(certificates::AUTHORITY)
    }

    /// The path of a user's kubeconfig.
    pub fn kubeconfig(&self, user: User) -> PathBuf {
        user.kubeconfig(self.folder.path())
    }

    /// The logs so far, by the name of the program.
    pub fn logs(&self) -> BTreeMap<&'static str, String> {
        [&self.etcd, &self.api_server, &self.controller_manager]
            .map(|program| (program.name(), program.log()))
            .into()
    }

    /// The role of [`User::Reader`].
    fn create_reader_role(&self) -> anyhow::Result<()> {
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

    /// Waits for the default service account, which the controllers create first.
    fn wait_for_controllers(&self, deadline: Instant) -> anyhow::Result<()> {
        let account = "/api/v1/namespaces/default/serviceaccounts/default";
        while self.cluster.find(account)?.is_none() {
            self.controller_manager.is_alive()?;
            if Instant::now() > deadline {
                bail!(
                    "the controllers were not ready within {START_TIMEOUT:?}:\n{}",
                    self.controller_manager.tail()
                );
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

fn wait_for_api_server(
    cluster: &Cluster,
    deadline: Instant,
    programs: &[&Program],
) -> anyhow::Result<()> {
    while !cluster.is_ready() {
        for program in programs {
            program.is_alive()?;
        }
        if Instant::now() > deadline {
            let tails: Vec<String> = programs.iter().map(|program| program.tail()).collect();
            bail!("the API server was not ready within {START_TIMEOUT:?}:\n{}", tails.join("\n"));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Different ports, all free right now.
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
            // No data has to survive a power failure.
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
            // Of the range for documentation: nothing is led to it, as said of endpoints below, and
            // a network of its own has no address that could be found for it.
            "--advertise-address=192.0.2.1".to_owned(),
            format!("--tls-cert-file={}", at(certificates::SERVER)),
            format!("--tls-private-key-file={}", at(certificates::SERVER_KEY)),
            format!("--service-account-key-file={}", at(certificates::ACCOUNTS_PUBLIC)),
            format!("--service-account-signing-key-file={}", at(certificates::ACCOUNTS)),
            "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
            format!("--token-auth-file={}", at(kubeconfig::TOKENS)),
            "--authorization-mode=RBAC".to_owned(),
            "--service-cluster-ip-range=10.0.0.0/24".to_owned(),
            // Nothing reaches it by the `kubernetes` service, so the service has no endpoints.
            "--endpoint-reconciler-type=none".to_owned(),
            // The driver's node pods are privileged, and are refused without this.
            "--allow-privileged=true".to_owned(),
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
            format!("--kubeconfig={}", User::Admin.kubeconfig(folder).display()),
            format!("--service-account-private-key-file={}", at(certificates::ACCOUNTS)),
            format!("--root-ca-file={}", at(certificates::AUTHORITY)),
            "--leader-elect=false".to_owned(),
            "--secure-port=0".to_owned(),
            "--bind-address=127.0.0.1".to_owned(),
        ],
        &[],
    )
}
