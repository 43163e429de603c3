//! The EFS CSI driver itself, in place of the stand-in for its provisioner.
//!
//! The containers of the controller's pod run as processes of this machine: the driver, and
//! the provisioner beside it. They get what a kubelet and EKS give them: the arguments and the
//! environment of their container, the token and the certificates of their service account,
//! the role that the account names, and a host name of their own.

mod aws_proxy;
mod container;
mod identity;
mod pod;
mod role;
mod settings;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use serde_json::Value;
use tempfile::TempDir;

use crate::cluster::Cluster;
use crate::json::text;
use pod::ControllerPod;

pub use aws_proxy::AwsProxy;
pub use role::complete_provisioner_role;
pub use settings::{DriverPrograms, RealDriver};

/// The logs of all programs so far, by the name of the pod and the program.
#[derive(Clone, Default)]
pub(crate) struct Logs(Arc<Mutex<BTreeMap<String, PathBuf>>>);

impl Logs {
    pub(crate) fn read(&self) -> BTreeMap<String, String> {
        let logs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let read = |path: &PathBuf| std::fs::read(path).unwrap_or_default();
        logs.iter()
            .map(|(name, path)| (name.clone(), String::from_utf8_lossy(&read(path)).into_owned()))
            .collect()
    }

    fn add(&self, name: String, path: PathBuf) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name, path);
    }
}

/// Runs the controller's pods; dropping this value stops them.
pub(crate) struct Controllers {
    driver: RealDriver,
    /// By the pods' UIDs.
    running: BTreeMap<String, ControllerPod>,
    logs: Logs,
    proxy: AwsProxy,
    folder: TempDir,
}

impl Controllers {
    pub(crate) fn new(driver: RealDriver, logs: Logs) -> anyhow::Result<Controllers> {
        // The path of a socket has room for some 100 characters.
        let folder = tempfile::Builder::new()
            .prefix("csi-")
            .tempdir()
            .context("creating a folder for the driver")?;
        let proxy = AwsProxy::start(&driver.aws, folder.path())?;
        Ok(Controllers { driver, running: BTreeMap::new(), logs, proxy, folder })
    }

    /// Whether it runs this pod: the controller's has a provisioner beside the driver.
    pub(crate) fn runs(&self, pod: &Value) -> bool {
        let names: Vec<&str> = self.programs(pod).map(|(_, name, _)| name).collect();
        names.contains(&"efs-plugin") && names.contains(&"csi-provisioner")
    }

    /// Starts a pod, or again what ended of it; whether all of it is ready.
    ///
    /// # Errors
    /// If the service account has no token, or a program cannot be started.
    pub(crate) fn sync(&mut self, cluster: &Cluster, pod: &Value) -> anyhow::Result<bool> {
        let uid = text(pod, "/metadata/uid");
        if self.running.get(uid).is_some_and(|running| !running.is_alive()) {
            self.running.remove(uid);
        }
        if let Some(running) = self.running.get(uid) {
            return Ok(running.is_ready());
        }
        let started = self.start(cluster, pod, uid)?;
        self.running.insert(uid.to_owned(), started);
        Ok(false)
    }

    /// Stops a pod.
    pub(crate) fn stop(&mut self, uid: &str) {
        self.running.remove(uid);
    }

    /// Kills the processes of pods that were deleted.
    pub(crate) fn stop_all_but(&mut self, pods: &[Value]) {
        self.running.retain(|uid, _| pods.iter().any(|pod| text(pod, "/metadata/uid") == uid));
    }

    fn start(&self, cluster: &Cluster, pod: &Value, uid: &str) -> anyhow::Result<ControllerPod> {
        let folder = self.folder.path().join(uid.split('-').next().unwrap_or(uid));
        for volume in pod["spec"]["volumes"].as_array().into_iter().flatten() {
            std::fs::create_dir_all(folder.join("volumes").join(text(volume, "/name")))
                .context("creating a folder for a volume")?;
        }
        let mut environment = identity::give(cluster, pod, &self.driver, &folder)?;
        environment.extend(self.proxy.environment());
        let mut programs = Vec::new();
        for (container, name, program) in self.programs(pod) {
            let command = container::Command::of(pod, container, &folder, &environment);
            let name_of_log = format!("{}.{name}", text(pod, "/metadata/name"));
            self.logs.add(name_of_log, folder.join(format!("{name}.log")));
            programs.push(command.start(name, program, &folder)?);
        }
        Ok(ControllerPod::new(programs, &folder))
    }

    /// The containers of a pod whose programs are here.
    fn programs<'a>(
        &'a self,
        pod: &'a Value,
    ) -> impl Iterator<Item = (&'a Value, &'static str, &'a Path)> {
        let containers = pod["spec"]["containers"].as_array().into_iter().flatten();
        containers.filter_map(|container| {
            let (name, program) = self.driver.programs.of_image(text(container, "/image"))?;
            Some((container, name, program))
        })
    }
}
