//! Stand-ins for nodes, where no kubelet can run.
//!
//! They keep the rules that the API server sees: a pod is bound to a node, waits
//! for its claims, runs, reports, and is gone when its deletion is confirmed. A
//! container that names a command runs as a process of this machine, in which
//! the paths of its volumes and of its termination message lead to folders of
//! ours by its environment. A container without a command runs its image's own
//! program, which is not here: it is reported as ready.

use std::collections::BTreeMap;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use k8s_openapi::jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;
use xshell::{Shell, cmd};

use crate::cluster::Cluster;
use crate::provisioner::{Provisioner, Source};
use crate::repeated::Repeated;

/// How often nodes say that they are there, as kubelets do it.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Running stand-ins. They end with this value.
pub struct Nodes {
    _provisioner: Provisioner,
    _tending: Repeated,
    folder: PathBuf,
}

impl Nodes {
    /// The folder that stands in for EFS: a folder below it for each volume, by the volume's name.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Registers so many nodes, runs what is bound to them, and gives claims volumes.
    ///
    /// # Errors
    /// Where the API server cannot be reached or takes no nodes.
    pub fn start(kubeconfig: &Path, count: usize) -> anyhow::Result<Nodes> {
        let cluster = Cluster::connect(kubeconfig)?;
        let names: Vec<String> = (1..=count).map(|number| format!("stand-in-{number}")).collect();
        let folder = tempfile::tempdir().context("making a folder for volumes")?;
        let path = folder.path().to_owned();
        for name in &names {
            register(&cluster, name)?;
        }
        let mut machine = Machine { cluster, names, folder, running: BTreeMap::new(), next: 0 };
        let mut heard = Instant::now();
        let tending = Repeated::start(Duration::from_millis(50), move || {
            // What fails now, for a conflict for instance, is tried again.
            let _ = machine.tend();
            if heard.elapsed() > HEARTBEAT {
                heard = Instant::now();
                for name in &machine.names {
                    let _ = heartbeat(&machine.cluster, name);
                }
            }
        });
        let provisioner = Provisioner::start(kubeconfig, Source::AccessPoint)?;
        Ok(Nodes { _provisioner: provisioner, _tending: tending, folder: path })
    }
}

fn register(cluster: &Cluster, name: &str) -> anyhow::Result<()> {
    let labels = json!({"kubernetes.io/hostname": name, "kubernetes.io/os": "linux"});
    cluster.create("/api/v1/nodes", &json!({"metadata": {"name": name, "labels": labels}}))?;
    let room = json!({"cpu": "8", "memory": "16Gi", "pods": "110"});
    let status = json!({
        "capacity": room,
        "allocatable": room,
    });
    cluster.merge(&format!("/api/v1/nodes/{name}/status"), &json!({"status": status}))?;
    heartbeat(cluster, name)?;
    // The controllers taint a node that they have not heard of; it is heard of now.
    cluster.merge(&format!("/api/v1/nodes/{name}"), &json!({"spec": {"taints": null}}))?;
    Ok(())
}

/// Says that a node is there. The controllers give up a node, and its pods, of
/// which they have not heard for 40 s.
fn heartbeat(cluster: &Cluster, name: &str) -> anyhow::Result<()> {
    let ready = json!({
        "type": "Ready",
        "status": "True",
        "reason": "StandIn",
        "lastHeartbeatTime": format!("{:.0}", Timestamp::now()),
    });
    let status = json!({"status": {"conditions": [ready]}});
    cluster.merge(&format!("/api/v1/nodes/{name}/status"), &status).map(drop)
}

/// What the stand-ins share: volumes, processes, and whose turn it is.
struct Machine {
    cluster: Cluster,
    names: Vec<String>,
    folder: TempDir,
    /// The processes of pods, by the pods' UIDs.
    running: BTreeMap<String, Process>,
    next: usize,
}

struct Process {
    child: Child,
    message: PathBuf,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

impl Machine {
    /// Brings every pod one step further.
    fn tend(&mut self) -> anyhow::Result<()> {
        for pod in self.cluster.list("/api/v1/pods")? {
            let (namespace, name) =
                (text(&pod, "/metadata/namespace"), text(&pod, "/metadata/name"));
            let path = format!("/api/v1/namespaces/{namespace}/pods/{name}");
            let uid = text(&pod, "/metadata/uid").to_owned();
            if pod["metadata"]["deletionTimestamp"].is_string() {
                self.running.remove(&uid);
                let _ = self.cluster.delete(&format!("{path}?gracePeriodSeconds=0"));
            } else if text(&pod, "/spec/nodeName").is_empty() {
                let node = self.node_for(&pod);
                let target = json!({"apiVersion": "v1", "kind": "Node", "name": node});
                let binding = json!({"metadata": {"name": name}, "target": target});
                let _ = self.cluster.create(&format!("{path}/binding"), &binding);
            } else if let Some(process) = self.running.get_mut(&uid) {
                if let Some(status) = process.child.try_wait()? {
                    let message = std::fs::read_to_string(&process.message).unwrap_or_default();
                    let code = status.code().unwrap_or(137);
                    let phase = if code == 0 { "Succeeded" } else { "Failed" };
                    let ended = json!({"terminated": {"exitCode": code, "message": message}});
                    self.cluster
                        .merge(&format!("{path}/status"), &status_of(&pod, phase, &ended))?;
                    self.running.remove(&uid);
                }
            } else if text(&pod, "/status/phase") == "Pending" {
                self.begin(&pod, &path, uid)?;
            }
        }
        Ok(())
    }

