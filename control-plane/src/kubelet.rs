//! A stand-in for the scheduler and the kubelets of all nodes.
//!
//! It follows the rules that the API server sees: a pod is bound to a node, waits for its
//! claims, runs, reports its status, and is gone when its deletion is confirmed. A container
//! that names a command runs as a process of this machine; environment variables that hold
//! the path of a volume or of the termination message hold a local path there. A container
//! without a command would run the program of its image, which is not here: it is reported
//! as running and ready. An image of a registry that exists nowhere is reported as [`images`] does. Only the programs of the driver's controller may be here, and then run
//! as [`Controllers`] describes.

use std::collections::BTreeMap;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::Context;
use serde_json::{Value, json};
use tempfile::TempDir;
use xshell::{Shell, cmd};

use crate::cluster::Cluster;
use crate::driver::Controllers;
use crate::failed::{Failed, has};
use crate::images;
use crate::json::{field_of, text};
use crate::nfs::{self, NfsClients};
use crate::provisioner::SELECTED_NODE;

/// Runs the pods of all nodes.
pub(crate) struct Kubelet {
    cluster: Cluster,
    nodes: Vec<String>,
    failed: Failed,
    /// The node that gets the next pod.
    next_node: usize,
    volumes: TempDir,
    /// By the pods' UIDs.
    running: BTreeMap<String, Process>,
    /// The real driver, where it is here.
    controllers: Option<Controllers>,
    /// Who decides about mounts, where that is the sandbox.
    clients: Option<NfsClients>,
}

struct Process {
    child: Child,
    termination_message: PathBuf,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Kubelet {
    /// The kubelets of these nodes, of which some may fail.
    pub(crate) fn new(
        cluster: Cluster,
        (nodes, failed): (Vec<String>, Failed),
        volumes: TempDir,
        controllers: Option<Controllers>,
        clients: Option<NfsClients>,
    ) -> Kubelet {
        let running = BTreeMap::new();
        Kubelet { cluster, nodes, failed, next_node: 0, volumes, running, controllers, clients }
    }

    /// Moves every pod one state further.
    pub(crate) fn sync_pods(&mut self) -> anyhow::Result<()> {
        let pods = self.cluster.list("/api/v1/pods")?;
        if let Some(controllers) = &mut self.controllers {
            controllers.stop_all_but(&pods);
        }
        for pod in pods {
            self.sync(&pod)?;
        }
        Ok(())
    }

    fn sync(&mut self, pod: &Value) -> anyhow::Result<()> {
        let (namespace, name) = (text(pod, "/metadata/namespace"), text(pod, "/metadata/name"));
        let path = format!("/api/v1/namespaces/{namespace}/pods/{name}");
        let uid = text(pod, "/metadata/uid");
        if has(&self.failed, text(pod, "/spec/nodeName")) {
            return Ok(());
        }
        if pod["metadata"]["deletionTimestamp"].is_string() {
            self.running.remove(uid);
            if let Some(controllers) = &mut self.controllers {
                controllers.stop(uid);
            }
            let _ = self.cluster.delete(&format!("{path}?gracePeriodSeconds=0"));
        } else if text(pod, "/spec/nodeName").is_empty() {
            let node = self.node_for(pod);
            self.select_node(pod, &node);
            let target = json!({"apiVersion": "v1", "kind": "Node", "name": node});
            let binding = json!({"metadata": {"name": name}, "target": target});
            let _ = self.cluster.create(&format!("{path}/binding"), &binding);
        } else if let Some(controllers) = &mut self.controllers
            && controllers.runs(pod)
        {
            let ready = controllers.sync(&self.cluster, pod)?;
            if ready && text(pod, "/status/phase") == "Pending" {
                self.report(pod, &path, "Running", &json!({"running": {}}))?;
            }
        } else if let Some(process) = self.running.get_mut(uid) {
            if let Some(status) = process.child.try_wait()? {
                let message =
                    std::fs::read_to_string(&process.termination_message).unwrap_or_default();
                // 137: killed by a signal, as container runtimes report it.
                let code = status.code().unwrap_or(137);
                let phase = if code == 0 { "Succeeded" } else { "Failed" };
                let terminated = json!({"terminated": {"exitCode": code, "message": message}});
                self.report(pod, &path, phase, &terminated)?;
                self.running.remove(uid);
            }
        } else if text(pod, "/status/phase") == "Pending" {
            self.start(pod, &path, uid)?;
        }
        Ok(())
    }

    /// Writes the node of a pod into its claims, for which a class may wait with their volumes.
    fn select_node(&self, pod: &Value, node: &str) {
        let namespace = text(pod, "/metadata/namespace");
        for volume in pod["spec"]["volumes"].as_array().into_iter().flatten() {
            let claim = text(volume, "/persistentVolumeClaim/claimName");
            if !claim.is_empty() {
                let path = format!("/api/v1/namespaces/{namespace}/persistentvolumeclaims/{claim}");
                let selected = json!({"metadata": {"annotations": {SELECTED_NODE: node}}});
                let _ = self.cluster.merge(&path, &selected);
            }
        }
    }

    /// The node that the pod requires, as a DaemonSet's pods do; otherwise each in turn that has
    /// not failed.
    fn node_for(&mut self, pod: &Value) -> String {
        let required = "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution\
                        /nodeSelectorTerms/0/matchFields/0/values/0";
        let required = text(pod, required);
        if !required.is_empty() {
            return required.to_owned();
        }
        for _ in 0..self.nodes.len() {
            self.next_node = (self.next_node + 1) % self.nodes.len();
            if !has(&self.failed, &self.nodes[self.next_node]) {
                break;
            }
        }
        self.nodes[self.next_node].clone()
    }

    fn start(&mut self, pod: &Value, path: &str, uid: &str) -> anyhow::Result<()> {
        if images::reported(&self.cluster, pod, path)? {
            return Ok(());
        }
        let container = &pod["spec"]["containers"][0];
        let running = json!({"running": {}});
        let Some(command) = container["command"].as_array() else {
            return self.report(pod, path, "Running", &running);
        };
        let Some(mounts) = self.mounts(pod)? else { return Ok(()) };
        let args = container["args"].as_array().into_iter().flatten();
        let words: Vec<&str> = command.iter().chain(args).filter_map(Value::as_str).collect();
        let [program, args @ ..] = words.as_slice() else { return Ok(()) };
        let termination_message = self.volumes.path().join(format!("{uid}.message"));
        let shell = Shell::new()?;
        let mut process: Command = cmd!(shell, "{program} {args...}").into();
        process.envs(environment(pod, &mounts, &termination_message));
        process.process_group(0).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = process.spawn().with_context(|| format!("running `{program}`"))?;
        self.running.insert(uid.to_owned(), Process { child, termination_message });
        self.report(pod, path, "Running", &running)
    }

    /// The folders of the pod's volumes by mount path; `None` until all its claims are bound, and
    /// while one of them cannot be mounted.
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
            let volume = text(&found, "/spec/volumeName");
            if !self.mountable(pod, volume)? {
                return Ok(None);
            }
            let folder = self.volumes.path().join(volume);
            std::fs::create_dir_all(&folder).context("creating a volume's folder")?;
            mounts.insert(text(mount, "/mountPath").to_owned(), folder);
        }
        Ok(Some(mounts))
    }

    /// Whether EFS lets the node of a pod mount a volume; an event of the pod says why not.
    fn mountable(&self, pod: &Value, volume: &str) -> anyhow::Result<bool> {
        let Some(clients) = &self.clients else { return Ok(true) };
        let found = self.cluster.get(&format!("/api/v1/persistentvolumes/{volume}"))?;
        let refusal = clients.refusal(&found, text(pod, "/spec/nodeName"))?;
        if let Some(why) = &refusal {
            // Where the event is there already, it says the same.
            let _ = nfs::report(&self.cluster, pod, volume, why);
        }
        Ok(refusal.is_none())
    }

    fn report(&self, pod: &Value, path: &str, phase: &str, state: &Value) -> anyhow::Result<()> {
        self.cluster.merge(&format!("{path}/status"), &status(pod, phase, state)).map(drop)
    }
}

