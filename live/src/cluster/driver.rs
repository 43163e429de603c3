//! The driver's objects: whose they are, and how far they have come.

use std::collections::BTreeMap;

use efs::{Foreign, Origin, Rollout, printable};
use k8s_openapi::api::apps::v1::{DaemonSet, Deployment};
use k8s_openapi::api::core::v1::{Event, Node, Pod, Secret};
use k8s_openapi::api::storage::v1::CSIDriver;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use kube::Api;
use kube::api::{DeleteParams, ListParams};

use super::Kube;
use super::calls::patiently;

const CONTROLLER: &str = "efs-csi-controller";
const NODE: &str = "efs-csi-node";

/// What was found of the driver's objects.
pub(crate) struct Objects {
    pub(super) rollouts: Vec<Rollout>,
    pub(super) foreign: Vec<Foreign>,
    /// The selectors of the pods of rollouts that are not complete.
    behind: Vec<LabelSelector>,
}

impl Kube {
    /// The driver's Deployment and DaemonSet, wherever they are.
    pub(crate) async fn driver_objects(&self, namespace: &str) -> anyhow::Result<Objects> {
        let named = |name: &str| ListParams::default().fields(&format!("metadata.name={name}"));
        let (controllers, nodes) = (named(CONTROLLER), named(NODE));
        let (deployments, daemon_sets) = (self.all::<Deployment>(), self.all::<DaemonSet>());
        let (deployments, daemon_sets) = tokio::try_join!(
            self.list(&deployments, &controllers),
            self.list(&daemon_sets, &nodes)
        )?;
        let mut objects = Objects { rollouts: Vec::new(), foreign: Vec::new(), behind: Vec::new() };
        let found = deployments
            .iter()
            .map(|found| (&found.metadata, deployment(found), selector(found)))
            .chain(daemon_sets.iter().map(|found| {
                let selector = found.spec.as_ref().map(|spec| spec.selector.clone());
                (&found.metadata, daemon_set(found), selector)
            }));
        for (metadata, rollout, selector) in found {
            match Foreign::of(origin(metadata), namespace) {
                Some(foreign) if objects.foreign.contains(&foreign) => {}
                Some(foreign) => objects.foreign.push(foreign),
                None => {
                    if !rollout.is_complete() {
                        objects.behind.extend(selector);
                    }
                    objects.rollouts.push(rollout);
                }
            }
        }
        Ok(objects)
    }

    /// The rollouts of our own installation, with the reasons of those that are behind.
    pub(crate) async fn rollouts(&self, namespace: &str) -> anyhow::Result<Vec<Rollout>> {
        let Objects { mut rollouts, behind, .. } = self.driver_objects(namespace).await?;
        let mut reasons = Vec::new();
        for selector in &behind {
            reasons.push(self.why_not_ready(namespace, selector).await?);
        }
        let behind = rollouts.iter_mut().filter(|rollout| !rollout.is_complete());
        for (rollout, why) in behind.zip(reasons) {
            rollout.why = why;
        }
        Ok(rollouts)
    }

    /// Why a pod of these is not ready: its conditions, its containers, its newest warning.
    pub(crate) async fn why_not_ready(
        &self,
        namespace: &str,
        selector: &LabelSelector,
    ) -> anyhow::Result<Option<String>> {
        let labels: Vec<String> = selector
            .match_labels
            .iter()
            .flatten()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        let pods: Api<Pod> = self.within(namespace);
        let list = self.list(&pods, &ListParams::default().labels(&labels.join(","))).await?;
        let Some((pod, why)) = list.iter().find_map(|pod| Some((pod, reason(pod)?))) else {
            return Ok(None);
        };
        let name = pod.metadata.name.as_deref().unwrap_or_default();
        let warning = self.newest_warning(namespace, name).await?;
        let told = [Some(why), warning].into_iter().flatten().collect::<Vec<_>>().join("; ");
        Ok(Some(printable(&format!("pod {name}: {told}"))))
    }

    /// The newest warning event of an object.
    pub(crate) async fn newest_warning(
        &self,
        namespace: &str,
        name: &str,
    ) -> anyhow::Result<Option<String>> {
        let events: Api<Event> = self.within(namespace);
        let of_it =
            ListParams::default().fields(&format!("involvedObject.name={name},type=Warning"));
        let mut list = self.list(&events, &of_it).await?;
        list.sort_by_key(|event| event.last_timestamp.as_ref().map(|time| time.0));
        Ok(list.pop().and_then(|event| event.message).map(|message| printable(&message)))
    }

