//! Pods and nodes: why something does not run.

use std::collections::BTreeMap;

use inputs::printable;
use k8s_openapi::api::core::v1::{Event, Node, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::Api;
use kube::api::ListParams;
use kubernetes::claim::Claim;

use super::Kube;

/// What a selector chooses by labels.
fn labelled(selector: &LabelSelector) -> ListParams {
    let labels = selector.match_labels.iter().flatten();
    let labels: Vec<String> = labels.map(|(key, value)| format!("{key}={value}")).collect();
    ListParams::default().labels(&labels.join(","))
}

impl Kube {
    /// The pods that a workload selects.
    pub(crate) async fn pods_of(
        &self,
        namespace: &str,
        selector: &LabelSelector,
    ) -> anyhow::Result<Vec<Pod>> {
        self.list(&self.within(namespace), &labelled(selector)).await
    }

    /// The same; `None` where this identity may not list them.
    pub(crate) async fn pods_of_if_allowed(
        &self,
        namespace: &str,
        selector: &LabelSelector,
    ) -> anyhow::Result<Option<Vec<Pod>>> {
        self.list_if_allowed(&self.within(namespace), &labelled(selector), Some).await
    }

    /// Why a pod of these is not ready: its conditions, its containers, its newest warning.
    pub(crate) async fn why_not_ready(
        &self,
        namespace: &str,
        pods: &[Pod],
    ) -> anyhow::Result<Option<String>> {
        let Some((pod, why)) = pods.iter().find_map(|pod| Some((pod, reason(pod)?))) else {
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
        self.newest_event(namespace, &format!("involvedObject.name={name},type=Warning")).await
    }

    /// What the newest event says that these fields choose.
    async fn newest_event(&self, namespace: &str, fields: &str) -> anyhow::Result<Option<String>> {
        let events: Api<Event> = self.within(namespace);
        let mut list = self.list(&events, &ListParams::default().fields(fields)).await?;
        list.sort_by_key(|event| event.last_timestamp.as_ref().map(|time| time.0));
        Ok(list.pop().and_then(|event| event.message).map(|message| printable(&message)))
    }

    /// What the nodes say of the machines that they are (`spec.providerID`); none where this
    /// identity may not see nodes.
    pub(crate) async fn provider_ids(&self) -> anyhow::Result<Vec<String>> {
        let nodes = self.nodes().await?;
        Ok(nodes.into_iter().filter_map(|node| node.spec?.provider_id).collect())
    }

    /// Adds to claims that are pending what their events say: the newest warning, or else the
    /// newest event. That only explains: where it cannot be read, nothing is added.
    pub(crate) async fn explain_pending(&self, claims: &mut [Claim]) {
        for claim in claims.iter_mut().filter(|claim| claim.phase == "Pending") {
            let of_it = format!(
                "involvedObject.kind=PersistentVolumeClaim,involvedObject.name={}",
                claim.name
            );
            let warnings = format!("{of_it},type=Warning");
            for fields in [warnings, of_it] {
                claim.why = self.newest_event(&claim.namespace, &fields).await.unwrap_or_default();
                if claim.why.is_some() {
                    break;
                }
            }
        }
    }

    /// All pods; `None` where this identity may not see them.
    pub(crate) async fn pods_if_allowed<T>(
        &self,
        keep: impl Fn(Pod) -> Option<T>,
    ) -> anyhow::Result<Option<Vec<T>>> {
        let api: Api<Pod> = Api::all(self.client.clone());
        self.list_if_allowed(&api, &ListParams::default(), keep).await
    }

    /// The nodes that cannot run pods now, with the reason; none where this identity may not
    /// see nodes.
    pub(crate) async fn nodes_away(&self) -> anyhow::Result<BTreeMap<String, String>> {
        let nodes = self.nodes().await?;
        let away = nodes.iter().filter_map(|node| {
            let name = node.metadata.name.as_deref().map(printable)?;
            Some((name, away(node)?.to_owned()))
        });
        Ok(away.collect())
    }

    /// All nodes; none where this identity may not see them.
    pub(crate) async fn nodes(&self) -> anyhow::Result<Vec<Node>> {
        let api: Api<Node> = Api::all(self.client.clone());
        Ok(self.list_if_allowed(&api, &ListParams::default(), Some).await?.unwrap_or_default())
    }
}

/// The taints of nodes that an autoscaler takes away
/// (<https://karpenter.sh/docs/concepts/disruption/>, cluster-autoscaler's `utils/taints`).
const LEAVING: [&str; 2] = ["karpenter.sh/disrupted", "ToBeDeletedByClusterAutoscaler"];

/// Why a node cannot run pods now, where it cannot.
fn away(node: &Node) -> Option<&'static str> {
    if node.metadata.deletion_timestamp.is_some() {
        return Some("being deleted");
    }
    let conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let ready = conditions.filter(|condition| condition.type_ == "Ready");
    if !ready.map(|condition| condition.status == "True").next().unwrap_or(false) {
        return Some("NotReady");
    }
    let spec = node.spec.as_ref()?;
    let mut taints = spec.taints.iter().flatten();
    let leaving = taints.any(|taint| LEAVING.contains(&taint.key.as_str()));
    (leaving || spec.unschedulable == Some(true)).then_some("draining")
}

/// The node of a pod, or the only one that may run it, which is how a DaemonSet's pods are
/// bound to theirs.
pub(crate) fn node_of(pod: &Pod) -> Option<String> {
    let spec = pod.spec.as_ref()?;
    let required = || {
        let affinity = spec.affinity.as_ref()?.node_affinity.as_ref()?;
        let required = affinity.required_during_scheduling_ignored_during_execution.as_ref()?;
        let fields = required.node_selector_terms.first()?.match_fields.as_ref()?;
        fields.first()?.values.as_ref()?.first().cloned()
    };
    spec.node_name.clone().filter(|name| !name.is_empty()).or_else(required)
}

/// Whether a pod is ready, and is to stay.
pub(crate) fn is_ready(pod: &Pod) -> bool {
    let mut conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    pod.metadata.deletion_timestamp.is_none()
        && conditions.any(|condition| condition.type_ == "Ready" && condition.status == "True")
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_node_that_is_not_ready_or_is_about_to_go_cannot_run_pods() {
        let ready = json!({"conditions": [{"type": "Ready", "status": "True"}]});
        let unknown = json!({"conditions": [{"type": "Ready", "status": "Unknown"}]});
        let taint = |key: &str| json!({"taints": [{"key": key, "effect": "NoSchedule"}]});
        for (spec, status, reason) in [
            (json!({}), &ready, None),
            (taint("dedicated"), &ready, None),
            (json!({}), &unknown, Some("NotReady")),
            (json!({}), &json!({}), Some("NotReady")),
            (json!({"unschedulable": true}), &ready, Some("draining")),
            (taint("karpenter.sh/disrupted"), &ready, Some("draining")),
            (taint("ToBeDeletedByClusterAutoscaler"), &ready, Some("draining")),
        ] {
            let node = json!({"metadata": {"name": "a"}, "spec": spec, "status": status});
            assert_eq!(away(&serde_json::from_value(node).unwrap()), reason, "{spec} {status}");
        }
    }
}