/// The environment of the pod's container, with local paths in place of its own.
fn environment(
    pod: &Value,
    mounts: &BTreeMap<String, PathBuf>,
    termination_message: &Path,
) -> BTreeMap<String, String> {
    let container = &pod["spec"]["containers"][0];
    let mut environment = BTreeMap::new();
    for variable in container["env"].as_array().into_iter().flatten() {
        let field = text(variable, "/valueFrom/fieldRef/fieldPath");
        let value = if field.is_empty() { text(variable, "/value") } else { field_of(pod, field) };
        let local = match mounts.get(value) {
            Some(folder) => folder.display().to_string(),
            None if value == text(container, "/terminationMessagePath") => {
                termination_message.display().to_string()
            }
            None => value.to_owned(),
        };
        environment.insert(text(variable, "/name").to_owned(), local);
    }
    environment
}

/// The status of a pod whose only container is in the given state.
fn status(pod: &Value, phase: &str, state: &Value) -> Value {
    let is_running = phase == "Running";
    let ready = if is_running { "True" } else { "False" };
    let container = &pod["spec"]["containers"][0];
    json!({"status": {
        "phase": phase,
        "conditions": [
            {"type": "Ready", "status": ready},
            {"type": "ContainersReady", "status": ready},
            {"type": "PodScheduled", "status": "True"},
        ],
        "containerStatuses": [{
            "name": container["name"],
            "image": container["image"],
            "imageID": "",
            "restartCount": 0,
            "ready": is_running,
            "started": is_running,
            "state": state,
        }],
    }})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_hold_local_paths_for_volumes_and_the_termination_message() {
        let pod = json!({
            "metadata": {"name": "writer", "labels": {"app.kubernetes.io/part": "proof"}},
            "spec": {"containers": [{
                "terminationMessagePath": "/dev/termination-log",
                "env": [
                    {"name": "DATA", "value": "/data"},
                    {"name": "MESSAGE", "value": "/dev/termination-log"},
                    {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                    {"name": "PART", "valueFrom": {
                        "fieldRef": {"fieldPath": "metadata.labels['app.kubernetes.io/part']"},
                    }},
                ],
            }]},
        });
        let mounts = BTreeMap::from([("/data".to_owned(), PathBuf::from("/tmp/volume"))]);
        let found = environment(&pod, &mounts, Path::new("/tmp/message"));
        let expected = [
            ("DATA", "/tmp/volume"),
            ("MESSAGE", "/tmp/message"),
            ("PART", "proof"),
            ("POD", "writer"),
        ];
        let found: Vec<(&str, &str)> =
            found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(found, expected);
    }
}
