//! A real node: kubelet, containerd and runc, with the scheduler, and images that are built here.
//!
//! It runs in namespaces of its own, of mounts, network and processes, which [`enter`] puts the
//! calling program into. What it mounts, and every process that it starts, ends with them. Only
//! folders replace EFS, and only the sidecars of the driver's chart that have no program here.

mod config;
mod inside;
mod registrar;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::Value;
use supervised::Program;
use xshell::{Shell, cmd};

use crate::cluster::Cluster;
use crate::driver::AwsProxy;
use crate::json::text;
use crate::nfs;
use registrar::Registrar;

pub use inside::{enter, is_inside};

/// How long the node may take until it is ready.
const START_TIMEOUT: Duration = Duration::from_mins(3);

/// The name of the node.
const NAME: &str = "node-1";

/// The programs of a node.
#[derive(Debug, Clone)]
pub struct NodePrograms {
    kubelet: PathBuf,
    scheduler: PathBuf,
    containerd: PathBuf,
    ctr: PathBuf,
    /// The folder of the programs, in which containerd looks for its shim.
    tools: PathBuf,
}

impl NodePrograms {
    /// Looks in the folder `tools` only: a distribution's containerd is of another version, and
    /// reads other configuration files.
    ///
    /// # Errors
    /// The names of all programs that are missing.
    pub fn find(tools: &Path) -> Result<NodePrograms, Vec<&'static str>> {
        let names = ["kubelet", "kube-scheduler", "containerd", "ctr", "containerd-shim-runc-v2"];
        let find = |name| Some(tools.join(name)).filter(|path| path.is_file());
        match names.map(find) {
            [Some(kubelet), Some(scheduler), Some(containerd), Some(ctr), Some(_)] => {
                Ok(NodePrograms { kubelet, scheduler, containerd, ctr, tools: tools.to_owned() })
            }
            found => Err(std::iter::zip(names, found)
                .filter_map(|(name, found)| found.is_none().then_some(name))
                .collect()),
        }
    }
}

/// What a node is started for.
#[derive(Debug)]
pub struct NodeOptions<'a> {
    /// The programs of the node.
    pub programs: &'a NodePrograms,
    /// The kubeconfig of an administrator.
    pub kubeconfig: &'a Path,
    /// The URL of the API server.
    pub api_server: &'a str,
    /// The URL of the emulated AWS that the driver calls.
    pub aws: &'a str,
    /// The credentials of the driver, as an access key id and a secret.
    pub credentials: (&'a str, &'a str),
    /// The images of the driver's chart, by what they are of.
    pub images: DriverImages,
    /// Images whose programs only have to run, or are named by their pods.
    pub others: &'a [&'a str],
}

/// The images of the driver's chart, with their tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriverImages {
    pub driver: String,
    pub provisioner: String,
    pub registrar: String,
    pub probe: String,
}

/// A running node; dropping this value stops it.
pub struct RealNode {
    // The kubelet stops before the programs that it calls.
    kubelet: Program,
    scheduler: Program,
    containerd: Program,
    _registrar: Registrar,
    _api_server: inside::Forwarder,
    _proxy: AwsProxy,
}

impl RealNode {
    /// Starts the node in `folder`, and waits until it is ready.
    ///
    /// # Errors
    /// If a program does not start or does not become ready; the error has the end of its log.
    pub fn start(options: &NodeOptions<'_>, folder: &Path) -> anyhow::Result<RealNode> {
        ensure!(is_inside(), "a node is started in namespaces of its own only");
        let NodeOptions { programs, kubeconfig, .. } = options;
        let cluster = Cluster::connect(kubeconfig)?;
        let api_server = inside::Forwarder::start(options.api_server)?;
        let proxy = AwsProxy::start_at(config::HOST, options.aws, folder)?;
        config::write(folder, &inside::control_group())?;
        let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", programs.tools.display());
        let env = [("PATH", path.as_str())];
        let at = |name: &str| folder.join(name).display().to_string();
        let args = ["--config".to_owned(), at("containerd.toml")];
        let containerd = Program::start("containerd", &programs.containerd, folder, &args, &env)?;
        import_images(options, &proxy, folder, &containerd)?;
        let args = [
            format!("--kubeconfig={}", kubeconfig.display()),
            "--leader-elect=false".to_owned(),
            "--secure-port=0".to_owned(),
        ];
        let scheduler = Program::start("kube-scheduler", &programs.scheduler, folder, &args, &env)?;
        let args = [
            format!("--config={}", at("kubelet.json")),
            format!("--kubeconfig={}", kubeconfig.display()),
            format!("--hostname-override={NAME}"),
            format!("--node-ip={}", config::HOST),
            config::labels(),
        ];
        let kubelet = Program::start("kubelet", &programs.kubelet, folder, &args, &env)?;
        let registrar = Registrar::start()?;
        let node = RealNode {
            kubelet,
            scheduler,
            containerd,
            _registrar: registrar,
            _api_server: api_server,
            _proxy: proxy,
        };
        node.wait(&cluster)?;
        Ok(node)
    }