    /// The node that the pod asks for, as those of a DaemonSet do, or whose turn it is.
    fn node_for(&mut self, pod: &Value) -> String {
        let asked = "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution\
                     /nodeSelectorTerms/0/matchFields/0/values/0";
        let asked = text(pod, asked);
        if !asked.is_empty() {
            return asked.to_owned();
        }
        self.next = (self.next + 1) % self.names.len();
        self.names[self.next].clone()
    }

    fn begin(&mut self, pod: &Value, path: &str, uid: String) -> anyhow::Result<()> {
        let container = &pod["spec"]["containers"][0];
        let Some(command) = container["command"].as_array() else {
            let running = json!({"running": {}});
            self.cluster.merge(&format!("{path}/status"), &status_of(pod, "Running", &running))?;
            return Ok(());
        };
        let Some(mounts) = self.mounts(pod)? else { return Ok(()) };
        let message = self.folder.path().join(format!("{uid}.message"));
        let words: Vec<&str> = command
            .iter()
            .chain(container["args"].as_array().into_iter().flatten())
            .filter_map(Value::as_str)
            .collect();
        let [program, args @ ..] = words.as_slice() else { return Ok(()) };
        let shell = Shell::new()?;
        let mut process: Command = cmd!(shell, "{program} {args...}").into();
        for variable in container["env"].as_array().into_iter().flatten() {
            let field = text(variable, "/valueFrom/fieldRef/fieldPath");
            let value =
                if field.is_empty() { text(variable, "/value") } else { of_field(pod, field) };
            let local = match mounts.get(value) {
                Some(folder) => folder.display().to_string(),
                None if value == text(container, "/terminationMessagePath") => {
                    message.display().to_string()
                }
                None => value.to_owned(),
            };
            process.env(text(variable, "/name"), local);
        }
        process.process_group(0).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = process.spawn().with_context(|| format!("running `{program}`"))?;
        self.running.insert(uid, Process { child, message });
        let running = json!({"running": {}});
        self.cluster.merge(&format!("{path}/status"), &status_of(pod, "Running", &running))?;
        Ok(())
    }

    /// The folders of the pod's volumes by mount path; `None` while a claim is not bound.
    fn mounts(&self, pod: &Value) -> anyhow::Result<Option<BTreeMap<String, PathBuf>>> {
        let namespace = text(pod, "/metadata/namespace");
        let mut mounts = BTreeMap::new();
        for mount in pod["spec"]["containers"][0]["volumeMounts"].as_array().into_iter().flatten() {
            let volumes = pod["spec"]["volumes"].as_array().into_iter().flatten();
            let claim = volumes
                .filter(|volume| volume["name"] == mount["name"])
                .map(|volume| text(volume, "/persistentVolumeClaim/claimName"))
                .find(|claim| !claim.is_empty());
            let Some(claim) = claim else { continue };
            let path = format!("/api/v1/namespaces/{namespace}/persistentvolumeclaims/{claim}");
            let found = self.cluster.get(&path)?;
            if text(&found, "/status/phase") != "Bound" {
                return Ok(None);
            }
            let folder = self.folder.path().join(text(&found, "/spec/volumeName"));
            std::fs::create_dir_all(&folder).context("making a volume's folder")?;
            mounts.insert(text(mount, "/mountPath").to_owned(), folder);
        }
        Ok(Some(mounts))
    }
}

/// A field of the pod that a variable names, as Jobs tell their pods which they are.
fn of_field<'a>(pod: &'a Value, path: &str) -> &'a str {
    let key = path.split_once("['").and_then(|(map, rest)| Some((map, rest.strip_suffix("']")?)));
    match key {
        Some((map, key)) => {
            let map = &pod.pointer(&format!("/{}", map.replace('.', "/"))).unwrap_or(&Value::Null);
            map[key].as_str().unwrap_or_default()
        }
        None => text(pod, &format!("/{}", path.replace('.', "/"))),
    }
}

/// The status of a pod whose only container is in this state.
fn status_of(pod: &Value, phase: &str, state: &Value) -> Value {
    let runs = phase == "Running";
    let truth = if runs { "True" } else { "False" };
    let container = &pod["spec"]["containers"][0];
    json!({"status": {
        "phase": phase,
        "conditions": [
            {"type": "Ready", "status": truth},
            {"type": "ContainersReady", "status": truth},
            {"type": "PodScheduled", "status": "True"},
        ],
        "containerStatuses": [{
            "name": container["name"],
            "image": container["image"],
            "imageID": "",
            "restartCount": 0,
            "ready": runs,
            "started": runs,
            "state": state,
        }],
    }})
}
