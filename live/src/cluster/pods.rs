//! Pods and nodes: why something does not run.

use inputs::printable;
use k8s_openapi::api::core::v1::{Event, Node, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::Api;
use kube::api::ListParams;

use super::Kube;
use super::calls::patiently;
use crate::meaning::kubernetes::is_forbidden;

impl Kube {
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
        let causes = [Some(why), warning].into_iter().flatten().collect::<Vec<_>>().join("; ");
        Ok(Some(printable(&format!("pod {name}: {causes}"))))
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
        let nodes = self.nodes().await?;
        let specs = nodes.into_iter().filter_map(|node| node.spec);
        let mut keys: Vec<String> =
            specs.flat_map(|spec| spec.taints.unwrap_or_default()).map(|taint| taint.key).collect();
        keys.sort();
        keys.dedup();
        Ok(keys)
    }

    /// All pods; `None` where this identity may not see them.
    pub(crate) async fn pods_if_allowed(&self) -> anyhow::Result<Option<Vec<Pod>>> {
        let api: Api<Pod> = Api::all(self.client.clone());
        let all = ListParams::default();
        match patiently(|| api.list(&all)).await {
            Ok(list) => Ok(Some(list.items)),
            Err(kube::Error::Api(status)) if is_forbidden(&status) => Ok(None),
            Err(error) => Err(self.failed::<Pod>("list", "", error)),
        }
    }

    /// All nodes; none where this identity may not see them.
    pub(crate) async fn nodes(&self) -> anyhow::Result<Vec<Node>> {
        let api: Api<Node> = Api::all(self.client.clone());
        let all = ListParams::default();
        match patiently(|| api.list(&all)).await {
            Ok(list) => Ok(list.items),
            Err(kube::Error::Api(status)) if is_forbidden(&status) => Ok(Vec::new()),
            Err(error) => Err(self.failed::<Node>("list", "", error)),
        }
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