    /// The logs so far, by the name of the program.
    pub fn logs(&self) -> BTreeMap<&'static str, String> {
        self.programs().map(|program| (program.name(), program.log())).into()
    }

    fn programs(&self) -> [&Program; 3] {
        [&self.containerd, &self.scheduler, &self.kubelet]
    }

    /// Waits until the kubelet reports the node as ready.
    fn wait(&self, cluster: &Cluster) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_TIMEOUT;
        let is_ready = |node: &Value| {
            let mut conditions = node["status"]["conditions"].as_array().into_iter().flatten();
            conditions.any(|found| text(found, "/type") == "Ready" && found["status"] == "True")
        };
        while !cluster.find(&format!("/api/v1/nodes/{NAME}"))?.as_ref().is_some_and(is_ready) {
            for program in self.programs() {
                program.is_alive()?;
            }
            let kubelet = self.kubelet.tail();
            ensure!(Instant::now() < deadline, "the node was not ready in time:\n{kubelet}");
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }
}

/// Builds the images, and has containerd read them as soon as it takes connections.
fn import_images(
    options: &NodeOptions<'_>,
    proxy: &AwsProxy,
    folder: &Path,
    containerd: &Program,
) -> anyhow::Result<()> {
    let NodeOptions { programs, images, credentials: (id, secret), .. } = options;
    let others = options.others.iter().copied();
    let build = folder.join("images");
    std::fs::create_dir_all(&build)?;
    let mut environment = proxy.environment();
    std::fs::copy(proxy.authority(), build.join("aws.pem"))?;
    environment.insert("AWS_CA_BUNDLE".to_owned(), "/etc/aws.pem".to_owned());
    environment.insert("NO_PROXY".to_owned(), config::SERVICE.to_owned());
    if let Some(clients) = nfs::endpoint(options.aws, config::REGION) {
        environment.insert("CLOCKWORK_CLIENTS".to_owned(), clients);
        environment.insert("CLOCKWORK_ZONE".to_owned(), config::ZONE.to_owned());
    }
    environment.insert("AWS_ACCESS_KEY_ID".to_owned(), (*id).to_owned());
    environment.insert("AWS_SECRET_ACCESS_KEY".to_owned(), (*secret).to_owned());
    let lines: Vec<String> =
        environment.into_iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    std::fs::write(build.join("driver.env"), lines.concat())?;
    let script = build.join("images.sh");
    std::fs::write(&script, include_str!("images.sh")).context("writing a script")?;
    let DriverImages { driver, provisioner, registrar, probe } = images;
    let (tools, pause) = (&programs.tools, config::PAUSE);
    let shell = Shell::new()?;
    cmd!(
        shell,
        "sh {script} {build} {tools} {driver} {provisioner} {registrar} {probe} {pause} {others...}"
    )
    .quiet()
    .run()
    .context("building images; Debian's busybox-static is needed")?;
    let (ctr, socket, snapshotter) = (&programs.ctr, config::CONTAINERD, config::SNAPSHOTTER);
    let archive = build.join("images.tar");
    let deadline = Instant::now() + START_TIMEOUT;
    while !Path::new(socket).exists() {
        containerd.is_alive()?;
        ensure!(Instant::now() < deadline, "containerd did not start:\n{}", containerd.tail());
        std::thread::sleep(Duration::from_millis(50));
    }
    // Kubernetes sees the images of this namespace of containerd's only.
    cmd!(shell, "{ctr} --address {socket} --namespace k8s.io images import --snapshotter {snapshotter} {archive}")
        .quiet()
        .ignore_stdout()
        .run()
        .context("importing images")?;
    std::fs::remove_file(&archive)?;
    Ok(())
}
