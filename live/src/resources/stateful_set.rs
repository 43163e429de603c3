//! The StatefulSets of a release, as far as their claims go.

use std::collections::BTreeMap;

use graphscope::resources::stateful_set::{Call, StatefulSet, Template};
use k8s_openapi::api::apps::v1::StatefulSet as KubeStatefulSet;
use kube::Api;
use kube::api::ListParams;
use kubernetes::release::Id;
use serde_json::Value;

use crate::cluster::Kube;
use crate::context::{Context, Done};
use crate::progress::Line;
use crate::watch::Watch;

/// The StatefulSets that Helm made for a release.
pub(crate) async fn observe(kube: &Kube, release: &Id) -> anyhow::Result<Vec<StatefulSet>> {
    let api: Api<KubeStatefulSet> = kube.within(&release.namespace);
    let found = kube.list(&api, &ListParams::default()).await?;
    let of_release = |set: &&KubeStatefulSet| {
        let says = |name: &str| {
            let annotations = set.metadata.annotations.as_ref()?;
            annotations.get(&format!("meta.helm.sh/release-{name}"))
        };
        says("name") == Some(&release.name) && says("namespace") == Some(&release.namespace)
    };
    found.iter().filter(of_release).map(|set| Ok(read(&serde_json::to_value(set)?))).collect()
}

/// Those that a chart makes, among all the objects that it was rendered into.
pub(crate) fn rendered(objects: &[Value], namespace: &str) -> Vec<StatefulSet> {
    let here = |object: &&Value| {
        let is = object["metadata"]["namespace"].as_str().unwrap_or(namespace) == namespace;
        is && object["kind"] == "StatefulSet"
    };
    objects.iter().filter(here).map(read).collect()
}

fn read(object: &Value) -> StatefulSet {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let templates = object["spec"]["volumeClaimTemplates"].as_array();
    let template = |template: &Value| {
        let spec = &template["spec"];
        let size = &spec["resources"]["requests"]["storage"];
        let modes = spec["accessModes"].as_array().into_iter().flatten();
        let value = Template {
            class: text(&spec["storageClassName"]),
            access_modes: modes.filter_map(text).collect(),
            // A quantity may be written as a number.
            size: text(size).or_else(|| size.is_number().then(|| size.to_string())),
        };
        Some((text(&template["metadata"]["name"])?, value))
    };
    StatefulSet {
        name: text(&object["metadata"]["name"]).unwrap_or_default(),
        templates: templates.into_iter().flatten().filter_map(template).collect::<BTreeMap<_, _>>(),
        uid: text(&object["metadata"]["uid"]),
    }
}

/// Carries a call out.
pub(crate) async fn carry_out(context: &Context, call: &Call, line: &Line) -> anyhow::Result<Done> {
    let Call::DeleteWithoutPods { namespace, name, preconditions } = call;
    let kube = &context.cluster()?.kube;
    line.state("deleting it without its pods");
    let api: Api<KubeStatefulSet> = kube.within(namespace);
    kube.orphan_observed(&api, name, preconditions).await?;
    // Helm would change the one that is going.
    let of = (kube.clone(), api, name.clone(), preconditions.uid.clone());
    let watch = Watch::new(move || {
        let (kube, api, name, uid) = of.clone();
        async move {
            let found = kube.get(&api, &name).await?;
            Ok(found.is_some_and(|found| found.metadata.uid == uid))
        }
    });
    context.wait(&watch, |still_there| (!still_there).then_some(())).await?;
    Ok(Done::that("deleted, its pods run on"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_statefulset_is_read_alike_from_a_cluster_and_from_a_chart() {
        let of = |storage: Value, more: &Value| {
            let mut object = json!({
                "kind": "StatefulSet",
                "metadata": { "name": "store" },
                "spec": { "volumeClaimTemplates": [{
                    "metadata": { "name": "data" },
                    "spec": {
                        "accessModes": ["ReadWriteOnce"],
                        "resources": { "requests": { "storage": storage } },
                        "storageClassName": "efs-sc",
                    },
                }] },
            });
            for (key, value) in more.as_object().unwrap() {
                object["metadata"][key] = value.clone();
            }
            object
        };
        let objects = [
            of(json!("1Gi"), &json!({})),
            of(json!(1024), &json!({ "name": "small", "namespace": "graphs" })),
            of(json!("1Gi"), &json!({ "namespace": "elsewhere" })),
            json!({ "kind": "Service", "metadata": { "name": "store" } }),
        ];
        let found = rendered(&objects, "graphs");
        let names: Vec<&str> = found.iter().map(|set| set.name.as_str()).collect();
        assert_eq!(names, ["store", "small"]);
        let template = Template {
            class: Some("efs-sc".to_owned()),
            access_modes: vec!["ReadWriteOnce".to_owned()],
            size: Some("1Gi".to_owned()),
        };
        assert_eq!(found[0].templates["data"], template);
        assert_eq!(found[1].templates["data"].size.as_deref(), Some("1024"));
    }
}
