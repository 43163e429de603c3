//! Pods and nodes: why something does not run.

use inputs::printable;
use k8s_openapi::api::core::v1::{Event, Node, NodeSpec, Pod};
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

    /// What the nodes say of the machines that they are (`spec.providerID`); none where this
    /// identity may not see nodes.
    pub(crate) async fn provider_ids(&self) -> anyhow::Result<Vec<String>> {
        let specs = self.node_specs().await?;
        Ok(specs.into_iter().filter_map(|spec| spec.provider_id).collect())
    }

    /// The keys of the nodes' taints; none where this identity may not see nodes.
    pub(crate) async fn taints(&self) -> anyhow::Result<Vec<String>> {
        let specs = self.node_specs().await?.into_iter();
        let mut keys: Vec<String> =
            specs.flat_map(|spec| spec.taints.unwrap_or_default()).map(|taint| taint.key).collect();
        keys.sort();
        keys.dedup();
        Ok(keys)
    }

    async fn node_specs(&self) -> anyhow::Result<Vec<NodeSpec>> {
        let api: Api<Node> = Api::all(self.client.clone());
        let all = ListParams::default();
        let list = match patiently(|| api.list(&all)).await {
            Ok(list) => list,
            Err(kube::Error::Api(status)) if is_forbidden(&status) => return Ok(Vec::new()),
            Err(error) => return Err(self.failed::<Node>("list", "", error)),
        };
        Ok(list.items.into_iter().filter_map(|node| node.spec).collect())
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