    /// The keys of the nodes' taints; none where this identity may not see nodes.
    pub(crate) async fn taints(&self) -> anyhow::Result<Vec<String>> {
        let api: Api<Node> = Api::all(self.client.clone());
        let all = ListParams::default();
        let list = match patiently(|| api.list(&all)).await {
            Ok(list) => list,
            Err(kube::Error::Api(status)) if status.code == 403 => return Ok(Vec::new()),
            Err(error) => return Err(self.failed::<Node>("list", "", error)),
        };
        let specs = list.items.into_iter().filter_map(|node| node.spec);
        let mut keys: Vec<String> =
            specs.flat_map(|spec| spec.taints.unwrap_or_default()).map(|taint| taint.key).collect();
        keys.sort();
        keys.dedup();
        Ok(keys)
    }

    /// The labels of the record that Helm keeps of a revision, where there is one.
    pub(crate) async fn release_record(
        &self,
        namespace: &str,
        name: &str,
    ) -> anyhow::Result<Option<BTreeMap<String, String>>> {
        let found = self.get::<Secret>(&self.within(namespace), name).await?;
        Ok(found.map(|record| record.metadata.labels.unwrap_or_default()))
    }

    /// Deletes such a record.
    pub(crate) async fn delete_release_record(
        &self,
        namespace: &str,
        name: &str,
    ) -> anyhow::Result<()> {
        self.delete::<Secret>(&self.within(namespace), name, &DeleteParams::default()).await
    }

    /// Deletes the CSIDriver object, which survives an uninstall of the chart.
    pub(crate) async fn delete_csi_driver(&self) -> anyhow::Result<()> {
        self.delete::<CSIDriver>(&self.all(), efs::PROVISIONER, &DeleteParams::default()).await
    }
}

/// What an object says of where it comes from.
fn origin(metadata: &ObjectMeta) -> Origin {
    let annotation =
        |name: &str| metadata.annotations.as_ref()?.get(name).map(|value| printable(value));
    let managers = metadata.managed_fields.iter().flatten();
    Origin {
        release: annotation("meta.helm.sh/release-name"),
        release_namespace: annotation("meta.helm.sh/release-namespace"),
        managed_by: metadata
            .labels
            .as_ref()
            .and_then(|labels| labels.get("app.kubernetes.io/managed-by").cloned()),
        field_managers: managers.filter_map(|entry| entry.manager.clone()).collect(),
        namespace: metadata.namespace.clone().unwrap_or_default(),
    }
}

fn selector(found: &Deployment) -> Option<LabelSelector> {
    found.spec.as_ref().map(|spec| spec.selector.clone())
}

fn deployment(found: &Deployment) -> Rollout {
    let status = found.status.clone().unwrap_or_default();
    let updated = status.updated_replicas.unwrap_or(0);
    Rollout {
        name: format!("deployment/{CONTROLLER}"),
        ready: updated.min(status.ready_replicas.unwrap_or(0)),
        desired: found.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1),
        current: status.observed_generation >= found.metadata.generation,
        why: None,
    }
}

fn daemon_set(found: &DaemonSet) -> Rollout {
    let status = found.status.clone().unwrap_or_default();
    Rollout {
        name: format!("daemonset/{NODE}"),
        ready: status.updated_number_scheduled.unwrap_or(0).min(status.number_ready),
        desired: status.desired_number_scheduled,
        current: status.observed_generation >= found.metadata.generation,
        why: None,
    }
}

/// Why a pod is not ready; `None` where it is.
pub(crate) fn reason(pod: &Pod) -> Option<String> {
    let status = pod.status.as_ref()?;
    let waiting = status
        .container_statuses
        .iter()
        .chain(&status.init_container_statuses)
        .flatten()
        .filter_map(|container| container.state.as_ref()?.waiting.clone())
        .find_map(|waiting| {
            let message = waiting.message.unwrap_or_default();
            waiting.reason.map(|reason| format!("{reason} {message}").trim().to_owned())
        });
    let unscheduled =
        status.conditions.iter().flatten().find(|condition| condition.status != "True").map(
            |condition| {
                let message = condition.message.clone().unwrap_or_default();
                let reason = condition.reason.as_deref().unwrap_or(&condition.type_);
                format!("{reason} {message}").trim().to_owned()
            },
        );
    let phase = status.phase.clone().filter(|phase| phase == "Pending");
    waiting.or(unscheduled).or(phase)
}
